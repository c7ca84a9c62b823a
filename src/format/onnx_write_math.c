// Functions of one value, of two and of three in the ONNX writer, and products of computed matrices.
#include "onnx_write.h"

static const char *between(struct writer *w, const struct node *n, const char *what)
{
    return onnx_name(w, arena_printf(w->a, "%s/%s", n->name, what));
}

bool onnx_write_map(struct writer *w, const struct node *n)
{
    static const char *const name[OP_COUNT] = {
        [OP_NEG] = "Neg",     [OP_ABS] = "Abs",   [OP_SIGN] = "Sign",   [OP_SQRT] = "Sqrt",
        [OP_EXP] = "Exp",     [OP_LOG] = "Log",   [OP_SIN] = "Sin",     [OP_COS] = "Cos",
        [OP_FLOOR] = "Floor", [OP_CEIL] = "Ceil", [OP_ROUND] = "Round", [OP_LOGICAL_NOT] = "Not"};
    const enum form f = form_have(w, n->in[0]);
    const char *in[] = {form_get(w, n->in[0], f), NULL}, *out = form_name(w, n->out[0], f);
    in[1] = in[0];
    if (n->op == OP_SQUARE) {
        onnx_node(w, "Mul", n->name, 2, in, out);
    } else if (n->op == OP_RSQRT) {
        const char *root = between(w, n, "sqrt");
        onnx_node(w, "Sqrt", root, 1, in, root);
        onnx_node(w, "Reciprocal", n->name, 1, &root, out);
    } else {
        onnx_node(w, name[n->op], n->name, 1, in, out);
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
    const enum form f = form_shared(w, n);
    const char *in[2];
    if (!form_operands(w, n, f, in)) return false;
    const char *out = form_name(w, n->out[0], f);
    if (n->op == OP_SQUARED_DIFFERENCE) {
        const char *difference = between(w, n, "difference");
        onnx_node(w, "Sub", difference, 2, in, difference);
        onnx_node(w, "Mul", n->name, 2, (const char *const[]){difference, difference}, out);
    } else if (n->op == OP_NOT_EQUAL) {
        const char *equal = between(w, n, "equal");
        onnx_node(w, "Equal", equal, 2, in, equal);
        onnx_node(w, "Not", n->name, 1, &equal, out);
    } else
        onnx_node(w, name[n->op], n->name, 2, in, out);
    return true;
}

bool onnx_write_select(struct writer *w, const struct node *n)
{
    const enum form f = form_shared(w, n);
    const char *in[3];
    if (!form_operands(w, n, f, in)) return false;
    onnx_node(w, "Where", n->name, 3, in, form_name(w, n->out[0], f));
    return true;
}

bool onnx_write_cast(struct writer *w, const struct node *n)
{
    const enum form f = form_have(w, n->in[0]);
    const char *in = form_get(w, n->in[0], f);
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
    enum form f = form_have(w, x);
    const char *in = form_get(w, x, f);
    if (n->op == OP_RELU6) {
        const char *all[] = {in, onnx_const_float(w, arena_printf(w->a, "%s/min", n->name), 0),
                             onnx_const_float(w, arena_printf(w->a, "%s/max", n->name), 6)};
        onnx_node(w, "Clip", n->name, 3, all, form_name(w, n->out[0], f));
        return true;
    }
    if (n->op == OP_SOFTMAX && n->as.softmax.beta != 1) {
        const char *scaled[] = {
            in, onnx_const_float(w, arena_printf(w->a, "%s/beta", n->name), n->as.softmax.beta)};
        in = onnx_name(w, arena_printf(w->a, "%s/scaled", n->name));
        onnx_node(w, "Mul", arena_printf(w->a, "%s/scale", n->name), 2, scaled, in);
    }
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
    const char *out = between(w, n, i ? "right" : "left");
    onnx_attr_ints(w, onnx_node(w, "Transpose", out, 1, &in, out), "perm", rank, perm);
    return out;
}

bool onnx_write_matmul(struct writer *w, const struct node *n)
{
    const char *in[] = {matrix(w, n, 0, n->as.matmul.adj_x), matrix(w, n, 1, n->as.matmul.adj_y)};
    onnx_node(w, "MatMul", n->name, 2, in, form_name(w, n->out[0], PLAIN));
    return true;
}
