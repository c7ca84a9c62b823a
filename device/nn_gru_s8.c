// GRU with int8 input, output and weights, int16 gates and state; contract in nn.h, arithmetic in docs/recurrent.md.
#ifndef NN_GRU_S8_C
#define NN_GRU_S8_C
#include "nn_recurrent_s8.h"

NN_API void nn_gru_s8(const nn_recurrent_integer *p, const int8_t *x, const int8_t *w, const int8_t *u,
                      const int32_t *bias, const int32_t *bias_rec, const int32_t *mult, const int32_t *shift,
                      const int16_t *curve, int8_t *h_kept, int16_t *c_kept, int16_t *scratch, int8_t *y)
{
    const int32_t units = p->units, units4 = nn_fours(units);
    int16_t *s = scratch, *r = s + units4, *n = s + 2 * units4, *rec = s + 3 * units4, *h = s + 4 * units4;
    const nn_gates_pair m = nn_gates_pair_of(w, u, p->in_c, units, 3, p->pack, p->widen, s + 5 * units4);
    int16_t *const wide_h = m.wide_h;
    const int8_t *before = h_kept; // h as int8
    memset(h, 0, (size_t)units4 * sizeof *h);
    if (c_kept) nn_keep_s16(h, c_kept, units);
    for (int32_t t = 0; t < p->steps; t++) {
        const int32_t at = p->backwards ? p->steps - 1 - t : t;
        const int8_t *in = x + at * p->in_c;
        int8_t *next = p->sequences ? y + at * units : y;
        nn_gates_take(m.wide, in, p->in_c);
        nn_gates_add_s8(&m.x, bias, mult, shift, in, m.wide, 0, units, 0, 3, s);
        if (before) {
            nn_gates_take(wide_h, before, units);
            nn_gates_add_s8(&m.h, NULL, mult + 3, shift + 3, before, wide_h, 1, units, 0, 2, s);
        }
        nn_gates_logistic(curve, s, 2 * units4);
        if (p->reset_after) {
            // U h + b of n: the bias is there in the first step, too
            const nn_gate g = {bias_rec, 2 * units4 / 4, mult[5], shift[5]};
            if (before)
                nn_gate_add_s8(&g, &m.h, before, wide_h, 0, units, rec);
            else
                for (int32_t k = 0; k < units; k++)
                    rec[k] = (int16_t)nn_clamp16(bias_rec ? nn_gate_requantise(bias_rec[k], mult[5], shift[5])
                                                          : 0);
            nn_gru_reset_s8(units, r, rec, n);
        } else if (before) {
            int8_t *rh = (int8_t *)rec;
            for (int32_t k = 0; k < units; k++) rh[k] = nn_h_s8(nn_mul16(r[k], h[k]));
            nn_gates_take(wide_h, rh, units);
            nn_gates_add_s8(&m.h, NULL, mult + 3, shift + 3, rh, wide_h, 1, units, 2, 3, s);
        }
        nn_gates_tanh(curve, n, units, 3, n);
        nn_gru_states_s8(units, s, n, h, next);
        before = next;
    }
    nn_keep_s8(h_kept, before, 0, units);
    nn_keep_s16(c_kept, h, units);
}
#endif
