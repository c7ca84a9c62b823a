// Elementwise a * b of int16 with broadcasting; contract in nn.h.
#ifndef NN_MUL_S16_C
#define NN_MUL_S16_C
#include "nn_math.h"

NN_API void nn_mul_s16(const nn_binary_s8 *p, const int16_t *a, const int16_t *b, int16_t *y)
{
    for (int32_t i = 0; i < p->d0; i++)
        for (int32_t j = 0; j < p->d1; j++)
            for (int32_t k = 0; k < p->d2; k++) {
                const int16_t *u = a + i * p->a0 + j * p->a1 + k * p->a2;
                const int16_t *v = b + i * p->b0 + j * p->b1 + k * p->b2;
                for (int32_t n = p->d3; n > 0; n--, u += p->a3, v += p->b3)
                    *y++ =
                        (int16_t)nn_clamp(nn_requantise(*u * *v, p->out_mult, p->out_shift), p->min, p->max);
            }
}
#endif
