// int8 forms of functions of one value: tables of 256, made with the steps of LiteRT's kernels (TensorFlow Lite
// Micro has the same where it has the op). Only ops that LiteRT executes in int8 have one.
#include "lower.h"
#include "../../device/nn_math.h"
#include <math.h>

int8_t *lower_lookup(const struct node *n, struct plan *p)
{
    const struct tensor *x = n->in[0], *y = n->out[0];
    struct tensor *table = lower_table(p, n->name, I8, 256);
    lower_in_place(p, y, x);
    plan_step(p, n, &kernel_nn_lookup_s8, &(nn_lookup){(int32_t)tensor_count(x)},
              (struct ref[]){ref_in(x), ref_in(table), ref_out(y)});
    return (int8_t *)(uintptr_t)table->data;
}

static bool want_factor(const struct node *n, int32_t shift, struct err *e)
{
    return shift <= 22 ||
           fail(e, "%s to %s: the factor between their scales is too large", n->in[0]->name, n->out[0]->name);
}

// LUTPopulate: the real function in float, times the float 1 / scale, rounded half away from zero.
static bool lower_real(const struct node *n, struct plan *p, float (*f)(float v, const struct quant *y))
{
    const struct quant *x = &n->in[0]->q, *y = &n->out[0]->q;
    const float inverse = 1.0f / y->scale[0];
    int8_t *v = lower_lookup(n, p);
    for (int i = -128; i < 128; i++) {
        const float r = roundf(f(x->scale[0] * (float)(i - x->zero[0]), y) * inverse) + (float)y->zero[0];
        v[i + 128] = (int8_t)(r >= 127.0f ? 127.0f : r > -128.0f ? r : -128.0f);
    }
    return true;
}

static float real_exp(float v, const struct quant *y)
{
    (void)y;
    return (float)exp((double)v);
}

// Not positive: the least value of the output.
static float real_log(float v, const struct quant *y)
{
    return v > 0 ? (float)log((double)v) : (float)(-128 - y->zero[0]) * y->scale[0];
}

static float real_gelu(float v, const struct quant *y)
{
    (void)y;
    return 0.5f * v * (1.0f + (float)erf((double)(v * 0.707106781f)));
}

static float real_gelu_tanh(float v, const struct quant *y)
{
    (void)y;
    return 0.5f * v * (1.0f + (float)tanh((double)(0.797884561f * (v + 0.044715f * v * v * v))));
}

static bool lower_abs(const struct node *n, struct plan *p, struct err *e)
{
    const struct quant *x = &n->in[0]->q, *y = &n->out[0]->q;
    const bool same = x->scale[0] == y->scale[0];
    int32_t mult, shift;
    quantize_multiplier((double)(x->scale[0] / y->scale[0]), &mult, &shift);
    if (!want_factor(n, shift, e)) return false;
    int8_t *v = lower_lookup(n, p);
    for (int i = -128; i < 128; i++) {
        const int32_t q = i < x->zero[0] ? x->zero[0] - i : i - x->zero[0];
        v[i + 128] = (int8_t)nn_clamp((same ? q : nn_requantise(q, mult, shift)) + y->zero[0], -128, 127);
    }
    return true;
}

// LiteRT cuts off what is behind the point; a negative input, which it refuses while it runs, counts as 0.
static bool lower_sqrt(const struct node *n, struct plan *p)
{
    const struct quant *x = &n->in[0]->q, *y = &n->out[0]->q;
    int8_t *v = lower_lookup(n, p);
    for (int i = -128; i < 128; i++) {
        const float r = i > x->zero[0] ? sqrtf(x->scale[0] * (float)(i - x->zero[0])) / y->scale[0] : 0;
        v[i + 128] = (int8_t)nn_clamp((int32_t)fminf(r, 1000.0f) + y->zero[0], -128, 127);
    }
    return true;
}

// mult * 2^(shift - 31) = 1 / sqrt(v), v >= 1: GetInvSqrtQuantizedMultiplierExp, five steps of Newton's
// iteration in Q3.28.
static void inverse_sqrt(int32_t v, int32_t *mult, int32_t *shift)
{
    *mult = INT32_MAX;
    *shift = 0;
    if (v <= 1) return;
    const int32_t pairs = (nn_leading_zeros((uint32_t)v) - 1) / 2 - 1;
    const int32_t in = (int32_t)((uint32_t)v << (2 * pairs)) / 2, half = nn_shift_right(in, 1);
    int32_t x = 1 << 28, right = 11 - pairs;
    for (int i = 0; i < 5; i++) {
        // a product of three values of 3 integer bits has 9, one of two has 6
        const int32_t cube = nn_shift_left_sat(nn_mul_high(nn_mul_high(x, x), x), 6);
        x = nn_shift_left_sat(nn_mul_high((1 << 28) + (1 << 27), x) - nn_mul_high(half, cube), 3);
    }
    x = nn_mul_high(x, 1518500250 /* sqrt(1/2) */);
    *mult = right < 0 ? (int32_t)((uint32_t)x << -right) : x;
    *shift = right < 0 ? 0 : -right;
}

