// Activations that operator set 13 writes as several nodes.
#include "onnx_write.h"

// op(x, y), as an intermediate value.
static const char *step(struct writer *w, const struct node *n, const char *op, const char *x, const char *y)
{
    return onnx_step(w, n, op, 2, (const char *const[]){x, y});
}

// 0.5 x (1 + f), f = erf(x / sqrt 2) or tanh(0.7979 (x + 0.044715 x x x))
static void gelu(struct writer *w, const struct node *n, const char *x, const char *out)
{
    const char *f;
    if (n->as.gelu.approximate) {
        const char *cube = step(w, n, "Mul", step(w, n, "Mul", x, x), x);
        const char *sum = step(w, n, "Add", x, step(w, n, "Mul", cube, onnx_number(w, n, 0.044715f)));
        f = step(w, n, "Mul", sum, onnx_number(w, n, 0.7978845608f));
    } else
        f = step(w, n, "Div", x, onnx_number(w, n, 1.41421356f));
    f = onnx_step(w, n, n->as.gelu.approximate ? "Tanh" : "Erf", 1, &f);
    const char *both = step(w, n, "Mul", x, step(w, n, "Add", f, onnx_number(w, n, 1)));
    onnx_node(w, "Mul", n->name, 2, (const char *[]){both, onnx_number(w, n, 0.5f)}, out);
}

bool onnx_write_composed(struct writer *w, const struct node *n)
{
    enum form f;
    const char *x;
    if (!form_inputs(w, n, &f, &x)) return false;
    const char *out = form_name(w, n->out[0], f);
    if (n->op == OP_GELU) {
        gelu(w, n, x, out);
    } else if (n->op == OP_RELU_N1_TO_1) {
        onnx_clip(w, n->name, x, -1, 1, out);
    } else { // HARD_SWISH
        const char *gate = onnx_name(w, arena_printf(w->a, "%s/gate", n->name));
        Onnx__NodeProto *p = onnx_node(w, "HardSigmoid", gate, 1, &x, gate);
        onnx_attr_float(w, p, "alpha", 1.0f / 6);
        onnx_attr_float(w, p, "beta", 0.5f);
        onnx_node(w, "Mul", n->name, 2, (const char *[]){x, gate}, out);
    }
    return true;
}
