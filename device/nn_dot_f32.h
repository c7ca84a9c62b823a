// Inner loops of the float kernels: a run of n >= 1 inputs against a block of output channels, at one or
// several positions. Each accumulator takes its taps in order, one NN_MADD a tap.
#ifndef NN_DOT_F32_H
#define NN_DOT_F32_H
#include "nn_math.h"

// Positions at a time: as many blocks of 4 accumulators as the float registers hold beside the operands.
// 4 + p loads serve 4 * p products.
#ifndef NN_POSITIONS_F32
#if (defined(__ARM_FP) && (__ARM_FP & 4)) || (defined(__riscv_flen) && __riscv_flen >= 32)
#define NN_POSITIONS_F32 4 // 32 registers
#else
#define NN_POSITIONS_F32 2
#endif
#endif

// acc[p][o] += sum x[i + p * dz] * w[i][o], o < 4, p < positions <= 4
NN_INLINE void nn_dot4xp_f32(float *acc, const float *x, ptrdiff_t dz, const float *w, int32_t n,
                             int32_t positions)
{
    float a[16];
#pragma GCC unroll 16
    for (int32_t i = 0; i < 4 * positions; i++) a[i] = acc[i];
#pragma GCC unroll 2
    do {
        const float w0 = w[0], w1 = w[1], w2 = w[2], w3 = w[3];
#pragma GCC unroll 4
        for (int32_t p = 0; p < positions; p++) {
            const float v = x[p * dz];
            a[4 * p] = NN_MADD(v, w0, a[4 * p]);
            a[4 * p + 1] = NN_MADD(v, w1, a[4 * p + 1]);
            a[4 * p + 2] = NN_MADD(v, w2, a[4 * p + 2]);
            a[4 * p + 3] = NN_MADD(v, w3, a[4 * p + 3]);
        }
        x++;
        w += 4;
    } while (--n);
#pragma GCC unroll 16
    for (int32_t i = 0; i < 4 * positions; i++) acc[i] = a[i];
}

// One position, for layers that are all such runs: loop control is worth saving.
NN_INLINE void nn_dot4_f32(float *acc, const float *x, const float *w, int32_t n)
{
    float a0 = acc[0], a1 = acc[1], a2 = acc[2], a3 = acc[3];
#if NN_FMA && defined(__thumb2__) && defined(__ARM_FP) && (__ARM_FP & 4)
    // VLDM brings four taps of all outputs at once, which no compiler finds
    for (; n >= 4; n -= 4)
        __asm__("vldmia %[x]!, {s4-s7}\n\t"
                "vldmia %[w]!, {s8-s23}\n\t"
                "vfma.f32 %[a0], s4, s8\n\tvfma.f32 %[a1], s4, s9\n\t"
                "vfma.f32 %[a2], s4, s10\n\tvfma.f32 %[a3], s4, s11\n\t"
                "vfma.f32 %[a0], s5, s12\n\tvfma.f32 %[a1], s5, s13\n\t"
                "vfma.f32 %[a2], s5, s14\n\tvfma.f32 %[a3], s5, s15\n\t"
                "vfma.f32 %[a0], s6, s16\n\tvfma.f32 %[a1], s6, s17\n\t"
                "vfma.f32 %[a2], s6, s18\n\tvfma.f32 %[a3], s6, s19\n\t"
                "vfma.f32 %[a0], s7, s20\n\tvfma.f32 %[a1], s7, s21\n\t"
                "vfma.f32 %[a2], s7, s22\n\tvfma.f32 %[a3], s7, s23"
                : [x] "+r"(x), [w] "+r"(w), [a0] "+t"(a0), [a1] "+t"(a1), [a2] "+t"(a2), [a3] "+t"(a3)
                :
                : "memory", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "s12", "s13", "s14", "s15",
                  "s16", "s17", "s18", "s19", "s20", "s21", "s22", "s23");
    for (; n > 0; n--) {
#else
    NN_UNROLL_TAPS
    do {
#endif
        const float v = *x++;
        a0 = NN_MADD(v, w[0], a0);
        a1 = NN_MADD(v, w[1], a1);
        a2 = NN_MADD(v, w[2], a2);
        a3 = NN_MADD(v, w[3], a3);
        w += 4;
#if NN_FMA && defined(__thumb2__) && defined(__ARM_FP) && (__ARM_FP & 4)
    }
#else
    } while (--n);
#endif
    acc[0] = a0;
    acc[1] = a1;
    acc[2] = a2;
    acc[3] = a3;
}

// y[o] = act(acc[o]), o < n
NN_INLINE void nn_put_f32(float *y, const float *acc, int32_t n, int32_t act)
{
#pragma GCC unroll 4
    for (int32_t i = 0; i < n; i++) y[i] = nn_act(acc[i], act);
}

// Any block: acc[p][o] += ..., o < block.
NN_INLINE void nn_dot_f32(float *acc, const float *x, ptrdiff_t dz, const float *w, int32_t n, int32_t block,
                          int32_t positions)
{
    if (block == 4) {
        nn_dot4xp_f32(acc, x, dz, w, n, positions);
        return;
    }
    for (int32_t i = 0; i < n; i++)
        for (int32_t p = 0; p < positions; p++)
            for (int32_t o = 0; o < block; o++)
                acc[p * block + o] = NN_MADD(x[i + p * dz], w[i * block + o], acc[p * block + o]);
}
#endif
