// Functions of one value: those that are nodes of their own, and activations as compositions.
#include "onnx_read.h"
#include <math.h>
#include <string.h>

static bool unary(struct onnx *r, struct onnx_node *n)
{
    return node_is(r, n, 0, make_unary(r, n, n->as, node_in(r, n, 0)));
}

static struct value *plus(struct onnx *r, struct onnx_node *n, struct value *x, float v)
{
    return make_binary(r, n, OP_ADD, x, make_number(r, v));
}

static struct value *times(struct onnx *r, struct onnx_node *n, struct value *x, float v)
{
    return v == 1 ? x : make_binary(r, n, OP_MUL, x, make_number(r, v));
}

// alpha * (exp(x) - 1) below zero
static struct value *elu(struct onnx *r, struct onnx_node *n, struct value *x, float alpha)
{
    if (!x) return NULL;
    if (value_is_const(x)) {
        struct value *down = make_unary(r, n, OP_EXP, make_binary(r, n, OP_MINIMUM, x, make_number(r, 0)));
        down = times(r, n, plus(r, n, down, -1), alpha);
        return make_binary(r, n, OP_ADD, make_unary(r, n, OP_RELU, x), down);
    }
    struct node *m = make_node(r, n, OP_ELU, 1);
    struct value *y = arena_copy(r->scratch, x, sizeof *x);
    m->as.alpha.alpha = alpha;
    m->in[0] = x->t;
    y->t = node_done(r, n, m);
    return y->t ? y : NULL;
}

static bool leaky_relu(struct onnx *r, struct onnx_node *n)
{
    struct value *x = node_computed(r, n, 0);
    if (!x) return false;
    struct node *m = node_add(r, n, OP_LEAKY_RELU, 1);
    m->as.alpha.alpha = attr_float(n, "alpha", 0.01f);
    return node_unary(r, n, m, x);
}

static bool elu_(struct onnx *r, struct onnx_node *n)
{
    return node_is(r, n, 0, elu(r, n, node_in(r, n, 0), attr_float(n, "alpha", 1)));
}

static bool selu(struct onnx *r, struct onnx_node *n)
{
    const float alpha = attr_float(n, "alpha", 1.67326319217681884765625f);
    const float gamma = attr_float(n, "gamma", 1.05070102214813232421875f);
    return node_is(r, n, 0, times(r, n, elu(r, n, node_in(r, n, 0), alpha), gamma));
}

// max(0, x) + min(0, alpha * (exp(x / alpha) - 1)) = alpha * elu(x / alpha)
static bool celu(struct onnx *r, struct onnx_node *n)
{
    const float alpha = attr_float(n, "alpha", 1);
    if (!(alpha > 0)) return node_fail(r, n, "alpha is %g", (double)alpha);
    struct value *x = node_in(r, n, 0);
    if (x && alpha != 1) x = make_binary(r, n, OP_DIV, x, make_number(r, alpha));
    return node_is(r, n, 0, times(r, n, elu(r, n, x, 1), alpha));
}

static bool reciprocal(struct onnx *r, struct onnx_node *n)
{
    struct value *x = node_in(r, n, 0);
    return x && node_is(r, n, 0, make_binary(r, n, OP_DIV, make_number(r, 1), x));
}

// log(1 + exp(x)), as max(x, 0) + log(1 + exp(-|x|)), which does not overflow
static struct value *softplus(struct onnx *r, struct onnx_node *n, struct value *x)
{
    struct value *up = make_unary(r, n, OP_RELU, x);
    struct value *e = make_unary(r, n, OP_EXP, make_unary(r, n, OP_NEG, make_unary(r, n, OP_ABS, x)));
    return make_binary(r, n, OP_ADD, up, make_unary(r, n, OP_LOG, plus(r, n, e, 1)));
}

static bool softplus_(struct onnx *r, struct onnx_node *n)
{
    return node_is(r, n, 0, softplus(r, n, node_in(r, n, 0)));
}

