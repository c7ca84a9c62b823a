// What the integer recurrent kernels do with their gates, unit by unit. The folders of chips have faster ones.
#ifndef NN_CELL_S8_H
#define NN_CELL_S8_H
#include "nn_math16.h"

// round(v / 2^8), saturated: Q0.15 as int8 of scale 1/128.
NN_INLINE int8_t nn_h_s8(int32_t v)
{
    return (int8_t)nn_min((v + 128) >> 8, 127);
}

// LSTM: c = f * c + i * g.
NN_INLINE void nn_lstm_states_s8(const nn_recurrent_integer *p, const int16_t *i, const int16_t *f,
                                 const int16_t *g, int16_t *c)
{
    for (int32_t u = 0; u < p->units; u++) {
        int32_t v = nn_clamp16(nn_halve16(f[u] * c[u], 15) + nn_halve16(i[u] * g[u], p->cell_shift));
        if (p->cell_clip) v = nn_clamp(v, -p->cell_clip, p->cell_clip);
        c[u] = (int16_t)v;
    }
}

// h = o * t, t = tanh(c).
NN_INLINE void nn_lstm_outputs_s8(const nn_recurrent_integer *p, const int16_t *o, const int16_t *t,
                                  int8_t *h)
{
    for (int32_t u = 0; u < p->units; u++)
        h[u] = nn_output_s8(o[u] * t[u], p->y_mult, p->y_shift, p->y_zero, -128, 127);
}

// GRU: n += r * rec, what the recurrent weights make of h.
NN_INLINE void nn_gru_reset_s8(int32_t units, const int16_t *r, const int16_t *rec, int16_t *n)
{
    for (int32_t k = 0; k < units; k++) n[k] = (int16_t)nn_clamp16(n[k] + nn_mul16(r[k], rec[k]));
}

// h += (1 - z) * (n - h) as n + z * (h - n), |h - n| < 2^16.
NN_INLINE void nn_gru_states_s8(int32_t units, const int16_t *z, const int16_t *n, int16_t *h, int8_t *y)
{
    for (int32_t u = 0; u < units; u++) {
        h[u] = (int16_t)(n[u] + nn_mul16(z[u], h[u] - n[u]));
        y[u] = nn_h_s8(h[u]);
    }
}
#endif
