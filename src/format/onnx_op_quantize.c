// Quantised ONNX with known scales. QuantizeLinear and DequantizeLinear become QUANTIZE and DEQUANTIZE nodes around float
// ones, QLinear* operators the float operator between them; onnx_integer.c then makes integer nodes of what lies
// between. Activations of uint8 are int8 here: 128 less, zero points too.
#include "onnx_quantize.h"
#include "../base/log.h"
#include <math.h>
#include <string.h>

// ---- scale and zero point ----

bool scale_read(struct onnx *r, struct onnx_node *n, int scale, int zero, struct scale *s)
{
    const struct value *v = node_floats(r, n, scale), *z = NULL;
    if (!v) return false;
    if (v->rank > 1)
        return node_fail(r, n, "scale %s has %d dimensions; scales by block are not supported", v->name,
                         v->rank);
    if (zero >= 0 && zero < n->nin && n->in[zero]) {
        if (!(z = node_ints(r, n, zero))) return false;
        if (value_count(z) != value_count(v))
            return node_fail(r, n, "%lld scales in %s and %lld zero points in %s; quantize the model again",
                             (long long)value_count(v), v->name, (long long)value_count(z), z->name);
    }
    *s = (struct scale){(int)value_count(v), v->f, z ? z->i : NULL, z ? z->elem : 0};
    for (int i = 0; i < s->n; i++)
        if (!(v->f[i] > 0) || !isfinite(v->f[i]))
            return node_fail(r, n, "scale %s[%d] is %g, which is no step; quantize the model again", v->name,
                             i, (double)v->f[i]);
    return s->n > 0 || node_fail(r, n, "scale %s is empty; the file is damaged", v->name);
}

static int64_t zero_of(const struct scale *s, int i)
{
    return s->zero ? s->zero[i] : 0;
}

// As our int8 has it.
static struct quant quant_of(struct onnx *r, const struct scale *s)
{
    const int32_t zero = (int32_t)((uint64_t)zero_of(s, 0) - (s->elem == INT8 ? 0 : 128));
    return (struct quant){1, 0, arena_copy(r->a, s->scale, sizeof(float)),
                          arena_copy(r->a, &zero, sizeof zero)};
}

static bool zero_fits(struct onnx *r, const struct onnx_node *n, const struct scale *s)
{
    const int64_t z = zero_of(s, 0), lo = s->elem == INT8 ? -128 : 0;
    return (z >= lo && z <= lo + 255) ||
           node_fail(r, n, "zero point %lld is outside of its type; quantize the model again", (long long)z);
}

// ---- constants ----

struct value *const_dequantized(struct onnx *r, struct onnx_node *n, const struct value *c,
                                const struct scale *s, int64_t axis)
{
    struct value *y = make_value(r, n);
    float *f;
    int64_t inner = 1;
    int d = 0;
    if (!c->i) return node_fail(r, n, "input %s holds no integers", c->name), NULL;
    if (s->elem && c->elem && s->elem != c->elem)
        return node_fail(r, n,
                         "%s is %s and its zero point %s; the file is damaged, quantize the model again",
                         c->name, onnx_type_name(c->elem), onnx_type_name(s->elem)),
               NULL;
    if (s->n > 1) {
        if ((d = node_axis(r, n, axis, c->rank)) < 0) return NULL;
        if (c->dim[d] != s->n)
            return node_fail(r, n, "%d scales for dimension %d of %s, which is %d; quantize the model again",
                             s->n, d, c->name, c->dim[d]),
                   NULL;
        for (int i = d + 1; i < c->rank; i++) inner *= c->dim[i];
    }
    if (!fold_new(r, n, y, c->rank, c->dim, &f, NULL)) return NULL;
    for (int64_t k = 0, count = value_count(y); k < count; k++) {
        const int at = s->n > 1 ? (int)(k / inner % s->n) : 0;
        f[k] = (float)((double)c->i[k] - (double)zero_of(s, at)) * s->scale[at];
    }
    y->name = c->name;
    y->q = (struct quant){s->n, d, arena_copy(r->a, s->scale, (size_t)s->n * sizeof(float)),
                          arena_new_n(r->a, (size_t)s->n, int32_t)};
    r->quantized = true;
    return y;
}

