// The sum of one output of an int8 depthwise convolution, shared by nn_depthwise_s8 and nn_depthwise_dyn.
#ifndef NN_DEPTHWISE_SUM_S8_H
#define NN_DEPTHWISE_SUM_S8_H
#include "nn_math.h"

// (iy, ix) is the input under tap (0, 0). Taps in the padding are left out, so the zero point is taken off
// each input here.
NN_INLINE int32_t nn_depthwise_sum_s8(const nn_depthwise *p, const int8_t *x, const int8_t *w, int32_t zero,
                                      int32_t ky0, int32_t ky1, int32_t kx0, int32_t kx1, int32_t iy,
                                      int32_t ix)
{
    const int32_t out_c = p->in_c * p->mul;
    int32_t acc = 0;
    for (int32_t ky = ky0; ky < ky1; ky++) {
        const int8_t *in = x + ((iy + ky * p->dil_h) * p->in_w + ix + kx0 * p->dil_w) * p->in_c;
        const int8_t *wk = w + (ky * p->k_w + kx0) * out_c;
        for (int32_t n = kx1 - kx0; n > 0; n--, in += p->dil_w * p->in_c, wk += out_c)
            acc += (*in - zero) * *wk;
    }
    return acc;
}
#endif
