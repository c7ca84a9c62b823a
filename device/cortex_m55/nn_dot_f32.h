// Inner loops of the float kernels on Helium: a vector holds four output channels, so each accumulator takes its taps
// in the same order as elsewhere. A tap is a load of four weights, a load of an input into a core register a position,
// and one VFMA by that register. Interface as device/nn_dot_f32.h.
#ifndef NN_DOT_F32_H
#define NN_DOT_F32_H
#include "nn_mve_float.h"

#ifndef NN_POSITIONS_F32
#define NN_POSITIONS_F32 4 // four accumulators and the weights, of eight registers
#endif

// acc[p][o] += sum x[i + p * dz] * w[i][o], o < 4, p < positions <= 4
NN_INLINE void nn_dot4xp_f32(float *acc, const float *x, ptrdiff_t dz, const float *w, int32_t n,
                             int32_t positions)
{
#if NN_MVE
    float32x4_t a[4];
#pragma GCC unroll 4
    for (int32_t p = 0; p < positions; p++) a[p] = vldrwq_f32(acc + 4 * p);
    if (positions == 4 && n >= 2) { // two taps a turn, a position's two inputs by one LDRD
        const float *x0 = x, *x1 = x + dz, *x2 = x + 2 * dz, *x3 = x + 3 * dz;
        int32_t t0, t1, t2, t3;
        __asm__ volatile("dls lr, %[n]\n"
                         "1:\n\t"
                         "vldrw.u32 q4, [%[w]], #16\n\t"
                         "ldrd %[t0], %[t1], [%[x0]], #8\n\t"
                         "vldrw.u32 q5, [%[w]], #16\n\t"
                         "vfma.f32 %q[a0], q4, %[t0]\n\t"
                         "ldrd %[t2], %[t3], [%[x1]], #8\n\t"
                         "vfma.f32 %q[a0], q5, %[t1]\n\t"
                         "vfma.f32 %q[a1], q4, %[t2]\n\t"
                         "ldrd %[t0], %[t1], [%[x2]], #8\n\t"
                         "vfma.f32 %q[a1], q5, %[t3]\n\t"
                         "vfma.f32 %q[a2], q4, %[t0]\n\t"
                         "ldrd %[t2], %[t3], [%[x3]], #8\n\t"
                         "vfma.f32 %q[a2], q5, %[t1]\n\t"
                         "vfma.f32 %q[a3], q4, %[t2]\n\t"
                         "vfma.f32 %q[a3], q5, %[t3]\n\t"
                         "le lr, 1b"
                         : [a0] "+w"(a[0]), [a1] "+w"(a[1]), [a2] "+w"(a[2]), [a3] "+w"(a[3]), [x0] "+r"(x0),
                           [x1] "+r"(x1), [x2] "+r"(x2), [x3] "+r"(x3), [w] "+r"(w), [t0] "=&r"(t0),
                           [t1] "=&r"(t1), [t2] "=&r"(t2), [t3] "=&r"(t3)
                         : [n] "r"(n / 2)
                         : "lr", "q4", "q5", "memory");
        x = x0;
        n %= 2;
    }
    for (; n > 0; n--, x++, w += 4) {
        const float32x4_t v = vldrwq_f32(w);
#pragma GCC unroll 4
        for (int32_t p = 0; p < positions; p++) a[p] = vfmaq_n_f32(a[p], v, x[p * dz]);
    }
#pragma GCC unroll 4
    for (int32_t p = 0; p < positions; p++) vstrwq_f32(acc + 4 * p, a[p]);
#else
    for (int32_t i = 0; i < n; i++)
        for (int32_t p = 0; p < positions; p++)
            for (int32_t o = 0; o < 4; o++)
                acc[4 * p + o] = NN_MADD(x[i + p * dz], w[4 * i + o], acc[4 * p + o]);
#endif
}

NN_INLINE void nn_dot4_f32(float *acc, const float *x, const float *w, int32_t n)
{
#if NN_MVE
    float32x4_t a = vldrwq_f32(acc);
    if (n >= 4) {
        int32_t t0, t1, t2, t3;
        __asm__ volatile("dls lr, %[n]\n"
                         "1:\n\t"
                         "ldrd %[t0], %[t1], [%[x]], #8\n\t"
                         "vldrw.u32 q1, [%[w]], #16\n\t"
                         "vldrw.u32 q2, [%[w]], #16\n\t"
                         "vfma.f32 %q[a], q1, %[t0]\n\t"
                         "ldrd %[t2], %[t3], [%[x]], #8\n\t"
                         "vldrw.u32 q1, [%[w]], #16\n\t"
                         "vfma.f32 %q[a], q2, %[t1]\n\t"
                         "vldrw.u32 q2, [%[w]], #16\n\t"
                         "vfma.f32 %q[a], q1, %[t2]\n\t"
                         "vfma.f32 %q[a], q2, %[t3]\n\t"
                         "le lr, 1b"
                         : [a] "+w"(a), [x] "+r"(x), [w] "+r"(w), [t0] "=&r"(t0), [t1] "=&r"(t1),
                           [t2] "=&r"(t2), [t3] "=&r"(t3)
                         : [n] "r"(n / 4)
                         : "lr", "q1", "q2", "memory");
        n %= 4;
    }
    for (; n > 0; n--, w += 4) a = vfmaq_n_f32(a, vldrwq_f32(w), *x++);
    vstrwq_f32(acc, a);
#else
    nn_dot4xp_f32(acc, x, 0, w, n, 1);
#endif
}

// y[o] = act(acc[o]), o < n
NN_INLINE void nn_put_f32(float *y, const float *acc, int32_t n, int32_t act)
{
#if NN_MVE
    if (n == 4) {
        vstrwq_f32(y, nn_mve_act(vldrwq_f32(acc), act));
        return;
    }
#endif
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
