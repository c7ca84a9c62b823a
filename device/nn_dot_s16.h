// Sums of int16 activations times int8 weights, shared by the s16 convolution and dense kernels.
#ifndef NN_DOT_S16_H
#define NN_DOT_S16_H
#include "nn_math.h"

enum { NN_RUN_S16 = 511 }; // so many products of at most 2^22 fit an int32

// acc[k] += sum over n taps of x[i] * w[i * block + k]. Runs are summed in 32 bits: the same sum, with few
// additions of 64 bits.
NN_INLINE void nn_dot_s16(int64_t *acc, const int16_t *x, const int8_t *w, int32_t n, int32_t block)
{
    int32_t part[NN_BLOCK_MAX];
    while (n > 0) {
        const int32_t run = nn_min(n, NN_RUN_S16);
#pragma GCC unroll 4
        for (int32_t k = 0; k < block; k++) part[k] = 0;
        for (int32_t i = run; i > 0; i--, x++, w += block) {
#pragma GCC unroll 4
            for (int32_t k = 0; k < block; k++) part[k] += *x * w[k];
        }
#pragma GCC unroll 4
        for (int32_t k = 0; k < block; k++) acc[k] += part[k];
        n -= run;
    }
}
#endif
