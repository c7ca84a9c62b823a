// A function of two floats with broadcasting; contract in nn.h. The function is a constant of the call, as in
// nn_map_f32.c.
#ifndef NN_MAP2_F32_C
#define NN_MAP2_F32_C
#include "nn_elementary.h"

NN_INLINE float nn_apply2(int32_t function, float u, float v)
{
    switch (function) {
    case NN_MAXIMUM:
        return u > v ? u : v;
    case NN_MINIMUM:
        return u < v ? u : v;
    case NN_SQUARED_DIFFERENCE:
        return (u - v) * (u - v);
    case NN_PRELU:
        return u < 0.0f ? u * v : u;
    default:
        return nn_pow(u, v); // NN_POW
    }
}

NN_INLINE void nn_map2_f32(const nn_map2 *p, const float *a, const float *b, float *y)
{
    for (int32_t i = 0; i < p->d0; i++)
        for (int32_t j = 0; j < p->d1; j++)
            for (int32_t k = 0; k < p->d2; k++) {
                const float *u = a + i * p->a0 + j * p->a1 + k * p->a2;
                const float *v = b + i * p->b0 + j * p->b1 + k * p->b2;
                for (int32_t n = p->d3; n > 0; n--, u += p->a3, v += p->b3)
                    *y++ = nn_apply2(p->function, *u, *v);
            }
}
#endif
