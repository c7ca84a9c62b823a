// Ops that move values. On constants they are folded; on computed values most only relabel.
#include "onnx_read.h"
#include <math.h>
#include <string.h>

// ---- relabelling ----

// v under another shape; put into ONNX's order first when the shape cuts across dimensions that are not
// neighbours.
static bool view(struct onnx *r, struct onnx_node *n, const struct value *v, int rank, const int32_t *dim)
{
    node_same(n, v);
    struct value *y = &n->out[0];
    if (value_is_const(v)) {
        y->rank = rank;
        memmove(y->dim, dim, (size_t)rank * sizeof *dim);
        return true;
    }
    if (value_reshape(y, rank, dim)) return true;
    struct tensor *t = rank > GRAPH_MAX_RANK ? NULL : value_plain(r->g, r->a, v, r->e);
    if (!t)
        return rank > GRAPH_MAX_RANK ? node_fail(r, n, "its output has %d dimensions", rank)
                                     : fail_in(r->e, "node %s (%s)", n->name, n->op);
    struct node *m = node_add(r, n, OP_RESHAPE, 1);
    m->in[0] = t;
    m->out[0]->rank = rank;
    memcpy(m->out[0]->dim, dim, (size_t)rank * sizeof *dim);
    if (!(t = node_done(r, n, m))) return false;
    value_set_plain(y, t);
    return true;
}

static bool reshape(struct onnx *r, struct onnx_node *n)
{
    struct value *x = node_in(r, n, 0), *shape = x ? node_ints(r, n, 1) : NULL;
    if (!shape) return false;
    int rank = (int)value_count(shape), unknown = -1;
    if (shape->rank > 1 || rank > VALUE_MAX_RANK) return node_fail(r, n, "its shape has %d dimensions", rank);
    int64_t dim[VALUE_MAX_RANK], count = value_count(x), known = 1;
    for (int i = 0; i < rank; i++) {
        dim[i] = shape->i[i];
        if (dim[i] == 0 && !attr_int(n, "allowzero", 0)) dim[i] = i < x->rank ? x->dim[i] : 0;
        if (dim[i] < -1 || dim[i] > INT32_MAX || (dim[i] == -1 && unknown >= 0))
            return node_fail(r, n, "its shape has %lld in it", (long long)dim[i]);
        if (dim[i] == -1)
            unknown = i;
        else
            known *= dim[i];
        if (known > INT32_MAX) return node_fail(r, n, "its shape is too large");
    }
    // A batch written into the shape, of a file whose batch was set to 1.
    if (rank && r->fixed_batch > 1 && dim[0] == r->fixed_batch && !value_is_const(x) &&
        (known == count * r->fixed_batch || (unknown >= 0 && x->rank && x->dim[0] == 1))) {
        known /= dim[0];
        dim[0] = 1;
    }
    if (unknown >= 0) dim[unknown] = known && count % known == 0 ? count / known : -1;
    int32_t dim32[VALUE_MAX_RANK];
    if ((unknown >= 0 ? dim[unknown] < 0 : known != count))
        return node_fail(r, n, "%lld numbers do not fit its shape; was the batch fixed when it was exported?",
                         (long long)count);
    return dims_check(r, n, rank, dim, dim32) && view(r, n, x, rank, dim32);
}

static bool flatten(struct onnx *r, struct onnx_node *n)
{
    struct value *x = node_in(r, n, 0);
    if (!x) return false;
    int64_t at = attr_int(n, "axis", 1);
    if (at < 0) at += x->rank;
    if (at < 0 || at > x->rank) return node_fail(r, n, "axis %lld of %d", (long long)at, x->rank);
    int32_t dim[2] = {1, 1};
    for (int i = 0; i < x->rank; i++) dim[i >= at] *= x->dim[i];
    return view(r, n, x, 2, dim);
}

static bool squeeze(struct onnx *r, struct onnx_node *n)
{
    struct value *x = node_in(r, n, 0);
    const int64_t *list;
    int count, rank = 0;
    if (!x || !node_list(r, n, "axes", 1, &list, &count)) return false;
    bool gone[VALUE_MAX_RANK] = {0};
    for (int i = 0; i < count; i++) {
        int axis = node_axis(r, n, list[i], x->rank);
        if (axis < 0) return false;
        if (x->dim[axis] != 1)
            return node_fail(r, n, "dimension %d is %d and cannot be squeezed", axis, x->dim[axis]);
        gone[axis] = true;
    }
    int32_t dim[VALUE_MAX_RANK];
    for (int i = 0; i < x->rank; i++)
        if (list ? !gone[i] : x->dim[i] != 1) dim[rank++] = x->dim[i];
    return view(r, n, x, rank, dim);
}

