// Sums of int8 products on Helium (MVE, Cortex-M55 and later): VMLADAVA multiplies 16 pairs of bytes and adds all
// products to a core register, one instruction for 16 taps. Shared by convolutions, dense and recurrent layers.
//   inputs   16 neighbours a load, as they lie in memory, at any address; behind the last whole group only the bytes
//            that are there are loaded (VCTP), so nothing is read past the end;
//   weights  in blocks of 4 channels by groups of 16 taps, [out / 4][run][taps of a run / 16][4][16], each run of
//            neighbouring taps filled up with zeros (layout.conv_s8 = 4, layout.group = 16).
// Sums start at 0; nn_mve_sums2 leaves them as [block][2][4], nn_mve_sums1 as [block][4]. Without Helium (on the
// host, in tests) plain C does the same.
#ifndef NN_MVE_H
#define NN_MVE_H
#include "../nn_math.h"

enum { NN_GROUP = 16 };
#if defined(__ARM_FEATURE_MVE) && defined(__GNUC__)
#define NN_MVE 1
#include <arm_mve.h>
#else
#define NN_MVE 0
#endif

#if NN_MVE
#ifdef __clang__
#define NN_ASM static __attribute__((naked, noinline, unused))
#else // the compiler may conclude nothing from the body: it reads and writes memory
#define NN_ASM static __attribute__((naked, noipa, unused))
#endif

// The accumulators of VMLADAVA are even registers: r0 r2 r4 r6 for the first position, r8 r10 r12 lr for the second.
#define NN_MVE_SET "r0, r2, r4, r6, r8, r10, r12, lr"
#define NN_MVE_WEIGHTS(op, x0, x1) /* 4 channels of a group: 12 instructions, 128 products */                \
    "vldrb.u8 q2, [r5], #16\n\t"                                                                             \
    "vldrb.u8 q3, [r5], #16\n\t" op " r0, " x0 ", q2\n\t" op " r8, " x1 ", q2\n\t"                           \
    "vldrb.u8 q2, [r5], #16\n\t" op " r2, " x0 ", q3\n\t" op " r10, " x1 ", q3\n\t"                          \
    "vldrb.u8 q3, [r5], #16\n\t" op " r4, " x0 ", q2\n\t" op " r12, " x1 ", q2\n\t" op " r6, " x0            \
    ", q3\n\t" op " lr, " x1 ", q3\n\t"
#define NN_MVE_GROUP                                                                                         \
    "vldrb.u8 q0, [r1], #16\n\t"                                                                             \
    "vldrb.u8 q1, [r3], #16\n\t" NN_MVE_WEIGHTS("vmladava.s8", "q0", "q1")

// Two positions: x0, x1 of `full` groups and `tail` taps more, by `blocks` blocks of 4 channels. A block copies the
// inputs' addresses and eight zeros from the stack.
#define NN_MVE_SUMS2(loop)                                                                                   \
    __asm__ volatile("push {r0, r1, r4-r11, lr}\n\t"                                                         \
                     "vmov.i32 q0, #0\n\t"                                                                   \
                     "vmov.i32 q1, #0\n\t"                                                                   \
                     "vpush {d0-d3}\n\t"                                                                     \
                     "mov r5, r2\n\t"                                                                        \
                     "mov r9, r3\n\t"                                                                        \
                     "ldr r11, [sp, #76]\n\t"                                                                \
                     "ldr r4, [sp, #84]\n\t"                                                                 \
                     "vctp.8 r4\n"                                                                           \
                     "1:\n\t"                                                                                \
                     "ldrd r1, r3, [sp, #32]\n\t"                                                            \
                     "ldm sp, {" NN_MVE_SET "}\n\t"                                                          \
                     "ldr r7, [sp, #80]\n\t" loop "stm r9!, {" NN_MVE_SET "}\n\t"                            \
                     "subs r11, #1\n\t"                                                                      \
                     "bne 1b\n\t"                                                                            \
                     "add sp, #40\n\t"                                                                       \
                     "pop {r4-r11, pc}")

NN_ASM void nn_mve_sums2_any(const int8_t *x0, const int8_t *x1, const int8_t *w, int32_t *acc,
                             int32_t blocks, int32_t full, int32_t tail)
{
    (void)x0, (void)x1, (void)w, (void)acc, (void)blocks, (void)full, (void)tail;
    NN_MVE_SUMS2("cbz r7, 3f\n"
                 "2:\n\t" NN_MVE_GROUP "subs r7, #1\n\t"
                 "bne 2b\n"
                 "3:\n\t"
                 "ldr r7, [sp, #84]\n\t"
                 "cbz r7, 4f\n\t"
                 "vpstt\n\t"
                 "vldrbt.u8 q0, [r1]\n\t"
                 "vldrbt.u8 q1, [r3]\n\t" NN_MVE_WEIGHTS("vmladava.s8", "q0", "q1") "4:\n\t");
}

// full: a multiple of 4, given a quarter of it; no tail.
NN_ASM void nn_mve_sums2_four(const int8_t *x0, const int8_t *x1, const int8_t *w, int32_t *acc,
                              int32_t blocks, int32_t fours, int32_t tail)
{
    (void)x0, (void)x1, (void)w, (void)acc, (void)blocks, (void)fours, (void)tail;
    NN_MVE_SUMS2("2:\n\t" NN_MVE_GROUP NN_MVE_GROUP NN_MVE_GROUP NN_MVE_GROUP "subs r7, #1\n\t"
                 "bne 2b\n\t");
}

