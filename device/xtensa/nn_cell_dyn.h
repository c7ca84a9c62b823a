// What the dynamic recurrent kernels make of their gates, on an FPU of the LX cores, as ../nn_cell_dyn.h.
#ifndef NN_CELL_DYN_H
#define NN_CELL_DYN_H
#include "../nn_recurrent_dyn.h"

NN_INLINE void nn_lstm_cells_dyn(const nn_recurrent *p, float *s, float *c, float *h)
{
    const int32_t units = p->units, units4 = nn_fours(units);
#ifdef __xtensa__
    if (p->act == NN_CELL_TANH && p->clip_bits == 0) {
        const float *mid = nn_curve_tanh_dyn + NN_CURVE_PIECES / 2;
        const float *f = s + units4, *g = f + units4, *out = g + units4;
        float r, a, b, k;
        int32_t i, at = 0;
        __asm__ volatile(
            "loop %[n], .Lnn_cells_%=\n\t"
            "lsx %[r], %[in], %[at]\n\t"
            "lsx %[a], %[g], %[at]\n\t"
            "lsx %[b], %[f], %[at]\n\t"
            "lsx %[c], %[cell], %[at]\n\t"
            "mul.s %[r], %[r], %[a]\n\t"
            "madd.s %[r], %[b], %[c]\n\t"
            "ssx %[r], %[cell], %[at]\n\t" NN_CURVE_ASM_TANH "lsx %[b], %[out], %[at]\n\t"
            "mul.s %[a], %[b], %[a]\n\t"
            "ssx %[a], %[h], %[at]\n\t"
            "addi %[at], %[at], 4\n"
            ".Lnn_cells_%=:"
            : [at] "+&r"(at), [i] "=&r"(i), [r] "=&f"(r), [a] "=&f"(a), [b] "=&f"(b), [c] "=&f"(k)
            : [n] "r"(units), [mid] "r"(mid), [in] "r"(s), [f] "r"(f), [g] "r"(g), [out] "r"(out),
              [cell] "r"(c), [h] "r"(h)
            : "memory");
        return;
    }
#endif
    for (int32_t k = 0; k < units; k++)
        c[k] = nn_cell_clip(p, NN_MADD(s[units4 + k], c[k], s[k] * s[2 * units4 + k]));
    nn_cell_acts_dyn(c, units, p->act, s);
    for (int32_t k = 0; k < units; k++) h[k] = s[3 * units4 + k] * s[k];
}

NN_INLINE void nn_gru_cells_dyn(const nn_recurrent *p, float *s, const float *h, float *next)
{
    const int32_t units = p->units, units4 = nn_fours(units);
    const float *r = s + units4, *rec = s + 3 * units4;
    float *n = s + 2 * units4;
#ifdef __xtensa__
    if (p->act == NN_CELL_TANH && h) {
        const float *mid = nn_curve_tanh_dyn + NN_CURVE_PIECES / 2;
        float v, a, b, c;
        int32_t i, at = 0;
#define NN_GRU_CELLS(after)                                                                                  \
    __asm__ volatile("loop %[n], .Lnn_cells_%=\n\t"                                                          \
                     "lsx %[r], %[sum], %[at]\n\t" after NN_CURVE_ASM_TANH "lsx %[b], %[z], %[at]\n\t"       \
                     "lsx %[c], %[h], %[at]\n\t"                                                             \
                     "sub.s %[c], %[c], %[a]\n\t"                                                            \
                     "madd.s %[a], %[b], %[c]\n\t"                                                           \
                     "ssx %[a], %[next], %[at]\n\t"                                                          \
                     "addi %[at], %[at], 4\n"                                                                \
                     ".Lnn_cells_%=:"                                                                        \
                     : [at] "+&r"(at), [i] "=&r"(i), [r] "=&f"(v), [a] "=&f"(a), [b] "=&f"(b), [c] "=&f"(c)  \
                     : [n] "r"(units), [mid] "r"(mid), [sum] "r"(n), [reset] "r"(r), [rec] "r"(rec),         \
                       [z] "r"(s), [h] "r"(h), [next] "r"(next)                                              \
                     : "memory")
        if (p->reset_after)
            NN_GRU_CELLS("lsx %[a], %[reset], %[at]\n\t"
                         "lsx %[b], %[rec], %[at]\n\t"
                         "madd.s %[r], %[a], %[b]\n\t");
        else
            NN_GRU_CELLS("");
#undef NN_GRU_CELLS
        return;
    }
#endif
    for (int32_t k = 0; p->reset_after && k < units; k++) n[k] = NN_MADD(r[k], rec[k], n[k]);
    nn_cell_acts_dyn(n, units, p->act, n);
    for (int32_t k = 0; k < units; k++) next[k] = NN_MADD(s[k], (h ? h[k] : 0.0f) - n[k], n[k]);
}
#endif
