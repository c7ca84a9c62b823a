// logistic and tanh of int16 arrays on cores with the DSP extension: nn_math16.h with its first factors in a table
// (2 KB), and its rounded products in one instruction each: SMMLAR of a and b * 2^17 adds (a * b + 2^14) >> 15. A
// factor of 1/2 and more is 1 minus another, so that b * 2^17 fits 32 bits.
#ifndef NN_ACTIVATE16_H
#define NN_ACTIVATE16_H
#include "../nn_exp16.h"
#include "../nn_math16.h"
#include "nn_pair_s8.h"

#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__)
// In: r3 a number, r1 how many bits wider than Q3.12 its integer part is. Out: r6 = 2 / (1 + exp(-|r3|)) in Q2.13; to
// `zero` when it is 0. r2 table, r7 r8 r9 r10 r11 constants; changes r4 r5.
//   k = |a| - 1: bits 0 .. 9 look up a quarter, bits 10 .. 15 are factors, what is above leaves 0
#define NN_NEWTON                                                                                            \
    "smmlar r4, r5, r6, r6\n\t"                                                                              \
    "sub r4, r11, r4, lsl #17\n\t"                                                                           \
    "smmulr r4, r6, r4\n\t"                                                                                  \
    "add r6, r6, r4, lsl #2\n\t"
#define NN_DIVIDED(zero)                                                                                     \
    "eor r4, r3, r3, asr #31\n\t"                                                                            \
    "sub r4, r4, r3, asr #31\n\t"                                                                            \
    "lsl r4, r4, r1\n\t"                                                                                     \
    "subs r4, #1\n\t"                                                                                        \
    "bmi " zero "\n\t"                                                                                       \
    "ubfx r5, r4, #0, #10\n\t"                                                                               \
    "ldrsh r5, [r2, r5, lsl #1]\n\t"                                                                         \
    "lsls r6, r4, #21\n\t"                                                                                   \
    "it mi\n\t"                                                                                              \
    "smmlarmi r5, r5, r7, r5\n\t" /* 25520 */                                                                \
    "it cs\n\t"                                                                                              \
    "smmlarcs r5, r5, r8, r5\n\t" /* 19875 */                                                                \
    "cmp r4, #4096\n\t"                                                                                      \
    "blo 5f\n\t"                                                                                             \
    "lsls r6, r4, #19\n\t"                                                                                   \
    "ldr r6, 7f + 12\n\t" /* 12055 */                                                                        \
    "it mi\n\t"                                                                                              \
    "smmulrmi r5, r5, r6\n\t"                                                                                \
    "ldr r6, 7f + 16\n\t" /* 4435 */                                                                         \
    "it cs\n\t"                                                                                              \
    "smmulrcs r5, r5, r6\n\t"                                                                                \
    "cmp r4, #16384\n\t"                                                                                     \
    "blo 5f\n\t"                                                                                             \
    "lsls r6, r4, #17\n\t"                                                                                   \
    "mov r6, #0x4b00000\n\t" /* 600 */                                                                       \
    "it mi\n\t"                                                                                              \
    "smmulrmi r5, r5, r6\n\t"                                                                                \
    "mov r6, #0x160000\n\t" /* 11 */                                                                         \
    "it cs\n\t"                                                                                              \
    "smmulrcs r5, r5, r6\n\t"                                                                                \
    "lsrs r6, r4, #16\n\t"                                                                                   \
    "it ne\n\t"                                                                                              \
    "movne r5, #0\n"                                                                                         \
    "5:\n\t" /* half the denominator, less 1, * 2^32 */                                                      \
    "asrs r5, r5, #1\n\t"                                                                                    \
    "add r5, r12, r5, lsl #17\n\t"                                                                           \
    "smmlar r6, r5, r9, r10\n\t" /* 48/17 - 32/17 of it */                                                   \
        NN_NEWTON NN_NEWTON NN_NEWTON
#define NN_CONSTANTS                                                                                         \
    "ldr r7, 7f\n\t"                                                                                         \
    "ldr r8, 7f + 4\n\t"                                                                                     \
    "ldr r9, 7f + 8\n\t"                                                                                     \
    "movw r10, #7710\n\t"                                                                                    \
    "mov r11, #0x40000000\n\t"                                                                               \
    "mov r12, #0x80000000\n\t"
#define NN_POOL                                                                                              \
    ".align 2\n"                                                                                             \
    "7:\n\t"                                                                                                 \
    ".word -950009856\n\t"  /* (25520 - 32768) << 17 */                                                      \
    ".word -1689911296\n\t" /* (19875 - 32768) << 17 */                                                      \
    ".word -15420\n\t"                                                                                       \
    ".word 1580072960\n\t" /* 12055 << 17 */                                                                 \
    ".word 581304320\n\t"  /* 4435 << 17 */

// In place; n >= 1 values with 3 + wide integer bits.
NN_ASM void nn_logistics_m4(int16_t *v, int32_t wide, const int16_t *table, int32_t n)
{
    (void)v, (void)wide, (void)table, (void)n;
    __asm__ volatile("push {r4-r11, lr}\n\t"
                     "mov lr, r3\n\t" NN_CONSTANTS "1:\n\t"
                     "ldrsh r3, [r0]\n\t" NN_DIVIDED("3f") //
                     "ssat r6, #16, r6, lsl #1\n\t"
                     "asrs r3, r3, #31\n\t"
                     "eor r6, r6, r3, lsr #17\n"
                     "2:\n\t"
                     "strh r6, [r0], #2\n\t"
                     "subs lr, #1\n\t"
                     "bne 1b\n\t"
                     "pop {r4-r11, pc}\n"
                     "3:\n\t"
                     "mov r6, #16384\n\t"
                     "b 2b\n\t" NN_POOL);
}

// The same of tanh; `wide` is of twice the value.
NN_ASM void nn_tanhs_m4(int16_t *v, int32_t wide, const int16_t *table, int32_t n)
{
    (void)v, (void)wide, (void)table, (void)n;
    __asm__ volatile("push {r4-r11, lr}\n\t"
                     "mov lr, r3\n\t" NN_CONSTANTS "1:\n\t"
                     "ldrsh r3, [r0]\n\t" NN_DIVIDED("3f") //
                     "sub r6, r6, #8192\n\t"
                     "ssat r6, #16, r6, lsl #2\n\t"
                     "eor r6, r6, r3, asr #31\n\t"
                     "sub r6, r6, r3, asr #31\n"
                     "2:\n\t"
                     "strh r6, [r0], #2\n\t"
                     "subs lr, #1\n\t"
                     "bne 1b\n\t"
                     "pop {r4-r11, pc}\n"
                     "3:\n\t"
                     "movs r6, #0\n\t"
                     "b 2b\n\t" NN_POOL);
}
#undef NN_POOL
#undef NN_CONSTANTS
#undef NN_DIVIDED
#undef NN_NEWTON

NN_INLINE void nn_logistics_q15(int16_t *v, int32_t n)
{
    nn_logistics_m4(v, 0, nn_exp_quarter, n);
}

NN_INLINE void nn_tanhs_q15(const int16_t *v, int32_t n, int32_t int_bits, int16_t *to)
{
    if (int_bits < 2) { // too fine for the table
        for (int32_t i = 0; i < n; i++) to[i] = (int16_t)nn_tanh_q15(v[i], int_bits);
        return;
    }
    if (to != v) memcpy(to, v, (size_t)n * sizeof *to);
    nn_tanhs_m4(to, int_bits - 2, nn_exp_quarter, n);
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
