// Outputs of one channel along a row of a dynamic depthwise convolution, every tap inside the image.
#ifndef NN_DEPTHWISE_ROW_DYN_H
#define NN_DEPTHWISE_ROW_DYN_H
#include "nn_depthwise_sum_s8.h"

NN_INLINE float nn_depthwise_out_dyn(int32_t acc, float w_scale, float x_scale, float bias, int32_t act)
{
    return nn_act(NN_MADD(NN_MUL(NN_FLOAT(acc), w_scale), x_scale, bias), act);
}

// n outputs of a row, every tap inside; x is under the first tap of the first.
NN_INLINE void nn_depthwise_row_dyn(const nn_depthwise *p, const int8_t *x, int32_t x_zero, float x_scale,
                                    const int8_t *w, float w_scale, float bias, float *y, int32_t n)
{
    const int32_t dx = p->stride_w * p->in_c, dy = p->in_c * p->mul;
    int32_t wt[NN_DEPTHWISE_TAPS] = {0};
    const int32_t start = -x_zero * nn_depthwise_taps_s8(p, w, wt, 1);
    for (; nn_depthwise_blocks(p, n, NN_DEPTHWISE_BLOCK); n -= NN_DEPTHWISE_BLOCK) {
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
#endif
