// What the integer recurrent kernels do with their gates, eight units at a time on Helium; as device/nn_cell_s8.h. Of
// scratch the vectors behind the last unit are read, nothing is written there: a tail predicate of halfwords holds for
// 32-bit lanes in pairs only, so the loops either count whole fours or predicate their stores.
#ifndef NN_CELL_S8_H
#define NN_CELL_S8_H
#include "../nn_math16.h"
#include "nn_mve.h"

// round(v / 2^8), saturated: Q0.15 as int8 of scale 1/128.
NN_INLINE int8_t nn_h_s8(int32_t v)
{
    return (int8_t)nn_min((v + 128) >> 8, 127);
}

// LSTM: c = f * c + i * g. f and i are not negative; f * c rounds half away from zero as -f * c, negated, where c is
// negative: VQRDMULH rounds half up.
NN_INLINE void nn_lstm_states_s8(const nn_recurrent_integer *p, const int16_t *i, const int16_t *f,
                                 const int16_t *g, int16_t *c)
{
#if NN_MVE
    const int32_t clip = p->cell_clip ? p->cell_clip : 32767;
    const int16x8_t hi = vdupq_n_s16((int16_t)clip),
                    lo = vdupq_n_s16((int16_t)(p->cell_clip ? -clip : -32768));
    __asm__ volatile("dlstp.16 lr, %[n]\n"
                     "1:\n\t"
                     "vldrh.u16 q0, [%[f]], #16\n\t"
                     "vldrh.u16 q1, [%[c]]\n\t"
                     "vpt.s16 lt, q1, zr\n\t"
                     "vnegt.s16 q0, q0\n\t"
                     "vqrdmulh.s16 q0, q0, q1\n\t"
                     "vpt.s16 lt, q1, zr\n\t"
                     "vnegt.s16 q0, q0\n\t"
                     "vldrh.u16 q1, [%[i]], #16\n\t"
                     "vldrh.u16 q3, [%[g]], #16\n\t"
                     "vmullb.s16 q2, q1, q3\n\t"
                     "vmullt.s16 q1, q1, q3\n\t"
                     "vshr.s32 q3, q2, #31\n\t"
                     "vadd.i32 q2, q2, q3\n\t"
                     "vrshl.s32 q2, %[shift]\n\t"
                     "vshr.s32 q3, q1, #31\n\t"
                     "vadd.i32 q1, q1, q3\n\t"
                     "vrshl.s32 q1, %[shift]\n\t"
                     "vmovnt.i32 q2, q1\n\t"
                     "vqadd.s16 q0, q0, q2\n\t"
                     "vmax.s16 q0, q0, %q[lo]\n\t"
                     "vmin.s16 q0, q0, %q[hi]\n\t"
                     "vstrh.16 q0, [%[c]], #16\n\t"
                     "letp lr, 1b"
                     : [f] "+r"(f), [c] "+r"(c), [i] "+r"(i), [g] "+r"(g)
                     : [n] "r"(nn_fours(p->units)), [shift] "r"(-p->cell_shift), [lo] "w"(lo), [hi] "w"(hi)
                     : "lr", "q0", "q1", "q2", "q3", "memory");
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
#if NN_MVE
    if (p->y_shift < 0) {
        int32_t n = p->units;
        __asm__ volatile(
            "dls lr, %[loops]\n"
            "1:\n\t"
            "vctp.16 %[n]\n\t"
            "vldrh.u16 q0, [%[o]], #16\n\t"
            "vldrh.u16 q1, [%[t]], #16\n\t"
            "vmullb.s16 q2, q0, q1\n\t"
            "vmullt.s16 q0, q0, q1\n\t"
            "vqrdmulh.s32 q2, q2, %[mult]\n\t"
            "vqrdmulh.s32 q0, q0, %[mult]\n\t"
            "vshr.s32 q1, q2, #31\n\t"
            "vshr.s32 q3, q0, #31\n\t"
            "vadd.i32 q2, q2, q1\n\t"
            "vadd.i32 q0, q0, q3\n\t"
            "vrshl.s32 q2, %[shift]\n\t"
            "vrshl.s32 q0, %[shift]\n\t"
            "vqmovnb.s32 q2, q2\n\t"
            "vqmovnt.s32 q2, q0\n\t"
            "vqadd.s16 q2, q2, %[zero]\n\t"
            "vqmovnb.s16 q2, q2\n\t"
            "vpst\n\t"
            "vstrbt.16 q2, [%[h]], #8\n\t"
            "subs %[n], #8\n\t"
            "le lr, 1b"
            : [o] "+r"(o), [t] "+r"(t), [h] "+l"(h), [n] "+r"(n)
            : [loops] "r"((n + 7) / 8), [mult] "r"(p->y_mult), [shift] "r"(p->y_shift), [zero] "r"(p->y_zero)
            : "lr", "cc", "q0", "q1", "q2", "q3", "memory");
        return;
    }
#endif
    for (int32_t u = 0; u < p->units; u++)
        h[u] = nn_output_s8(o[u] * t[u], p->y_mult, p->y_shift, p->y_zero, -128, 127);
}

