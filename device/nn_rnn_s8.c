// Simple recurrent layer with tanh, int8 input, output and weights; contract in nn.h, arithmetic in docs/recurrent.md.
#ifndef NN_RNN_S8_C
#define NN_RNN_S8_C
#include "nn_recurrent_s8.h"

NN_API void nn_rnn_s8(const nn_recurrent_integer *p, const int8_t *x, const int8_t *w, const int8_t *u,
                      const int32_t *bias, const int32_t *bias_rec, const int32_t *mult, const int32_t *shift,
                      const int16_t *curve, int8_t *h_kept, int16_t *scratch, int8_t *y)
{
    const int32_t units = p->units;
    int16_t *s = scratch;
    const nn_step_s8 q =
        nn_step_s8_of(p, 1, 0, w, u, bias, bias_rec, mult, shift, curve, s + nn_fours(units));
    const int8_t *h = h_kept;
    for (int32_t t = 0; t < p->steps; t++) {
        const int32_t at = p->backwards ? p->steps - 1 - t : t;
        int8_t *next = p->sequences ? y + at * units : y;
        nn_gates_step_s8(&q, x + at * p->in_c, h, s);
        for (int32_t k = 0; k < units; k++) next[k] = nn_h_s8(s[k]);
        h = next;
    }
    nn_keep_s8(h_kept, h, 0, units);
}
#endif
