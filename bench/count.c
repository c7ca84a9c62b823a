// count CHIP [MODEL...]: instructions of an inference on an emulated chip, a line each:
//     NETWORK TECHNIQUE WHAT COUNT [PER_MAC]
// WHAT is a layer, "all", or a size in bytes. Exact and repeatable for one compiler version.
#include "../src/compress/compress.h"
#include "../src/format/format.h"
#include "../src/measure/measure.h"
#include "../tests/cross/zoo.h"
#include "../tests/tiny.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int line(const char *network, const char *technique, const char *what, double n, int64_t macs)
{
    printf("%s %s %s %.0f", network, technique, what, n);
    if (macs) printf(" %.3f", n / (double)macs);
    return printf("\n");
}

static bool count(const char *network, const char *technique, const struct graph *g, const struct target *t,
                  bool layers, const char **versions, struct arena *a, struct err *e)
{
    struct measurement m;
    struct plan *p = plan_lower(g, t->layout, a, e);
    if (!p || !measure_emulated(p, t, tiny_windows(a, g, 1, 3), 1, 0, a, &m, e))
        return fail_in(e, "%s %s", network, technique);
    if (!m.device_equals_host) return fail(e, "%s %s: %s", network, technique, m.difference);
    for (int i = 0; layers && i < m.nlayer; i++)
        if (m.layer[i].macs)
            line(network, technique, m.layer[i].name, m.layer[i].instructions, m.layer[i].macs);
    line(network, technique, "all", m.instructions, graph_macs(g));
    line(network, technique, "code_bytes", (double)m.code_bytes, 0);
    line(network, technique, "flash_bytes", (double)m.flash_bytes, 0);
    line(network, technique, "arena_bytes", (double)m.arena_bytes, 0);
    line(network, technique, "stack_bytes", (double)m.stack_bytes, 0);
    *versions = m.versions;
    fflush(stdout);
    return true;
}

int main(int argc, char **argv)
{
    static const char *const names[] = {"lite", "dynamic", "full-integer"};
    struct arena a = {0};
    struct err e = {""};
    const struct target *t = argc > 1 ? target_find(argv[1]) : NULL;
    const char *versions = "";
    if (!t) return fprintf(stderr, "usage: count CHIP [MODEL...]\n"), 2;
    if (!target_cc(t, &a, &e) || !target_qemu(t, &a, &e)) return fprintf(stderr, "skip %s\n", e.text), 3;
    bool good = true;
    for (int k = 0; k < 6 && good; k++) {
        struct graph *g = k < 3 ? shapes_graph(&a, 7) : tiny_cnn(&a, 128, 6, 6, 5);
        struct compress_opt o = {.calibration = tiny_windows(&a, g, 8, 6), .ncalibration = 8};
        g = technique_find(names[k % 3])->apply(g, &o, &a, &e);
        good = g && count(k < 3 ? "shapes" : "tiny", names[k % 3], g, t, k < 3, &versions, &a, &e);
    }
    for (int k = 0; k < 9 && good; k++) {
        static const enum recurrent_kind kinds[] = {RECURRENT_LSTM, RECURRENT_GRU, RECURRENT_RNN};
        static const char *const networks[] = {"lstm", "gru", "rnn"};
        struct graph *g = gates_graph(&a, kinds[k / 3], 7);
        struct compress_opt o = {.calibration = tiny_windows(&a, g, 8, 6), .ncalibration = 8};
        g = technique_find(names[k % 3])->apply(g, &o, &a, &e);
        good = g && count(networks[k / 3], names[k % 3], g, t, true, &versions, &a, &e);
    }
    for (int k = 1; k < 3 && good; k++) {
        struct graph *g = edgemark_graph(&a, 7);
        struct compress_opt o = {.calibration = tiny_windows(&a, g, 8, 6), .ncalibration = 8};
        g = technique_find(names[k])->apply(g, &o, &a, &e);
        good = g && count("edgemark", names[k], g, t, true, &versions, &a, &e);
    }
    for (int i = 2; i < argc && good; i++) {
        struct graph *g = model_load(argv[i], &a, &e);
        const char *slash = strrchr(argv[i], '/'), *dir = slash;
        while (dir && dir > argv[i] && dir[-1] != '/') dir--;
        good = g && count(slash ? arena_printf(&a, "%.*s", (int)(slash - dir), dir) : argv[i],
                          slash ? slash + 1 : "-", g, t, false, &versions, &a, &e);
    }
    if (good) printf("# %s\n", versions);
    if (!good) fprintf(stderr, "count: %s: %s\n", t->name, e.text);
    arena_free(&a);
    return good ? 0 : 1;
}
