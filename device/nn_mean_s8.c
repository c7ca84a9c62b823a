// Mean over the middle one of three dimensions; contract in nn.h.
#ifndef NN_MEAN_S8_C
#define NN_MEAN_S8_C
#include "nn_math.h"

// Channels summed side by side: a vector's worth on a PC, what registers hold on a chip.
#ifndef NN_MEAN_BLOCK
#ifdef __x86_64__
#define NN_MEAN_BLOCK 16
#else
#define NN_MEAN_BLOCK 4
#endif
#endif

NN_API void nn_mean_s8(const nn_mean *p, const int8_t *x, int8_t *y)
{
    const int32_t rows = p->b, channels = p->c, start = -p->x_zero * p->b;
    for (int32_t a = 0; a < p->a; a++, x += rows * channels) {
        int32_t c = 0;
        for (; c + NN_MEAN_BLOCK <= channels; c += NN_MEAN_BLOCK) {
            const int8_t *in = x + c;
            int32_t sum[NN_MEAN_BLOCK];
#pragma GCC unroll 16
            for (int32_t i = 0; i < NN_MEAN_BLOCK; i++) sum[i] = start;
            for (int32_t n = rows; n > 0; n--, in += channels) {
#pragma GCC unroll 16
                for (int32_t i = 0; i < NN_MEAN_BLOCK; i++) sum[i] += in[i];
            }
            for (int32_t i = 0; i < NN_MEAN_BLOCK; i++)
                *y++ = nn_output_s8(sum[i], p->mult, p->shift, p->y_zero, -128, 127);
        }
        for (; c < channels; c++) {
            const int8_t *in = x + c;
            int32_t sum = start;
            for (int32_t n = rows; n > 0; n--, in += channels) sum += *in;
            *y++ = nn_output_s8(sum, p->mult, p->shift, p->y_zero, -128, 127);
        }
    }
}
#endif
