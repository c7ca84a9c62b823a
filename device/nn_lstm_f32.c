// Long short-term memory (Hochreiter and Schmidhuber 1997, with Gers' forget gate) of floats; contract in
// nn.h.
#ifndef NN_LSTM_F32_C
#define NN_LSTM_F32_C
#include "nn_recurrent_f32.h"

NN_API void nn_lstm_f32(const nn_recurrent *p, const float *x, const float *w, const float *bias,
                        const float *h0, const float *c0, float *h_kept, float *c_kept, float *state,
                        float *y)
{
    float *c = state;
    const float *h = h_kept ? h_kept : h0, *c_first = c_kept ? c_kept : c0;
    for (int32_t u = 0; u < p->units; u++) c[u] = c_first ? c_first[u] : 0.0f;
    for (int32_t t = 0; t < p->steps; t++) {
        const float *in = x + nn_step_at(p, t) * p->in_c, *v = w, *b = bias;
        float *next = nn_step_out(p, t, state + p->units, y);
        for (int32_t u = 0; u < p->units; u++, b += 4, v += 4 * (p->in_c + p->units)) {
            float sum[4];
            nn_sums4_f32(p, sum, b, in, h, v);
            const float i = nn_cell_act(sum[0], p->gate_act), f = nn_cell_act(sum[1], p->gate_act);
            const float g = nn_cell_act(sum[2], p->act), o = nn_cell_act(sum[3], p->gate_act);
            c[u] = nn_cell_clip(p, NN_MADD(f, c[u], i * g));
            next[u] = o * nn_cell_act(c[u], p->act);
        }
        h = next;
    }
    nn_keep_f32(h_kept, h, p->units);
    nn_keep_f32(c_kept, c, p->units);
}
#endif
