// TensorFlow Lite's operators as nodes of a graph.
#include "tflite_read.h"
#include <string.h>

// ---- helpers ----

struct node *reader_node(struct reader *r, struct oper *o, enum op op, int nin)
{
    struct node *n = graph_add(r->g, r->a, op, o->name, nin, 1);
    for (int i = 0; i < nin; i++) n->in[i] = i < o->nin ? o->in[i] : NULL;
    n->out[0] = o->out[0];
    return n;
}

bool reader_same_output(const struct oper *o, const struct tensor *t, struct err *e)
{
    char a[64], b[64];
    const struct tensor *said = &o->said;
    if (said->type != t->type)
        return fail(e, "the file says its output is %s, its inputs give %s", dtype_name(said->type),
                    dtype_name(t->type));
    bool same = said->rank == t->rank;
    for (int i = 0; same && i < t->rank; i++) same = said->dim[i] == t->dim[i] || o->open & 1u << i;
    return !o->shaped || same ||
           fail(e, "the file says its output is %s, its inputs give %s", tensor_shape(said, a, sizeof a),
                tensor_shape(t, b, sizeof b));
}

// Shape and type of the output; when the file states a shape it must be the same.
bool reader_finish(struct oper *o, struct node *n, struct err *e)
{
    return op_def(n->op)->infer(n, e) && (n->out[0] != o->out[0] || reader_same_output(o, n->out[0], e));
}

const char *reader_name(struct reader *r, const struct tensor *t)
{
    size_t n = strcspn(t->name, ";");
    return arena_strndup(r->a, t->name, n < READER_NAME ? n : READER_NAME);
}

struct tensor *reader_between(struct reader *r, const struct tensor *t, const char *what)
{
    const char *name = arena_printf(r->a, "%.*s/%s", READER_NAME / 2, reader_name(r, t), what);
    struct tensor *x = tensor_new(r->a, name, t->type, 0, NULL);
    x->q = t->q;
    return x;
}

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

// The activation fused behind the operator. What the graph cannot fuse becomes a node of its own behind n:
// *after is then that op, else OP_COUNT.
bool reader_act(const struct oper *o, int id, enum act *act, enum op *after, struct err *e)
{
    int a = fb_i8(&o->options, id, 0);
    *after = OP_COUNT;
    *act = a == TFL_ACT_RELU ? ACT_RELU : a == TFL_ACT_RELU6 ? ACT_RELU6 : ACT_NONE;
    if (a == TFL_ACT_NONE || a == TFL_ACT_RELU || a == TFL_ACT_RELU6) return true;
    if (a == TFL_ACT_TANH && o->out[0]->type == F32) {
        *after = OP_TANH;
        return true;
    }
    return fail(e, "its fused activation %s is not supported; use relu, relu6 or none",
                a == TFL_ACT_RELU_N1_TO_1 ? "RELU_N1_TO_1"
                : a == TFL_ACT_TANH       ? "TANH"
                : a == TFL_ACT_SIGN_BIT   ? "SIGN_BIT"
                                          : "(unknown)");
}

// Ends an operator: with op `after` behind it, n's output goes through a tensor in between.
bool reader_finish_act(struct reader *r, struct oper *o, struct node *n, enum op after, struct err *e)
{
    if (after == OP_COUNT) return reader_finish(o, n, e);
    n->out[0] = reader_between(r, o->out[0], "before_activation");
    n->name = n->out[0]->name;
    if (!reader_finish(o, n, e)) return false;
    struct node *m = graph_add(r->g, r->a, after, o->name, 1, 1);
    m->in[0] = n->out[0];
    m->out[0] = o->out[0];
    return reader_finish(o, m, e);
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

struct node *reader_reshape(struct reader *r, struct tensor *x, struct tensor *y)
{
    struct node *n = graph_add(r->g, r->a, OP_RESHAPE, reader_name(r, y), 1, 1);
    n->in[0] = x;
    n->out[0] = y;
    return n;
}

void tensor_set_dims(struct tensor *t, int rank, const int32_t *dim)
{
    t->rank = rank;
    if (rank) memcpy(t->dim, dim, (size_t)rank * sizeof *dim);
}

// ---- ops with weights ----

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

// ---- windows, elements, reductions ----

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
    struct node *n =
        reader_node(r, o, o->builtin == TFL_MAX_POOL_2D ? OP_MAX_POOL_2D : OP_AVERAGE_POOL_2D, 1);
    n->as.pool = p;
    return reader_finish_act(r, o, n, after, e);
}

