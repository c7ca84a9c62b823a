#include "target.h"
#include "../base/proc.h"
#include <stdlib.h>
#include <string.h>

extern const struct target cortex_m0, cortex_m4f, cortex_m7, cortex_m33, cortex_m55, rv32imc, rv32imafc,
    lx106, esp32, esp32s3, esp32c6;
const struct target *const targets[] = {&cortex_m0,  &cortex_m4f, &cortex_m7, &cortex_m33,
                                        &cortex_m55, &rv32imc,    &rv32imafc, &lx106,
                                        &esp32,      &esp32s3,    &esp32c6,   NULL};

static const struct {
    const char *alias, *name;
} aliases[] = {{"esp32c3", "rv32imc"},   {"esp32-c3", "rv32imc"}, {"esp32-s3", "esp32s3"},
               {"esp32-c6", "esp32c6"},  {"esp8266", "lx106"},    {"esp32p4", "rv32imafc"},
               {"esp32-p4", "rv32imafc"}};

const struct fact *target_active_mw(const struct target *t, double hz)
{
    if (hz == t->clock_hz) return &t->active_mw;
    for (int i = 0; i < 3 && t->slower[i].hz; i++)
        if (t->slower[i].hz == hz) return &t->slower[i].active_mw;
    return NULL;
}

const struct target *target_find(const char *name)
{
    for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
        if (!strcmp(name, aliases[i].alias)) name = aliases[i].name;
    for (const struct target *const *t = targets; *t; t++)
        if (!strcmp((*t)->name, name)) return *t;
    return NULL;
}

const char *target_cc(const struct target *t, struct arena *a, struct err *e)
{
    const char *cc = proc_find(t->cc, a), *home = getenv("HOME");
    if (cc) return cc;
    if (t->cc_package)
        return FAIL_NULL(e, "%s: no compiler %s; apt-get install %s", t->name, t->cc, t->cc_package);
    // A compiler that no package has: built by our script, into the user's cache.
    cc = home ? proc_find(arena_printf(a, "%s/.cache/wearlite/xtensa/bin/%s", home, t->cc), a) : NULL;
    if (cc) return cc;
    return FAIL_NULL(e, "%s: no compiler %s; %s", t->name, t->cc, t->find_cc);
}

const char *target_qemu(const struct target *t, struct arena *a, struct err *e)
{
    if (!t->qemu) return FAIL_NULL(e, "%s: no emulator knows this chip", t->name);
    const char *q = proc_find(t->qemu, a);
    if (q) return q;
    return FAIL_NULL(e, "%s: no emulator %s; apt-get install %s", t->name, t->qemu, t->qemu_package);
}
