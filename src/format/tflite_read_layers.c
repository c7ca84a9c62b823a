// Operators with weights or windows: convolutions, FULLY_CONNECTED, pools.
#include "tflite_read.h"
#include <math.h>
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

// A bias has the scale of the products it is added to. LiteRT measures the difference against the output's scale and
// lets 2 % pass (GetQuantizedConvolutionMultipler), in FULLY_CONNECTED with one scale; here every weighted operator is
// held to that, as its numbers would be wrong by more.
static bool bias_scale_check(const struct oper *o, const struct tensor *b, struct err *e)
{
    const struct quant *x = &o->in[0]->q, *w = &o->in[1]->q, *y = &o->out[0]->q;
    if (b->q.n < 1 || x->n != 1 || w->n < 1 || y->n != 1) return true;
    if (w->n > 1 && w->n != o->in[1]->dim[w->axis]) return true; // graph_check says so
    const int n = b->q.n > w->n ? b->q.n : w->n;
    if ((b->q.n > 1 && b->q.n != n) || (w->n > 1 && w->n != n))
        return fail(e, "its bias %s has %d scales, its weights %d", b->name, b->q.n, w->n);
    for (int i = 0; i < n; i++) {
        const double product = (double)x->scale[0] * (double)w->scale[w->n > 1 ? i : 0];
        const double own = (double)b->q.scale[b->q.n > 1 ? i : 0];
        const double allowed =
            fmax(0.02 * (double)y->scale[0], 1e-6 * product); // scales are stored as floats
        if (isfinite(product) && y->scale[0] > 0 && !(fabs(product - own) <= allowed))
            return fail(e,
                        "its bias %s has scale %g, input times weights have %g: the file contradicts itself; "
                        "convert the model again",
                        b->name, own, product);
    }
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
    return x->type == F32 || bias_scale_check(o, b, e);
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
    if (!depthwise && x->dim[3] != w->dim[3] && x->dim[3] % w->dim[3] == 0)
        return grouped_conv(r, o, &c, after, e);
    struct node *n = reader_node(r, o, depthwise ? OP_DEPTHWISE_CONV_2D : OP_CONV_2D, 3);
    n->as.conv = c;
    return reader_finish_act(r, o, n, after, e);
}

static bool oper_conv_2d(struct reader *r, struct oper *o, struct err *e)
{
    return oper_conv(r, o, NULL, e);
}

// Weights that are computed while it runs (attention): x (rows, k) by w (n, k) is a product of matrices.
static bool dense_by_matmul(struct reader *r, struct oper *o, struct tensor *x, enum act act, enum op after,
                            struct err *e)
{
    struct tensor *bias = o->nin > 2 ? o->in[2] : NULL, *y = o->out[0];
    if (!types_check(o, e)) return false;
    if (bias && y->type != F32)
        return fail(e, "its weights %s are computed while it runs, which is supported without a bias only",
                    o->in[1]->name);
    struct node *n = graph_add(r->g, r->a, OP_BATCH_MATMUL, o->name, 2, 1);
    n->in[0] = x;
    n->in[1] = o->in[1];
    n->as.matmul.adj_y = true;
    if (!bias && act == ACT_NONE) {
        n->out[0] = y;
        return reader_finish_act(r, o, n, after, e);
    }
    n->out[0] = reader_between(r, y, "product");
    n->name = n->out[0]->name;
    if (!reader_finish(o, n, e)) return false;
    struct node *m = graph_add(r->g, r->a,
                               bias              ? OP_ADD
                               : act == ACT_RELU ? OP_RELU
                                                 : OP_RELU6,
                               o->name, bias ? 2 : 1, 1);
    m->in[0] = n->out[0];
    if (bias) {
        m->in[1] = bias;
        m->as.binary.act = act;
    }
    m->out[0] = y;
    return reader_finish_act(r, o, m, after, e);
}

