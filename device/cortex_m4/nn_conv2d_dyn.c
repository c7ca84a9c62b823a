// Convolution, int8 weights with activations quantised on the fly, two taps an instruction; contract in nn.h.
#ifndef NN_CONV2D_DYN_C
#define NN_CONV2D_DYN_C
#include "nn_pair_s8.h"

NN_API void nn_conv2d_dyn(const nn_conv2d *p, const int8_t *x, const float *x_scale, const int32_t *x_zero,
                          const int8_t *w, const float *w_scale, const int32_t *w_sum, const float *bias,
                          float *y, int16_t *scratch)
{
    const int32_t taps = p->k_h * p->k_w * p->in_c, count = p->out_h * p->out_w;
    for (int32_t b = 0; b < p->batch; b++) {
        int32_t oy = 0, ox = 0;
        for (int32_t at = 0; at < count;) {
            const int32_t n = nn_min(NN_PATCH, count - at);
            for (int32_t t = 0; t < n; t++) {
                nn_patch_fill(p, scratch, t, x, x_zero[b], oy, ox);
                if (++ox == p->out_w) {
                    ox = 0;
                    oy++;
                }
            }
            const int8_t *wo = w;
            for (int32_t o = 0; o < p->out_c; o += 2, wo += 2 * taps) {
                int32_t acc[2 * NN_PATCH];
#pragma GCC unroll 6
                for (int32_t i = 0; i < 2 * NN_PATCH; i++) acc[i] = -x_zero[b] * w_sum[o + i / NN_PATCH];
                nn_dot_patch(acc, scratch, wo, taps);
                float *out = y + (ptrdiff_t)at * p->out_c + o;
                for (int32_t i = 0; i < 2 && o + i < p->out_c; i++, out++)
                    for (int32_t t = 0; t < n; t++) {
                        const float v = (float)acc[i * NN_PATCH + t] * w_scale[o + i];
                        out[t * p->out_c] = nn_act(NN_MADD(v, x_scale[b], bias[o + i]), p->act);
                    }
            }
            at += n;
        }
        x += p->in_h * p->in_w * p->in_c;
        y += count * p->out_c;
    }
}
#endif
