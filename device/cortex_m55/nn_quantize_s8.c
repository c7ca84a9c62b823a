// Floats to int8 on Helium; contract in nn.h. It has no division: the scalar one works on the four parts of a vector.
#ifndef NN_QUANTIZE_S8_C
#define NN_QUANTIZE_S8_C
#include "nn_mve_float.h"

NN_API void nn_quantize_s8(const nn_quantize *p, const float *x, int8_t *y)
{
    const float scale = nn_float(p->scale_bits);
    const int32_t n = p->n, zero = p->zero; // a store to y may change p for all a compiler knows
    int32_t i = 0;
#if NN_MVE
    if (n >= 4) { // of a number and a NaN the larger one is the number
        const float32x4_t lo = vdupq_n_f32((float)(-128 - zero)), hi = vdupq_n_f32((float)(127 - zero));
        int8_t *to = y;
        __asm__ volatile("dls lr, %[n]\n"
                         "1:\n\t"
                         "vldrw.u32 q0, [%[x]], #16\n\t"
                         "vdiv.f32 s0, s0, %[scale]\n\t"
                         "vdiv.f32 s1, s1, %[scale]\n\t"
                         "vdiv.f32 s2, s2, %[scale]\n\t"
                         "vdiv.f32 s3, s3, %[scale]\n\t"
                         "vmaxnm.f32 q0, q0, %q[lo]\n\t"
                         "vminnm.f32 q0, q0, %q[hi]\n\t"
                         "vcvta.s32.f32 q0, q0\n\t" // half away from zero
                         "vadd.i32 q0, q0, %[zero]\n\t"
                         "vstrb.32 q0, [%[to]], #4\n\t"
                         "le lr, 1b"
                         : [x] "+r"(x), [to] "+l"(to)
                         : [n] "r"(n / 4), [scale] "t"(scale), [lo] "w"(lo), [hi] "w"(hi), [zero] "r"(zero)
                         : "lr", "q0", "memory");
        i = n & ~3;
        x -= i;
    }
#endif
    for (; i < n; i++) y[i] = nn_round_s8(x[i] / scale, zero);
}
#endif
