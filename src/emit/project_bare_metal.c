// The bare-metal project: a Makefile, start-up code and a linker script for the emulated chip.
#include "../base/file.h"
#include "parts.h"
#include <string.h>

#define BARE "src/emit/projects/bare-metal/"

static const char *joined_objects(const struct target *t, struct arena *a)
{
    char *s = arena_strdup(a, "");
    for (int i = 0; i < 4 && t->start[i]; i++)
        s = arena_printf(a, "%s%s%.*s.o", s, i ? " " : "", (int)strcspn(t->start[i], "."), t->start[i]);
    return s;
}

static bool write(const struct model *m, const char *dir, struct err *e)
{
    const struct target *t = m->target;
    struct arena *a = m->arena;
    if (!model_write(m, dir, dir, e) || !golden_write(m, dir, e)) return false;
    static const char *const fixed[] = {"main.c", "io.h", "io_semihosting.c", "io_host.c", "memory.c", NULL};
    for (int i = 0; fixed[i]; i++)
        if (!file_copy(BARE, fixed[i], dir, fixed[i], a, e)) return false;
    for (int i = 0; i < 4 && t->start[i]; i++)
        if (!file_copy(BARE, t->start[i], dir, t->start[i], a, e)) return false;
    if (!file_copy(BARE, t->ld, dir, t->ld, a, e)) return false;
    if (!dir_make(arena_printf(a, "%s/freestanding", dir), e)) return false;
    if (!file_copy(BARE, "freestanding_string.h", dir, "freestanding/string.h", a, e)) return false;
    struct buf b = {0};
    buf_printf(
        &b,
        "// main.c's names for this model.\n#include \"%s.h\"\n#define firmware_invoke %s_invoke\n"
        "#define FIRMWARE_WINDOW %s_WINDOW\n#define FIRMWARE_CHANNELS %s_CHANNELS\n#define FIRMWARE_CLASSES "
        "%s_CLASSES\n",
        m->name, m->name, m->upper, m->upper, m->upper);
    if (m->streams)
        buf_printf(
            &b, "#define FIRMWARE_STEP %s_step // streaming: a hop of samples\n#define FIRMWARE_HOP %s_HOP\n",
            m->name, m->upper);
    if (!text_write(dir, "firmware.h", &b, a, e)) return false;
    const char *cc =
        t->cc_package
            ? t->cc
            : arena_printf(a, "$(firstword $(shell command -v %s) $(HOME)/.cache/wearlite/xtensa/bin/%s)",
                           t->cc, t->cc);
    const char *const own[] = {"about",     arena_printf(a, "The chip: %s.\n", t->about),
                               "cc",        cc,
                               "cflags",    t->cflags,
                               "ldflags",   t->ldflags,
                               "ld",        t->ld,
                               "objects",   joined_objects(t, a),
                               "qemu",      t->qemu,
                               "qemu_args", t->qemu_args,
                               "load",      t->load_by_device ? "-device loader,cpu-num=0,file=" : "-kernel ",
                               NULL};
    const char *const *pairs = pairs_common(m, own);
    return template_write(BARE "Makefile", pairs, dir, "Makefile", a, e) &&
           template_write(BARE "README.txt", pairs, dir, "README.txt", a, e);
}

static bool fits(const struct target *t)
{
    (void)t;
    return true;
}

const struct project bare_metal = {"bare-metal", fits, write};
