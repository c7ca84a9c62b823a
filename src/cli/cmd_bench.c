#include "../base/file.h"
#include "../format/format.h"
#include "../measure/measure.h"
#include "../study/figure.h"
#include "bench_board.h"
#include "bench_meter.h"
#include "bench_settings.h"
#include "cmd.h"
#include "windows.h"
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

// A count; below zero: not known
static void count_put(json_t *o, const char *key, double v)
{
    figure_put(o, key, v < 0 ? NAN : round(v));
}
static const char *base_name(const char *path)
{
    const char *s = strrchr(path, '/');
    return s ? s + 1 : path;
}

static json_t *cell(const char *path, const struct graph *g, const char *data, const struct measurement *m,
                    struct arena *a)
{
    json_t *o = json_object();
    const char *technique = graph_meta(g, META_TECHNIQUE), *arch = graph_meta(g, META_ARCH);
    struct span file;
    struct err ignored;
    figure_put_text(o, "model", arch ? arch : base_name(path));
    figure_put_text(o, "technique", technique ? technique : "none");
    figure_put_text(o, "target", m->target->name);
    json_object_set_new(o, "seed", json_null());
    figure_put_text(o, "data", data);
    json_object_set_new(o, "accuracy", json_null()); // of study and eval
    json_object_set_new(o, "macro_f1", json_null());
    json_object_set_new(o, "macs", json_integer(graph_macs(g)));
    json_object_set_new(o, "file_bytes",
                        file_read(path, a, &file, &ignored) ? json_integer((json_int_t)file.n) : json_null());
    count_put(o, "flash_bytes", (double)m->flash_bytes);
    count_put(o, "ram_bytes", (double)m->ram_bytes);
    count_put(o, "instructions", m->instructions);
    count_put(o, "cycles", m->cycles.value);
    figure_put_interval(o, "latency_us", m->latency_us);
    figure_put_interval(o, "energy_uj", m->energy_uj);
    figure_put_text(o, "energy_origin", m->energy_origin);
    json_object_set_new(o, "device_equals_host", json_boolean(m->device_equals_host));
    json_object_set_new(o, "windows_compared", json_integer(m->windows_compared));
    json_object_set_new(o, "fits", json_boolean(m->fits));
    figure_put_text(o, "refusal", m->refusal);
    figure_put_text(o, "why", m->difference ? m->difference : m->energy_missing);
    return o;
}

static json_t *details(const struct measurement *m, const struct energy_setting *from)
{
    json_t *o = json_object(), *classes = json_object(), *layers = json_array();
    for (int i = 0; i < m->nclass; i++) count_put(classes, m->class_[i].name, m->class_[i].n);
    for (int i = 0; i < m->nlayer; i++) {
        const struct layer_cost *l = &m->layer[i];
        json_t *layer = json_object();
        figure_put_text(layer, "name", l->name);
        figure_put_text(layer, "op", l->op);
        count_put(layer, "instructions", l->instructions);
        count_put(layer, "cycles", l->cycles);
        figure_put(layer, "macs", (double)l->macs);
        json_array_append_new(layers, layer);
    }
    figure_put_text(o, "target", m->target->name);
    json_object_set_new(o, "layers", layers);
    json_object_set_new(o, "classes", classes);
    count_put(o, "taken_branches", m->taken_branches);
    count_put(o, "cache_misses", m->cache_misses);
    count_put(o, "code_misses", m->code_misses);
    json_object_set_new(o, "settings", settings_json(m, from));
    count_put(o, "code_bytes", (double)m->code_bytes);
    count_put(o, "weight_bytes", (double)m->weight_bytes);
    count_put(o, "arena_bytes", (double)m->arena_bytes);
    count_put(o, "static_bytes", (double)m->static_bytes);
    count_put(o, "stack_bytes", (double)m->stack_bytes);
    figure_put_text(o, "versions", m->versions);
    figure_put_text(o, "difference", m->difference);
    figure_put_text(o, "note", m->note);
    return o;
}