static bool oper_binary(struct reader *r, struct oper *o, struct err *e)
{
    enum act act;
    enum op after;
    enum op op = o->builtin == TFL_ADD   ? OP_ADD
                 : o->builtin == TFL_SUB ? OP_SUB
                 : o->builtin == TFL_MUL ? OP_MUL
                                         : OP_DIV;
    if (!reader_act(o, BINARY_ACT, &act, &after, e)) return false;
    if (o->in[0]->type != o->in[1]->type || o->in[0]->type != o->out[0]->type)
        return fail(e, "mixes %s, %s and %s", dtype_name(o->in[0]->type), dtype_name(o->in[1]->type),
                    dtype_name(o->out[0]->type));
    struct node *n = reader_node(r, o, op, 2);
    n->as.binary.act = act;
    return reader_finish_act(r, o, n, after, e);
}

static bool oper_unary(struct reader *r, struct oper *o, struct err *e)
{
    struct node *n;
    switch (o->builtin) {
    case TFL_RELU:
        n = reader_node(r, o, OP_RELU, 1);
        break;
    case TFL_RELU6:
        n = reader_node(r, o, OP_RELU6, 1);
        break;
    case TFL_TANH:
        n = reader_node(r, o, OP_TANH, 1);
        break;
    case TFL_LOGISTIC:
        n = reader_node(r, o, OP_LOGISTIC, 1);
        break;
    case TFL_QUANTIZE:
        n = reader_node(r, o, OP_QUANTIZE, 1);
        break;
    case TFL_DEQUANTIZE:
        n = reader_node(r, o, OP_DEQUANTIZE, 1);
        break;
    case TFL_ELU:
        n = reader_node(r, o, OP_ELU, 1);
        n->as.alpha.alpha = 1;
        break;
    case TFL_LEAKY_RELU:
        n = reader_node(r, o, OP_LEAKY_RELU, 1);
        n->as.alpha.alpha = fb_f32(&o->options, LEAKY_ALPHA, 0);
        break;
    default:
        n = reader_node(r, o, OP_SOFTMAX, 1);
        n->as.softmax.beta = fb_f32(&o->options, SOFTMAX_BETA, 0);
    }
    if (o->builtin == TFL_DEQUANTIZE && o->in[0]->type == F16)
        return fail(e, "float16 activations are not supported; convert the model again to float32");
    if (n->op != OP_QUANTIZE && n->op != OP_DEQUANTIZE && o->in[0]->type != o->out[0]->type)
        return fail(e, "turns %s into %s", dtype_name(o->in[0]->type), dtype_name(o->out[0]->type));
    return reader_finish(o, n, e);
}

static bool oper_mean(struct reader *r, struct oper *o, struct err *e)
{
    struct node *n = reader_node(r, o, OP_MEAN, 1);
    int rank = o->in[0]->rank, naxis = reader_ints(o->in[1], n->as.reduce.axis, GRAPH_MAX_RANK, e);
    if (naxis < 0) return false;
    for (int i = 0; i < naxis; i++)
        if (n->as.reduce.axis[i] < 0 && n->as.reduce.axis[i] >= -rank) n->as.reduce.axis[i] += rank;
    n->as.reduce.naxis = naxis;
    n->as.reduce.keep_dims = fb_u8(&o->options, REDUCE_KEEP_DIMS, 0);
    return reader_finish(o, n, e);
}

// The maximum over a run of dimensions next to each other, as Keras' global pooling leaves it: a pool as
// large as they are, on (1, before, reduced, after).
bool oper_reduce_max(struct reader *r, struct oper *o, struct err *e)
{
    struct tensor *x = o->in[0], *y = o->out[0];
    int32_t axis[GRAPH_MAX_RANK];
    unsigned set = 0;
    int n = reader_ints(o->in[1], axis, GRAPH_MAX_RANK, e), first = 0, last;
    if (n < 0) return false;
    for (int i = 0; i < n; i++) {
        if (axis[i] < 0 && axis[i] >= -x->rank) axis[i] += x->rank;
        if (axis[i] < 0 || axis[i] >= x->rank) return fail(e, "axis %d of %d dimensions", axis[i], x->rank);
        set |= 1u << axis[i];
    }
    while (first < x->rank && !(set & 1u << first)) first++;
    for (last = first; last < x->rank && set & 1u << last;) last++;
    if (!set || set >> last) return fail(e, "reduces dimensions that do not lie next to each other");
    int32_t shape[4] = {1, 1, 1, 1}, dim[GRAPH_MAX_RANK], rank = 0;
    bool keep = fb_u8(&o->options, REDUCE_KEEP_DIMS, 0);
    for (int i = 0; i < x->rank; i++) {
        shape[i < first ? 1 : i < last ? 2 : 3] *= x->dim[i];
        if (i < first || i >= last || keep) dim[rank++] = i < first || i >= last ? x->dim[i] : 1;
    }
    struct tensor *image = reader_between(r, x, "image"), *most = reader_between(r, y, "pool");
    tensor_set_dims(image, 4, shape);
    if (!reader_finish(o, reader_reshape(r, x, image), e)) return false;
    struct node *pool = graph_add(r->g, r->a, OP_MAX_POOL_2D, most->name, 1, 1);
    pool->in[0] = image;
    pool->out[0] = most;
    pool->as.pool = (struct pool){{1, shape[2]}, {1, 1}, {0}, ACT_NONE};
    if (!reader_finish(o, pool, e)) return false;
    tensor_set_dims(y, rank, dim);
    return reader_finish(o, reader_reshape(r, most, y), e);
}

