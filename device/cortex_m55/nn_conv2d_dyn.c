// Convolution with int8 weights of activations quantised on the fly, on Helium; contract in nn.h. scratch:
// nn_conv2d_mve_scratch(p) bytes.
#ifndef NN_CONV2D_DYN_C
#define NN_CONV2D_DYN_C
#include "nn_conv2d_mve.h"
#include "nn_mve_float.h"

NN_API void nn_conv2d_dyn(const nn_conv2d *p, const int8_t *x, const float *x_scale, const int32_t *x_zero,
                          const int8_t *w, const float *w_scale, const int32_t *w_sum, const float *bias,
                          float *y, int16_t *scratch)
{
    int8_t *const window = (int8_t *)(void *)scratch;
    int32_t *const acc = (int32_t *)(void *)(window + 2 * nn_mve_window_bytes(p));
    const int32_t out_c = p->out_c;
    int32_t first, last;
    nn_conv2d_inside(p, &first, &last);
    for (int32_t b = 0; b < p->batch; b++, x += p->in_h * p->in_w * p->in_c)
        for (int32_t oy = 0; oy < p->out_h; oy++)
            for (int32_t ox = 0; ox < p->out_w; ox += 2) {
                const int32_t n = nn_min(2, p->out_w - ox);
                nn_mve_pair(p, x, x_zero[b], w, oy, ox, n, first, last, window, acc);
                nn_mve_put2_dyn(acc, w_scale, w_sum, bias, x_scale[b], x_zero[b], p->act, y,
                                n > 1 ? y + out_c : y, out_c);
                y += n * out_c;
            }
}
#endif
