// Ops that pick elements along a dimension by their places.
#include "onnx_read.h"
#include <string.h>

// Several elements, or ones that are computed: GATHER.
static bool gather_node(struct onnx *r, struct onnx_node *n, struct value *x, const struct value *at,
                        int axis)
{
    int order[GRAPH_MAX_RANK], left[GRAPH_MAX_RANK], rank, outs = 0, nleft = 0;
    int32_t dim[VALUE_MAX_RANK];
    struct tensor *ti;
    if (value_is_const(at)) {
        const int64_t count = value_count(at);
        int32_t *v = arena_new_n(r->a, (size_t)count, int32_t);
        for (int64_t k = 0; k < count; k++)
            v[k] = (int32_t)(at->i[k] < 0 ? at->i[k] + x->dim[axis] : at->i[k]);
        ti = at->rank > GRAPH_MAX_RANK ? NULL : tensor_const(r->a, at->name, I32, at->rank, at->dim, v);
    } else
        ti = value_plain(r->g, r->a, at, r->e);
    if (x->rank - 1 + at->rank > GRAPH_MAX_RANK || !ti)
        return node_fail(r, n, "its output has too many dimensions");
    struct tensor *t = value_view(r->g, r->a, x, axis, order, &rank, r->e);
    if (!t) return fail_in(r->e, "node %s (%s)", n->name, n->op);
    for (int d = 0; d < x->rank; d++)
        if (d == axis)
            for (int i = 0; i < at->rank; i++) dim[outs++] = at->dim[i];
        else
            dim[outs++] = x->dim[d];
    struct node *m = node_add(r, n, OP_GATHER, 2);
    m->in[0] = t;
    m->in[1] = ti;
    if (rank - 1 + at->rank > GRAPH_MAX_RANK) return node_fail(r, n, "its output has too many dimensions");
    for (int i = 0; i < rank; i++) {
        if (order[i] == axis) m->as.axis.axis = i;
        for (int k = 0; k < (order[i] == axis ? at->rank : 1); k++)
            left[nleft++] = order[i] > axis    ? order[i] - 1 + at->rank
                            : order[i] == axis ? axis + k
                                               : order[i];
    }
    if (!(t = node_done(r, n, m))) return false;
    value_set(&n->out[0], t, left, outs, dim);
    return true;
}

// Of a constant, by places that are computed: embeddings.
static bool table_gather(struct onnx *r, struct onnx_node *n, const struct value *x, const struct value *at,
                         int axis)
{
    if (!x->f || x->rank > GRAPH_MAX_RANK) return node_fail(r, n, "its table %s is not of floats", x->name);
    struct tensor *ti = value_plain(r->g, r->a, at, r->e);
    if (!ti) return fail_in(r->e, "node %s (%s)", n->name, n->op);
    struct node *m = node_add(r, n, OP_GATHER, 2);
    m->in[0] = tensor_const(r->a, x->name, F32, x->rank, x->dim, x->f);
    m->in[1] = ti;
    m->as.axis.axis = axis;
    struct tensor *t = node_done(r, n, m);
    if (t) value_set_plain(&n->out[0], t);
    return t != NULL;
}

static bool gather(struct onnx *r, struct onnx_node *n)
{
    struct value *x = node_in(r, n, 0), *at = x ? node_in(r, n, 1) : NULL;
    if (!at) return false;
    int axis = node_axis(r, n, attr_int(n, "axis", 0), x->rank), rank = 0;
    if (axis < 0) return false;
    if (!value_is_const(at) && at->t->type == I32)
        return value_is_const(x) ? table_gather(r, n, x, at, axis) : gather_node(r, n, x, at, axis);
    if (!(at = node_ints(r, n, 1))) return false;
    int64_t size = x->dim[axis], count = value_count(at);
    for (int64_t k = 0; k < count; k++)
        if (at->i[k] < -size || at->i[k] >= size)
            return node_fail(r, n, "takes element %lld of %lld", (long long)at->i[k], (long long)size);
    if (!value_is_const(x)) {
        if (count != 1) return gather_node(r, n, x, at, axis);
        int32_t left[VALUE_MAX_RANK];
        for (int d = 0; d < x->rank; d++)
            for (int i = 0; i < (d == axis ? at->rank : 1); i++) {
                if (rank == VALUE_MAX_RANK) return node_fail(r, n, "its output has too many dimensions");
                left[rank++] = d == axis ? 1 : x->dim[d];
            }
        struct value *one = make_along(r, n, x, axis, at->i[0] < 0 ? at->i[0] + size : at->i[0], 1, 1);
        return node_is(r, n, 0, make_shape(r, n, one, rank, left));
    }
    int64_t wide[VALUE_MAX_RANK], inner = 1, outer = 1;
    int32_t dim[VALUE_MAX_RANK];
    if (x->rank - 1 + at->rank > VALUE_MAX_RANK) return node_fail(r, n, "its output has too many dimensions");
    for (int d = 0; d < x->rank; d++) {
        if (d < axis) outer *= x->dim[d];
        if (d > axis) inner *= x->dim[d];
        if (d == axis)
            for (int i = 0; i < at->rank; i++) wide[rank++] = at->dim[i];
        else
            wide[rank++] = x->dim[d];
    }
    float *f;
    int64_t *i, o = 0;
    if (!dims_check(r, n, rank, wide, dim) || !fold_like(r, n, x, rank, dim, &f, &i)) return false;
    for (int64_t out = 0; out < outer; out++)
        for (int64_t k = 0; k < count; k++) {
            int64_t from = (out * size + (at->i[k] < 0 ? at->i[k] + size : at->i[k])) * inner;
            for (int64_t j = 0; j < inner; j++) fold_move(x, f, i, o++, from + j);
        }
    return true;
}

const struct onnx_op_entry onnx_ops_gather[] = {
    {"Gather", gather, OP_GATHER},
    {NULL, NULL, OP_COUNT},
};
