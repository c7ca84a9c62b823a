// Convolution of int8 on MAC16; contract in nn.h. scratch: nn_conv2d_widened(p, 1) bytes.
#ifndef NN_CONV2D_S8_C
#define NN_CONV2D_S8_C
#include "nn_conv2d_mac16.h"
#include "nn_scale_f32.h"

NN_API void nn_conv2d_s8(const nn_conv2d *p, const int8_t *x, const int8_t *w, const int32_t *bias,
                         const int32_t *mult, const int32_t *shift, int8_t *y, int16_t *scratch)
{
    const nn_mac16_shape s = nn_mac16_shape_of(p);
    const int32_t zero = p->y_zero, min = p->min, max = p->max, out_c = p->out_c;
    int16_t *const ww = scratch + nn_widen_input(p);
    for (int32_t b = 0; b < p->batch; b++) {
        nn_conv2d_widen_input(p, x, p->x_zero, scratch);
        for (int32_t o = 0; o < out_c; o++) {
            const nn_scale f = nn_scale_of(mult[o], shift[o], zero);
            const int32_t start = bias[o];
            int8_t *out = y + o;
            nn_conv2d_widen_weights(p, nn_block_weights(w, o, s.taps, p->block), p->block, ww);
            for (int32_t oy = 0; oy < p->out_h; oy++) {
                const int16_t *in = scratch + oy * s.next_row - 2;
                int32_t n = p->out_w;
                do {
                    int32_t acc;
                    if (s.runs == 1)
                        acc = nn_mac16_next(start, &in, 2 * s.next, ww - 2, s.run / 4, s.run % 4 / 2);
                    else {
                        acc = nn_mac16_runs(p, &s, start, in + 2, ww);
                        in += s.next;
                    }
                    *out = nn_scale_s8(&f, acc, zero, min, max);
                    out += out_c;
                } while (--n);
            }
        }
        x += p->in_h * p->in_w * p->in_c;
        y += p->out_h * p->out_w * p->out_c;
    }
}
#endif
