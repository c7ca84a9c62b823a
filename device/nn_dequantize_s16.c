// int16 to floats; contract in nn.h.
#ifndef NN_DEQUANTIZE_S16_C
#define NN_DEQUANTIZE_S16_C
#include "nn_math.h"

NN_API void nn_dequantize_s16(const nn_quantize *p, const int16_t *x, float *y)
{
    const float scale = nn_float(p->scale_bits);
    for (int32_t i = 0; i < p->n; i++) y[i] = (float)(x[i] - p->zero) * scale;
}
#endif
