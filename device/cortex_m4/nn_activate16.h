// logistic and tanh of int16 arrays (of an even size, filled up) on cores with the DSP extension: nn_math16.h with its
// first factors in a table (2 KB), and its rounded products in one instruction each: SMMLAR of a and b * 2^17 adds (a * b + 2^14) >> 15. A
// factor of 1/2 and more is 1 minus another, so that b * 2^17 fits 32 bits.
#ifndef NN_ACTIVATE16_H
#define NN_ACTIVATE16_H
#include "../nn_exp16.h"
#include "../nn_math16.h"
#include "nn_pair_s8.h"

#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__)
// Two numbers at a time. r4: k = |a| - 1 of both (0xffff of a zero), GE whether a is above 0. For each of them to x =
// 2 / (1 + exp(-(k + 1))) in Q2.13, as -x * 2^17, which fits 32 bits and lets every product round by itself:
//   bits 0 .. 9 of k look up a quarter, bits 10 and 11 are factors, those above as well, or what is large or zero (`far`).
// r2 table, r3 and r7 .. r11 constants, r12 the half denominator; changes r5, r6.
#define NN_NEWTON(x)                                                                                         \
    "smmlsr r5, r12, " x ", r11\n\t" /* half * x / 2^15 - 2^13 */                                            \
    "smmulr r5, " x ", r5\n\t"                                                                               \
    "sub " x ", " x ", r5, lsl #19\n\t"
#define NN_DIVIDED(x, bit, left, above, far, back, done)                                                     \
    "ubfx r5, r4, #" bit ", #10\n\t"                                                                         \
    "ldrsh r5, [r2, r5, lsl #1]\n\t"                                                                         \
    "lsls r6, r4, #" left "\n\t"                                                                             \
    "it mi\n\t"                                                                                              \
    "smmlarmi r5, r5, r7, r5\n\t" /* 25520 */                                                                \
    "it cs\n\t"                                                                                              \
    "smmlarcs r5, r5, r8, r5\n\t" /* 19875 */                                                                \
    "tst r4, #" above "\n\t"                                                                                 \
    "bne " far "\n" back ":\n\t"                                                                             \
    "add r12, r3, r5, asr #1\n\t"                                                                            \
    "smmlar " x ", r12, r9, r10\n\t" /* 32/17 of it - 48/17, halves down */                                  \
    "lsls " x ", " x ", #17\n\t" NN_NEWTON(x) NN_NEWTON(x) NN_NEWTON(x) done ":\n\t"
// Bits 12 .. 15. 14 and 15 leave nearly nothing, or are a zero: x = 1 and GE, as if it were above.
#define NN_FAR(label, x, left2, left4, above4, at, back, done)                                               \
    label ":\n\t"                                                                                            \
          "lsls r6, r4, #" left2 "\n\t"                                                                      \
          "bpl 6f\n\t"                                                                                       \
          "ldr r6, 7f + 12\n\t" /* 12055 */                                                                  \
          "smmulr r5, r5, r6\n"                                                                              \
          "6:\n\t"                                                                                           \
          "bcc 6f\n\t"                                                                                       \
          "ldr r6, 7f + 16\n\t" /* 4435 */                                                                   \
          "smmulr r5, r5, r6\n"                                                                              \
          "6:\n\t"                                                                                           \
          "tst r4, #" above4 "\n\t"                                                                          \
          "beq " back "b\n\t"                                                                                \
          "lsls r6, r4, #" left4 "\n\t"                                                                      \
          "bpl 6f\n\t"                                                                                       \
          "mov r6, #0x4b00000\n\t" /* 600 */                                                                 \
          "smmulr r5, r5, r6\n"                                                                              \
          "6:\n\t"                                                                                           \
          "bcc " back "b\n\t"                                                                                \
          "mov r6, #0x160000\n\t" /* 11 */                                                                   \
          "smmulr r5, r5, r6\n\t"                                                                            \
          "ldrsh r6, [r0, #" at "]\n\t"                                                                      \
          "cmp r6, #0\n\t"                                                                                   \
          "bne " back "b\n\t"                                                                                \
          "mov " x ", #0xc0000000\n\t"                                                                       \
          "ldr r5, [r0]\n\t"                                                                                 \
          "sadd16 r5, r5, r5\n\t"                                                                            \
          "b " done "b\n"
