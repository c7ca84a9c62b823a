// What the recurrent float kernels share.
#ifndef NN_RECURRENT_F32_H
#define NN_RECURRENT_F32_H
#include "nn_activate_f32.h"
#include "nn_dot_f32.h"
#include "nn_recurrent_cell.h"

NN_INLINE float nn_cell_act(float v, int32_t act)
{
    if (act == NN_CELL_TANH) return nn_tanh(v);
    if (act == NN_CELL_LOGISTIC) return nn_logistic(v);
    return nn_cell_straight(v, act);
}

// to[i] = act(v[i]), i < n; to may be v.
NN_INLINE void nn_cell_acts(const float *v, int32_t n, int32_t act, float *to)
{
    if (act == NN_CELL_TANH)
        nn_tanhs_f32(v, n, to);
    else if (act == NN_CELL_LOGISTIC)
        nn_logistics_f32(v, n, to);
    else
        for (int32_t i = 0; i < n; i++) to[i] = nn_cell_act(v[i], act);
}

// Where a step writes its h: its place in the sequence; else y and `other` in turn, the last one into y.
NN_INLINE float *nn_step_out(const nn_recurrent *p, int32_t t, float *other, float *y)
{
    if (p->sequences) return y + nn_step_at(p, t) * p->units;
    return (p->steps - t) & 1 ? y : other;
}

// Four sums: bias, inputs, recurrent taps unless h is NULL.
NN_INLINE void nn_sums4_f32(const nn_recurrent *p, float *acc, const float *bias, const float *x,
                            const float *h, const float *w)
{
    for (int32_t i = 0; i < 4; i++) acc[i] = bias[i];
    nn_dot4_f32(acc, x, w, p->in_c);
    if (h) nn_dot4_f32(acc, h, w + 4 * p->in_c, p->units);
}
#endif
