// Operators of one, two or three tensors element by element.
#include "tflite_read.h"
#include <math.h>
#include <string.h>

static bool same_types(const struct oper *o, const struct tensor *a, const struct tensor *b, struct err *e)
{
    return a->type == b->type || fail(e, "mixes %s, %s and %s", dtype_name(a->type), dtype_name(b->type),
                                      dtype_name(o->out[0]->type));
}

// ADD, SUB, MUL, DIV: with a fused activation.
static bool is_power_of_2(const struct tensor *t)
{
    int exponent;
    return t->q.n == 1 && frexpf(t->q.scale[0], &exponent) == 0.5f;
}

// int16 of scales that are powers of 2 is added by arithmetic of its own, unless the file forbids it.
static bool adds_by_shifts(const struct oper *o)
{
    return o->out[0]->type == I16 && (o->builtin == TFL_ADD || o->builtin == TFL_SUB) &&
           fb_u8(&o->options, BINARY_POT_SCALE, 1) && is_power_of_2(o->in[0]) && is_power_of_2(o->in[1]) &&
           is_power_of_2(o->out[0]);
}

static bool oper_binary(struct reader *r, struct oper *o, struct err *e)
{
    enum act act;
    enum op after;
    if (!reader_act(o, BINARY_ACT, &act, &after, e)) return false;
    if (!same_types(o, o->in[0], o->in[1], e) || !same_types(o, o->in[0], o->out[0], e)) return false;
    if (adds_by_shifts(o))
        return fail(
            e, "adds int16 by shifts (all scales are powers of 2), which is not supported; convert the model "
               "again with TensorFlow 2.5 or later");
    struct node *n = reader_node(r, o, o->def->op, 2);
    n->as.binary.act = act;
    return reader_finish_act(r, o, n, after, e);
}

static bool oper_pair(struct reader *r, struct oper *o, struct err *e)
{
    if (!same_types(o, o->in[0], o->in[1], e)) return false;
    return reader_finish(o, reader_node(r, o, o->def->op, 2), e);
}

// The sum of any number of tensors of one shape.
static bool oper_add_n(struct reader *r, struct oper *o, struct err *e)
{
    struct tensor *sum = o->in[0];
    if (!reader_room(r, 1024 * (uint64_t)o->nin, e)) return false;
    if (o->nin == 1) return reader_finish(o, reader_reshape(r, sum, o->out[0]), e);
    if (o->out[0]->type != F32) return fail(e, "adds %s; only float32 is supported", dtype_name(sum->type));
    for (int i = 1; i < o->nin; i++) {
        if (!o->in[i] || !same_types(o, sum, o->in[i], e)) return fail(e, "its inputs differ");
        struct tensor *y = i + 1 < o->nin ? reader_between(r, o->out[0], "sum") : o->out[0];
        struct node *n = graph_add(r->g, r->a, OP_ADD, reader_name(r, y), 2, 1);
        n->in[0] = sum;
        n->in[1] = o->in[i];
        n->out[0] = sum = y;
        if (!reader_finish(o, n, e)) return false;
    }
    return true;
}

static bool oper_unary(struct reader *r, struct oper *o, struct err *e)
{
    struct node *n = reader_node(r, o, o->def->op, 1);
    if (n->op == OP_ELU) n->as.alpha.alpha = 1;
    if (n->op == OP_LEAKY_RELU) n->as.alpha.alpha = fb_f32(&o->options, LEAKY_ALPHA, 0);
    if (n->op == OP_SOFTMAX) n->as.softmax.beta = fb_f32(&o->options, SOFTMAX_BETA, 0);
    if (n->op == OP_GELU) n->as.gelu.approximate = fb_u8(&o->options, GELU_APPROXIMATE, 0);
    if ((n->op == OP_LEAKY_RELU && !isfinite(n->as.alpha.alpha)) ||
        (n->op == OP_SOFTMAX && !isfinite(n->as.softmax.beta)))
        return fail(e, "its parameter is not a finite number; the file is damaged");
    if (!same_types(o, o->in[0], o->out[0], e)) return false;
    return reader_finish(o, n, e);
}

