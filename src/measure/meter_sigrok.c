// Instruments that sigrok knows, by its program sigrok-cli.
#include "../base/file.h"
#include "../base/proc.h"
#include "meter.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_WORDS = 60 };
struct command {
    const char *words[MOST_WORDS + 8];
    int n;
};

static void *open_program(const struct meter_use *u, struct arena *a, struct err *e)
{
    struct command *s = arena_new(a, struct command);
    if (!proc_find("sigrok-cli", a)) return FAIL_NULL(e, "no sigrok-cli; apt-get install sigrok-cli");
    if (!*u->where)
        return FAIL_NULL(
            e, "which instrument? --meter 'sigrok:-d DRIVER ...' as for sigrok-cli, whose --scan lists "
               "what is connected");
    s->words[s->n++] = "sigrok-cli";
    char *rest = arena_strdup(a, u->where);
    for (char *w; (w = strtok_r(rest, " ", &rest));) {
        if (s->n > MOST_WORDS) return FAIL_NULL(e, "sigrok: more than %d words", MOST_WORDS);
        s->words[s->n++] = w;
    }
    return s;
}

// A session file: the program's CSV has no place for lines and channels of current at once (libsigrok 0.5 ends there).
static bool run(struct command *s, double seconds, const char *file, struct arena *a, struct err *e)
{
    struct proc_result r;
    const char *const more[] = {"--time", arena_printf(a, "%.0f", ceil(seconds * 1000)), "-o", file, NULL};
    for (int i = 0; i < 5; i++) s->words[s->n + i] = more[i];
    if (!proc_run(s->words, NULL, (int)(seconds * 1.5 + 30), a, &r, e)) return false;
    if (!r.status && file_exists(file)) return true;
    return fail(e, "sigrok-cli ended with status %d: %.*s", r.status,
                (int)strcspn((const char *)r.err.p, "\n"), (const char *)r.err.p);
}

static bool record(void *state, double seconds, struct trace *t, struct arena *a, struct err *e)
{
    const char *tmp = getenv("TMPDIR");
    char *dir = arena_printf(a, "%s/wearlite-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    struct command *s = state;
    struct span bytes;
    if (!mkdtemp(dir))
        return fail(e, "%s: no scratch folder can be made; set TMPDIR to a place with space", dir);
    const char *file = arena_printf(a, "%s/recording.sr", dir);
    const bool good = run(s, seconds, file, a, e) && file_read(file, a, &bytes, e) &&
                      trace_read(bytes, "sigrok-cli's recording", a, t, e);
    dir_remove(dir);
    t->instrument = arena_printf(a, "sigrok-cli %s", s->words[1]);
    for (int i = 2; i < s->n; i++) t->instrument = arena_printf(a, "%s %s", t->instrument, s->words[i]);
    return good;
}

static void close_program(void *state)
{
    (void)state;
}

const struct meter meter_sigrok = {
    "sigrok",
    "'sigrok:-d DRIVER ...'",
    "an instrument that sigrok-cli knows: a channel of current, a digital line",
    true,
    open_program,
    record,
    close_program};
