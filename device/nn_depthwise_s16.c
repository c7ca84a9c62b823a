// Depthwise convolution of int16 by int8 weights; contract in nn.h.
#ifndef NN_DEPTHWISE_S16_C
#define NN_DEPTHWISE_S16_C
#include "nn_math.h"

// One output; (iy, ix) is the input under tap (0, 0). Taps in the padding are zeros: left out.
NN_INLINE int64_t nn_depthwise_sum_s16(const nn_depthwise *p, const int16_t *x, const int8_t *w, int32_t iy,
                                       int32_t ix)
{
    const int32_t out_c = p->in_c * p->mul;
    const int32_t ky0 = nn_tap_first(iy, p->dil_h), ky1 = nn_tap_last(iy, p->dil_h, p->k_h, p->in_h);
    const int32_t kx0 = nn_tap_first(ix, p->dil_w), kx1 = nn_tap_last(ix, p->dil_w, p->k_w, p->in_w);
    int64_t acc = 0;
    for (int32_t ky = ky0; ky < ky1; ky++) {
        const int16_t *in = x + ((iy + ky * p->dil_h) * p->in_w + ix + kx0 * p->dil_w) * p->in_c;
        const int8_t *wk = w + (ky * p->k_w + kx0) * out_c;
        for (int32_t n = kx1 - kx0; n > 0; n--, in += p->dil_w * p->in_c, wk += out_c) acc += *in * *wk;
    }
    return acc;
}

NN_API void nn_depthwise_s16(const nn_depthwise *p, const int16_t *x, const int8_t *w, const int64_t *bias,
                             const int32_t *mult, const int32_t *shift, int16_t *y)
{
    const int32_t out_c = p->in_c * p->mul;
    for (int32_t b = 0; b < p->batch; b++, x += p->in_h * p->in_w * p->in_c)
        for (int32_t oy = 0; oy < p->out_h; oy++)
            for (int32_t ox = 0; ox < p->out_w; ox++)
                for (int32_t o = 0; o < out_c; o++) {
                    const int64_t acc =
                        nn_depthwise_sum_s16(p, x + o / p->mul, w + o, oy * p->stride_h - p->pad_top,
                                             ox * p->stride_w - p->pad_left);
                    *y++ = nn_output_s16(acc + bias[o], mult[o], shift[o], p->min, p->max);
                }
}
#endif
