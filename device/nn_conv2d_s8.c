// Convolution of int8; contract in nn.h.
#ifndef NN_CONV2D_S8_C
#define NN_CONV2D_S8_C
#include "nn_conv2d_taps_s8.h"

NN_INLINE void nn_conv2d_block_s8(const nn_conv2d *p, const int8_t *x, const int8_t *w, const int32_t *bias,
                                  const int32_t *mult, const int32_t *shift, int8_t *y, int32_t block,
                                  int32_t *acc)
{
    const ptrdiff_t dz = (ptrdiff_t)p->stride_w * p->in_c;
    int32_t first, last;
    nn_conv2d_inside(p, &first, &last);
    for (int32_t o = 0; o < p->out_c; o += block, w += p->k_h * p->k_w * p->in_c * block) {
        const int32_t n = nn_min(block, p->out_c - o);
        for (int32_t oy = 0; oy < p->out_h; oy++) {
            const int32_t iy = oy * p->stride_h - p->pad_top;
            int8_t *out = y + (ptrdiff_t)oy * p->out_w * p->out_c + o;
            for (int32_t ox = 0; ox < p->out_w;) {
                const int32_t ix = ox * p->stride_w - p->pad_left;
                const int32_t inside = ox >= first && ox < last;
                const int32_t pair = NN_PAIR_S8 && inside && ox + 1 < last;
                const int32_t kx0 = inside ? 0 : nn_min(nn_tap_first(ix, p->dil_w), p->k_w);
                const int32_t kx1 = inside ? p->k_w : nn_max(kx0, nn_tap_last(ix, p->dil_w, p->k_w, p->in_w));
#pragma GCC unroll 4
                for (int32_t i = 0; i < block; i++) acc[i] = acc[i + block] = bias[o + i];
                if (pair)
                    nn_conv2d_taps_s8(p, acc, x, dz, w, iy, ix, 0, p->k_w, p->x_zero, block);
                else
                    nn_conv2d_taps_s8(p, acc, x, 0, w, iy, ix, kx0, kx1, p->x_zero, block);
                for (int32_t i = 0; i <= pair; i++, ox++, out += p->out_c)
                    for (int32_t k = 0; k < n; k++)
                        out[k] = nn_output_s8(acc[i * block + k], mult[o + k], shift[o + k], p->y_zero,
                                              p->min, p->max);
            }
        }
    }
}

NN_API void nn_conv2d_s8(const nn_conv2d *p, const int8_t *x, const int8_t *w, const int32_t *bias,
                         const int32_t *mult, const int32_t *shift, int8_t *y, int16_t *scratch)
{
    (void)scratch;
    int32_t acc[2 * NN_BLOCK_MAX];
    for (int32_t b = 0; b < p->batch; b++) {
        if (p->block == 4)
            nn_conv2d_block_s8(p, x, w, bias, mult, shift, y, 4, acc);
        else
            nn_conv2d_block_s8(p, x, w, bias, mult, shift, y, p->block, acc);
        x += p->in_h * p->in_w * p->in_c;
        y += p->out_h * p->out_w * p->out_c;
    }
}
#endif
