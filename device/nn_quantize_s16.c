// Floats to int16; contract in nn.h.
#ifndef NN_QUANTIZE_S16_C
#define NN_QUANTIZE_S16_C
#include "nn_math.h"

NN_API void nn_quantize_s16(const nn_quantize *p, const float *x, int16_t *y)
{
    const float scale = nn_float(p->scale_bits);
    const int32_t n = p->n, zero = p->zero; // a store to y may change p for all a compiler knows
    for (int32_t i = 0; i < n; i++) y[i] = nn_round_s16(x[i] / scale, zero);
}
#endif
