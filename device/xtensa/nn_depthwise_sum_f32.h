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
    NN_DEPTHWISE_UNROLL
    for (int32_t i = 0; i < n; i++) acc[i] = start;
    NN_DEPTHWISE_UNROLL
    for (int32_t ky = 0; ky < p->k_h; ky++) {
        const int8_t *in = x + ky * p->dil_h * p->in_w * p->in_c;
        NN_DEPTHWISE_UNROLL
        for (int32_t j = 0; j < nn_depthwise_span(p, n); j++) {
            const float v = (float)in[j * p->in_c];
            NN_DEPTHWISE_UNROLL
            for (int32_t i = 0; i < n; i++)
                if (nn_depthwise_tap(p, i, j) >= 0)
                    acc[i] = NN_MADD(v, wt[ky * p->k_w + nn_depthwise_tap(p, i, j)], acc[i]);
        }
    }
}

// How many outputs at a time: a block, or one where fewer are left or its windows reach too far.
NN_INLINE int32_t nn_depthwise_wide(const nn_depthwise *p, int32_t n)
{
    return n >= NN_DEPTHWISE_WIDE && nn_depthwise_span(p, NN_DEPTHWISE_WIDE) <= NN_DEPTHWISE_SPAN;
}
#endif
