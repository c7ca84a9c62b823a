// TensorFlow Lite's operators as nodes of a graph.
#include "tflite_read.h"
#include <string.h>

// ---- helpers ----

static struct node *node(struct reader *r, struct oper *o, enum op op, int nin)
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
    if (!o->shaped || (said->rank == t->rank && !memcmp(said->dim, t->dim, (size_t)t->rank * sizeof *t->dim)))
        return true;
    return fail(e, "the file says its output is %s, its inputs give %s", tensor_shape(said, a, sizeof a),
                tensor_shape(t, b, sizeof b));
}

// Shape and type of the output; when the file states a shape it must be the same.
static bool finish(struct oper *o, struct node *n, struct err *e)
{
    return op_def(n->op)->infer(n, e) && (n->out[0] != o->out[0] || reader_same_output(o, n->out[0], e));
}

struct tensor *reader_between(struct reader *r, const struct tensor *t, const char *what)
{
    // Converters join the names of all layers that they fused by ';': the first one will do.
    int n = (int)strcspn(t->name, ";");
    const char *name =
        arena_printf(r->a, "%.*s/%s", n < READER_NAME / 2 ? n : READER_NAME / 2, t->name, what);
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
static bool act_of(const struct oper *o, int id, enum act *act, enum op *after, struct err *e)
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
static bool finish_act(struct reader *r, struct oper *o, struct node *n, enum op after, struct err *e)
{
    if (after == OP_COUNT) return finish(o, n, e);
    n->out[0] = reader_between(r, o->out[0], "before_activation");
    n->name = n->out[0]->name;
    if (!finish(o, n, e)) return false;
    struct node *m = graph_add(r->g, r->a, after, o->name, 1, 1);
    m->in[0] = n->out[0];
    m->out[0] = o->out[0];
    return finish(o, m, e);
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

static struct node *reshape(struct reader *r, struct tensor *x, struct tensor *y)
{
    struct node *n = graph_add(r->g, r->a, OP_RESHAPE, y->name, 1, 1);
    n->in[0] = x;
    n->out[0] = y;
    return n;
}

static void set_dims(struct tensor *t, int rank, const int32_t *dim)
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

bool read_conv(struct reader *r, struct oper *o, const struct conv *given, struct err *e)
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
    if (!act_of(o, depthwise ? DEPTHWISE_ACT : CONV_ACT, &c.act, &after, e)) return false;
    if (!depthwise && x->dim[3] != w->dim[3] && w->dim[3] >= 1 && x->dim[3] % w->dim[3] == 0)
        return fail(e, "is a convolution in %d groups; only 1 group or depthwise is supported",
                    x->dim[3] / w->dim[3]);
    struct node *n = node(r, o, depthwise ? OP_DEPTHWISE_CONV_2D : OP_CONV_2D, 3);
    n->as.conv = c;
    return finish_act(r, o, n, after, e);
}

static bool read_conv_2d(struct reader *r, struct oper *o, struct err *e)
{
    return read_conv(r, o, NULL, e);
}

static bool read_dense(struct reader *r, struct oper *o, struct err *e)
{
    struct tensor *x = o->in[0], *w = o->in[1];
    enum act act;
    enum op after;
    if (w->rank != 2) return fail(e, "its weights have %d dimensions, want 2", w->rank);
    if (fb_i8(&o->options, DENSE_FORMAT, 0))
        return fail(e, "its weights are stored shuffled for one kind of processor; convert the model again");
    if (!weights_check(w, 0, e) || !bias_check(o, e) || !types_check(o, e)) return false;
    if (!act_of(o, DENSE_ACT, &act, &after, e)) return false;
    bool keep = fb_u8(&o->options, DENSE_KEEP_DIMS, 0);
    if (!keep && (x->rank != 2 || x->dim[1] != w->dim[1])) { // the operator flattens by itself
        int64_t count = tensor_count(x);
        if (count % w->dim[1])
            return fail(e, "its input of %lld values does not fit weights for %d", (long long)count,
                        w->dim[1]);
        struct tensor *flat = reader_between(r, x, "flat");
        set_dims(flat, 2, (int32_t[]){(int32_t)(count / w->dim[1]), w->dim[1]});
        if (!finish(o, reshape(r, x, flat), e)) return false;
        x = flat;
    }
    struct node *n = node(r, o, OP_DENSE, 3);
    n->in[0] = x;
    n->as.dense.act = act;
    n->as.dense.asymmetric_inputs = fb_u8(&o->options, DENSE_ASYMMETRIC, 0);
    return finish_act(r, o, n, after, e);
}

// ---- windows, elements, reductions ----

static bool read_pool(struct reader *r, struct oper *o, struct err *e)
{
    const struct tensor *x = o->in[0];
    struct pool p = {0};
    enum op after;
    if (x->rank != 4) return fail(e, "its input has %d dimensions, want 4", x->rank);
    p.kernel[0] = fb_i32(&o->options, POOL_HEIGHT, 0);
    p.kernel[1] = fb_i32(&o->options, POOL_WIDTH, 0);
    p.stride[0] = fb_i32(&o->options, POOL_STRIDE_H, 0);
    p.stride[1] = fb_i32(&o->options, POOL_STRIDE_W, 0);
    if (!act_of(o, POOL_ACT, &p.act, &after, e)) return false;
    for (int i = 0; i < 2; i++)
        if (!padding(o, POOL_PADDING, x->dim[1 + i], p.kernel[i], p.stride[i], 1, &p.pad[i], &p.pad[2 + i],
                     e))
            return false;
    struct node *n = node(r, o, o->builtin == TFL_MAX_POOL_2D ? OP_MAX_POOL_2D : OP_AVERAGE_POOL_2D, 1);
    n->as.pool = p;
    return finish_act(r, o, n, after, e);
}

static bool read_binary(struct reader *r, struct oper *o, struct err *e)
{
    enum act act;
    enum op after;
    enum op op = o->builtin == TFL_ADD   ? OP_ADD
                 : o->builtin == TFL_SUB ? OP_SUB
                 : o->builtin == TFL_MUL ? OP_MUL
                                         : OP_DIV;
    if (!act_of(o, BINARY_ACT, &act, &after, e)) return false;
    if (o->in[0]->type != o->in[1]->type || o->in[0]->type != o->out[0]->type)
        return fail(e, "mixes %s, %s and %s", dtype_name(o->in[0]->type), dtype_name(o->in[1]->type),
                    dtype_name(o->out[0]->type));
    struct node *n = node(r, o, op, 2);
    n->as.binary.act = act;
    return finish_act(r, o, n, after, e);
}

static bool read_unary(struct reader *r, struct oper *o, struct err *e)
{
    struct node *n;
    switch (o->builtin) {
    case TFL_RELU:
        n = node(r, o, OP_RELU, 1);
        break;
    case TFL_RELU6:
        n = node(r, o, OP_RELU6, 1);
        break;
    case TFL_TANH:
        n = node(r, o, OP_TANH, 1);
        break;
    case TFL_LOGISTIC:
        n = node(r, o, OP_LOGISTIC, 1);
        break;
    case TFL_QUANTIZE:
        n = node(r, o, OP_QUANTIZE, 1);
        break;
    case TFL_DEQUANTIZE:
        n = node(r, o, OP_DEQUANTIZE, 1);
        break;
    case TFL_ELU:
        n = node(r, o, OP_ELU, 1);
        n->as.alpha.alpha = 1;
        break;
    case TFL_LEAKY_RELU:
        n = node(r, o, OP_LEAKY_RELU, 1);
        n->as.alpha.alpha = fb_f32(&o->options, LEAKY_ALPHA, 0);
        break;
    default:
        n = node(r, o, OP_SOFTMAX, 1);
        n->as.softmax.beta = fb_f32(&o->options, SOFTMAX_BETA, 0);
    }
    if (o->builtin == TFL_DEQUANTIZE && o->in[0]->type == F16)
        return fail(e, "float16 activations are not supported; convert the model again to float32");
    if (n->op != OP_QUANTIZE && n->op != OP_DEQUANTIZE && o->in[0]->type != o->out[0]->type)
        return fail(e, "turns %s into %s", dtype_name(o->in[0]->type), dtype_name(o->out[0]->type));
    return finish(o, n, e);
}

static bool read_mean(struct reader *r, struct oper *o, struct err *e)
{
    struct node *n = node(r, o, OP_MEAN, 1);
    int rank = o->in[0]->rank, naxis = const_ints(o->in[1], n->as.reduce.axis, GRAPH_MAX_RANK, e);
    if (naxis < 0) return false;
    for (int i = 0; i < naxis; i++)
        if (n->as.reduce.axis[i] < 0 && n->as.reduce.axis[i] >= -rank) n->as.reduce.axis[i] += rank;
    n->as.reduce.naxis = naxis;
    n->as.reduce.keep_dims = fb_u8(&o->options, REDUCE_KEEP_DIMS, 0);
    return finish(o, n, e);
}

// ---- shapes ----

static bool read_reshape(struct reader *r, struct oper *o, struct err *e)
{
    struct tensor *x = o->in[0], *y = o->out[0];
    int32_t dim[GRAPH_MAX_RANK], rank = -1;
    struct err why = {""};
    if (o->nin > 1 && o->in[1])
        rank = const_ints(o->in[1], dim, GRAPH_MAX_RANK, &why);
    else {
        struct fb_vec v = fb_vec(&o->options, RESHAPE_SHAPE, 4);
        if (v.p && v.n <= GRAPH_MAX_RANK)
            for (rank = 0; rank < (int)v.n; rank++) dim[rank] = fb_vec_i32(&v, (uint32_t)rank);
    }
    if (rank < 0 && o->shaped) { // the shape is computed at run time, but the file knows the result
        rank = y->rank;
        memcpy(dim, y->dim, sizeof y->dim);
    }
    if (rank < 0) return fail(e, "its shape is not known: %s", *why.text ? why.text : "no shape is given");
    int64_t rest = tensor_count(x);
    int free_dim = -1;
    for (int i = 0; i < rank; i++) {
        if (dim[i] == -1 && free_dim < 0) {
            free_dim = i;
            continue;
        }
        if (dim[i] < 1 || rest % dim[i])
            return fail(e, "%lld values cannot have a dimension of %d", (long long)tensor_count(x), dim[i]);
        rest /= dim[i];
    }
    if (free_dim >= 0) dim[free_dim] = (int32_t)rest;
    set_dims(y, rank, dim);
    return finish(o, node(r, o, OP_RESHAPE, 1), e);
}

static bool read_expand_dims(struct reader *r, struct oper *o, struct err *e)
{
    int32_t axis, dim[GRAPH_MAX_RANK];
    const struct tensor *x = o->in[0];
    int count = const_ints(o->in[1], &axis, 1, e);
    if (count != 1) return count < 0 ? false : fail(e, "has no axis");
    if (axis < 0) axis += x->rank + 1;
    if (axis < 0 || axis > x->rank || x->rank == GRAPH_MAX_RANK)
        return fail(e, "axis %d does not fit %d dimensions", axis, x->rank);
    for (int i = 0; i <= x->rank; i++) dim[i] = i == axis ? 1 : x->dim[i - (i > axis)];
    set_dims(o->out[0], x->rank + 1, dim);
    return finish(o, node(r, o, OP_RESHAPE, 1), e);
}

static bool read_squeeze(struct reader *r, struct oper *o, struct err *e)
{
    const struct tensor *x = o->in[0];
    struct fb_vec v = fb_vec(&o->options, SQUEEZE_DIMS, 4);
    bool drop[GRAPH_MAX_RANK] = {0};
    int32_t dim[GRAPH_MAX_RANK], rank = 0;
    for (int i = 0; !v.n && i < x->rank; i++) drop[i] = x->dim[i] == 1;
    for (uint32_t k = 0; k < v.n && k < GRAPH_MAX_RANK; k++) {
        int32_t i = fb_vec_i32(&v, k);
        if (i < 0 && i >= -x->rank) i += x->rank;
        if (i < 0 || i >= x->rank || x->dim[i] != 1) return fail(e, "dimension %d is not of size 1", i);
        drop[i] = true;
    }
    for (int i = 0; i < x->rank; i++)
        if (!drop[i]) dim[rank++] = x->dim[i];
    set_dims(o->out[0], rank, dim);
    return finish(o, node(r, o, OP_RESHAPE, 1), e);
}

static bool read_transpose(struct reader *r, struct oper *o, struct err *e)
{
    struct node *n = node(r, o, OP_TRANSPOSE, 1);
    int count = const_ints(o->in[1], n->as.transpose.perm, GRAPH_MAX_RANK, e);
    if (count < 0) return false;
    if (count != o->in[0]->rank) return fail(e, "orders %d of %d axes", count, o->in[0]->rank);
    for (int i = 0; i < count; i++)
        if (n->as.transpose.perm[i] < 0) n->as.transpose.perm[i] += count;
    return finish(o, n, e);
}

static bool read_pad(struct reader *r, struct oper *o, struct err *e)
{
    struct node *n = node(r, o, OP_PAD, 1);
    int32_t table[2 * GRAPH_MAX_RANK];
    int rank = o->in[0]->rank, count = const_ints(o->in[1], table, 2 * GRAPH_MAX_RANK, e);
    if (count < 0) return false;
    if (count != 2 * rank) return fail(e, "has %d paddings for %d dimensions", count, rank);
    for (int i = 0; i < rank; i++) {
        n->as.pad.before[i] = table[2 * i];
        n->as.pad.after[i] = table[2 * i + 1];
    }
    return finish(o, n, e);
}

static bool read_concatenation(struct reader *r, struct oper *o, struct err *e)
{
    enum act act;
    enum op after;
    if (!act_of(o, CONCAT_ACT, &act, &after, e)) return false;
    if (act != ACT_NONE) after = act == ACT_RELU ? OP_RELU : OP_RELU6;
    for (int i = 0; i < o->nin; i++)
        if (!o->in[i] || o->in[i]->type != o->out[0]->type) return fail(e, "mixes types");
    struct node *n = node(r, o, OP_CONCATENATION, o->nin);
    n->as.axis.axis = fb_i32(&o->options, CONCAT_AXIS, 0);
    if (n->as.axis.axis < 0) n->as.axis.axis += o->in[0]->rank;
    return finish_act(r, o, n, after, e);
}

// x[begin : begin + count * stride : stride] a dimension, then the dimensions in `shrink` are dropped.
static bool slice(struct reader *r, struct oper *o, const int32_t *begin, const int32_t *stride,
                  const int32_t *count, unsigned shrink, struct err *e)
{
    const struct tensor *x = o->in[0];
    struct tensor *y = o->out[0], *part = shrink ? reader_between(r, y, "slice") : y;
    set_dims(part, x->rank, count);
    struct node *n = graph_add(r->g, r->a, OP_STRIDED_SLICE, shrink ? part->name : o->name, 1, 1);
    n->in[0] = o->in[0];
    n->out[0] = part;
    memcpy(n->as.slice.begin, begin, (size_t)x->rank * sizeof *begin);
    memcpy(n->as.slice.stride, stride, (size_t)x->rank * sizeof *stride);
    if (!op_def(OP_STRIDED_SLICE)->infer(n, e)) return false;
    if (shrink) {
        int32_t dim[GRAPH_MAX_RANK], rank = 0;
        for (int i = 0; i < x->rank; i++)
            if (!(shrink & 1u << i)) dim[rank++] = count[i];
        set_dims(y, rank, dim);
        if (!op_def(OP_RESHAPE)->infer(reshape(r, part, y), e)) return false;
    }
    return reader_same_output(o, y, e);
}

static int32_t clamp(int64_t v, int64_t lo, int64_t hi)
{
    return (int32_t)(v < lo ? lo : v > hi ? hi : v);
}

static bool read_strided_slice(struct reader *r, struct oper *o, struct err *e)
{
    const struct tensor *x = o->in[0];
    int32_t begin[GRAPH_MAX_RANK], end[GRAPH_MAX_RANK], stride[GRAPH_MAX_RANK], count[GRAPH_MAX_RANK];
    int nb = const_ints(o->in[1], begin, GRAPH_MAX_RANK, e);
    int ne = nb < 0 ? -1 : const_ints(o->in[2], end, GRAPH_MAX_RANK, e);
    int ns = ne < 0 ? -1 : const_ints(o->in[3], stride, GRAPH_MAX_RANK, e);
    if (ns < 0) return false;
    if (nb != ne || nb != ns || nb > x->rank)
        return fail(e, "begin, end and strides of %d, %d and %d values for %d dimensions", nb, ne, ns,
                    x->rank);
    if (fb_i32(&o->options, SLICE_ELLIPSIS_MASK, 0) || fb_i32(&o->options, SLICE_NEW_AXIS_MASK, 0) ||
        fb_u8(&o->options, SLICE_OFFSET, 0))
        return fail(e, "uses an ellipsis, a new axis or offsets; write the slice without them");
    unsigned begin_mask = fb_u32(&o->options, SLICE_BEGIN_MASK, 0),
             end_mask = fb_u32(&o->options, SLICE_END_MASK, 0);
    unsigned shrink = fb_u32(&o->options, SLICE_SHRINK_MASK, 0) & ((1u << nb) - 1);
    for (int i = 0; i < x->rank; i++) {
        int64_t n = x->dim[i], b, stop, s;
        if (i >= nb) {
            begin[i] = 0, stride[i] = 1, count[i] = x->dim[i];
            continue;
        }
        b = begin[i] < 0 ? begin[i] + n : begin[i];
        stop = end[i] < 0 ? end[i] + n : end[i];
        s = stride[i];
        if (!s) return fail(e, "dimension %d has stride 0", i);
        if (shrink & 1u << i) {
            if (b < 0 || b >= n) return fail(e, "takes element %d of %d", begin[i], x->dim[i]);
            begin[i] = (int32_t)b, stride[i] = 1, count[i] = 1;
            continue;
        }
        b = begin_mask & 1u << i ? (s > 0 ? 0 : n - 1) : s > 0 ? clamp(b, 0, n) : clamp(b, -1, n - 1);
        stop = end_mask & 1u << i ? (s > 0 ? n : -1) : s > 0 ? clamp(stop, 0, n) : clamp(stop, -1, n - 1);
        int64_t many = s > 0 ? (stop - b + s - 1) / s : (b - stop - s - 1) / -s;
        if (many < 1) return fail(e, "dimension %d keeps nothing of %d", i, x->dim[i]);
        begin[i] = (int32_t)b, count[i] = (int32_t)many;
    }
    return slice(r, o, begin, stride, count, shrink, e);
}

static bool read_slice(struct reader *r, struct oper *o, struct err *e)
{
    const struct tensor *x = o->in[0];
    int32_t begin[GRAPH_MAX_RANK], count[GRAPH_MAX_RANK], stride[GRAPH_MAX_RANK] = {1, 1, 1, 1, 1, 1};
    int nb = const_ints(o->in[1], begin, GRAPH_MAX_RANK, e);
    int nc = nb < 0 ? -1 : const_ints(o->in[2], count, GRAPH_MAX_RANK, e);
    if (nc < 0) return false;
    if (nb != x->rank || nc != x->rank) return fail(e, "begin and size do not fit %d dimensions", x->rank);
    for (int i = 0; i < nb; i++) {
        if (begin[i] < 0 || begin[i] > x->dim[i]) return fail(e, "dimension %d begins at %d", i, begin[i]);
        if (count[i] == -1) count[i] = x->dim[i] - begin[i];
    }
    return slice(r, o, begin, stride, count, 0, e);
}

// Operators that the folding of constants did not take: shapes that depend on values.
static bool read_shape_only(struct reader *r, struct oper *o, struct err *e)
{
    (void)r, (void)o;
    return fail(e, "is supported where it computes shapes, not on measured values; replace it in the model");
}

static bool read_alone(struct reader *r, struct oper *o, struct err *e)
{
    (void)r, (void)o;
    return fail(e, "no SPACE_TO_BATCH_ND is in front of it; only dilated convolutions are supported so");
}

const struct oper_def tflite_opers[] = {
    {TFL_CONV_2D, OPT_CONV, 8, 2, 3, read_conv_2d},
    {TFL_DEPTHWISE_CONV_2D, OPT_DEPTHWISE, 7, 2, 3, read_conv_2d},
    {TFL_FULLY_CONNECTED, OPT_DENSE, 14, 2, 3, read_dense},
    {TFL_MAX_POOL_2D, OPT_POOL, 3, 1, 1, read_pool},
    {TFL_AVERAGE_POOL_2D, OPT_POOL, 3, 1, 1, read_pool},
    {TFL_MEAN, OPT_REDUCE, 3, 2, 2, read_mean},
    {TFL_ADD, OPT_ADD, 5, 2, 2, read_binary},
    {TFL_SUB, OPT_SUB, 5, 2, 2, read_binary},
    {TFL_MUL, OPT_MUL, 8, 2, 2, read_binary},
    {TFL_DIV, OPT_DIV, 2, 2, 2, read_binary},
    {TFL_RELU, OPT_NONE, 3, 1, 1, read_unary},
    {TFL_RELU6, OPT_NONE, 3, 1, 1, read_unary},
    {TFL_TANH, OPT_NONE, 3, 1, 1, read_unary},
    {TFL_LOGISTIC, OPT_NONE, 3, 1, 1, read_unary},
    {TFL_ELU, OPT_NONE, 1, 1, 1, read_unary},
    {TFL_LEAKY_RELU, OPT_LEAKY_RELU, 2, 1, 1, read_unary},
    {TFL_SOFTMAX, OPT_SOFTMAX, 3, 1, 1, read_unary},
    {TFL_QUANTIZE, OPT_QUANTIZE, 4, 1, 1, read_unary},
    {TFL_DEQUANTIZE, OPT_DEQUANTIZE, 6, 1, 1, read_unary},
    {TFL_RESHAPE, OPT_RESHAPE, 1, 1, 2, read_reshape},
    {TFL_EXPAND_DIMS, OPT_EXPAND_DIMS, 1, 2, 2, read_expand_dims},
    {TFL_SQUEEZE, OPT_SQUEEZE, 2, 1, 1, read_squeeze},
    {TFL_TRANSPOSE, OPT_TRANSPOSE, 8, 2, 2, read_transpose},
    {TFL_PAD, OPT_PAD, 4, 2, 2, read_pad},
    {TFL_CONCATENATION, OPT_CONCAT, 4, 1, 1 << 16, read_concatenation},
    {TFL_STRIDED_SLICE, OPT_STRIDED_SLICE, 8, 4, 4, read_strided_slice},
    {TFL_SLICE, OPT_SLICE, 6, 3, 3, read_slice},
    {TFL_SPACE_TO_BATCH_ND, OPT_NONE, 4, 3, 3, dilate_start},
    {TFL_BATCH_TO_SPACE_ND, OPT_NONE, 4, 3, 3, read_alone},
    {TFL_SHAPE, OPT_SHAPE, 1, 1, 1, read_shape_only},
    {TFL_PACK, OPT_PACK, 4, 1, 1 << 16, read_shape_only},
    {TFL_GATHER, OPT_GATHER, 7, 2, 2, read_shape_only},
    {TFL_CAST, OPT_CAST, 7, 1, 1, read_shape_only},
    {TFL_REDUCE_PROD, OPT_REDUCE, 2, 2, 2, read_shape_only},
    {0},
};