static bool unsqueeze(struct onnx *r, struct onnx_node *n)
{
    struct value *x = node_in(r, n, 0);
    const int64_t *list;
    int count;
    if (!x || !node_list(r, n, "axes", 1, &list, &count)) return false;
    int rank = x->rank + count;
    if (rank > VALUE_MAX_RANK) return node_fail(r, n, "its output has %d dimensions", rank);
    bool fresh[VALUE_MAX_RANK] = {0};
    for (int i = 0; i < count; i++) {
        int axis = node_axis(r, n, list[i], rank);
        if (axis < 0) return false;
        if (fresh[axis]) return node_fail(r, n, "axis %d stands twice", axis);
        fresh[axis] = true;
    }
    int32_t dim[VALUE_MAX_RANK];
    for (int i = 0, from = 0; i < rank; i++) dim[i] = fresh[i] ? 1 : x->dim[from++];
    return view(r, n, x, rank, dim);
}

static bool identity(struct onnx *r, struct onnx_node *n)
{
    struct value *x = node_in(r, n, 0);
    return x && node_same(n, x);
}

static bool dropout(struct onnx *r, struct onnx_node *n)
{
    if (n->nin > 2 && n->in[2] && n->in[2]->i && value_count(n->in[2]) == 1 && n->in[2]->i[0])
        return node_fail(r, n, "is in training mode; export the model for inference");
    return identity(r, n);
}

static bool transpose(struct onnx *r, struct onnx_node *n)
{
    struct value *x = node_in(r, n, 0);
    const int64_t *list;
    int count, perm[VALUE_MAX_RANK];
    if (!x || !node_list(r, n, "perm", -1, &list, &count)) return false;
    if (list && count != x->rank)
        return node_fail(r, n, "perm has %d entries for %d dimensions", count, x->rank);
    unsigned seen = 0;
    for (int i = 0; i < x->rank; i++) {
        perm[i] = list ? node_axis(r, n, list[i], x->rank) : x->rank - 1 - i;
        if (perm[i] < 0) return false;
        if (seen & 1u << perm[i]) return node_fail(r, n, "perm is not a permutation");
        seen |= 1u << perm[i];
    }
    if (!value_is_const(x)) {
        node_same(n, x);
        value_transpose(&n->out[0], perm);
        return true;
    }
    int64_t step[VALUE_MAX_RANK], moved[VALUE_MAX_RANK];
    int32_t dim[VALUE_MAX_RANK];
    fold_strides(x, step);
    for (int i = 0; i < x->rank; i++) {
        dim[i] = x->dim[perm[i]];
        moved[i] = step[perm[i]];
    }
    return fold_strided(r, n, x, x->rank, dim, 0, moved);
}

// ---- parts and joints ----

static bool concat_consts(struct onnx *r, struct onnx_node *n, int axis)
{
    const struct value *x = n->in[0];
    int32_t dim[VALUE_MAX_RANK];
    int64_t sum = 0, outer = 1, inner = 1;
    memcpy(dim, x->dim, sizeof dim);
    for (int k = 0; k < n->nin; k++) sum += n->in[k]->dim[axis];
    if (sum > INT32_MAX) return node_fail(r, n, "its output is too large");
    dim[axis] = (int32_t)sum;
    int64_t wide[VALUE_MAX_RANK];
    for (int i = 0; i < x->rank; i++) {
        wide[i] = dim[i];
        if (i < axis) outer *= dim[i];
        if (i > axis) inner *= dim[i];
    }
    float *f;
    int64_t *i, o = 0;
    if (!dims_check(r, n, x->rank, wide, dim) || !fold_like(r, n, x, x->rank, dim, &f, &i)) return false;
    for (int64_t out = 0; out < outer; out++)
        for (int k = 0; k < n->nin; k++) {
            int64_t run = n->in[k]->dim[axis] * inner;
            for (int64_t j = 0; j < run; j++) fold_move(n->in[k], f, i, o++, out * run + j);
        }
    return true;
}

