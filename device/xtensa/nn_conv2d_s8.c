// Convolution of int8 on MAC16; contract in nn.h. scratch: nn_conv2d_widened(p, 1) bytes, with group NN_WIDE_AHEAD
// nn_conv2d_widened(p, 0), with NN_TOOM to NN_TOOM_WIDE nn_toom_scratch(p).
#ifndef NN_CONV2D_S8_C
#define NN_CONV2D_S8_C
#include "nn_conv2d_mac16.h"
#include "nn_conv2d_toom.h"
#include "nn_scale_f32.h"

NN_INLINE void nn_conv2d_toom_s8(const nn_conv2d *p, const int8_t *x, const int8_t *w, const int32_t *bias,
                                 const int32_t *mult, const int32_t *shift, int8_t *y, int16_t *scratch)
{
    const int32_t zero = p->y_zero, min = p->min, max = p->max, out_c = p->out_c;
    const int32_t outputs = nn_toom_outputs(p), tiles = nn_toom_tiles(p), bits = nn_toom_bits(p);
    int16_t *const ww = scratch + nn_toom_input(p);
    int8_t *const edge = (int8_t *)(ww + nn_toom_weights(p));
    for (int32_t b = 0; b < p->batch; b++) {
        nn_toom_transform_input(p, x, p->x_zero, edge, scratch);
        for (int32_t o = 0; o < out_c; o++) {
            const nn_scale f = nn_scale_of(mult[o], shift[o], zero, bits);
            const uint32_t start = (uint32_t)bias[o] << bits;
            const int16_t *in = scratch;
            const nn_half *const weights = nn_toom_channel(p, w, o, ww);
            for (int32_t t = 0; t < tiles; t++) {
                uint32_t sum[6] = {0}; // a tile writes `outputs` of them
                int8_t *out = y + nn_toom_at(p, t) * out_c + o;
                nn_toom_tile(p, &in, weights, sum);
#pragma GCC unroll 6
                for (int32_t i = 0; i < outputs; i++)
                    out[i * out_c] = nn_scale_s8(&f, (int32_t)(sum[i] + start), bits, zero, min, max);
            }
        }
        x += p->in_w * p->in_c;
        y += p->out_w * p->out_c;
    }
}

NN_API void nn_conv2d_s8(const nn_conv2d *p, const int8_t *x, const int8_t *w, const int32_t *bias,
                         const int32_t *mult, const int32_t *shift, int8_t *y, int16_t *scratch)
{
    if (p->group >= NN_TOOM && p->group <= NN_TOOM_WIDE) {
        nn_conv2d_toom_s8(p, x, w, bias, mult, shift, y, scratch);
        return;
    }
    const nn_mac16_shape s = nn_mac16_shape_of(p);
    const int32_t zero = p->y_zero, min = p->min, max = p->max, out_c = p->out_c;
    int16_t *const room = scratch + nn_widen_input(p);
    for (int32_t b = 0; b < p->batch; b++) {
        nn_conv2d_widen_input(p, x, p->x_zero, scratch);
        for (int32_t o = 0; o < out_c; o++) {
            const nn_scale f = nn_scale_of(mult[o], shift[o], zero, 0);
            const int32_t start = bias[o];
            int8_t *out = y + o;
            const int16_t *const ww = nn_mac16_weights(p, &s, w, o, room);
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
                    *out = nn_scale_s8(&f, acc, 0, zero, min, max);
                    out += out_c;
                } while (--n);
            }
        }
        x += p->in_h * p->in_w * p->in_c;
        y += p->out_h * p->out_w * p->out_c;
    }
}
#endif
