// Mean over the middle one of three dimensions; contract in nn.h.
#ifndef NN_MEAN_S16_C
#define NN_MEAN_S16_C
#include "nn_math.h"

NN_API void nn_mean_s16(const nn_mean *p, const int16_t *x, int16_t *y)
{
    for (int32_t a = 0; a < p->a; a++, x += p->b * p->c)
        for (int32_t c = 0; c < p->c; c++) {
            const int16_t *in = x + c;
            int32_t sum = 0;
            for (int32_t n = p->b; n > 0; n--, in += p->c) sum += *in;
            *y++ = (int16_t)nn_clamp(nn_requantise(sum, p->mult, p->shift), -32768, 32767);
        }
}
#endif
