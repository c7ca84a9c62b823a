// Convolution, int8, two taps an instruction; contract in nn.h.
#ifndef NN_CONV2D_S8_C
#define NN_CONV2D_S8_C
#include "nn_pair_s8.h"

// Channels from o on at n positions.
NN_INLINE void nn_conv2d_rest_s8(const nn_conv2d *p, const int16_t *patch, const int8_t *w,
                                 const int32_t *bias, const int32_t *mult, const int32_t *shift, int8_t *y,
                                 int32_t o, int32_t n)
{
    const int32_t taps = p->k_h * p->k_w * p->in_c;
    for (; o < p->out_c; o += 2) {
        int32_t acc[2 * NN_PATCH];
#pragma GCC unroll 6
        for (int32_t i = 0; i < 2 * NN_PATCH; i++) acc[i] = bias[o + i / NN_PATCH];
        nn_pair_conv2d(taps, p->group, acc, patch, w, o);
        for (int32_t i = 0; i < 2 && o + i < p->out_c; i++)
            for (int32_t t = 0; t < n; t++)
                y[t * p->out_c + o + i] =
                    nn_output_s8(acc[i * NN_PATCH + t], mult[o + i], shift[o + i], p->y_zero, p->min, p->max);
    }
}

NN_API void nn_conv2d_s8(const nn_conv2d *p, const int8_t *x, const int8_t *w, const int32_t *bias,
                         const int32_t *mult, const int32_t *shift, int8_t *y, int16_t *scratch)
{
    const int32_t pairs = (p->k_h * p->k_w * p->in_c + 1) / 2, count = p->out_h * p->out_w, out_c = p->out_c;
    const int32_t plain = nn_pair_plain_outputs(shift, out_c, p->min, p->max) && out_c > 1 && p->group == 2;
    for (int32_t b = 0; b < p->batch; b++, x += p->in_h * p->in_w * p->in_c) {
        int32_t oy = 0, ox = 0;
        for (int32_t at = 0; at < count; at += NN_PATCH) {
            int32_t n = nn_min(NN_PATCH, count - at), o = 0;
            if (plain && n < NN_PATCH && at > 0) { // the last positions with some once more
                y -= (NN_PATCH - n) * out_c;
                oy = (count - NN_PATCH) / p->out_w;
                ox = (count - NN_PATCH) % p->out_w;
                n = NN_PATCH;
            }
            nn_patch_next(p, scratch, n, x, p->x_zero, &oy, &ox);
            if (plain && n == NN_PATCH) {
                o = out_c & ~1;
                nn_pair_job job = {scratch,           w,    0, bias, NULL, mult, shift, y, out_c,
                                   2 * p->y_zero + 1, y + o};
                nn_pair_blocks(&job, pairs);
            }
            nn_conv2d_rest_s8(p, scratch, w, bias, mult, shift, y, o, n);
            y += n * out_c;
        }
    }
}
#endif
