// Depthwise convolution of int8; contract in nn.h.
#ifndef NN_DEPTHWISE_S8_C
#define NN_DEPTHWISE_S8_C
#include "nn_depthwise_row_s8.h"

NN_API void nn_depthwise_s8(const nn_depthwise *p, const int8_t *x, const int8_t *w, const int32_t *bias,
                            const int32_t *mult, const int32_t *shift, int8_t *y)
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
                    int8_t *out = y + (oy * p->out_w + ox) * out_c + o;
                    if (rows && ox >= first && ox < last) {
                        nn_depthwise_row_s8(p, x + (iy * p->in_w + ix) * p->in_c + o / p->mul, w + o, bias[o],
                                            mult[o], shift[o], out, last - ox);
                        ox = last;
                    } else {
                        *out = nn_output_s8(
                            nn_depthwise_edge_s8(p, x + o / p->mul, w + o, p->x_zero, iy, ix) + bias[o],
                            mult[o], shift[o], p->y_zero, p->min, p->max);
                        ox++;
                    }
                }
            }
        x += p->in_h * p->in_w * p->in_c;
        y += p->out_h * p->out_w * out_c;
    }
}
#endif
