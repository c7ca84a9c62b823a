// Blocks of two channels of a convolution with float outputs, on the sums of nn_pair_s8.h.
#ifndef NN_PAIR_DYN_H
#define NN_PAIR_DYN_H
#include "nn_pair_s8.h"

typedef struct nn_pair_job_dyn { // the assembly knows the places
    const int16_t *patch;
    const int8_t *w; // moves on
    int32_t loops;
    const int32_t *w_sum; // moves on
    const void *entry;
    const float *w_scale, *bias; // move on
    float *y;                    // moves on; positions are `step` bytes apart
    int32_t step, minus_zero;    // -x_zero
    const float *end;            // y of the block behind the last
    float x_scale;
} nn_pair_job_dyn;

#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__) && defined(__ARM_FP) && (__ARM_FP & 4)
// In s6 x_scale, s7 and s8 the channels' factors, s9 and s10 their biases.
#define NN_PAIR_FLOAT(a, b, c, scale, bias, act, offset)                                                     \
    "vmov s0, s1, " a ", " b "\n\t"                                                                          \
    "vmov s2, " c "\n\t"                                                                                     \
    "vcvt.f32.s32 s0, s0\n\t"                                                                                \
    "vcvt.f32.s32 s1, s1\n\t"                                                                                \
    "vcvt.f32.s32 s2, s2\n\t"                                                                                \
    "vmul.f32 s0, s0, " scale "\n\t"                                                                         \
    "vmul.f32 s1, s1, " scale "\n\t"                                                                         \
    "vmul.f32 s2, s2, " scale "\n\t"                                                                         \
    "vmov.f32 s3, " bias "\n\t"                                                                              \
    "vmov.f32 s4, " bias "\n\t"                                                                              \
    "vmov.f32 s5, " bias "\n\t"                                                                              \
    "vfma.f32 s3, s0, s6\n\t"                                                                                \
    "vfma.f32 s4, s1, s6\n\t"                                                                                \
    "vfma.f32 s5, s2, s6\n\t"                                                                                \
    "vmov " a ", " b ", s3, s4\n\t"                                                                          \
    "vmov " c ", s5\n\t" act(a) act(b) act(c) "str " a ", [r3, #" offset "]\n\t"                             \
                                              "str " b ", [r12, #" offset "]\n\t"                            \
                                              "str " c ", [lr, #" offset "]\n\t"
#define NN_PAIR_NONE(v)
#define NN_PAIR_RELU(v) "bic " v ", " v ", " v ", asr #31\n\t" // negative: 0
#define NN_PAIR_DYN(act)                                                                                     \
    __asm__ volatile("push {r0, r4-r11, lr}\n\t" NN_PAIR_ENTRY "str r3, [r0, #8]\n\t"                        \
                     "str r2, [r0, #16]\n"                                                                   \
                     "2:\n\t"                                                                                \
                     "ldr r6, [r0, #36]\n\t"                                                                 \
                     "ldm r0, {r1, r2, r3, r10, r11}\n\t"                                                    \
                     "ldm r10!, {r4, r7}\n\t"                                                                \
                     "str r10, [r0, #12]\n\t"                                                                \
                     "muls r4, r6, r4\n\t"                                                                   \
                     "muls r7, r6, r7\n\t"                                                                   \
                     "add r7, r4, r7, lsl #8\n\t"                                                            \
                     "mov r5, r4\n\t"                                                                        \
                     "mov r6, r4\n\t"                                                                        \
                     "mov r8, r7\n\t"                                                                        \
                     "mov r9, r7\n\t"                                                                        \
                     "bx r11\n\t"                                                                            \
                     ".balign 4\n"                                                                           \
                     "1:\n\t" NN_PAIRS "subs r3, #1\n\t"                                                     \
                     "bne 1b\n\t"                                                                            \
                     "ldr r0, [sp]\n\t"                                                                      \
                     "str r2, [r0, #4]\n\t"                                                                  \
                     "vldr s6, [r0, #44]\n\t"                                                                \
                     "adds r0, #20\n\t"                                                                      \
                     "ldm r0, {r1, r2, r3, r10}\n\t" /* w_scale, bias, y, step */                            \
                     "vldm r1!, {s7, s8}\n\t"                                                                \
                     "vldm r2!, {s9, s10}\n\t"                                                               \
                     "subs r7, r7, r4\n\t"                                                                   \
                     "sub r8, r8, r5\n\t"                                                                    \
                     "sub r9, r9, r6\n\t"                                                                    \
                     "add r12, r3, r10\n\t"                                                                  \
                     "add lr, r12, r10\n\t"                                                                  \
                     "asrs r7, r7, #8\n\t"                                                                   \
                     "asr r8, r8, #8\n\t"                                                                    \
                     "asr r9, r9, #8\n\t" NN_PAIR_FLOAT("r4", "r5", "r6", "s7", "s9", act, "0")              \
                         NN_PAIR_FLOAT("r7", "r8", "r9", "s8", "s10", act, "4") "adds r3, #8\n\t"            \
                                                                                "stm r0!, {r1, r2, r3}\n\t"  \
                                                                                "ldr r4, [r0, #8]\n\t"       \
                                                                                "ldr r0, [sp]\n\t"           \
                                                                                "cmp r3, r4\n\t"             \
                                                                                "bne 2b\n\t"                 \
                                                                                "pop {r0, r4-r11, pc}")

// Outputs that are no NaN: act is NONE or RELU, and x_scale, bias are finite.
NN_ASM void nn_pair_blocks_none(nn_pair_job_dyn *job, int32_t pairs)
{
    (void)job, (void)pairs;
    NN_PAIR_DYN(NN_PAIR_NONE);
}

NN_ASM void nn_pair_blocks_relu(nn_pair_job_dyn *job, int32_t pairs)
{
    (void)job, (void)pairs;
    NN_PAIR_DYN(NN_PAIR_RELU);
}
#else
NN_INLINE void nn_pair_blocks_none(nn_pair_job_dyn *j, int32_t pairs)
{
    for (; j->y < j->end; j->w += 4 * pairs, j->w_sum += 2, j->w_scale += 2, j->bias += 2, j->y += 2) {
        int32_t acc[2 * NN_PATCH];
        for (int32_t i = 0; i < 2 * NN_PATCH; i++) acc[i] = j->minus_zero * j->w_sum[i / NN_PATCH];
        nn_pair_sums(acc, pairs, j->patch, j->w);
        for (int32_t o = 0; o < 2; o++)
            for (int32_t t = 0; t < NN_PATCH; t++)
                j->y[t * (j->step / 4) + o] =
                    NN_MADD((float)acc[o * NN_PATCH + t] * j->w_scale[o], j->x_scale, j->bias[o]);
    }
}

NN_INLINE void nn_pair_blocks_relu(nn_pair_job_dyn *j, int32_t pairs)
{
    float *y = j->y;
    const int32_t n = (int32_t)(j->end - y);
    nn_pair_blocks_none(j, pairs);
    for (int32_t t = 0; t < NN_PATCH; t++)
        for (int32_t o = 0; o < n; o++)
            y[t * (j->step / 4) + o] = nn_act(y[t * (j->step / 4) + o], NN_ACT_RELU);
}
#endif

NN_INLINE int32_t nn_finite(const float *x, int32_t n)
{
    uint32_t most = 0;
    for (int32_t i = 0; i < n; i++) {
        uint32_t v;
        memcpy(&v, x + i, sizeof v);
        v &= 0x7fffffffu;
        most = v > most ? v : most;
    }
    return most < 0x7f800000u;
}
#endif