static bool oper_dense(struct reader *r, struct oper *o, struct err *e)
{
    struct tensor *x = o->in[0], *w = o->in[1];
    enum act act;
    enum op after;
    if (w->rank != 2) return fail(e, "its weights have %d dimensions, want 2", w->rank);
    if (fb_i8(&o->options, DENSE_FORMAT, 0))
        return fail(e, "its weights are stored shuffled for one kind of processor; convert the model again");
    if (!reader_act(o, DENSE_ACT, &act, &after, e)) return false;
    if (w->data && (!weights_check(w, 0, e) || !bias_check(o, e) || !types_check(o, e))) return false;
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
    if (!w->data) return dense_by_matmul(r, o, x, act, after, e);
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
// By a constant matrix (k, n) it is FULLY_CONNECTED: the weights are turned here, once, instead of read in columns by
// the kernel at each inference. int8 weights (dynamic range) are quantised per tensor, alike.
static bool matmul_by_dense(struct reader *r, struct oper *o, bool adj_y, struct err *e)
{
    struct tensor *w = o->in[1], *turned = w;
    if (!weights_check(w, 0, e) || !types_check(o, e)) return false;
    if (!adj_y) {
        const int32_t k = w->dim[0], n = w->dim[1];
        const size_t size = (size_t)dtype_size(w->type);
        if (!reader_room(r, (uint64_t)tensor_bytes(w), e)) return false;
        uint8_t *v = arena_alloc(r->a, (size_t)tensor_bytes(w));
        for (int32_t i = 0; i < n; i++)
            for (int32_t j = 0; j < k; j++)
                memcpy(v + ((size_t)i * (size_t)k + (size_t)j) * size,
                       (const uint8_t *)w->data + ((size_t)j * (size_t)n + (size_t)i) * size, size);
        turned = tensor_const(r->a, w->name, w->type, 2, (int32_t[]){n, k}, v);
        turned->q = w->q;
    }
    struct node *m = reader_node(r, o, OP_DENSE, 2);
    m->in[1] = turned;
    m->as.dense.asymmetric_inputs = fb_u8(&o->options, MATMUL_ASYMMETRIC, 0);
    return reader_finish(o, m, e);
}

static bool oper_matmul(struct reader *r, struct oper *o, struct err *e)
{
    const struct tensor *x = o->in[0], *w = o->in[1];
    const bool adj_x = fb_u8(&o->options, MATMUL_ADJ_X, 0), adj_y = fb_u8(&o->options, MATMUL_ADJ_Y, 0);
    if (w->data && w->rank == 2 && !adj_x && w->q.n <= 1 && x->rank >= 2 &&
        (x->type == F32 || x->type == w->type) &&
        (w->type == F32 || (w->type == I8 && w->q.n == 1 && !w->q.zero[0])))
        return matmul_by_dense(r, o, adj_y, e);
    if (x->type != w->type || x->type != o->out[0]->type)
        return fail(e, "%s by %s to %s is not a combination that is supported", dtype_name(x->type),
                    dtype_name(w->type), dtype_name(o->out[0]->type));
    struct node *n = reader_node(r, o, OP_BATCH_MATMUL, 2);
    n->as.matmul.adj_x = adj_x;
    n->as.matmul.adj_y = adj_y;
    return reader_finish(o, n, e);
}

const struct oper_def opers_layers[] = {
    {TFL_CONV_2D, OPT_CONV, 8, 2, 3, .read = oper_conv_2d},
    {TFL_DEPTHWISE_CONV_2D, OPT_DEPTHWISE, 7, 2, 3, .read = oper_conv_2d},
    {TFL_FULLY_CONNECTED, OPT_DENSE, 14, 2, 3, .read = oper_dense},
    {TFL_BATCH_MATMUL, OPT_BATCH_MATMUL, 4, 2, 2, .read = oper_matmul},
    {TFL_MAX_POOL_2D, OPT_POOL, 3, 1, 1, oper_pool, .op = OP_MAX_POOL_2D},
    {TFL_AVERAGE_POOL_2D, OPT_POOL, 3, 1, 1, oper_pool, .op = OP_AVERAGE_POOL_2D},
    {.read = NULL},
};
