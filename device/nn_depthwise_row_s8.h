// Outputs of one channel along a row of an int8 depthwise convolution, every tap inside the image.
#ifndef NN_DEPTHWISE_ROW_S8_H
#define NN_DEPTHWISE_ROW_S8_H
#include "nn_depthwise_sum_s8.h"

// n outputs of a row, every tap inside; x is under the first tap of the first. Returns how many are left.
NN_INLINE int32_t nn_depthwise_blocks_s8(const nn_depthwise *p, const int8_t *x, const int32_t *wt2,
                                         int32_t start2, int32_t mult, int32_t shift, int8_t *y, int32_t n)
{
    const int32_t round = (int32_t)(1u << (-shift - 1)), right = -shift, dy = p->in_c * p->mul;
    do {
        int32_t acc[NN_DEPTHWISE_BLOCK];
        nn_depthwise_block_s8(p, x, wt2, start2, acc);
        NN_DEPTHWISE_UNROLL
        for (int32_t i = 0; i < NN_DEPTHWISE_BLOCK; i++)
            y[i * dy] = (int8_t)nn_output_right_s8(acc[i], mult, round, right, p->y_zero, p->min, p->max);
        x += NN_DEPTHWISE_BLOCK * p->stride_w * p->in_c;
        y += NN_DEPTHWISE_BLOCK * dy;
        n -= NN_DEPTHWISE_BLOCK;
    } while (n >= NN_DEPTHWISE_BLOCK);
    return n;
}

NN_INLINE void nn_depthwise_row_s8(const nn_depthwise *p, const int8_t *x, const int8_t *w, int32_t bias,
                                   int32_t mult, int32_t shift, int8_t *y, int32_t n)
{
    const int32_t dx = p->stride_w * p->in_c, dy = p->in_c * p->mul;
    int32_t wt[NN_DEPTHWISE_TAPS] = {0}; // twice the weights
    const int32_t start = 2 * bias - p->x_zero * nn_depthwise_taps_s8(p, w, wt, 2);
    if (shift < 0 && nn_depthwise_blocks(p, n, NN_DEPTHWISE_BLOCK)) {
        const int32_t left = nn_depthwise_blocks_s8(p, x, wt, start, mult, shift, y, n);
        x += (n - left) * dx;
        y += (n - left) * dy;
        n = left;
    }
    for (; n > 0; n--, x += dx, y += dy) {
        *y = nn_output_s8(nn_depthwise_inside_s8(p, x, wt, start) >> 1, mult, shift, p->y_zero, p->min,
                          p->max);
    }
}
#endif
