// LSTM with int8 weights of inputs and h quantised on the fly; contract in nn.h.
#ifndef NN_LSTM_DYN_C
#define NN_LSTM_DYN_C
#include "nn_gates_s8.h"
#include "nn_recurrent_f32.h"

// sum[g] += scale[g] * (x * w)
NN_INLINE void nn_lstm_add_dyn(float *sum, const int8_t *x, const int8_t *w, int32_t n, const float *scale)
{
    int32_t acc[4] = {0, 0, 0, 0};
    nn_dot_gates_s8(acc, x, w, n);
    for (int32_t g = 0; g < 4; g++) sum[g] = NN_MADD((float)acc[g], scale[g], sum[g]);
}

// h (n) as int8, symmetric, as nn_quantize_dynamic does; returns its scale, 0 when all of it is 0.
NN_INLINE float nn_quantize_h(const float *h, int8_t *q, int32_t n)
{
    float range = 0.0f;
    for (int32_t i = 0; i < n; i++) {
        const float v = h[i] < 0.0f ? -h[i] : h[i];
        if (v > range) range = v;
    }
    if (!(range > 0.0f)) return 0.0f;
    const float inverse = 127.0f / range;
    for (int32_t i = 0; i < n; i++) {
        const int8_t v = nn_round_s8(h[i] * inverse, 0);
        q[i] = v < -127 ? -127 : v;
    }
    return range / 127.0f;
}

NN_API void nn_lstm_dyn(const nn_recurrent *p, const int8_t *x, const float *x_scale, const int8_t *w,
                        const float *w_scale, const float *bias, const float *h0, const float *c0,
                        float *state, int8_t *hq, float *y)
{
    float *c = state;
    const float *h = h0;
    for (int32_t u = 0; u < p->units; u++) c[u] = c0 ? c0[u] : 0.0f;
    for (int32_t t = 0; t < p->steps; t++) {
        const int32_t at = nn_step_at(p, t);
        const int8_t *in = x + at * p->in_c, *v = w;
        const float h_scale = h ? nn_quantize_h(h, hq, p->units) : 0.0f, *b = bias;
        float *next = nn_step_out(p, t, state + p->units, y), in_scale[4], rec_scale[4];
        for (int32_t g = 0; g < 4; g++) {
            in_scale[g] = x_scale[at] * w_scale[g];
            rec_scale[g] = h_scale * w_scale[4 + g];
        }
        for (int32_t u = 0; u < p->units; u++, b += 4, v += 4 * (p->in_c + p->units)) {
            float sum[4] = {b[0], b[1], b[2], b[3]};
            nn_lstm_add_dyn(sum, in, v, p->in_c, in_scale);
            if (h_scale > 0.0f) nn_lstm_add_dyn(sum, hq, v + 4 * p->in_c, p->units, rec_scale);
            const float i = nn_cell_act(sum[0], p->gate_act), f = nn_cell_act(sum[1], p->gate_act);
            const float g = nn_cell_act(sum[2], p->act), o = nn_cell_act(sum[3], p->gate_act);
            c[u] = nn_cell_clip(p, NN_MADD(f, c[u], i * g));
            next[u] = o * nn_cell_act(c[u], p->act);
        }
        h = next;
    }
}
#endif
