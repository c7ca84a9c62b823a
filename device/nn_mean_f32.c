// Mean over the middle one of three dimensions; contract in nn.h.
#ifndef NN_MEAN_F32_C
#define NN_MEAN_F32_C
#include "nn_math.h"

NN_API void nn_mean_f32(const nn_mean *p, const float *x, float *y)
{
    for (int32_t a = 0; a < p->a; a++, x += p->b * p->c)
        for (int32_t c = 0; c < p->c; c++) {
            const float *in = x + c;
            float sum = 0.0f;
            for (int32_t n = p->b; n > 0; n--, in += p->c) sum += *in;
            *y++ = sum / (float)p->b;
        }
}
#endif
