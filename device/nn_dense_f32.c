// Fully connected layer of floats; contract in nn.h.
#ifndef NN_DENSE_F32_C
#define NN_DENSE_F32_C
#include "nn_dot_f32.h"

NN_INLINE void nn_dense_block_f32(const nn_dense *p, const float *x, const float *w, const float *bias,
                                  float *y, int32_t block, float *acc)
{
    for (int32_t o = 0; o < p->out_c; o += block, w += p->in_c * block) {
        const int32_t n = nn_min(block, p->out_c - o);
        for (int32_t i = 0; i < block; i++) acc[i] = bias[o + i];
        if (block == 4)
            nn_dot4_f32(acc, x, w, p->in_c);
        else
            nn_dot_f32(acc, x, 0, w, p->in_c, block, 1);
#ifdef __xtensa__ // outputs of unknown number, unrolled, would cost the loop over taps its zero-overhead form
        if (n == 4) {
            nn_put_f32(y + o, acc, 4, p->act);
            continue;
        }
#endif
        nn_put_f32(y + o, acc, n, p->act);
    }
}

NN_API void nn_dense_f32(const nn_dense *p, const float *x, const float *w, const float *bias, float *y)
{
    float acc[NN_BLOCK_MAX];
    for (int32_t r = 0; r < p->rows; r++, x += p->in_c, y += p->out_c) {
        if (p->block == 4)
            nn_dense_block_f32(p, x, w, bias, y, 4, acc);
        else
            nn_dense_block_f32(p, x, w, bias, y, p->block, acc);
    }
}
#endif