// 17 to 32 taps, a whole group and a second one of `tail` taps: the inputs stay in q0, q1 and q4, q5.
NN_ASM void nn_mve_sums2_short(const int8_t *x0, const int8_t *x1, const int8_t *w, int32_t *acc,
                               int32_t blocks, int32_t tail)
{
    (void)x0, (void)x1, (void)w, (void)acc, (void)blocks, (void)tail;
    __asm__ volatile("push {r4-r11, lr}\n\t"
                     "vpush {d8-d11}\n\t"
                     "mov r5, r2\n\t"
                     "mov r9, r3\n\t"
                     "ldrd r11, r4, [sp, #68]\n\t"
                     "vctp.8 r4\n\t"
                     "vldrb.u8 q0, [r0], #16\n\t"
                     "vldrb.u8 q4, [r1], #16\n\t"
                     "vpstt\n\t"
                     "vldrbt.u8 q1, [r0]\n\t"
                     "vldrbt.u8 q5, [r1]\n"
                     "1:\n\t" NN_MVE_WEIGHTS("vmladav.s8", "q0", "q4")
                         NN_MVE_WEIGHTS("vmladava.s8", "q1", "q5") "stm r9!, {" NN_MVE_SET "}\n\t"
                                                                   "subs r11, #1\n\t"
                                                                   "bne 1b\n\t"
                                                                   "vpop {d8-d11}\n\t"
                                                                   "pop {r4-r11, pc}");
}

// One position.
NN_ASM void nn_mve_sums1(const int8_t *x, const int8_t *w, int32_t *acc, int32_t blocks, int32_t full,
                         int32_t tail)
{
    (void)x, (void)w, (void)acc, (void)blocks, (void)full, (void)tail;
#define NN_MVE_ONE                                                                                           \
    "vldrb.u8 q1, [r5], #16\n\t"                                                                             \
    "vldrb.u8 q2, [r5], #16\n\t"                                                                             \
    "vmladava.s8 r0, q0, q1\n\t"                                                                             \
    "vldrb.u8 q1, [r5], #16\n\t"                                                                             \
    "vmladava.s8 r2, q0, q2\n\t"                                                                             \
    "vldrb.u8 q2, [r5], #16\n\t"                                                                             \
    "vmladava.s8 r4, q0, q1\n\t"                                                                             \
    "vmladava.s8 r6, q0, q2\n\t"
    __asm__ volatile("push {r4-r11, lr}\n\t"
                     "mov r8, r0\n\t"
                     "mov r5, r1\n\t"
                     "mov r9, r2\n\t"
                     "ldrd r10, r7, [sp, #36]\n\t" // full, tail
                     "vctp.8 r7\n"
                     "1:\n\t"
                     "mov r1, r8\n\t"
                     "movs r0, #0\n\t"
                     "movs r2, #0\n\t"
                     "movs r4, #0\n\t"
                     "movs r6, #0\n\t"
                     "wls lr, r10, 3f\n"
                     "2:\n\t"
                     "vldrb.u8 q0, [r1], #16\n\t" NN_MVE_ONE "le lr, 2b\n"
                     "3:\n\t"
                     "cbz r7, 4f\n\t"
                     "vpst\n\t"
                     "vldrbt.u8 q0, [r1]\n\t" NN_MVE_ONE "4:\n\t"
                     "stm r9!, {r0, r2, r4, r6}\n\t"
                     "subs r3, #1\n\t"
                     "bne 1b\n\t"
                     "pop {r4-r11, pc}");
#undef NN_MVE_ONE
}

NN_INLINE void nn_mve_sums2(const int8_t *x0, const int8_t *x1, const int8_t *w, int32_t *acc, int32_t blocks,
                            int32_t full, int32_t tail)
{
    if (full == 1 && tail)
        nn_mve_sums2_short(x0, x1, w, acc, blocks, tail);
    else if (full == 2 && !tail)
        nn_mve_sums2_short(x0, x1, w, acc, blocks, NN_GROUP);
    else if (full && full % 4 == 0 && !tail)
        nn_mve_sums2_four(x0, x1, w, acc, blocks, full / 4, 0);
    else
        nn_mve_sums2_any(x0, x1, w, acc, blocks, full, tail);
}
#else
NN_INLINE void nn_mve_sums1(const int8_t *x, const int8_t *w, int32_t *acc, int32_t blocks, int32_t full,
                            int32_t tail)
{
    const int32_t taps = full * NN_GROUP + tail, groups = full + (tail > 0);
    for (int32_t b = 0; b < blocks; b++, acc += 4, w += groups * 4 * NN_GROUP) {
        for (int32_t o = 0; o < 4; o++) acc[o] = 0;
        for (int32_t i = 0; i < taps; i++)
            for (int32_t o = 0; o < 4; o++)
                acc[o] += x[i] * w[(i / NN_GROUP * 4 + o) * NN_GROUP + i % NN_GROUP];
    }
}

NN_INLINE void nn_mve_sums2(const int8_t *x0, const int8_t *x1, const int8_t *w, int32_t *acc, int32_t blocks,
                            int32_t full, int32_t tail)
{
    const int32_t bytes = (full + (tail > 0)) * 4 * NN_GROUP;
    for (int32_t b = 0; b < blocks; b++, acc += 8, w += bytes) {
        nn_mve_sums1(x0, w, acc, 1, full, tail);
        nn_mve_sums1(x1, w, acc + 4, 1, full, tail);
    }
}
#endif
#endif
