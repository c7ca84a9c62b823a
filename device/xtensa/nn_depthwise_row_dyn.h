// Outputs of one channel along a row of a dynamic depthwise convolution, every tap inside the image, on the FPU.
#ifndef NN_DEPTHWISE_ROW_DYN_H
#define NN_DEPTHWISE_ROW_DYN_H
#include "nn_depthwise_sum_f32.h"

// acc: a whole number
NN_INLINE float nn_depthwise_out_dyn(float acc, float w_scale, float x_scale, float bias, int32_t act)
{
    return nn_act(NN_MADD(acc * w_scale, x_scale, bias), act);
}

NN_INLINE void nn_depthwise_row_dyn(const nn_depthwise *p, const int8_t *x, int32_t x_zero, float x_scale,
                                    const int8_t *w, float w_scale, float bias, float *y, int32_t n)
{
    const int32_t dx = p->stride_w * p->in_c, dy = p->in_c * p->mul;
    float wt[NN_DEPTHWISE_TAPS] = {0}, acc[NN_DEPTHWISE_WIDE];
    const float start = (float)(-x_zero * nn_depthwise_taps_f32(p, w, wt));
    for (; nn_depthwise_blocks(p, n, NN_DEPTHWISE_WIDE); n -= NN_DEPTHWISE_WIDE) {
        nn_depthwise_sums_f32(p, x, wt, start, acc, NN_DEPTHWISE_WIDE);
        NN_DEPTHWISE_UNROLL
        for (int32_t i = 0; i < NN_DEPTHWISE_WIDE; i++)
            y[i * dy] = nn_depthwise_out_dyn(acc[i], w_scale, x_scale, bias, p->act);
        x += NN_DEPTHWISE_WIDE * dx;
        y += NN_DEPTHWISE_WIDE * dy;
    }
    for (; n > 0; n--, x += dx, y += dy) {
        nn_depthwise_sums_f32(p, x, wt, start, acc, 1);
        *y = nn_depthwise_out_dyn(acc[0], w_scale, x_scale, bias, p->act);
    }
}
#endif
