// Softmax of int16, by two tables; contract in nn.h.
#ifndef NN_SOFTMAX_S16_C
#define NN_SOFTMAX_S16_C
#include "nn_math.h"

// A function by its table of 512 steps, with straight lines between.
NN_INLINE int32_t nn_interpolate_s16(const int16_t *table, int32_t v)
{
    const int16_t *at = table + 256 + (v >> 7);
    return at[0] + (((int16_t)(at[1] - at[0]) * (v & 127) + 64) >> 7);
}

NN_API void nn_softmax_s16(const nn_softmax *p, const int16_t *x, const int16_t *exp_table,
                           const int16_t *inverse_table, int16_t *y)
{
    for (int32_t r = 0; r < p->rows; r++, x += p->c, y += p->c) {
        int32_t most = -32768, sum = 0; // Q16.15
        for (int32_t i = 0; i < p->c; i++) most = nn_max(most, x[i]);
        for (int32_t i = 0; i < p->c; i++) { // exp of -10 .. 0
            const int32_t v = nn_requantise(x[i] - most, p->mult, p->shift) + 32767;
            y[i] = (int16_t)nn_interpolate_s16(exp_table, nn_clamp(v, -32768, 32767));
            sum += y[i];
        }
        const int32_t zeros = nn_leading_zeros((uint32_t)sum), right = 31 - zeros;
        const int32_t part = (int32_t)((((int64_t)sum << (zeros - 1)) + (1 << 13)) >> 14); // 1 .. 2 in Q16
        const int32_t inverse =
            nn_interpolate_s16(inverse_table, nn_clamp(part - (1 << 15) - (1 << 16), -32768, 32767));
        for (int32_t i = 0; i < p->c; i++)
            y[i] = (int16_t)nn_clamp((y[i] * inverse + (1 << (right - 1))) >> right, 0, 32767);
    }
}
#endif