static bool const_quantized(struct onnx *r, struct onnx_node *n, const struct value *x, const struct scale *s,
                            int64_t axis)
{
    int64_t *q, inner = 1;
    int d = 0;
    const int64_t lo = s->elem == INT8 ? -128 : 0;
    if (s->n > 1) {
        if ((d = node_axis(r, n, axis, x->rank)) < 0) return false;
        if (x->dim[d] != s->n)
            return node_fail(r, n, "%d scales for dimension %d of %s, which is %d; quantize the model again",
                             s->n, d, x->name, x->dim[d]);
        for (int i = d + 1; i < x->rank; i++) inner *= x->dim[i];
    }
    if (!fold_new(r, n, &n->out[0], x->rank, x->dim, NULL, &q)) return false;
    for (int64_t k = 0, count = value_count(x); k < count; k++) {
        const int at = s->n > 1 ? (int)(k / inner % s->n) : 0;
        const double v = nearbyint((double)(x->f[k] / s->scale[at])) + (double)zero_of(s, at);
        q[k] = v >= (double)lo + 255 ? lo + 255 : v > (double)lo ? (int64_t)v : lo;
    }
    n->out[0].elem = s->elem ? s->elem : UINT8;
    return true;
}

// ---- QuantizeLinear, DequantizeLinear ----

static struct value *quantized(struct onnx *r, struct onnx_node *n, struct value *x, const struct quant *q)
{
    if (!x) return NULL;
    struct node *m = make_node(r, n, OP_QUANTIZE, 1);
    struct value *y = arena_copy(r->scratch, x, sizeof *x);
    m->in[0] = x->t;
    m->out[0]->type = I8;
    m->out[0]->q = *q;
    r->quantized = true;
    y->t = node_done(r, n, m);
    return y->t ? y : NULL;
}

struct value *make_dequantized(struct onnx *r, struct onnx_node *n, struct value *x)
{
    if (!x || value_is_const(x) || x->t->type != I8) return x;
    struct node *m = make_node(r, n, OP_DEQUANTIZE, 1);
    struct value *y = arena_copy(r->scratch, x, sizeof *x);
    m->in[0] = x->t;
    y->t = node_done(r, n, m);
    return y->t ? y : NULL;
}

struct value *make_quantized(struct onnx *r, struct onnx_node *n, struct value *x, const struct quant *q)
{
    return quantized(r, n, x, q);
}

// Types that have no integer form here: their values stay floats, and that is said.
static bool stays_float(const struct onnx_node *n, int elem)
{

    if (elem == 0 || elem == UINT8 || elem == INT8) return false;
    log_info("onnx: node %s (%s) stays float: only 8-bit activations are computed as integers", n->name,
             n->op);
    return true;
}

static bool quantize_linear(struct onnx *r, struct onnx_node *n)
{
    struct value *x = node_in(r, n, 0);
    struct scale s;
    if (!x || !scale_read(r, n, 1, 2, &s)) return false;
    if (!s.elem) s.elem = (int)attr_int(n, "output_dtype", 0);
    if (attr_int(n, "block_size", 0)) return node_fail(r, n, "scales by block are not supported");
    if (x->f) {
        if (!stays_float(n, s.elem)) return const_quantized(r, n, x, &s, attr_int(n, "axis", 1));
        node_same(n, x);
        n->out[0].elem = s.elem;
        return true;
    }
    if (x->i || x->t->type != F32) return node_fail(r, n, "input %s is not of floats", x->name);
    if (stays_float(n, s.elem)) return node_same(n, x);
    if (s.n != 1) return node_fail(r, n, "activations with a scale a channel are not supported");
    const struct quant q = quant_of(r, &s);
    if (!zero_fits(r, n, &s) || !node_is(r, n, 0, quantized(r, n, x, &q))) return false;
    n->out[0].elem = s.elem ? s.elem : UINT8;
    return true;
}

