// Simple recurrent layer with int8 weights of inputs and h quantised on the fly; contract in nn.h.
#ifndef NN_RNN_DYN_C
#define NN_RNN_DYN_C
#include "nn_recurrent_dyn.h"

NN_API void nn_rnn_dyn(const nn_recurrent *p, const int8_t *x, const float *x_scale, const int8_t *w,
                       const int8_t *u, const float *w_scale, const float *bias, const float *h0,
                       float *h_kept, float *scratch, float *y)
{
    const int32_t units = p->units;
    float *s = scratch;
    const nn_dyn d = nn_dyn_of(p, 1, w, u, w_scale, s + nn_fours(units));
    const float *h = h_kept ? h_kept : h0;
    for (int32_t t = 0; t < p->steps; t++) {
        const int32_t at = nn_step_at(p, t);
        float *next = p->sequences ? y + at * units : y;
        nn_dyn_step(p, &d, 1, w_scale, x + at * p->in_c, x_scale[at], h, bias, s);
#if NN_ACTIVATE_ARRAYS_DYN
        memcpy(next, s, (size_t)units * sizeof *s);
#else
        nn_cell_acts_dyn(s, units, p->act, next);
#endif
        h = next;
    }
    nn_keep_f32(h_kept, h, units);
}
#endif
