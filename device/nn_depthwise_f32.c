// Depthwise convolution of floats; contract in nn.h.
#ifndef NN_DEPTHWISE_F32_C
#define NN_DEPTHWISE_F32_C
#include "nn_math.h"

// One output: tap (0, 0) over x, taps ky0 .. ky1 - 1 by kx0 .. kx1 - 1.
NN_INLINE float nn_depthwise_sum_f32(const nn_depthwise *p, const float *x, const float *w, float acc,
                                     int32_t ky0, int32_t ky1, int32_t kx0, int32_t kx1, int32_t iy,
                                     int32_t ix)
{
    const int32_t out_c = p->in_c * p->mul;
    for (int32_t ky = ky0; ky < ky1; ky++) {
        const float *in = x + ((iy + ky * p->dil_h) * p->in_w + ix + kx0 * p->dil_w) * p->in_c;
        const float *wk = w + (ky * p->k_w + kx0) * out_c;
        for (int32_t n = kx1 - kx0; n > 0; n--, in += p->dil_w * p->in_c, wk += out_c)
            acc = NN_MADD(*in, *wk, acc);
    }
    return acc;
}

NN_API void nn_depthwise_f32(const nn_depthwise *p, const float *x, const float *w, const float *bias,
                             float *y)
{
    for (int32_t b = 0; b < p->batch; b++, x += p->in_h * p->in_w * p->in_c)
        for (int32_t oy = 0; oy < p->out_h; oy++)
            for (int32_t ox = 0; ox < p->out_w; ox++) {
                const int32_t iy = oy * p->stride_h - p->pad_top, ix = ox * p->stride_w - p->pad_left;
                const int32_t ky0 = nn_tap_first(iy, p->dil_h);
                const int32_t ky1 = nn_tap_last(iy, p->dil_h, p->k_h, p->in_h);
                const int32_t kx0 = nn_tap_first(ix, p->dil_w);
                const int32_t kx1 = nn_tap_last(ix, p->dil_w, p->k_w, p->in_w);
                for (int32_t c = 0, o = 0; c < p->in_c; c++)
                    for (int32_t m = 0; m < p->mul; m++, o++)
                        *y++ =
                            nn_act(nn_depthwise_sum_f32(p, x + c, w + o, bias[o], ky0, ky1, kx0, kx1, iy, ix),
                                   p->act);
            }
}
#endif
