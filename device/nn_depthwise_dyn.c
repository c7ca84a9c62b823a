// Depthwise convolution of activations quantised on the fly; contract in nn.h.
#ifndef NN_DEPTHWISE_DYN_C
#define NN_DEPTHWISE_DYN_C
#include "nn_depthwise_sum_s8.h"

NN_INLINE float nn_depthwise_out_dyn(int32_t acc, float w_scale, float x_scale, float bias, int32_t act)
{
    return nn_act(NN_MADD((float)acc * w_scale, x_scale, bias), act);
}

// n outputs of a row, every tap inside; x is under the first tap of the first.
NN_INLINE void nn_depthwise_row_dyn(const nn_depthwise *p, const int8_t *x, int32_t x_zero, float x_scale,
                                    const int8_t *w, float w_scale, float bias, float *y, int32_t n)
{
    const int32_t dx = p->stride_w * p->in_c, dy = p->in_c * p->mul;
    int32_t wt[NN_DEPTHWISE_TAPS] = {0};
    const int32_t start = -x_zero * nn_depthwise_taps_s8(p, w, wt, 1);
    for (; nn_depthwise_blocks(p, n); n -= NN_DEPTHWISE_BLOCK) {
        int32_t acc[NN_DEPTHWISE_BLOCK];
        nn_depthwise_block_s8(p, x, wt, start, acc);
        NN_DEPTHWISE_UNROLL
        for (int32_t i = 0; i < NN_DEPTHWISE_BLOCK; i++)
            y[i * dy] = nn_depthwise_out_dyn(acc[i], w_scale, x_scale, bias, p->act);
        x += NN_DEPTHWISE_BLOCK * dx;
        y += NN_DEPTHWISE_BLOCK * dy;
    }
    for (; n > 0; n--, x += dx, y += dy)
        *y = nn_depthwise_out_dyn(nn_depthwise_inside_s8(p, x, wt, start), w_scale, x_scale, bias, p->act);
}

NN_API void nn_depthwise_dyn(const nn_depthwise *p, const int8_t *x, const float *x_scale,
                             const int32_t *x_zero, const int8_t *w, const float *w_scale, const float *bias,
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
                        nn_depthwise_row_dyn(p, x + (iy * p->in_w + ix) * p->in_c + o / p->mul, x_zero[b],
                                             x_scale[b], w + o, w_scale[o], bias[o], out, last - ox);
                        ox = last;
                    } else {
                        *out = nn_depthwise_out_dyn(
                            nn_depthwise_edge_s8(p, x + o / p->mul, w + o, x_zero[b], iy, ix), w_scale[o],
                            x_scale[b], bias[o], p->act);
                        ox++;
                    }
                }
            }
        x += p->in_h * p->in_w * p->in_c;
        y += p->out_h * p->out_w * out_c;
    }
}
#endif
