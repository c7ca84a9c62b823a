// Arithmetic, comparison and choice, with broadcasting. Values keep the order they lie in where they can.
#include "onnx_read.h"
#include <math.h>
#include <string.h>

// ---- arithmetic with broadcasting ----

static bool broadcast(struct onnx *r, struct onnx_node *n, const struct value *a, const struct value *b,
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

// Where element o of a shape is in a constant that is broadcast to it.
static int64_t broadcast_at(const struct value *c, int64_t o, int rank, const int32_t *dim)
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

static float calc(enum op op, float x, float y)
{
    switch (op) {
    case OP_ADD:
        return x + y;
    case OP_SUB:
        return x - y;
    case OP_MUL:
        return x * y;
    case OP_DIV:
        return x / y;
    case OP_POW:
        return powf(x, y);
    case OP_SQUARED_DIFFERENCE:
        return (x - y) * (x - y);
    case OP_MAXIMUM:
        return isnan(x) || x > y ? x : y;
    default:
        return isnan(x) || x < y ? x : y;
    }
}

static int64_t power(uint64_t x, int64_t y) // as numpy: overflow wraps
{
    uint64_t p = 1;
    for (uint64_t n = y > 0 ? (uint64_t)y : 0; n; n >>= 1, x *= x)
        if (n & 1) p *= x;
    return (int64_t)p;
}

static int64_t calc_int(enum op op, int64_t x, int64_t y)
{
    uint64_t p = (uint64_t)x,
             q = (uint64_t)y; // overflow wraps: a hostile file must not be undefined behaviour
    switch (op) {
    case OP_ADD:
        return (int64_t)(p + q);
    case OP_SUB:
        return (int64_t)(p - q);
    case OP_MUL:
        return (int64_t)(p * q);
    case OP_DIV:
        return y == 0 ? 0 : y == -1 ? (int64_t)(0 - p) : x / y;
    case OP_POW:
        return power(p, y);
    case OP_MAXIMUM:
        return x > y ? x : y;
    case OP_MINIMUM:
        return x < y ? x : y;
    case OP_LOGICAL_AND:
        return x && y;
    default:
        return x || y;
    }
}

// Comparisons: x - y as a sign, 2 when one is not a number.
static int64_t calc_compare(enum op op, int sign)
{
    switch (op) {
    case OP_EQUAL:
        return sign == 0;
    case OP_NOT_EQUAL:
        return sign != 0;
    case OP_LESS:
        return sign == -1;
    case OP_LESS_EQUAL:
        return sign == -1 || sign == 0;
    case OP_GREATER:
        return sign == 1;
    default:
        return sign == 1 || sign == 0;
    }
}

static bool is_compare(enum op op)
{
    return op == OP_EQUAL || op == OP_NOT_EQUAL || op == OP_LESS || op == OP_LESS_EQUAL || op == OP_GREATER ||
           op == OP_GREATER_EQUAL;
}

static bool fold_binary(struct onnx *r, struct onnx_node *n, enum op op, const struct value *a,
                        const struct value *b, struct value *y)
{
    int32_t dim[VALUE_MAX_RANK];
    int rank;
    float *f = NULL;
    int64_t *i = NULL;
    const bool compare = is_compare(op), logical = op == OP_LOGICAL_AND || op == OP_LOGICAL_OR;
    if (!broadcast(r, n, a, b, dim, &rank)) return false;
    if ((!a->f != !b->f && op != OP_POW) || (logical && a->f))
        return node_fail(r, n, "mixes floats and integers; the file is damaged");
    if (!fold_new(r, n, y, rank, dim, a->f && !compare ? &f : NULL, a->f && !compare ? NULL : &i))
        return false;
    for (int64_t o = 0, count = value_count(y); o < count; o++) {
        int64_t p = broadcast_at(a, o, rank, dim), q = broadcast_at(b, o, rank, dim);
        if (compare && a->f)
            i[o] = calc_compare(op, a->f[p] < b->f[q]    ? -1
                                    : a->f[p] > b->f[q]  ? 1
                                    : a->f[p] == b->f[q] ? 0
                                                         : 2);
        else if (compare)
            i[o] = calc_compare(op, a->i[p] < b->i[q] ? -1 : a->i[p] > b->i[q]);
        else if (f)
            f[o] = calc(op, a->f[p], b->f ? b->f[q] : (float)b->i[q]);
        else if (b->f) // POW of integers by floats
            i[o] = int_of_float(powf((float)a->i[p], b->f[q]));
        else
            i[o] = calc_int(op, a->i[p], b->i[q]);
    }
    return true;
}

static bool same_shape(const struct value *v, int rank, const int32_t *dim)
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

// Two or three operands laid out so that they broadcast; type[k]: of operand k. *y has the output's shape and
// order; y->t is not set.
static bool operands(struct onnx *r, struct onnx_node *n, int count, struct value **in,
                     const enum dtype *type, struct tensor **t, struct value *y)
{
    struct value shape = *in[0], *const lead = &shape;
    int rank, from = -1;
    int32_t dim[VALUE_MAX_RANK];
    for (int k = 1; k < count; k++) {
        if (!broadcast(r, n, lead, in[k], dim, &rank)) return false;
        lead->rank = rank;
        memcpy(lead->dim, dim, (size_t)rank * sizeof *dim);
    }
    for (int i = 0; i < rank; i++)
        if (dim[i] < 1) return node_fail(r, n, "its operands are empty");
    for (int k = 0; k < count && from < 0;
         k++) // the operand with the output's shape leads, its order is kept
        if (!value_is_const(in[k]) && same_shape(in[k], rank, dim)) from = k;
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

// Infers m and makes *y, as operands() laid it out, its output.
static bool operands_done(struct onnx *r, struct onnx_node *n, struct node *m, struct value *y)
{
    struct tensor *out = node_done(r, n, m);
    if (!out) return false;
    if (y->t)
        y->t = out;
    else
        value_set_plain(y, out);
    return true;
}

struct value *make_binary(struct onnx *r, struct onnx_node *n, enum op op, struct value *a, struct value *b)
{
    if (!a || !b) return NULL;
    struct value *y = make_value(r, n), *in[2] = {a, b};
    if (value_is_const(a) && value_is_const(b)) return fold_binary(r, n, op, a, b, y) ? y : NULL;
    const bool logical = op == OP_LOGICAL_AND || op == OP_LOGICAL_OR;
    const enum dtype type = value_is_const(a) ? b->t->type : a->t->type;
    for (int k = 0; k < 2; k++) {
        const bool fits = value_is_const(in[k]) ? (type == F32) == (in[k]->f != NULL) || op == OP_POW
                                                : in[k]->t->type == type;
        if (!fits || (type == BOOL) != logical)
            return node_fail(r, n, "mixes %s and other types (%s)", dtype_name(type), in[k]->name), NULL;
    }
    struct tensor *t[2];
    const char *name = y->name;
    if (!operands(r, n, 2, in, (enum dtype[]){type, type}, t, y)) return NULL;
    struct node *m = make_node(r, n, op, 2);
    m->in[0] = t[0];
    m->in[1] = t[1];
    if (!operands_done(r, n, m, y)) return NULL;
    y->name = name;
    return y;
}

// ---- ops ----

static bool binary(struct onnx *r, struct onnx_node *n)
{
    struct value *a = node_in(r, n, 0), *b = a ? node_in(r, n, 1) : NULL;
    if (!b || !node_is(r, n, 0, make_binary(r, n, n->as, a, b))) return false;
    if (n->as == OP_ADD && r->g->nnode > n->first && n->p->doc_string &&
        !strncmp(n->p->doc_string, "apart", 5))
        r->apart[r->napart++] = r->g->node[r->g->nnode - 1]; // our own writer says so
    return true;
}

// Max, Min, Sum, Mean of any number of inputs.
static bool several(struct onnx *r, struct onnx_node *n)
{
    struct value *y = node_in(r, n, 0);
    for (int k = 1; k < n->nin && y; k++) {
        struct value *v = node_in(r, n, k);
        y = v ? make_binary(r, n, n->as, y, v) : NULL;
    }
    if (y && !strcmp(n->op, "Mean") && n->nin > 1)
        y = make_binary(r, n, OP_DIV, y, make_number(r, (float)n->nin));
    return y && node_is(r, n, 0, y);
}

static bool xor
    (struct onnx * r, struct onnx_node *n) {
        struct value *a = node_in(r, n, 0), *b = a ? node_in(r, n, 1) : NULL;
        if (!b) return false;
        if (value_is_const(a) && value_is_const(b))
            return node_is(r, n, 0, make_binary(r, n, OP_NOT_EQUAL, a, b));
        struct value *both = make_binary(r, n, OP_LOGICAL_AND, a, b);
        struct value *any = make_binary(r, n, OP_LOGICAL_OR, a, b);
        return node_is(r, n, 0,
                       make_binary(r, n, OP_LOGICAL_AND, any, make_unary(r, n, OP_LOGICAL_NOT, both)));
    }

    // Constant exponents that have an op of their own.
    static bool pow_(struct onnx *r, struct onnx_node *n)
{
    struct value *x = node_in(r, n, 0), *p = x ? node_in(r, n, 1) : NULL;
    if (!p) return false;
    if (!value_is_const(x) && value_is_const(p) && value_count(p) == 1 && p->rank <= x->rank) {
        const float v = p->f ? p->f[0] : (float)p->i[0];
        if (v == 1) return node_same(n, x);
        if (v == 2) return node_is(r, n, 0, make_unary(r, n, OP_SQUARE, x));
        if (v == 3) return node_is(r, n, 0, make_binary(r, n, OP_MUL, make_unary(r, n, OP_SQUARE, x), x));
        if (v == 0.5f) return node_is(r, n, 0, make_unary(r, n, OP_SQRT, x));
        if (v == -0.5f) return node_is(r, n, 0, make_unary(r, n, OP_RSQRT, x));
        if (v == -1) return node_is(r, n, 0, make_binary(r, n, OP_DIV, make_number(r, 1), x));
    }
    return node_is(r, n, 0, make_binary(r, n, OP_POW, x, p));
}

// Remainders: of constants only. fmod: the sign of the dividend, else the divisor's.
static bool mod(struct onnx *r, struct onnx_node *n)
{
    struct value *a = node_in(r, n, 0), *b = a ? node_in(r, n, 1) : NULL;
    int32_t dim[VALUE_MAX_RANK];
    int rank;
    float *f;
    int64_t *i;
    const bool c = attr_int(n, "fmod", 0) != 0;
    if (!b) return false;
    if (!value_is_const(a) || !value_is_const(b) || !a->f != !b->f)
        return node_fail(r, n, "a remainder of computed values is not supported");
    if (!broadcast(r, n, a, b, dim, &rank) || !fold_like(r, n, a, rank, dim, &f, &i)) return false;
    for (int64_t o = 0, count = value_count(&n->out[0]); o < count; o++) {
        int64_t p = broadcast_at(a, o, rank, dim), q = broadcast_at(b, o, rank, dim);
        if (f) {
            f[o] = fmodf(a->f[p], b->f[q]);
        } else {
            const int64_t d = b->i[q], rest = d == 0 || d == -1 ? 0 : a->i[p] % d;
            i[o] = !c && rest && (rest < 0) != (d < 0) ? rest + d : rest;
        }
    }
    return true;
}

static bool fold_where(struct onnx *r, struct onnx_node *n, struct value **in)
{
    struct value shape = *in[0];
    for (int k = 1; k < 3; k++)
        if (!broadcast(r, n, &shape, in[k], shape.dim, &shape.rank)) return false;
    float *f;
    int64_t *i;
    if (!fold_like(r, n, in[1], shape.rank, shape.dim, &f, &i)) return false;
    for (int64_t o = 0, count = value_count(&n->out[0]); o < count; o++) {
        const int64_t c = broadcast_at(in[0], o, shape.rank, shape.dim);
        const struct value *v = in[in[0]->i[c] ? 1 : 2];
        fold_move(v, f, i, o, broadcast_at(v, o, shape.rank, shape.dim));
    }
    return true;
}

bool make_where(struct onnx *r, struct onnx_node *n, struct value *c, struct value *a, struct value *b)
{
    struct value *in[3] = {c, a, b};
    if (!c || !a || !b) return false;
    if (value_is_const(c) ? c->f != NULL : c->t->type != BOOL)
        return node_fail(r, n, "its condition %s is not boolean", c->name);
    if (value_is_const(c) && value_is_const(a) && value_is_const(b)) {
        if (!a->f != !b->f) return node_fail(r, n, "mixes floats and integers; the file is damaged");
        return fold_where(r, n, in);
    }
    const enum dtype type = !value_is_const(a)   ? a->t->type
                            : !value_is_const(b) ? b->t->type
                            : a->f               ? F32
                                                 : I32;
    for (int k = 1; k < 3; k++)
        if (value_is_const(in[k]) ? (type == F32) != (in[k]->f != NULL) : in[k]->t->type != type)
            return node_fail(r, n, "mixes floats and integers (%s)", in[k]->name);
    struct tensor *t[3];
    struct value y;
    if (!operands(r, n, 3, in, (enum dtype[]){BOOL, type, type}, t, &y)) return false;
    struct node *m = node_add(r, n, OP_SELECT, 3);
    memcpy(m->in, t, sizeof t);
    return operands_done(r, n, m, &y) && node_same(n, &y);
}

static bool where(struct onnx *r, struct onnx_node *n)
{
    struct value *c = node_in(r, n, 0), *a = c ? node_in(r, n, 1) : NULL, *b = a ? node_in(r, n, 2) : NULL;
    return b && make_where(r, n, c, a, b);
}

static bool prelu(struct onnx *r, struct onnx_node *n)
{
    struct value *x = node_in(r, n, 0), *slope = x ? node_in(r, n, 1) : NULL, *in[2] = {x, slope}, y;
    struct tensor *t[2];
    if (!slope) return false;
    for (int k = 0; k < 2; k++)
        if (value_is_const(in[k]) ? !in[k]->f : in[k]->t->type != F32)
            return node_fail(r, n, "input %s is not of floats", in[k]->name);
    if (value_is_const(x) && value_is_const(slope)) { // max(x, 0) + slope * min(x, 0)
        struct value *zero = make_number(r, 0), *up = make_binary(r, n, OP_MAXIMUM, x, zero);
        struct value *down = make_binary(r, n, OP_MUL, make_binary(r, n, OP_MINIMUM, x, zero), slope);
        return node_is(r, n, 0, make_binary(r, n, OP_ADD, up, down));
    }
    if (!operands(r, n, 2, in, (enum dtype[]){F32, F32}, t, &y)) return false;
    if (!y.t || !same_shape(&y, x->rank, x->dim))
        return node_fail(r, n, "its slopes are larger than its input");
    struct node *m = node_add(r, n, OP_PRELU, 2);
    m->in[0] = t[0];
    m->in[1] = t[1];
    return operands_done(r, n, m, &y) && node_same(n, &y);
}

const struct onnx_op_entry onnx_ops_binary[] = {
    {"Add", binary, OP_ADD},
    {"Sub", binary, OP_SUB},
    {"Mul", binary, OP_MUL},
    {"Div", binary, OP_DIV},
    {"Max", several, OP_MAXIMUM},
    {"Min", several, OP_MINIMUM},
    {"Sum", several, OP_ADD},
    {"Mean", several, OP_ADD},
    {"Pow", pow_, OP_POW},
    {"Mod", mod, OP_COUNT},
    {"Equal", binary, OP_EQUAL},
    {"Less", binary, OP_LESS},
    {"LessOrEqual", binary, OP_LESS_EQUAL},
    {"Greater", binary, OP_GREATER},
    {"GreaterOrEqual", binary, OP_GREATER_EQUAL},
    {"And", binary, OP_LOGICAL_AND},
    {"Or", binary, OP_LOGICAL_OR},
    {"Xor", xor, OP_NOT_EQUAL},
    {"Where", where, OP_SELECT},
    {"PRelu", prelu, OP_PRELU},
    {NULL, NULL, OP_COUNT},
};
