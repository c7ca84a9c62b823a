// Floats to int8; contract in nn.h.
#ifndef NN_QUANTIZE_S8_C
#define NN_QUANTIZE_S8_C
#include "nn_soft_row.h"

NN_API void nn_quantize_s8(const nn_quantize *p, const float *x, int8_t *y)
{
    const float scale = nn_float(p->scale_bits);
    const int32_t n = p->n, zero = p->zero; // a store to y may change p for all a compiler knows
#if NN_SOFT
    nn_soft_row_s8(x, n, scale, zero, y);
#else
    for (int32_t i = 0; i < n; i++) y[i] = nn_round_s8(x[i] / scale, zero);
#endif
}
#endif
