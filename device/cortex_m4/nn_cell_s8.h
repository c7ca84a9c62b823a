// What the integer recurrent kernels do with their gates, two units at a time on cores with the DSP extension; as
// device/nn_cell_s8.h. Arrays in scratch are filled up to whole pairs.
#ifndef NN_CELL_S8_H
#define NN_CELL_S8_H
#include "../nn_math16.h"
#include "nn_pair_s8.h"

#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__)
#define NN_CELL_PAIRS 1
#define NN_BOTH(v) ((v)*0x10001)
#define NN_DSP(op, to, a, b) __asm__(op " %0, %1, %2" : "=r"(to) : "r"(a), "r"(b))
#else
#define NN_CELL_PAIRS 0
#endif

// round(v / 2^8), saturated: Q0.15 as int8 of scale 1/128.
NN_INLINE int8_t nn_h_s8(int32_t v)
{
    return (int8_t)nn_min((v + 128) >> 8, 127);
}

// LSTM: c = f * c + i * g.
NN_INLINE void nn_lstm_states_s8(const nn_recurrent_integer *p, const int16_t *i, const int16_t *f,
                                 const int16_t *g, int16_t *c)
{
#if NN_CELL_PAIRS
    // what saturates at +-clip: moved there, to the ends of 16 bits, and back
    const int32_t high = p->cell_clip ? NN_BOTH(32767 - p->cell_clip) : 0,
                  low = p->cell_clip ? NN_BOTH(32767 - p->cell_clip) + 0x10001 : 0;
    for (int32_t u = 0; u < p->units; u += 2) {
        int32_t f2, c2, i2, g2, v[4];
        memcpy(&f2, f + u, sizeof f2);
        memcpy(&c2, c + u, sizeof c2);
        memcpy(&i2, i + u, sizeof i2);
        memcpy(&g2, g + u, sizeof g2);
        NN_DSP("smulbb", v[0], f2, c2);
        NN_DSP("smultt", v[1], f2, c2);
        NN_DSP("smulbb", v[2], i2, g2);
        NN_DSP("smultt", v[3], i2, g2);
        for (int32_t k = 0; k < 2; k++)
            v[k] = nn_clamp16(nn_halve16(v[k], 15) + nn_halve16(v[2 + k], p->cell_shift));
        __asm__("pkhbt %0, %1, %2, lsl #16" : "=r"(c2) : "r"(v[0]), "r"(v[1]));
        if (high) {
            NN_DSP("qadd16", c2, c2, high);
            NN_DSP("qsub16", c2, c2, high);
        }
        if (low) {
            NN_DSP("qsub16", c2, c2, low);
            NN_DSP("qadd16", c2, c2, low);
        }
        memcpy(c + u, &c2, sizeof c2);
    }
#else
    for (int32_t u = 0; u < p->units; u++) {
        int32_t v = nn_clamp16(nn_halve16(f[u] * c[u], 15) + nn_halve16(i[u] * g[u], p->cell_shift));
        if (p->cell_clip) v = nn_clamp(v, -p->cell_clip, p->cell_clip);
        c[u] = (int16_t)v;
    }
#endif
}

// h = o * t, t = tanh(c).
NN_INLINE void nn_lstm_outputs_s8(const nn_recurrent_integer *p, const int16_t *o, const int16_t *t,
                                  int8_t *h)
{
#if NN_CELL_PAIRS
    const int32_t right = -p->y_shift;
    if (right > 0 && right < 24) {
        const int32_t start = (1 << (right - 1)) + p->y_zero * (1 << right), mult = p->y_mult;
        for (int32_t u = 0; u < p->units; u += 2) {
            int32_t o2, t2, v[2];
            memcpy(&o2, o + u, sizeof o2);
            memcpy(&t2, t + u, sizeof t2);
            NN_DSP("smulbb", v[0], o2, t2);
            NN_DSP("smultt", v[1], o2, t2);
            for (int32_t k = 0; k < 2; k++) { // half away from zero, the sign is the product's
                int32_t q;
                __asm__("smmlar %0, %1, %2, %3" : "=r"(q) : "r"(2 * v[k]), "r"(mult), "r"(start));
                v[k] = nn_saturate_s8((q + (v[k] >> 31)) >> right);
            }
            h[u] = (int8_t)v[0];
            if (u + 1 < p->units) h[u + 1] = (int8_t)v[1];
        }
        return;
    }
#endif
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
