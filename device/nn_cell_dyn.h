// What the dynamic recurrent kernels make of their gates.
#ifndef NN_CELL_DYN_H
#define NN_CELL_DYN_H
#include "nn_recurrent_dyn.h"

// LSTM: c and h of all units from what nn_dyn_step leaves of their gates, which go.
NN_INLINE void nn_lstm_cells_dyn(const nn_recurrent *p, float *s, float *c, float *h)
{
    const int32_t units = p->units, units4 = nn_fours(units);
#if NN_ACTIVATE_ARRAYS_DYN
    for (int32_t k = 0; k < units; k++)
        c[k] = nn_cell_clip(p, NN_MADD(s[units4 + k], c[k], s[k] * s[2 * units4 + k]));
    nn_cell_acts_dyn(c, units, p->act, s);
    for (int32_t k = 0; k < units; k++) h[k] = s[3 * units4 + k] * s[k];
#else
    for (int32_t k = 0; k < units; k++) {
        const float i = nn_cell_act_dyn(s[k], p->gate_act), f = nn_cell_act_dyn(s[units4 + k], p->gate_act);
        const float g = nn_cell_act_dyn(s[2 * units4 + k], p->act),
                    o = nn_cell_act_dyn(s[3 * units4 + k], p->gate_act);
        c[k] = nn_cell_clip(p, NN_MADD(f, c[k], i * g));
        h[k] = o * nn_cell_act_dyn(c[k], p->act);
    }
#endif
}

// GRU: the next h from z, r, the sums of n and, behind them, h's part of n.
NN_INLINE void nn_gru_cells_dyn(const nn_recurrent *p, float *s, const float *h, float *next)
{
    const int32_t units = p->units, units4 = nn_fours(units);
    const float *r = s + units4, *rec = s + 3 * units4;
    float *n = s + 2 * units4;
    for (int32_t k = 0; p->reset_after && k < units; k++) n[k] = NN_MADD(r[k], rec[k], n[k]);
    nn_cell_acts_dyn(n, units, p->act, n);
    for (int32_t k = 0; k < units; k++) next[k] = NN_MADD(s[k], (h ? h[k] : 0.0f) - n[k], n[k]);
}
#endif
