// Operands that broadcast: their common shape, and how they are laid out so that values keep the order they lie in.
#include "onnx_operand.h"
#include <string.h>

bool operands_shape(struct onnx *r, struct onnx_node *n, const struct value *a, const struct value *b,
                    int32_t *dim, int *rank)
{
    *rank = a->rank > b->rank ? a->rank : b->rank;
    for (int i = 0; i < *rank; i++) {
        int ia = i - (*rank - a->rank), ib = i - (*rank - b->rank);
        int32_t p = ia < 0 ? 1 : a->dim[ia], q = ib < 0 ? 1 : b->dim[ib];
        if (p != q && p != 1 && q != 1)
            return node_fail(r, n, "%s and %s do not fit each other: dimension %d is %d and %d", a->name,
                             b->name, i, p, q);
        dim[i] = p == 1 ? q : p;
    }
    int64_t wide[VALUE_MAX_RANK];
    for (int i = 0; i < *rank; i++) wide[i] = dim[i];
    return dims_check(r, n, *rank, wide, dim);
}

int64_t operand_at(const struct value *c, int64_t o, int rank, const int32_t *dim)
{
    int64_t at = 0, stride = 1;
    for (int i = rank - 1; i >= 0; i--) {
        int ci = i - (rank - c->rank);
        if (ci >= 0) {
            if (c->dim[ci] > 1) at += o % dim[i] * stride;
            stride *= c->dim[ci];
        }
        o /= dim[i];
    }
    return at;
}

bool operand_fits(const struct value *v, int rank, const int32_t *dim)
{
    return v->rank == rank && !memcmp(v->dim, dim, (size_t)rank * sizeof *dim);
}

// The same factors in the same order in memory.
static bool same_order(const struct value *a, const struct value *b)
{
    return a->rank == b->rank && a->nfactor == b->nfactor &&
           !memcmp(a->factor, b->factor, (size_t)a->nfactor * sizeof *a->factor) &&
           !memcmp(a->mem, b->mem, (size_t)a->nfactor * sizeof *a->mem);
}

// A constant's numbers as floats: layouts move floats only. Integers beyond 2^24 are refused.
static const float *const_floats(struct onnx *r, const struct value *c)
{
    const int64_t count = value_count(c);
    if (c->f) return c->f;
    if (count > r->fold_left) return FAIL_NULL(r->e, "constant %s is too large", c->name);
    r->fold_left -= count;
    float *f = arena_new_n(r->a, (size_t)count, float);
    for (int64_t k = 0; k < count; k++) {
        if (c->i[k] < -(1 << 24) || c->i[k] > 1 << 24)
            return FAIL_NULL(r->e, "constant %s holds %lld, which is too large", c->name, (long long)c->i[k]);
        f[k] = (float)c->i[k];
    }
    return f;
}

// The float constant t as one of `type`.
static struct tensor *const_typed(struct onnx *r, struct tensor *t, enum dtype type)
{
    if (type == F32) return t;
    const int64_t count = tensor_count(t);
    const float *f = t->data;
    void *to = arena_array(r->a, (size_t)count, (size_t)dtype_size(type));
    for (int64_t k = 0; k < count; k++)
        if (type == BOOL)
            ((uint8_t *)to)[k] = f[k] != 0;
        else
            ((int32_t *)to)[k] = (int32_t)f[k];
    return tensor_const(r->a, t->name, type, t->rank, t->dim, to);
}

// b as it broadcasts against a, whose shape is the output's. type: of the tensor when b is a constant.
static struct tensor *operand_like(struct onnx *r, struct value *a, struct value *b, enum dtype type)
{
    if (value_is_const(b)) {
        struct value c = *b;
        c.f = const_floats(r, b);
        struct tensor *t = c.f ? value_const_like(r->a, a, &c, &r->fold_left) : NULL;
        if (!t) return FAIL_NULL(r->e, "constant %s would have to be repeated too often", b->name);
        if (b->q.n == 1) t->q = b->q;
        return const_typed(r, t, type);
    }
    int axis[GRAPH_MAX_RANK], n;
    if (same_order(a, b)) { // b takes a's shape by a reshape at most
        struct value v = *b;
        if (b->t->rank == a->t->rank && !memcmp(a->t->dim, b->t->dim, sizeof a->t->dim)) return b->t;
        if (value_axes(a, axis)) return value_tensor(r->g, r->a, &v, a->t->rank, axis, r->e);
    }
    struct tensor *t = value_view(r->g, r->a, a, -1, axis, &n, r->e);
    if (!t) return NULL;
    value_set(a, t, axis, a->rank, a->dim);
    int ahead = a->rank - b->rank;
    for (int i = 0; i < n; i++) axis[i] = axis[i] < ahead ? -1 : axis[i] - ahead;
    return value_tensor(r->g, r->a, b, n, axis, r->e);
}

// b in ONNX's own order.
static struct tensor *operand_plain(struct onnx *r, struct value *b, enum dtype type)
{
    if (!value_is_const(b)) return value_plain(r->g, r->a, b, r->e);
    if (b->rank > GRAPH_MAX_RANK) return FAIL_NULL(r->e, "%s has too many dimensions", b->name);
    const float *f = const_floats(r, b);
    if (!f) return NULL;
    struct tensor *t = tensor_const(r->a, b->name, F32, b->rank, b->dim, f);
    if (b->q.n == 1) t->q = b->q;
    return const_typed(r, t, type);
}

bool operands(struct onnx *r, struct onnx_node *n, int count, struct value **in, const enum dtype *type,
              struct tensor **t, struct value *y)
{
    struct value shape = *in[0], *const lead = &shape;
    int rank = 0, from = -1;
    int32_t dim[VALUE_MAX_RANK];
    for (int k = 1; k < count; k++) {
        if (!operands_shape(r, n, lead, in[k], dim, &rank)) return false;
        lead->rank = rank;
        memcpy(lead->dim, dim, (size_t)rank * sizeof *dim);
    }
    for (int i = 0; i < rank; i++)
        if (dim[i] < 1) return node_fail(r, n, "its operands are empty");
    for (int k = 0; k < count && from < 0;
         k++) // the operand with the output's shape leads, its order is kept
        if (!value_is_const(in[k]) && operand_fits(in[k], rank, dim)) from = k;
    if (from < 0) { // all are stretched: in ONNX's own order
        for (int k = 0; k < count; k++)
            if (!(t[k] = operand_plain(r, in[k], type[k])))
                return fail_in(r->e, "node %s (%s)", n->name, n->op);
        y->t = NULL;
        return true;
    }
    *y = *in[from];
    if (count > 2) { // a form that laying out the others does not change any more
        int axis[GRAPH_MAX_RANK], nd;
        struct tensor *v = value_view(r->g, r->a, y, -1, axis, &nd, r->e);
        if (!v) return fail_in(r->e, "node %s (%s)", n->name, n->op);
        value_set(y, v, axis, rank, dim);
    }
    for (int k = 0; k < count; k++)
        if (k != from && !(t[k] = operand_like(r, y, in[k], type[k])))
            return fail_in(r->e, "node %s (%s)", n->name, n->op);
    t[from] = y->t;
    return true;
}

bool operands_done(struct onnx *r, struct onnx_node *n, struct node *m, struct value *y)
{
    struct tensor *out = node_done(r, n, m);
    if (!out) return false;
    if (y->t)
        y->t = out;
    else
        value_set_plain(y, out);
    return true;
}
