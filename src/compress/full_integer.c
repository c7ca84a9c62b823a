// Integer activations, after TensorFlow Lite's specification: int8 ones asymmetric, int16 ones symmetric, one
// scale a tensor from its range; weights int8, symmetric, per output channel; biases int32 (int64 behind int16
// activations) at input scale * weight scale. An op without such a form (forms.c) stays float: DEQUANTIZE and
// QUANTIZE stand where the two kinds meet.
#include "../base/log.h"
#include "scales.h"
#include <math.h>
#include <string.h>

struct quantizer {
    struct graph *g;
    struct scales s;
    enum dtype type; // of activations
    struct arena *a;
};

void tell_float(const char *technique, const struct node *n, const char *why)
{
    log_info("%s: %s %s stays float: %s", technique, op_def(n->op)->name, n->name, why);
}

// A bias as integers at its scales.
struct tensor *bias_quantized(const struct tensor *t, float *scale, enum dtype type, const char *node,
                              struct arena *a, struct err *e)
{
    const int channels = (int)tensor_count(t);
    const float *v = t->data;
    struct tensor *b = tensor_const(a, t->name, type, 1, (int32_t[]){channels},
                                    arena_array(a, (size_t)channels, (size_t)dtype_size(type)));
    for (int c = 0; c < channels; c++) {
        const double q = round((double)v[c] / (double)scale[c]);
        if (!(fabs(q) <= (type == I32 ? 0x1p30 : 0x1p40)))
            return FAIL_NULL(
                e, "%s: the bias of channel %d (%g) is too large for its scale %g; was the model trained?",
                node, c, (double)v[c], (double)scale[c]);
        if (type == I32)
            ((int32_t *)(uintptr_t)b->data)[c] = (int32_t)q;
        else
            ((int64_t *)(uintptr_t)b->data)[c] = (int64_t)q;
    }
    b->q = (struct quant){channels, 0, scale, arena_new_n(a, (size_t)channels, int32_t)};
    return b;
}

// Weights per channel; the bias at scale input * weight.
static bool quantize_layer(struct quantizer *z, struct node *n, struct err *e)
{
    const struct tensor *x = n->in[0];
    struct tensor *w = weights_quantized(n->in[1], n->op == OP_DEPTHWISE_CONV_2D ? 3 : 0, z->a);
    n->in[1] = w;
    if (n->nin < 3 || !n->in[2]) return true;
    const int channels = (int)tensor_count(n->in[2]);
    float *scale = arena_new_n(z->a, (size_t)channels, float);
    for (int c = 0; c < channels; c++) scale[c] = x->q.scale[0] * w->q.scale[w->q.n > 1 ? c : 0];
    n->in[2] = bias_quantized(n->in[2], scale, z->type == I16 ? I64 : I32, n->name, z->a, e);
    return n->in[2] != NULL;
}

static struct tensor *const_quantized(const struct quantizer *z, const struct tensor *t)
{
    const struct quant *shared = scale_of(&z->s, t);
    const struct quant q = shared ? *shared : quant_of(range_of_const(t), z->type, z->a);
    const float *v = t->data, lo = z->type == I16 ? -32768 : -128, hi = -1 - lo;
    const int64_t count = tensor_count(t);
    struct arena fresh = {0};
    void *to = arena_array(&fresh, (size_t)count, (size_t)dtype_size(z->type));
    for (int64_t i = 0; i < count; i++) {
        const float f = fmaxf(lo, fminf(hi, roundf(v[i] / q.scale[0]) + (float)q.zero[0]));
        if (z->type == I16)
            ((int16_t *)to)[i] = (int16_t)f;
        else
            ((int8_t *)to)[i] = (int8_t)f;
    }
    struct tensor *c = tensor_const(z->a, t->name, z->type, t->rank, t->dim, NULL);
    c->data = arena_once(z->a, to, (size_t)tensor_bytes(c));
    arena_free(&fresh);
    c->q = q;
    return c;
}

// What converts x, made once: the output of a node `op` on x that stands before place *k, or is put there.
static struct tensor *converted(struct quantizer *z, struct tensor *x, enum op op, const char *suffix, int *k)
{
    for (int i = 0; i < *k; i++)
        if (z->g->node[i]->op == op && z->g->node[i]->in[0] == x) return z->g->node[i]->out[0];
    struct node *n = graph_add(z->g, z->a, op, arena_printf(z->a, "%s/%s", x->name, suffix), 1, 1);
    n->in[0] = x;
    n->out[0] = tensor_new(z->a, n->name, op == OP_QUANTIZE ? z->type : F32, x->rank, x->dim);
    if (op == OP_QUANTIZE) n->out[0]->q = *scale_of(&z->s, x);
    graph_move_last(z->g, (*k)++);
    return n->out[0];
}

