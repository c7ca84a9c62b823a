// ONNX forms of the functions of one and of two values, and of products of computed matrices; all in plain order.
#include "onnx_write.h"

static const char *plain(struct writer *w, const struct tensor *t)
{
    return tensor_is_const(t) ? onnx_const_plain(w, t) : form_get(w, t, PLAIN);
}

static const char *between(struct writer *w, const struct node *n, const char *what)
{
    return onnx_name(w, arena_printf(w->a, "%s/%s", n->name, what));
}

bool onnx_write_map(struct writer *w, const struct node *n)
{
    static const char *const name[OP_COUNT] = {
        [OP_NEG] = "Neg",     [OP_ABS] = "Abs",   [OP_SIGN] = "Sign",  [OP_SQRT] = "Sqrt",
        [OP_EXP] = "Exp",     [OP_LOG] = "Log",   [OP_SIN] = "Sin",    [OP_COS] = "Cos",
        [OP_FLOOR] = "Floor", [OP_CEIL] = "Ceil", [OP_ROUND] = "Round"};
    const char *in[] = {plain(w, n->in[0]), NULL}, *out = form_name(w, n->out[0], PLAIN);
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
    static const char *const name[OP_COUNT] = {[OP_MAXIMUM] = "Max", [OP_MINIMUM] = "Min", [OP_POW] = "Pow"};
    const char *in[] = {plain(w, n->in[0]), plain(w, n->in[1])}, *out = form_name(w, n->out[0], PLAIN);
    if (n->op != OP_SQUARED_DIFFERENCE) {
        onnx_node(w, name[n->op], n->name, 2, in, out);
        return true;
    }
    const char *difference = between(w, n, "difference");
    onnx_node(w, "Sub", difference, 2, in, difference);
    onnx_node(w, "Mul", n->name, 2, (const char *const[]){difference, difference}, out);
    return true;
}

// An operand whose last two dimensions are exchanged in front, where the node says so.
static const char *matrix(struct writer *w, const struct node *n, int i, bool exchanged)
{
    const char *in = plain(w, n->in[i]);
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
