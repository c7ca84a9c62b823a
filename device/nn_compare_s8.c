// Comparison of int8 with broadcasting; contract in nn.h. The function is a constant of the call, as in
// nn_map_f32.c.
#ifndef NN_COMPARE_S8_C
#define NN_COMPARE_S8_C
#include "nn_holds.h"

NN_INLINE void nn_compare_s8(const nn_compare_scaled *p, const int8_t *a, const int8_t *b, uint8_t *y)
{
    for (int32_t i = 0; i < p->d0; i++)
        for (int32_t j = 0; j < p->d1; j++)
            for (int32_t k = 0; k < p->d2; k++) {
                const int8_t *u = a + i * p->a0 + j * p->a1 + k * p->a2;
                const int8_t *v = b + i * p->b0 + j * p->b1 + k * p->b2;
                for (int32_t n = p->d3; n > 0; n--, u += p->a3, v += p->b3) {
                    const int32_t s = nn_requantise((*u - p->a_zero) * 256, p->a_mult, p->a_shift);
                    const int32_t t = nn_requantise((*v - p->b_zero) * 256, p->b_mult, p->b_shift);
                    *y++ = nn_holds(p->function, (s < t), (s == t), (s > t));
                }
            }
}
#endif