// 0 gives the greatest value, and so does a negative input, which LiteRT refuses while it runs.
static bool lower_rsqrt(const struct node *n, struct plan *p, struct err *e)
{
    const struct quant *x = &n->in[0]->q, *y = &n->out[0]->q;
    int32_t mult, shift;
    quantize_multiplier(1.0 / (double)(sqrtf(x->scale[0]) * y->scale[0]), &mult, &shift);
    if (!want_factor(n, shift - 20, e)) return false;
    if (shift < -11) mult = 0, shift = -11; // smaller than any step
    int8_t *v = lower_lookup(n, p);
    for (int i = -128; i < 128; i++) {
        v[i + 128] = 127;
        if (i <= x->zero[0]) continue;
        int32_t m, s;
        inverse_sqrt(i - x->zero[0], &m, &s);
        const int32_t q = nn_requantise(1, m, s + 20);
        v[i + 128] = (int8_t)nn_clamp(nn_requantise(q, mult, shift - 20) + y->zero[0], -128, 127);
    }
    return true;
}

static int16_t mult_16(int32_t mult)
{
    return (int16_t)(mult >= INT32_MAX - (1 << 15) ? INT16_MAX : (mult + (1 << 15)) >> 16);
}

// round(a * b / 2^15), half away from zero, saturated.
static int32_t mul_16(int32_t a, int32_t b)
{
    const int32_t ab = a * b, r = (ab + (ab >= 0 ? 1 << 14 : 1 - (1 << 14))) / (1 << 15);
    return r > INT16_MAX ? INT16_MAX : r;
}

static int32_t saturate_16(int32_t v)
{
    return nn_clamp(v, INT16_MIN, INT16_MAX);
}

// 16-bit fixed point as in reference/hard_swish.h: x * relu6(x + 3) / 6, the second factor in Q0.15.
static bool lower_hard_swish(const struct node *n, struct plan *p, struct err *e)
{
    const struct quant *x = &n->in[0]->q, *y = &n->out[0]->q;
    const float fine = 1.0f / 128 * x->scale[0];
    int32_t mult, shift, relu_mult, relu_shift;
    quantize_multiplier((double)(fine / y->scale[0]), &mult, &shift);
    quantize_multiplier((double)(fine / (3.0f / 32768)), &relu_mult, &relu_shift);
    if (shift > 0 || relu_shift > 15)
        return fail(e, "%s to %s: the factor between their scales is too large", n->in[0]->name,
                    n->out[0]->name);
    mult = mult_16(mult);
    relu_mult = mult_16(relu_mult);
    int8_t *v = lower_lookup(n, p);
    for (int i = -128; i < 128; i++) {
        const int32_t q = (i - x->zero[0]) * 128;
        int32_t gate = q;
        if (relu_shift > 0) gate = saturate_16(gate * (1 << (relu_shift - 1)));
        gate = mul_16(gate, relu_mult);
        if (relu_shift > 0) gate = saturate_16(gate * 2);
        if (relu_shift < 0) gate = nn_shift_right(gate, -relu_shift);
        gate = (gate + (1 << 15)) >> 1;
        const int32_t r = gate * mul_16(q, mult) / (1 << 15); // towards zero
        v[i + 128] = (int8_t)nn_clamp(nn_shift_right(r, -shift) + y->zero[0], -128, 127);
    }
    return true;
}

static bool lower_relu_n1_to_1(const struct node *n, struct plan *p, struct err *e)
{
    const struct quant *x = &n->in[0]->q, *y = &n->out[0]->q;
    int32_t mult, shift;
    quantize_multiplier((double)(x->scale[0] / y->scale[0]), &mult, &shift);
    if (!want_factor(n, shift, e)) return false;
    const int32_t one = (int32_t)fminf(roundf(1.0f / y->scale[0]), 1000.0f);
    const int32_t lo = nn_max(-128, y->zero[0] - one), hi = nn_min(127, y->zero[0] + one);
    int8_t *v = lower_lookup(n, p);
    for (int i = -128; i < 128; i++)
        v[i + 128] = (int8_t)nn_clamp(nn_requantise(i - x->zero[0], mult, shift) + y->zero[0], lo, hi);
    return true;
}

bool lower_map_s8(const struct node *n, struct plan *p, struct err *e)
{
    switch (n->op) {
    case OP_ABS:
        return lower_abs(n, p, e);
    case OP_SQRT:
        return lower_sqrt(n, p);
    case OP_RSQRT:
        return lower_rsqrt(n, p, e);
    case OP_EXP:
        return lower_real(n, p, real_exp);
    case OP_LOG:
        return lower_real(n, p, real_log);
    case OP_GELU:
        return lower_real(n, p, n->as.gelu.approximate ? real_gelu_tanh : real_gelu);
    case OP_HARD_SWISH:
        return lower_hard_swish(n, p, e);
    case OP_RELU_N1_TO_1:
        return lower_relu_n1_to_1(n, p, e);
    default:
        return fail(e, "it has no int8 form; a dequantize is missing in front of it");
    }
}
