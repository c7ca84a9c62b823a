// Long short-term memory (Hochreiter and Schmidhuber 1997, with Gers' forget gate) of floats; contract in
// nn.h.
#ifndef NN_LSTM_F32_C
#define NN_LSTM_F32_C
#include "nn_recurrent_f32.h"

#if NN_ACTIVATE_ARRAYS
enum { NN_LSTM_UNITS = 8 }; // at a time, so that activations come in rows
typedef struct nn_lstm_gates_f32 {
    float i[NN_LSTM_UNITS], f[NN_LSTM_UNITS], g[NN_LSTM_UNITS], o[NN_LSTM_UNITS];
} nn_lstm_gates_f32;

NN_INLINE void nn_lstm_gate_put(nn_lstm_gates_f32 *s, int32_t k, const float *sum)
{
    s->i[k] = sum[0];
    s->f[k] = sum[1];
    s->g[k] = sum[2];
    s->o[k] = sum[3];
}

// The sums of n units.
NN_INLINE void nn_lstm_sums_f32(const nn_recurrent *p, nn_lstm_gates_f32 *s, int32_t n, const float *bias,
                                const float *x, const float *h, const float *w)
{
    const int32_t next = 4 * (p->in_c + p->units);
    float sum[8];
    int32_t k = 0;
#if NN_BLOCKS_F32 == 2
    for (; k + 2 <= n; k += 2, bias += 8, w += 2 * next) {
        for (int32_t i = 0; i < 8; i++) sum[i] = bias[i];
        nn_dot4x2_f32(sum, x, w, next, p->in_c);
        if (h) nn_dot4x2_f32(sum, h, w + 4 * p->in_c, next, p->units);
        nn_lstm_gate_put(s, k, sum);
        nn_lstm_gate_put(s, k + 1, sum + 4);
    }
#endif
    for (; k < n; k++, bias += 4, w += next) {
        nn_sums4_f32(p, sum, bias, x, h, w);
        nn_lstm_gate_put(s, k, sum);
    }
}

// One step: c and, into next, h of all units.
NN_INLINE void nn_lstm_step_f32(const nn_recurrent *p, const float *x, const float *h, const float *w,
                                const float *bias, float *c, float *next)
{
    for (int32_t u = 0; u < p->units; u += NN_LSTM_UNITS) {
        const int32_t n = nn_min(p->units - u, NN_LSTM_UNITS);
        nn_lstm_gates_f32 s;
        nn_lstm_sums_f32(p, &s, n, bias + 4 * u, x, h, w + 4 * (p->in_c + p->units) * u);
        nn_cell_acts(s.i, n, p->gate_act, s.i);
        nn_cell_acts(s.f, n, p->gate_act, s.f);
        nn_cell_acts(s.g, n, p->act, s.g);
        nn_cell_acts(s.o, n, p->gate_act, s.o);
        for (int32_t k = 0; k < n; k++)
            c[u + k] = nn_cell_clip(p, NN_MADD(s.f[k], c[u + k], s.i[k] * s.g[k]));
        nn_cell_acts(c + u, n, p->act, s.g);
        for (int32_t k = 0; k < n; k++) next[u + k] = s.o[k] * s.g[k];
    }
}
#else
NN_INLINE void nn_lstm_step_f32(const nn_recurrent *p, const float *x, const float *h, const float *w,
                                const float *bias, float *c, float *next)
{
    for (int32_t u = 0; u < p->units; u++, bias += 4, w += 4 * (p->in_c + p->units)) {
        float sum[4];
        nn_sums4_f32(p, sum, bias, x, h, w);
        const float i = nn_cell_act(sum[0], p->gate_act), f = nn_cell_act(sum[1], p->gate_act);
        const float g = nn_cell_act(sum[2], p->act), o = nn_cell_act(sum[3], p->gate_act);
        c[u] = nn_cell_clip(p, NN_MADD(f, c[u], i * g));
        next[u] = o * nn_cell_act(c[u], p->act);
    }
}
#endif

NN_API void nn_lstm_f32(const nn_recurrent *p, const float *x, const float *w, const float *bias,
                        const float *h0, const float *c0, float *h_kept, float *c_kept, float *state,
                        float *y)
{
    float *c = state;
    const float *h = h_kept ? h_kept : h0, *c_first = c_kept ? c_kept : c0;
    for (int32_t u = 0; u < p->units; u++) c[u] = c_first ? c_first[u] : 0.0f;
    for (int32_t t = 0; t < p->steps; t++) {
        const float *in = x + nn_step_at(p, t) * p->in_c;
        float *next = nn_step_out(p, t, state + p->units, y);
        nn_lstm_step_f32(p, in, h, w, bias, c, next);
        h = next;
    }
    nn_keep_f32(h_kept, h, p->units);
    nn_keep_f32(c_kept, c, p->units);
}
#endif
