// Elementwise a + b or a - b of int8 with broadcasting; contract in nn.h.
#ifndef NN_ADD_S8_C
#define NN_ADD_S8_C
#include "nn_math.h"

NN_INLINE int32_t nn_add_scaled(int32_t v, int32_t left, int32_t mult, int32_t shift)
{
    return nn_requantise((int32_t)((uint32_t)v << left), mult, shift);
}

NN_API void nn_add_s8(const nn_binary_s8 *p, const int8_t *a, const int8_t *b, int8_t *y)
{
    for (int32_t i = 0; i < p->d0; i++)
        for (int32_t j = 0; j < p->d1; j++)
            for (int32_t k = 0; k < p->d2; k++) {
                const int8_t *u = a + i * p->a0 + j * p->a1 + k * p->a2;
                const int8_t *v = b + i * p->b0 + j * p->b1 + k * p->b2;
                for (int32_t n = p->d3; n > 0; n--, u += p->a3, v += p->b3) {
                    const int32_t s = nn_add_scaled(*u - p->a_zero, p->left, p->a_mult, p->a_shift);
                    const int32_t t = nn_add_scaled(*v - p->b_zero, p->left, p->b_mult, p->b_shift);
                    *y++ = nn_output_s8(p->negate_b ? s - t : s + t, p->out_mult, p->out_shift, p->y_zero,
                                        p->min, p->max);
                }
            }
}
#endif
