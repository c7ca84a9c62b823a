// Arithmetic shared by the kernels: the same bits on every chip and on the host.
#ifndef NN_MATH_H
#define NN_MATH_H
#include "nn.h"

// Cores without a 32 x 32 -> 64 multiplication build the high half from halfwords (all but the LX6, which has
// mulsh, are recognised here; a compiler for it predefines the second macro).
#ifndef NN_MUL32_LOW
#if (defined(__xtensa__) && !defined(__XTENSA_HAVE_MUL32_HIGH__)) || defined(__ARM_ARCH_6M__)
#define NN_MUL32_LOW 1
#else
#define NN_MUL32_LOW 0
#endif
#endif

// Cores without FPU: floats are compared and rounded as integers, and multiplied and added so (nn_soft.h) where a product
// of 64 bits is at hand.
#ifndef NN_SOFT
#if (defined(__riscv) && !defined(__riscv_flen)) || (defined(__arm__) && !defined(__ARM_FP)) ||              \
    defined(__XTENSA_SOFT_FLOAT__)
#define NN_SOFT 1
#else
#define NN_SOFT 0
#endif
#endif

#if NN_SOFT
#include "nn_soft.h"
#endif

// a * b + c of floats. A chip whose FPU has a fused multiply-add uses it (NN_FMA 1: one rounding); the host
// then computes the same. NN_MUL, NN_FLOAT: a product, and an integer's float, where it is worth its own function.
#if NN_FMA
#define NN_MADD(a, b, c) __builtin_fmaf((a), (b), (c))
#elif NN_SOFT && !NN_MUL32_LOW
#define NN_MADD(a, b, c) nn_soft_madd((a), (b), (c))
#define NN_MUL(a, b) nn_soft_mul((a), (b))
#define NN_FLOAT(v) nn_soft_float(v)
#else
#define NN_MADD(a, b, c) ((a) * (b) + (c))
#endif
#ifndef NN_MUL
#define NN_MUL(a, b) ((a) * (b))
#define NN_FLOAT(v) ((float)(v))
#endif

NN_INLINE float nn_float(int32_t bits)
{
    float f;
    memcpy(&f, &bits, sizeof f);
    return f;
}

NN_INLINE int32_t nn_bits(float v)
{
    int32_t bits;
#if defined(__xtensa__) && !NN_SOFT
    __asm__("rfr %0, %1" : "=r"(bits) : "f"(v));
#else
    memcpy(&bits, &v, sizeof bits);
#endif
    return bits;
}

NN_INLINE float nn_act(float v, int32_t act)
{
    if (act == NN_ACT_NONE) return v;
#if NN_SOFT
    v = nn_soft_above_0(v) ? v : 0.0f;
#else
    v = v > 0.0f ? v : 0.0f;
#endif
    return act == NN_ACT_RELU6 && v > 6.0f ? 6.0f : v;
}

// ---- fixed point ----

// round(a * b / 2^31), half up; a = b = -2^31 does not occur (b is a multiplier, never negative, or a Q0.31
// constant). gemmlowp's SaturatingRoundingDoublingHighMul gives the same: its nudge and truncating division
// come to this floor.
NN_INLINE int32_t nn_mul_high(int32_t a, int32_t b)
{
#if NN_MUL32_LOW
    const int32_t ah = a >> 16, bh = b >> 16;
    const uint32_t al = (uint32_t)a & 0xffffu, bl = (uint32_t)b & 0xffffu, low = al * bl;
    const int32_t p = (int32_t)((uint32_t)ah * bl), q = (int32_t)((uint32_t)bh * al); // |p|, |q| <= 2^31
    const uint32_t mid = (low >> 16) + ((uint32_t)p & 0xffffu) + ((uint32_t)q & 0xffffu);
    const int32_t high = ah * bh + (p >> 16) + (q >> 16) + (int32_t)(mid >> 16); // bits 32.. of the product
    // bits 31.. are twice that and bit 31; bit 30 rounds
    return (int32_t)(((uint32_t)high << 1) + (mid >> 15 & 1) + (mid >> 14 & 1));
#else
    return (int32_t)(((int64_t)a * b + (1 << 30)) >> 31);
#endif
}

// x / 2^n, half away from zero; 0 <= n <= 31.
NN_INLINE int32_t nn_shift_right(int32_t x, int32_t n)
{
    const int32_t mask = (int32_t)((1u << n) - 1u);
    return (x >> n) + ((x & mask) > (mask >> 1) + (x < 0));
}

