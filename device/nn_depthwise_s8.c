// Depthwise convolution of int8; contract in nn.h.
#ifndef NN_DEPTHWISE_S8_C
#define NN_DEPTHWISE_S8_C
#include "nn_depthwise_sum_s8.h"

NN_API void nn_depthwise_s8(const nn_depthwise *p, const int8_t *x, const int8_t *w, const int32_t *bias,
                            const int32_t *mult, const int32_t *shift, int8_t *y)
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
                    for (int32_t m = 0; m < p->mul; m++, o++) {
                        const int32_t acc =
                            nn_depthwise_sum_s8(p, x + c, w + o, p->x_zero, ky0, ky1, kx0, kx1, iy, ix);
                        *y++ = nn_output_s8(acc + bias[o], mult[o], shift[o], p->y_zero, p->min, p->max);
                    }
            }
}
#endif
