// Convolution, int8 weights with activations quantised on the fly, two taps an instruction; contract in nn.h.
#ifndef NN_CONV2D_DYN_C
#define NN_CONV2D_DYN_C
#include "nn_pair_dyn.h"

// Channels from o on at n positions: few of a layer's or none, unless its weights are not in pairs or act is RELU6.
NN_SHARED void nn_conv2d_rest_dyn(int32_t out_c, int32_t taps, int32_t group, int32_t act,
                                  const int16_t *patch, float x_scale, int32_t x_zero, const int8_t *w,
                                  const float *w_scale, const int32_t *w_sum, const float *bias, float *y,
                                  int32_t o, int32_t n)
{
    for (; o < out_c; o += 2) {
        int32_t acc[2 * NN_PATCH];
        for (int32_t i = 0; i < 2 * NN_PATCH; i++) acc[i] = -x_zero * w_sum[o + i / NN_PATCH];
        nn_pair_conv2d(taps, group, acc, patch, w, o);
        for (int32_t i = 0; i < 2 && o + i < out_c; i++)
            for (int32_t t = 0; t < n; t++) {
                const float v = (float)acc[i * NN_PATCH + t] * w_scale[o + i];
                y[t * out_c + o + i] = nn_act(NN_MADD(v, x_scale, bias[o + i]), act);
            }
    }
}

NN_API void nn_conv2d_dyn(const nn_conv2d *p, const int8_t *x, const float *x_scale, const int32_t *x_zero,
                          const int8_t *w, const float *w_scale, const int32_t *w_sum, const float *bias,
                          float *y, int16_t *scratch)
{
    const int32_t pairs = (p->k_h * p->k_w * p->in_c + 1) / 2, count = p->out_h * p->out_w, out_c = p->out_c;
    const int32_t plain = p->group == 2 && p->act != NN_ACT_RELU6 && out_c > 1 && nn_finite(bias, out_c);
    for (int32_t b = 0; b < p->batch; b++, x += p->in_h * p->in_w * p->in_c) {
        const int32_t blocks = plain && nn_finite(x_scale + b, 1);
        int32_t oy = 0, ox = 0;
        for (int32_t at = 0; at < count; at += NN_PATCH) {
            int32_t n = nn_min(NN_PATCH, count - at), o = 0;
            if (blocks && n < NN_PATCH && at > 0) { // the last positions with some once more
                y -= (NN_PATCH - n) * out_c;
                oy = (count - NN_PATCH) / p->out_w;
                ox = (count - NN_PATCH) % p->out_w;
                n = NN_PATCH;
            }
            nn_patch_next(p, scratch, n, x, x_zero[b], &oy, &ox);
            if (blocks && n == NN_PATCH) {
                o = out_c & ~1;
                nn_pair_job_dyn job = {scratch, w, 0,         w_sum,      NULL,  w_scale,
                                       bias,    y, 4 * out_c, -x_zero[b], y + o, x_scale[b]};
                if (p->act == NN_ACT_RELU)
                    nn_pair_blocks_relu(&job, pairs);
                else
                    nn_pair_blocks_none(&job, pairs);
            }
            if (o < out_c)
                nn_conv2d_rest_dyn(out_c, p->k_h * p->k_w * p->in_c, p->group, p->act, scratch, x_scale[b],
                                   x_zero[b], w, w_scale, w_sum, bias, y, o, n);
            y += n * out_c;
        }
    }
}
#endif
