// GRU with int8 weights of inputs and h quantised on the fly; contract in nn.h.
#ifndef NN_GRU_DYN_C
#define NN_GRU_DYN_C
#include "nn_cell_dyn.h"

// The sums of a step in s (z r n, and behind them h's part of n, which holds its bias): z and r activated; without reset_after
// n has the input's sum alone.
NN_INLINE void nn_gru_sums_dyn(const nn_recurrent *p, const nn_dyn *d, const float *w_scale, const int8_t *x,
                               float x_scale, const float *h, const float *bias, float *s)
{
    const int32_t units4 = nn_fours(p->units);
    float scale = 0.0f;
    nn_gates_take(d->m.wide, x, p->in_c);
#ifdef NN_GATES_BOTH
    if (h && nn_dyn_both(d)) scale = nn_dyn_take_h(d, h, p->units);
    if (scale > 0.0f) {
        nn_dyn_both_gates(p, d, 3, 2, w_scale, x_scale, scale, bias, s);
        if (p->reset_after) {
            const nn_gate_by by = nn_dyn_by(p, d, w_scale, x_scale, scale, 2);
            nn_gates_apart_dyn(&d->m.x, d->m.h.n, 2, d->m.wide, p->units, &by, bias + 2 * units4,
                               s + 2 * units4, s + 3 * units4);
        } else {
            nn_gates_add_dyn(p, &d->m.x, w_scale, x_scale, x, d->m.wide, 2, 3, bias, s);
        }
        return;
    }
#endif
    nn_gates_add_dyn(p, &d->m.x, w_scale, x_scale, x, d->m.wide, 0, 3, bias, s);
    if (h) scale = nn_dyn_take_h(d, h, p->units);
    if (scale > 0.0f) {
        nn_gates_add_dyn(p, &d->m.h, d->h_scale, scale, d->hq, d->m.wide_h, 0, 2, s, s);
        if (p->reset_after)
            nn_gates_add_dyn(p, &d->m.h, d->h_scale, scale, d->hq, d->m.wide_h, 2, 3, s + units4, s + units4);
    }
    nn_cell_acts_dyn(s, 2 * units4, p->gate_act, s);
}

NN_API void nn_gru_dyn(const nn_recurrent *p, const int8_t *x, const float *x_scale, const int8_t *w,
                       const int8_t *u, const float *w_scale, const float *bias, const float *bias_rec,
                       const float *h0, float *h_kept, float *scratch, float *y)
{
    const int32_t units = p->units, units4 = nn_fours(units);
    float *s = scratch, *r = s + units4, *rec = s + 3 * units4;
    const nn_dyn d = nn_dyn_of(p, 3, w, u, w_scale, rec + units4);
    const float *h = h_kept ? h_kept : h0;
    for (int32_t t = 0; t < p->steps; t++) {
        const int32_t at = nn_step_at(p, t);
        float *next = p->sequences ? y + at * units : y;
        for (int32_t k = 0; k < units; k++) rec[k] = bias_rec ? bias_rec[k] : 0.0f;
        nn_gru_sums_dyn(p, &d, w_scale, x + at * p->in_c, x_scale[at], h, bias, s);
        if (!p->reset_after && h) {
            for (int32_t k = 0; k < units; k++) rec[k] = r[k] * h[k];
            nn_dyn_add_h(p, &d, rec, 2, 3, s, s);
        }
        nn_gru_cells_dyn(p, s, h, next);
        h = next;
    }
    nn_keep_f32(h_kept, h, units);
}
#endif
