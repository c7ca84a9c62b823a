// Depthwise convolution of activations quantised on the fly; contract in nn.h.
#ifndef NN_DEPTHWISE_DYN_C
#define NN_DEPTHWISE_DYN_C
#include "nn_depthwise_row_dyn.h"

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
