// Layers and pools in turns: the arena is smaller, every bit of the scores is the same.
#include "../../src/compress/compress.h"
#include "../../src/graph/plan.h"
#include "../../src/run/run.h"
#include "../cross/zoo.h"
#include "../test.h"
#include "../tiny.h"
#include <string.h>

static int turns_of(const struct plan *p)
{
    int n = 0;
    for (int s = 0; s < p->nstep; s++) n += p->step[s].turns && !p->step[s].turns->at;
    return n;
}

// Nothing that a turn needs may lie where its partner writes.
static void check_apart(const struct plan *p, struct arena *a)
{
    int n;
    const struct live *v = plan_live(p, a, &n);
    for (int i = 0; i < n; i++)
        for (int k = 0; k < i; k++)
            if (v[i].first <= v[k].last && v[k].first <= v[i].last)
                CHECK(v[i].offset + v[i].bytes <= v[k].offset || v[k].offset + v[k].bytes <= v[i].offset);
}

TEST(tile_same_bits_smaller_arena)
{
    static const char *const kinds[] = {"lite", "dynamic", "full-integer"};
    enum { WINDOWS = 5 };
    for (int t = 0; t < 3; t++)
        for (int fma = 0; fma < 2; fma++) {
            struct arena a = {0};
            struct err e = {""};
            struct graph *g = pooled_graph(&a, 9);
            struct compress_opt o = {.calibration = tiny_windows(&a, g, 8, 6), .ncalibration = 8};
            if (!(g = technique_find(kinds[t])->apply(g, &o, &a, &e))) {
                test_fail(__FILE__, __LINE__, "%s", e.text);
                return arena_free(&a);
            }
            struct layout whole = {.conv_f32 = 4, .conv_s8 = 4, .dense_f32 = 4, .dense_s8 = 4, .fma = fma},
                          rows = whole;
            rows.tile = true;
            struct plan *p = plan_lower(g, &whole, &a, &e), *q = plan_lower(g, &rows, &a, &e);
            if (!p || !q) {
                test_fail(__FILE__, __LINE__, "%s", e.text);
                return arena_free(&a);
            }
            CHECK_EQ(0, turns_of(p));
            CHECK_EQ(2, turns_of(q)); // the third pool's turns would make nothing smaller
            CHECK(q->arena_bytes < p->arena_bytes * 3 / 4);
            check_apart(q, &a);
            float x[2][WINDOWS * 5];
            const float *in = tiny_windows(&a, g, WINDOWS, 12);
            CHECK(run_batch(p, in, WINDOWS, x[0], &e) && run_batch(q, in, WINDOWS, x[1], &e));
            CHECK(!memcmp(x[0], x[1], sizeof x[0]));
            arena_free(&a);
        }
}
