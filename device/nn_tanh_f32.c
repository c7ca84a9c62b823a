// tanh(v), one value at a time; contract in nn.h.
#ifndef NN_TANH_F32_C
#define NN_TANH_F32_C
#include "nn_math.h"

NN_API void nn_tanh_f32(const nn_unary *p, const float *x, float *y)
{
    for (int32_t n = p->n; n > 0; n--) {
        const float v = *x++;
        *y++ = nn_tanh(v);
    }
}
#endif
