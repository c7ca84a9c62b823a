// Nodes with weights or windows: convolutions, FULLY_CONNECTED, pools.
#include "tflite_write.h"
#include <math.h>

static int32_t same_pad(int32_t in, int32_t k, int32_t stride, int32_t dilation)
{
    int64_t out = ((int64_t)in + stride - 1) / stride;
    int64_t total = (out - 1) * stride + ((int64_t)k - 1) * dilation + 1 - in;
    return total > 0 ? (int32_t)total : 0;
}

// PADDING_SAME or PADDING_VALID when that is what pad says, -1 when it is neither.
static int padding_of(const struct tensor *in, const int32_t k[2], const int32_t stride[2],
                      const int32_t dilation[2], const int32_t pad[4])
{
    if (!pad[0] && !pad[1] && !pad[2] && !pad[3]) return PADDING_VALID;
    for (int i = 0; i < 2; i++) {
        int32_t total = same_pad(in->dim[1 + i], k[i], stride[i], dilation[i]);
        if (pad[i] != total / 2 || pad[2 + i] != total - total / 2) return -1;
    }
    return PADDING_SAME;
}

// An operator that pads in front of one that cannot say its padding; returns the padded tensor.
static const struct tensor *pad_in_front(struct tfl_list *l, const struct node *n, const int32_t pad[4])
{
    const struct tensor *x = n->in[0];
    int32_t dim[4] = {x->dim[0], x->dim[1] + pad[0] + pad[2], x->dim[2] + pad[1] + pad[3], x->dim[3]};
    struct tensor *y = tensor_new(l->a, arena_printf(l->a, "%s/padded", n->name), x->type, 4, dim);
    y->q = x->q;
    int32_t table[8] = {0, 0, pad[0], pad[2], pad[1], pad[3], 0, 0};
    struct tfl_op *o = tflite_op(l, TFL_PAD, OPT_PAD, 2, 1);
    o->version = x->type == I8 ? 2 : x->type == I16 ? 3 : 1;
    o->in[0] = x;
    o->in[1] = tflite_ints(l, n, "paddings", table, 8, 2, 2);
    o->out[0] = y;
    return y;
}

// LiteRT's convolutions want a bias even where there is none.
static struct tensor *zero_bias(struct tfl_list *l, const struct node *n)
{
    const struct tensor *w = n->in[1];
    const int32_t dim[1] = {n->op == OP_DEPTHWISE_CONV_2D ? w->dim[3] : w->dim[0]};
    const enum dtype type = n->in[0]->type == F32 ? F32 : n->in[0]->type == I16 ? I64 : I32;
    return tensor_const(l->a, arena_printf(l->a, "%s/bias", n->name), type, 1, dim,
                        arena_alloc(l->a, (size_t)dim[0] * (size_t)dtype_size(type)));
}

// A bias of int32 has the scale of the products; LiteRT checks that it is stated.
static const struct tensor *bias_of(struct tfl_list *l, const struct node *n)
{
    struct tensor *b = n->nin > 2 ? n->in[2] : NULL;
    const struct quant *x = &n->in[0]->q, *w = &n->in[1]->q;
    if (!b && n->op != OP_DENSE) b = zero_bias(l, n);
    if (b && b->rank != 1) { // (1, n) of others' files: a bias is a vector
        const int32_t count = (int32_t)tensor_count(b);
        b = arena_copy(l->a, b, sizeof *b);
        b->rank = 1;
        b->dim[0] = count;
        b->q.axis = 0;
    }
    if (!b || b->type != I32 || b->q.n || x->n != 1 || w->n < 1) return b;
    struct tensor *copy = arena_copy(l->a, b, sizeof *b);
    float *scale = arena_new_n(l->a, (size_t)w->n, float);
    for (int i = 0; i < w->n; i++) {
        scale[i] = x->scale[0] * w->scale[i];
        if (!(scale[i] > 0) || !isfinite(scale[i])) return b;
    }
    copy->q = (struct quant){w->n, 0, scale, arena_new_n(l->a, (size_t)w->n, int32_t)};
    return copy;
}

static bool is_hybrid(const struct node *n)
{
    return n->in[0]->type == F32 && n->in[1]->type == I8;
}

