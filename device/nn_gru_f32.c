// Gated recurrent unit (Cho et al. 2014; reset_after: as cuDNN and Keras 2) of floats; contract in nn.h.
#ifndef NN_GRU_F32_C
#define NN_GRU_F32_C
#include "nn_recurrent_f32.h"

// z and r of every unit; without reset_after r * h takes r's place.
NN_INLINE void nn_gru_gates_f32(const nn_recurrent *p, const float *x, const float *h, const float *w,
                                const float *bias, float *z, float *r)
{
    for (int32_t u = 0; u < p->units; u += 2, bias += 4, w += 4 * (p->in_c + p->units)) {
        float sum[4];
        nn_sums4_f32(p, sum, bias, x, h, w);
        nn_cell_acts(sum, 4, p->gate_act, sum);
        for (int32_t k = 0; k < 2 && u + k < p->units; k++) {
            z[u + k] = sum[2 * k];
            r[u + k] = p->reset_after ? sum[2 * k + 1] : h ? sum[2 * k + 1] * h[u + k] : 0.0f;
        }
    }
}

NN_API void nn_gru_f32(const nn_recurrent *p, const float *x, const float *w_gate, const float *b_gate,
                       const float *w, const float *b, const float *b_rec, const float *h0, float *h_kept,
                       float *state, float *y)
{
    const int32_t taps = p->in_c + p->units;
    float *z = state, *r = state + p->units;
    const float *h = h_kept ? h_kept : h0;
    for (int32_t t = 0; t < p->steps; t++) {
        const float *in = x + nn_step_at(p, t) * p->in_c, *v = w;
        float *next = nn_step_out(p, t, state + 2 * p->units, y);
        nn_gru_gates_f32(p, in, h, w_gate, b_gate, z, r);
        for (int32_t u = 0; u < p->units; u += 4, v += 4 * taps) {
            float sum[4], rec[4];
            nn_sums4_f32(p, sum, b + u, in, p->reset_after || !h ? NULL : r, v);
            if (p->reset_after) {
                for (int32_t k = 0; k < 4; k++) rec[k] = b_rec[u + k];
                if (h) nn_dot4_f32(rec, h, v + 4 * p->in_c, p->units);
            }
            for (int32_t k = 0; p->reset_after && k < 4 && u + k < p->units; k++)
                sum[k] = NN_MADD(r[u + k], rec[k], sum[k]);
            nn_cell_acts(sum, nn_min(p->units - u, 4), p->act, sum);
            for (int32_t k = 0; k < 4 && u + k < p->units; k++) {
                next[u + k] = NN_MADD(z[u + k], (h ? h[u + k] : 0.0f) - sum[k], sum[k]);
            }
        }
        h = next;
    }
    nn_keep_f32(h_kept, h, p->units);
}
#endif
