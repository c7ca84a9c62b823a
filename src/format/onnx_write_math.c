// Functions of one value, of two and of three in the ONNX writer, and products of computed matrices.
#include "onnx_write.h"

bool onnx_write_map(struct writer *w, const struct node *n)
{
    static const char *const name[OP_COUNT] = {
        [OP_NEG] = "Neg",     [OP_ABS] = "Abs",   [OP_SIGN] = "Sign",   [OP_SQRT] = "Sqrt",
        [OP_EXP] = "Exp",     [OP_LOG] = "Log",   [OP_SIN] = "Sin",     [OP_COS] = "Cos",
        [OP_FLOOR] = "Floor", [OP_CEIL] = "Ceil", [OP_ROUND] = "Round", [OP_LOGICAL_NOT] = "Not"};
    enum form f;
    const char *in;
    if (!form_inputs(w, n, &f, &in)) return false;
    const char *out = form_name(w, n->out[0], f);
    if (n->op == OP_SQUARE) {
        onnx_node(w, "Mul", n->name, 2, (const char *const[]){in, in}, out);
    } else if (n->op == OP_RSQRT) {
        const char *root = onnx_step(w, n, "Sqrt", 1, &in);
        onnx_node(w, "Reciprocal", n->name, 1, &root, out);
    } else {
        onnx_node(w, name[n->op], n->name, 1, &in, out);
    }
    return true;
}

bool onnx_write_map2(struct writer *w, const struct node *n)
{
    static const char *const name[OP_COUNT] = {[OP_MAXIMUM] = "Max",
                                               [OP_MINIMUM] = "Min",
                                               [OP_POW] = "Pow",
                                               [OP_PRELU] = "PRelu",
                                               [OP_EQUAL] = "Equal",
                                               [OP_LESS] = "Less",
                                               [OP_LESS_EQUAL] = "LessOrEqual",
                                               [OP_GREATER] = "Greater",
                                               [OP_GREATER_EQUAL] = "GreaterOrEqual",
                                               [OP_LOGICAL_AND] = "And",
                                               [OP_LOGICAL_OR] = "Or"};
    enum form f;
    const char *in[2];
    if (!form_inputs(w, n, &f, in)) return false;
    const char *out = form_name(w, n->out[0], f);
    if (n->op == OP_SQUARED_DIFFERENCE) {
        const char *difference = onnx_step(w, n, "Sub", 2, in);
        onnx_node(w, "Mul", n->name, 2, (const char *const[]){difference, difference}, out);
    } else if (n->op == OP_NOT_EQUAL) {
        const char *equal = onnx_step(w, n, "Equal", 2, in);
        onnx_node(w, "Not", n->name, 1, &equal, out);
    } else
        onnx_node(w, name[n->op], n->name, 2, in, out);
    return true;
}

bool onnx_write_select(struct writer *w, const struct node *n)
{
    enum form f;
    const char *in[3];
    if (!form_inputs(w, n, &f, in)) return false;
    onnx_node(w, "Where", n->name, 3, in, form_name(w, n->out[0], f));
    return true;
}

bool onnx_write_cast(struct writer *w, const struct node *n)
{
    enum form f;
    const char *in;
    if (!form_inputs(w, n, &f, &in)) return false;
    onnx_attr_int(w, onnx_node(w, "Cast", n->name, 1, &in, form_name(w, n->out[0], f)), "to",
                  onnx_type(n->out[0]->type));
    return true;
}

bool onnx_write_unary(struct writer *w, const struct node *n)
{
    static const char *const name[] = {[OP_RELU] = "Relu",
                                       [OP_LEAKY_RELU] = "LeakyRelu",
                                       [OP_ELU] = "Elu",
                                       [OP_LOGISTIC] = "Sigmoid",
                                       [OP_TANH] = "Tanh",
                                       [OP_SOFTMAX] = "Softmax",
                                       [OP_LOG_SOFTMAX] = "LogSoftmax"};
    const struct tensor *x = n->in[0];
    enum form f;
    const char *in;
    if (!form_inputs(w, n, &f, &in)) return false;
    if (n->op == OP_RELU6) {
        onnx_clip(w, n->name, in, 0, 6, form_name(w, n->out[0], f));
        return true;
    }
    if (n->op == OP_SOFTMAX && n->as.softmax.beta != 1)
        in = onnx_step(w, n, "Mul", 2, (const char *const[]){in, onnx_number(w, n, n->as.softmax.beta)});
    Onnx__NodeProto *p = onnx_node(w, name[n->op], n->name, 1, &in, form_name(w, n->out[0], f));
    if (n->op == OP_LEAKY_RELU || n->op == OP_ELU) onnx_attr_float(w, p, "alpha", n->as.alpha.alpha);
    if (n->op == OP_SOFTMAX || n->op == OP_LOG_SOFTMAX)
        onnx_attr_int(w, p, "axis", form_axis(x, f, x->rank - 1));
    return true;
}

// An operand whose last two dimensions are exchanged in front, where the node says so.
static const char *matrix(struct writer *w, const struct node *n, int i, bool exchanged)
{
    const char *in = form_get(w, n->in[i], PLAIN);
    if (!exchanged) return in;
    int64_t perm[GRAPH_MAX_RANK];
    const int rank = n->in[i]->rank;
    for (int d = 0; d < rank; d++) perm[d] = d < rank - 2 ? d : 2 * rank - 3 - d;
    const char *out = onnx_name(w, arena_printf(w->a, "%s/%s", n->name, i ? "right" : "left"));
    onnx_attr_ints(w, onnx_node(w, "Transpose", out, 1, &in, out), "perm", rank, perm);
    return out;
}

bool onnx_write_matmul(struct writer *w, const struct node *n)
{
    const char *in[] = {matrix(w, n, 0, n->as.matmul.adj_x), matrix(w, n, 1, n->as.matmul.adj_y)};
    onnx_node(w, "MatMul", n->name, 2, in, form_name(w, n->out[0], PLAIN));
    return true;
}