// x * mult * 2^(shift - 31) with two roundings: TensorFlow Lite's MultiplyByQuantizedMultiplier. A left shift
// that overflows wraps.
NN_INLINE int32_t nn_requantise(int32_t x, int32_t mult, int32_t shift)
{
    const int32_t left = shift > 0 ? shift : 0, right = shift > 0 ? 0 : -shift;
    return nn_shift_right(nn_mul_high((int32_t)((uint32_t)x << left), mult), right);
}

// nn_output_s8 (below) where the compiler does not part the shift outside of the loops by itself: nn_left and
// nn_right are taken there.
NN_INLINE int32_t nn_left(int32_t shift)
{
    return shift > 0 ? shift : 0;
}

NN_INLINE int32_t nn_right(int32_t shift)
{
    return shift > 0 ? 0 : -shift;
}

NN_INLINE int8_t nn_output_parted_s8(int32_t acc, int32_t mult, int32_t left, int32_t right, int32_t zero,
                                     int32_t min, int32_t max)
{
    const int32_t v = nn_shift_right(nn_mul_high((int32_t)((uint32_t)acc << left), mult), right);
    return (int8_t)(nn_clamp(v, min - zero, max - zero) + zero);
}

// nn_mul_high(a2 / 2, b), a2 even: one instruction of Cortex-M's DSP extension.
NN_INLINE int32_t nn_mul_high_twice(int32_t a2, int32_t b)
{
#if defined(__ARM_FEATURE_DSP) && defined(__GNUC__)
    int32_t r;
    __asm__("smmulr %0, %1, %2" : "=r"(r) : "r"(a2), "r"(b));
    return r;
#elif NN_MUL32_LOW
    return nn_mul_high(a2 >> 1, b);
#else
    const int64_t p = (int64_t)a2 * b; // bit 31 of the product rounds
    return (int32_t)(p >> 32) + (int32_t)((uint32_t)p >> 31);
#endif
}

// nn_mul_high for |a| < 2^30.
NN_INLINE int32_t nn_mul_high_small(int32_t a, int32_t b)
{
    return nn_mul_high_twice(a * 2, b);
}

NN_INLINE int32_t nn_saturate_s8(int32_t v)
{
#if defined(__ARM_FEATURE_DSP) && defined(__GNUC__)
    int32_t r;
    __asm__("ssat %0, #8, %1" : "=r"(r) : "r"(v));
    return r;
#else
    return nn_clamp(v, -128, 127);
#endif
}

// nn_output_s8 (below) for a factor below 1 (shift < 0), of twice the sum: round is 2^(-shift - 1), right is -shift.
NN_INLINE int32_t nn_output_right_s8(int32_t acc2, int32_t mult, int32_t round, int32_t right, int32_t zero,
                                     int32_t min, int32_t max)
{
    int32_t v = nn_mul_high_twice(acc2, mult);
    v = ((v + (v >> 31) + round) >> right) + zero; // half away from zero
    if (min > -128 && max < 127) return nn_clamp(v, min, max);
    v = nn_saturate_s8(v);
    return min > -128 ? nn_max(v, min) : max < 127 ? nn_min(v, max) : v;
}

// clamp(zero + requantise(acc), min, max), |acc| < 2^30: what a convolution does with its sum.
NN_INLINE int8_t nn_output_s8(int32_t acc, int32_t mult, int32_t shift, int32_t zero, int32_t min,
                              int32_t max)
{
#if NN_MUL32_LOW
    return nn_output_parted_s8(acc, mult, nn_left(shift), nn_right(shift), zero, min, max);
#else
    int32_t v;
    if (shift < 0) { // not nn_output_right_s8: one way out is fewer instructions where the shift varies
        v = nn_mul_high_small(acc, mult);
        v = (v + (v >> 31) + (int32_t)(1u << (-shift - 1))) >> -shift; // half away from zero
        v += zero;
    } else {
        v = nn_clamp(nn_requantise(acc, mult, shift), -512, 512) + zero;
    }
    if (min > -128 && max < 127) return (int8_t)nn_clamp(v, min, max);
    v = nn_saturate_s8(v);
    return (int8_t)(min > -128 ? nn_max(v, min) : max < 127 ? nn_min(v, max) : v);
#endif
}

