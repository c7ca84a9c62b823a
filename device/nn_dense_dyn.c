// Fully connected layer with int8 weights of activations quantised on the fly; contract in nn.h.
#ifndef NN_DENSE_DYN_C
#define NN_DENSE_DYN_C
#include "nn_dot_s8.h"

NN_INLINE void nn_dense_block_dyn(const nn_dense *p, const int8_t *x, float x_scale, int32_t x_zero,
                                  const int8_t *w, const float *w_scale, const int32_t *w_sum,
                                  const float *bias, float *y, int32_t block, int32_t *acc)
{
    for (int32_t o = 0; o < p->out_c; o += block, w += p->in_c * block) {
        const int32_t n = nn_min(block, p->out_c - o);
        for (int32_t i = 0; i < block; i++) acc[i] = -x_zero * w_sum[o + i];
        nn_dot_s8(acc, x, 0, w, p->in_c, block, 1);
        for (int32_t i = 0; i < n; i++)
            y[o + i] =
                nn_act(NN_MADD(NN_FLOAT(acc[i]), NN_MUL(x_scale, w_scale[o + i]), bias[o + i]), p->act);
    }
}

NN_API void nn_dense_dyn(const nn_dense *p, const int8_t *x, const float *x_scale, const int32_t *x_zero,
                         const int8_t *w, const float *w_scale, const int32_t *w_sum, const float *bias,
                         float *y, int16_t *scratch)
{
    (void)scratch;
    int32_t acc[NN_BLOCK_MAX];
    for (int32_t r = 0; r < p->rows; r++, x += p->in_c, y += p->out_c) {
        if (p->block == 4)
            nn_dense_block_dyn(p, x, x_scale[r], x_zero[r], w, w_scale, w_sum, bias, y, 4, acc);
        else
            nn_dense_block_dyn(p, x, x_scale[r], x_zero[r], w, w_scale, w_sum, bias, y, p->block, acc);
    }
}
#endif
