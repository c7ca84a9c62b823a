// Fully connected layer, int8 weights with activations quantised on the fly, two taps an instruction; contract in
// nn.h.
#ifndef NN_DENSE_DYN_C
#define NN_DENSE_DYN_C
#include "nn_pair_s8.h"

NN_API void nn_dense_dyn(const nn_dense *p, const int8_t *x, const float *x_scale, const int32_t *x_zero,
                         const int8_t *w, const float *w_scale, const int32_t *w_sum, const float *bias,
                         float *y, int16_t *scratch)
{
    const int32_t taps = (p->in_c + 1) & ~1;
    for (int32_t r = 0; r < p->rows; r++, x += p->in_c, y += p->out_c) {
        scratch[taps - 1] = 0;
        nn_pair_widen(scratch, x, p->in_c);
        for (int32_t o = 0; o < p->out_c; o += 2) {
            int32_t acc[2] = {-x_zero[r] * w_sum[o], -x_zero[r] * w_sum[o + 1]};
            nn_pair_dense(p, acc, scratch, w, o);
            for (int32_t i = 0; i < 2 && o + i < p->out_c; i++)
                y[o + i] = nn_act(NN_MADD((float)acc[i], x_scale[r] * w_scale[o + i], bias[o + i]), p->act);
        }
    }
}
#endif
