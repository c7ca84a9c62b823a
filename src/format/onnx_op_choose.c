// Ops that choose between values by a condition.
#include "onnx_operand.h"
#include <string.h>

static bool fold_where(struct onnx *r, struct onnx_node *n, struct value **in)
{
    struct value shape = *in[0];
    for (int k = 1; k < 3; k++)
        if (!operands_shape(r, n, &shape, in[k], shape.dim, &shape.rank)) return false;
    float *f;
    int64_t *i;
    if (!fold_like(r, n, in[1], shape.rank, shape.dim, &f, &i)) return false;
    for (int64_t o = 0, count = value_count(&n->out[0]); o < count; o++) {
        const int64_t c = operand_at(in[0], o, shape.rank, shape.dim);
        const struct value *v = in[in[0]->i[c] ? 1 : 2];
        fold_move(v, f, i, o, operand_at(v, o, shape.rank, shape.dim));
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
    if (r->opset < 7 && slope->f && slope->rank == 1 && x->rank > 2 &&
        slope->dim[0] == x->dim[1]) { // a number a channel
        int32_t dim[VALUE_MAX_RANK];
        for (int d = 1; d < x->rank; d++) dim[d - 1] = d == 1 ? x->dim[1] : 1;
        slope = in[1] = make_shape(r, n, slope, x->rank - 1, dim);
    }
    for (int k = 0; k < 2; k++)
        if (value_is_const(in[k]) ? !in[k]->f : in[k]->t->type != F32)
            return node_fail(r, n, "input %s is not of floats", in[k]->name);
    if (value_is_const(x) && value_is_const(slope)) { // max(x, 0) + slope * min(x, 0)
        struct value *zero = make_number(r, 0), *up = make_binary(r, n, OP_MAXIMUM, x, zero);
        struct value *down = make_binary(r, n, OP_MUL, make_binary(r, n, OP_MINIMUM, x, zero), slope);
        return node_is(r, n, 0, make_binary(r, n, OP_ADD, up, down));
    }
    if (!operands(r, n, 2, in, (enum dtype[]){F32, F32}, t, &y)) return false;
    if (!y.t || !operand_fits(&y, x->rank, x->dim))
        return node_fail(r, n, "its slopes are larger than its input");
    struct node *m = node_add(r, n, OP_PRELU, 2);
    m->in[0] = t[0];
    m->in[1] = t[1];
    return operands_done(r, n, m, &y) && node_same(n, &y);
}

const struct onnx_op_entry onnx_ops_choose[] = {
    {"Where", where, OP_SELECT},
    {"PRelu", prelu, OP_PRELU},
    {NULL, NULL, OP_COUNT},
};
