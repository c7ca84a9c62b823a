// Everything int8, after TensorFlow Lite's 8-bit specification: activations asymmetric per tensor from their
// ranges, weights symmetric per output channel, biases int32 at input scale * weight scale. Ops that only
// move values keep their input's scale; softmax, logistic and tanh have fixed ones. An op without an int8
// form stays float between a DEQUANTIZE and a QUANTIZE.
#include "../base/log.h"
#include "compress.h"
#include <math.h>
#include <string.h>

struct group { // values that must share one scale and zero point
    struct tensor *t;
    int up; // union-find: index of a member nearer to the root
    struct range range;
    const struct quant *fixed;
};
struct groups {
    struct group *v;
    int n;
};

static const struct quant unit_256 = {1, 0, (const float[]){1.0f / 256}, (const int32_t[]){-128}};
static const struct quant unit_128 = {1, 0, (const float[]){1.0f / 128}, (const int32_t[]){0}};

static bool has_int8_form(const struct node *n)
{
    switch (n->op) {
    case OP_DIV:
    case OP_ELU:
    case OP_BATCH_NORM:
        return false;
    case OP_RECURRENT:
        return is_plain_lstm(n);
    case OP_SUB:
    case OP_ADD:
    case OP_MUL:
        for (int i = 0; i < 2; i++)
            if (tensor_is_const(n->in[i]) && n->in[i]->type != F32) return false;
        return true;
    default:
        return true;
    }
}

static bool keeps_scale(const struct node *n)
{
    switch (n->op) {
    case OP_RESHAPE:
    case OP_TRANSPOSE:
    case OP_PAD:
    case OP_STRIDED_SLICE:
    case OP_CONCATENATION:
    case OP_MAX_POOL_2D:
    case OP_AVERAGE_POOL_2D:
        return true;
    default:
        return false;
    }
}

static int find(const struct groups *s, const struct tensor *t)
{
    for (int i = 0; i < s->n; i++)
        if (s->v[i].t == t) {
            while (s->v[i].up != i) i = s->v[i].up;
            return i;
        }
    return -1;
}

static void add(struct groups *s, struct tensor *t, struct range r)
{
    if (find(s, t) >= 0) return;
    s->v[s->n] = (struct group){t, s->n, r, NULL};
    s->n++;
}

static void join(struct groups *s, const struct tensor *a, const struct tensor *b)
{
    int i = find(s, a), j = find(s, b);
    if (i < 0 || j < 0 || i == j) return;
    s->v[j].up = i;
    s->v[i].range.lo = fminf(s->v[i].range.lo, s->v[j].range.lo);
    s->v[i].range.hi = fmaxf(s->v[i].range.hi, s->v[j].range.hi);
}

// lite and g are the same graph; ranges are known by lite's tensors, groups are made of g's.
static struct groups groups_of(const struct graph *lite, const struct graph *g, const struct ranges *r,
                               struct arena *a)
{
    int most = g->nin;
    for (int k = 0; k < g->nnode; k++) most += g->node[k]->nout;
    struct groups s = {arena_new_n(a, (size_t)most, struct group), 0};
    for (int i = 0; i < g->nin; i++) add(&s, g->in[i], range_of(r, lite->in[i]));
    for (int k = 0; k < g->nnode; k++)
        for (int i = 0; i < g->node[k]->nout; i++)
            add(&s, g->node[k]->out[i], range_of(r, lite->node[k]->out[i]));
    for (int k = 0; k < g->nnode; k++) {
        const struct node *n = g->node[k];
        for (int i = 0; keeps_scale(n) && i < n->nin; i++)
            if (n->in[i]) join(&s, n->in[i], n->out[0]);
    }
    for (int k = 0; k < g->nnode; k++) {
        const struct node *n = g->node[k];
        const struct quant *fixed = n->op == OP_SOFTMAX || n->op == OP_LOGISTIC ? &unit_256
                                    : n->op == OP_TANH || (n->op == OP_RECURRENT && is_plain_lstm(n))
                                        ? &unit_128
                                        : NULL;
        if (fixed) s.v[find(&s, n->out[0])].fixed = fixed;
    }
    return s;
}

static void set_types(struct groups *s, struct arena *a)
{
    for (int i = 0; i < s->n; i++) {
        struct group *root = &s->v[find(s, s->v[i].t)];
        if (!root->t->q.n) root->t->q = root->fixed ? *root->fixed : quant_of(root->range, a);
        s->v[i].t->q = root->t->q;
        s->v[i].t->type = I8;
    }
}

// Weights per channel; the bias as int32 at scale input * weight.
static bool quantize_layer(struct node *n, const float *bias, struct arena *a, struct err *e)
{
    const struct tensor *x = n->in[0];
    if (!tensor_is_const(n->in[1]) || n->in[1]->type != F32)
        return fail(e, "%s: its weights are computed at run time; full-integer wants constants", n->name);
    struct tensor *w = weights_quantized(n->in[1], n->op == OP_DEPTHWISE_CONV_2D ? 3 : 0, a);
    n->in[1] = w;
    if (!bias) return true;
    int channels = (int)tensor_count(n->in[2]);
    int32_t *b = arena_new_n(a, (size_t)channels, int32_t);
    float *scale = arena_new_n(a, (size_t)channels, float);
    for (int c = 0; c < channels; c++) {
        scale[c] = x->q.scale[0] * w->q.scale[w->q.n > 1 ? c : 0];
        double q = round((double)bias[c] / (double)scale[c]);
        if (fabs(q) > 0x1p30)
            return fail(
                e, "%s: the bias of channel %d (%g) is too large for its scale %g; was the model trained?",
                n->name, c, bias[c], scale[c]);
        b[c] = (int32_t)q;
    }
    struct tensor *t = tensor_const(a, n->in[2]->name, I32, 1, (int32_t[]){channels}, b);
    t->q = (struct quant){channels, 0, scale, arena_new_n(a, (size_t)channels, int32_t)};
    n->in[2] = t;
    return true;
}

