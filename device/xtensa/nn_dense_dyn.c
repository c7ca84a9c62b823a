// Fully connected layer with int8 weights of activations quantised on the fly, on MAC16; contract in nn.h.
// Weights in rows (block 1).
#ifndef NN_DENSE_DYN_C
#define NN_DENSE_DYN_C
#include "nn_mac16.h"

NN_API void nn_dense_dyn(const nn_dense *p, const int8_t *x, const float *x_scale, const int32_t *x_zero,
                         const int8_t *w, const float *w_scale, const int32_t *w_sum, const float *bias,
                         float *y, int16_t *scratch)
{
    for (int32_t r = 0; r < p->rows; r++, x += p->in_c, y += p->out_c) {
        nn_widen_row(scratch, x, p->in_c);
        for (int32_t o = 0; o < p->out_c; o++) {
            const int32_t acc = nn_mac16_s8(-x_zero[r] * w_sum[o], scratch, w + o * p->in_c, p->in_c);
            y[o] = nn_act(NN_MADD((float)acc, x_scale[r] * w_scale[o], bias[o]), p->act);
        }
    }
}
#endif
