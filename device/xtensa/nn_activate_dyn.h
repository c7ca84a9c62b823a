// logistic and tanh of the dynamic recurrent layers on an FPU of the LX cores, as ../nn_curve_dyn.h: FLOOR.S scales on the way,
// CLAMPS takes the ends.
#ifndef NN_ACTIVATE_DYN_H
#define NN_ACTIVATE_DYN_H
#include "../nn_curve_dyn.h"

#define NN_ACTIVATE_ARRAYS_DYN 1

// What follows a sum in [r]: its curve in [a], by one address register [i] and the middle of the table [mid]; bits: those of
// the pieces and one, since CLAMPS has no less than 8.
#define NN_CURVE_ASM(bits)                                                                                   \
    "floor.s %[i], %[r], " bits "\n\t"                                                                       \
    "clamps %[i], %[i], 7\n\t"                                                                               \
    "srai %[i], %[i], 1\n\t"                                                                                 \
    "addx4 %[i], %[i], %[mid]\n\t"                                                                           \
    "lsi %[c], %[i], 1020\n\t"                                                                               \
    "lsi %[b], %[i], 512\n\t"                                                                                \
    "lsi %[a], %[i], 0\n\t"                                                                                  \
    "madd.s %[b], %[c], %[r]\n\t"                                                                            \
    "madd.s %[a], %[b], %[r]\n\t"
#define NN_CURVE_ASM_LOGISTIC NN_CURVE_ASM("3")
#define NN_CURVE_ASM_TANH NN_CURVE_ASM("4")

NN_INLINE void nn_logistics_dyn(const float *v, int32_t n, float *to)
{
#ifdef __xtensa__
    const float *mid = nn_curve_logistic_dyn + NN_CURVE_PIECES / 2;
    float r, a, b, c;
    int32_t i, at = 0;
    __asm__ volatile("loopnez %[n], .Lnn_curves_%=\n\t"
                     "lsx %[r], %[v], %[at]\n\t" NN_CURVE_ASM_LOGISTIC "ssx %[a], %[to], %[at]\n\t"
                     "addi %[at], %[at], 4\n"
                     ".Lnn_curves_%=:"
                     : [at] "+&r"(at), [i] "=&r"(i), [r] "=&f"(r), [a] "=&f"(a), [b] "=&f"(b), [c] "=&f"(c)
                     : [n] "r"(n), [mid] "r"(mid), [v] "r"(v), [to] "r"(to)
                     : "memory");
#else
    for (int32_t i = 0; i < n; i++) to[i] = nn_logistic_dyn(v[i]);
#endif
}

NN_INLINE void nn_tanhs_dyn(const float *v, int32_t n, float *to)
{
#ifdef __xtensa__
    const float *mid = nn_curve_tanh_dyn + NN_CURVE_PIECES / 2;
    float r, a, b, c;
    int32_t i, at = 0;
    __asm__ volatile("loopnez %[n], .Lnn_curves_%=\n\t"
                     "lsx %[r], %[v], %[at]\n\t" NN_CURVE_ASM_TANH "ssx %[a], %[to], %[at]\n\t"
                     "addi %[at], %[at], 4\n"
                     ".Lnn_curves_%=:"
                     : [at] "+&r"(at), [i] "=&r"(i), [r] "=&f"(r), [a] "=&f"(a), [b] "=&f"(b), [c] "=&f"(c)
                     : [n] "r"(n), [mid] "r"(mid), [v] "r"(v), [to] "r"(to)
                     : "memory");
#else
    for (int32_t i = 0; i < n; i++) to[i] = nn_tanh_dyn(v[i]);
#endif
}
#endif
