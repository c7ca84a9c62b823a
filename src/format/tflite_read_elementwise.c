// Operators of one or two tensors element by element.
#include "tflite_read.h"
#include <string.h>

static bool oper_binary(struct reader *r, struct oper *o, struct err *e)
{
    enum act act;
    enum op after;
    if (!reader_act(o, BINARY_ACT, &act, &after, e)) return false;
    if (o->in[0]->type != o->in[1]->type || o->in[0]->type != o->out[0]->type)
        return fail(e, "mixes %s, %s and %s", dtype_name(o->in[0]->type), dtype_name(o->in[1]->type),
                    dtype_name(o->out[0]->type));
    struct node *n = reader_node(r, o, o->def->op, 2);
    n->as.binary.act = act;
    return reader_finish_act(r, o, n, after, e);
}

static bool oper_unary(struct reader *r, struct oper *o, struct err *e)
{
    struct node *n = reader_node(r, o, o->def->op, 1);
    if (n->op == OP_ELU) n->as.alpha.alpha = 1;
    if (n->op == OP_LEAKY_RELU) n->as.alpha.alpha = fb_f32(&o->options, LEAKY_ALPHA, 0);
    if (n->op == OP_SOFTMAX) n->as.softmax.beta = fb_f32(&o->options, SOFTMAX_BETA, 0);
    if (o->builtin == TFL_DEQUANTIZE && o->in[0]->type == F16)
        return fail(e, "float16 activations are not supported; convert the model again to float32");
    if (n->op != OP_QUANTIZE && n->op != OP_DEQUANTIZE && o->in[0]->type != o->out[0]->type)
        return fail(e, "turns %s into %s", dtype_name(o->in[0]->type), dtype_name(o->out[0]->type));
    return reader_finish(o, n, e);
}

const struct oper_def opers_elementwise[] = {
    {TFL_ADD, OPT_ADD, 5, 2, 2, oper_binary, .op = OP_ADD},
    {TFL_SUB, OPT_SUB, 5, 2, 2, oper_binary, .op = OP_SUB},
    {TFL_MUL, OPT_MUL, 8, 2, 2, oper_binary, .op = OP_MUL},
    {TFL_DIV, OPT_DIV, 2, 2, 2, oper_binary, .op = OP_DIV},
    {TFL_RELU, OPT_NONE, 3, 1, 1, oper_unary, .op = OP_RELU},
    {TFL_RELU6, OPT_NONE, 3, 1, 1, oper_unary, .op = OP_RELU6},
    {TFL_TANH, OPT_NONE, 3, 1, 1, oper_unary, .op = OP_TANH},
    {TFL_LOGISTIC, OPT_NONE, 3, 1, 1, oper_unary, .op = OP_LOGISTIC},
    {TFL_ELU, OPT_NONE, 1, 1, 1, oper_unary, .op = OP_ELU},
    {TFL_LEAKY_RELU, OPT_LEAKY_RELU, 2, 1, 1, oper_unary, .op = OP_LEAKY_RELU},
    {TFL_SOFTMAX, OPT_SOFTMAX, 3, 1, 1, oper_unary, .op = OP_SOFTMAX},
    {TFL_QUANTIZE, OPT_QUANTIZE, 4, 1, 1, oper_unary, .op = OP_QUANTIZE},
    {TFL_DEQUANTIZE, OPT_DEQUANTIZE, 6, 1, 1, oper_unary, .op = OP_DEQUANTIZE},
    {TFL_CAST, OPT_CAST, 7, 1, 1, .read = oper_shape_only},
    {.read = NULL},
};