static bool concat(struct onnx *r, struct onnx_node *n)
{
    struct value *x = node_in(r, n, 0);
    if (!x) return false;
    int axis = node_axis(r, n, attr_int(n, "axis", r->opset < 4 ? 1 : -1), x->rank), order[GRAPH_MAX_RANK],
        rank;
    if (axis < 0) return false;
    bool all_const = true, any_const = false;
    for (int k = 0; k < n->nin; k++) {
        struct value *v = node_in(r, n, k);
        if (!v) return false;
        all_const &= value_is_const(v);
        any_const |= value_is_const(v);
        if (v->rank != x->rank || !v->f != !x->f)
            return node_fail(r, n, "%s does not fit %s", v->name, x->name);
        for (int i = 0; i < x->rank; i++)
            if (i != axis && v->dim[i] != x->dim[i])
                return node_fail(r, n, "%s and %s differ in dimension %d: %d and %d", v->name, x->name, i,
                                 v->dim[i], x->dim[i]);
    }
    if (all_const) return concat_consts(r, n, axis);
    if (any_const) return node_fail(r, n, "joining computed values with constants is not supported");
    struct tensor *t = value_view(r->g, r->a, x, axis, order, &rank, r->e);
    struct tensor **part = arena_new_n(r->scratch, (size_t)n->nin, struct tensor *);
    for (int k = 0; k < n->nin && t; k++)
        t = part[k] = k ? value_tensor(r->g, r->a, n->in[k], rank, order, r->e) : t;
    if (!t) return fail_in(r->e, "node %s (%s)", n->name, n->op);
    struct node *m = node_add(r, n, OP_CONCATENATION, n->nin);
    memcpy(m->in, part, (size_t)n->nin * sizeof *part);
    while (order[m->as.axis.axis] != axis) m->as.axis.axis++;
    if (!(t = node_done(r, n, m))) return false;
    int32_t dim[VALUE_MAX_RANK];
    memcpy(dim, x->dim, sizeof dim);
    dim[axis] = t->dim[m->as.axis.axis];
    value_set(&n->out[0], t, order, x->rank, dim);
    return true;
}

static bool pad(struct onnx *r, struct onnx_node *n)
{
    struct value *x = node_computed(r, n, 0);
    const int64_t *list, *axes;
    int count, naxes, order[GRAPH_MAX_RANK], rank, one = -1;
    if (!x || !node_list(r, n, "pads", 1, &list, &count) || !node_list(r, n, NULL, 3, &axes, &naxes))
        return false;
    const char *mode = attr_text(r, n, "mode", "constant");
    float value = attr_float(n, "value", 0);
    if (n->nin > 2 && n->in[2]) {
        const struct value *v = node_floats(r, n, 2);
        if (!v) return false;
        value = value_count(v) == 1 ? v->f[0] : NAN;
    }
    if (strcmp(mode, "constant") || value != 0)
        return node_fail(r, n, "only padding with zeros is supported");
    if (!axes) naxes = x->rank;
    if (count != 2 * naxes) return node_fail(r, n, "pads has %d entries, want %d", count, 2 * naxes);
    int32_t before[VALUE_MAX_RANK] = {0}, after[VALUE_MAX_RANK] = {0}, dim[VALUE_MAX_RANK];
    memcpy(dim, x->dim, sizeof dim);
    for (int i = 0; i < naxes; i++) {
        int d = axes ? node_axis(r, n, axes[i], x->rank) : i;
        if (d < 0) return false;
        if (list[i] < 0 || list[i + naxes] < 0 || list[i] > 1 << 20 || list[i + naxes] > 1 << 20)
            return node_fail(r, n, "padding of %lld and %lld is not supported", (long long)list[i],
                             (long long)list[i + naxes]);
        before[d] = (int32_t)list[i];
        after[d] = (int32_t)list[i + naxes];
        if (x->dim[d] > 1 << 24) return node_fail(r, n, "its input is too large");
        dim[d] = x->dim[d] + before[d] + after[d];
        if (x->dim[d] == 1 && dim[d] > 1) one = d;
    }
    struct tensor *t = value_view(r->g, r->a, x, one, order, &rank, r->e);
    if (!t) return fail_in(r->e, "node %s (%s)", n->name, n->op);
    struct node *m = node_add(r, n, OP_PAD, 1);
    m->in[0] = t;
    for (int d = 0, done = 0; d < x->rank; d++, done = 0) {
        for (int i = 0; i < rank; i++)
            if (order[i] == d) {
                m->as.pad.before[i] = before[d];
                m->as.pad.after[i] = after[d];
                done = 1;
            }
        if (!done && dim[d] != x->dim[d]) return node_fail(r, n, "pads more than one dimension of size 1");
    }
    if (!(t = node_done(r, n, m))) return false;
    value_set(&n->out[0], t, order, x->rank, dim);
    return true;
}

