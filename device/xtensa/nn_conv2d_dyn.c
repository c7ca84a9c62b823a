// Convolution with int8 weights of activations quantised on the fly, on MAC16; contract in nn.h.
// scratch: nn_conv2d_widened(p, 1) bytes.
#ifndef NN_CONV2D_DYN_C
#define NN_CONV2D_DYN_C
#include "nn_conv2d_mac16.h"

NN_API void nn_conv2d_dyn(const nn_conv2d *p, const int8_t *x, const float *x_scale, const int32_t *x_zero,
                          const int8_t *w, const float *w_scale, const int32_t *w_sum, const float *bias,
                          float *y, int16_t *scratch)
{
    const nn_mac16_shape s = nn_mac16_shape_of(p);
    const int32_t act = p->act, out_c = p->out_c;
    int16_t *const ww = scratch + nn_widen_input(p);
    for (int32_t b = 0; b < p->batch; b++) {
        const float xs = x_scale[b];
        nn_conv2d_widen_input(p, x, x_zero[b], scratch);
        for (int32_t o = 0; o < out_c; o++) {
            const int32_t start = -x_zero[b] * w_sum[o];
            const float ws = w_scale[o], add = bias[o];
            float *out = y + o;
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
                    *out = nn_act(NN_MADD((float)acc * ws, xs, add), act);
                    out += out_c;
                } while (--n);
            }
        }
        x += p->in_h * p->in_w * p->in_c;
        y += p->out_h * p->out_w * p->out_c;
    }
}
#endif
