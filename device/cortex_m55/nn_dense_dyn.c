// Fully connected layer with int8 weights of activations quantised on the fly, on Helium; contract in nn.h.
// scratch: nn_dense_mve_scratch(p) bytes.
#ifndef NN_DENSE_DYN_C
#define NN_DENSE_DYN_C
#include "nn_mve.h"

NN_API void nn_dense_dyn(const nn_dense *p, const int8_t *x, const float *x_scale, const int32_t *x_zero,
                         const int8_t *w, const float *w_scale, const int32_t *w_sum, const float *bias,
                         float *y, int16_t *scratch)
{
    int32_t *const acc = (int32_t *)(void *)scratch;
    for (int32_t r = 0; r < p->rows; r++, x += p->in_c, y += p->out_c) {
        nn_mve_sums1(x, w, acc, (p->out_c + 3) / 4, p->in_c / NN_GROUP, p->in_c % NN_GROUP);
        for (int32_t o = 0; o < p->out_c; o++) {
            const int32_t sum = acc[o] - x_zero[r] * w_sum[o];
            y[o] = nn_act(NN_MADD((float)sum, x_scale[r] * w_scale[o], bias[o]), p->act);
        }
    }
}
#endif
