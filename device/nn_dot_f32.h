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

// Two blocks of four that share an input, where there are registers for eight accumulators and a gain in it.
#if defined(__xtensa__) && NN_FMA
#define NN_BLOCKS_F32 2
#else
#define NN_BLOCKS_F32 1
#endif

// acc[4 * b + o] += sum x[i] * w[b * next + 4 * i + o], o < 4, b < 2: nn_dot4_f32 of two blocks.
NN_INLINE void nn_dot4x2_f32(float *acc, const float *x, const float *w, ptrdiff_t next, int32_t n)
{
    const float *v = w + next;
    float a0 = acc[0], a1 = acc[1], a2 = acc[2], a3 = acc[3];
    float b0 = acc[4], b1 = acc[5], b2 = acc[6], b3 = acc[7];
#if defined(__xtensa__) && NN_FMA
    // four taps a turn of the loop that costs nothing; the compiler loads all weights first and runs out of registers
#define NN_HALF(w, at, a)                                                                                    \
    "lsi %[t0], %[" w "], " at "\n\tlsi %[t1], %[" w "], " at "+4\n\t"                                       \
    "lsi %[t2], %[" w "], " at "+8\n\tlsi %[t3], %[" w "], " at "+12\n\t"                                    \
    "madd.s %[" a "0], %[in], %[t0]\n\tmadd.s %[" a "1], %[in], %[t1]\n\t"                                   \
    "madd.s %[" a "2], %[in], %[t2]\n\tmadd.s %[" a "3], %[in], %[t3]\n\t"
#define NN_TAP(i) "lsi %[in], %[x], 4*" i "\n\t" NN_HALF("w", "16*" i, "a") NN_HALF("v", "16*" i, "b")
    float tap, t0, t1, t2, t3;
    __asm__ volatile("loopnez %[n], .Lnn_dot4x2_%=\n\t" NN_TAP("0") NN_TAP("1") NN_TAP("2")
                         NN_TAP("3") "addi %[x], %[x], 16\n\t"
                                     "addi %[w], %[w], 64\n\t"
                                     "addi %[v], %[v], 64\n"
                                     ".Lnn_dot4x2_%=:"
                     : [x] "+r"(x), [w] "+r"(w), [v] "+r"(v), [a0] "+f"(a0), [a1] "+f"(a1), [a2] "+f"(a2),
                       [a3] "+f"(a3), [b0] "+f"(b0), [b1] "+f"(b1), [b2] "+f"(b2), [b3] "+f"(b3),
                       [in] "=&f"(tap), [t0] "=&f"(t0), [t1] "=&f"(t1), [t2] "=&f"(t2), [t3] "=&f"(t3)
                     : [n] "r"(n / 4)
                     : "memory");
#undef NN_TAP
#undef NN_HALF
    n &= 3;
#endif
    for (; n > 0; n--) {
        const float in = *x++;
        a0 = NN_MADD(in, w[0], a0);
        a1 = NN_MADD(in, w[1], a1);
        a2 = NN_MADD(in, w[2], a2);
        a3 = NN_MADD(in, w[3], a3);
        b0 = NN_MADD(in, v[0], b0);
        b1 = NN_MADD(in, v[1], b1);
        b2 = NN_MADD(in, v[2], b2);
        b3 = NN_MADD(in, v[3], b3);
        w += 4;
        v += 4;
    }
    acc[0] = a0;
    acc[1] = a1;
    acc[2] = a2;
    acc[3] = a3;
    acc[4] = b0;
    acc[5] = b1;
    acc[6] = b2;
    acc[7] = b3;
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
