// logistic and tanh of int16 arrays on Helium, eight at a time: nn_math16.h with its first factors in a table (2 KB).
// VQRDMULH of halfwords is its rounded product, factors are predicated by their bits.
#ifndef NN_ACTIVATE16_H
#define NN_ACTIVATE16_H
#include "../nn_exp16.h"
#include "../nn_math16.h"
#include "nn_mve.h"

#if NN_MVE
// From q2 = k = (|a| << wide) - 1 for a number with 3 + wide integer bits to q2 = 2 / (1 + exp(-|a|)) in Q2.13: bits
// 0 .. 9 of k look up a quarter, bits 10 .. 15 are factors (all of them leave 0, as larger numbers do, to which the
// saturated shift gives these bits). r2 table, r4 .. r9 factors, r10 to r12 and q0 32767, q5 8192, q7 1023 constants;
// changes q1, q3.
#define NN_FACTOR(f, left)                                                                                   \
    "vshl.i16 q3, q2, #" left "\n\t"                                                                         \
    "vpt.s16 lt, q3, zr\n\t"                                                                                 \
    "vqrdmulht.s16 q1, q1, " f "\n\t"
#define NN_NEWTON                                                                                            \
    "vqrdmulh.s16 q3, q1, q2\n\t"                                                                            \
    "vsub.i16 q3, q5, q3\n\t"                                                                                \
    "vqrdmulh.s16 q3, q3, q2\n\t"                                                                            \
    "vmla.s16 q2, q3, r12\n\t"
#define NN_DIVIDED(more)                                                                                     \
    "vand q3, q2, q7\n\t"                                                                                    \
    "vldrh.u16 q1, [r2, q3, uxtw #1]\n\t" /* */                                                              \
        NN_FACTOR("r4", "5") NN_FACTOR("r5", "4") NN_FACTOR("r6", "3") NN_FACTOR("r7", "2")                  \
            NN_FACTOR("r8", "1") more "vrhadd.u16 q1, q1, q0\n\t"    /* half the denominator */              \
                                      "vqrdmulh.s16 q2, q1, r10\n\t" /* 48/17 - 32/17 of it */               \
                                      "vadd.i16 q2, q2, r11\n\t" NN_NEWTON NN_NEWTON NN_NEWTON
#define NN_ACTIVATE(load, finish)                                                                            \
    __asm__ volatile("push {r4-r12, lr}\n\t"                                                                 \
                     "vpush {d8-d15}\n\t"                                                                    \
                     "ldr lr, [sp, #104]\n\t"                                                                \
                     "adr r12, 7f\n\t"                                                                       \
                     "ldm r12, {r4-r11}\n\t"                                                                 \
                     "movw r12, #32767\n\t"                                                                  \
                     "vdup.16 q0, r12\n\t"                                                                   \
                     "vmov.i16 q5, #0x2000\n\t"                                                              \
                     "vmov.i16 q6, #1\n\t"                                                                   \
                     "vshr.u16 q7, q0, #5\n\t"                                                               \
                     "movs r12, #4\n\t"                                                                      \
                     "dlstp.16 lr, lr\n"                                                                     \
                     "1:\n\t"                                                                                \
                     "vldrh.u16 q4, [r0], #16\n\t"                                                           \
                     "vabs.s16 q2, q4\n\t" load "vsub.i16 q2, q2, q6\n\t" finish                             \
                     "vstrh.16 q2, [r1], #16\n\t"                                                            \
                     "letp lr, 1b\n\t"                                                                       \
                     "vpop {d8-d15}\n\t"                                                                     \
                     "pop {r4-r12, pc}\n\t"                                                                  \
                     ".align 2\n"                                                                            \
                     "7:\n\t"                                                                                \
                     ".word 25520, 19875, 12055, 4435, 600, 11, -15420, 23130")

// n >= 1 values of v to `to`, which may be v. A 0 is neither below nor above.
NN_ASM void nn_logistics_mve(const int16_t *v, int16_t *to, const int16_t *table, int32_t wide, int32_t n)
{
    (void)v, (void)to, (void)table, (void)wide, (void)n;
    NN_ACTIVATE("", NN_DIVIDED("") //
                "vqadd.s16 q2, q2, q2\n\t"
                "vpt.s16 lt, q4, zr\n\t"
                "veort q2, q2, q0\n\t"
                "vpt.i16 eq, q4, zr\n\t"
                "vmovt.i16 q2, #0x4000\n\t");
}

// `wide` is of twice the value.
NN_ASM void nn_tanhs_mve(const int16_t *v, int16_t *to, const int16_t *table, int32_t wide, int32_t n)
{
    (void)v, (void)to, (void)table, (void)wide, (void)n;
    NN_ACTIVATE("vqshl.u16 q2, r3\n\t", NN_DIVIDED("vpt.s16 lt, q2, zr\n\t"
                                                   "vqrdmulht.s16 q1, q1, r9\n\t") //
                "vsub.i16 q2, q2, q5\n\t"
                "vqshl.s16 q2, q2, #2\n\t"
                "vpt.s16 lt, q4, zr\n\t"
                "vnegt.s16 q2, q2\n\t"
                "vpt.i16 eq, q4, zr\n\t"
                "vmovt.i16 q2, #0\n\t");
}
#undef NN_ACTIVATE
#undef NN_DIVIDED
#undef NN_NEWTON
#undef NN_FACTOR

NN_INLINE void nn_logistics_q15(int16_t *v, int32_t n)
{
    nn_logistics_mve(v, v, nn_exp_quarter, 0, n);
}

NN_INLINE void nn_tanhs_q15(const int16_t *v, int32_t n, int32_t int_bits, int16_t *to)
{
    if (int_bits < 2) { // too fine for the table
        for (int32_t i = 0; i < n; i++) to[i] = (int16_t)nn_tanh_q15(v[i], int_bits);
        return;
    }
    nn_tanhs_mve(v, to, nn_exp_quarter, int_bits - 2, n);
}
#else
NN_INLINE void nn_logistics_q15(int16_t *v, int32_t n)
{
    for (int32_t i = 0; i < n; i++) v[i] = (int16_t)nn_logistic_q15(v[i], 3);
}

NN_INLINE void nn_tanhs_q15(const int16_t *v, int32_t n, int32_t int_bits, int16_t *to)
{
    for (int32_t i = 0; i < n; i++) to[i] = (int16_t)nn_tanh_q15(v[i], int_bits);
}
#endif
#endif
