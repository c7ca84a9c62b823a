// Nodes as TensorFlow Lite operators. Versions are the lowest whose kernels take the types at hand
// (TensorFlow's op_version.cc).
#include "tflite_write.h"
#include <math.h>
#include <string.h>

static struct tfl_op *add(struct tfl_list *l, int builtin, int options, int nin, int nout)
{
    if (l->n == l->cap) {
        struct tfl_op *more = arena_new_n(l->a, 2 * (size_t)l->cap + 16, struct tfl_op);
        if (l->n) memcpy(more, l->op, (size_t)l->n * sizeof *more);
        l->op = more;
        l->cap = 2 * l->cap + 16;
    }
    struct tfl_op *o = &l->op[l->n++];
    *o = (struct tfl_op){.builtin = builtin, .version = 1, .options = options, .nin = nin, .nout = nout};
    o->in = arena_new_n(l->a, (size_t)nin, const struct tensor *);
    o->out = arena_new_n(l->a, (size_t)nout, const struct tensor *);
    return o;
}

struct tfl_op *tflite_op(struct tfl_list *l, int builtin, int options, int nin, int nout)
{
    return add(l, builtin, options, nin, nout);
}

// The node as it stands: its inputs and outputs in order.
static struct tfl_op *add_node(struct tfl_list *l, const struct node *n, int builtin, int options)
{
    struct tfl_op *o = add(l, builtin, options, n->nin, n->nout);
    for (int i = 0; i < n->nin; i++) o->in[i] = n->in[i];
    for (int i = 0; i < n->nout; i++) o->out[i] = n->out[i];
    return o;
}

// The node's first input and a table of numbers as the inputs after it.
static struct tfl_op *add_with(struct tfl_list *l, const struct node *n, int builtin, int options, int extra)
{
    struct tfl_op *o = add(l, builtin, options, 1 + extra, 1);
    o->in[0] = n->in[0];
    o->out[0] = n->out[0];
    return o;
}

static void put_int(struct tfl_op *o, int id, int32_t v, int32_t otherwise)
{
    o->field[o->nfield++] = (struct tfl_field){.id = id, .bytes = 4, .v = v, .otherwise = otherwise};
}

static void put_byte(struct tfl_op *o, int id, int v)
{
    o->field[o->nfield++] = (struct tfl_field){.id = id, .bytes = 1, .v = v};
}

static void put_float(struct tfl_op *o, int id, float v)
{
    o->field[o->nfield++] = (struct tfl_field){.id = id, .bytes = -4, .f = v};
}

static int act_to(enum act a)
{
    return a == ACT_RELU ? TFL_ACT_RELU : a == ACT_RELU6 ? TFL_ACT_RELU6 : TFL_ACT_NONE;
}

static const struct tensor *ints(struct tfl_list *l, const struct node *n, const char *what, const int32_t *v,
                                 int count, int rank, int columns)
{
    int32_t dim[2] = {columns ? count / columns : count, columns};
    const char *name = arena_printf(l->a, "%s/%s", n->name, what);
    return tensor_const(l->a, name, I32, rank, dim, arena_copy(l->a, v, (size_t)count * sizeof *v));
}

// ---- padding ----

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

static int int8_or(const struct tensor *t, int version_int8)
{
    return t->type == I8 ? version_int8 : t->type == I16 ? version_int8 + 1 : 1;
}

static void pad_table(int32_t *table, const int32_t *before, const int32_t *after, int rank)
{
    for (int i = 0; i < rank; i++) table[2 * i] = before[i], table[2 * i + 1] = after[i];
}

// An operator that pads in front of one that cannot say its padding; returns the padded tensor.
static const struct tensor *pad_in_front(struct tfl_list *l, const struct node *n, const int32_t pad[4])
{
    const struct tensor *x = n->in[0];
    int32_t dim[4] = {x->dim[0], x->dim[1] + pad[0] + pad[2], x->dim[2] + pad[1] + pad[3], x->dim[3]};
    struct tensor *y = tensor_new(l->a, arena_printf(l->a, "%s/padded", n->name), x->type, 4, dim);
    y->q = x->q;
    int32_t table[8] = {0, 0, pad[0], pad[2], pad[1], pad[3], 0, 0};
    struct tfl_op *o = add(l, TFL_PAD, OPT_PAD, 2, 1);
    o->version = int8_or(x, 2);
    o->in[0] = x;
    o->in[1] = ints(l, n, "paddings", table, 8, 2, 2);
    o->out[0] = y;
    return y;
}

