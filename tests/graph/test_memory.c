// Placement: nothing that lives at the same time overlaps, whatever the graph; the bound is met on plain
// chains.
#include "../../src/graph/plan.h"
#include "../test.h"
#include "../tiny.h"
#include <string.h>

static const char *const types[] = {"const float", "const float", "float", "float"};
static const struct kernel fake = {"fake", NULL, NULL, 0, 4, types, NULL, NULL};

static struct tensor *value(struct arena *a, struct rng *r)
{
    return tensor_new(a, "v", F32, 1, (int32_t[]){1 + (int32_t)rng_below(r, 500)});
}

// A random network: each step reads up to two earlier values and writes one, with scratch now and then.
static struct plan *random_plan(struct arena *a, struct rng *r, int nstep)
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
        plan_step(p, NULL, &fake, "",
                  (struct ref[]){ref_in(v[s]), ref_in(v[rng_below(r, (uint32_t)s + 1)]), ref_out(v[s + 1]),
                                 scratch ? ref_scratch(1 + (int32_t)rng_below(r, 999)) : ref_in(NULL)});
    }
    g->out = &v[nstep];
    g->nout = 1;
    return p;
}

// Independent check: walks the steps with a map of who owns each byte.
static void check_owners(struct plan *p)
{
    const void **owner = arena_new_n(p->arena, (size_t)p->arena_bytes, const void *);
    for (int s = 0; s < p->nstep; s++) {
        const struct ref *b = p->step[s].buf;
        for (int i = 0; i < 2; i++)
            for (int64_t k = 0; s > 0 && k < tensor_bytes(b[i].t); k++)
                if (b[i].t != p->g->in[0] && owner[b[i].offset + k] != b[i].t) {
                    CHECK(!"a value was overwritten before its last use");
                    return;
                }
        for (int64_t k = 0; b[3].offset >= 0 && k < b[3].bytes; k++) owner[b[3].offset + k] = &b[3];
        for (int64_t k = 0; k < tensor_bytes(b[2].t); k++) {
            CHECK(b[2].offset + k < p->arena_bytes);
            if (b[3].offset >= 0 && owner[b[2].offset + k] == &b[3]) CHECK(!"output and scratch overlap");
            owner[b[2].offset + k] = b[2].t;
        }
    }
}

TEST(memory_random_networks_never_overlap)
{
    struct rng r = rng_new(3);
    int64_t used = 0, bound = 0;
    for (int i = 0; i < 100; i++) {
        struct arena a = {0};
        struct err e = {""};
        struct plan *p = random_plan(&a, &r, 1 + (int)rng_below(&r, 30));
        CHECK(plan_place(p, &e));
        CHECK(p->arena_bytes >= p->lower_bound && p->arena_bytes % 16 == 0);
        check_owners(p);
        used += p->arena_bytes, bound += p->lower_bound;
        arena_free(&a);
    }
    CHECK(used <= bound * 105 / 100); // within 5 % on random networks, too
}

TEST(memory_of_a_chain_is_the_bound)
{
    struct rng r = rng_new(1);
    struct arena a = {0};
    struct err e = {""};
    struct plan *p = random_plan(&a, &r, 1);
    CHECK(plan_place(p, &e));
    CHECK_EQ(p->lower_bound, p->arena_bytes);
    arena_free(&a);
}
