// Comparison of floats with broadcasting; contract in nn.h. The function is a constant of the call, as in
// nn_map_f32.c.
#ifndef NN_COMPARE_F32_C
#define NN_COMPARE_F32_C
#include "nn_holds.h"

NN_INLINE void nn_compare_f32(const nn_map2 *p, const float *a, const float *b, uint8_t *y)
{
    for (int32_t i = 0; i < p->d0; i++)
        for (int32_t j = 0; j < p->d1; j++)
            for (int32_t k = 0; k < p->d2; k++) {
                const float *u = a + i * p->a0 + j * p->a1 + k * p->a2;
                const float *v = b + i * p->b0 + j * p->b1 + k * p->b2;
                for (int32_t n = p->d3; n > 0; n--, u += p->a3, v += p->b3)
                    *y++ = nn_holds(p->function, (*u < *v), (*u == *v), (*u > *v));
            }
}
#endif
