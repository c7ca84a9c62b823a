// logistic and tanh of int16, for integer recurrent layers: the steps of gemmlowp's fixedpoint.h at 16 bits,
// which TensorFlow Lite's integer LSTM takes. Each product is rounded to 16 bits, as there.
#ifndef NN_MATH16_H
#define NN_MATH16_H
#include "nn_math.h"

NN_INLINE int32_t nn_clamp16(int32_t v)
{
    return nn_clamp(v, -32768, 32767);
}

// round(a * b / 2^15), half up.
NN_INLINE int32_t nn_mul16(int32_t a, int32_t b)
{
    return (a * b + (1 << 14)) >> 15;
}

// exp(a) for a <= 0, a in Q(int_bits).(15 - int_bits), int_bits 1 .. 7; result Q0.15.
NN_INLINE int32_t nn_exp_q15(int32_t a, int32_t int_bits)
{
    static const int16_t factor[7] = {25520, 19875, 12055, 4435, 600, 11, 0};
    const int32_t frac = 15 - int_bits, quarter = 1 << (frac - 2);
    const int32_t mod = (a & (quarter - 1)) - quarter, rest = mod - a;
    const int32_t x = mod * (1 << int_bits) + (1 << 12); // around -1/8
    const int32_t x2 = nn_mul16(x, x), x3 = nn_mul16(x2, x), x4 = nn_mul16(x2, x2);
    const int32_t tail = nn_shift_right(nn_mul16(nn_shift_right(x4, 2) + x3, 10923 /* 1/3 */) + x2, 1);
    int32_t y = nn_clamp16(28918 /* exp(-1/8) */ + nn_mul16(28918, x + tail));
    if (a == 0) return 32767;
    if (int_bits > 5 && a < -(1 << (20 - int_bits))) return 0; // below -32
    for (int32_t k = 0; k < int_bits + 2 && k < 7; k++)
        if (rest & (1 << (frac - 2 + k))) y = nn_mul16(y, factor[k]);
    return y;
}

// 2 / (1 + a) in Q2.13, a in Q0.15, 0 <= a < 1: Newton's division on the half denominator.
NN_INLINE int32_t nn_two_over_one_plus_q15(int32_t a)
{
    const int32_t half = (a + 32767 + 1) >> 1;
    int32_t x = 23130 /* 48/17 */ + nn_mul16(half, -15420 /* -32/17 */);
    for (int32_t i = 0; i < 3; i++) x += nn_clamp16(nn_mul16(x, (1 << 13) - nn_mul16(half, x)) * 4);
    return x;
}

// a in Q(int_bits).(15 - int_bits), result Q0.15.
NN_INLINE int32_t nn_logistic_q15(int32_t a, int32_t int_bits)
{
    const int32_t y = nn_clamp16(2 * nn_two_over_one_plus_q15(nn_exp_q15(a > 0 ? -a : a, int_bits)));
    return a == 0 ? 16384 : a > 0 ? y : 32767 - y;
}

NN_INLINE int32_t nn_tanh_q15(int32_t a, int32_t int_bits)
{
    // 2a is a with one more integer bit; 2 / (1 + e) - 1
    const int32_t y =
        nn_clamp16((nn_two_over_one_plus_q15(nn_exp_q15(a > 0 ? -a : a, int_bits + 1)) - (1 << 13)) * 4);
    return a == 0 ? 0 : a > 0 ? y : -y;
}
#endif
