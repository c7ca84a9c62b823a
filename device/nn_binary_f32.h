// y = act(value) of u and v, elements of a and b read with strides: the kernels of nn_binary are this and an operator.
#ifndef NN_BINARY_F32_H
#define NN_BINARY_F32_H
#include "nn_math.h"

#define NN_BINARY_F32(name, value)                                                                           \
    NN_API void name(const nn_binary *p, const float *a, const float *b, float *y)                           \
    {                                                                                                        \
        for (int32_t i = 0; i < p->d0; i++)                                                                  \
            for (int32_t j = 0; j < p->d1; j++)                                                              \
                for (int32_t k = 0; k < p->d2; k++) {                                                        \
                    const float *u = a + i * p->a0 + j * p->a1 + k * p->a2;                                  \
                    const float *v = b + i * p->b0 + j * p->b1 + k * p->b2;                                  \
                    for (int32_t n = p->d3; n > 0; n--, u += p->a3, v += p->b3)                              \
                        *y++ = nn_act(value, p->act);                                                        \
                }                                                                                            \
    }
#endif
