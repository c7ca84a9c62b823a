// Graphs of one node, for the ops without weights.
#ifndef TESTS_DEVICE_ONE_H
#define TESTS_DEVICE_ONE_H
#include "device.h"
#include <math.h>
#include <stdio.h>

struct one {
    struct arena a;
    struct rng r;
    struct graph *g;
    struct node *n;
    struct err e;
    void *x[4]; // bytes of the inputs
};

static inline struct one one_new(enum op op, int nin, uint64_t seed)
{
    struct one o = {.r = rng_new(seed)};
    o.g = graph_new(&o.a, "one");
    o.n = graph_add(o.g, &o.a, op, "one", nin, 1);
    return o;
}

static inline void one_in(struct one *o, int i, enum dtype type, int rank, const int32_t *dim, float scale,
                          int zero)
{
    o->n->in[i] = random_input(o->g, &o->a, type, rank, dim, scale, zero);
    o->x[i] = random_bytes(&o->a, &o->r, o->n->in[i]);
}

// The output; then its shape is known.
static inline struct tensor *one_out(struct one *o, enum dtype type, float scale, int zero)
{
    struct tensor *y = o->n->out[0] ? o->n->out[0] : tensor_new(&o->a, "y", type, 0, NULL);
    o->n->out[0] = y;
    if (type == I8 || type == I16) set_scale(&o->a, y, scale, zero);
    y->type = type;
    o->g->out = arena_new(&o->a, struct tensor *);
    o->g->out[0] = y;
    o->g->nout = 1;
    if (!op_def(o->n->op)->infer(o->n, &o->e)) test_fail(__FILE__, __LINE__, "infer: %s", o->e.text);
    return y;
}

static inline void *one_run(struct one *o, bool fma_)
{
    void *y = device_run(o->g, &device_layouts[fma_ ? 4 : 0], (const void *const *)o->x, &o->a, &o->e);
    if (!y) test_fail(__FILE__, __LINE__, "%s: %s", op_def(o->n->op)->name, o->e.text);
    return y;
}

// The lowering refuses, and says why.
static inline void one_refused(struct one *o, const char *part)
{
    if (plan_lower(o->g, &layout_plain, &o->a, &o->e)) test_fail(__FILE__, __LINE__, "not refused: %s", part);
    CHECK_STR(part, o->e.text);
}
#endif
