// Convolution with int8 weights of activations quantised on the fly, two products a multiplication; contract in nn.h.
#ifndef NN_CONV2D_DYN_C
#define NN_CONV2D_DYN_C
#include "nn_words_s8.h"

NN_API void nn_conv2d_dyn(const nn_conv2d *p, const int8_t *x, const float *x_scale, const int32_t *x_zero,
                          const int8_t *w, const float *w_scale, const int32_t *w_sum, const float *bias,
                          float *y, int16_t *scratch)
{
    const int32_t out_c = p->out_c;
    int32_t *const patch = (int32_t *)(void *)scratch, first, last;
    nn_conv2d_inside(p, &first, &last);
    for (int32_t b = 0; b < p->batch; b++, x += p->in_h * p->in_w * p->in_c)
        for (int32_t oy = 0; oy < p->out_h; oy++, y += p->out_w * out_c)
            for (int32_t ox = 0; ox < p->out_w; ox += NN_WORDS) {
                const int32_t n = nn_min(NN_WORDS, p->out_w - ox);
                nn_words_patch(p, patch, x, x_zero[b], oy, ox, first, last);
                for (int32_t o = 0; o < out_c; o += 4) {
                    int32_t acc[4 * NN_WORDS], start[4];
                    for (int32_t i = 0; i < 4; i++) start[i] = -x_zero[b] * w_sum[o + i];
                    nn_words_any(p, acc, start, patch, w, o);
                    for (int32_t i = 0; i < 4 && o + i < out_c; i++)
                        for (int32_t t = 0; t < n; t++) {
                            const float v = NN_MUL(NN_FLOAT(acc[4 * i + t]), w_scale[o + i]);
                            y[(ox + t) * out_c + o + i] = nn_act(NN_MADD(v, x_scale[b], bias[o + i]), p->act);
                        }
                }
            }
}
#endif
