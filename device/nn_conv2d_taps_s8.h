// The sums of an int8 convolution, shared by nn_conv2d_s8 and nn_conv2d_dyn.
#ifndef NN_CONV2D_TAPS_S8_H
#define NN_CONV2D_TAPS_S8_H
#include "nn_dot_s8.h"

// Adds all taps at positions that are stride_w inputs apart; (iy, ix) is the input under tap (0, 0) of the
// first; those inside the image in x are kx0 .. kx1 - 1, the others see `zero`. With several positions all
// are inside.
NN_INLINE void nn_conv2d_taps_s8(const nn_conv2d *p, int32_t *acc, const int8_t *x, const int8_t *w,
                                 int32_t iy, int32_t ix, int32_t kx0, int32_t kx1, int32_t zero,
                                 int32_t block, int32_t positions)
{
    const ptrdiff_t dz = (ptrdiff_t)p->stride_w * p->in_c;
    const int32_t ky0 = nn_tap_first(iy, p->dil_h), ky1 = nn_tap_last(iy, p->dil_h, p->k_h, p->in_h);
    for (int32_t ky = 0; ky < p->k_h; ky++) {
        const int8_t *wk = w + ky * p->k_w * p->in_c * block;
        if (ky < ky0 || ky >= ky1) {
            for (int32_t t = 0; t < positions; t++)
                nn_dot_same_s8(acc + t * block, zero, wk, p->k_w * p->in_c, block);
            continue;
        }
        const int32_t row = (iy + ky * p->dil_h) * p->in_w + ix;
        const int32_t step = p->dil_w == 1 ? kx1 - kx0 : 1; // taps that are neighbours in memory
        if (positions == 1) {
            nn_dot_same_s8(acc, zero, wk, kx0 * p->in_c, block);
            nn_dot_same_s8(acc, zero, wk + kx1 * p->in_c * block, (p->k_w - kx1) * p->in_c, block);
        }
        for (int32_t kx = kx0; kx < kx1; kx += step)
            nn_dot_s8(acc, x + (row + kx * p->dil_w) * p->in_c, dz, wk + kx * p->in_c * block, step * p->in_c,
                      block, positions);
    }
}

// The sums of output (oy, ox) and its right neighbours by a block of channels, from start[o] * factor.
NN_INLINE void nn_conv2d_sums_s8(const nn_conv2d *p, int32_t *acc, const int8_t *x, const int8_t *w,
                                 const int32_t *start, int32_t factor, int32_t zero, int32_t oy, int32_t ox,
                                 int32_t block, int32_t positions)
{
    const int32_t iy = oy * p->stride_h - p->pad_top, ix = ox * p->stride_w - p->pad_left;
    const int32_t kx0 = positions > 1 ? 0 : nn_min(nn_tap_first(ix, p->dil_w), p->k_w);
    const int32_t kx1 = positions > 1 ? p->k_w : nn_max(kx0, nn_tap_last(ix, p->dil_w, p->k_w, p->in_w));
#pragma GCC unroll 4
    for (int32_t t = 0; t < positions; t++)
#pragma GCC unroll 4
        for (int32_t i = 0; i < block; i++) acc[t * block + i] = start[i] * factor;
    nn_conv2d_taps_s8(p, acc, x, w, iy, ix, kx0, kx1, zero, block, positions);
}
#endif