// `pairs` >= 1 of pairs of numbers in Q3.12, in place.
#define NN_ACTIVATE(start, finish)                                                                           \
    __asm__ volatile(                                                                                        \
        "push {r4-r11, lr}\n\t"                                                                              \
        "mov lr, r1\n\t"                                                                                     \
        "mov r3, #16384\n\t"                                                                                 \
        "ldr r7, 7f\n\t"                                                                                     \
        "ldr r8, 7f + 4\n\t"                                                                                 \
        "ldr r9, 7f + 8\n\t"                                                                                 \
        "ldr r10, 7f + 20\n\t"                                                                               \
        "ldr r11, 7f + 24\n"                                                                                 \
        "1:\n\t"                                                                                             \
        "ldr r5, [r0]\n\t"                                                                                   \
        "mov r6, #0x10001\n\t"                                                                               \
        "mvn r4, r5\n\t"                                                                                     \
        "ssub16 r5, r5, r6\n\t"                                                                              \
        "sel r4, r5, r4\n\t" start NN_DIVIDED("r1", "0", "21", "0xf000", "2f", "3", "8")                     \
            NN_DIVIDED("r6", "16", "5", "0xf0000000", "4f", "5",                                             \
                       "9") "pkhtb r1, r6, r1, asr #16\n\t" finish "str r1, [r0], #4\n\t"                    \
                            "subs lr, #1\n\t"                                                                \
                            "bne 1b\n\t"                                                                     \
                            "pop {r4-r11, pc}\n" NN_FAR("2", "r1", "19", "17", "0xc000", "0", "3", "8")      \
                                NN_FAR("4", "r6", "3", "1", "0xc0000000", "2", "5",                          \
                                       "9") ".align 2\n"                                                     \
                                            "7:\n\t"                                                         \
                                            ".word -950009856\n\t"  /* (25520 - 32768) << 17 */              \
                                            ".word -1689911296\n\t" /* (19875 - 32768) << 17 */              \
                                            ".word 2021130239\n\t"  /* (15420 << 17) - 1 */                  \
                                            ".word 1580072960\n\t"  /* 12055 << 17 */                        \
                                            ".word 581304320\n\t"   /* 4435 << 17 */                         \
                                            ".word -23130, -8192")
// -2 x of both. 2 x, saturated, of a number above 0; 32767 less that below.
NN_ASM void nn_logistics_m4(int16_t *v, int32_t pairs, const int16_t *table)
{
    (void)v, (void)pairs, (void)table;
    NN_ACTIVATE("", "movs r5, #0\n\t"
                    "qsub16 r1, r5, r1\n\t"
                    "mvn r5, r1\n\t"
                    "eor r5, r5, #0x80008000\n\t"
                    "sel r1, r1, r5\n\t");
}

// k of twice the number; 4 (x - 2^13), saturated.
NN_ASM void nn_tanhs_m4(int16_t *v, int32_t pairs, const int16_t *table)
{
    (void)v, (void)pairs, (void)table;
    NN_ACTIVATE("uqadd16 r4, r4, r4\n\t"
                "orr r4, r4, r6\n\t",
                "mov r5, #0x40004000\n\t"
                "qadd16 r1, r1, r5\n\t"
                "qadd16 r1, r1, r1\n\t"
                "movs r5, #0\n\t"
                "qsub16 r1, r5, r1\n\t"
                "qsub16 r5, r5, r1\n\t"
                "sel r1, r1, r5\n\t");
}
#undef NN_ACTIVATE
#undef NN_FAR
#undef NN_DIVIDED
#undef NN_NEWTON

// Arrays reach to a whole pair.
NN_INLINE void nn_logistics_q15(int16_t *v, int32_t n)
{
    nn_logistics_m4(v, (n + 1) / 2, nn_exp_quarter);
}

// More integer bits: what is shifted out of 16 bits has the tanh of what is left. Less: too fine for the table.
NN_INLINE void nn_tanhs_q15(const int16_t *v, int32_t n, int32_t int_bits, int16_t *to)
{
    if (int_bits < 3) {
        for (int32_t i = 0; i < n; i++) to[i] = (int16_t)nn_tanh_q15(v[i], int_bits);
        return;
    }
    for (int32_t i = 0; to != v || int_bits > 3 ? i < n : 0; i += 2) {
        uint32_t two;
        memcpy(&two, v + i, sizeof two);
        for (int32_t k = 3; k < int_bits; k++) __asm__("qadd16 %0, %0, %0" : "+r"(two));
        memcpy(to + i, &two, sizeof two);
    }
    nn_tanhs_m4(to, (n + 1) / 2, nn_exp_quarter);
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
