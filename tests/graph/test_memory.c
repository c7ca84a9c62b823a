// Placement: nothing that lives at the same time overlaps, whatever the graph; the bound is met on plain
// chains.
#include "../../src/graph/plan.h"
#include "../test.h"
#include "../tiny.h"
#include <string.h>

static const char *const types[] = {"const float", "const float", "float", "float"};
static const struct kernel fake = {"fake", NULL, NULL, 0, 4, types, NULL, NULL};

enum { ROWS = 7 };

static struct tensor *value(struct arena *a, struct rng *r)
{
    return tensor_new(a, "v", F32, 2, (int32_t[]){ROWS, 1 + (int32_t)rng_below(r, 80)});
}

// A random network: each step reads up to two earlier values and writes one, with scratch now and then. `rows`: in one
// of three the first value is read and the new one written row by row.
static struct plan *random_plan(struct arena *a, struct rng *r, int nstep, bool rows)
{
    struct graph *g = graph_new(a, "random");
    struct plan *p = arena_new(a, struct plan);
    struct tensor **v = arena_new_n(a, (size_t)nstep + 1, struct tensor *);
    p->g = g;
    p->arena = a;
    p->layout = &layout_plain;
    v[0] = value(a, r);
    g->in = &v[0];
    g->nin = 1;
    for (int s = 0; s < nstep; s++) {
        v[s + 1] = value(a, r);
        bool scratch = rng_below(r, 3) == 0;
        struct tensor *other = v[rng_below(r, (uint32_t)s + 1)];
        if (rows && other != v[s] && rng_below(r, 3) == 0)
            plan_rows(p, v[s + 1], v[s], ROWS, rng_below(r, 2) == 1);
        plan_step(p, NULL, &fake, "",
                  (struct ref[]){ref_in(v[s]), ref_in(other), ref_out(v[s + 1]),
                                 scratch ? ref_scratch(1 + (int32_t)rng_below(r, 999)) : ref_in(NULL)});
    }
    g->out = &v[nstep];
    g->nout = 1;
    return p;
}

// Whether a step works row by row: 1 from the first on, -1 from the last, 0 not.
static int by_rows(const struct plan *p, const struct ref *b)
{
    for (int i = 0; i < p->noverlap; i++) {
        const struct overlap *o = &p->overlap[i];
        if (o->low == b[2].t && o->high == b[0].t) return 1;
        if (o->high == b[2].t && o->low == b[0].t) return -1;
    }
    return 0;
}

static bool owned(const void **owner, const struct ref *b, int64_t from, int64_t to)
{
    for (int64_t k = from; k < to; k++)
        if (owner[b->offset + k] != b->t) return false;
    return true;
}

// Independent check: walks the steps with a map of who owns each byte.
static void check_owners(struct plan *p)
{
    const void **owner = arena_new_n(p->arena, (size_t)p->arena_bytes, const void *);
    for (int64_t k = 0; k < tensor_bytes(p->g->in[0]); k++) owner[p->in[0].offset + k] = p->g->in[0];
    for (int s = 0; s < p->nstep; s++) {
        const struct ref *b = p->step[s].buf;
        const int64_t in = tensor_bytes(b[0].t) / ROWS, out = tensor_bytes(b[2].t) / ROWS;
        const int rows = by_rows(p, b);
        CHECK(owned(owner, &b[1], 0, tensor_bytes(b[1].t)));
        if (!rows) CHECK(owned(owner, &b[0], 0, tensor_bytes(b[0].t)));
        for (int64_t k = 0; b[3].offset >= 0 && k < b[3].bytes; k++) owner[b[3].offset + k] = &b[3];
        for (int64_t i = 0; i < ROWS; i++) {
            const int64_t r = rows < 0 ? ROWS - 1 - i : i;
            for (int64_t k = r * out; k < (r + 1) * out; k++) {
                CHECK(b[2].offset + k < p->arena_bytes);
                if (b[3].offset >= 0 && owner[b[2].offset + k] == &b[3]) CHECK(!"output and scratch overlap");
                owner[b[2].offset + k] = b[2].t;
            }
            // written as early as can be: the row that it is made of is read behind that
            if (rows) CHECK(owned(owner, &b[0], r * in, (r + 1) * in));
        }
        CHECK(owned(owner, &b[2], 0, tensor_bytes(b[2].t)));
    }
}

static void random_networks(bool rows, int64_t *used, int64_t *bound)
{
    struct rng r = rng_new(3);
    for (int i = 0; i < 100; i++) {
        struct arena a = {0};
        struct err e = {""};
        struct plan *p = random_plan(&a, &r, 1 + (int)rng_below(&r, 30), rows);
        CHECK(plan_place(p, &e));
        CHECK(p->arena_bytes >= p->lower_bound && p->arena_bytes % 16 == 0);
        check_owners(p);
        *used += p->arena_bytes, *bound += p->lower_bound;
        arena_free(&a);
    }
}

TEST(memory_random_networks_never_overlap)
{
    int64_t used = 0, bound = 0;
    random_networks(false, &used, &bound);
    CHECK(used <= bound * 105 / 100); // within 5 % on random networks, too
}

TEST(memory_rows_lie_over_rows_that_are_done)
{
    int64_t used = 0, bound = 0;
    random_networks(true, &used, &bound);
    CHECK(used <= bound * 105 / 100);
}

TEST(memory_of_a_chain_is_the_bound)
{
    struct rng r = rng_new(1);
    struct arena a = {0};
    struct err e = {""};
    struct plan *p = random_plan(&a, &r, 1, false);
    CHECK(plan_place(p, &e));
    CHECK_EQ(p->lower_bound, p->arena_bytes);
    arena_free(&a);
}

// Inputs behind, outputs in front of them, one row more than the larger of both; the other way round when backwards.
TEST(memory_of_rows_is_the_larger_value)
{
    for (int k = 0; k < 4; k++) {
        struct arena a = {0};
        struct err e = {""};
        struct rng r = rng_new(1);
        struct plan *p = random_plan(&a, &r, 1, false);
        struct tensor *x = tensor_new(&a, "x", I8, 2, (int32_t[]){100, k & 1 ? 64 : 32}),
                      *y = tensor_new(&a, "y", I8, 2, (int32_t[]){100, k & 1 ? 32 : 64});
        p->g->in[0] = x;
        p->g->out[0] = y;
        p->step[0].buf[0].t = p->step[0].buf[1].t = x;
        p->step[0].buf[2].t = y;
        p->step[0].buf[3] = ref_in(NULL);
        plan_rows(p, y, x, 100, k >= 2);
        CHECK(plan_place(p, &e));
        CHECK(p->arena_bytes <= 6400 + 64 && p->arena_bytes >= p->lower_bound);
        arena_free(&a);
    }
}
