// Mean over the middle one of three dimensions; contract in nn.h.
#ifndef NN_MEAN_S8_C
#define NN_MEAN_S8_C
#include "nn_math.h"

NN_API void nn_mean_s8(const nn_mean *p, const int8_t *x, int8_t *y)
{
    for (int32_t a = 0; a < p->a; a++, x += p->b * p->c)
        for (int32_t c = 0; c < p->c; c++) {
            const int8_t *in = x + c;
            int32_t sum = -p->x_zero * p->b;
            for (int32_t n = p->b; n > 0; n--, in += p->c) sum += *in;
            *y++ = nn_output_s8(sum, p->mult, p->shift, p->y_zero, -128, 127);
        }
}
#endif