static void print_json(const char *path, const struct graph *g, const char *data, const struct measurement *m,
                       const struct energy_setting *from, const struct board_report *board,
                       const struct metering *metering, int argc, char **argv, struct arena *a)
{
    char *command = arena_strdup(a, "wearlite");
    for (int i = 0; i < argc; i++) command = arena_printf(a, "%s %s", command, argv[i]);
    json_t *versions = json_pack("{s:s}", "wearlite", WEARLITE_VERSION);
    figure_put_text(versions, "chip", m->versions);
    json_t *o =
        json_pack("{s:i, s:s, s:s, s:o, s:[o], s:[o]}", "format", 1, "command", command, "data", data,
                  "versions", versions, "cells", cell(path, g, data, m, a), "measurements", details(m, from));
    if (board) json_object_set_new(o, "board", bench_board_json(board, m));
    if (metering) json_object_set_new(o, "meter", bench_meter_json(metering, board, m));
    json_dumpf(o, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
    printf("\n");
    json_decref(o);
}

static void print_interval(const char *what, struct interval v, const char *unit, const char *source)
{
    if (isnan(v.value))
        printf("%-14s not known: %s\n", what, source);
    else
        printf("%-14s %.4g %s (%.4g to %.4g): %s\n", what, v.value, unit, v.low, v.high, source);
}

static void print_text(const struct graph *g, const char *data, const struct measurement *m,
                       const struct energy_setting *from)
{
    const struct target *t = m->target;
    printf("%-14s %s (%s)\n%-14s %lld\n", "target", t->name, t->chip, "macs", (long long)graph_macs(g));
    printf("%-14s %d (%s), %s\n", "windows", m->windows_compared, data,
           m->device_equals_host ? "every byte of the scores as on the host"
                                 : "the chip's scores differ from the host's");
    if (m->difference)
        printf("%-14s %s\n%-14s no costs: the emitted program computes something else\n", "", m->difference,
               "");
    if (m->note) printf("%-14s %s\n", "", m->note);
    printf("%-14s %lld bytes: code %lld, constants %lld\n", "flash", (long long)m->flash_bytes,
           (long long)m->code_bytes, (long long)m->weight_bytes);
    if (m->ram_bytes >= 0)
        printf("%-14s %lld bytes: arena %lld, static %lld, stack %lld\n", "RAM", (long long)m->ram_bytes,
               (long long)m->arena_bytes, (long long)m->static_bytes, (long long)m->stack_bytes);
    if (m->refusal) printf("%-14s %s\n", "does not fit", m->refusal);
    if (!m->device_equals_host) return;
    printf("%-14s %.0f an inference", "instructions", m->instructions);
    if (graph_macs(g)) printf(", %.2f a multiply-accumulate", m->instructions / (double)graph_macs(g));
    printf("\n%-14s", "");
    for (int i = 0; i < m->nclass; i++)
        if (m->class_[i].n >= 0.5) printf(" %s %.0f", m->class_[i].name, m->class_[i].n);
    printf(" (branches taken %.0f)\n", m->taken_branches);
    if (!isnan(m->cache_misses))
        printf("%-14s %.0f lines of %u bytes from flash; %.0f with all constants in RAM\n", "cache misses",
               m->cache_misses, t->cache.line, m->code_misses);
    printf("%-14s %.0f, estimated: %s\n", "cycles", m->cycles.value, t->cost.source);
    print_interval("latency", m->latency_us, "us", "cycles at the chip's clock");
    print_interval("energy", m->energy_uj, "uJ", m->energy_missing ? m->energy_missing : t->active_mw.source);
    printf("\n%-28s %-20s %12s %12s %12s\n", "layer", "operator", "MACs", "instructions", "per MAC");
    for (int i = 0; i < m->nlayer; i++) {
        const struct layer_cost *l = &m->layer[i];
        printf("%-28.28s %-20s %12lld %12.0f", l->name, l->op, (long long)l->macs, l->instructions);
        if (l->macs) printf(" %12.2f", l->instructions / (double)l->macs);
        printf("\n");
    }
    settings_print(m, from);
    if (m->versions) printf("\n%s\n", m->versions);
}

int cmd_bench(int argc, char **argv)
{
    const char *target = NULL, *data = NULL, *board = NULL, *what;
    int windows = 100;
    int hop = 0, ram = 0;
    bool json = false, pack = false, stream = false, explain = false, awake = false;
    const char *sensor = NULL, *optimize = "speed";
    float battery = 300;
    struct meter_choice by = {.volts = NAN, .seconds = NAN, .line = -1};
    const struct opt opts[] = {
        {"target", 't', OPT_TEXT, "T", "the chip (wearlite targets)", &target},
        {"windows", 'w', OPT_INT, "N", "windows whose scores are compared with the host's (100)", &windows},
        {"data", 'd', OPT_TEXT, "NAME|DIR", "where they come from (the model's own data set, else noise)",
         &data},
        {"pack", 0, OPT_FLAG, NULL, "4-bit codes for clustered weights: less flash, more RAM and time",
         &pack},
        {"stream", 0, OPT_FLAG, NULL,
         "the cost of a hop when the convolutions keep what they made of old samples", &stream},
        {"hop", 0, OPT_INT, "N", "samples from one window to the next (as in training)", &hop},
        {"sensor", 0, OPT_TEXT, "NAME", "count an inertial sensor's energy: mpu6050, lsm6dso, bmi270 ...",
         &sensor},
        {"battery", 0, OPT_FLOAT, "MAH", "battery for the days, at 3.7 V (300)", &battery},
        {"ram", 0, OPT_INT, "BYTES", "RAM for the model and for constants that gain there (the target's)",
         &ram},
        {"optimize", 0, OPT_TEXT, "WHAT", "the program of emit --optimize: speed or size (speed)", &optimize},
        {"awake", 0, OPT_FLAG, NULL, "no light sleep between windows", &awake},
        {"explain", 0, OPT_FLAG, NULL, "the whole sum of the energy, each constant with its source",
         &explain},
        {"board", 0, OPT_TEXT, "PORT",
         "also read what the benchmark app on a board reports (/dev/ttyUSB0, or a file)", &board},
        {"meter", 0, OPT_TEXT, "METER", "also measure that board's energy (wearlite meters)", &by.meter},
        {"volts", 0, OPT_FLOAT, "V", "with --meter: the board's supply, where the meter does not measure it",
         &by.volts},
        {"line", 0, OPT_INT, "N", "with --meter: digital line of the app's pin (the one that changes)",
         &by.line},
        {"pulse", 0, OPT_INT, "N", "with --meter: inferences in a pulse (as --board says)", &by.pulse},
        {"seconds", 0, OPT_FLOAT, "S", "with --meter: how long to record (one turn of the app)", &by.seconds},
        {"trace", 0, OPT_TEXT, "FILE", "with --meter: where the recording goes (MODEL.trace.csv)", &by.trace},
        {"subtract-idle", 0, OPT_FLAG, NULL, "with --meter: without what the board draws between pulses",
         &by.subtract_idle},
        {"json", 0, OPT_FLAG, NULL, "one JSON object", &json},
        {NULL, 0, 0, NULL, NULL, NULL},
    };
    const struct usage u = {
        "bench",
        "MODEL --target T",
        "Counts what an inference costs on an emulated chip, and proves it computes what the host computes.",
        "Instructions are counted, cycles, time and energy estimated from them, each with its source and "
        "interval.\nWhen one byte of the scores differs from the host's, no costs are printed and the exit "
        "status is 1.",
        opts,
        1,
        1};
    struct arena a = {0};
    char **words = arena_new_n(&a, (size_t)argc, char *);
    memcpy(words, argv, (size_t)argc * sizeof *words); // opt_parse changes the order
    int n, count = argc, rc = opt_parse(&u, argc, argv, &n);
    if (rc >= 0) return arena_free(&a), rc;
    const struct target *t = target ? target_find(target) : NULL;
    const char *wrong =
        !target                             ? "--target T is needed; 'wearlite targets' lists them"
        : hop < 0 || battery < 0 || ram < 0 ? "--hop, --battery and --ram take positive numbers"
        : strcmp(optimize, "size") && strcmp(optimize, "speed") ? "--optimize takes size or speed"
        : windows < 1 || windows > 1000000                      ? "--windows takes 1 to 1000000"
                                                                : bench_meter_wrong(&by, &a);
    if (wrong) return rc = usage_error(&u, "%s", wrong), arena_free(&a), rc;
    if (!t)
        return arena_free(&a), usage_error(&u, "unknown target '%s'; 'wearlite targets' lists them", target);
    struct err e = {""};
    struct measurement m;
    struct board_report report;
    struct metering metering;
    struct graph *g = model_load(argv[0], &a, &e);
    struct graph *whole = g;
    if (g && stream) g = stream_for(g, hop, &a, &e); // its windows are a recording, hop after hop
    struct plan *p = g ? plan_lower(g, t->layout, &a, &e) : NULL;
    if (p && pack && !plan_pack(p, &a, &e)) p = NULL;
    if (whole && !p) fail_in(&e, "%s", argv[0]);
    const float *x = p ? windows_for(whole, data, windows, &what, &a, &e) : NULL;
    const struct measure_opt how = {.ram_bytes = ram, .small = !strcmp(optimize, "size")};
    struct energy_setting from;
    bool good = x && settings_from(g, hop, sensor, (double)battery, awake, &from, &e) &&
                measure_emulated(p, t, x, windows, &how, &a, &m, &e) &&
                (by.meter ? bench_meter_run(&by, argv[0], board, p, &m, &report, &metering, &a, &e)
                          : !board || bench_board_read(board, p, &m, &report, &a, &e));
    // A board says itself that it computes what the host computes; without one only the emulated chip does.
    const bool metered = by.meter && (board || (good && m.device_equals_host));
    if (good && json)
        print_json(argv[0], g, what, &m, &from, board ? &report : NULL, metered ? &metering : NULL, count,
                   words, &a);
    else if (good)
        print_text(g, what, &m, &from);
    if (good && board && !json) bench_board_print(board, &report, &m);
    if (good && metered && !json) bench_meter_print(&metering, board ? &report : NULL, &m);
    if (good && explain && !json && m.device_equals_host) settings_explain(&m, &from);
    rc = !good ? report_error(&e) : m.device_equals_host ? EXIT_DONE : EXIT_FAILED;
    arena_free(&a);
    return rc;
}
