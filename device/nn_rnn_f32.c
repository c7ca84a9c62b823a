// Simple recurrent layer (Elman 1990) of floats; contract in nn.h.
#ifndef NN_RNN_F32_C
#define NN_RNN_F32_C
#include "nn_recurrent_f32.h"

NN_API void nn_rnn_f32(const nn_recurrent *p, const float *x, const float *w, const float *b, const float *h0,
                       float *h_kept, float *state, float *y)
{
    const float *h = h_kept ? h_kept : h0;
    for (int32_t t = 0; t < p->steps; t++) {
        const float *in = x + nn_step_at(p, t) * p->in_c, *v = w;
        float *next = nn_step_out(p, t, state, y);
        for (int32_t u = 0; u < p->units; u += 4, v += 4 * (p->in_c + p->units)) {
            float sum[4];
            nn_sums4_f32(p, sum, b + u, in, h, v);
            nn_cell_acts(sum, nn_min(p->units - u, 4), p->act, next + u);
        }
        h = next;
    }
    nn_keep_f32(h_kept, h, p->units);
}
#endif
