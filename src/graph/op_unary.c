// Elementwise ops of one input, softmax and its logarithm over the last
// dimension: output like input.
#include "lower.h"
#include "../../device/nn_math.h"
#include <math.h>

static bool infer(struct node *n, struct err *e)
{
    return want_inputs(n, 1, 1, e) && infer_like(n, n->in[0], e);
}

bool lower_requantize(const struct node *n, struct plan *p, double real, enum act act, struct err *e)
{
    const struct tensor *x = n->in[0], *y = n->out[0];
    int32_t mult, shift, min, max;
    if (!want_types(n, e)) return false;
    quantize_multiplier(real, &mult, &shift);
    if (shift > 22) return fail(e, "the factor between its scales, %g, is too large", real);
    act_range(act, y, &min, &max);
    int8_t *v = lower_lookup(n, p);
    for (int i = -128; i < 128; i++)
        v[i + 128] = nn_output_s8(i - x->q.zero[0], mult, shift, y->q.zero[0], min, max);
    return true;
}

static bool lower_leaky_s8(const struct node *n, struct plan *p, struct err *e)
{
    const struct tensor *x = n->in[0], *y = n->out[0];
    const float alpha = n->as.alpha.alpha;
    int32_t mult[2], shift[2];
    if (!want_types(n, e)) return false;
    // products and quotients in float, as TensorFlow Lite has them
    quantize_multiplier((double)(x->q.scale[0] / y->q.scale[0]), &mult[0], &shift[0]);
    quantize_multiplier(fabs((double)(x->q.scale[0] * alpha / y->q.scale[0])), &mult[1], &shift[1]);
    if (shift[0] > 22 || shift[1] > 22 || !isfinite(alpha))
        return fail(e, "alpha %g with its scales is not possible", (double)alpha);
    int8_t *v = lower_lookup(n, p);
    for (int i = -128; i < 128; i++) {
        const int32_t q = i - x->q.zero[0], k = q < 0;
        int32_t r = nn_requantise(q, mult[k], shift[k]);
        if (k && alpha < 0) r = -r;
        v[i + 128] = (int8_t)nn_clamp(r + y->q.zero[0], -128, 127);
    }
    return true;
}

// LOGISTIC and TANH: fixed point as TensorFlow Lite's reference kernels; the input becomes Q4.27.
static bool lower_sigmoid_s8(const struct node *n, struct plan *p, struct err *e)
{
    const struct tensor *x = n->in[0], *y = n->out[0];
    const bool logistic = n->op == OP_LOGISTIC;
    if (!want_types(n, e)) return false;
    if (logistic ? y->q.zero[0] != -128 || y->q.scale[0] != 1.0f / 256
                 : y->q.zero[0] != 0 || y->q.scale[0] != 1.0f / 128)
        return fail(e, "its output wants the scale 1/%d and the zero point %d", logistic ? 256 : 128,
                    logistic ? -128 : 0);
    int32_t mult, shift;
    quantize_multiplier((double)x->q.scale[0] * (1 << 27), &mult, &shift);
    if (shift > 31 || shift < -31)
        return fail(e, "its input scale %g is not possible", (double)x->q.scale[0]);
    const int32_t radius = (int32_t)fmin(floor(15.0 * (1 << 27) / exp2(shift)), 1e6);
    int8_t *v = lower_lookup(n, p);
    for (int i = -128; i < 128; i++) {
        const int32_t q = i - x->q.zero[0];
        const int32_t a = q <= -radius || q >= radius ? 0 : nn_requantise(q, mult, shift);
        const int32_t r = logistic ? nn_logistic_q31(a, 4) : nn_tanh_q31(a, 4);
        const int32_t small = logistic ? nn_shift_right(r, 23) - 128 : nn_shift_right(r, 24);
        v[i + 128] = (int8_t)(q <= -radius ? -128 : q >= radius ? 127 : nn_clamp(small, -128, 127));
    }
    return true;
}

// ELU: the real function, rounded.
static bool lower_elu_s8(const struct node *n, struct plan *p, struct err *e)
{
    const struct tensor *x = n->in[0], *y = n->out[0];
    if (!want_types(n, e)) return false;
    int8_t *v = lower_lookup(n, p);
    for (int i = -128; i < 128; i++) {
        const float r = (float)(i - x->q.zero[0]) * x->q.scale[0];
        const float f = r < 0 ? n->as.alpha.alpha * (nn_exp(r) - 1.0f) : r;
        v[i + 128] = nn_round_s8(f / y->q.scale[0], y->q.zero[0]);
    }
    return true;
}

