// Operators with weights or windows: convolutions, FULLY_CONNECTED, pools.
#include "tflite_read.h"
#include <string.h>

static bool weights_check(const struct tensor *w, int channel_axis, struct err *e)
{
    if (!w->data)
        return fail(e, "its weights %s are computed while it runs; only constant weights are supported",
                    w->name);
    if (w->type != F32 && w->type != I8)
        return fail(e, "its weights %s are %s; convert the model again with float or int8 weights", w->name,
                    dtype_name(w->type));
    if (w->type == F32) return true;
    if (w->q.n < 1) return fail(e, "its weights %s are int8 without a scale", w->name);
    if (w->q.n > 1 && w->q.axis != channel_axis)
        return fail(e, "its weights %s have scales along dimension %d, want %d", w->name, w->q.axis,
                    channel_axis);
    for (int i = 0; i < w->q.n; i++)
        if (w->q.zero[i])
            return fail(e, "its weights %s have zero point %d; int8 weights must be symmetric (0)", w->name,
                        w->q.zero[i]);
    return true;
}

static bool bias_check(const struct oper *o, struct err *e)
{
    const struct tensor *b = o->nin > 2 ? o->in[2] : NULL, *x = o->in[0];
    if (!b) return true;
    if (!b->data) return fail(e, "its bias %s is computed while it runs", b->name);
    enum dtype want = x->type == F32 ? F32 : x->type == I16 ? I64 : I32;
    if (b->type != want && !(want == I64 && b->type == I32))
        return fail(e, "its bias %s is %s, want %s", b->name, dtype_name(b->type), dtype_name(want));
    for (int i = 0; i < b->q.n; i++)
        if (b->q.zero[i]) return fail(e, "its bias %s has zero point %d, want 0", b->name, b->q.zero[i]);
    return true;
}

// Weighted ops: float, hybrid (float activations, int8 weights) or all int8.
static bool types_check(const struct oper *o, struct err *e)
{
    const struct tensor *x = o->in[0], *w = o->in[1], *y = o->out[0];
    bool good =
        x->type == y->type && (x->type == F32 || ((x->type == I8 || x->type == I16) && w->type == I8));
    return good || fail(e, "%s input, %s weights, %s output is not a combination that is supported",
                        dtype_name(x->type), dtype_name(w->type), dtype_name(y->type));
}

// SAME as explicit padding: TensorFlow puts the odd one behind.
static bool padding(const struct oper *o, int id, int32_t in, int32_t kernel, int32_t stride,
                    int32_t dilation, int32_t *before, int32_t *after, struct err *e)
{
    if (stride < 1 || dilation < 1 || kernel < 1 || in < 1)
        return fail(e, "stride %d, dilation %d, kernel %d: all must be at least 1", stride, dilation, kernel);
    int p = fb_i8(&o->options, id, PADDING_SAME);
    if (p != PADDING_SAME && p != PADDING_VALID) return fail(e, "padding %d is neither SAME nor VALID", p);
    int64_t out = ((int64_t)in + stride - 1) / stride;
    int64_t total = (out - 1) * stride + ((int64_t)kernel - 1) * dilation + 1 - in;
    if (p == PADDING_VALID || total < 0) total = 0;
    if (total > 1 << 20) return fail(e, "its padding of %lld is not possible", (long long)total);
    *before = (int32_t)(total / 2);
    *after = (int32_t)(total - total / 2);
    return true;
}
// Strides, dilations and padding of a convolution as its options state them.
static bool conv_options(const struct oper *o, struct conv *c, struct err *e)
{
    bool depthwise = o->builtin == TFL_DEPTHWISE_CONV_2D;
    const struct tensor *x = o->in[0], *w = o->in[1];
    c->stride[0] = fb_i32(&o->options, CONV_STRIDE_H, 0);
    c->stride[1] = fb_i32(&o->options, CONV_STRIDE_W, 0);
    c->dilation[0] = fb_i32(&o->options, depthwise ? DEPTHWISE_DILATION_H : CONV_DILATION_H, 1);
    c->dilation[1] = fb_i32(&o->options, depthwise ? DEPTHWISE_DILATION_W : CONV_DILATION_W, 1);
    for (int i = 0; i < 2; i++)
        if (!padding(o, CONV_PADDING, x->dim[1 + i], w->dim[1 + i], c->stride[i], c->dilation[i], &c->pad[i],
                     &c->pad[2 + i], e))
            return false;
    return true;
}

