// Convolution of int16 by int8 weights; contract in nn.h.
#ifndef NN_CONV2D_S16_C
#define NN_CONV2D_S16_C
#include "nn_dot_s16.h"

// The sums of output (oy, ox) by a block of channels. Taps in the padding are zeros: left out.
NN_INLINE void nn_conv2d_sums_s16(const nn_conv2d *p, int64_t *acc, const int16_t *x, const int8_t *w,
                                  int32_t oy, int32_t ox, int32_t block)
{
    const int32_t iy = oy * p->stride_h - p->pad_top, ix = ox * p->stride_w - p->pad_left;
    const int32_t ky0 = nn_tap_first(iy, p->dil_h), ky1 = nn_tap_last(iy, p->dil_h, p->k_h, p->in_h);
    const int32_t kx0 = nn_tap_first(ix, p->dil_w), kx1 = nn_tap_last(ix, p->dil_w, p->k_w, p->in_w);
    const int32_t step = p->dil_w == 1 ? kx1 - kx0 : 1; // taps that are neighbours in memory
    for (int32_t ky = ky0; ky < ky1; ky++) {
        const int16_t *in = x + ((iy + ky * p->dil_h) * p->in_w + ix) * p->in_c;
        const int8_t *wk = w + ky * p->k_w * p->in_c * block;
        for (int32_t kx = kx0; kx < kx1; kx += step)
            nn_dot_s16(acc, in + kx * p->dil_w * p->in_c, wk + kx * p->in_c * block, step * p->in_c, block);
    }
}

NN_INLINE void nn_conv2d_block_s16(const nn_conv2d *p, const int16_t *x, const int8_t *w, const int64_t *bias,
                                   const int32_t *mult, const int32_t *shift, int16_t *y, int32_t block)
{
    int64_t acc[NN_BLOCK_MAX];
    for (int32_t o = 0; o < p->out_c; o += block, w += p->k_h * p->k_w * p->in_c * block) {
        const int32_t n = nn_min(block, p->out_c - o);
        int16_t *out = y + o;
        for (int32_t oy = 0; oy < p->out_h; oy++)
            for (int32_t ox = 0; ox < p->out_w; ox++, out += p->out_c) {
                for (int32_t k = 0; k < block; k++) acc[k] = bias[o + k];
                nn_conv2d_sums_s16(p, acc, x, w, oy, ox, block);
                for (int32_t k = 0; k < n; k++)
                    out[k] = nn_output_s16(acc[k], mult[o + k], shift[o + k], p->min, p->max);
            }
    }
}

NN_API void nn_conv2d_s16(const nn_conv2d *p, const int16_t *x, const int8_t *w, const int64_t *bias,
                          const int32_t *mult, const int32_t *shift, int16_t *y)
{
    for (int32_t b = 0; b < p->batch; b++) {
        if (p->block == 4)
            nn_conv2d_block_s16(p, x, w, bias, mult, shift, y, 4);
        else
            nn_conv2d_block_s16(p, x, w, bias, mult, shift, y, p->block);
        x += p->in_h * p->in_w * p->in_c;
        y += p->out_h * p->out_w * p->out_c;
    }
}
#endif
