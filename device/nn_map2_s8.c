// The greater or lesser of two int8 with broadcasting; contract in nn.h.
#ifndef NN_MAP2_S8_C
#define NN_MAP2_S8_C
#include "nn.h"

NN_API void nn_map2_s8(const nn_map2 *p, const int8_t *a, const int8_t *b, int8_t *y)
{
    for (int32_t i = 0; i < p->d0; i++)
        for (int32_t j = 0; j < p->d1; j++)
            for (int32_t k = 0; k < p->d2; k++) {
                const int8_t *u = a + i * p->a0 + j * p->a1 + k * p->a2;
                const int8_t *v = b + i * p->b0 + j * p->b1 + k * p->b2;
                for (int32_t n = p->d3; n > 0; n--, u += p->a3, v += p->b3)
                    *y++ = (p->function == NN_MAXIMUM) == (*u > *v) ? *u : *v;
            }
}
#endif
