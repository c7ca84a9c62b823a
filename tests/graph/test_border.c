// Windows and scores that stay in the caller's memory: where, and with the same bits.
#include "../../src/compress/compress.h"
#include "../../src/run/run.h"
#include "../cross/zoo.h"
#include "../test.h"
#include "../tiny.h"
#include <stdlib.h>
#include <string.h>

static const struct layout chip = {.conv_f32 = 4, .conv_s8 = 4, .dense_f32 = 4, .dense_s8 = 4, .tile = true};

static const struct plan *lowered(struct graph *g, const char *technique, const char *hop, struct arena *a)
{
    struct err e = {""};
    struct compress_opt o = {.calibration = tiny_windows(a, g, 8, 6), .ncalibration = 8};
    struct graph *h = technique_find(technique)->apply(g, &o, a, &e);
    if (h && hop) graph_meta_set(h, a, META_HOP, hop);
    const struct plan *p = h ? plan_lower(h, &chip, a, &e) : NULL;
    if (!p) test_fail(__FILE__, __LINE__, "%s: %s", technique, e.text);
    return p;
}

// The same scores as this machine's own plan, which has both in its arena; the caller's window is not written.
static void check_bits(const struct plan *p, struct arena *a)
{
    enum { WINDOWS = 3 };
    struct err e = {""};
    const struct plan *host = plan_lower(p->g, &layout_host, a, &e);
    const size_t n = (size_t)tensor_count(p->g->out[0]) * WINDOWS, nx = (size_t)tensor_bytes(p->g->in[0]);
    float *want = arena_new_n(a, n, float), *got = arena_new_n(a, n, float);
    const float *x = tiny_windows(a, p->g, WINDOWS, 12);
    void *before = arena_copy(a, x, WINDOWS * nx);
    CHECK(host && !host->window_outside && !host->scores_outside);
    CHECK(host && run_batch(host, x, WINDOWS, want, &e) && run_batch(p, x, WINDOWS, got, &e));
    CHECK(!memcmp(want, got, n * sizeof *got) && !memcmp(before, x, WINDOWS * nx));
    for (size_t w = 0; p->g->out[0]->type == F32 && w < WINDOWS; w++) {
        const void *in = (const char *)before + w * nx;
        void *out = got + w * n / WINDOWS;
        run_invoke(runner_new(p, a), &in, &out, NULL, NULL);
    }
    CHECK(!memcmp(want, got, n * sizeof *got));
}

TEST(border_outside)
{
    enum { IN = 28 * 28 * 4 };
    struct arena a = {0};
    const struct plan *p = lowered(gates_graph(&a, RECURRENT_LSTM, 3), "lite", NULL, &a);
    CHECK(p && p->window_outside && !p->scores_outside && p->arena_bytes < IN);
    CHECK(p && p->in[0].offset == REF_WINDOW && plan_window_bytes(p, true) == IN);
    CHECK(p && plan_window_bytes(p, false) == IN); // pushed samples have no other place
    if (p) check_bits(p, &a);
    p = lowered(sequence_graph(&a, 3), "lite", NULL, &a);
    CHECK(p && p->window_outside && p->scores_outside && p->out[0].offset == REF_SCORES);
    if (p) check_bits(p, &a);
    p = lowered(normalised_graph(&a, 3), "full-integer", NULL, &a); // made int8 by the first step
    CHECK(p && p->window_outside && !p->scores_outside && plan_window_bytes(p, true) == 40 * 6);
    if (p) check_bits(p, &a);
    arena_free(&a);
}

TEST(border_inside)
{
    struct arena a = {0};
    const struct plan *p = lowered(tiny_cnn(&a, 64, 3, 3, 5), "lite", NULL, &a);
    CHECK(p && !p->window_outside && !p->scores_outside); // other layers need more
    p = lowered(normalised_graph(&a, 3), "dynamic", NULL, &a);
    CHECK(p && !p->window_outside); // the first step writes over it
    p = lowered(sequence_graph(&a, 3), "full-integer", NULL, &a);
    CHECK(p && !p->window_outside && !p->scores_outside); // no floats
    arena_free(&a);
}

// Windows that share no sample gather in the arena; a buffer of their own must not cost more than the arena loses.
TEST(border_windows_apart)
{
    struct arena a = {0};
    const struct plan *p = lowered(sequence_graph(&a, 3), "lite", "50", &a),
                      *q = lowered(sequence_graph(&a, 3), "lite", "25", &a);
    CHECK(p && q && q->window_outside);
    if (p && q)
        CHECK(p->arena_bytes + plan_window_bytes(p, false) <= q->arena_bytes + plan_window_bytes(q, false));
    if (p) check_bits(p, &a);
    arena_free(&a);
}
