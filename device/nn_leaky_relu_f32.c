// v, or alpha * v when negative, one value at a time; contract in nn.h.
#ifndef NN_LEAKY_RELU_F32_C
#define NN_LEAKY_RELU_F32_C
#include "nn_math.h"

NN_API void nn_leaky_relu_f32(const nn_unary *p, const float *x, float *y)
{
    const float alpha = nn_float(p->alpha_bits);
    for (int32_t n = p->n; n > 0; n--) {
        const float v = *x++;
        *y++ = v > 0.0f ? v : v * alpha;
    }
}
#endif
