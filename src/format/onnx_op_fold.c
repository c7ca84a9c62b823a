// Constants: how ops on them are folded, and the ops that make them or compute with shapes.
#include "onnx_read.h"
#include <math.h>
#include <string.h>

// Copies elements of constant v into a new constant: element o of the output comes from element at(o).
void fold_move(const struct value *v, float *f, int64_t *i, int64_t o, int64_t from)
{
    if (f)
        f[o] = v->f[from];
    else
        i[o] = v->i[from];
}

bool fold_like(struct onnx *r, struct onnx_node *n, const struct value *v, int rank, const int32_t *dim,
               float **f, int64_t **i)
{
    *f = NULL;
    *i = NULL;
    return fold_new(r, n, &n->out[0], rank, dim, v->f ? f : NULL, v->f ? NULL : i);
}

// y[index] = v[sum of start + index * step]: slices, transposes and expansions of a constant.
bool fold_strided(struct onnx *r, struct onnx_node *n, struct value *y, const struct value *v, int rank,
                  const int32_t *dim, int64_t start, const int64_t *step)
{
    float *f = NULL;
    int64_t *i = NULL;
    if (!fold_new(r, n, y, rank, dim, v->f ? &f : NULL, v->f ? NULL : &i)) return false;
    for (int64_t o = 0, count = value_count(y); o < count; o++) {
        int64_t from = start, left = o;
        for (int d = rank - 1; d >= 0; d--) {
            from += left % dim[d] * step[d];
            left /= dim[d];
        }
        fold_move(v, f, i, o, from);
    }
    return true;
}

void fold_strides(const struct value *v, int64_t *step)
{
    int64_t s = 1;
    for (int d = v->rank - 1; d >= 0; d--) {
        step[d] = s;
        s *= v->dim[d];
    }
}

// ---- ops ----

static bool constant(struct onnx *r, struct onnx_node *n)
{
    const Onnx__AttributeProto *a;
    const char *name = n->out[0].name;
    float *f;
    int64_t *i;
    if ((a = attr_find(n, "value")) && a->t)
        return onnx_tensor_read(r, a->t, name, &n->out[0]) || fail_in(r->e, "node %s (%s)", n->name, n->op);
    if ((a = attr_find(n, "value_float"))) {
        if (!fold_new(r, n, &n->out[0], 0, NULL, &f, NULL)) return false;
        f[0] = a->f;
        return true;
    }
    if ((a = attr_find(n, "value_int"))) {
        if (!fold_new(r, n, &n->out[0], 0, NULL, NULL, &i)) return false;
        i[0] = a->i;
        return true;
    }
    if ((a = attr_find(n, "value_floats")) || (a = attr_find(n, "value_ints"))) {
        bool floats = !strcmp(a->name, "value_floats");
        int64_t count = (int64_t)(floats ? a->n_floats : a->n_ints);
        int32_t dim;
        if (!dims_check(r, n, 1, &count, &dim)) return false;
        if (!fold_new(r, n, &n->out[0], 1, &dim, floats ? &f : NULL, floats ? NULL : &i)) return false;
        if (count)
            memcpy(floats ? (void *)f : (void *)i, floats ? (void *)a->floats : (void *)a->ints,
                   (size_t)count * (floats ? sizeof *f : sizeof *i));
        return true;
    }
    return node_fail(r, n, "its value is not numeric");
}

static bool shape(struct onnx *r, struct onnx_node *n)
{
    struct value *x = node_in(r, n, 0);
    if (!x) return false;
    int64_t start = attr_int(n, "start", 0), end = attr_int(n, "end", x->rank), *i;
    if (start < 0) start += x->rank;
    if (end < 0) end += x->rank;
    if (start < 0) start = 0;
    if (end > x->rank) end = x->rank;
    int32_t count = end > start ? (int32_t)(end - start) : 0;
    if (!fold_new(r, n, &n->out[0], 1, &count, NULL, &i)) return false;
    for (int32_t k = 0; k < count; k++) i[k] = x->dim[start + k];
    return true;
}