// ---- ops with weights ----

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

static bool lower_conv(struct tfl_list *l, const struct node *n, struct err *e)
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
    struct tfl_op *o =
        add(l, depthwise ? TFL_DEPTHWISE_CONV_2D : TFL_CONV_2D, depthwise ? OPT_DEPTHWISE : OPT_CONV, 3, 1);
    o->in[0] = x;
    o->in[1] = w;
    o->in[2] = bias_of(l, n);
    o->out[0] = n->out[0];
    put_byte(o, CONV_PADDING, padding);
    put_int(o, CONV_STRIDE_W, c->stride[1], 0);
    put_int(o, CONV_STRIDE_H, c->stride[0], 0);
    if (depthwise) {
        put_int(o, DEPTHWISE_MULTIPLIER, w->dim[3] / x->dim[3], 0);
        put_byte(o, DEPTHWISE_ACT, act_to(c->act));
        put_int(o, DEPTHWISE_DILATION_W, c->dilation[1], 1);
        put_int(o, DEPTHWISE_DILATION_H, c->dilation[0], 1);
        o->version = is_hybrid(n)     ? (per_channel ? 6 : 4)
                     : x->type == I8  ? 3
                     : x->type == I16 ? 5
                     : dilated        ? 2
                                      : 1;
    } else {
        put_byte(o, CONV_ACT, act_to(c->act));
        put_int(o, CONV_DILATION_W, c->dilation[1], 1);
        put_int(o, CONV_DILATION_H, c->dilation[0], 1);
        o->version = is_hybrid(n) ? (per_channel ? 5 : 2) : x->type == I8 ? 3 : x->type == I16 ? 4 : 1;
    }
    return true;
}

static bool lower_dense(struct tfl_list *l, const struct node *n, struct err *e)
{
    (void)e;
    const struct tensor *bias = bias_of(l, n), *w = n->in[1];
    bool keep = n->in[0]->rank != 2, hybrid = is_hybrid(n), int8 = n->in[0]->type == I8;
    struct tfl_op *o = add(l, TFL_FULLY_CONNECTED, OPT_DENSE, 3, 1);
    o->in[0] = n->in[0];
    o->in[1] = w;
    o->in[2] = bias;
    o->out[0] = n->out[0];
    put_byte(o, DENSE_ACT, act_to(n->as.dense.act));
    put_byte(o, DENSE_KEEP_DIMS, keep);
    put_byte(o, DENSE_ASYMMETRIC, hybrid && n->as.dense.asymmetric_inputs);
    o->version = n->in[0]->type == I16 ? 7 : keep ? 5 : int8 ? 4 : 1;
    if (hybrid) o->version = w->q.n > 1 ? 12 : n->as.dense.asymmetric_inputs ? 9 : keep ? 5 : 3;
    return true;
}

// ---- the others ----

static bool lower_pool(struct tfl_list *l, const struct node *n, struct err *e)
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
    struct tfl_op *o =
        add_node(l, n, n->op == OP_MAX_POOL_2D ? TFL_MAX_POOL_2D : TFL_AVERAGE_POOL_2D, OPT_POOL);
    o->version = int8_or(n->in[0], 2);
    put_byte(o, POOL_PADDING, padding);
    put_int(o, POOL_STRIDE_W, p->stride[1], 0);
    put_int(o, POOL_STRIDE_H, p->stride[0], 0);
    put_int(o, POOL_WIDTH, p->kernel[1], 0);
    put_int(o, POOL_HEIGHT, p->kernel[0], 0);
    put_byte(o, POOL_ACT, act_to(p->act));
    return true;
}

