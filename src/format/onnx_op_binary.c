// Arithmetic, comparison and logic of two values, with broadcasting.
#include "onnx_operand.h"
#include <math.h>
#include <string.h>

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
    if (!operands_shape(r, n, a, b, dim, &rank)) return false;
    if ((!a->f != !b->f && op != OP_POW) || (logical && a->f))
        return node_fail(r, n, "mixes floats and integers; the file is damaged");
    if (!fold_new(r, n, y, rank, dim, a->f && !compare ? &f : NULL, a->f && !compare ? NULL : &i))
        return false;
    for (int64_t o = 0, count = value_count(y); o < count; o++) {
        int64_t p = operand_at(a, o, rank, dim), q = operand_at(b, o, rank, dim);
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

static bool exclusive_or(struct onnx *r, struct onnx_node *n)
{
    struct value *a = node_in(r, n, 0), *b = a ? node_in(r, n, 1) : NULL;
    if (!b) return false;
    if (value_is_const(a) && value_is_const(b))
        return node_is(r, n, 0, make_binary(r, n, OP_NOT_EQUAL, a, b));
    struct value *both = make_binary(r, n, OP_LOGICAL_AND, a, b);
    struct value *any = make_binary(r, n, OP_LOGICAL_OR, a, b);
    return node_is(r, n, 0, make_binary(r, n, OP_LOGICAL_AND, any, make_unary(r, n, OP_LOGICAL_NOT, both)));
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
    if (!operands_shape(r, n, a, b, dim, &rank) || !fold_like(r, n, a, rank, dim, &f, &i)) return false;
    for (int64_t o = 0, count = value_count(&n->out[0]); o < count; o++) {
        int64_t p = operand_at(a, o, rank, dim), q = operand_at(b, o, rank, dim);
        if (f) {
            f[o] = fmodf(a->f[p], b->f[q]);
        } else {
            const int64_t d = b->i[q], rest = d == 0 || d == -1 ? 0 : a->i[p] % d;
            i[o] = !c && rest && (rest < 0) != (d < 0) ? rest + d : rest;
        }
    }
    return true;
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
    {"Xor", exclusive_or, OP_NOT_EQUAL},
    {NULL, NULL, OP_COUNT},
};