static bool oper_requantize(struct reader *r, struct oper *o, struct err *e)
{
    if (o->builtin == TFL_DEQUANTIZE && o->in[0]->type == F16)
        return fail(e, "float16 activations are not supported; convert the model again to float32");
    return reader_finish(o, reader_node(r, o, o->def->op, 1), e);
}

// CAST to the type that the file states for its output.
static bool oper_cast(struct reader *r, struct oper *o, struct err *e)
{
    const enum dtype to = o->out[0]->type;
    if (o->in[0]->type == to) return reader_finish(o, reader_node(r, o, OP_RESHAPE, 1), e);
    return reader_finish(o, reader_node(r, o, OP_CAST, 1), e);
}

// The older SELECT has a condition of its inputs' shape, or one a row: a vector along the first dimension.
static bool oper_select(struct reader *r, struct oper *o, struct err *e)
{
    struct tensor *c = o->in[0], *x = o->in[1];
    if (!same_types(o, x, o->in[2], e) || !same_types(o, x, o->out[0], e)) return false;
    struct node *n;
    if (o->builtin == TFL_SELECT && c->rank == 1 && x->rank > 1) {
        int32_t dim[GRAPH_MAX_RANK] = {c->dim[0], 1, 1, 1, 1, 1};
        struct tensor *rows = reader_between(r, c, "rows");
        tensor_set_dims(rows, x->rank, dim);
        if (!reader_finish(o, reader_reshape(r, c, rows), e)) return false;
        n = reader_node(r, o, OP_SELECT, 3);
        n->in[0] = rows;
    } else {
        n = reader_node(r, o, OP_SELECT, 3);
    }
    return reader_finish(o, n, e);
}

static bool oper_prelu(struct reader *r, struct oper *o, struct err *e)
{
    if (!same_types(o, o->in[0], o->in[1], e) || !same_types(o, o->in[0], o->out[0], e)) return false;
    if (!o->in[1]->data)
        return fail(e, "its slopes %s are computed while it runs; only constant slopes are supported",
                    o->in[1]->name);
    return reader_finish(o, reader_node(r, o, OP_PRELU, 2), e);
}