static bool lower_binary(struct tfl_list *l, const struct node *n, struct err *e)
{
    (void)e;
    static const int builtin[] = {TFL_ADD, TFL_SUB, TFL_MUL, TFL_DIV};
    static const int options[] = {OPT_ADD, OPT_SUB, OPT_MUL, OPT_DIV};
    int i = (int)n->op - (int)OP_ADD;
    struct tfl_op *o = add_node(l, n, builtin[i], options[i]);
    const struct quant *a = &n->in[0]->q, *b = &n->in[1]->q, *y = &n->out[0]->q;
    o->version = n->op == OP_DIV ? 1 : int8_or(n->in[0], 2);
    if (n->op == OP_MUL && a->n && b->n && y->n && a->scale[0] * b->scale[0] / y->scale[0] >= 1)
        o->version = 3;
    put_byte(o, BINARY_ACT, act_to(n->as.binary.act));
    return true;
}

static bool lower_mean(struct tfl_list *l, const struct node *n, struct err *e)
{
    (void)e;
    struct tfl_op *o = add_with(l, n, TFL_MEAN, OPT_REDUCE, 1);
    o->in[1] = ints(l, n, "axes", n->as.reduce.axis, n->as.reduce.naxis, 1, 0);
    o->version = int8_or(n->in[0], 2);
    put_byte(o, REDUCE_KEEP_DIMS, n->as.reduce.keep_dims);
    return true;
}

static bool lower_unary(struct tfl_list *l, const struct node *n, struct err *e)
{
    (void)e;
    static const struct {
        enum op op;
        int builtin, options, version_int8;
    } table[] = {
        {OP_RELU, TFL_RELU, OPT_NONE, 2},
        {OP_RELU6, TFL_RELU6, OPT_NONE, 2},
        {OP_TANH, TFL_TANH, OPT_NONE, 2},
        {OP_LOGISTIC, TFL_LOGISTIC, OPT_NONE, 2},
        {OP_ELU, TFL_ELU, OPT_NONE, 1},
        {OP_LEAKY_RELU, TFL_LEAKY_RELU, OPT_LEAKY_RELU, 1},
        {OP_SOFTMAX, TFL_SOFTMAX, OPT_SOFTMAX, 2},
        {OP_DEQUANTIZE, TFL_DEQUANTIZE, OPT_DEQUANTIZE, 2},
        {OP_QUANTIZE, TFL_QUANTIZE, OPT_QUANTIZE, 1},
    };
    size_t i = 0;
    while (table[i].op != n->op) i++;
    struct tfl_op *o = add_node(l, n, table[i].builtin, table[i].options);
    o->version = n->in[0]->type == F32 ? 1 : int8_or(n->in[0], table[i].version_int8);
    if (n->op == OP_QUANTIZE) o->version = n->out[0]->q.n > 1 ? 3 : n->out[0]->type == I16 ? 2 : 1;
    if (n->op == OP_DEQUANTIZE && n->in[0]->q.n > 1) o->version = 5;
    if (n->op == OP_SOFTMAX) put_float(o, SOFTMAX_BETA, n->as.softmax.beta);
    if (n->op == OP_LEAKY_RELU) put_float(o, LEAKY_ALPHA, n->as.alpha.alpha);
    if (n->op == OP_ELU && n->as.alpha.alpha != 1)
        return fail(e, "%s: TensorFlow Lite's ELU has alpha 1, this one %g", n->name,
                    (double)n->as.alpha.alpha);
    return true;
}

static bool lower_reshape(struct tfl_list *l, const struct node *n, struct err *e)
{
    (void)e;
    struct tfl_op *o = add_with(l, n, TFL_RESHAPE, OPT_RESHAPE, 1);
    o->in[1] = ints(l, n, "shape", n->out[0]->dim, n->out[0]->rank, 1, 0);
    return true;
}

static bool lower_transpose(struct tfl_list *l, const struct node *n, struct err *e)
{
    (void)e;
    struct tfl_op *o = add_with(l, n, TFL_TRANSPOSE, OPT_TRANSPOSE, 1);
    int rank = n->in[0]->rank;
    o->in[1] = ints(l, n, "perm", n->as.transpose.perm, rank, 1, 0);
    o->version = rank > 5 ? 6 : n->in[0]->type == I16 ? 5 : rank > 4 ? 4 : int8_or(n->in[0], 2);
    return true;
}

