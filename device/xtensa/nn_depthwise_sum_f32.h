// Sums of int8 products on the FPU: whole numbers below 2^24 are floats, so the sums are exact in any order, and a MADD.S
// takes one cycle where MULL and ADD take two and MAC16 has one accumulator.
#ifndef NN_DEPTHWISE_SUM_F32_H
#define NN_DEPTHWISE_SUM_F32_H
#include "../nn_depthwise_sum_s8.h"

// Outputs of a row at a time. Of 4, 6 and 8 the middle costs least: the compiler keeps inputs, taps and sums in 16 registers.
enum { NN_DEPTHWISE_WIDE = 6 };

// Whether sums that start within 2^23 stay below 2^24: taps add 16 * 255 * 128 at most.
NN_INLINE int32_t nn_depthwise_whole(int32_t start)
{
    return start > -(1 << 23) && start < 1 << 23;
}

// A channel's weights into wt; returns their sum.
NN_INLINE int32_t nn_depthwise_taps_f32(const nn_depthwise *p, const int8_t *w, float *wt)
{
    int32_t sum = 0;
#pragma GCC unroll 16
    for (int32_t k = 0; k < p->k_h * p->k_w; k++) {
        const int32_t v = w[k * p->in_c * p->mul];
        sum += v;
        wt[k] = (float)v;
    }
    return sum;
}

// acc[i] = start + the taps of output i < n; x is under the first tap of the first.
NN_INLINE void nn_depthwise_sums_f32(const nn_depthwise *p, const int8_t *x, const float *wt, float start,
                                     float *acc, int32_t n)
{
    NN_DEPTHWISE_SUMS(p, int8_t, float, x, wt, start, acc, n, NN_MADD);
}
#endif