static bool constant_of_shape(struct onnx *r, struct onnx_node *n)
{
    struct value *s = node_ints(r, n, 0), fill = {0};
    const Onnx__AttributeProto *a = attr_find(n, "value");
    int32_t dim[VALUE_MAX_RANK];
    float *f = NULL;
    int64_t *i = NULL;
    if (!s) return false;
    if (s->rank > 1 || value_count(s) > VALUE_MAX_RANK)
        return node_fail(r, n, "its shape has too many dimensions");
    int rank = (int)value_count(s);
    if (!dims_check(r, n, rank, s->i, dim)) return false;
    if (a && a->t && !onnx_tensor_read(r, a->t, n->name, &fill))
        return fail_in(r->e, "node %s (%s)", n->name, n->op);
    if (value_is_const(&fill) && value_count(&fill) != 1)
        return node_fail(r, n, "its value is not one number");
    if (!fold_new(r, n, &n->out[0], rank, dim, fill.i ? NULL : &f, fill.i ? &i : NULL)) return false;
    for (int64_t k = 0, count = value_count(&n->out[0]); k < count; k++)
        if (f)
            f[k] = fill.f ? fill.f[0] : 0;
        else
            i[k] = fill.i[0];
    return true;
}

// Integers are int32 here, whatever their width in ONNX.
struct value *make_cast(struct onnx *r, struct onnx_node *n, struct value *x, enum dtype type)
{
    if (!x || value_is_const(x) || x->t->type == type) return x;
    if (type == BOOL && x->t->type == F32) return make_binary(r, n, OP_NOT_EQUAL, x, make_number(r, 0));
    struct node *m = make_node(r, n, OP_CAST, 1);
    struct value *y = arena_copy(r->scratch, x, sizeof *x);
    m->in[0] = x->t;
    m->out[0]->type = type;
    y->t = node_done(r, n, m);
    return y->t ? y : NULL;
}

// To the standard's type `to`.
static bool cast_to(struct onnx *r, struct onnx_node *n, struct value *x, int64_t to)
{
    const bool to_float = to == 1 || to == 10 || to == 11 || to == 16;
    if (!value_is_const(x)) {
        const enum dtype type = to_float ? F32 : to == 9 ? BOOL : I32;
        if (type == I32 && to != 6 && to != 7)
            return node_fail(r, n, "a cast of computed values to type %lld of the standard is not supported",
                             (long long)to);
        return node_is(r, n, 0, make_cast(r, n, x, type));
    }
    if (to_float == (x->f != NULL)) return node_same(n, x);
    float *f = NULL;
    int64_t *i = NULL;
    if (!fold_new(r, n, &n->out[0], x->rank, x->dim, to_float ? &f : NULL, to_float ? NULL : &i))
        return false;
    for (int64_t k = 0, count = value_count(x); k < count; k++)
        if (f)
            f[k] = (float)x->i[k];
        else
            i[k] = to == 9 ? x->f[k] != 0 : x->f[k] > -9e18f && x->f[k] < 9e18f ? (int64_t)x->f[k] : 0;
    return true;
}

static bool cast(struct onnx *r, struct onnx_node *n)
{
    struct value *x = node_in(r, n, 0);
    return x && cast_to(r, n, x, attr_int(n, "to", 0));
}

// To the type that another value has.
static bool cast_like(struct onnx *r, struct onnx_node *n)
{
    struct value *x = node_in(r, n, 0), *like = x ? node_in(r, n, 1) : NULL;
    if (!like) return false;
    if (value_is_const(like)) return cast_to(r, n, x, like->f ? 1 : like->elem);
    return cast_to(r, n, x, like->t->type == F32 ? 1 : like->t->type == BOOL ? 9 : 6);
}

static bool expand(struct onnx *r, struct onnx_node *n)
{
    struct value *x = node_in(r, n, 0), *s = x ? node_ints(r, n, 1) : NULL;
    if (!s) return false;
    int srank = (int)value_count(s), rank = srank > x->rank ? srank : x->rank;
    if (s->rank > 1 || value_count(s) > VALUE_MAX_RANK)
        return node_fail(r, n, "its shape has too many dimensions");
    int64_t dim[VALUE_MAX_RANK], own[VALUE_MAX_RANK], step[VALUE_MAX_RANK] = {0};
    int32_t dim32[VALUE_MAX_RANK];
    bool grows = rank > x->rank;
    fold_strides(x, own);
    for (int i = 0; i < rank; i++) {
        int xi = i - (rank - x->rank), si = i - (rank - srank);
        int64_t p = xi < 0 ? 1 : x->dim[xi], q = si < 0 ? 1 : s->i[si];
        if (p != q && p != 1 && q != 1)
            return node_fail(r, n, "dimension %d of %lld cannot become %lld", i, (long long)p, (long long)q);
        dim[i] = p == 1 ? q : p;
        step[i] = p == 1 ? 0 : own[xi];
        grows |= dim[i] != p;
    }
    if (!grows) return node_same(n, x);
    if (!value_is_const(x)) {
        int32_t full[VALUE_MAX_RANK];
        int64_t times[VALUE_MAX_RANK];
        for (int i = 0; i < rank; i++) {
            full[i] = i < rank - x->rank ? 1 : x->dim[i - (rank - x->rank)];
            times[i] = full[i] == 1 ? dim[i] : 1;
        }
        struct value *wide = make_shape(r, n, x, rank, full);
        return wide && node_is(r, n, 0, make_tile(r, n, wide, times));
    }
    return dims_check(r, n, rank, dim, dim32) && fold_strided(r, n, &n->out[0], x, rank, dim32, 0, step);
}

