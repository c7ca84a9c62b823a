// Convolution with int8 weights of activations quantised on the fly; contract in nn.h.
#ifndef NN_CONV2D_DYN_C
#define NN_CONV2D_DYN_C
#include "nn_conv2d_taps_s8.h"

NN_INLINE void nn_conv2d_block_dyn(const nn_conv2d *p, const int8_t *x, float x_scale, int32_t x_zero,
                                   const int8_t *w, const float *w_scale, const int32_t *w_sum,
                                   const float *bias, float *y, int32_t block, int32_t *acc)
{
    int32_t first, last;
    nn_conv2d_inside(p, &first, &last);
    for (int32_t o = 0; o < p->out_c; o += block, w += p->k_h * p->k_w * p->in_c * block) {
        const int32_t n = nn_min(block, p->out_c - o);
        for (int32_t oy = 0; oy < p->out_h; oy++) {
            float *out = y + (ptrdiff_t)oy * p->out_w * p->out_c + o;
            for (int32_t ox = 0; ox < p->out_w;) {
                const int32_t many = NN_POSITIONS_S8 > 1 && ox >= first && ox + NN_POSITIONS_S8 <= last;
                const int32_t t = many ? NN_POSITIONS_S8 : 1;
                if (many)
                    nn_conv2d_sums_s8(p, acc, x, w, w_sum + o, -x_zero, x_zero, oy, ox, block,
                                      NN_POSITIONS_S8);
                else
                    nn_conv2d_sums_s8(p, acc, x, w, w_sum + o, -x_zero, x_zero, oy, ox, block, 1);
                for (int32_t i = 0; i < t; i++, ox++, out += p->out_c)
                    for (int32_t k = 0; k < n; k++) {
                        const float v = NN_MUL(NN_FLOAT(acc[i * block + k]), w_scale[o + k]);
                        out[k] = nn_act(NN_MADD(v, x_scale, bias[o + k]), p->act);
                    }
            }
        }
    }
}

NN_API void nn_conv2d_dyn(const nn_conv2d *p, const int8_t *x, const float *x_scale, const int32_t *x_zero,
                          const int8_t *w, const float *w_scale, const int32_t *w_sum, const float *bias,
                          float *y, int16_t *scratch)
{
    (void)scratch;
    int32_t acc[NN_POSITIONS_S8 * NN_BLOCK_MAX];
    for (int32_t b = 0; b < p->batch; b++) {
        if (p->block == 4)
            nn_conv2d_block_dyn(p, x, x_scale[b], x_zero[b], w, w_scale, w_sum, bias, y, 4, acc);
        else
            nn_conv2d_block_dyn(p, x, x_scale[b], x_zero[b], w, w_scale, w_sum, bias, y, p->block, acc);
        x += p->in_h * p->in_w * p->in_c;
        y += p->out_h * p->out_w * p->out_c;
    }
}
#endif
