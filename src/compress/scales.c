// The scale of every activation: from its range, or fixed by the op that makes it. Ops that only move values
// tie their inputs and output to one scale (forms.c).
#include "scales.h"
#include <math.h>

struct scale_set { // values that must share one scale and zero point
    const struct tensor *t;
    int up; // union-find: index of a member nearer to the root
    struct range range;
    struct quant q; // of the root, once all are joined
};

static int find(const struct scales *s, const struct tensor *t)
{
    for (int i = 0; i < s->n; i++)
        if (s->v[i].t == t) {
            while (s->v[i].up != i) i = s->v[i].up;
            return i;
        }
    return -1;
}

static void add(struct scales *s, const struct tensor *t, struct range r)
{
    if (t->type != F32 || find(s, t) >= 0) return;
    s->v[s->n] = (struct scale_set){t, s->n, r, {0}};
    s->n++;
}

static void join(struct scales *s, const struct tensor *a, const struct tensor *b)
{
    int i = find(s, a), j = find(s, b);
    if (i < 0 || j < 0 || i == j) return;
    s->v[j].up = i;
    s->v[i].range.lo = fminf(s->v[i].range.lo, s->v[j].range.lo);
    s->v[i].range.hi = fmaxf(s->v[i].range.hi, s->v[j].range.hi);
}

struct range range_of_const(const struct tensor *t)
{
    const float *v = t->data;
    struct range r = {0, 0};
    for (int64_t i = 0; i < tensor_count(t); i++) r.lo = fminf(r.lo, v[i]), r.hi = fmaxf(r.hi, v[i]);
    return r;
}

static const struct quant unit_s8 = {1, 0, (const float[]){1.0f / 256}, (const int32_t[]){-128}};
static const struct quant signed_s8 = {1, 0, (const float[]){1.0f / 128}, (const int32_t[]){0}};
static const struct quant log_s8 = {1, 0, (const float[]){1.0f / 16}, (const int32_t[]){127}};
static const struct quant one_s16 = {1, 0, (const float[]){1.0f / 32768}, (const int32_t[]){0}};

const struct quant *scale_fixed(const struct node *n, enum dtype type)
{
    const enum scale_rule rule = form_of(n->op)->scale;
    if (rule == SCALE_LOG) return &log_s8;
    if (rule != SCALE_UNIT && rule != SCALE_SIGNED) return NULL;
    return type == I16 ? &one_s16 : rule == SCALE_UNIT ? &unit_s8 : &signed_s8;
}

bool scale_same(const struct quant *a, const struct quant *b)
{
    return a->n == 1 && b->n == 1 && a->scale[0] == b->scale[0] && a->zero[0] == b->zero[0];
}

// A set takes the fixed scale of a member when all of it fits; else those members are requantised.
static void take_fixed(struct scales *s, const struct node *n, enum dtype type)
{
    const struct quant *fixed = scale_fixed(n, type);
    if (!fixed) return;
    struct scale_set *root = &s->v[find(s, n->out[0])];
    const bool logarithm = fixed == &log_s8; // below -16 the op itself has no values
    const float lo = logarithm ? -INFINITY : fixed->zero[0] == 0 ? -1 : 0, hi = logarithm ? 0 : 1;
    if (!root->q.n && root->range.lo >= lo && root->range.hi <= hi) root->q = *fixed;
}

// lite and g are the same graph; ranges are known by lite's tensors, scales are asked for by g's.
struct scales scales_of(const struct graph *lite, const struct graph *g, const struct ranges *r,
                        enum dtype type, struct arena *a)
{
    int most = g->nin;
    for (int k = 0; k < g->nnode; k++) most += g->node[k]->nin + g->node[k]->nout;
    struct scales s = {arena_new_n(a, (size_t)most, struct scale_set), 0};
    for (int i = 0; i < g->nin; i++) add(&s, g->in[i], range_of(r, lite->in[i]));
    for (int k = 0; k < g->nnode; k++)
        for (int i = 0; i < g->node[k]->nout; i++)
            add(&s, g->node[k]->out[i], range_of(r, lite->node[k]->out[i]));
    for (int k = 0; k < g->nnode; k++) {
        const struct node *n = g->node[k];
        if (form_of(n->op)->scale != SCALE_INPUT || why_float(n, type)) continue;
        for (int i = 0; i < n->nin; i++) {
            if (!n->in[i]) continue;
            if (tensor_is_const(n->in[i]) && n->in[i]->type == F32)
                add(&s, n->in[i], range_of_const(n->in[i]));
            join(&s, n->in[i], n->out[0]);
        }
    }
    for (int k = 0; k < g->nnode; k++)
        if (!why_float(g->node[k], type)) take_fixed(&s, g->node[k], type);
    for (int i = 0; i < s.n; i++)
        if (s.v[i].up == i && !s.v[i].q.n) s.v[i].q = quant_of(s.v[i].range, type, a);
    return s;
}

const struct quant *scale_of(const struct scales *s, const struct tensor *t)
{
    const int i = find(s, t);
    return i < 0 ? NULL : &s->v[i].q;
}
