// Floats times a factor, plus a term; contract in nn.h.
#ifndef NN_AFFINE_F32_C
#define NN_AFFINE_F32_C
#include "nn_math.h"

NN_API void nn_affine_f32(const nn_affine *p, const float *x, const float *factor, const float *term,
                          float *y)
{
    const int32_t n = p->rows * p->c, c = p->c;
    for (int32_t k = 0; k < c; k++) { // one after the other, so that both constants stay in registers
        const float f = factor[k], t = term[k];
        for (int32_t i = k; i < n; i += c) y[i] = x[i] * f + t;
    }
}
#endif
