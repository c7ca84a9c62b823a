// a where the condition holds, else b, of one byte each, with broadcasting; contract in nn.h.
#ifndef NN_SELECT_S8_C
#define NN_SELECT_S8_C
#include "nn.h"

NN_API void nn_select_s8(const nn_select *p, const uint8_t *c, const int8_t *a, const int8_t *b, int8_t *y)
{
    for (int32_t i = 0; i < p->d0; i++)
        for (int32_t j = 0; j < p->d1; j++)
            for (int32_t k = 0; k < p->d2; k++) {
                const uint8_t *t = c + i * p->c0 + j * p->c1 + k * p->c2;
                const int8_t *u = a + i * p->a0 + j * p->a1 + k * p->a2;
                const int8_t *v = b + i * p->b0 + j * p->b1 + k * p->b2;
                for (int32_t n = p->d3; n > 0; n--, t += p->c3, u += p->a3, v += p->b3) *y++ = *t ? *u : *v;
            }
}
#endif
