// Depthwise convolution of int8 on Helium; contract in nn.h.
#ifndef NN_DEPTHWISE_S8_C
#define NN_DEPTHWISE_S8_C
#include "../nn_depthwise_sum_s8.h"
#include "nn_depthwise_mve.h"
#include "nn_mve_put.h"

#if NN_MVE
// Channels o .. o + 3, whose factors are below 1, of the whole image.
NN_INLINE void nn_depthwise_four_s8(const nn_depthwise *p, const int8_t *x, const int8_t *w, int32x4_t bias,
                                    int32x4_t mult, int32x4_t shift, int8_t *y)
{
    int32x4_t wt[NN_DEPTHWISE_TAPS];
    const int32x4_t start = vsubq_s32(bias, vmulq_n_s32(nn_depthwise_taps_mve(p, w, wt), p->x_zero));
    int32_t first, last;
    nn_depthwise_inside(p, &first, &last);
    for (int32_t oy = 0; oy < p->out_h; oy++) {
        const int32_t iy = oy * p->stride_h - p->pad_top;
        const int32_t from = nn_depthwise_row_inside(p, iy) ? first : p->out_w;
        int32_t ox = 0;
        for (; ox < nn_min(from, p->out_w); ox++, y += p->in_c)
            nn_mve_put_four_s8(
                y, nn_depthwise_edge_mve(p, x, w, p->x_zero, iy, ox * p->stride_w - p->pad_left, bias), mult,
                shift, p->y_zero, p->min, p->max);
        if (ox < last) {
            const int8_t *in = x + (iy * p->in_w + ox * p->stride_w - p->pad_left) * p->in_c;
            int32_t n = last - ox;
            ox = last;
            do {
                nn_mve_put_four_s8(y, nn_depthwise_inside_mve(p, in, wt, start), mult, shift, p->y_zero,
                                   p->min, p->max);
                in += p->stride_w * p->in_c;
                y += p->in_c;
            } while (--n);
        }
        for (; ox < p->out_w; ox++, y += p->in_c)
            nn_mve_put_four_s8(
                y, nn_depthwise_edge_mve(p, x, w, p->x_zero, iy, ox * p->stride_w - p->pad_left, bias), mult,
                shift, p->y_zero, p->min, p->max);
    }
}
#endif

NN_API void nn_depthwise_s8(const nn_depthwise *p, const int8_t *x, const int8_t *w, const int32_t *bias,
                            const int32_t *mult, const int32_t *shift, int8_t *y)
{
    const int32_t out_c = p->in_c * p->mul;
    for (int32_t b = 0; b < p->batch; b++) {
        int32_t o = 0;
#if NN_MVE
        if (nn_mve_all_right(shift, out_c))
            for (; o < nn_depthwise_fours(p); o += 4) {
                const int32_t at = nn_min(o, out_c - 4);
                nn_depthwise_four_s8(p, x + at, w + at, vldrwq_s32(bias + at), vldrwq_s32(mult + at),
                                     vldrwq_s32(shift + at), y + at);
            }
#endif
        for (; o < out_c; o++)
            for (int32_t oy = 0; oy < p->out_h; oy++)
                for (int32_t ox = 0; ox < p->out_w; ox++) {
                    const int32_t iy = oy * p->stride_h - p->pad_top, ix = ox * p->stride_w - p->pad_left;
                    const int32_t acc = nn_depthwise_edge_s8(p, x + o / p->mul, w + o, p->x_zero, iy, ix);
                    y[(oy * p->out_w + ox) * out_c + o] =
                        nn_output_s8(acc + bias[o], mult[o], shift[o], p->y_zero, p->min, p->max);
                }
        x += p->in_h * p->in_w * p->in_c;
        y += p->out_h * p->out_w * out_c;
    }
}
#endif
