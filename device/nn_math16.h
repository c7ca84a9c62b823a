// logistic and tanh of int16, for integer recurrent layers: the steps of gemmlowp's fixedpoint.h at 16 bits, which
// TensorFlow Lite's integer LSTM takes. Each product is rounded to 16 bits, as there; where its saturation can never
// happen (tests/device/test_math16.c goes over all inputs) there is none here.
#ifndef NN_MATH16_H
#define NN_MATH16_H
#include "nn_math.h"

NN_INLINE int32_t nn_clamp16(int32_t v)
{
#if defined(__ARM_FEATURE_DSP) && defined(__GNUC__)
    int32_t r;
    __asm__("ssat %0, #16, %1" : "=r"(r) : "r"(v));
    return r;
#else
    return nn_clamp(v, -32768, 32767);
#endif
}

// round(a * b / 2^15), half up.
NN_INLINE int32_t nn_mul16(int32_t a, int32_t b)
{
    return (a * b + (1 << 14)) >> 15;
}

// v / 2^n, half away from zero, as nn_shift_right; |v| < 2^31 - 2^n, 0 < n.
NN_INLINE int32_t nn_halve16(int32_t v, int32_t n)
{
    return (v + (v >> 31) + (1 << (n - 1))) >> n;
}

// exp(a) for a <= 0, a in Q(int_bits).(15 - int_bits), int_bits 1 .. 7; result Q0.15.
NN_INLINE int32_t nn_exp_q15(int32_t a, int32_t int_bits)
{
    const int32_t frac = 15 - int_bits, quarter = 1 << (frac - 2);
    const int32_t mod = (a & (quarter - 1)) - quarter, rest = mod - a;
    // exp of the last quarter by Taylor's series around -1/8: x + x^2 / 2 + x^3 / 6 + x^4 / 24, -1/8 <= x < 1/8
    const int32_t x = mod * (1 << int_bits) + (1 << 12);
    const int32_t x2 = nn_mul16(x, x), x3 = nn_mul16(x2, x), x4 = nn_mul16(x2, x2);
    const int32_t tail = (nn_mul16(((x4 + 2) >> 2) + x3, 10923 /* 1/3 */) + x2 + 1) >> 1;
    int32_t y = 28918 /* exp(-1/8) */ + nn_mul16(28918, x + tail);
    // times exp(-2^k) for every bit of the rest, k = -2 ..
    if (rest & (1 << (frac - 2))) y = nn_mul16(y, 25520);
    if (rest & (1 << (frac - 1))) y = nn_mul16(y, 19875);
    if (rest & (1 << frac)) y = nn_mul16(y, 12055);
    if (int_bits > 1 && rest & (1 << (frac + 1))) y = nn_mul16(y, 4435);
    if (int_bits > 2 && rest & (1 << (frac + 2))) y = nn_mul16(y, 600);
    if (int_bits > 3 && rest & (1 << (frac + 3))) y = nn_mul16(y, 11);
    if (int_bits > 4 && rest & (1 << (frac + 4))) y = 0;    // exp(-16) is none of 16 bits
    if (int_bits > 5 && a < -(1 << (20 - int_bits))) y = 0; // below -32
    return a == 0 ? 32767 : y;
}

// 2 / (1 + a) in Q2.13, a in Q0.15, 0 <= a < 1: Newton's division on the half denominator.
NN_INLINE int32_t nn_two_over_one_plus_q15(int32_t a)
{
    const int32_t half = (a + 32767 + 1) >> 1;
    int32_t x = 23130 /* 48/17 */ + nn_mul16(half, -15420 /* -32/17 */);
    // (1 << 13) - nn_mul16(half, x), the subtraction taken into the shift
    x += nn_mul16(x, ((1 << 28) + 16383 - half * x) >> 15) * 4;
    x += nn_mul16(x, ((1 << 28) + 16383 - half * x) >> 15) * 4;
    x += nn_mul16(x, ((1 << 28) + 16383 - half * x) >> 15) * 4;
    return x;
}

// a in Q(int_bits).(15 - int_bits), result Q0.15.
NN_INLINE int32_t nn_logistic_q15(int32_t a, int32_t int_bits)
{
    const int32_t y = nn_min(2 * nn_two_over_one_plus_q15(nn_exp_q15(a > 0 ? -a : a, int_bits)), 32767);
    return a == 0 ? 16384 : a > 0 ? y : 32767 - y;
}

NN_INLINE int32_t nn_tanh_q15(int32_t a, int32_t int_bits)
{
    // 2a is a with one more integer bit; 2 / (1 + e) - 1
    const int32_t e = nn_exp_q15(a > 0 ? -a : a, int_bits + 1);
    const int32_t y = nn_min((nn_two_over_one_plus_q15(e) - (1 << 13)) * 4, 32767);
    return a == 0 ? 0 : a > 0 ? y : -y;
}
#endif
