// Reductions over axes: MEAN, SUM, REDUCE_*, ARG_*, L2_NORMALIZATION.
#include "tflite_read.h"
#include <string.h>

// The axes of a reduction, counted from the front, in order, each once (TensorFlow lets them repeat).
static int read_axes(const struct oper *o, int32_t *axis, struct err *e)
{
    const int rank = o->in[0]->rank, n = reader_ints(o->in[1], axis, GRAPH_MAX_RANK, e);
    unsigned set = 0;
    int count = 0;
    for (int i = 0; i < n; i++) {
        const int32_t a = axis[i] < 0 ? axis[i] + rank : axis[i];
        if (a < 0 || a >= rank) {
            fail(e, "axis %d of %d dimensions", axis[i], rank);
            return -1;
        }
        set |= 1u << a;
    }
    for (int i = 0; n >= 0 && i < rank; i++)
        if (set & 1u << i) axis[count++] = i;
    return n < 0 ? -1 : count;
}

static bool oper_reduce(struct reader *r, struct oper *o, struct err *e)
{
    struct node *n = reader_node(r, o, o->def->op, 1);
    const int naxis = read_axes(o, n->as.reduce.axis, e);
    if (naxis < 0) return false;
    if (!naxis) { // over no axis: the values as they are
        n->op = OP_RESHAPE;
        tensor_set_dims(o->out[0], o->in[0]->rank, o->in[0]->dim);
        return reader_finish(o, n, e);
    }
    n->as.reduce.naxis = naxis;
    n->as.reduce.keep_dims = fb_u8(&o->options, REDUCE_KEEP_DIMS, 0);
    return reader_finish(o, n, e);
}

// The maximum over a run of dimensions next to each other, as Keras' global pooling leaves it: a pool as
// large as they are, on (1, before, reduced, after). Other sets of axes stay REDUCE_MAX.
static bool oper_reduce_max(struct reader *r, struct oper *o, struct err *e)
{
    struct tensor *x = o->in[0], *y = o->out[0];
    int32_t axis[GRAPH_MAX_RANK];
    const int n = read_axes(o, axis, e);
    if (n < 0) return false;
    const int first = n ? axis[0] : 0, last = first + n;
    if (!n || axis[n - 1] != last - 1 || (x->type != F32 && x->type != I8)) return oper_reduce(r, o, e);
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

// Indices of int64 become int32: no axis is that long.
static bool oper_arg(struct reader *r, struct oper *o, struct err *e)
{
    struct node *n = reader_node(r, o, o->def->op, 1);
    const int count = reader_ints(o->in[1], &n->as.axis.axis, 1, e);
    if (count != 1) return count < 0 ? false : fail(e, "has no axis");
    if (n->as.axis.axis < 0) n->as.axis.axis += o->in[0]->rank;
    if (o->said.type == I64) o->out[0]->type = o->said.type = I32;
    return reader_finish(o, n, e);
}

// x / max(sqrt(sum of x^2 over the last dimension), 1e-6)
static bool oper_l2_normalization(struct reader *r, struct oper *o, struct err *e)
{
    static const float least = 1e-6f; // of LiteRT's kernel
    static const enum op ops[] = {OP_SQUARE, OP_SUM, OP_SQRT, OP_MAXIMUM, OP_DIV};
    static const char *const names[] = {"square", "sum", "norm", "norm_limited"};
    struct tensor *x = o->in[0], *t = x, *y = o->out[0];
    enum act act;
    enum op after;
    if (x->type != F32 || y->type != F32)
        return fail(e, "is supported for float32, this one is %s", dtype_name(x->type));
    if (x->rank < 1) return fail(e, "its input is a scalar");
    if (!reader_act(o, L2_NORM_ACT, &act, &after, e)) return false;
    if (act != ACT_NONE || after != OP_COUNT) return fail(e, "its fused activation is not supported");
    for (int i = 0; i < 5; i++) {
        struct node *n = graph_add(r->g, r->a, ops[i], i < 4 ? "" : o->name, i < 3 ? 1 : 2, 1);
        n->in[0] = i < 4 ? t : x;
        if (i == 3) n->in[1] = tensor_const(r->a, "least_norm", F32, 0, NULL, &least);
        if (i == 4) n->in[1] = t;
        if (i == 1) {
            n->as.reduce.naxis = 1;
            n->as.reduce.axis[0] = x->rank - 1;
            n->as.reduce.keep_dims = true;
        }
        n->out[0] = t = i < 4 ? reader_between(r, y, names[i]) : y;
        if (i < 4) n->name = t->name;
        if (!reader_finish(o, n, e)) return false;
    }
    return true;
}

const struct oper_def opers_reduce[] = {
    {TFL_MEAN, OPT_REDUCE, 3, 2, 2, oper_reduce, .op = OP_MEAN},
    {TFL_SUM, OPT_REDUCE, 2, 2, 2, oper_reduce, .op = OP_SUM},
    {TFL_REDUCE_MAX, OPT_REDUCE, 3, 2, 2, oper_reduce_max, .op = OP_REDUCE_MAX},
    {TFL_REDUCE_MIN, OPT_REDUCE, 3, 2, 2, oper_reduce, .op = OP_REDUCE_MIN},
    {TFL_REDUCE_PROD, OPT_REDUCE, 2, 2, 2, oper_reduce, .op = OP_REDUCE_PROD},
    {TFL_ARG_MAX, OPT_ARG_MAX, 3, 2, 2, oper_arg, .op = OP_ARG_MAX},
    {TFL_ARG_MIN, OPT_ARG_MIN, 3, 2, 2, oper_arg, .op = OP_ARG_MIN},
    {TFL_L2_NORMALIZATION, OPT_L2_NORM, 2, 1, 1, .read = oper_l2_normalization},
    {.read = NULL},
};
