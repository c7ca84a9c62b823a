// A window of n floats to int8, as nn_quantize_s8; per_4096 is the float 4096 / scale.
#ifndef NN_WINDOW_S8_H
#define NN_WINDOW_S8_H
#include "nn_border.h"
#include "nn_soft_row.h"

NN_INLINE void nn_window_s8(const float *x, int32_t n, float scale, float per_4096, int32_t zero, int8_t *y)
{
#if NN_SOFT
    (void)per_4096;
    nn_soft_row_s8(x, n, scale, zero, y);
#else
    for (int32_t i = 0; i < n; i++)
        y[i] = (int8_t)nn_clamp(nn_round_quotient(x[i], scale, per_4096) + zero, -128, 127);
#endif
}
#endif
