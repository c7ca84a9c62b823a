// Fully connected layer of int16 by int8 weights; contract in nn.h.
#ifndef NN_DENSE_S16_C
#define NN_DENSE_S16_C
#include "nn_dot_s16.h"

NN_INLINE void nn_dense_block_s16(const nn_dense *p, const int16_t *x, const int8_t *w, const int64_t *bias,
                                  const int32_t *mult, const int32_t *shift, int16_t *y, int32_t block)
{
    int64_t acc[NN_BLOCK_MAX];
    for (int32_t o = 0; o < p->out_c; o += block, w += p->in_c * block) {
        const int32_t n = nn_min(block, p->out_c - o);
        for (int32_t k = 0; k < block; k++) acc[k] = bias[o + k];
        nn_dot_s16(acc, x, w, p->in_c, block);
        for (int32_t k = 0; k < n; k++)
            y[o + k] = nn_output_s16(acc[k], mult[o + k], shift[o + k], p->min, p->max);
    }
}

NN_API void nn_dense_s16(const nn_dense *p, const int16_t *x, const int8_t *w, const int64_t *bias,
                         const int32_t *mult, const int32_t *shift, int16_t *y)
{
    for (int32_t r = 0; r < p->rows; r++, x += p->in_c, y += p->out_c) {
        if (p->block == 4)
            nn_dense_block_s16(p, x, w, bias, mult, shift, y, 4);
        else
            nn_dense_block_s16(p, x, w, bias, mult, shift, y, p->block);
    }
}
#endif
