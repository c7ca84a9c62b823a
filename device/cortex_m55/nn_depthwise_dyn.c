// Depthwise convolution of activations quantised on the fly, on Helium; contract in nn.h.
#ifndef NN_DEPTHWISE_DYN_C
#define NN_DEPTHWISE_DYN_C
#include "../nn_depthwise_sum_s8.h"
#include "nn_depthwise_mve.h"
#include "nn_mve_float.h"

#if NN_MVE
// Channels o .. o + 3 of the whole image.
NN_INLINE void nn_depthwise_four_dyn(const nn_depthwise *p, const int8_t *x, float x_scale, int32_t x_zero,
                                     const int8_t *w, float32x4_t w_scale, float32x4_t bias, float *y)
{
    const int32x4_t none = vdupq_n_s32(0);
    int32x4_t wt[NN_DEPTHWISE_TAPS];
    const int32x4_t start = vmulq_n_s32(nn_depthwise_taps_mve(p, w, wt), -x_zero);
    int32_t first, last;
    nn_depthwise_inside(p, &first, &last);
    for (int32_t oy = 0; oy < p->out_h; oy++) {
        const int32_t iy = oy * p->stride_h - p->pad_top, rows = nn_depthwise_row_inside(p, iy);
        for (int32_t ox = 0; ox < p->out_w; ox++, y += p->in_c) {
            const int32_t ix = ox * p->stride_w - p->pad_left;
            const int32x4_t acc =
                rows && ox >= first && ox < last
                    ? nn_depthwise_inside_mve(p, x + (iy * p->in_w + ix) * p->in_c, wt, start)
                    : nn_depthwise_edge_mve(p, x, w, x_zero, iy, ix, none);
            vstrwq_f32(y, nn_mve_out_dyn(acc, none, 0, w_scale, x_scale, bias, p->act));
        }
    }
}
#endif

NN_API void nn_depthwise_dyn(const nn_depthwise *p, const int8_t *x, const float *x_scale,
                             const int32_t *x_zero, const int8_t *w, const float *w_scale, const float *bias,
                             float *y)
{
    const int32_t out_c = p->in_c * p->mul;
    for (int32_t b = 0; b < p->batch; b++) {
        int32_t o = 0;
#if NN_MVE
        for (; o < nn_depthwise_fours(p); o += 4) {
            const int32_t at = nn_min(o, out_c - 4);
            nn_depthwise_four_dyn(p, x + at, x_scale[b], x_zero[b], w + at, vldrwq_f32(w_scale + at),
                                  vldrwq_f32(bias + at), y + at);
        }
#endif
        for (; o < out_c; o++)
            for (int32_t oy = 0; oy < p->out_h; oy++)
                for (int32_t ox = 0; ox < p->out_w; ox++) {
                    const int32_t iy = oy * p->stride_h - p->pad_top, ix = ox * p->stride_w - p->pad_left;
                    const int32_t acc = nn_depthwise_edge_s8(p, x + o / p->mul, w + o, x_zero[b], iy, ix);
                    y[(oy * p->out_w + ox) * out_c + o] =
                        nn_output_dyn(acc, w_scale[o], x_scale[b], bias[o], p->act);
                }
        x += p->in_h * p->in_w * p->in_c;
        y += p->out_h * p->out_w * out_c;
    }
}
#endif
