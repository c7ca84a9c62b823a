// Nodes of one, two or three tensors element by element. Versions are the lowest whose kernels take the types at
// hand (TensorFlow's op_version.cc).
#include "tflite_write.h"

// ADD, SUB, MUL, DIV can fuse an activation.
static bool write_binary(struct tfl_list *l, const struct tfl_def *d, const struct node *n, struct err *e)
{
    (void)e;
    struct tfl_op *o = tflite_op_node(l, d, n);
    const struct quant *a = &n->in[0]->q, *b = &n->in[1]->q, *y = &n->out[0]->q;
    if (n->op == OP_MUL && n->in[0]->type == I8 && a->n && b->n && y->n &&
        a->scale[0] * b->scale[0] / y->scale[0] >= 1)
        o->version = 3;
    field_byte(o, BINARY_ACT, act_to(n->as.binary.act));
    if (n->in[0]->type == I16 && (n->op == OP_ADD || n->op == OP_SUB)) // any scale, not only powers of 2
        o->field[o->nfield++] =
            (struct tfl_field){.id = BINARY_POT_SCALE, .bytes = 1, .v = 0, .otherwise = 1};
    return true;
}

// The others cannot: the activation becomes an operator behind.
static bool write_pair(struct tfl_list *l, const struct tfl_def *d, const struct node *n, struct err *e)
{
    (void)e;
    const enum act act = n->as.binary.act;
    struct tfl_op *o = tflite_op_node(l, d, n);
    if (act == ACT_NONE) return true;
    struct tensor *between = arena_copy(l->a, n->out[0], sizeof *between);
    between->name = arena_printf(l->a, "%s/before_activation", n->name);
    o->out[0] = between;
    struct tfl_op *after = tflite_op(l, act == ACT_RELU ? TFL_RELU : TFL_RELU6, OPT_NONE, 1, 1);
    after->version = between->type == I8 ? 2 : between->type == I16 ? 3 : 1;
    after->in[0] = between;
    after->out[0] = n->out[0];
    return true;
}

static bool write_unary(struct tfl_list *l, const struct tfl_def *d, const struct node *n, struct err *e)
{
    struct tfl_op *o = tflite_op_node(l, d, n);
    if (n->op == OP_DEQUANTIZE && n->in[0]->q.n > 1) o->version = 5;
    if (n->op == OP_SOFTMAX) field_float(o, SOFTMAX_BETA, n->as.softmax.beta);
    if (n->op == OP_LEAKY_RELU) field_float(o, LEAKY_ALPHA, n->as.alpha.alpha);
    if (n->op == OP_GELU) field_byte(o, GELU_APPROXIMATE, n->as.gelu.approximate);
    if (n->op == OP_ELU && n->as.alpha.alpha != 1)
        return fail(e, "%s: TensorFlow Lite's ELU has alpha 1, this one %g", n->name,
                    (double)n->as.alpha.alpha);
    return true;
}

static bool write_quantize(struct tfl_list *l, const struct tfl_def *d, const struct node *n, struct err *e)
{
    (void)e;
    struct tfl_op *o = tflite_op_node(l, d, n);
    o->version = n->out[0]->q.n > 1 ? 3 : n->out[0]->type == I16 ? 2 : 1;
    return true;
}

static bool write_cast(struct tfl_list *l, const struct tfl_def *d, const struct node *n, struct err *e)
{
    (void)e;
    const enum dtype from = n->in[0]->type, to = n->out[0]->type;
    struct tfl_op *o = tflite_op_node(l, d, n);
    o->version = from == F16 || to == F16 ? 5 : from == I8 || to == I8 ? 3 : 1;
    field_byte(o, CAST_FROM, tflite_type_from((int)from));
    field_byte(o, CAST_TO, tflite_type_from((int)to));
    return true;
}

// Their version depends on nothing that a graph can hold.
static bool write_plain(struct tfl_list *l, const struct tfl_def *d, const struct node *n, struct err *e)
{
    (void)e;
    tflite_op_node(l, d, n)->version = 1;
    return true;
}