static bool size(struct onnx *r, struct onnx_node *n)
{
    struct value *x = node_in(r, n, 0);
    int64_t *i;
    if (!x || !fold_new(r, n, &n->out[0], 0, NULL, NULL, &i)) return false;
    i[0] = value_count(x);
    return true;
}

static bool range(struct onnx *r, struct onnx_node *n)
{
    struct value *v[3];
    for (int k = 0; k < 3; k++) {
        if (!(v[k] = node_in(r, n, k))) return false;
        if (!value_is_const(v[k]) || value_count(v[k]) != 1 || !v[k]->f != !v[0]->f)
            return node_fail(r, n, "its bounds must be three constant numbers of one type");
    }
    float *f = NULL;
    int64_t *i = NULL;
    const double from = v[0]->f ? (double)v[0]->f[0] : (double)v[0]->i[0];
    const double to = v[1]->f ? (double)v[1]->f[0] : (double)v[1]->i[0];
    const double by = v[2]->f ? (double)v[2]->f[0] : (double)v[2]->i[0];
    const double steps = ceil((to - from) / by);
    const int64_t count = steps > 0 && steps < 1e9 ? (int64_t)steps : steps <= 0 ? 0 : INT32_MAX;
    int32_t dim;
    if (!dims_check(r, n, 1, &count, &dim)) return false;
    if (!fold_new(r, n, &n->out[0], 1, &dim, v[0]->f ? &f : NULL, v[0]->f ? NULL : &i)) return false;
    for (int32_t k = 0; k < dim; k++)
        if (f)
            f[k] = (float)(from + k * by);
        else
            i[k] = (int64_t)((uint64_t)v[0]->i[0] + (uint64_t)k * (uint64_t)v[2]->i[0]);
    return true;
}

// A triangle of a constant matrix: attention's causal masks.
static bool trilu(struct onnx *r, struct onnx_node *n)
{
    struct value *x = node_in(r, n, 0);
    const int64_t *list;
    int count;
    if (!x || !node_list(r, n, NULL, 1, &list, &count)) return false;
    if (!value_is_const(x) || x->rank < 2)
        return node_fail(r, n, "only constant matrices have their triangles taken");
    const int64_t k = count ? list[0] : 0, columns = x->dim[x->rank - 1], rows = x->dim[x->rank - 2];
    const bool upper = attr_int(n, "upper", 1) != 0;
    float *f;
    int64_t *i;
    if (k < -INT32_MAX || k > INT32_MAX) return node_fail(r, n, "k is %lld", (long long)k);
    if (!fold_like(r, n, x, x->rank, x->dim, &f, &i)) return false;
    for (int64_t o = 0, total = value_count(x); o < total; o++) {
        const int64_t off = o % columns - o / columns % rows;
        if (upper ? off >= k : off <= k) fold_move(x, f, i, o, o);
    }
    return true;
}

const struct onnx_op_entry onnx_ops_fold[] = {
    {"Constant", constant, OP_COUNT},
    {"Shape", shape, OP_COUNT},
    {"ConstantOfShape", constant_of_shape, OP_COUNT},
    {"Cast", cast, OP_CAST},
    {"CastLike", cast_like, OP_CAST},
    {"Expand", expand, OP_TILE},
    {"Size", size, OP_COUNT},
    {"Range", range, OP_COUNT},
    {"Trilu", trilu, OP_COUNT},
    {NULL, NULL, OP_COUNT},
};
