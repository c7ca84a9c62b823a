// logistic and tanh of int16 by a table of 2 / (1 + exp(-x)): what nn_math16.h computes, to the bit, in a dozen
// instructions, for 38 KB. Both are that one function: logistic(x) is half of it, tanh(x) it is at 2x, less 1; and where
// gates and cells have other integer bits, the steps of nn_math16.h depend on the number that is meant alone.
#ifndef NN_CURVE_Q15_H
#define NN_CURVE_Q15_H
#include "nn.h"

// curve: for each block of 128 inputs in Q3.12 from 0 on the least value, int16 in Q1.14; behind them for every input a
// byte, half of what its value is above that (Newton's steps go up and down). The last input's value is 2, as are all beyond.
enum { NN_CURVE_BLOCKS = 293, NN_CURVE_INPUTS = 128 * NN_CURVE_BLOCKS };
enum { NN_CURVE_INT16 = NN_CURVE_BLOCKS + NN_CURVE_INPUTS / 2 }; // of the whole table

// 2 / (1 + exp(-r / 4096)) in Q1.14, 0 <= r < NN_CURVE_INPUTS.
NN_INLINE int32_t nn_curve_at(const int16_t *curve, int32_t r)
{
    const uint8_t *code = (const uint8_t *)(curve + NN_CURVE_BLOCKS);
    return curve[r >> 7] + 2 * code[r];
}

// a in Q3.12, result Q0.15; below 8 the function is below 2.
NN_INLINE int32_t nn_curve_logistic(const int16_t *curve, int32_t a)
{
    const int32_t y = nn_curve_at(curve, a < 0 ? -a : a);
    return a < 0 ? 32767 - y : y;
}

// a in Q(int_bits).(15 - int_bits), 2 <= int_bits <= 5.
NN_INLINE int32_t nn_curve_tanh(const int16_t *curve, int32_t a, int32_t int_bits)
{
    const int32_t r = nn_min((a < 0 ? -a : a) * (1 << (int_bits - 2)), NN_CURVE_INPUTS - 1);
    const int32_t y = nn_min(2 * (nn_curve_at(curve, r) - 16384), 32767);
    return a < 0 ? -y : y;
}
#endif
