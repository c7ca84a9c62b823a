// logistic and tanh of int16 arrays: nn_math16.h with its first factors in a table (2 KB). Chips' folders have faster ones.
#ifndef NN_ACTIVATE16_H
#define NN_ACTIVATE16_H
#include "nn_exp16.h"
#include "nn_math16.h"

// nn_exp_q15 of -p, p > 0, int_bits 3 .. 7, by a table of one quarter: the first factors in one load.
NN_INLINE int32_t nn_exp_table_q15(int32_t p, int32_t int_bits)
{
    const int32_t wide = int_bits - 3, k = p - 1, quarters = k >> (10 - wide);
    int32_t y = nn_exp_quarter[(((k & ((1024 >> wide) - 1)) + 1) << wide) - 1];
    if (quarters & 1) y = nn_mul16(y, 25520);
    if (quarters & 2) y = nn_mul16(y, 19875);
    if (quarters < 4) return y; // most gates see less than 1
    if (quarters & 4) y = nn_mul16(y, 12055);
    if (quarters & 8) y = nn_mul16(y, 4435);
    if (quarters & 16) y = nn_mul16(y, 600);
    if (int_bits > 3 && quarters & 32) y = nn_mul16(y, 11);
    if (int_bits > 4 && quarters >= 64) y = 0;
    return y;
}

// Of n values in Q3.12, in place.
NN_INLINE void nn_logistics_q15(int16_t *v, int32_t n)
{
    for (int32_t i = 0; i < n; i++) {
        const int32_t a = v[i], sign = a >> 31;
        const int32_t y =
            nn_min(2 * nn_two_over_one_plus_q15(nn_exp_table_q15(nn_max((a ^ sign) - sign, 1), 3)), 32767);
        v[i] = (int16_t)(a == 0 ? 16384 : y ^ (sign & 32767));
    }
}

// Of n values in Q(int_bits).(15 - int_bits).
NN_INLINE void nn_tanhs_q15(const int16_t *v, int32_t n, int32_t int_bits, int16_t *to)
{
    for (int32_t i = 0; i < n; i++) {
        const int32_t a = v[i], sign = a >> 31;
        if (int_bits < 2) {
            to[i] = (int16_t)nn_tanh_q15(a, int_bits);
            continue;
        }
        const int32_t e = nn_exp_table_q15(nn_max((a ^ sign) - sign, 1), int_bits + 1);
        const int32_t y = nn_min((nn_two_over_one_plus_q15(e) - (1 << 13)) * 4, 32767);
        to[i] = (int16_t)(a == 0 ? 0 : (y ^ sign) - sign);
    }
}
#endif