static bool lower(const struct node *n, struct plan *p, struct err *e)
{
    static const struct kernel *const kernel[OP_COUNT] = {[OP_RELU] = &kernel_nn_relu_f32,
                                                          [OP_RELU6] = &kernel_nn_relu6_f32,
                                                          [OP_LEAKY_RELU] = &kernel_nn_leaky_relu_f32,
                                                          [OP_ELU] = &kernel_nn_elu_f32,
                                                          [OP_LOGISTIC] = &kernel_nn_logistic_f32,
                                                          [OP_TANH] = &kernel_nn_tanh_f32};
    const struct tensor *x = n->in[0], *y = n->out[0];
    if (is_s16(x)) return lower_unary_s16(n, p, e);
    if (!want_types(n, e)) return false;
    const bool alpha = n->op == OP_LEAKY_RELU || n->op == OP_ELU;
    if (is_s8(x)) {
        if (n->op == OP_LEAKY_RELU) return lower_leaky_s8(n, p, e);
        if (n->op == OP_ELU) return lower_elu_s8(n, p, e);
        if (n->op == OP_LOGISTIC || n->op == OP_TANH) return lower_sigmoid_s8(n, p, e);
        // the quotient in float, as TensorFlow Lite has it
        return lower_requantize(n, p, (double)(x->q.scale[0] / y->q.scale[0]),
                                n->op == OP_RELU ? ACT_RELU : ACT_RELU6, e);
    }
    lower_in_place(p, y, x);
    const nn_unary q = {(int32_t)tensor_count(x), alpha ? float_bits(n->as.alpha.alpha) : 0};
    plan_step(p, n, kernel[n->op], &q, (struct ref[]){ref_in(x), ref_out(y)});
    return true;
}

static bool lower_softmax(const struct node *n, struct plan *p, struct err *e)
{
    const struct tensor *x = n->in[0], *y = n->out[0];
    const int32_t c = x->rank ? x->dim[x->rank - 1] : 1;
    if (is_s16(x) && n->op == OP_SOFTMAX) return lower_softmax_s16(n, p, e);
    const bool logarithm = n->op == OP_LOG_SOFTMAX;
    const float beta = logarithm ? 1 : n->as.softmax.beta;
    const struct kernel *const kernel =
        logarithm  ? is_s8(x) ? &kernel_nn_log_softmax_s8 : &kernel_nn_log_softmax_f32
        : is_s8(x) ? &kernel_nn_softmax_s8
                   : &kernel_nn_softmax_f32;
    if (!want_types(n, e)) return false;
    if (c < 1) return fail(e, "it has no classes");
    nn_softmax q = {.rows = (int32_t)(tensor_count(x) / c), .c = c, .beta_bits = float_bits(beta)};
    if (is_s8(x)) {
        if (!logarithm && (y->q.zero[0] != -128 || y->q.scale[0] != 1.0f / 256))
            return fail(e, "its output wants the scale 1/256 and the zero point -128");
        if (logarithm && (y->q.zero[0] != 127 || y->q.scale[0] != 1.0f / 16))
            return fail(e, "its output wants the scale 1/16 and the zero point 127");
        if (c > 511) return fail(e, "%d classes; the int8 softmax takes at most 511", c);
        // differences become Q5.26
        const double real = fmin((double)beta * (double)x->q.scale[0] * (1 << 26), 2147483647.0);
        if (!(real > 1))
            return fail(e, "beta %g and the scale %g are too small", (double)beta, (double)x->q.scale[0]);
        quantize_multiplier(real, &q.mult, &q.shift);
        q.diff_min = -(int32_t)fmin(floor(31.0 * (1 << 26) / exp2(q.shift)), 1e6);
    }
    lower_in_place(p, y, x);
    plan_step(p, n, kernel, &q, (struct ref[]){ref_in(x), ref_out(y)});
    return true;
}

static bool lower_dropout(const struct node *n, struct plan *p, struct err *e)
{
    (void)e;
    plan_alias(p, n->out[0], n->in[0]);
    return true;
}

const struct opdef op_RELU = {"RELU", infer, lower, NULL};
const struct opdef op_RELU6 = {"RELU6", infer, lower, NULL};
const struct opdef op_LEAKY_RELU = {"LEAKY_RELU", infer, lower, NULL};
const struct opdef op_ELU = {"ELU", infer, lower, NULL};
const struct opdef op_LOGISTIC = {"LOGISTIC", infer, lower, NULL};
const struct opdef op_TANH = {"TANH", infer, lower, NULL};
const struct opdef op_SOFTMAX = {"SOFTMAX", infer, lower_softmax, NULL};
const struct opdef op_DROPOUT = {"DROPOUT", infer, lower_dropout, NULL};
const struct opdef op_LOG_SOFTMAX = {"LOG_SOFTMAX", infer, lower_softmax, NULL};