// clamp(acc * mult / 2^shift, min, max), half up: what int16 layers do with their sums. mult has 15 bits, shift is
// 1 or more, |acc| < 2^47 (TensorFlow Lite's MultiplyByQuantizedMultiplier of int64).
NN_INLINE int16_t nn_output_s16(int64_t acc, int32_t mult, int32_t shift, int32_t min, int32_t max)
{
    const int64_t v = (acc * mult + ((int64_t)1 << (shift - 1))) >> shift;
    return (int16_t)nn_clamp((int32_t)v, min, max);
}

// x * 2^n saturated, 0 < n < 31.
NN_INLINE int32_t nn_shift_left_sat(int32_t x, int32_t n)
{
    const int32_t limit = (int32_t)((1u << (31 - n)) - 1u);
    return x > limit ? INT32_MAX : x < -limit ? INT32_MIN : (int32_t)((uint32_t)x << n);
}

// exp(a) for a <= 0, a in Q(int_bits).(31 - int_bits), 4 <= int_bits <= 5; result Q0.31. The steps are
// gemmlowp's exp_on_negative_values: a Taylor series around -1/8 on the last quarter, then a factor
// exp(-2^k) for each set bit above it.
NN_INLINE int32_t nn_exp_q31(int32_t a, int32_t int_bits)
{
    static const int32_t factor[7] = {1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242};
    const int32_t frac = 31 - int_bits, quarter = (int32_t)(1u << (frac - 2));
    const int32_t mod = (a & (quarter - 1)) - quarter;
    const int32_t rest = (int32_t)((uint32_t)mod - (uint32_t)a);
    const int32_t x = nn_shift_left_sat(mod, int_bits) + (1 << 28);
    const int32_t x2 = nn_mul_high(x, x), x3 = nn_mul_high(x2, x), x4 = nn_mul_high(x2, x2);
    const int32_t tail = nn_shift_right(nn_mul_high(nn_shift_right(x4, 2) + x3, 715827883 /* 1/3 */) + x2, 1);
    int32_t y = 1895147668 /* exp(-1/8) */ + nn_mul_high(1895147668, x + tail);
    for (int32_t k = -2; k < int_bits; k++)
        if (rest & (int32_t)(1u << (frac + k))) y = nn_mul_high(y, factor[k + 2]);
    return a == 0 ? INT32_MAX : y;
}

// (a + b + 1 or a + b - 1) / 2, towards zero: half sum rounded away from zero.
NN_INLINE int32_t nn_half_sum(int32_t a, int32_t b)
{
    const int64_t s = (int64_t)a + b;
    return (int32_t)((s + (s >= 0 ? 1 : -1)) / 2);
}

// 2 / (1 + a) in Q2.29, a in Q0.31, 0 <= a < 1: three steps of Newton's division on the half denominator.
NN_INLINE int32_t nn_two_over_one_plus_q31(int32_t a)
{
    const int32_t half = nn_half_sum(a, INT32_MAX);
    int32_t x = 1515870810 /* 48/17 */ + nn_mul_high(half, -1010580540 /* -32/17 */);
    for (int32_t i = 0; i < 3; i++) {
        const int32_t miss = (1 << 29) - nn_mul_high(half, x);
        x += nn_shift_left_sat(nn_mul_high(x, miss), 2);
    }
    return x;
}

// 1 / (1 + a) in Q0.31.
NN_INLINE int32_t nn_one_over_one_plus_q31(int32_t a)
{
    return nn_shift_left_sat(nn_two_over_one_plus_q31(a), 1);
}

// 1 / (1 + exp(-a)) and tanh(a), a in Q(int_bits).(31 - int_bits), result Q0.31; gemmlowp's steps.
NN_INLINE int32_t nn_logistic_q31(int32_t a, int32_t int_bits)
{
    const int32_t y = nn_one_over_one_plus_q31(nn_exp_q31(a > 0 ? -a : a, int_bits));
    return a == 0 ? 1 << 30 : a > 0 ? y : INT32_MAX - y;
}

NN_INLINE int32_t nn_tanh_q31(int32_t a, int32_t int_bits)
{
    // 2a is a with one more integer bit; (1 - e) / (1 + e) = 2 / (1 + e) - 1
    const int32_t e = nn_exp_q31(a > 0 ? -a : a, int_bits + 1);
    const int32_t y = nn_shift_left_sat(nn_two_over_one_plus_q31(e) - (1 << 29), 2);
    return a == 0 ? 0 : a > 0 ? y : -y;
}

