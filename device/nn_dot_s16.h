// Sums of int16 activations times int8 weights, shared by the s16 convolution and dense kernels.
#ifndef NN_DOT_S16_H
#define NN_DOT_S16_H
#include "nn_math.h"

enum { NN_RUN_S16 = 511 }; // so many products of at most 2^22 fit an int32

// part[k] = sum over n taps of x[i] * w[i * block + k]; four stay in registers.
NN_INLINE void nn_run_s16(int32_t *part, const int16_t *x, const int8_t *w, int32_t n, int32_t block)
{
    if (block == 4) {
        int32_t a = 0, b = 0, c = 0, d = 0;
        for (; n > 0; n--, w += 4) {
            const int32_t v = *x++;
            a += v * w[0];
            b += v * w[1];
            c += v * w[2];
            d += v * w[3];
        }
        part[0] = a;
        part[1] = b;
        part[2] = c;
        part[3] = d;
        return;
    }
    for (int32_t k = 0; k < block; k++) part[k] = 0;
    for (; n > 0; n--, x++, w += block)
        for (int32_t k = 0; k < block; k++) part[k] += *x * w[k];
}

// acc[k] += sum over n taps of x[i] * w[i * block + k]. Runs are summed in 32 bits: the same sum, with few
// additions of 64 bits.
NN_INLINE void nn_dot_s16(int64_t *acc, const int16_t *x, const int8_t *w, int32_t n, int32_t block)
{
    int32_t part[NN_BLOCK_MAX];
    for (; n > NN_RUN_S16; n -= NN_RUN_S16, x += NN_RUN_S16, w += NN_RUN_S16 * block) {
        nn_run_s16(part, x, w, NN_RUN_S16, block);
        for (int32_t k = 0; k < block; k++) acc[k] += part[k];
    }
    nn_run_s16(part, x, w, n, block);
#pragma GCC unroll 4
    for (int32_t k = 0; k < block; k++) acc[k] += part[k];
}
#endif