static bool is_activation(const struct tensor *t, enum dtype type)
{
    return t && !tensor_is_const(t) && t->type == type;
}

// The outputs take their scales. Where the op fixes another one than the users share, a QUANTIZE follows.
static void set_outputs(struct quantizer *z, struct node *n, int *k)
{
    const struct quant *fixed = scale_fixed(n, z->type);
    for (int i = 0; i < n->nout; i++) {
        struct tensor *y = n->out[i];
        if (!is_activation(y, F32)) continue;
        y->type = z->type;
        y->q = *scale_of(&z->s, y);
        if (!fixed || scale_same(fixed, &y->q)) continue;
        struct node *q =
            graph_add(z->g, z->a, OP_QUANTIZE, arena_printf(z->a, "%s/requantize", n->name), 1, 1);
        q->out[0] = y;
        q->in[0] = n->out[i] =
            tensor_new(z->a, arena_printf(z->a, "%s/fixed", y->name), z->type, y->rank, y->dim);
        n->out[i]->q = *fixed;
        graph_move_last(z->g, ++*k);
    }
}

static bool quantize_node(struct quantizer *z, struct node *n, struct err *e)
{
    if (n->op == OP_CONV_2D || n->op == OP_DEPTHWISE_CONV_2D || n->op == OP_DENSE)
        return quantize_layer(z, n, e);
    if (n->op == OP_RECURRENT) return quantize_recurrent(n, z->a, e);
    for (int i = 0; i < n->nin; i++)
        if (n->in[i] && tensor_is_const(n->in[i]) && n->in[i]->type == F32)
            n->in[i] = const_quantized(z, n->in[i]);
    return true;
}

// A factor or summand a channel of an input, directly or behind another: its normalisation. At one int8 scale for
// all channels, g beside rad/s, the samples would lose what it is to equalise.
static bool normalises(const struct graph *g, const struct node *n)
{
    if ((n->op != OP_MUL && n->op != OP_ADD) || !tensor_is_const(n->in[1]) || tensor_count(n->in[1]) < 2)
        return false;
    const struct node *before = graph_producer(g, n->in[0]);
    return !tensor_is_const(n->in[0]) && (!before || normalises(g, before));
}

static bool is_normalised(const struct graph *g, const struct tensor *in)
{
    bool used = false;
    for (int k = 0; k < g->nnode; k++)
        for (int i = 0; i < g->node[k]->nin; i++) {
            if (g->node[k]->in[i] != in) continue;
            if (!normalises(g, g->node[k])) return false;
            used = true;
        }
    return used;
}

struct graph *full_integer(const struct graph *lite, const struct ranges *r, enum dtype type, struct arena *a,
                           struct err *e)
{
    struct graph *g = graph_copy(lite, a);
    struct quantizer z = {g, scales_of(lite, g, r, type, a), type, a};
    const size_t limit = graph_limit(lite, a);
    const char *technique = type == I16 ? "int16x8" : "full-integer";
    for (int i = 0; i < g->nin; i++) {
        if (g->in[i]->type != F32 || (type == I8 && is_normalised(g, g->in[i]))) continue;
        g->in[i]->q = *scale_of(&z.s, g->in[i]);
        g->in[i]->type = type;
    }
    for (int k = 0; k < g->nnode; k++) {
        struct node *n = g->node[k];
        const char *why = why_float(n, type);
        if (type == I8 && !why && n->in[0]->type == F32 && normalises(g, n))
            why = "it normalises the input, whose channels differ in range";
        if (why) tell_float(technique, n, why);
        for (int i = 0; i < n->nin; i++)
            if (is_activation(n->in[i], why ? type : F32))
                n->in[i] = converted(&z, n->in[i], why ? OP_DEQUANTIZE : OP_QUANTIZE,
                                     why ? "dequantize" : "quantize", &k);
        if (why) continue;
        set_outputs(&z, n, &k); // first: a recurrent layer's biases are at the scale of its own output
        if (!quantize_node(&z, n, e) || !graph_within(g, k, a, limit, e)) return NULL;
    }
    int end = g->nnode;
    for (int i = 0; i < g->nout; i++)
        if (is_activation(g->out[i], F32))
            g->out[i] = converted(&z, g->out[i], OP_QUANTIZE, "quantize", &end);
    return g;
}
