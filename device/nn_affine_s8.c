// Floats times a factor, plus a term, to int8; contract in nn.h.
#ifndef NN_AFFINE_S8_C
#define NN_AFFINE_S8_C
#include "nn_border.h"

NN_API void nn_affine_s8(const nn_affine *p, const float *x, const float *factor, const float *term,
                         int8_t *y)
{
    const float scale = nn_float(p->scale_bits), per_4096 = 4096.0f / scale;
    const int32_t n = p->rows * p->c, c = p->c, zero = p->zero; // a store to y may change p
    for (int32_t k = 0; k < c; k++) {
        const float f = factor[k], t = term[k];
        for (int32_t i = k; i < n; i += c)
            y[i] = (int8_t)nn_clamp(nn_round_quotient(x[i] * f + t, scale, per_4096) + zero, -128, 127);
    }
}
#endif
