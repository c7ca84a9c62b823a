// Floats times a factor, plus a term, to int8; contract in nn.h.
#ifndef NN_AFFINE_S8_C
#define NN_AFFINE_S8_C
#include "nn_border.h"
#include "nn_soft_row.h"

NN_API void nn_affine_s8(const nn_affine *p, const float *x, const float *factor, const float *term,
                         int8_t *y)
{
    const float scale = nn_float(p->scale_bits), per_4096 = 4096.0f / scale;
    const int32_t n = p->rows * p->c, c = p->c, zero = p->zero; // a store to y may change p
    for (int32_t k = 0; k < c; k++) {
        const float f = factor[k], t = term[k];
#if NN_SOFT
        const nn_soft_row r = nn_soft_row_of(f / scale, t / scale);
#endif
        for (int32_t i = k; i < n; i += c) {
#if NN_SOFT
            int32_t q;
            if (nn_soft_row_take(&r, x[i], &q)) {
                y[i] = (int8_t)nn_clamp(q + zero, -128, 127);
                continue;
            }
#endif
            y[i] = (int8_t)nn_clamp(nn_round_quotient(x[i] * f + t, scale, per_4096) + zero, -128, 127);
        }
    }
}
#endif
