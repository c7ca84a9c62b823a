// GRU with int8 weights of inputs and h quantised on the fly; contract in nn.h.
#ifndef NN_GRU_DYN_C
#define NN_GRU_DYN_C
#include "nn_recurrent_dyn.h"

NN_API void nn_gru_dyn(const nn_recurrent *p, const int8_t *x, const float *x_scale, const int8_t *w,
                       const int8_t *u, const float *w_scale, const float *bias, const float *bias_rec,
                       const float *h0, float *h_kept, float *scratch, float *y)
{
    const int32_t units = p->units, units4 = nn_fours(units);
    float *z = scratch, *r = z + units4, *n = z + 2 * units4, *rec = z + 3 * units4;
    const nn_dyn d = nn_dyn_of(p, 3, w, u, w_scale, rec + units4);
    const float *h = h_kept ? h_kept : h0;
    for (int32_t t = 0; t < p->steps; t++) {
        const int32_t at = nn_step_at(p, t);
        float *next = p->sequences ? y + at * units : y;
        nn_gates_take(d.m.wide, x + at * p->in_c, p->in_c);
        nn_gates_add_dyn(p, &d.m.x, w_scale, x_scale[at], x + at * p->in_c, d.m.wide, 0, 3, bias, z);
        for (int32_t k = 0; k < units; k++) rec[k] = bias_rec ? bias_rec[k] : 0.0f;
        if (h) { // z and r, and the n of reset_after, see the same h
            const float scale = nn_quantize_h(h, d.hq, units);
            if (scale > 0.0f) {
                nn_gates_take(d.m.wide_h, d.hq, units);
                nn_gates_add_dyn(p, &d.m.h, d.h_scale, scale, d.hq, d.m.wide_h, 0, 2, z, z);
                if (p->reset_after)
                    nn_gates_add_dyn(p, &d.m.h, d.h_scale, scale, d.hq, d.m.wide_h, 2, 3, z + units4,
                                     z + units4);
            }
        }
        nn_cell_acts(z, 2 * units4, p->gate_act, z);
        if (p->reset_after) {
            for (int32_t k = 0; k < units; k++) n[k] = NN_MADD(r[k], rec[k], n[k]);
        } else if (h) {
            for (int32_t k = 0; k < units; k++) rec[k] = r[k] * h[k];
            nn_dyn_add_h(p, &d, rec, 2, 3, z, z);
        }
        nn_cell_acts(n, units, p->act, n);
        for (int32_t k = 0; k < units; k++) next[k] = NN_MADD(z[k], (h ? h[k] : 0.0f) - n[k], n[k]);
        h = next;
    }
    nn_keep_f32(h_kept, h, units);
}
#endif