static bool softsign(struct onnx *r, struct onnx_node *n)
{
    struct value *x = node_in(r, n, 0);
    return node_is(r, n, 0, make_binary(r, n, OP_DIV, x, plus(r, n, make_unary(r, n, OP_ABS, x), 1)));
}

static bool mish(struct onnx *r, struct onnx_node *n)
{
    struct value *x = node_in(r, n, 0);
    return node_is(r, n, 0, make_binary(r, n, OP_MUL, x, make_unary(r, n, OP_TANH, softplus(r, n, x))));
}

// x * sigmoid(alpha * x)
static bool swish(struct onnx *r, struct onnx_node *n)
{
    struct value *x = node_in(r, n, 0);
    struct value *s = make_unary(r, n, OP_LOGISTIC, times(r, n, x, attr_float(n, "alpha", 1)));
    return node_is(r, n, 0, make_binary(r, n, OP_MUL, x, s));
}

// clip(alpha * x + beta, 0, 1); relu6(x + 3) / 6 with the numbers of hard swish
static bool hard_sigmoid(struct onnx *r, struct onnx_node *n)
{
    const float alpha = attr_float(n, "alpha", 0.2f), beta = attr_float(n, "beta", 0.5f);
    struct value *x = node_in(r, n, 0);
    if (fabsf(alpha - 1 / 6.0f) < 1e-6f && beta == 0.5f) {
        struct value *six = make_unary(r, n, OP_RELU6, plus(r, n, x, 3));
        return node_is(r, n, 0, times(r, n, six, 1 / 6.0f));
    }
    struct value *line = make_unary(r, n, OP_RELU, plus(r, n, times(r, n, x, alpha), beta));
    return node_is(r, n, 0, make_binary(r, n, OP_MINIMUM, line, make_number(r, 1)));
}

static bool thresholded_relu(struct onnx *r, struct onnx_node *n)
{
    struct value *x = node_in(r, n, 0);
    struct value *above = make_binary(r, n, OP_GREATER, x, make_number(r, attr_float(n, "alpha", 1)));
    return make_where(r, n, above, x, make_number(r, 0));
}

// x + bias below -lambd, x - bias above lambd, else 0
static bool shrink(struct onnx *r, struct onnx_node *n)
{
    struct value *x = node_in(r, n, 0);
    const float lambd = attr_float(n, "lambd", 0.5f), bias = attr_float(n, "bias", 0);
    struct value *above = make_binary(r, n, OP_GREATER, x, make_number(r, lambd));
    struct value *below = make_binary(r, n, OP_LESS, x, make_number(r, -lambd));
    if (!make_where(r, n, above, plus(r, n, x, -bias), make_number(r, 0))) return false;
    struct value *rest = arena_copy(r->scratch, &n->out[0], sizeof *rest);
    rest->name = arena_printf(r->a, "%s/%d", rest->name, r->g->nnode);
    if (rest->t) rest->t->name = rest->name;
    return make_where(r, n, below, plus(r, n, x, bias), rest);
}

static bool gelu(struct onnx *r, struct onnx_node *n)
{
    struct value *x = node_computed(r, n, 0);
    if (!x) return false;
    struct node *m = node_add(r, n, OP_GELU, 1);
    m->as.gelu.approximate = !strcmp(attr_text(r, n, "approximate", "none"), "tanh");
    return node_unary(r, n, m, x);
}

// There is no op for it: a GELU node stands for it until onnx_fuse finds the pattern that makes it one.
static bool erf_(struct onnx *r, struct onnx_node *n)
{
    struct value *x = node_in(r, n, 0);
    if (!x) return false;
    if (value_is_const(x)) {
        float *f;
        if (!node_floats(r, n, 0) || !fold_new(r, n, &n->out[0], x->rank, x->dim, &f, NULL)) return false;
        for (int64_t k = 0, count = value_count(x); k < count; k++) f[k] = erff(x->f[k]);
        return true;
    }
    if (r->nerf == ONNX_MAX_ERF) return node_fail(r, n, "more than %d of them", ONNX_MAX_ERF);
    struct node *m = node_add(r, n, OP_GELU, 1);
    r->erf[r->nerf++] = m;
    return node_unary(r, n, m, x);
}

