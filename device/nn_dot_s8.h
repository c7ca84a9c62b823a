// Inner loops of the int8 and dynamic kernels: a run of n >= 1 inputs against a block of output channels.
#ifndef NN_DOT_S8_H
#define NN_DOT_S8_H
#include "nn_math.h"

// Whether two positions at a time pay: eight accumulators, four weights and two inputs want 20 registers.
#ifndef NN_PAIR_S8
#if defined(__riscv) || defined(__x86_64__) || defined(__aarch64__)
#define NN_PAIR_S8 1
#else
#define NN_PAIR_S8 0
#endif
#endif

// acc[o] += sum x[i] * w[i][o], o < 4
NN_INLINE void nn_dot4_s8(int32_t *acc, const int8_t *x, const int8_t *w, int32_t n)
{
    int32_t a0 = acc[0], a1 = acc[1], a2 = acc[2], a3 = acc[3];
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

// The same for two positions, x and z; acc[4 ..] belongs to z.
NN_INLINE void nn_dot4x2_s8(int32_t *acc, const int8_t *x, const int8_t *z, const int8_t *w, int32_t n)
{
    int32_t a0 = acc[0], a1 = acc[1], a2 = acc[2], a3 = acc[3];
    int32_t b0 = acc[4], b1 = acc[5], b2 = acc[6], b3 = acc[7];
    do {
        const int32_t v = *x++, u = *z++, w0 = w[0], w1 = w[1], w2 = w[2], w3 = w[3];
        a0 += v * w0;
        b0 += u * w0;
        a1 += v * w1;
        b1 += u * w1;
        a2 += v * w2;
        b2 += u * w2;
        a3 += v * w3;
        b3 += u * w3;
        w += 4;
    } while (--n);
    acc[0] = a0;
    acc[1] = a1;
    acc[2] = a2;
    acc[3] = a3;
    acc[4] = b0;
    acc[5] = b1;
    acc[6] = b2;
    acc[7] = b3;
}

// Any block.
NN_INLINE void nn_dot_any_s8(int32_t *acc, const int8_t *x, const int8_t *w, int32_t n, int32_t block)
{
    do {
        const int32_t v = *x++;
        for (int32_t o = 0; o < block; o++) acc[o] += v * w[o];
        w += block;
    } while (--n);
}

// z is NULL where there is one position; acc[block ..] belongs to z.
NN_INLINE void nn_dot_s8(int32_t *acc, const int8_t *x, const int8_t *z, const int8_t *w, int32_t n,
                         int32_t block)
{
    if (block == 4 && z)
        nn_dot4x2_s8(acc, x, z, w, n);
    else if (block == 4)
        nn_dot4_s8(acc, x, w, n);
    else {
        nn_dot_any_s8(acc, x, w, n, block);
        if (z) nn_dot_any_s8(acc + block, z, w, n, block);
    }
}

// acc[o] += v * sum w[i][o]: n taps that all see the value v (padding).
NN_INLINE void nn_dot_same_s8(int32_t *acc, int32_t v, const int8_t *w, int32_t n, int32_t block)
{
    for (; n > 0; n--, w += block)
        for (int32_t o = 0; o < block; o++) acc[o] += v * w[o];
}
#endif
