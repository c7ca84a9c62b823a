// Steps of operators that become several nodes (make_* in onnx_read.h), and the functions of one value.
#include "onnx_read.h"
#include <math.h>
#include <string.h>

struct value *make_value(struct onnx *r, const struct onnx_node *n)
{
    struct value *v = arena_new(r->scratch, struct value);
    v->name = arena_printf(r->a, "%s/%d", n->out[0].name, r->g->nnode);
    return v;
}

struct node *make_node(struct onnx *r, const struct onnx_node *n, enum op op, int nin)
{
    struct node *m = node_add(r, n, op, nin);
    m->out[0]->name = arena_printf(r->a, "%s/%d", n->out[0].name, r->g->nnode);
    return m;
}

bool node_is(struct onnx *r, struct onnx_node *n, int k, const struct value *v)
{
    if (!v) return false;
    const char *name = n->out[k].name;
    n->out[k] = *v;
    n->out[k].name = name;
    if (v->t && v->t->type != I8) n->out[k].elem = 0;
    for (int i = n->first; v->t && i < r->g->nnode; i++)
        if (r->g->node[i]->out[0] == v->t) v->t->name = name;
    return true;
}

struct value *make_number(struct onnx *r, float v)
{
    struct value *c = arena_new(r->scratch, struct value);
    c->name = arena_printf(r->a, "%g", (double)v);
    c->f = arena_copy(r->a, &v, sizeof v);
    return c;
}

int64_t int_of_float(float v)
{
    return v > -9e18f && v < 9e18f ? (int64_t)v : 0;
}

// ---- functions of one value ----

static float calc(enum op op, float x)
{
    switch (op) {
    case OP_NEG:
        return -x;
    case OP_ABS:
        return fabsf(x);
    case OP_SIGN:
        return x > 0 ? 1 : x < 0 ? -1 : x;
    case OP_SQRT:
        return sqrtf(x);
    case OP_RSQRT:
        return 1 / sqrtf(x);
    case OP_SQUARE:
        return x * x;
    case OP_EXP:
        return expf(x);
    case OP_LOG:
        return logf(x);
    case OP_SIN:
        return sinf(x);
    case OP_COS:
        return cosf(x);
    case OP_FLOOR:
        return floorf(x);
    case OP_CEIL:
        return ceilf(x);
    case OP_ROUND:
        return nearbyintf(x);
    case OP_RELU:
        return x < 0 ? 0 : x;
    case OP_LOGISTIC:
        return 1 / (1 + expf(-x));
    case OP_TANH:
        return tanhf(x);
    case OP_RELU6:
        return x < 0 ? 0 : x > 6 ? 6 : x;
    default: // OP_HARD_SWISH
        return x * fminf(fmaxf(x + 3, 0), 6) / 6;
    }
}

static struct value *fold_unary(struct onnx *r, struct onnx_node *n, enum op op, const struct value *x)
{
    struct value *y = make_value(r, n);
    float *f = NULL;
    int64_t *i = NULL;
    if (!fold_new(r, n, y, x->rank, x->dim, x->f ? &f : NULL, x->f ? NULL : &i)) return NULL;
    for (int64_t k = 0, count = value_count(y); k < count; k++)
        if (f) {
            f[k] = calc(op, x->f[k]);
        } else {
            const int64_t v = x->i[k];
            const bool negate = op == OP_NEG || (op == OP_ABS && v < 0);
            i[k] = op == OP_LOGICAL_NOT ? !v
                   : op == OP_SIGN      ? (v > 0) - (v < 0)
                   : negate             ? (int64_t)(0 - (uint64_t)v)
                                        : v;
        }
    return y;
}

struct value *make_unary(struct onnx *r, struct onnx_node *n, enum op op, struct value *x)
{
    if (!x) return NULL;
    const bool whole = op == OP_NEG || op == OP_ABS || op == OP_SIGN || op == OP_LOGICAL_NOT;
    if (value_is_const(x) && ((x->i != NULL && !whole) || (x->f && op == OP_LOGICAL_NOT)))
        return node_fail(r, n, "input %s is not of the type that it wants", x->name), NULL;
    if (value_is_const(x)) return fold_unary(r, n, op, x);
    if (x->t->type != (op == OP_LOGICAL_NOT ? BOOL : F32))
        return node_fail(r, n, "input %s is of type %s", x->name, dtype_name(x->t->type)), NULL;
    struct node *m = make_node(r, n, op, 1);
    m->in[0] = x->t;
    struct tensor *t = node_done(r, n, m);
    if (!t) return NULL;
    struct value *y = make_value(r, n);
    const char *name = y->name;
    *y = *x;
    y->name = name;
    y->t = t;
    return y;
}

// ---- other views ----

struct value *make_shape(struct onnx *r, struct onnx_node *n, struct value *x, int rank, const int32_t *dim)
{
    if (!x) return NULL;
    struct value *y = make_value(r, n);
    const char *name = y->name;
    *y = *x;
    y->name = name;
    if (value_is_const(x)) {
        y->rank = rank;
        memmove(y->dim, dim, (size_t)rank * sizeof *dim);
        if (y->q.n > 1) y->q.n = 0;
        return y;
    }
    if (value_reshape(y, rank, dim)) return y;
    if (rank > GRAPH_MAX_RANK) return node_fail(r, n, "its output has %d dimensions", rank), NULL;
    struct tensor *t = value_plain(r->g, r->a, x, r->e);
    if (!t) return fail_in(r->e, "node %s (%s)", n->name, n->op), NULL;
    struct node *m = make_node(r, n, OP_RESHAPE, 1);
    m->in[0] = t;
    m->out[0]->rank = rank;
    memcpy(m->out[0]->dim, dim, (size_t)rank * sizeof *dim);
    if (!(t = node_done(r, n, m))) return NULL;
    value_set_plain(y, t);
    return y;
}

struct value *make_transpose(struct onnx *r, struct onnx_node *n, struct value *x, const int *perm)
{
    if (!x) return NULL;
    struct value *y = make_value(r, n);
    const char *name = y->name;
    if (!value_is_const(x)) {
        *y = *x;
        y->name = name;
        value_transpose(y, perm);
        return y;
    }
    int64_t step[VALUE_MAX_RANK], moved[VALUE_MAX_RANK];
    int32_t dim[VALUE_MAX_RANK];
    fold_strides(x, step);
    for (int i = 0; i < x->rank; i++) {
        dim[i] = x->dim[perm[i]];
        moved[i] = step[perm[i]];
    }
    if (!fold_strided(r, n, y, x, x->rank, dim, 0, moved)) return NULL;
    y->q = x->q;
    for (int i = 0; i < x->rank; i++)
        if (perm[i] == x->q.axis) y->q.axis = i;
    return y;
}
