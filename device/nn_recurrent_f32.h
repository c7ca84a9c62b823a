// What the recurrent float kernels share.
#ifndef NN_RECURRENT_F32_H
#define NN_RECURRENT_F32_H
#include "nn_activate_f32.h"
#include "nn_dot_f32.h"

NN_INLINE float nn_cell_act(float v, int32_t act)
{
    if (act == NN_CELL_TANH) return nn_tanh(v);
    if (act == NN_CELL_LOGISTIC) return nn_logistic(v);
    if (act == NN_CELL_RELU) return v > 0.0f ? v : 0.0f;
    if (act == NN_CELL_LINEAR) return v;
    v = NN_MADD(v, act == NN_CELL_HARD_5 ? 0.2f : 1.0f / 6.0f, 0.5f);
    return v < 0.0f ? 0.0f : v > 1.0f ? 1.0f : v;
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

// What a cell may hold.
NN_INLINE float nn_cell_clip(const nn_recurrent *p, float c)
{
    const float most = nn_float(p->clip_bits);
    if (p->clip_bits == 0) return c;
    return c > most ? most : c < -most ? -most : c;
}

// Which input a step reads.
NN_INLINE int32_t nn_step_at(const nn_recurrent *p, int32_t t)
{
    return p->backwards ? p->steps - 1 - t : t;
}

// Where a step writes its h: its place in the sequence; else y and `other` in turn, the last one into y.
NN_INLINE float *nn_step_out(const nn_recurrent *p, int32_t t, float *other, float *y)
{
    if (p->sequences) return y + nn_step_at(p, t) * p->units;
    return (p->steps - t) & 1 ? y : other;
}

// A layer that keeps its state goes on from `last` (n) the next time; kept NULL: it does not.
NN_INLINE void nn_keep_f32(float *kept, const float *last, int32_t n)
{
    for (int32_t i = 0; kept && i < n; i++) kept[i] = last[i];
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