static bool lower_pad(struct tfl_list *l, const struct node *n, struct err *e)
{
    (void)e;
    struct tfl_op *o = add_with(l, n, TFL_PAD, OPT_PAD, 1);
    int32_t table[2 * GRAPH_MAX_RANK];
    int rank = n->in[0]->rank;
    pad_table(table, n->as.pad.before, n->as.pad.after, rank);
    o->in[1] = ints(l, n, "paddings", table, 2 * rank, 2, 2);
    o->version = rank > 4 ? 4 : int8_or(n->in[0], 2);
    return true;
}

static bool lower_concatenation(struct tfl_list *l, const struct node *n, struct err *e)
{
    (void)e;
    struct tfl_op *o = add_node(l, n, TFL_CONCATENATION, OPT_CONCAT);
    o->version = int8_or(n->in[0], 2);
    put_int(o, CONCAT_AXIS, n->as.axis.axis, 0);
    return true;
}

static bool lower_strided_slice(struct tfl_list *l, const struct node *n, struct err *e)
{
    const struct tensor *x = n->in[0], *y = n->out[0];
    int32_t end[GRAPH_MAX_RANK];
    if (y->rank != x->rank) return fail(e, "%s: a slice keeps the number of dimensions", n->name);
    int32_t backwards = 0;
    for (int i = 0; i < x->rank; i++) {
        end[i] = n->as.slice.begin[i] + y->dim[i] * n->as.slice.stride[i];
        if (n->as.slice.stride[i] > 0 && end[i] > x->dim[i]) end[i] = x->dim[i];
        if (n->as.slice.stride[i] < 0 && end[i] < 0) backwards |= 1 << i; // -1 would count from the end
    }
    struct tfl_op *o = add_with(l, n, TFL_STRIDED_SLICE, OPT_STRIDED_SLICE, 3);
    o->in[1] = ints(l, n, "begin", n->as.slice.begin, x->rank, 1, 0);
    o->in[2] = ints(l, n, "end", end, x->rank, 1, 0);
    o->in[3] = ints(l, n, "strides", n->as.slice.stride, x->rank, 1, 0);
    o->version = x->rank > 4 ? 4 : x->type == I8 ? 2 : 1;
    put_int(o, SLICE_END_MASK, backwards, 0);
    return true;
}

static bool lower_train_only(struct tfl_list *l, const struct node *n, struct err *e)
{
    (void)l;
    return fail(e,
                "%s: %s has no TensorFlow Lite operator; apply --technique lite first, which folds it away",
                n->name, op_def(n->op)->name);
}

bool tflite_lower(struct tfl_list *l, const struct node *n, struct err *e)
{
    switch (n->op) {
    case OP_CONV_2D:
    case OP_DEPTHWISE_CONV_2D:
        return lower_conv(l, n, e);
    case OP_DENSE:
        return lower_dense(l, n, e);
    case OP_MAX_POOL_2D:
    case OP_AVERAGE_POOL_2D:
        return lower_pool(l, n, e);
    case OP_ADD:
    case OP_SUB:
    case OP_MUL:
    case OP_DIV:
        return lower_binary(l, n, e);
    case OP_MEAN:
        return lower_mean(l, n, e);
    case OP_RELU:
    case OP_RELU6:
    case OP_LEAKY_RELU:
    case OP_ELU:
    case OP_LOGISTIC:
    case OP_TANH:
    case OP_SOFTMAX:
    case OP_QUANTIZE:
    case OP_DEQUANTIZE:
        return lower_unary(l, n, e);
    case OP_RESHAPE:
        return lower_reshape(l, n, e);
    case OP_TRANSPOSE:
        return lower_transpose(l, n, e);
    case OP_PAD:
        return lower_pad(l, n, e);
    case OP_CONCATENATION:
        return lower_concatenation(l, n, e);
    case OP_STRIDED_SLICE:
        return lower_strided_slice(l, n, e);
    case OP_RECURRENT:
        return tflite_lower_recurrent(l, n, e);
    case OP_BATCH_NORM:
    case OP_DROPOUT:
        return lower_train_only(l, n, e);
    default:
        return fail(e, "%s: %s cannot be written as .tflite yet; write .onnx", n->name, op_def(n->op)->name);
    }
}
