// Inner loops of the float kernels: a run of n >= 1 inputs against a block of output channels.
// Each accumulator takes its taps in order, one NN_MADD a tap.
#ifndef NN_DOT_F32_H
#define NN_DOT_F32_H
#include "nn_math.h"

// acc[o] += sum x[i] * w[i][o], o < 4
NN_INLINE void nn_dot4_f32(float *acc, const float *x, const float *w, int32_t n)
{
    float a0 = acc[0], a1 = acc[1], a2 = acc[2], a3 = acc[3];
    do {
        const float v = *x++;
        a0 = NN_MADD(v, w[0], a0);
        a1 = NN_MADD(v, w[1], a1);
        a2 = NN_MADD(v, w[2], a2);
        a3 = NN_MADD(v, w[3], a3);
        w += 4;
    } while (--n);
    acc[0] = a0;
    acc[1] = a1;
    acc[2] = a2;
    acc[3] = a3;
}

// The same for two positions, x and z; acc[4 ..] belongs to z. Six loads serve eight products.
NN_INLINE void nn_dot4x2_f32(float *acc, const float *x, const float *z, const float *w, int32_t n)
{
    float a0 = acc[0], a1 = acc[1], a2 = acc[2], a3 = acc[3];
    float b0 = acc[4], b1 = acc[5], b2 = acc[6], b3 = acc[7];
    do {
        const float v = *x++, u = *z++, w0 = w[0], w1 = w[1], w2 = w[2], w3 = w[3];
        a0 = NN_MADD(v, w0, a0);
        b0 = NN_MADD(u, w0, b0);
        a1 = NN_MADD(v, w1, a1);
        b1 = NN_MADD(u, w1, b1);
        a2 = NN_MADD(v, w2, a2);
        b2 = NN_MADD(u, w2, b2);
        a3 = NN_MADD(v, w3, a3);
        b3 = NN_MADD(u, w3, b3);
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
NN_INLINE void nn_dot_any_f32(float *acc, const float *x, const float *w, int32_t n, int32_t block)
{
    do {
        const float v = *x++;
        for (int32_t o = 0; o < block; o++) acc[o] = NN_MADD(v, w[o], acc[o]);
        w += block;
    } while (--n);
}

// z is NULL where there is one position; acc[block ..] belongs to z.
NN_INLINE void nn_dot_f32(float *acc, const float *x, const float *z, const float *w, int32_t n,
                          int32_t block)
{
    if (block == 4 && z)
        nn_dot4x2_f32(acc, x, z, w, n);
    else if (block == 4)
        nn_dot4_f32(acc, x, w, n);
    else {
        nn_dot_any_f32(acc, x, w, n, block);
        if (z) nn_dot_any_f32(acc + block, z, w, n, block);
    }
}
#endif
