// Reductions, and the places of extremes.
#include "onnx_read.h"
#include <math.h>
#include <string.h>

static double reduced(enum op op, double sum, double v)
{
    switch (op) {
    case OP_REDUCE_MAX:
        return sum > v ? sum : v;
    case OP_REDUCE_MIN:
        return sum < v ? sum : v;
    case OP_REDUCE_PROD:
        return sum * v;
    default:
        return sum + v;
    }
}

// dim: the output's with reduced dimensions kept as 1.
static bool fold_reduce(struct onnx *r, struct onnx_node *n, enum op op, const struct value *x,
                        const int32_t *dim, struct value *y)
{
    float *f = NULL;
    int64_t *i = NULL, step[VALUE_MAX_RANK], s = 1;
    if (value_count(x) < 1) return node_fail(r, n, "its input is empty");
    if (!fold_new(r, n, y, x->rank, dim, x->f ? &f : NULL, x->f ? NULL : &i)) return false;
    const int64_t outs = value_count(y), count = value_count(x);
    double *sum = arena_new_n(r->scratch, (size_t)outs, double);
    bool *seen = arena_new_n(r->scratch, (size_t)outs, bool);
    for (int d = x->rank - 1; d >= 0; d--) {
        step[d] = dim[d] == 1 ? 0 : s;
        s *= dim[d];
    }
    for (int64_t k = 0; k < count; k++) {
        int64_t at = 0, rest = k;
        for (int d = x->rank - 1; d >= 0; d--) {
            at += rest % x->dim[d] * step[d];
            rest /= x->dim[d];
        }
        const double v = x->f ? (double)x->f[k] : (double)x->i[k];
        sum[at] = seen[at] ? reduced(op, sum[at], v) : v;
        seen[at] = true;
    }
    for (int64_t o = 0; o < outs; o++) {
        if (op == OP_MEAN) sum[o] /= (double)(count / outs);
        if (f)
            f[o] = (float)sum[o];
        else
            i[o] = sum[o] > -9e18 && sum[o] < 9e18 ? (int64_t)sum[o] : 0;
    }
    return true;
}

struct value *make_reduce(struct onnx *r, struct onnx_node *n, enum op op, struct value *x, unsigned axes,
                          bool keep)
{
    if (!x) return NULL;
    int32_t dim[VALUE_MAX_RANK], kept[VALUE_MAX_RANK];
    int order[GRAPH_MAX_RANK], rank, one = -1, left[GRAPH_MAX_RANK], nleft = 0, out_of[VALUE_MAX_RANK],
                                     outs = 0;
    bool moves = false;
    struct value *y = make_value(r, n);
    for (int d = 0; d < x->rank; d++) {
        const bool gone = axes >> d & 1;
        kept[d] = gone ? 1 : x->dim[d];
        if (gone && (x->dim[d] == 1 || one < 0)) one = d;
        out_of[d] = keep || !gone ? outs : -1;
        if (keep || !gone) dim[outs++] = kept[d];
    }
    if (value_is_const(x)) {
        if (!fold_reduce(r, n, op, x, kept, y)) return NULL;
        return keep ? y : make_shape(r, n, y, outs, dim);
    }
    struct tensor *t = value_view(r->g, r->a, x, one, order, &rank, r->e);
    if (!t) return fail_in(r->e, "node %s (%s)", n->name, n->op), NULL;
    for (int i = 0; i < rank; i++) moves |= order[i] >= 0 && axes >> order[i] & 1 && x->dim[order[i]] > 1;
    if (!moves) return make_shape(r, n, x, outs, dim); // of one number each
    struct node *m = make_node(r, n, op, 1);
    m->in[0] = t;
    m->as.reduce.keep_dims = keep;
    for (int i = 0; i < rank; i++) { // the height that a 1-D network does not have goes with the axes that go
        bool goes = order[i] < 0 ? !keep && i > 0 : axes >> order[i] & 1;
        if (goes) m->as.reduce.axis[m->as.reduce.naxis++] = i;
        if (!goes || keep) left[nleft++] = order[i] < 0 ? -1 : out_of[order[i]];
    }
    if (!(t = node_done(r, n, m))) return NULL;
    value_set(y, t, left, outs, dim);
    return y;
}

// Before (f, 1), reduction, after (g): L2 is square, sum, root.
static const struct reduction {
    const char *name;
    enum op before, op, after; // OP_COUNT: nothing
} reductions[] = {
    {"ReduceMean", OP_COUNT, OP_MEAN, OP_COUNT},        {"ReduceSum", OP_COUNT, OP_SUM, OP_COUNT},
    {"ReduceMax", OP_COUNT, OP_REDUCE_MAX, OP_COUNT},   {"ReduceMin", OP_COUNT, OP_REDUCE_MIN, OP_COUNT},
    {"ReduceProd", OP_COUNT, OP_REDUCE_PROD, OP_COUNT}, {"ReduceL1", OP_ABS, OP_SUM, OP_COUNT},
    {"ReduceL2", OP_SQUARE, OP_SUM, OP_SQRT},           {"ReduceSumSquare", OP_SQUARE, OP_SUM, OP_COUNT},
    {"ReduceLogSum", OP_COUNT, OP_SUM, OP_LOG},
};