NN_INLINE int32_t nn_leading_zeros(uint32_t v)
{
    int32_t n = 0;
    if (!v) return 32;
    while (!(v & 0x80000000u)) {
        v <<= 1;
        n++;
    }
    return n;
}

// ---- float ----

// The nearest integer, half away from zero, of |v| < 2^31. What is added is the float below 1/2: with 1/2
// itself 0.49999997 would round up to 1; with this one every sum that matters still rounds to the integer.
NN_INLINE int32_t nn_round(float v)
{
#if NN_SOFT
    return nn_soft_nearest(v);
#else
    return (int32_t)(v + (v < 0.0f ? -0.49999997f : 0.49999997f));
#endif
}

// round(v) + zero, saturated to int8; NaN becomes the smallest. The ends are integers, so that one may cut
// first.
NN_INLINE int8_t nn_round_s8(float v, int32_t zero)
{
#if NN_SOFT
    return (int8_t)nn_clamp(nn_soft_nearest_10(v) + zero, -128, 127);
#endif
    const float lo = (float)(-128 - zero), hi = (float)(127 - zero);
    v = !(v > lo) ? lo : v > hi ? hi : v;
    return (int8_t)(nn_round(v) + zero);
}

// The same to int16.
NN_INLINE int16_t nn_round_s16(float v, int32_t zero)
{
    const float lo = (float)(-32768 - zero), hi = (float)(32767 - zero);
    v = !(v > lo) ? lo : v > hi ? hi : v;
    return (int16_t)(nn_round(v) + zero);
}

// exp(x). Relative error below NN_EXP_ERROR for -87.3 <= x <= 88.7; 0 below, infinity above.
// x = n * ln 2 + r, |r| <= ln 2 / 2; Taylor's series of exp(r) to r^7, whose remainder is below 6e-9.
#define NN_EXP_ERROR 1.6e-7f
NN_INLINE float nn_exp(float x)
{
    if (!(x >= -87.3f)) return x != x ? x : 0.0f; // NaN stays NaN
    if (x > 88.7f) return nn_float(0x7f800000);
    const int32_t n = nn_round(x * 1.44269504f);
    const float k = (float)n;
    // ln 2 in two parts: k times the first is exact (9 bits)
    const float r = NN_MADD(k, 2.12194440e-4f, NN_MADD(k, -0.693359375f, x));
    float s = 1.98412698e-4f; // 1/7!
    s = NN_MADD(s, r, 1.38888889e-3f);
    s = NN_MADD(s, r, 8.33333333e-3f);
    s = NN_MADD(s, r, 4.16666667e-2f);
    s = NN_MADD(s, r, 1.66666667e-1f);
    s = NN_MADD(s, r, 0.5f);
    s = NN_MADD(s, r, 1.0f);
    s = NN_MADD(s, r, 1.0f);
    // 2^n in two factors, so that n = 128 does not overflow and n = -126 does not vanish
    const int32_t half = n / 2;
    return s * nn_float((half + 127) << 23) * nn_float((n - half + 127) << 23);
}

// 1 / (1 + exp(-x)). Absolute error below 2e-7; exact at 0.
NN_INLINE float nn_logistic(float x)
{
    const float e = nn_exp(x < 0.0f ? x : -x);
    return (x < 0.0f ? e : 1.0f) / (1.0f + e);
}

// tanh(x). Absolute error below 2e-7, relative below 4e-7 near 0. Small x: Lambert's continued fraction cut
// after x^4; else 1 - 2 / (exp(2|x|) + 1).
NN_INLINE float nn_tanh(float x)
{
    const float a = x < 0.0f ? -x : x;
    if (a < 0.55f) {
        const float q = x * x;
        const float num = NN_MADD(NN_MADD(q, 1.0f, 105.0f), q, 945.0f);
        const float den = NN_MADD(NN_MADD(q, 15.0f, 420.0f), q, 945.0f);
        return x * (num / den);
    }
    const float t = a > 10.0f ? 1.0f : 1.0f - 2.0f / (nn_exp(2.0f * a) + 1.0f);
    return x < 0.0f ? -t : t;
}
#endif
