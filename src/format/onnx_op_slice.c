// Ops that take parts of a value: slices, splits, reversed steps.
#include "onnx_read.h"
#include <string.h>

struct value *make_part(struct onnx *r, struct onnx_node *n, struct value *x, const int64_t *begin,
                        const int64_t *step, const int32_t *dim)
{
    int order[GRAPH_MAX_RANK], rank;
    bool whole = true;
    if (!x) return NULL;
    for (int d = 0; d < x->rank; d++) {
        whole &= dim[d] == x->dim[d] && step[d] == 1;
        if (!value_is_const(x) && dim[d] < 1)
            return node_fail(r, n, "nothing is left of dimension %d", d), NULL;
    }
    if (whole) return x;
    struct value *y = make_value(r, n);
    if (value_is_const(x)) {
        int64_t own[VALUE_MAX_RANK], start = 0;
        fold_strides(x, own);
        for (int d = 0; d < x->rank; d++) {
            start += begin[d] * own[d];
            own[d] *= step[d];
        }
        return fold_strided(r, n, y, x, x->rank, dim, start, own) ? y : NULL;
    }
    struct tensor *t = value_view(r->g, r->a, x, -1, order, &rank, r->e);
    if (!t) return fail_in(r->e, "node %s (%s)", n->name, n->op), NULL;
    struct node *m = make_node(r, n, OP_STRIDED_SLICE, 1);
    m->in[0] = t;
    m->out[0]->rank = rank;
    for (int i = 0; i < rank; i++) {
        m->as.slice.begin[i] = order[i] < 0 ? 0 : (int32_t)begin[order[i]];
        m->as.slice.stride[i] = order[i] < 0 ? 1 : (int32_t)step[order[i]];
        m->out[0]->dim[i] = order[i] < 0 ? 1 : dim[order[i]];
    }
    if (!(t = node_done(r, n, m))) return NULL;
    value_set(y, t, order, x->rank, dim);
    return y;
}

struct value *make_along(struct onnx *r, struct onnx_node *n, struct value *x, int axis, int64_t begin,
                         int64_t step, int32_t count)
{
    int64_t from[VALUE_MAX_RANK] = {0}, by[VALUE_MAX_RANK];
    int32_t dim[VALUE_MAX_RANK];
    if (!x) return NULL;
    for (int d = 0; d < x->rank; d++) {
        by[d] = 1;
        dim[d] = x->dim[d];
    }
    from[axis] = begin;
    by[axis] = step;
    dim[axis] = count;
    return make_part(r, n, x, from, by, dim);
}

static int64_t clamp(int64_t v, int64_t lo, int64_t hi)
{
    return v < lo ? lo : v > hi ? hi : v;
}

static bool slice(struct onnx *r, struct onnx_node *n)
{
    struct value *x = node_in(r, n, 0);
    const int64_t *start, *end, *axes, *steps;
    int nstart, nend, naxes, nsteps;
    if (!x || !node_list(r, n, "starts", 1, &start, &nstart) || !node_list(r, n, "ends", 2, &end, &nend) ||
        !node_list(r, n, "axes", 3, &axes, &naxes) || !node_list(r, n, NULL, 4, &steps, &nsteps))
        return false;
    if (nstart != nend || (axes && naxes != nstart) || (steps && nsteps != nstart) || nstart > x->rank)
        return node_fail(r, n, "its starts, ends, axes and steps do not fit each other");
    int64_t begin[VALUE_MAX_RANK] = {0}, step[VALUE_MAX_RANK];
    int32_t dim[VALUE_MAX_RANK];
    memcpy(dim, x->dim, sizeof dim);
    for (int d = 0; d < x->rank; d++) step[d] = 1;
    for (int i = 0; i < nstart; i++) {
        int d = axes ? node_axis(r, n, axes[i], x->rank) : i;
        if (d < 0) return false;
        int64_t size = x->dim[d], s = steps ? steps[i] : 1;
        if (s == 0) return node_fail(r, n, "a step of 0");
        s = clamp(s, -INT32_MAX, INT32_MAX);
        int64_t from = start[i] < 0 ? clamp(start[i], -size - 1, 0) + size : start[i];
        int64_t to = end[i] < 0 ? clamp(end[i], -size - 1, 0) + size : end[i];
        from = s > 0 ? clamp(from, 0, size) : clamp(from, 0, size - 1);
        to = s > 0 ? clamp(to, 0, size) : clamp(to, -1, size - 1);
        int64_t count = s > 0 ? (to - from + s - 1) / s : (from - to - s - 1) / -s;
        begin[d] = from;
        step[d] = s;
        dim[d] = count > 0 ? (int32_t)count : 0;
    }
    return node_is(r, n, 0, make_part(r, n, x, begin, step, dim));
}

static bool split(struct onnx *r, struct onnx_node *n)
{
    struct value *x = node_in(r, n, 0);
    const int64_t *list;
    int count;
    if (!x || !node_list(r, n, "split", 1, &list, &count)) return false;
    int axis = node_axis(r, n, attr_int(n, "axis", 0), x->rank);
    if (axis < 0) return false;
    if (list && count != n->nout) return node_fail(r, n, "%d parts for %d outputs", count, n->nout);
    const int32_t size = x->dim[axis], each = (size + n->nout - 1) / n->nout;
    int64_t begin = 0;
    for (int k = 0; k < n->nout; k++) {
        const int64_t take = list ? list[k] : clamp(each, 0, size - begin);
        if (take < 1 || take > size - begin)
            return node_fail(r, n, "part %d does not fit dimension %d", k, axis);
        if (!node_is(r, n, k, make_along(r, n, x, axis, begin, 1, (int32_t)take))) return false;
        begin += take;
    }
    return true;
}

// The first lengths[b] steps of each sequence backwards.
static bool reverse_sequence(struct onnx *r, struct onnx_node *n)
{
    struct value *x = node_in(r, n, 0), *length = x ? node_ints(r, n, 1) : NULL;
    if (!length) return false;
    const int batch = node_axis(r, n, attr_int(n, "batch_axis", 1), x->rank);
    const int time = batch < 0 ? -1 : node_axis(r, n, attr_int(n, "time_axis", 0), x->rank);
    if (time < 0) return false;
    if (time == batch || value_count(length) != x->dim[batch] || x->dim[batch] > 64)
        return node_fail(r, n, "%lld lengths for %d sequences", (long long)value_count(length),
                         x->dim[batch]);
    struct value *all[64];
    for (int b = 0; b < x->dim[batch]; b++) {
        const int64_t len = length->i[b];
        if (len < 0 || len > x->dim[time])
            return node_fail(r, n, "%lld of %d steps", (long long)len, x->dim[time]);
        const int32_t back = (int32_t)len, rest = x->dim[time] - back;
        struct value *one = make_along(r, n, x, batch, b, 1, 1), *part[2] = {one, NULL};
        if (back > 1) part[0] = make_along(r, n, one, time, back - 1, -1, back);
        if (back > 1 && rest) part[1] = make_along(r, n, one, time, back, 1, rest);
        all[b] = part[1] ? make_concat(r, n, 2, part, time) : part[0];
    }
    return node_is(r, n, 0, make_concat(r, n, x->dim[batch], all, batch));
}

const struct onnx_op_entry onnx_ops_slice[] = {
    {"Slice", slice, OP_STRIDED_SLICE},
    {"Split", split, OP_STRIDED_SLICE},
    {"ReverseSequence", reverse_sequence, OP_STRIDED_SLICE},
    {NULL, NULL, OP_COUNT},
};
