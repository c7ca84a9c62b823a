// What the depthwise kernels share on Helium: four channels side by side, their weights in vectors from one position to
// the next. A tap is a load of four inputs, a product and a sum (int8: VMUL, VADD; Helium has no VMLA of two vectors).
#ifndef NN_DEPTHWISE_MVE_H
#define NN_DEPTHWISE_MVE_H
#include "../nn_depthwise_window.h"
#include "nn_mve.h"

// Channels the vectors take: all where each input has one output and the window's weights have room, the last four with
// some once more.
NN_INLINE int32_t nn_depthwise_fours(const nn_depthwise *p)
{
#if NN_MVE
    return p->mul == 1 && p->k_h * p->k_w <= NN_DEPTHWISE_TAPS && p->in_c >= 4 ? p->in_c : 0;
#else
    return (void)p, 0;
#endif
}

// The input of tap k, from the first one on, in elements.
NN_INLINE int32_t nn_depthwise_at(const nn_depthwise *p, int32_t k)
{
    return (k / p->k_w * p->dil_h * p->in_w + k % p->k_w * p->dil_w) * p->in_c;
}

// Whether tap k of a window over (iy, ix) is inside.
NN_INLINE int32_t nn_depthwise_holds(const nn_depthwise *p, int32_t k, int32_t iy, int32_t ix)
{
    const int32_t y = iy + k / p->k_w * p->dil_h, x = ix + k % p->k_w * p->dil_w;
    return y >= 0 && y < p->in_h && x >= 0 && x < p->in_w;
}

#if NN_MVE
// Weights of channels o .. o + 3 into wt; returns their sums.
NN_INLINE int32x4_t nn_depthwise_taps_mve(const nn_depthwise *p, const int8_t *w, int32x4_t *wt)
{
    int32x4_t sum = vdupq_n_s32(0);
#pragma GCC unroll 16
    for (int32_t k = 0; k < p->k_h * p->k_w; k++) {
        wt[k] = vldrbq_s32(w + k * p->in_c);
        sum = vaddq_s32(sum, wt[k]);
    }
    return sum;
}

// acc + the taps, all inside; x is under the first.
NN_INLINE int32x4_t nn_depthwise_inside_mve(const nn_depthwise *p, const int8_t *x, const int32x4_t *wt,
                                            int32x4_t acc)
{
#pragma GCC unroll 16
    for (int32_t k = 0; k < p->k_h * p->k_w; k++)
        acc = vaddq_s32(acc, vmulq_s32(vldrbq_s32(x + nn_depthwise_at(p, k)), wt[k]));
    return acc;
}

// acc + the taps inside the image, the zero point taken off each input.
NN_INLINE int32x4_t nn_depthwise_edge_mve(const nn_depthwise *p, const int8_t *x, const int8_t *w,
                                          int32_t zero, int32_t iy, int32_t ix, int32x4_t acc)
{
    x += (iy * p->in_w + ix) * p->in_c;
    for (int32_t k = 0; k < p->k_h * p->k_w; k++)
        if (nn_depthwise_holds(p, k, iy, ix))
            acc = vaddq_s32(acc, vmulq_s32(vsubq_n_s32(vldrbq_s32(x + nn_depthwise_at(p, k)), zero),
                                           vldrbq_s32(w + k * p->in_c)));
    return acc;
}
#endif
#endif
