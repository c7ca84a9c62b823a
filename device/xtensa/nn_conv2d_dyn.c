// Convolution with int8 weights of activations quantised on the fly, on MAC16; contract in nn.h.
// scratch: as nn_conv2d_s8.c.
#ifndef NN_CONV2D_DYN_C
#define NN_CONV2D_DYN_C
#include "nn_conv2d_mac16.h"
#include "nn_conv2d_toom.h"

// v / 2^bits as a float, one rounding, bits 1 or 3.
NN_INLINE float nn_toom_float(int32_t v, int32_t bits)
{
#ifdef __xtensa__
    float f;
    if (bits == 3)
        __asm__("float.s %0, %1, 3" : "=f"(f) : "r"(v));
    else
        __asm__("float.s %0, %1, 1" : "=f"(f) : "r"(v));
    return f;
#else
    return (float)v * (bits == 3 ? 0.125f : 0.5f);
#endif
}

NN_INLINE void nn_conv2d_toom_dyn(const nn_conv2d *p, const int8_t *x, const float *x_scale,
                                  const int32_t *x_zero, const int8_t *w, const float *w_scale,
                                  const int32_t *w_sum, const float *bias, float *y, int16_t *scratch)
{
    const int32_t act = p->act, out_c = p->out_c;
    const int32_t outputs = nn_toom_outputs(p), tiles = nn_toom_tiles(p), bits = nn_toom_bits(p);
    int16_t *const ww = scratch + nn_toom_input(p);
    int8_t *const edge = (int8_t *)(ww + nn_toom_weights(p));
    for (int32_t b = 0; b < p->batch; b++) {
        const float xs = x_scale[b];
        nn_toom_transform_input(p, x, x_zero[b], edge, scratch);
        for (int32_t o = 0; o < out_c; o++) {
            const uint32_t start = (uint32_t)(-x_zero[b] * w_sum[o]) << bits;
            const float ws = w_scale[o], add = bias[o];
            const int16_t *in = scratch;
            const nn_half *const weights = nn_toom_channel(p, w, o, ww);
            for (int32_t t = 0; t < tiles; t++) {
                uint32_t sum[6] = {0}; // a tile writes `outputs` of them
                float *out = y + nn_toom_at(p, t) * out_c + o;
                nn_toom_tile(p, &in, weights, sum);
#pragma GCC unroll 6
                for (int32_t i = 0; i < outputs; i++)
                    out[i * out_c] =
                        nn_act(NN_MADD(nn_toom_float((int32_t)(sum[i] + start), bits) * ws, xs, add), act);
            }
        }
        x += p->in_w * p->in_c;
        y += p->out_w * p->out_c;
    }
}

NN_API void nn_conv2d_dyn(const nn_conv2d *p, const int8_t *x, const float *x_scale, const int32_t *x_zero,
                          const int8_t *w, const float *w_scale, const int32_t *w_sum, const float *bias,
                          float *y, int16_t *scratch)
{
    if (p->group >= NN_TOOM && p->group <= NN_TOOM_WIDE) {
        nn_conv2d_toom_dyn(p, x, x_scale, x_zero, w, w_scale, w_sum, bias, y, scratch);
        return;
    }
    const nn_mac16_shape s = nn_mac16_shape_of(p);
    const int32_t act = p->act, out_c = p->out_c;
    int16_t *const room = scratch + nn_widen_input(p);
    for (int32_t b = 0; b < p->batch; b++) {
        const float xs = x_scale[b];
        nn_conv2d_widen_input(p, x, x_zero[b], scratch);
        for (int32_t o = 0; o < out_c; o++) {
            const int32_t start = -x_zero[b] * w_sum[o];
            const float ws = w_scale[o], add = bias[o];
            float *out = y + o;
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
