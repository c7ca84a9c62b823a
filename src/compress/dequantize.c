// The way back: integers become the floats they stand for, QUANTIZE and DEQUANTIZE vanish. The weights keep
// the rounding they have; what activations lost to rounding and saturation is not lost any more.
#include "compress.h"
#include <string.h>

const char *quantised_as(const struct graph *g)
{
    const char *as = NULL;
    for (int k = 0; k < g->nnode; k++) {
        const struct node *n = g->node[k];
        for (int i = 0; i < n->nin + n->nout; i++) {
            const struct tensor *t = i < n->nin ? n->in[i] : n->out[i - n->nin];
            if (!t || !t->q.n) continue;
            if (!tensor_is_const(t)) return t->type == I16 ? "int16x8" : "full-integer";
            as = "dynamic";
        }
    }
    return as;
}

static int64_t integer_at(const struct tensor *t, int64_t i)
{
    switch (t->type) {
    case I8:
        return ((const int8_t *)t->data)[i];
    case U8:
        return ((const uint8_t *)t->data)[i];
    case I16:
        return ((const int16_t *)t->data)[i];
    case I32:
        return ((const int32_t *)t->data)[i];
    default:
        return ((const int64_t *)t->data)[i];
    }
}

static void const_float(struct tensor *t, const struct quant *q, struct arena *a)
{
    const int64_t count = tensor_count(t);
    int64_t inner = 1;
    for (int i = q->axis + 1; q->n > 1 && i < t->rank; i++) inner *= t->dim[i];
    struct arena fresh = {0};
    float *v = arena_new_n(&fresh, (size_t)count, float);
    for (int64_t i = 0; i < count; i++) {
        const int64_t c = q->n > 1 ? i / inner % q->n : 0;
        v[i] = (float)((double)q->scale[c] * (double)(integer_at(t, i) - q->zero[c]));
    }
    t->data = arena_once(a, v, (size_t)count * sizeof *v);
    arena_free(&fresh);
}

// A bias without a scale of its own counts in products of input and weight.
static bool bias_float(const struct node *n, struct tensor *b, struct arena *a, struct err *e)
{
    const struct quant *x = &n->in[0]->q, *w = &n->in[1]->q;
    if ((b->type != I32 && b->type != I64) || b->q.n) return true;
    if (x->n != 1 || w->n < 1)
        return fail(e, "%s: its bias %s is %s, but neither it nor input and weights have scales", n->name,
                    b->name, dtype_name(b->type));
    float *scale = arena_new_n(a, (size_t)w->n, float);
    for (int i = 0; i < w->n; i++) scale[i] = x->scale[0] * w->scale[i];
    b->q = (struct quant){w->n, 0, scale, arena_new_n(a, (size_t)w->n, int32_t)};
    return true;
}

static void tensor_float(struct tensor *t, struct arena *a)
{
    if (!t || !t->q.n) return;
    if (tensor_is_const(t)) const_float(t, &t->q, a);
    t->type = F32;
    t->q = (struct quant){0};
}

static bool has_weights(const struct node *n)
{
    return n->op == OP_CONV_2D || n->op == OP_DEPTHWISE_CONV_2D || n->op == OP_DENSE || n->op == OP_RECURRENT;
}

struct graph *dequantize(const struct graph *q, struct arena *a, struct err *e)
{
    struct graph *g = graph_copy(q, a);
    const size_t limit = graph_limit(g, a);
    for (int k = 0; k < g->nnode; k++) {
        struct node *n = g->node[k];
        const int bias = n->op == OP_RECURRENT ? 3 : 2;
        if (has_weights(n) && n->nin > bias && n->in[bias] && !bias_float(n, n->in[bias], a, e)) return NULL;
        if (n->op == OP_DENSE) n->as.dense.asymmetric_inputs = false;
        if (n->op == OP_RECURRENT) n->as.recurrent.asymmetric_inputs = false, n->as.recurrent.cell_log2 = 0;
    }
    for (int i = 0; i < g->nin; i++) tensor_float(g->in[i], a);
    for (int i = 0; i < g->nout; i++) tensor_float(g->out[i], a);
    for (int k = 0; k < g->nnode; k++) {
        for (int i = 0; i < g->node[k]->nin; i++) tensor_float(g->node[k]->in[i], a);
        for (int i = 0; i < g->node[k]->nout; i++) tensor_float(g->node[k]->out[i], a);
        if (!graph_within(g, k, a, limit, e)) return NULL;
    }
    for (int k = g->nnode - 1; k >= 0; k--) {
        struct node *n = g->node[k];
        if (n->op != OP_QUANTIZE && n->op != OP_DEQUANTIZE) continue;
        // an output of the graph keeps its name
        struct node *maker = graph_producer(g, n->in[0]);
        bool ends = false;
        for (int i = 0; i < g->nout; i++) ends |= g->out[i] == n->out[0];
        if (ends && maker) n->in[0]->name = n->out[0]->name;
        graph_replace(g, n->out[0], n->in[0]);
        graph_remove(g, n);
    }
    return g;
}
