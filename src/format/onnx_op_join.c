// Ops that join values or repeat them.
#include "onnx_read.h"
#include <math.h>
#include <string.h>

static struct value *concat_consts(struct onnx *r, struct onnx_node *n, int count, struct value *const *in,
                                   int axis)
{
    const struct value *x = in[0];
    struct value *y = make_value(r, n);
    int32_t dim[VALUE_MAX_RANK];
    int64_t sum = 0, outer = 1, inner = 1;
    memcpy(dim, x->dim, sizeof dim);
    for (int k = 0; k < count; k++) sum += in[k]->dim[axis];
    if (sum > INT32_MAX) return node_fail(r, n, "its output is too large"), NULL;
    dim[axis] = (int32_t)sum;
    int64_t wide[VALUE_MAX_RANK];
    for (int i = 0; i < x->rank; i++) {
        wide[i] = dim[i];
        if (i < axis) outer *= dim[i];
        if (i > axis) inner *= dim[i];
    }
    float *f = NULL;
    int64_t *i = NULL, o = 0;
    if (!dims_check(r, n, x->rank, wide, dim) ||
        !fold_new(r, n, y, x->rank, dim, x->f ? &f : NULL, x->f ? NULL : &i))
        return NULL;
    for (int64_t out = 0; out < outer; out++)
        for (int k = 0; k < count; k++) {
            int64_t run = in[k]->dim[axis] * inner;
            for (int64_t e = 0; e < run; e++) fold_move(in[k], f, i, o++, out * run + e);
        }
    return y;
}

struct value *make_concat(struct onnx *r, struct onnx_node *n, int count, struct value *const *in, int axis)
{
    int order[GRAPH_MAX_RANK], rank;
    bool all_const = true, any_const = false;
    struct value *x = count ? in[0] : NULL;
    for (int k = 0; k < count; k++) {
        const struct value *v = in[k];
        if (!v) return NULL;
        all_const &= value_is_const(v);
        any_const |= value_is_const(v);
        if (v->rank != x->rank || (v->i != NULL && x->i == NULL) || (x->i != NULL && v->i == NULL))
            return node_fail(r, n, "%s does not fit %s", v->name, x->name), NULL;
        for (int i = 0; i < x->rank; i++)
            if (i != axis && v->dim[i] != x->dim[i])
                return node_fail(r, n, "%s and %s differ in dimension %d: %d and %d", v->name, x->name, i,
                                 v->dim[i], x->dim[i]),
                       NULL;
    }
    if (count == 1) return in[0];
    if (all_const) return concat_consts(r, n, count, in, axis);
    struct tensor *t = NULL;
    if (any_const) // in ONNX's own order, in which constants are
        for (rank = 0; rank < x->rank && rank < GRAPH_MAX_RANK; rank++) order[rank] = rank;
    else if (!(t = value_view(r->g, r->a, x, axis, order, &rank, r->e)))
        return fail_in(r->e, "node %s (%s)", n->name, n->op), NULL;
    if (any_const && x->rank > GRAPH_MAX_RANK) return node_fail(r, n, "%d dimensions", x->rank), NULL;
    struct tensor **part = arena_new_n(r->scratch, (size_t)count, struct tensor *);
    for (int k = 0; k < count; k++) {
        struct value *v = in[k];
        if (value_is_const(v))
            part[k] = tensor_const(r->a, v->name, F32, v->rank, v->dim, v->f);
        else
            part[k] = k || !t ? value_tensor(r->g, r->a, v, rank, order, r->e) : t;
        if (!part[k]) return fail_in(r->e, "node %s (%s)", n->name, n->op), NULL;
        if (part[k]->type != F32 && any_const)
            return node_fail(r, n, "joins constants to other than floats"), NULL;
    }
    struct node *m = make_node(r, n, OP_CONCATENATION, count);
    memcpy(m->in, part, (size_t)count * sizeof *part);
    while (order[m->as.axis.axis] != axis) m->as.axis.axis++;
    if (!(t = node_done(r, n, m))) return NULL;
    int32_t dim[VALUE_MAX_RANK];
    memcpy(dim, x->dim, sizeof dim);
    dim[axis] = t->dim[m->as.axis.axis];
    struct value *y = make_value(r, n);
    value_set(y, t, order, x->rank, dim);
    return y;
}

static bool concat(struct onnx *r, struct onnx_node *n)
{
    for (int k = 0; k < n->nin; k++)
        if (!node_in(r, n, k)) return false;
    if (!n->nin) return node_fail(r, n, "it joins nothing; the file is damaged");
    const int axis = node_axis(r, n, attr_int(n, "axis", r->opset < 4 ? 1 : -1), n->in[0]->rank);
    return axis >= 0 && node_is(r, n, 0, make_concat(r, n, n->nin, n->in, axis));
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

const struct onnx_op_entry onnx_ops_join[] = {
    {"Concat", concat, OP_CONCATENATION},
    {"Tile", tile, OP_TILE},
    {NULL, NULL, OP_COUNT},
};