static bool write_conv(struct tfl_list *l, const struct tfl_def *d, const struct node *n, struct err *e)
{
    const struct conv *c = &n->as.conv;
    const struct tensor *x = n->in[0], *w = n->in[1];
    bool depthwise = n->op == OP_DEPTHWISE_CONV_2D;
    if (x->rank != 4 || w->rank != 4)
        return fail(e, "%s: a convolution wants tensors of 4 dimensions", n->name);
    if (depthwise && (x->dim[3] < 1 || w->dim[3] % x->dim[3]))
        return fail(e, "%s: %d depthwise filters for %d channels; the first must be a multiple", n->name,
                    w->dim[3], x->dim[3]);
    int32_t k[2] = {w->dim[1], w->dim[2]};
    int padding = padding_of(x, k, c->stride, c->dilation, c->pad);
    if (padding < 0) {
        x = pad_in_front(l, n, c->pad);
        padding = PADDING_VALID;
    }
    bool dilated = c->dilation[0] != 1 || c->dilation[1] != 1, per_channel = w->q.n > 1;
    struct tfl_op *o = tflite_op(l, d->builtin, d->options, 3, 1);
    o->in[0] = x;
    o->in[1] = w;
    o->in[2] = bias_of(l, n);
    o->out[0] = n->out[0];
    field_byte(o, CONV_PADDING, padding);
    field_int(o, CONV_STRIDE_W, c->stride[1], 0);
    field_int(o, CONV_STRIDE_H, c->stride[0], 0);
    if (depthwise) {
        field_int(o, DEPTHWISE_MULTIPLIER, w->dim[3] / x->dim[3], 0);
        field_byte(o, DEPTHWISE_ACT, act_to(c->act));
        field_int(o, DEPTHWISE_DILATION_W, c->dilation[1], 1);
        field_int(o, DEPTHWISE_DILATION_H, c->dilation[0], 1);
        o->version = is_hybrid(n)     ? (per_channel ? 6 : 4)
                     : x->type == I8  ? 3
                     : x->type == I16 ? 5
                     : dilated        ? 2
                                      : 1;
    } else {
        field_byte(o, CONV_ACT, act_to(c->act));
        field_int(o, CONV_DILATION_W, c->dilation[1], 1);
        field_int(o, CONV_DILATION_H, c->dilation[0], 1);
        o->version = is_hybrid(n) ? (per_channel ? 5 : 2) : x->type == I8 ? 3 : x->type == I16 ? 4 : 1;
    }
    return true;
}

static bool write_dense(struct tfl_list *l, const struct tfl_def *d, const struct node *n, struct err *e)
{
    (void)e;
    const struct tensor *bias = bias_of(l, n), *w = n->in[1];
    bool keep = n->in[0]->rank != 2, hybrid = is_hybrid(n), int8 = n->in[0]->type == I8;
    struct tfl_op *o = tflite_op(l, d->builtin, d->options, 3, 1);
    o->in[0] = n->in[0];
    o->in[1] = w;
    o->in[2] = bias;
    o->out[0] = n->out[0];
    field_byte(o, DENSE_ACT, act_to(n->as.dense.act));
    field_byte(o, DENSE_KEEP_DIMS, keep);
    field_byte(o, DENSE_ASYMMETRIC, hybrid && n->as.dense.asymmetric_inputs);
    o->version = n->in[0]->type == I16 ? 7 : keep ? 5 : int8 ? 4 : 1;
    if (hybrid) o->version = w->q.n > 1 ? 12 : n->as.dense.asymmetric_inputs ? 9 : keep ? 5 : 3;
    return true;
}
static bool write_pool(struct tfl_list *l, const struct tfl_def *d, const struct node *n, struct err *e)
{
    const struct pool *p = &n->as.pool;
    const int32_t dilation[2] = {1, 1};
    int padding = padding_of(n->in[0], p->kernel, p->stride, dilation, p->pad);
    if (padding < 0)
        return fail(
            e,
            "%s: TensorFlow Lite has no %s with padding %d,%d,%d,%d (top, left, bottom, right); pad like "
            "\"same\" or \"valid\" in the model",
            n->name, op_def(n->op)->name, p->pad[0], p->pad[1], p->pad[2], p->pad[3]);
    struct tfl_op *o = tflite_op_node(l, d, n);
    field_byte(o, POOL_PADDING, padding);
    field_int(o, POOL_STRIDE_W, p->stride[1], 0);
    field_int(o, POOL_STRIDE_H, p->stride[0], 0);
    field_int(o, POOL_WIDTH, p->kernel[1], 0);
    field_int(o, POOL_HEIGHT, p->kernel[0], 0);
    field_byte(o, POOL_ACT, act_to(p->act));
    return true;
}

static bool write_matmul(struct tfl_list *l, const struct tfl_def *d, const struct node *n, struct err *e)
{
    (void)e;
    struct tfl_op *o = tflite_op_node(l, d, n);
    field_byte(o, MATMUL_ADJ_X, n->as.matmul.adj_x);
    field_byte(o, MATMUL_ADJ_Y, n->as.matmul.adj_y);
    return true;
}

const struct tfl_def writes_layers[] = {
    {OP_CONV_2D, TFL_CONV_2D, OPT_CONV, 3, 4, write_conv},
    {OP_DEPTHWISE_CONV_2D, TFL_DEPTHWISE_CONV_2D, OPT_DEPTHWISE, 3, 5, write_conv},
    {OP_DENSE, TFL_FULLY_CONNECTED, OPT_DENSE, 4, 7, write_dense},
    {OP_MAX_POOL_2D, TFL_MAX_POOL_2D, OPT_POOL, 2, 3, write_pool},
    {OP_AVERAGE_POOL_2D, TFL_AVERAGE_POOL_2D, OPT_POOL, 2, 3, write_pool},
    {OP_BATCH_MATMUL, TFL_BATCH_MATMUL, OPT_BATCH_MATMUL, 2, 3, write_matmul},
    {.write = NULL},
};