// x, quantised or a constant, as floats by the scale of the inputs named.
static struct value *float_input(struct onnx *r, struct onnx_node *n, int input, int scale, int zero,
                                 int64_t axis)
{
    struct value *x = node_in(r, n, input);
    struct scale s;
    if (!x || !scale_read(r, n, scale, zero, &s)) return NULL;
    if (x->i) return const_dequantized(r, n, x, &s, axis);
    if (x->f && (x->elem == 1 || x->elem == 10 || x->elem == 11 || x->elem == 16))
        return node_fail(r, n, "input %s holds floats where integers are expected; the file is damaged",
                         x->name),
               NULL;
    if (x->f || x->t->type == F32) return x; // a type that stayed float
    if (x->t->type != I8 || s.n != 1)
        return node_fail(r, n, "input %s is not quantised by one scale", x->name), NULL;
    if (!zero_fits(r, n, &s)) return NULL;
    if (s.elem && x->elem && s.elem != x->elem)
        return node_fail(r, n,
                         "%s is %s and its zero point %s; the file is damaged, quantize the model again",
                         x->name, onnx_type_name(x->elem), onnx_type_name(s.elem)),
               NULL;
    const struct quant q = quant_of(r, &s), *own = &x->t->q;
    if (!own->n) x->t->q = q; // an input of the network: its scale stands here
    struct value *y = make_dequantized(r, n, x);
    if (q.scale[0] == own->scale[0] && q.zero[0] == own->zero[0]) return y;
    // other numbers than it was quantised by: (q - z) s = (real / s' + z' - z) s
    y = make_binary(r, n, OP_MUL, y, make_number(r, q.scale[0] / own->scale[0]));
    return make_binary(r, n, OP_ADD, y, make_number(r, (float)(own->zero[0] - q.zero[0]) * q.scale[0]));
}

static bool dequantize_linear(struct onnx *r, struct onnx_node *n)
{
    if (attr_int(n, "block_size", 0)) return node_fail(r, n, "scales by block are not supported");
    struct value *y = float_input(r, n, 0, 1, 2, attr_int(n, "axis", 1));
    return y && node_is(r, n, 0, y);
}

// ---- QLinear*: the float operator between DEQUANTIZE and QUANTIZE ----

struct value *float_op(struct onnx *r, struct onnx_node *n, const char *op, int nin, struct value **in)
{
    struct value *y = make_value(r, n);
    struct onnx_node m = *n;
    y->name = arena_printf(r->a, "%s/float", n->out[0].name);
    m.op = op;
    m.nin = nin;
    m.nout = 1;
    m.in = in;
    m.out = y;
    for (int i = 0; i < nin; i++)
        if (!in[i] && i < 2) return NULL;
    return onnx_op_read(r, &m) ? y : NULL;
}

// Output 0 is y quantised by the inputs named; float when there is no scale.
static bool quantized_output(struct onnx *r, struct onnx_node *n, struct value *y, int scale, int zero)
{
    struct scale s;
    if (!y) return false;
    const bool optional = !strcmp(n->op, "QGemm");
    if (optional && (scale >= n->nin || !n->in[scale])) return node_is(r, n, 0, y);
    if (!scale_read(r, n, scale, zero, &s)) return false;
    if (stays_float(n, s.elem)) return node_is(r, n, 0, y);
    if (s.n != 1) return node_fail(r, n, "activations with a scale a channel are not supported");
    const struct quant q = quant_of(r, &s);
    if (!zero_fits(r, n, &s) || !node_is(r, n, 0, quantized(r, n, y, &q))) return false;
    n->out[0].elem = s.elem ? s.elem : UINT8;
    return true;
}

// An int32 bias at scale input * weight.
static struct value *bias_input(struct onnx *r, struct onnx_node *n, int input, int x_scale, int w_scale)
{
    if (input >= n->nin || !n->in[input]) return NULL;
    const struct value *b = node_ints(r, n, input);
    struct scale sx, sw;
    float *f;
    struct value *y = make_value(r, n);
    if (!b || !scale_read(r, n, x_scale, -1, &sx) || !scale_read(r, n, w_scale, -1, &sw)) return NULL;
    const int64_t count = value_count(b);
    if (sw.n != 1 && sw.n != count)
        return node_fail(r, n, "%d scales for %lld biases in %s", sw.n, (long long)count, b->name), NULL;
    if (!fold_new(r, n, y, b->rank, b->dim, &f, NULL)) return NULL;
    for (int64_t k = 0; k < count; k++)
        f[k] = (float)((double)b->i[k] * (double)sx.scale[0] * (double)sw.scale[sw.n > 1 ? k : 0]);
    y->name = b->name;
    return y;
}

