// Elementwise a + b or a - b of int16 with broadcasting; contract in nn.h.
#ifndef NN_ADD_S16_C
#define NN_ADD_S16_C
#include "nn_math.h"

NN_API void nn_add_s16(const nn_binary_s8 *p, const int16_t *a, const int16_t *b, int16_t *y)
{
    for (int32_t i = 0; i < p->d0; i++)
        for (int32_t j = 0; j < p->d1; j++)
            for (int32_t k = 0; k < p->d2; k++) {
                const int16_t *u = a + i * p->a0 + j * p->a1 + k * p->a2;
                const int16_t *v = b + i * p->b0 + j * p->b1 + k * p->b2;
                for (int32_t n = p->d3; n > 0; n--, u += p->a3, v += p->b3) {
                    const int32_t s = nn_requantise(*u * (1 << p->left), p->a_mult, p->a_shift);
                    const int32_t t = nn_requantise(*v * (1 << p->left), p->b_mult, p->b_shift);
                    const int32_t r = nn_requantise(p->negate_b ? s - t : s + t, p->out_mult, p->out_shift);
                    *y++ = (int16_t)nn_clamp(r, p->min, p->max);
                }
            }
}
#endif