const struct oper_def opers_elementwise[] = {
    {TFL_ADD, OPT_ADD, 5, 2, 2, oper_binary, .op = OP_ADD},
    {TFL_SUB, OPT_SUB, 5, 2, 2, oper_binary, .op = OP_SUB},
    {TFL_MUL, OPT_MUL, 8, 2, 2, oper_binary, .op = OP_MUL},
    {TFL_DIV, OPT_DIV, 2, 2, 2, oper_binary, .op = OP_DIV},
    {TFL_ADD_N, OPT_ADD_N, 1, 1, 1 << 16, .read = oper_add_n},
    {TFL_MAXIMUM, OPT_MAXIMUM_MINIMUM, 4, 2, 2, oper_pair, .op = OP_MAXIMUM},
    {TFL_MINIMUM, OPT_MAXIMUM_MINIMUM, 4, 2, 2, oper_pair, .op = OP_MINIMUM},
    {TFL_POW, OPT_POW, 1, 2, 2, oper_pair, .op = OP_POW},
    {TFL_SQUARED_DIFFERENCE, OPT_SQUARED_DIFFERENCE, 3, 2, 2, oper_pair, .op = OP_SQUARED_DIFFERENCE},
    {TFL_EQUAL, OPT_EQUAL, 4, 2, 2, oper_pair, .op = OP_EQUAL},
    {TFL_NOT_EQUAL, OPT_NOT_EQUAL, 3, 2, 2, oper_pair, .op = OP_NOT_EQUAL},
    {TFL_LESS, OPT_LESS, 3, 2, 2, oper_pair, .op = OP_LESS},
    {TFL_LESS_EQUAL, OPT_LESS_EQUAL, 2, 2, 2, oper_pair, .op = OP_LESS_EQUAL},
    {TFL_GREATER, OPT_GREATER, 2, 2, 2, oper_pair, .op = OP_GREATER},
    {TFL_GREATER_EQUAL, OPT_GREATER_EQUAL, 3, 2, 2, oper_pair, .op = OP_GREATER_EQUAL},
    {TFL_LOGICAL_AND, OPT_LOGICAL_AND, 1, 2, 2, oper_pair, .op = OP_LOGICAL_AND},
    {TFL_LOGICAL_OR, OPT_LOGICAL_OR, 1, 2, 2, oper_pair, .op = OP_LOGICAL_OR},
    {TFL_LOGICAL_NOT, OPT_LOGICAL_NOT, 1, 1, 1, oper_unary, .op = OP_LOGICAL_NOT},
    {TFL_SELECT, OPT_SELECT, 4, 3, 3, .read = oper_select},
    {TFL_SELECT_V2, OPT_SELECT_V2, 2, 3, 3, .read = oper_select},
    {TFL_PRELU, OPT_NONE, 1, 2, 2, .read = oper_prelu},
    {TFL_RELU, OPT_NONE, 3, 1, 1, oper_unary, .op = OP_RELU},
    {TFL_RELU6, OPT_NONE, 3, 1, 1, oper_unary, .op = OP_RELU6},
    {TFL_RELU_N1_TO_1, OPT_NONE, 1, 1, 1, oper_unary, .op = OP_RELU_N1_TO_1},
    {TFL_LEAKY_RELU, OPT_LEAKY_RELU, 2, 1, 1, oper_unary, .op = OP_LEAKY_RELU},
    {TFL_ELU, OPT_NONE, 1, 1, 1, oper_unary, .op = OP_ELU},
    {TFL_GELU, OPT_GELU, 2, 1, 1, oper_unary, .op = OP_GELU},
    {TFL_HARD_SWISH, OPT_HARD_SWISH, 1, 1, 1, oper_unary, .op = OP_HARD_SWISH},
    {TFL_TANH, OPT_NONE, 3, 1, 1, oper_unary, .op = OP_TANH},
    {TFL_LOGISTIC, OPT_NONE, 3, 1, 1, oper_unary, .op = OP_LOGISTIC},
    {TFL_SOFTMAX, OPT_SOFTMAX, 3, 1, 1, oper_unary, .op = OP_SOFTMAX},
    {TFL_LOG_SOFTMAX, OPT_LOG_SOFTMAX, 2, 1, 1, oper_unary, .op = OP_LOG_SOFTMAX},
    {TFL_NEG, OPT_NEG, 1, 1, 1, oper_unary, .op = OP_NEG},
    {TFL_ABS, OPT_ABS, 5, 1, 1, oper_unary, .op = OP_ABS},
    {TFL_SIGN, OPT_SIGN, 2, 1, 1, oper_unary, .op = OP_SIGN},
    {TFL_SQRT, OPT_NONE, 2, 1, 1, oper_unary, .op = OP_SQRT},
    {TFL_RSQRT, OPT_NONE, 3, 1, 1, oper_unary, .op = OP_RSQRT},
    {TFL_SQUARE, OPT_SQUARE, 1, 1, 1, oper_unary, .op = OP_SQUARE},
    {TFL_EXP, OPT_EXP, 2, 1, 1, oper_unary, .op = OP_EXP},
    {TFL_LOG, OPT_NONE, 2, 1, 1, oper_unary, .op = OP_LOG},
    {TFL_SIN, OPT_NONE, 1, 1, 1, oper_unary, .op = OP_SIN},
    {TFL_COS, OPT_COS, 1, 1, 1, oper_unary, .op = OP_COS},
    {TFL_FLOOR, OPT_NONE, 1, 1, 1, oper_unary, .op = OP_FLOOR},
    {TFL_CEIL, OPT_NONE, 1, 1, 1, oper_unary, .op = OP_CEIL},
    {TFL_ROUND, OPT_NONE, 1, 1, 1, oper_unary, .op = OP_ROUND},
    {TFL_QUANTIZE, OPT_QUANTIZE, 4, 1, 1, oper_requantize, .op = OP_QUANTIZE},
    {TFL_DEQUANTIZE, OPT_DEQUANTIZE, 6, 1, 1, oper_requantize, .op = OP_DEQUANTIZE},
    {TFL_CAST, OPT_CAST, 7, 1, 1, .read = oper_cast},
    {.read = NULL},
};
