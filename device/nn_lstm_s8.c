// LSTM with int8 input, output and weights, int16 gates and cell, as TensorFlow Lite's integer one; contract
// in nn.h.
#ifndef NN_LSTM_S8_C
#define NN_LSTM_S8_C
#include "nn_recurrent_s8.h"

// c and h of every unit from the four gates.
NN_INLINE void nn_lstm_cell_s8(const nn_recurrent_integer *p, const int16_t *curve, int16_t *s, int16_t *c,
                               int8_t *h)
{
    const int32_t units4 = nn_fours(p->units);
    int16_t *i = s, *f = s + units4, *g = s + 2 * units4, *o = s + 3 * units4;
    nn_lstm_states_s8(p, i, f, g, c);
    nn_gates_tanh(curve, c, p->units, p->cell_bits, i);
    nn_lstm_outputs_s8(p, o, i, h);
}

NN_API void nn_lstm_s8(const nn_recurrent_integer *p, const int8_t *x, const int8_t *w, const int8_t *u,
                       const int32_t *bias, const int32_t *bias_rec, const int32_t *mult,
                       const int32_t *shift, const int16_t *curve, int8_t *h_kept, int16_t *c_kept,
                       int16_t *scratch, int8_t *y)
{
    const int32_t units = p->units, units4 = nn_fours(units);
    int16_t *s = scratch, *c = s + 4 * units4;
    const nn_step_s8 q = nn_step_s8_of(p, 4, 2, w, u, bias, bias_rec, mult, shift, curve, c + units4);
    const int8_t *h = nn_kept_s8(h_kept, p->y_zero, units);
    memset(c, 0, (size_t)units4 * sizeof *c);
    if (c_kept) nn_keep_s16(c, c_kept, units);
    for (int32_t t = 0; t < p->steps; t++) {
        const int32_t at = p->backwards ? p->steps - 1 - t : t;
        int8_t *next = p->sequences ? y + at * units : y;
        nn_gates_step_s8(&q, x + at * p->in_c, h, s);
        nn_lstm_cell_s8(p, curve, s, c, next);
        h = next;
    }
    nn_keep_s8(h_kept, h, p->y_zero, units);
    nn_keep_s16(c_kept, c, units);
}
#endif
