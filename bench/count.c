// count CHIP [--only NETWORK] [MODEL...]: instructions of an inference on an emulated chip, a line each:
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
    struct layout *l = arena_copy(a, t->layout, sizeof *l);
    l->tile = l->tile && !layers; // a pool that takes turns with its layer has no line of its own
    struct target own = *t;       // measure lowers anew what is not in its target's layout
    own.layout = l;
    struct plan *p = plan_lower(g, l, a, e);
    if (!p || !measure_emulated(p, &own, tiny_windows(a, g, 1, 3), 1, NULL, a, &m, e))
        return fail_in(e, "%s %s", network, technique);
    if (!m.device_equals_host) return fail(e, "%s %s: %s", network, technique, m.difference);
    for (int i = 0; layers && i < m.nlayer; i++)
        if (m.layer[i].instructions > 0)
            line(network, technique, m.layer[i].name, m.layer[i].instructions, m.layer[i].macs);
    line(network, technique, "all", m.instructions, graph_macs(g));
    line(network, technique, "code_bytes", (double)m.code_bytes, 0);
    line(network, technique, "flash_bytes", (double)m.flash_bytes, 0);
    if (!(p = plan_lower(g, t->layout, a, e))) return false; // as it is emitted, in turns
    line(network, technique, "arena_bytes", p->arena_bytes, 0);
    line(network, technique, "stack_bytes", (double)m.stack_bytes, 0);
    *versions = m.versions;
    fflush(stdout);
    return true;
}

static struct graph *tiny(struct arena *a, uint64_t seed)
{
    return tiny_cnn(a, 128, 6, 6, seed - 2);
}

static struct graph *lstm(struct arena *a, uint64_t seed)
{
    return gates_graph(a, RECURRENT_LSTM, seed);
}

static struct graph *gru(struct arena *a, uint64_t seed)
{
    return gates_graph(a, RECURRENT_GRU, seed);
}

static struct graph *rnn(struct arena *a, uint64_t seed)
{
    return gates_graph(a, RECURRENT_RNN, seed);
}

static const struct network {
    const char *name;
    struct graph *(*build)(struct arena *a, uint64_t seed);
    bool layers; // a line each
    int first;   // technique
} networks[] = {{"shapes", shapes_graph, true, 0},
                {"separable", separable_graph, true, 0},
                {"tiny", tiny, false, 0},
                {"lstm", lstm, true, 0},
                {"gru", gru, true, 0},
                {"rnn", rnn, true, 0},
                {"normalised", normalised_graph, true, 1},
                {"edgemark", edgemark_graph, true, 1},
                {"edgemark-turns", edgemark_graph, false, 0}};
enum { NNETWORK = sizeof networks / sizeof *networks };

int main(int argc, char **argv)
{
    static const char *const names[] = {"lite", "dynamic", "full-integer"};
    struct arena a = {0};
    struct err e = {""};
    const struct target *t = argc > 1 ? target_find(argv[1]) : NULL;
    const char *versions = "", *only = argc > 3 && !strcmp(argv[2], "--only") ? argv[3] : NULL;
    if (!t) return fprintf(stderr, "usage: count CHIP [--only NETWORK] [MODEL...]\n"), 2;
    if (!target_cc(t, &a, &e) || !target_qemu(t, &a, &e)) return fprintf(stderr, "skip %s\n", e.text), 3;
    bool good = true;
    for (int k = 0; k < 3 * NNETWORK && good; k++) {
        const struct network *n = &networks[k / 3];
        if (k % 3 < n->first || (only && strcmp(only, n->name))) continue;
        struct graph *g = n->build(&a, 7);
        struct compress_opt o = {.calibration = tiny_windows(&a, g, 8, 6), .ncalibration = 8};
        g = technique_find(names[k % 3])->apply(g, &o, &a, &e);
        good = g && count(n->name, names[k % 3], g, t, n->layers, &versions, &a, &e);
    }
    for (int i = only ? 4 : 2; i < argc && good; i++) {
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