// LSTM: weights a scale a gate, biases at input * weight. The cell is int16; no step adds more than 1 to it,
// so after n steps it lies in +-n: its scale is chosen for that, at most +-32, where tanh has long been 1.
static bool quantize_lstm(struct node *n, struct arena *a, struct err *e)
{
    const int32_t rows = n->in[1]->dim[0], steps = n->in[0]->dim[1];
    for (int i = 1; i < 3; i++) n->in[i] = gates_quantized(n->in[i], 4, a);
    int bits = 0;
    while (bits < 5 && 1 << bits < steps) bits++;
    n->as.recurrent.cell_log2 = bits - 15;
    if (n->nin < 4 || !n->in[3]) return true;
    int32_t *b = arena_new_n(a, (size_t)rows, int32_t);
    float *scale = arena_new_n(a, (size_t)rows, float);
    for (int i = 0; i < rows; i++) {
        scale[i] = n->in[0]->q.scale[0] * n->in[1]->q.scale[i];
        double q = round((double)((const float *)n->in[3]->data)[i] / (double)scale[i]);
        if (fabs(q) > 0x1p30)
            return fail(e, "%s: the bias of row %d is too large for its scale %g; was the model trained?",
                        n->name, i, (double)scale[i]);
        b[i] = (int32_t)q;
    }
    struct tensor *t = tensor_const(a, n->in[3]->name, I32, 1, &rows, b);
    t->q = (struct quant){rows, 0, scale, arena_new_n(a, (size_t)rows, int32_t)};
    n->in[3] = t;
    return true;
}

static struct tensor *const_quantized(const struct tensor *t, struct arena *a)
{
    const float *v = t->data;
    int64_t count = tensor_count(t);
    struct range r = {0, 0};
    for (int64_t i = 0; i < count; i++) r.lo = fminf(r.lo, v[i]), r.hi = fmaxf(r.hi, v[i]);
    struct quant q = quant_of(r, a);
    int8_t *to = arena_new_n(a, (size_t)count, int8_t);
    for (int64_t i = 0; i < count; i++)
        to[i] = (int8_t)fmaxf(-128, fminf(127, roundf(v[i] / q.scale[0]) + (float)q.zero[0]));
    struct tensor *c = tensor_const(a, t->name, I8, t->rank, t->dim, to);
    c->q = q;
    return c;
}

static bool quantize_node(struct node *n, struct arena *a, struct err *e)
{
    if (n->op == OP_CONV_2D || n->op == OP_DEPTHWISE_CONV_2D || n->op == OP_DENSE)
        return quantize_layer(n, n->nin > 2 && n->in[2] ? n->in[2]->data : NULL, a, e);
    if (n->op == OP_RECURRENT) return quantize_lstm(n, a, e);
    for (int i = 0; i < n->nin; i++)
        if (n->in[i] && tensor_is_const(n->in[i]) && n->in[i]->type == F32)
            n->in[i] = const_quantized(n->in[i], a);
    return true;
}

// x -> DEQUANTIZE -> n in float -> QUANTIZE -> y, at place k; returns how many nodes came in front.
static int wrap_float(struct graph *g, int k, struct arena *a)
{
    struct node *n = g->node[k];
    int front = 0;
    for (int i = 0; i < n->nin; i++) {
        if (!n->in[i] || tensor_is_const(n->in[i]) || n->in[i]->type != I8) continue;
        struct node *d = graph_add(g, a, OP_DEQUANTIZE, arena_printf(a, "%s/dequantize", n->name), 1, 1);
        d->in[0] = n->in[i];
        d->out[0] = tensor_new(a, d->name, F32, n->in[i]->rank, n->in[i]->dim);
        n->in[i] = d->out[0];
        graph_move_last(g, k + front++);
    }
    for (int i = 0; i < n->nout; i++) {
        struct node *q = graph_add(g, a, OP_QUANTIZE, arena_printf(a, "%s/quantize", n->name), 1, 1);
        q->out[0] = n->out[i];
        q->in[0] = n->out[i] =
            tensor_new(a, arena_printf(a, "%s/float", n->name), F32, n->out[i]->rank, n->out[i]->dim);
        graph_move_last(g, k + front + 1 + i);
    }
    return front + n->nout;
}

struct graph *full_integer(const struct graph *lite, const struct ranges *r, struct arena *a, struct err *e)
{
    struct graph *g = graph_copy(lite, a);
    struct groups s = groups_of(lite, g, r, a);
    set_types(&s, a);
    for (int k = 0; k < g->nnode; k++) {
        if (has_int8_form(g->node[k])) {
            if (!quantize_node(g->node[k], a, e)) return NULL;
        } else {
            log_info("full-integer: %s %s has no int8 form and stays float", op_def(g->node[k]->op)->name,
                     g->node[k]->name);
            k += wrap_float(g, k, a);
        }
    }
    return g;
}