const struct tfl_def writes_elementwise[] = {
    {OP_ADD, TFL_ADD, OPT_ADD, 2, 3, write_binary},
    {OP_SUB, TFL_SUB, OPT_SUB, 2, 5, write_binary},
    {OP_MUL, TFL_MUL, OPT_MUL, 2, 4, write_binary},
    {OP_DIV, TFL_DIV, OPT_DIV, 1, 1, write_binary},
    {OP_MAXIMUM, TFL_MAXIMUM, OPT_MAXIMUM_MINIMUM, 2, 4, write_pair},
    {OP_MINIMUM, TFL_MINIMUM, OPT_MAXIMUM_MINIMUM, 2, 4, write_pair},
    {OP_POW, TFL_POW, OPT_POW, 1, 1, write_pair},
    {OP_SQUARED_DIFFERENCE, TFL_SQUARED_DIFFERENCE, OPT_SQUARED_DIFFERENCE, 2, 2, write_pair},
    {OP_EQUAL, TFL_EQUAL, OPT_EQUAL, 2, 4, write_pair},
    {OP_NOT_EQUAL, TFL_NOT_EQUAL, OPT_NOT_EQUAL, 2, 2, write_pair},
    {OP_LESS, TFL_LESS, OPT_LESS, 2, 3, write_pair},
    {OP_LESS_EQUAL, TFL_LESS_EQUAL, OPT_LESS_EQUAL, 2, 2, write_pair},
    {OP_GREATER, TFL_GREATER, OPT_GREATER, 2, 2, write_pair},
    {OP_GREATER_EQUAL, TFL_GREATER_EQUAL, OPT_GREATER_EQUAL, 2, 3, write_pair},
    {OP_LOGICAL_AND, TFL_LOGICAL_AND, OPT_LOGICAL_AND, 1, 1, write_pair},
    {OP_LOGICAL_OR, TFL_LOGICAL_OR, OPT_LOGICAL_OR, 1, 1, write_pair},
    {OP_LOGICAL_NOT, TFL_LOGICAL_NOT, OPT_LOGICAL_NOT, 1, 1, write_plain},
    {OP_SELECT, TFL_SELECT_V2, OPT_SELECT_V2, 1, 1, write_plain},
    {OP_PRELU, TFL_PRELU, OPT_NONE, 1, 1, write_plain},
    {OP_CAST, TFL_CAST, OPT_CAST, 3, 1, write_cast},
    {OP_QUANTIZE, TFL_QUANTIZE, OPT_QUANTIZE, 1, 2, write_quantize},
    {OP_DEQUANTIZE, TFL_DEQUANTIZE, OPT_DEQUANTIZE, 2, 3, write_unary},
    {OP_RELU, TFL_RELU, OPT_NONE, 2, 3, write_unary},
    {OP_RELU6, TFL_RELU6, OPT_NONE, 2, 3, write_unary},
    {OP_RELU_N1_TO_1, TFL_RELU_N1_TO_1, OPT_NONE, 1, 1, write_unary},
    {OP_LEAKY_RELU, TFL_LEAKY_RELU, OPT_LEAKY_RELU, 1, 2, write_unary},
    {OP_ELU, TFL_ELU, OPT_NONE, 1, 1, write_unary},
    {OP_GELU, TFL_GELU, OPT_GELU, 2, 1, write_unary},
    {OP_HARD_SWISH, TFL_HARD_SWISH, OPT_HARD_SWISH, 1, 1, write_unary},
    {OP_LOGISTIC, TFL_LOGISTIC, OPT_NONE, 2, 3, write_unary},
    {OP_TANH, TFL_TANH, OPT_NONE, 2, 3, write_unary},
    {OP_SOFTMAX, TFL_SOFTMAX, OPT_SOFTMAX, 2, 3, write_unary},
    {OP_LOG_SOFTMAX, TFL_LOG_SOFTMAX, OPT_LOG_SOFTMAX, 2, 1, write_unary},
    {OP_NEG, TFL_NEG, OPT_NEG, 1, 1, write_unary},
    {OP_ABS, TFL_ABS, OPT_ABS, 2, 3, write_unary},
    {OP_SIGN, TFL_SIGN, OPT_SIGN, 1, 1, write_unary},
    {OP_SQRT, TFL_SQRT, OPT_NONE, 2, 2, write_unary},
    {OP_RSQRT, TFL_RSQRT, OPT_NONE, 2, 3, write_unary},
    {OP_SQUARE, TFL_SQUARE, OPT_SQUARE, 1, 1, write_unary},
    {OP_EXP, TFL_EXP, OPT_EXP, 2, 2, write_unary},
    {OP_LOG, TFL_LOG, OPT_NONE, 2, 2, write_unary},
    {OP_SIN, TFL_SIN, OPT_NONE, 1, 1, write_unary},
    {OP_COS, TFL_COS, OPT_COS, 1, 1, write_unary},
    {OP_FLOOR, TFL_FLOOR, OPT_NONE, 1, 1, write_unary},
    {OP_CEIL, TFL_CEIL, OPT_NONE, 1, 1, write_unary},
    {OP_ROUND, TFL_ROUND, OPT_NONE, 1, 1, write_unary},
    {.write = NULL},
};
