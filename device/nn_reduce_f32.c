// Sum, product, greatest or least over the middle one of three dimensions; contract in nn.h. The function is
// a constant of the call, as in nn_map_f32.c.
#ifndef NN_REDUCE_F32_C
#define NN_REDUCE_F32_C
#include "nn_math.h"

NN_INLINE void nn_reduce_f32(const nn_reduce *p, const float *x, float *y)
{
    for (int32_t a = 0; a < p->a; a++, x += p->b * p->c)
        for (int32_t c = 0; c < p->c; c++) {
            const float *in = x + c;
            float v = *in;
            for (int32_t n = p->b - 1; n > 0; n--) {
                in += p->c;
                v = p->function == NN_SUM       ? v + *in
                    : p->function == NN_PROD    ? v * *in
                    : p->function == NN_MAXIMUM ? (*in > v ? *in : v)
                                                : (*in < v ? *in : v);
            }
            *y++ = v;
        }
}
#endif
