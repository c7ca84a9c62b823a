#include "../emit/emit.h"
#include "../format/format.h"
#include "../measure/measure.h"
#include "cmd.h"
#include "windows.h"
#include <stdio.h>
#include <string.h>

static const struct target *target_option(const struct usage *u, const char *name, int *rc)
{
    const struct target *t = name ? target_find(name) : NULL;
    if (t) return t;
    if (!name)
        *rc = usage_error(u, "--target T is needed; 'wearlite targets' lists them");
    else
        *rc = usage_error(u, "unknown target '%s'; 'wearlite targets' lists them", name);
    return NULL;
}

static void print_next(const char *out, const char *name, const char *project, const struct target *t,
                       int golden, const char *what)
{
    if (!strcmp(project, "esp-idf"))
        printf("%s: an ESP-IDF component for %s, examples/benchmark checks itself on %d windows (%s): cd "
               "%s/examples/benchmark && idf.py build flash monitor\n",
               out, t->name, golden, what, out);
    else if (!strcmp(project, "arduino"))
        printf("%s: an Arduino library for %s, examples/Benchmark checks itself on %d windows (%s); copy the "
               "folder "
               "into libraries/\n",
               out, t->name, golden, what);
    else
        printf("%s: %s.c, %s.h, nn/ and a firmware for %s that checks itself on %d windows (%s): make -C %s "
               "run\n",
               out, name, name, t->name, golden, what, out);
}

// Which constants --weights copies to RAM; NULL with an empty message for none. The planner wants the misses of each,
// which an emulated run counts; it may take a plan of its own.
static const bool *weights_for(const char *how, bool small, const struct plan **plan, const struct target *t,
                               const float *x, int windows, int ram, struct arena *a, struct err *e)
{
    struct measurement m;
    if (!strcmp(how, "flash")) return NULL;
    if (!t->cache.bytes)
        return FAIL_NULL(e,
                         "--weights %s: %s has no cache in front of its flash, constants in RAM gain nothing",
                         how, t->name);
    const bool planned = !strcmp(how, "planned");
    if (planned && !measure_emulated(*plan, t, x, windows,
                                     &(struct measure_opt){.ram_bytes = ram, .small = small}, a, &m, e))
        return NULL;
    if (planned && m.planned) *plan = m.planned;
    struct constant *c = arena_new_n(a, (size_t)constants_most(*plan) + 1, struct constant);
    bool *in_ram = arena_new_n(a, (size_t)constants_most(*plan) + 1, bool);
    const int n = constants_of(*plan, c);
    for (int i = 0; i < n; i++) in_ram[i] = !planned || m.placed[i].in_ram;
    if (planned)
        fprintf(stderr,
                "planned: %lld bytes of constants in RAM, %.0f cache misses an inference instead of %.0f%s\n",
                (long long)m.planned_bytes, m.planned_misses, m.cache_misses,
                m.planned_ahead ? "; weights transformed ahead, tables for recurrent layers" : "");
    return in_ram;
}

int cmd_emit(int argc, char **argv)
{
    const char *target = NULL, *name = "har", *out = NULL, *data = NULL, *project = "bare-metal", *what,
               *weights = "flash", *optimize = "speed";
    bool pack = false, stream = false;
    int golden = 4, hop = 0, ram = 0, flash = 0;
    const struct opt opts[] = {
        {"target", 't', OPT_TEXT, "T", "the chip (wearlite targets)", &target},
        {"output", 'o', OPT_TEXT, "DIR", "the project's folder", &out},
        {"project", 'p', OPT_TEXT, "KIND", "bare-metal (the emulated chip), esp-idf, arduino", &project},
        {"name", 'n', OPT_TEXT, "NAME", "prefix of files and functions (har)", &name},
        {"golden", 0, OPT_INT, "N", "windows of the self-check (4)", &golden},
        {"data", 'd', OPT_TEXT, "NAME|DIR", "where they come from (the model's own data set, else noise)",
         &data},
        {"hop", 0, OPT_INT, "N", "samples from one window to the next (as in training)", &hop},
        {"pack", 0, OPT_FLAG, NULL, "4-bit codes for clustered weights: less flash, more RAM and time",
         &pack},
        {"stream", 0, OPT_FLAG, NULL, "windows overlap: keep what the convolutions made of the old samples",
         &stream},
        {"weights", 'w', OPT_TEXT, "PLACE",
         "flash, ram, or planned: in RAM what saves most cache misses (flash)", &weights},
        {"optimize", 0, OPT_TEXT, "WHAT", "speed, or size: less code, more instructions (speed)", &optimize},
        {"ram", 0, OPT_INT, "BYTES", "the model's RAM on the board (the target's)", &ram},
        {"flash", 0, OPT_INT, "BYTES", "the board's flash (the target's)", &flash},
        {NULL, 0, 0, NULL, NULL, NULL},
    };
    const struct usage u = {
        "emit",
        "MODEL --target T -o DIR",
        "Writes a model as a folder of dependency-free C99.",
        "A bare-metal folder builds as it stands: 'make run' lets the firmware check itself on the emulated "
        "chip, "
        "'make host'\non this machine. esp-idf writes an ESP-IDF component with two apps, benchmark and har; "
        "arduino a library for\nArduino and PlatformIO. docs/firmware.md tells how to flash them.",
        opts,
        1,
        1};
    int n, rc = opt_parse(&u, argc, argv, &n);
    if (rc >= 0) return rc;
    const struct target *t = target_option(&u, target, &rc);
    if (!t) return rc;
    if (!out) return usage_error(&u, "-o DIR is needed");
    if (golden < 0 || golden > 1000) return usage_error(&u, "--golden takes 0 to 1000 windows");
    if (hop < 0 || ram < 0 || flash < 0)
        return usage_error(&u, "--hop, --ram and --flash take positive numbers");
    if (strcmp(weights, "flash") && strcmp(weights, "ram") && strcmp(weights, "planned"))
        return usage_error(&u, "--weights takes flash, ram or planned");
    if (strcmp(optimize, "size") && strcmp(optimize, "speed"))
        return usage_error(&u, "--optimize takes size or speed");
    struct arena a = {0};
    struct err e = {""};
    struct graph *g = model_load(argv[0], &a, &e);
    struct graph *h = g && stream ? stream_for(g, hop, &a, &e) : g;
    if (h && hop && !stream) graph_meta_set(h, &a, META_HOP, arena_printf(&a, "%d", hop));
    struct plan *p = h ? plan_lower(h, t->layout, &a, &e) : NULL;
    if (p && pack && !plan_pack(p, &a, &e)) p = NULL;
    const struct plan *q = p;
    if (g && !p) fail_in(&e, "%s", argv[0]);
    const float *x = p ? windows_for(g, data, golden ? golden : 1, &what, &a, &e) : NULL;
    struct emit_opt o = {.name = name,
                         .project = project,
                         .ngolden = golden,
                         .golden = x,
                         .hop = hop,
                         .small = !strcmp(optimize, "size"),
                         .ram_bytes = ram,
                         .flash_bytes = flash};
    o.in_ram = x ? weights_for(weights, o.small, &q, t, x, golden ? golden : 1, ram, &a, &e) : NULL;
    bool good = x && !*e.text && emit_project(q, t, &o, out, &e);
    if (good) print_next(out, name, project, t, golden, what);
    arena_free(&a);
    return good ? EXIT_DONE : report_error(&e);
}
