// Depthwise convolution of floats; contract in nn.h.
#ifndef NN_DEPTHWISE_F32_C
#define NN_DEPTHWISE_F32_C
#include "nn_depthwise_window.h"

// One output near a border: taps in the padding are left out.
NN_INLINE float nn_depthwise_edge_f32(const nn_depthwise *p, const float *x, const float *w, float acc,
                                      int32_t iy, int32_t ix)
{
    const int32_t out_c = p->in_c * p->mul;
    const int32_t ky0 = nn_tap_first(iy, p->dil_h), ky1 = nn_tap_last(iy, p->dil_h, p->k_h, p->in_h);
    const int32_t kx0 = nn_tap_first(ix, p->dil_w), kx1 = nn_tap_last(ix, p->dil_w, p->k_w, p->in_w);
    for (int32_t ky = ky0; ky < ky1; ky++) {
        const float *in = x + ((iy + ky * p->dil_h) * p->in_w + ix + kx0 * p->dil_w) * p->in_c;
        const float *wk = w + (ky * p->k_w + kx0) * out_c;
        for (int32_t n = kx1 - kx0; n > 0; n--, in += p->dil_w * p->in_c, wk += out_c)
            acc = NN_MADD(*in, *wk, acc);
    }
    return acc;
}

// A block of outputs of a row, every tap inside, each sum in the order of its taps; x is under the first tap of the
// first.
NN_INLINE void nn_depthwise_block_f32(const nn_depthwise *p, const float *x, const float *wt, float bias,
                                      float *y)
{
    float acc[NN_DEPTHWISE_BLOCK];
    NN_DEPTHWISE_SUMS(p, float, float, x, wt, bias, acc, NN_DEPTHWISE_BLOCK, NN_MADD);
    NN_DEPTHWISE_UNROLL
    for (int32_t i = 0; i < NN_DEPTHWISE_BLOCK; i++) y[i * p->in_c * p->mul] = nn_act(acc[i], p->act);
}

// n outputs of a row.
NN_INLINE void nn_depthwise_row_f32(const nn_depthwise *p, const float *x, const float *w, float bias,
                                    float *y, int32_t n)
{
    const int32_t dx = p->stride_w * p->in_c, dy = p->in_c * p->mul;
    float wt[NN_DEPTHWISE_TAPS] = {0};
#pragma GCC unroll 16
    for (int32_t k = 0; k < p->k_h * p->k_w; k++) wt[k] = w[k * dy];
    for (; nn_depthwise_blocks(p, n, NN_DEPTHWISE_BLOCK); n -= NN_DEPTHWISE_BLOCK) {
        nn_depthwise_block_f32(p, x, wt, bias, y);
        x += NN_DEPTHWISE_BLOCK * dx;
        y += NN_DEPTHWISE_BLOCK * dy;
    }
    for (; n > 0; n--, x += dx, y += dy) {
        float acc = bias;
#pragma GCC unroll 16
        for (int32_t k = 0; k < p->k_h * p->k_w; k++)
            acc = NN_MADD(x[(k / p->k_w * p->dil_h * p->in_w + k % p->k_w * p->dil_w) * p->in_c], wt[k], acc);
        *y = nn_act(acc, p->act);
    }
}

NN_API void nn_depthwise_f32(const nn_depthwise *p, const float *x, const float *w, const float *bias,
                             float *y)
{
    const int32_t out_c = p->in_c * p->mul;
    int32_t first, last;
    nn_depthwise_inside(p, &first, &last);
    for (int32_t b = 0; b < p->batch; b++) {
        for (int32_t o = 0; o < out_c; o++)
            for (int32_t oy = 0; oy < p->out_h; oy++) {
                const int32_t iy = oy * p->stride_h - p->pad_top, rows = nn_depthwise_row_inside(p, iy);
                for (int32_t ox = 0; ox < p->out_w;) {
                    const int32_t ix = ox * p->stride_w - p->pad_left;
                    float *out = y + (oy * p->out_w + ox) * out_c + o;
                    if (rows && ox >= first && ox < last) {
                        nn_depthwise_row_f32(p, x + (iy * p->in_w + ix) * p->in_c + o / p->mul, w + o,
                                             bias[o], out, last - ox);
                        ox = last;
                    } else {
                        *out =
                            nn_act(nn_depthwise_edge_f32(p, x + o / p->mul, w + o, bias[o], iy, ix), p->act);
                        ox++;
                    }
                }
            }
        x += p->in_h * p->in_w * p->in_c;
        y += p->out_h * p->out_w * out_c;
    }
}
#endif
