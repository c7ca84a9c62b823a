// LSTM with int8 weights of inputs and h quantised on the fly; contract in nn.h.
#ifndef NN_LSTM_DYN_C
#define NN_LSTM_DYN_C
#include "nn_cell_dyn.h"

NN_API void nn_lstm_dyn(const nn_recurrent *p, const int8_t *x, const float *x_scale, const int8_t *w,
                        const int8_t *u, const float *w_scale, const float *bias, const float *h0,
                        const float *c0, float *h_kept, float *c_kept, float *scratch, float *y)
{
    const int32_t units = p->units, units4 = nn_fours(units);
    float *s = scratch, *c = s + 4 * units4;
    const nn_dyn d = nn_dyn_of(p, 4, w, u, w_scale, c + units4);
    const float *h = h_kept ? h_kept : h0, *c_first = c_kept ? c_kept : c0;
    for (int32_t k = 0; k < units; k++) c[k] = c_first ? c_first[k] : 0.0f;
    for (int32_t t = 0; t < p->steps; t++) {
        const int32_t at = nn_step_at(p, t);
        float *next = p->sequences ? y + at * units : y;
        nn_dyn_step(p, &d, 4, w_scale, x + at * p->in_c, x_scale[at], h, bias, s);
        nn_lstm_cells_dyn(p, s, c, next);
        h = next;
    }
    nn_keep_f32(h_kept, h, units);
    nn_keep_f32(c_kept, c, units);
}
#endif
