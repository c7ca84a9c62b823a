// A library for Arduino (library specification 1.5) and PlatformIO.
#include "../base/file.h"
#include "parts.h"
#include <string.h>

#define ARDUINO "src/emit/projects/arduino/"

static bool fits(const struct target *t)
{
    const struct board *b = board_find(t);
    return b && b->arduino;
}

static const char *quoted(const char *list, char part, struct arena *a)
{
    const char *s = "";
    while (*list) {
        const size_t n = strcspn(list, (char[]){part, 0});
        s = arena_printf(a, "%s%s\"%.*s\"", s, *s ? ", " : "", (int)n, list);
        list += n + (list[n] == part);
    }
    return s;
}

static bool write(const struct model *m, const char *dir, struct err *e)
{
    struct arena *a = m->arena;
    const struct board *b = board_find(m->target);
    const char *src = arena_printf(a, "%s/src", dir), *bench = arena_printf(a, "%s/examples/Benchmark", dir);
    const char *const own[] = {"architectures",
                               b->arduino,
                               "platforms",
                               quoted(b->platforms, ' ', a),
                               "frameworks",
                               b->idf ? "\"arduino\", \"espidf\"" : "\"arduino\"",
                               "sentence",
                               arena_printf(a,
                                            "Human activity recognition on the device: %d classes, for %s.",
                                            m->classes, m->target->name),
                               NULL};
    const char *const *pairs = pairs_common(m, own);
    static const char *const filled[] = {"library.properties", "library.json", "keywords.txt", "README.md",
                                         NULL};
    if (!dir_make(src, e) || !dir_make(bench, e) || !model_write(m, src, src, e)) return false;
    for (int i = 0; filled[i]; i++)
        if (!template_write(arena_printf(a, ARDUINO "%s", filled[i]), pairs, dir, filled[i], a, e))
            return false;
    return template_write(ARDUINO "Benchmark.ino", pairs, bench, "Benchmark.ino", a, e) &&
           golden_write(m, bench, e);
}

const struct project arduino = {"arduino", fits, write};
