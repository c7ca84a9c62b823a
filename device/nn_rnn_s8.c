// Simple recurrent layer with tanh, int8 input, output and weights; contract in nn.h, arithmetic in docs/recurrent.md.
#ifndef NN_RNN_S8_C
#define NN_RNN_S8_C
#include "nn_recurrent_s8.h"

NN_API void nn_rnn_s8(const nn_recurrent_integer *p, const int8_t *x, const int8_t *w, const int8_t *u,
                      const int32_t *bias, const int32_t *bias_rec, const int32_t *mult, const int32_t *shift,
                      int8_t *h_kept, int16_t *scratch, int8_t *y)
{
    const int32_t units = p->units, units4 = nn_fours(units);
    int16_t *s = scratch, *wide = s + units4;
    int16_t *rest = wide + (p->widen & NN_WIDEN_X ? nn_recurrent_widened(NN_WIDEN_X, 1, p->in_c, units) : 0);
    const nn_gates mx = nn_gates_of(w, p->in_c, units4, p->pack, p->widen & NN_WIDEN_W, &rest);
    const nn_gates mh = nn_gates_of(u, units, units4, p->pack, p->widen & NN_WIDEN_U, &rest);
    const int8_t *h = h_kept;
    for (int32_t t = 0; t < p->steps; t++) {
        const int32_t at = p->backwards ? p->steps - 1 - t : t;
        const int8_t *in = x + at * p->in_c;
        int8_t *next = p->sequences ? y + at * units : y;
        nn_gates_take(wide, in, p->in_c);
        nn_gates_add_s8(&mx, bias, mult, shift, in, wide, 0, units, 0, 1, s);
        if (h) {
            nn_gates_take(wide, h, units);
            nn_gates_add_s8(&mh, bias_rec, mult + 1, shift + 1, h, wide, 1, units, 0, 1, s);
        }
        nn_tanhs_q15(s, units, 3, s);
        for (int32_t k = 0; k < units; k++) next[k] = nn_h_s8(s[k]);
        h = next;
    }
    nn_keep_s8(h_kept, h, 0, units);
}
#endif
