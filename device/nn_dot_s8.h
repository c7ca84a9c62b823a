// Inner loops of the int8 and dynamic kernels: a run of n >= 1 inputs against a block of output channels, at
// one or several positions.
#ifndef NN_DOT_S8_H
#define NN_DOT_S8_H
#include "nn_math.h"

// Positions at a time: three blocks of accumulators and their operands just fit 31 registers.
#ifndef NN_POSITIONS_S8
#if defined(__riscv) || defined(__x86_64__) || defined(__aarch64__)
#define NN_POSITIONS_S8 3
#else
#define NN_POSITIONS_S8 1
#endif
#endif

// acc[p][o] += sum x[i + p * dz] * w[i][o], o < 4, p < positions <= 4
NN_INLINE void nn_dot4xp_s8(int32_t *acc, const int8_t *x, ptrdiff_t dz, const int8_t *w, int32_t n,
                            int32_t positions)
{
    int32_t a[16];
#pragma GCC unroll 16
    for (int32_t i = 0; i < 4 * positions; i++) a[i] = acc[i];
#pragma GCC unroll 2
    do {
        const int32_t w0 = w[0], w1 = w[1], w2 = w[2], w3 = w[3];
#pragma GCC unroll 4
        for (int32_t p = 0; p < positions; p++) {
            const int32_t v = x[p * dz];
            a[4 * p] += v * w0;
            a[4 * p + 1] += v * w1;
            a[4 * p + 2] += v * w2;
            a[4 * p + 3] += v * w3;
        }
        x++;
        w += 4;
    } while (--n);
#pragma GCC unroll 16
    for (int32_t i = 0; i < 4 * positions; i++) acc[i] = a[i];
}

// One position: nine loads and sums a tap, so that loop control is worth saving.
NN_INLINE void nn_dot4_s8(int32_t *acc, const int8_t *x, const int8_t *w, int32_t n)
{
    int32_t a0 = acc[0], a1 = acc[1], a2 = acc[2], a3 = acc[3];
    NN_UNROLL_TAPS
    do {
        const int32_t v = *x++;
        a0 += v * w[0];
        a1 += v * w[1];
        a2 += v * w[2];
        a3 += v * w[3];
        w += 4;
    } while (--n);
    acc[0] = a0;
    acc[1] = a1;
    acc[2] = a2;
    acc[3] = a3;
}

// Any block: acc[p][o] += ..., o < block.
NN_INLINE void nn_dot_s8(int32_t *acc, const int8_t *x, ptrdiff_t dz, const int8_t *w, int32_t n,
                         int32_t block, int32_t positions)
{
    if (block == 4 && positions == 1) {
        nn_dot4_s8(acc, x, w, n);
        return;
    }
    if (block == 4) {
        nn_dot4xp_s8(acc, x, dz, w, n, positions);
        return;
    }
    for (int32_t i = 0; i < n; i++)
        for (int32_t p = 0; p < positions; p++)
            for (int32_t o = 0; o < block; o++) acc[p * block + o] += x[i + p * dz] * w[i * block + o];
}

// acc[o] += v * sum w[i][o]: n taps that all see the value v (padding).
NN_INLINE void nn_dot_same_s8(int32_t *acc, int32_t v, const int8_t *w, int32_t n, int32_t block)
{
    for (; n > 0; n--, w += block)
        for (int32_t o = 0; o < block; o++) acc[o] += v * w[o];
}
#endif
