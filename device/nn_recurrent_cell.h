// What the recurrent kernels with float gates share, whatever their weights.
#ifndef NN_RECURRENT_CELL_H
#define NN_RECURRENT_CELL_H
#include "nn_math.h"

// Activations that are no curves.
NN_INLINE float nn_cell_straight(float v, int32_t act)
{
    if (act == NN_CELL_RELU) return v > 0.0f ? v : 0.0f;
    if (act == NN_CELL_LINEAR) return v;
    v = NN_MADD(v, act == NN_CELL_HARD_5 ? 0.2f : 1.0f / 6.0f, 0.5f);
    return v < 0.0f ? 0.0f : v > 1.0f ? 1.0f : v;
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

// A layer that keeps its state goes on from `last` (n) the next time; kept NULL: it does not.
NN_INLINE void nn_keep_f32(float *kept, const float *last, int32_t n)
{
    for (int32_t i = 0; kept && i < n; i++) kept[i] = last[i];
}
#endif
