// What the integer recurrent kernels do with their gates, unit by unit, as ../nn_cell_s8.h: saturated by CLAMPS, and
// without a 32-bit product where h has the scale 1/128.
#ifndef NN_CELL_S8_H
#define NN_CELL_S8_H
#include "../nn_math16.h"

NN_INLINE int32_t nn_cell_clamps(int32_t v, int32_t bits)
{
#ifdef __xtensa__
    if (bits == 15)
        __asm__("clamps %0, %0, 15" : "+r"(v));
    else
        __asm__("clamps %0, %0, 7" : "+r"(v));
    return v;
#else
    return nn_clamp(v, -1 - ((1 << bits) - 1), (1 << bits) - 1);
#endif
}

// round(v / 2^8), saturated: Q0.15 as int8 of scale 1/128.
NN_INLINE int8_t nn_h_s8(int32_t v)
{
    return (int8_t)nn_cell_clamps((v + 128) >> 8, 7);
}

// LSTM: c = f * c + i * g.
NN_INLINE void nn_lstm_states_s8(const nn_recurrent_integer *p, const int16_t *i, const int16_t *f,
                                 const int16_t *g, int16_t *c)
{
    int32_t half = 1 << (p->cell_shift - 1);
#ifdef __xtensa__
    __asm__("" : "+r"(half)); // a register's, not a constant to be loaded anew
#endif
    for (int32_t u = 0; u < p->units; u++) {
        const int32_t a = i[u] * g[u];
        int32_t v = nn_halve16(f[u] * c[u], 15) + ((a + (a >> 31) + half) >> p->cell_shift);
        v = nn_cell_clamps(v, 15);
        if (p->cell_clip) v = nn_clamp(v, -p->cell_clip, p->cell_clip);
        c[u] = (int16_t)v;
    }
}

// h = o * t, t = tanh(c). A factor of 2^30 halves the product, rounding up.
NN_INLINE void nn_lstm_outputs_s8(const nn_recurrent_integer *p, const int16_t *o, const int16_t *t,
                                  int8_t *h)
{
    const int32_t right = -p->y_shift;
    if (p->y_mult != 1 << 30 || right < 1) {
        for (int32_t u = 0; u < p->units; u++)
            h[u] = nn_output_s8(o[u] * t[u], p->y_mult, p->y_shift, p->y_zero, -128, 127);
        return;
    }
    int32_t half = 1 << (right - 1);
#ifdef __xtensa__
    __asm__("" : "+r"(half));
#endif
    for (int32_t u = 0; u < p->units; u++) {
        const int32_t v = (o[u] * t[u] + 1) >> 1;
        h[u] = (int8_t)nn_cell_clamps(((v + (v >> 31) + half) >> right) + p->y_zero, 7);
    }
}

// GRU: n += r * rec, what the recurrent weights make of h.
NN_INLINE void nn_gru_reset_s8(int32_t units, const int16_t *r, const int16_t *rec, int16_t *n)
{
    for (int32_t k = 0; k < units; k++) n[k] = (int16_t)nn_cell_clamps(n[k] + nn_mul16(r[k], rec[k]), 15);
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
