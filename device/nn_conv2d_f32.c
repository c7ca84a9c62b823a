// Convolution of floats; contract in nn.h.
#ifndef NN_CONV2D_F32_C
#define NN_CONV2D_F32_C
#include "nn_dot_f32.h"

// Adds the taps kx0 .. kx1 - 1 of every row inside the image at positions dz inputs apart; (iy, ix) is the
// input under tap (0, 0) of the first. A row's taps are neighbours in memory unless they are dilated.
NN_INLINE void nn_conv2d_taps_f32(const nn_conv2d *p, float *acc, const float *x, const float *w, int32_t iy,
                                  int32_t ix, int32_t kx0, int32_t kx1, int32_t block, int32_t positions)
{
    const ptrdiff_t dz = (ptrdiff_t)p->stride_w * p->in_c;
    const int32_t ky1 = nn_tap_last(iy, p->dil_h, p->k_h, p->in_h);
    for (int32_t ky = nn_tap_first(iy, p->dil_h); ky < ky1; ky++) {
        const int32_t row = (iy + ky * p->dil_h) * p->in_w + ix;
        const int32_t step = p->dil_w == 1 ? kx1 - kx0 : 1; // taps in one run
        for (int32_t kx = kx0; kx < kx1; kx += step)
            nn_dot_f32(acc, x + (row + kx * p->dil_w) * p->in_c, dz, w + (ky * p->k_w + kx) * p->in_c * block,
                       step * p->in_c, block, positions);
    }
}

// Outputs (oy, ox) and its right neighbours by n <= block channels. inside: each row's taps are in the image.
NN_INLINE void nn_conv2d_at_f32(const nn_conv2d *p, const float *x, const float *w, const float *bias,
                                float *y, int32_t oy, int32_t ox, int32_t n, int32_t inside, int32_t block,
                                int32_t positions, float *acc)
{
    const int32_t iy = oy * p->stride_h - p->pad_top, ix = ox * p->stride_w - p->pad_left;
    const int32_t kx0 = inside ? 0 : nn_tap_first(ix, p->dil_w);
    const int32_t kx1 = inside ? p->k_w : nn_tap_last(ix, p->dil_w, p->k_w, p->in_w);
#pragma GCC unroll 4
    for (int32_t t = 0; t < positions; t++)
#pragma GCC unroll 4
        for (int32_t i = 0; i < block; i++) acc[t * block + i] = bias[i];
    nn_conv2d_taps_f32(p, acc, x, w, iy, ix, kx0, kx1, block, positions);
#pragma GCC unroll 4
    for (int32_t t = 0; t < positions; t++) nn_put_f32(y + t * p->out_c, acc + t * block, n, p->act);
}

NN_INLINE void nn_conv2d_block_f32(const nn_conv2d *p, const float *x, const float *w, const float *bias,
                                   float *y, int32_t block, float *acc)
{
    int32_t first, last;
    nn_conv2d_inside(p, &first, &last);
    for (int32_t o = 0; o < p->out_c; o += block, w += p->k_h * p->k_w * p->in_c * block) {
        const int32_t n =
            p->out_c % block ? nn_min(block, p->out_c - o) : block; // a constant where it can be
        for (int32_t oy = 0; oy < p->out_h; oy++) {
            float *out = y + (ptrdiff_t)oy * p->out_w * p->out_c + o;
            for (int32_t ox = 0; ox < p->out_w;) {
                const int32_t many = ox >= first && ox + NN_POSITIONS_F32 <= last;
                const int32_t t = many ? NN_POSITIONS_F32 : 1;
                if (many)
                    nn_conv2d_at_f32(p, x, w, bias + o, out, oy, ox, n, 1, block, NN_POSITIONS_F32, acc);
                else
                    nn_conv2d_at_f32(p, x, w, bias + o, out, oy, ox, n, 0, block, 1, acc);
                ox += t;
                out += t * p->out_c;
            }
        }
    }
}

NN_API void nn_conv2d_f32(const nn_conv2d *p, const float *x, const float *w, const float *bias, float *y)
{
    float acc[NN_POSITIONS_F32 * NN_BLOCK_MAX];
    for (int32_t b = 0; b < p->batch; b++) {
        if (p->block == 4)
            nn_conv2d_block_f32(p, x, w, bias, y, 4, acc);
        else
            nn_conv2d_block_f32(p, x, w, bias, y, p->block, acc);
        x += p->in_h * p->in_w * p->in_c;
        y += p->out_h * p->out_w * p->out_c;
    }
}
#endif
