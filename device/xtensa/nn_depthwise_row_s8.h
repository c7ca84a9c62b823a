// Outputs of one channel along a row of an int8 depthwise convolution, every tap inside the image, on the FPU.
#ifndef NN_DEPTHWISE_ROW_S8_H
#define NN_DEPTHWISE_ROW_S8_H
#include "nn_depthwise_sum_f32.h"
#include "nn_scale_f32.h"

// Where sums may be too large for a float.
NN_SHARED void nn_depthwise_row_exact_s8(const nn_depthwise *p, const int8_t *x, const int8_t *w,
                                         int32_t bias, int32_t mult, int32_t shift, int8_t *y, int32_t n)
{
    for (; n > 0; n--, x += p->stride_w * p->in_c, y += p->in_c * p->mul)
        *y = nn_output_s8(nn_depthwise_edge_s8(p, x, w, p->x_zero, 0, 0) + bias, mult, shift, p->y_zero,
                          p->min, p->max);
}

NN_INLINE void nn_depthwise_row_s8(const nn_depthwise *p, const int8_t *x, const int8_t *w, int32_t bias,
                                   int32_t mult, int32_t shift, int8_t *y, int32_t n)
{
    const int32_t dx = p->stride_w * p->in_c, dy = p->in_c * p->mul;
    float wt[NN_DEPTHWISE_TAPS] = {0};
    const int32_t start = bias - p->x_zero * nn_depthwise_taps_f32(p, w, wt);
    if (!nn_depthwise_whole(start)) {
        nn_depthwise_row_exact_s8(p, x, w, bias, mult, shift, y, n);
        return;
    }
    const nn_scale f = nn_scale_of(mult, shift, p->y_zero, 0);
    float acc[NN_DEPTHWISE_WIDE];
    for (; nn_depthwise_blocks(p, n, NN_DEPTHWISE_WIDE); n -= NN_DEPTHWISE_WIDE) {
        nn_depthwise_sums_f32(p, x, wt, (float)start, acc, NN_DEPTHWISE_WIDE);
        NN_DEPTHWISE_UNROLL
        for (int32_t i = 0; i < NN_DEPTHWISE_WIDE; i++)
            y[i * dy] = nn_scale_whole_s8(&f, acc[i], p->y_zero, p->min, p->max);
        x += NN_DEPTHWISE_WIDE * dx;
        y += NN_DEPTHWISE_WIDE * dy;
    }
    for (; n > 0; n--, x += dx, y += dy) {
        nn_depthwise_sums_f32(p, x, wt, (float)start, acc, 1);
        *y = nn_scale_whole_s8(&f, acc[0], p->y_zero, p->min, p->max);
    }
}
#endif
