// The sums of int8 depthwise convolutions, shared by nn_depthwise_s8 and nn_depthwise_dyn.
#ifndef NN_DEPTHWISE_SUM_S8_H
#define NN_DEPTHWISE_SUM_S8_H
#include "nn_depthwise_window.h"

// One output near a border: (iy, ix) is the input under tap (0, 0). Taps in the padding are left out, so the zero
// point is taken off each input.
NN_INLINE int32_t nn_depthwise_edge_s8(const nn_depthwise *p, const int8_t *x, const int8_t *w, int32_t zero,
                                       int32_t iy, int32_t ix)
{
    const int32_t out_c = p->in_c * p->mul;
    const int32_t ky0 = nn_tap_first(iy, p->dil_h), ky1 = nn_tap_last(iy, p->dil_h, p->k_h, p->in_h);
    const int32_t kx0 = nn_tap_first(ix, p->dil_w), kx1 = nn_tap_last(ix, p->dil_w, p->k_w, p->in_w);
    int32_t acc = 0;
    for (int32_t ky = ky0; ky < ky1; ky++) {
        const int8_t *in = x + ((iy + ky * p->dil_h) * p->in_w + ix + kx0 * p->dil_w) * p->in_c;
        const int8_t *wk = w + (ky * p->k_w + kx0) * out_c;
        for (int32_t n = kx1 - kx0; n > 0; n--, in += p->dil_w * p->in_c, wk += out_c)
            acc += (*in - zero) * *wk;
    }
    return acc;
}

// A channel's weights times `factor` into wt; returns their sum.
NN_INLINE int32_t nn_depthwise_taps_s8(const nn_depthwise *p, const int8_t *w, int32_t *wt, int32_t factor)
{
    int32_t sum = 0;
#pragma GCC unroll 16
    for (int32_t k = 0; k < p->k_h * p->k_w; k++) sum += wt[k] = factor * w[k * p->in_c * p->mul];
    return sum;
}

// acc + the taps of one output, all inside; x is under the first.
NN_INLINE int32_t nn_depthwise_inside_s8(const nn_depthwise *p, const int8_t *x, const int32_t *wt,
                                         int32_t acc)
{
#pragma GCC unroll 16
    for (int32_t k = 0; k < p->k_h * p->k_w; k++)
        acc += x[(k / p->k_w * p->dil_h * p->in_w + k % p->k_w * p->dil_w) * p->in_c] * wt[k];
    return acc;
}

#define NN_DEPTHWISE_MAC(v, w, a) ((a) + (v) * (w))

// The same for a block of outputs: acc[i] starts at `start`.
NN_INLINE void nn_depthwise_block_s8(const nn_depthwise *p, const int8_t *x, const int32_t *wt, int32_t start,
                                     int32_t *acc)
{
    NN_DEPTHWISE_SUMS(p, int8_t, int32_t, x, wt, start, acc, NN_DEPTHWISE_BLOCK, NN_DEPTHWISE_MAC);
}
#endif