// The part of x that starts at begin[d] and takes dim[d] elements every step[d] of dimension d, as output
// `out`.
static bool part_of(struct onnx *r, struct onnx_node *n, struct value *x, const int64_t *begin,
                    const int64_t *step, const int32_t *dim, int out)
{
    int order[GRAPH_MAX_RANK], rank;
    bool whole = true;
    for (int d = 0; d < x->rank; d++) {
        whole &= dim[d] == x->dim[d] && step[d] == 1;
        if (!value_is_const(x) && dim[d] < 1) return node_fail(r, n, "nothing is left of dimension %d", d);
    }
    if (whole && !out) return node_same(n, x);
    if (value_is_const(x)) {
        int64_t own[VALUE_MAX_RANK], start = 0;
        if (out) return node_fail(r, n, "splitting a constant is not supported; simplify the model");
        fold_strides(x, own);
        for (int d = 0; d < x->rank; d++) {
            start += begin[d] * own[d];
            own[d] *= step[d];
        }
        return fold_strided(r, n, x, x->rank, dim, start, own);
    }
    struct tensor *t = value_view(r->g, r->a, x, -1, order, &rank, r->e);
    if (!t) return fail_in(r->e, "node %s (%s)", n->name, n->op);
    struct node *m = node_add(r, n, OP_STRIDED_SLICE, 1);
    m->in[0] = t;
    m->out[0]->name = n->out[out].name;
    m->out[0]->rank = rank;
    for (int i = 0; i < rank; i++) {
        m->as.slice.begin[i] = order[i] < 0 ? 0 : (int32_t)begin[order[i]];
        m->as.slice.stride[i] = order[i] < 0 ? 1 : (int32_t)step[order[i]];
        m->out[0]->dim[i] = order[i] < 0 ? 1 : dim[order[i]];
    }
    if (!(t = node_done(r, n, m))) return false;
    value_set(&n->out[out], t, order, x->rank, dim);
    return true;
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
    return part_of(r, n, x, begin, step, dim, 0);
}

static bool split(struct onnx *r, struct onnx_node *n)
{
    struct value *x = node_computed(r, n, 0);
    const int64_t *list;
    int count;
    if (!x || !node_list(r, n, "split", 1, &list, &count)) return false;
    int axis = node_axis(r, n, attr_int(n, "axis", 0), x->rank);
    if (axis < 0) return false;
    if (list && count != n->nout) return node_fail(r, n, "%d parts for %d outputs", count, n->nout);
    int64_t begin[VALUE_MAX_RANK] = {0}, step[VALUE_MAX_RANK];
    for (int d = 0; d < x->rank; d++) step[d] = 1;
    int32_t size = x->dim[axis], each = (size + n->nout - 1) / n->nout;
    for (int k = 0; k < n->nout; k++) {
        int32_t dim[VALUE_MAX_RANK];
        memcpy(dim, x->dim, sizeof dim);
        int64_t take = list ? list[k] : clamp(each, 0, size - begin[axis]);
        if (take < 1 || take > size - begin[axis])
            return node_fail(r, n, "part %d does not fit dimension %d", k, axis);
        dim[axis] = (int32_t)take;
        if (!part_of(r, n, x, begin, step, dim, k)) return false;
        begin[axis] += take;
    }
    return true;
}

static bool gather(struct onnx *r, struct onnx_node *n)
{
    struct value *x = node_in(r, n, 0), *at = x ? node_ints(r, n, 1) : NULL;
    if (!at) return false;
    int axis = node_axis(r, n, attr_int(n, "axis", 0), x->rank), rank = 0;
    if (axis < 0) return false;
    int64_t size = x->dim[axis], count = value_count(at);
    for (int64_t k = 0; k < count; k++)
        if (at->i[k] < -size || at->i[k] >= size)
            return node_fail(r, n, "takes element %lld of %lld", (long long)at->i[k], (long long)size);
    if (!value_is_const(x)) {
        if (count != 1)
            return node_fail(r, n, "takes several elements of computed values; only one is supported");
        int64_t begin[VALUE_MAX_RANK] = {0}, step[VALUE_MAX_RANK];
        int32_t dim[VALUE_MAX_RANK], left[VALUE_MAX_RANK];
        for (int d = 0; d < x->rank; d++) {
            step[d] = 1;
            dim[d] = d == axis ? 1 : x->dim[d];
            if (d == axis)
                for (int i = 0; i < at->rank; i++) {
                    if (rank == VALUE_MAX_RANK) return node_fail(r, n, "its output has too many dimensions");
                    left[rank++] = 1;
                }
            else if (rank < VALUE_MAX_RANK)
                left[rank++] = x->dim[d];
        }
        begin[axis] = at->i[0] < 0 ? at->i[0] + size : at->i[0];
        if (!part_of(r, n, x, begin, step, dim, 0)) return false;
        struct value v = n->out[0];
        return view(r, n, &v, rank, left);
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

const struct onnx_op_entry onnx_ops_shape[] = {
    {"Reshape", reshape},   {"Flatten", flatten}, {"Squeeze", squeeze},     {"Unsqueeze", unsqueeze},
    {"Identity", identity}, {"Dropout", dropout}, {"Transpose", transpose}, {"Concat", concat},
    {"Pad", pad},           {"Slice", slice},     {"Split", split},         {"Gather", gather},
    {NULL, NULL},
};