static bool axes_read(struct onnx *r, struct onnx_node *n, const struct value *x, unsigned *axes)
{
    const int64_t *list;
    int count;
    *axes = 0;
    if (!node_list(r, n, "axes", 1, &list, &count)) return false;
    if (!count && !attr_int(n, "noop_with_empty_axes", 0)) *axes = (1u << x->rank) - 1;
    for (int i = 0; i < count; i++) {
        const int axis = node_axis(r, n, list[i], x->rank);
        if (axis < 0) return false;
        *axes |= 1u << axis;
    }
    return true;
}

static bool reduce(struct onnx *r, struct onnx_node *n)
{
    struct value *x = node_in(r, n, 0);
    const struct reduction *p = reductions;
    unsigned axes;
    if (!x || !axes_read(r, n, x, &axes)) return false;
    while (strcmp(p->name, n->op)) p++;
    struct value *y = p->before == OP_COUNT ? x : make_unary(r, n, p->before, x);
    if (axes) y = make_reduce(r, n, p->op, y, axes, attr_int(n, "keepdims", 1) != 0);
    if (y && p->after != OP_COUNT) y = make_unary(r, n, p->after, y);
    return node_is(r, n, 0, y);
}

// m + log(sum(exp(x - m))), m the largest
static bool reduce_log_sum_exp(struct onnx *r, struct onnx_node *n)
{
    struct value *x = node_in(r, n, 0);
    const bool keep = attr_int(n, "keepdims", 1) != 0;
    unsigned axes;
    if (!x || !axes_read(r, n, x, &axes)) return false;
    if (!axes) return node_same(n, x);
    struct value *most = make_reduce(r, n, OP_REDUCE_MAX, x, axes, true);
    struct value *y = make_unary(r, n, OP_EXP, make_binary(r, n, OP_SUB, x, most));
    y = make_unary(r, n, OP_LOG, make_reduce(r, n, OP_SUM, y, axes, true));
    y = make_binary(r, n, OP_ADD, y, most);
    if (y && !keep) {
        int32_t dim[VALUE_MAX_RANK];
        int rank = 0;
        for (int d = 0; d < x->rank; d++)
            if (!(axes >> d & 1)) dim[rank++] = x->dim[d];
        y = make_shape(r, n, y, rank, dim);
    }
    return node_is(r, n, 0, y);
}

static bool arg(struct onnx *r, struct onnx_node *n)
{
    struct value *x = node_computed(r, n, 0), y = {0};
    if (!x) return false;
    const int axis = node_axis(r, n, attr_int(n, "axis", 0), x->rank);
    if (axis < 0) return false;
    const bool last = attr_int(n, "select_last_index", 0) != 0; // the first one, counted from the end
    if (last && !(x = make_along(r, n, x, axis, x->dim[axis] - 1, -1, x->dim[axis]))) return false;
    int order[GRAPH_MAX_RANK], left[GRAPH_MAX_RANK], nleft = 0, rank, outs = 0;
    int32_t dim[VALUE_MAX_RANK], kept[VALUE_MAX_RANK];
    struct tensor *t = value_view(r->g, r->a, x, axis, order, &rank, r->e);
    if (!t) return fail_in(r->e, "node %s (%s)", n->name, n->op);
    for (int d = 0; d < x->rank; d++) {
        kept[d] = d == axis ? 1 : x->dim[d];
        if (d != axis) dim[outs++] = x->dim[d];
    }
    struct node *m = make_node(r, n, n->as, 1);
    m->in[0] = t;
    for (int i = 0; i < rank; i++)
        if (order[i] == axis)
            m->as.axis.axis = i;
        else
            left[nleft++] = order[i] > axis ? order[i] - 1 : order[i];
    if (!(t = node_done(r, n, m))) return false;
    y.name = n->out[0].name;
    value_set(&y, t, left, outs, dim);
    if (last) { // integers are not subtracted
        struct value *f = make_cast(r, n, &y, F32);
        f = make_binary(r, n, OP_SUB, make_number(r, (float)(x->dim[axis] - 1)), f);
        if (!(f = make_cast(r, n, f, I32))) return false;
        y = *f;
    }
    return node_is(r, n, 0, attr_int(n, "keepdims", 1) ? make_shape(r, n, &y, x->rank, kept) : &y);
}

const struct onnx_op_entry onnx_ops_reduce[] = {
    {"ReduceMean", reduce, OP_MEAN},
    {"ReduceSum", reduce, OP_SUM},
    {"ReduceMax", reduce, OP_REDUCE_MAX},
    {"ReduceMin", reduce, OP_REDUCE_MIN},
    {"ReduceProd", reduce, OP_REDUCE_PROD},
    {"ReduceL1", reduce, OP_SUM},
    {"ReduceL2", reduce, OP_SUM},
    {"ReduceSumSquare", reduce, OP_SUM},
    {"ReduceLogSum", reduce, OP_SUM},
    {"ReduceLogSumExp", reduce_log_sum_exp, OP_SUM},
    {"ArgMax", arg, OP_ARG_MAX},
    {"ArgMin", arg, OP_ARG_MIN},
    {NULL, NULL, OP_COUNT},
};
