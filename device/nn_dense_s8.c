// Fully connected layer of int8; contract in nn.h.
#ifndef NN_DENSE_S8_C
#define NN_DENSE_S8_C
#include "nn_dot_s8.h"

NN_INLINE void nn_dense_block_s8(const nn_dense *p, const int8_t *x, const int8_t *w, const int32_t *bias,
                                 const int32_t *mult, const int32_t *shift, int8_t *y, int32_t block,
                                 int32_t *acc)
{
    for (int32_t o = 0; o < p->out_c; o += block, w += p->in_c * block) {
        const int32_t n = nn_min(block, p->out_c - o);
        for (int32_t i = 0; i < block; i++) acc[i] = bias[o + i];
        nn_dot_s8(acc, x, 0, w, p->in_c, block, 1);
        for (int32_t i = 0; i < n; i++)
            y[o + i] = nn_output_s8(acc[i], mult[o + i], shift[o + i], p->y_zero, p->min, p->max);
    }
}

NN_API void nn_dense_s8(const nn_dense *p, const int8_t *x, const int8_t *w, const int32_t *bias,
                        const int32_t *mult, const int32_t *shift, int8_t *y, int16_t *scratch)
{
    (void)scratch;
    int32_t acc[NN_BLOCK_MAX];
    for (int32_t r = 0; r < p->rows; r++, x += p->in_c, y += p->out_c) {
        if (p->block == 4)
            nn_dense_block_s8(p, x, w, bias, mult, shift, y, 4, acc);
        else
            nn_dense_block_s8(p, x, w, bias, mult, shift, y, p->block, acc);
    }
}
#endif
