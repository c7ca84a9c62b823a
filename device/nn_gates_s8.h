// Sums of an LSTM's four gates from int8 inputs; weights [tap][4].
#ifndef NN_GATES_S8_H
#define NN_GATES_S8_H
#include "nn_dot_s8.h"

// acc[g] += sum x[i] * w[i][g], n >= 1
#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__)
// SXTB16 takes the even or odd bytes of a word: the weights of four gates are two pairs of halfwords, which SMLAxB
// multiplies each by x.
NN_INLINE void nn_dot_gates_s8(int32_t *acc, const int8_t *x, const int8_t *w, int32_t n)
{
    int32_t a0 = acc[0], a1 = acc[1], a2 = acc[2], a3 = acc[3];
#define NN_TAP(i)                                                                                            \
    {                                                                                                        \
        const int32_t v = x[i];                                                                              \
        int32_t word, even, odd;                                                                             \
        memcpy(&word, w + 4 * i, sizeof word);                                                               \
        __asm__("sxtb16 %0, %1" : "=r"(even) : "r"(word));                                                   \
        __asm__("sxtb16 %0, %1, ror #8" : "=r"(odd) : "r"(word));                                            \
        __asm__("smlabb %0, %1, %2, %0" : "+r"(a0) : "r"(even), "r"(v));                                     \
        __asm__("smlabb %0, %1, %2, %0" : "+r"(a1) : "r"(odd), "r"(v));                                      \
        __asm__("smlatb %0, %1, %2, %0" : "+r"(a2) : "r"(even), "r"(v));                                     \
        __asm__("smlatb %0, %1, %2, %0" : "+r"(a3) : "r"(odd), "r"(v));                                      \
    }
    for (; n >= 4; n -= 4, x += 4, w += 16) {
        NN_TAP(0) NN_TAP(1) NN_TAP(2) NN_TAP(3)
    }
    for (; n > 0; n--, x++, w += 4) {
        NN_TAP(0)
    }
#undef NN_TAP
    acc[0] = a0;
    acc[1] = a1;
    acc[2] = a2;
    acc[3] = a3;
}
#else
NN_INLINE void nn_dot_gates_s8(int32_t *acc, const int8_t *x, const int8_t *w, int32_t n)
{
    nn_dot4_s8(acc, x, w, n);
}
#endif
#endif
