// Depthwise convolution of floats on Helium: four channels side by side; contract in nn.h.
#ifndef NN_DEPTHWISE_F32_C
#define NN_DEPTHWISE_F32_C
#include "nn_depthwise_mve.h"
#include "nn_mve_float.h"

NN_INLINE float nn_depthwise_edge_f32(const nn_depthwise *p, const float *x, const float *w, float acc,
                                      int32_t iy, int32_t ix)
{
    for (int32_t k = 0; k < p->k_h * p->k_w; k++)
        if (nn_depthwise_holds(p, k, iy, ix))
            acc = NN_MADD(x[(iy * p->in_w + ix) * p->in_c + nn_depthwise_at(p, k)], w[k * p->in_c * p->mul],
                          acc);
    return acc;
}

#if NN_MVE
// Channels o .. o + 3 of the whole image.
NN_INLINE void nn_depthwise_four_f32(const nn_depthwise *p, const float *x, const float *w, float32x4_t bias,
                                     float *y)
{
    const int32_t taps = p->k_h * p->k_w;
    float32x4_t wt[NN_DEPTHWISE_TAPS];
#pragma GCC unroll 16
    for (int32_t k = 0; k < taps; k++) wt[k] = vldrwq_f32(w + k * p->in_c);
    int32_t first, last;
    nn_depthwise_inside(p, &first, &last);
    for (int32_t oy = 0; oy < p->out_h; oy++) {
        const int32_t iy = oy * p->stride_h - p->pad_top, rows = nn_depthwise_row_inside(p, iy);
        for (int32_t ox = 0; ox < p->out_w; ox++, y += p->in_c) {
            const int32_t ix = ox * p->stride_w - p->pad_left;
            const float *in = x + (iy * p->in_w + ix) * p->in_c;
            float32x4_t acc = bias;
            if (rows && ox >= first && ox < last) {
#pragma GCC unroll 16
                for (int32_t k = 0; k < taps; k++)
                    acc = vfmaq_f32(acc, vldrwq_f32(in + nn_depthwise_at(p, k)), wt[k]);
            } else {
                for (int32_t k = 0; k < taps; k++)
                    if (nn_depthwise_holds(p, k, iy, ix))
                        acc = vfmaq_f32(acc, vldrwq_f32(in + nn_depthwise_at(p, k)),
                                        vldrwq_f32(w + k * p->in_c));
            }
            vstrwq_f32(y, nn_mve_act(acc, p->act));
        }
    }
}
#endif

NN_API void nn_depthwise_f32(const nn_depthwise *p, const float *x, const float *w, const float *bias,
                             float *y)
{
    const int32_t out_c = p->in_c * p->mul;
    for (int32_t b = 0; b < p->batch; b++) {
        int32_t o = 0;
#if NN_MVE
        for (; o < nn_depthwise_fours(p); o += 4) {
            const int32_t at = nn_min(o, out_c - 4);
            nn_depthwise_four_f32(p, x + at, w + at, vldrwq_f32(bias + at), y + at);
        }
#endif
        for (; o < out_c; o++)
            for (int32_t oy = 0; oy < p->out_h; oy++)
                for (int32_t ox = 0; ox < p->out_w; ox++)
                    y[(oy * p->out_w + ox) * out_c + o] = nn_act(
                        nn_depthwise_edge_f32(p, x + o / p->mul, w + o, bias[o],
                                              oy * p->stride_h - p->pad_top, ox * p->stride_w - p->pad_left),
                        p->act);
        x += p->in_h * p->in_w * p->in_c;
        y += p->out_h * p->out_w * out_c;
    }
}
#endif