// GRU: n += r * rec, what the recurrent weights make of h.
NN_INLINE void nn_gru_reset_s8(int32_t units, const int16_t *r, const int16_t *rec, int16_t *n)
{
#if NN_MVE
    __asm__ volatile("dlstp.16 lr, %[k]\n"
                     "1:\n\t"
                     "vldrh.u16 q0, [%[r]], #16\n\t"
                     "vldrh.u16 q1, [%[rec]], #16\n\t"
                     "vldrh.u16 q2, [%[n]]\n\t"
                     "vqrdmulh.s16 q0, q0, q1\n\t"
                     "vqadd.s16 q0, q0, q2\n\t"
                     "vstrh.16 q0, [%[n]], #16\n\t"
                     "letp lr, 1b"
                     : [r] "+r"(r), [rec] "+r"(rec), [n] "+r"(n)
                     : [k] "r"(units)
                     : "lr", "q0", "q1", "q2", "memory");
#else
    for (int32_t k = 0; k < units; k++) n[k] = (int16_t)nn_clamp16(n[k] + nn_mul16(r[k], rec[k]));
#endif
}

// h += (1 - z) * (n - h) as n + z * (h - n): z * h - z * n fits 32 bits.
NN_INLINE void nn_gru_states_s8(int32_t units, const int16_t *z, const int16_t *n, int16_t *h, int8_t *y)
{
#if NN_MVE
    const int32_t loops = (units + 7) / 8;
    __asm__ volatile("dls lr, %[loops]\n"
                     "1:\n\t"
                     "vctp.16 %[k]\n\t"
                     "vldrh.u16 q0, [%[z]], #16\n\t"
                     "vldrh.u16 q1, [%[n]], #16\n\t"
                     "vldrh.u16 q2, [%[h]]\n\t"
                     "vmullb.s16 q3, q0, q2\n\t"
                     "vmullb.s16 q4, q0, q1\n\t"
                     "vmullt.s16 q2, q0, q2\n\t"
                     "vmullt.s16 q0, q0, q1\n\t"
                     "vsub.i32 q3, q3, q4\n\t"
                     "vsub.i32 q2, q2, q0\n\t"
                     "vrshr.s32 q3, q3, #15\n\t"
                     "vrshr.s32 q2, q2, #15\n\t"
                     "vmovnt.i32 q3, q2\n\t"
                     "vadd.i16 q1, q1, q3\n\t"
                     "vqrshrnb.s16 q0, q1, #8\n\t"
                     "vpstt\n\t"
                     "vstrht.16 q1, [%[h]], #16\n\t"
                     "vstrbt.16 q0, [%[y]], #8\n\t"
                     "subs %[k], #8\n\t"
                     "le lr, 1b"
                     : [z] "+r"(z), [n] "+r"(n), [h] "+r"(h), [y] "+l"(y), [k] "+r"(units)
                     : [loops] "r"(loops)
                     : "lr", "cc", "q0", "q1", "q2", "q3", "q4", "memory");
#else
    for (int32_t u = 0; u < units; u++) {
        h[u] = (int16_t)(n[u] + nn_mul16(z[u], h[u] - n[u]));
        y[u] = nn_h_s8(h[u]);
    }
#endif
}
#endif
