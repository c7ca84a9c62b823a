// Ops that take parts of values and join them.
#include "onnx_read.h"
#include <math.h>
#include <string.h>

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
        if (v->rank != x->rank || (v->i != NULL && x->i == NULL) || (x->i != NULL && v->i == NULL))
            return node_fail(r, n, "%s does not fit %s", v->name, x->name);
        for (int i = 0; i < x->rank; i++)
            if (i != axis && v->dim[i] != x->dim[i])
                return node_fail(r, n, "%s and %s differ in dimension %d: %d and %d", v->name, x->name, i,
                                 v->dim[i], x->dim[i]);
    }
    if (all_const) return concat_consts(r, n, axis);
    struct tensor *t = NULL;
    if (any_const) // in ONNX's own order, in which constants are
        for (rank = 0; rank < x->rank && rank < GRAPH_MAX_RANK; rank++) order[rank] = rank;
    else if (!(t = value_view(r->g, r->a, x, axis, order, &rank, r->e)))
        return fail_in(r->e, "node %s (%s)", n->name, n->op);
    if (any_const && x->rank > GRAPH_MAX_RANK) return node_fail(r, n, "%d dimensions", x->rank);
    struct tensor **part = arena_new_n(r->scratch, (size_t)n->nin, struct tensor *);
    for (int k = 0; k < n->nin; k++) {
        struct value *v = n->in[k];
        if (value_is_const(v))
            part[k] = tensor_const(r->a, v->name, F32, v->rank, v->dim, v->f);
        else
            part[k] = k || !t ? value_tensor(r->g, r->a, v, rank, order, r->e) : t;
        if (!part[k]) return fail_in(r->e, "node %s (%s)", n->name, n->op);
        if (part[k]->type != F32 && any_const) return node_fail(r, n, "joins constants to other than floats");
    }
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
        fold_strides(x, own);
        for (int d = 0; d < x->rank; d++) {
            start += begin[d] * own[d];
            own[d] *= step[d];
        }
        return fold_strided(r, n, &n->out[out], x, x->rank, dim, start, own);
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
    struct value *x = node_in(r, n, 0);
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
        return node_is(r, n, 0, make_shape(r, n, &v, rank, left));
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

static bool tile(struct onnx *r, struct onnx_node *n)
{
    struct value *x = node_in(r, n, 0);
    const int64_t *list;
    int count;
    if (!x || !node_list(r, n, NULL, 1, &list, &count)) return false;
    if (count != x->rank) return node_fail(r, n, "%d numbers for %d dimensions", count, x->rank);
    return node_is(r, n, 0, make_tile(r, n, x, list));
}

struct value *make_tile(struct onnx *r, struct onnx_node *n, struct value *x, const int64_t *times)
{
    int64_t wide[VALUE_MAX_RANK];
    int32_t dim[VALUE_MAX_RANK];
    bool grows = false;
    for (int d = 0; d < x->rank; d++) {
        if (times[d] < 1 || times[d] > INT32_MAX)
            return node_fail(r, n, "repeats dimension %d %lld times", d, (long long)times[d]), NULL;
        wide[d] = x->dim[d] * times[d];
        grows |= times[d] > 1;
    }
    if (!grows) return x;
    if (!dims_check(r, n, x->rank, wide, dim)) return NULL;
    struct value *y = make_value(r, n);
    if (!value_is_const(x)) {
        struct tensor *t = value_plain(r->g, r->a, x, r->e);
        if (!t) return fail_in(r->e, "node %s (%s)", n->name, n->op), NULL;
        struct node *m = make_node(r, n, OP_TILE, 1);
        m->in[0] = t;
        const int drop = x->rank - t->rank; // leading 1s
        for (int d = 0; d < drop; d++)
            if (times[d] != 1) return node_fail(r, n, "%d dimensions", x->rank), NULL;
        for (int d = drop; d < x->rank; d++) m->as.tile.times[d - drop] = (int32_t)times[d];
        if (!(t = node_done(r, n, m))) return NULL;
        int axis[GRAPH_MAX_RANK];
        for (int d = 0; d < t->rank; d++) axis[d] = d + drop;
        value_set(y, t, axis, x->rank, dim);
        return y;
    }
    float *f = NULL;
    int64_t *i = NULL, own[VALUE_MAX_RANK];
    if (!fold_new(r, n, y, x->rank, dim, x->f ? &f : NULL, x->f ? NULL : &i)) return NULL;
    fold_strides(x, own);
    for (int64_t o = 0, total = value_count(y); o < total; o++) {
        int64_t from = 0, rest = o;
        for (int d = x->rank - 1; d >= 0; d--) {
            from += rest % dim[d] % x->dim[d] * own[d];
            rest /= dim[d];
        }
        fold_move(x, f, i, o, from);
    }
    return y;
}

// Blocks of block x block positions become channels, and back: reshapes around a transpose.
static bool space_depth(struct onnx *r, struct onnx_node *n)
{
    struct value *x = node_computed(r, n, 0);
    const int64_t b = attr_int(n, "blocksize", 0);
    const bool to_space = !strcmp(n->op, "DepthToSpace"),
               crd = !strcmp(attr_text(r, n, "mode", "DCR"), "CRD");
    if (!x) return false;
    if (x->rank != 4 || b < 1 || b > 64)
        return node_fail(r, n, "blocksize %lld of %d dimensions", (long long)b, x->rank);
    const int32_t k = (int32_t)b, c = x->dim[1], h = x->dim[2], w = x->dim[3];
    if (to_space ? c % (k * k) : h % k || w % k)
        return node_fail(r, n, "blocks of %d do not fit its input", k);
    static const int dcr_perm[] = {0, 3, 4, 1, 5, 2}, crd_perm[] = {0, 1, 4, 2, 5, 3},
                     depth[] = {0, 3, 5, 1, 2, 4};
    if (!to_space) {
        struct value *y = make_shape(r, n, x, 6, (int32_t[]){x->dim[0], c, h / k, k, w / k, k});
        y = make_transpose(r, n, y, depth);
        return node_is(r, n, 0, make_shape(r, n, y, 4, (int32_t[]){x->dim[0], c * k * k, h / k, w / k}));
    }
    const int32_t few = c / (k * k);
    struct value *y = make_shape(
        r, n, x, 6, crd ? (int32_t[]){x->dim[0], few, k, k, h, w} : (int32_t[]){x->dim[0], k, k, few, h, w});
    y = make_transpose(r, n, y, crd ? crd_perm : dcr_perm);
    return node_is(r, n, 0, make_shape(r, n, y, 4, (int32_t[]){x->dim[0], few, h * k, w * k}));
}

const struct onnx_op_entry onnx_ops_part[] = {
    {"Concat", concat, OP_CONCATENATION},
    {"Pad", pad, OP_PAD},
    {"Slice", slice, OP_STRIDED_SLICE},
    {"Split", split, OP_STRIDED_SLICE},
    {"Gather", gather, OP_GATHER},
    {"Tile", tile, OP_TILE},
    {"DepthToSpace", space_depth, OP_TRANSPOSE},
    {"SpaceToDepth", space_depth, OP_TRANSPOSE},
    {NULL, NULL, OP_COUNT},
};