static bool qlinear_conv(struct onnx *r, struct onnx_node *n)
{
    struct value *in[3] = {float_input(r, n, 0, 1, 2, 0), float_input(r, n, 3, 4, 5, 0), NULL};
    const bool bias = n->nin > 8 && n->in[8];
    if (!in[0] || !in[1] || (bias && !(in[2] = bias_input(r, n, 8, 1, 4)))) return false;
    return quantized_output(r, n, float_op(r, n, "Conv", bias ? 3 : 2, in), 6, 7);
}

// QLinearMatMul and com.microsoft's QLinearAdd, QLinearMul: a, b, output.
static bool qlinear_two(struct onnx *r, struct onnx_node *n)
{
    const char *op = n->op + strlen("QLinear");
    struct value *in[2] = {float_input(r, n, 0, 1, 2, -2), NULL};
    if (!in[0] || !(in[1] = float_input(r, n, 3, 4, 5, -1))) return false;
    return quantized_output(r, n, float_op(r, n, op, 2, in), 6, 7);
}

static bool qlinear_one(struct onnx *r, struct onnx_node *n)
{
    const char *op = n->op + strlen("QLinear");
    struct value *x = float_input(r, n, 0, 1, 2, 0);
    if (!x) return false;
    if (attr_int(n, "channels_last", 0)) return node_fail(r, n, "channels_last is not supported");
    return quantized_output(r, n, float_op(r, n, op, 1, &x), 3, 4);
}

static bool qlinear_concat(struct onnx *r, struct onnx_node *n)
{
    const int count = (n->nin - 2) / 3;
    if (n->nin < 5 || (n->nin - 2) % 3) return node_fail(r, n, "%d inputs; the file is damaged", n->nin);
    struct value **in = arena_new_n(r->scratch, (size_t)count, struct value *);
    for (int k = 0; k < count; k++)
        if (!(in[k] = float_input(r, n, 2 + 3 * k, 3 + 3 * k, 4 + 3 * k, 0))) return false;
    return quantized_output(r, n, float_op(r, n, "Concat", count, in), 0, 1);
}

static bool qgemm(struct onnx *r, struct onnx_node *n)
{
    const int64_t axis = attr_int(n, "transB", 0) ? 0 : 1;
    struct value *in[3] = {float_input(r, n, 0, 1, 2, 0), float_input(r, n, 3, 4, 5, axis), NULL};
    const bool bias = n->nin > 6 && n->in[6];
    if (!in[0] || !in[1] || (bias && !(in[2] = bias_input(r, n, 6, 1, 4)))) return false;
    return quantized_output(r, n, float_op(r, n, "Gemm", bias ? 3 : 2, in), 7, 8);
}

const struct onnx_op_entry onnx_ops_quantize[] = {
    {"QuantizeLinear", quantize_linear, OP_QUANTIZE},
    {"DequantizeLinear", dequantize_linear, OP_DEQUANTIZE},
    {"QLinearConv", qlinear_conv, OP_CONV_2D},
    {"QLinearMatMul", qlinear_two, OP_DENSE},
    {NULL, NULL, OP_COUNT},
};

// Of the operator set com.microsoft, what onnxruntime's quantization leaves.
const struct onnx_op_entry onnx_ops_microsoft[] = {
    {"QuantizeLinear", quantize_linear, OP_QUANTIZE},
    {"DequantizeLinear", dequantize_linear, OP_DEQUANTIZE},
    {"QLinearAdd", qlinear_two, OP_ADD},
    {"QLinearMul", qlinear_two, OP_MUL},
    {"QLinearSigmoid", qlinear_one, OP_LOGISTIC},
    {"QLinearLeakyRelu", qlinear_one, OP_LEAKY_RELU},
    {"QLinearAveragePool", qlinear_one, OP_AVERAGE_POOL_2D},
    {"QLinearGlobalAveragePool", qlinear_one, OP_MEAN},
    {"QLinearReduceMean", qlinear_one, OP_MEAN},
    {"QLinearSoftmax", qlinear_one, OP_SOFTMAX},
    {"QLinearConcat", qlinear_concat, OP_CONCATENATION},
    {"QGemm", qgemm, OP_DENSE},
    {NULL, NULL, OP_COUNT},
};