bool oper_conv(struct reader *r, struct oper *o, const struct conv *given, struct err *e)
{
    bool depthwise = o->builtin == TFL_DEPTHWISE_CONV_2D;
    const struct tensor *x = o->in[0], *w = o->in[1];
    if (x->rank != 4 || w->rank != 4)
        return fail(e, "input and weights have %d and %d dimensions, want 4", x->rank, w->rank);
    if (!weights_check(w, depthwise ? 3 : 0, e) || !bias_check(o, e) || !types_check(o, e)) return false;
    struct conv c = {0};
    enum op after;
    if (given)
        c = *given;
    else if (!conv_options(o, &c, e))
        return false;
    if (!reader_act(o, depthwise ? DEPTHWISE_ACT : CONV_ACT, &c.act, &after, e)) return false;
    if (!depthwise && x->dim[3] != w->dim[3] && w->dim[3] >= 1 && x->dim[3] % w->dim[3] == 0)
        return fail(e, "is a convolution in %d groups; only 1 group or depthwise is supported",
                    x->dim[3] / w->dim[3]);
    struct node *n = reader_node(r, o, depthwise ? OP_DEPTHWISE_CONV_2D : OP_CONV_2D, 3);
    n->as.conv = c;
    return reader_finish_act(r, o, n, after, e);
}

static bool oper_conv_2d(struct reader *r, struct oper *o, struct err *e)
{
    return oper_conv(r, o, NULL, e);
}

static bool oper_dense(struct reader *r, struct oper *o, struct err *e)
{
    struct tensor *x = o->in[0], *w = o->in[1];
    enum act act;
    enum op after;
    if (w->rank != 2) return fail(e, "its weights have %d dimensions, want 2", w->rank);
    if (fb_i8(&o->options, DENSE_FORMAT, 0))
        return fail(e, "its weights are stored shuffled for one kind of processor; convert the model again");
    if (!weights_check(w, 0, e) || !bias_check(o, e) || !types_check(o, e)) return false;
    if (!reader_act(o, DENSE_ACT, &act, &after, e)) return false;
    bool keep = fb_u8(&o->options, DENSE_KEEP_DIMS, 0);
    if (!keep && (x->rank != 2 || x->dim[1] != w->dim[1])) { // the operator flattens by itself
        int64_t count = tensor_count(x);
        if (count % w->dim[1])
            return fail(e, "its input of %lld values does not fit weights for %d", (long long)count,
                        w->dim[1]);
        struct tensor *flat = reader_between(r, x, "flat");
        tensor_set_dims(flat, 2, (int32_t[]){(int32_t)(count / w->dim[1]), w->dim[1]});
        if (!reader_finish(o, reader_reshape(r, x, flat), e)) return false;
        x = flat;
    }
    struct node *n = reader_node(r, o, OP_DENSE, 3);
    n->in[0] = x;
    n->as.dense.act = act;
    n->as.dense.asymmetric_inputs = fb_u8(&o->options, DENSE_ASYMMETRIC, 0);
    return reader_finish_act(r, o, n, after, e);
}

static bool oper_pool(struct reader *r, struct oper *o, struct err *e)
{
    const struct tensor *x = o->in[0];
    struct pool p = {0};
    enum op after;
    if (x->rank != 4) return fail(e, "its input has %d dimensions, want 4", x->rank);
    p.kernel[0] = fb_i32(&o->options, POOL_HEIGHT, 0);
    p.kernel[1] = fb_i32(&o->options, POOL_WIDTH, 0);
    p.stride[0] = fb_i32(&o->options, POOL_STRIDE_H, 0);
    p.stride[1] = fb_i32(&o->options, POOL_STRIDE_W, 0);
    if (!reader_act(o, POOL_ACT, &p.act, &after, e)) return false;
    for (int i = 0; i < 2; i++)
        if (!padding(o, POOL_PADDING, x->dim[1 + i], p.kernel[i], p.stride[i], 1, &p.pad[i], &p.pad[2 + i],
                     e))
            return false;
    struct node *n = reader_node(r, o, o->def->op, 1);
    n->as.pool = p;
    return reader_finish_act(r, o, n, after, e);
}
const struct oper_def opers_layers[] = {
    {TFL_CONV_2D, OPT_CONV, 8, 2, 3, .read = oper_conv_2d},
    {TFL_DEPTHWISE_CONV_2D, OPT_DEPTHWISE, 7, 2, 3, .read = oper_conv_2d},
    {TFL_FULLY_CONNECTED, OPT_DENSE, 14, 2, 3, .read = oper_dense},
    {TFL_MAX_POOL_2D, OPT_POOL, 3, 1, 1, oper_pool, .op = OP_MAX_POOL_2D},
    {TFL_AVERAGE_POOL_2D, OPT_POOL, 3, 1, 1, oper_pool, .op = OP_AVERAGE_POOL_2D},
    {.read = NULL},
};
