// Softmax of int8 in fixed point; contract in nn.h.
#ifndef NN_SOFTMAX_S8_C
#define NN_SOFTMAX_S8_C
#include "nn_math.h"

// exp of a difference to the row's maximum, Q0.31.
NN_INLINE int32_t nn_softmax_exp(const nn_softmax *p, int32_t diff)
{
    return nn_exp_q31(nn_requantise(diff, p->mult, p->shift), 5);
}

NN_API void nn_softmax_s8(const nn_softmax *p, const int8_t *x, int8_t *y)
{
    for (int32_t r = 0; r < p->rows; r++, x += p->c, y += p->c) {
        int32_t most = -128, sum = 0; // sum in Q12.19
        for (int32_t i = 0; i < p->c; i++) most = nn_max(most, x[i]);
        for (int32_t i = 0; i < p->c; i++)
            if (x[i] - most >= p->diff_min) sum += nn_shift_right(nn_softmax_exp(p, x[i] - most), 12);
        // 1 / sum = inverse * 2^-(12 - zeros)
        const int32_t zeros = nn_leading_zeros((uint32_t)sum);
        const int32_t inverse = nn_one_over_one_plus_q31((int32_t)(((uint32_t)sum << zeros) - 0x80000000u));
        for (int32_t i = 0; i < p->c; i++) {
            int32_t v = -128;
            if (x[i] - most >= p->diff_min)
                v += nn_shift_right(nn_mul_high(inverse, nn_softmax_exp(p, x[i] - most)), 12 - zeros + 23);
            y[i] = (int8_t)nn_clamp(v, -128, 127);
        }
    }
}
#endif