const struct oper_def tflite_opers[] = {
    {TFL_CONV_2D, OPT_CONV, 8, 2, 3, oper_conv_2d},
    {TFL_DEPTHWISE_CONV_2D, OPT_DEPTHWISE, 7, 2, 3, oper_conv_2d},
    {TFL_FULLY_CONNECTED, OPT_DENSE, 14, 2, 3, oper_dense},
    {TFL_MAX_POOL_2D, OPT_POOL, 3, 1, 1, oper_pool},
    {TFL_AVERAGE_POOL_2D, OPT_POOL, 3, 1, 1, oper_pool},
    {TFL_MEAN, OPT_REDUCE, 3, 2, 2, oper_mean},
    {TFL_REDUCE_MAX, OPT_REDUCE, 3, 2, 2, oper_reduce_max},
    {TFL_ADD, OPT_ADD, 5, 2, 2, oper_binary},
    {TFL_SUB, OPT_SUB, 5, 2, 2, oper_binary},
    {TFL_MUL, OPT_MUL, 8, 2, 2, oper_binary},
    {TFL_DIV, OPT_DIV, 2, 2, 2, oper_binary},
    {TFL_RELU, OPT_NONE, 3, 1, 1, oper_unary},
    {TFL_RELU6, OPT_NONE, 3, 1, 1, oper_unary},
    {TFL_TANH, OPT_NONE, 3, 1, 1, oper_unary},
    {TFL_LOGISTIC, OPT_NONE, 3, 1, 1, oper_unary},
    {TFL_ELU, OPT_NONE, 1, 1, 1, oper_unary},
    {TFL_LEAKY_RELU, OPT_LEAKY_RELU, 2, 1, 1, oper_unary},
    {TFL_SOFTMAX, OPT_SOFTMAX, 3, 1, 1, oper_unary},
    {TFL_QUANTIZE, OPT_QUANTIZE, 4, 1, 1, oper_unary},
    {TFL_DEQUANTIZE, OPT_DEQUANTIZE, 6, 1, 1, oper_unary},
    {TFL_RESHAPE, OPT_RESHAPE, 1, 1, 2, oper_reshape},
    {TFL_EXPAND_DIMS, OPT_EXPAND_DIMS, 1, 2, 2, oper_expand_dims},
    {TFL_SQUEEZE, OPT_SQUEEZE, 2, 1, 1, oper_squeeze},
    {TFL_TRANSPOSE, OPT_TRANSPOSE, 8, 2, 2, oper_transpose},
    {TFL_PAD, OPT_PAD, 4, 2, 2, oper_pad},
    {TFL_CONCATENATION, OPT_CONCAT, 4, 1, 1 << 16, oper_concatenation},
    {TFL_UNIDIRECTIONAL_SEQUENCE_LSTM, OPT_LSTM_SEQUENCE, 4, 20, 24, tflite_read_lstm},
    {TFL_STRIDED_SLICE, OPT_STRIDED_SLICE, 8, 4, 4, oper_strided_slice},
    {TFL_SLICE, OPT_SLICE, 6, 3, 3, oper_slice},
    {TFL_SPACE_TO_BATCH_ND, OPT_NONE, 4, 3, 3, dilate_start},
    {TFL_BATCH_TO_SPACE_ND, OPT_NONE, 4, 3, 3, oper_alone},
    {TFL_SHAPE, OPT_SHAPE, 1, 1, 1, oper_shape_only},
    {TFL_PACK, OPT_PACK, 4, 1, 1 << 16, oper_pack},
    {TFL_GATHER, OPT_GATHER, 7, 2, 2, oper_gather},
    {TFL_SPLIT, OPT_SPLIT, 4, 2, 2, oper_split},
    {TFL_SPLIT_V, OPT_SPLIT_V, 2, 3, 3, oper_split},
    {TFL_UNPACK, OPT_UNPACK, 4, 1, 1, oper_unpack},
    {TFL_CAST, OPT_CAST, 7, 1, 1, oper_shape_only},
    {TFL_REDUCE_PROD, OPT_REDUCE, 2, 2, 2, oper_shape_only},
    {.read = NULL},
};