static bool bound(struct onnx *r, struct onnx_node *n, const char *attr, int input, float otherwise,
                  float *out)
{
    *out = attr_float(n, attr, otherwise);
    if (input >= n->nin || !n->in[input]) return true;
    const struct value *v = node_floats(r, n, input);
    if (!v) return false;
    if (value_count(v) != 1) return node_fail(r, n, "bound %s is not one number", v->name);
    *out = v->f[0];
    return true;
}

// [0, infinity), [0, 6] and [-1, 1] are ops.
static bool clip(struct onnx *r, struct onnx_node *n)
{
    struct value *x = node_in(r, n, 0);
    float lo, hi;
    if (!x) return false;
    if (x->i) { // sizes
        for (int k = 1; k < 3 && x; k++)
            if (k < n->nin && n->in[k]) x = make_binary(r, n, k == 1 ? OP_MAXIMUM : OP_MINIMUM, x, n->in[k]);
        return node_is(r, n, 0, x);
    }
    if (!bound(r, n, "min", 1, -INFINITY, &lo) || !bound(r, n, "max", 2, INFINITY, &hi)) return false;
    if (!(lo <= hi)) return node_fail(r, n, "bounds %g and %g", (double)lo, (double)hi);
    if (lo == 0 && hi == 6) return node_is(r, n, 0, make_unary(r, n, OP_RELU6, x));
    if (!value_is_const(x) && lo == -1 && hi == 1)
        return node_is(r, n, 0, make_unary(r, n, OP_RELU_N1_TO_1, x));
    if (lo == 0)
        x = make_unary(r, n, OP_RELU, x);
    else if (lo > -3.4e38f)
        x = make_binary(r, n, OP_MAXIMUM, x, make_number(r, lo));
    if (hi < 3.4e38f) x = make_binary(r, n, OP_MINIMUM, x, make_number(r, hi));
    return node_is(r, n, 0, x);
}

const struct onnx_op_entry onnx_ops_activation[] = {
    {"Abs", unary, OP_ABS},
    {"Ceil", unary, OP_CEIL},
    {"Cos", unary, OP_COS},
    {"Exp", unary, OP_EXP},
    {"Floor", unary, OP_FLOOR},
    {"HardSwish", unary, OP_HARD_SWISH},
    {"Log", unary, OP_LOG},
    {"Neg", unary, OP_NEG},
    {"Not", unary, OP_LOGICAL_NOT},
    {"Relu", unary, OP_RELU},
    {"Round", unary, OP_ROUND},
    {"Sigmoid", unary, OP_LOGISTIC},
    {"Sign", unary, OP_SIGN},
    {"Sin", unary, OP_SIN},
    {"Sqrt", unary, OP_SQRT},
    {"Tanh", unary, OP_TANH},
    {"Celu", celu, OP_ELU},
    {"Clip", clip, OP_RELU6},
    {"Elu", elu_, OP_ELU},
    {"Erf", erf_, OP_GELU},
    {"Gelu", gelu, OP_GELU},
    {"HardSigmoid", hard_sigmoid, OP_RELU6},
    {"LeakyRelu", leaky_relu, OP_LEAKY_RELU},
    {"Mish", mish, OP_MUL},
    {"Reciprocal", reciprocal, OP_DIV},
    {"Selu", selu, OP_ELU},
    {"Shrink", shrink, OP_SELECT},
    {"Softplus", softplus_, OP_LOG},
    {"Softsign", softsign, OP_DIV},
    {"Swish", swish, OP_MUL},
    {"ThresholdedRelu", thresholded_relu, OP_SELECT},
    {NULL, NULL, OP_COUNT},
};
