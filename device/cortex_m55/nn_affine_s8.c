// Floats times a factor, plus a term, to int8 on Helium; contract in nn.h.
#ifndef NN_AFFINE_S8_C
#define NN_AFFINE_S8_C
#include "nn_mve_float.h"

// Whether numbers below 2^-126, which vectors take as zero, change nothing.
NN_INLINE int32_t nn_affine_vectors(float factor, float scale)
{
    const float f = factor < 0.0f ? -factor : factor;
    return scale > 1e-18f &&
           (f == 0.0f || (f > 1e-30f && f < 1e9f)); // x * f / scale < 2^-35, and t beside it
}

NN_API void nn_affine_s8(const nn_affine *p, const float *x, const float *factor, const float *term,
                         int8_t *y)
{
    const float scale = nn_float(p->scale_bits);
    const int32_t n = p->rows * p->c, c = p->c, zero = p->zero; // a store to y may change p
#if NN_MVE
    const float32x4_t lo = vdupq_n_f32((float)(-128 - zero)), hi = vdupq_n_f32((float)(127 - zero));
    const uint32x4_t row = vmulq_n_u32(vidupq_n_u32(0, 1), (uint32_t)c);
#endif
    for (int32_t k = 0; k < c; k++) {
        const float f = factor[k], t = term[k];
        int32_t i = k;
#if NN_MVE
        if (p->rows >= 4 &&
            nn_affine_vectors(f, scale)) { // of a number and a NaN the larger one is the number
            const float *u = x + k;
            int8_t *to = y + k;
            __asm__ volatile("dls lr, %[n]\n"
                             "1:\n\t"
                             "vldrw.u32 q0, [%[u], %q[row], uxtw #2]\n\t"
                             "vmul.f32 q0, q0, %[f]\n\t"
                             "vadd.f32 q0, q0, %[t]\n\t"
                             "add %[u], %[u], %[c], lsl #4\n\t"
                             "vdiv.f32 s0, s0, %[scale]\n\t"
                             "vdiv.f32 s1, s1, %[scale]\n\t"
                             "vdiv.f32 s2, s2, %[scale]\n\t"
                             "vdiv.f32 s3, s3, %[scale]\n\t"
                             "vmaxnm.f32 q0, q0, %q[lo]\n\t"
                             "vminnm.f32 q0, q0, %q[hi]\n\t"
                             "vcvta.s32.f32 q0, q0\n\t" // half away from zero
                             "vadd.i32 q0, q0, %[zero]\n\t"
                             "vstrb.32 q0, [%[to], %q[row]]\n\t"
                             "add %[to], %[to], %[c], lsl #2\n\t"
                             "le lr, 1b"
                             : [u] "+r"(u), [to] "+r"(to)
                             : [n] "r"(p->rows / 4), [f] "r"(f), [t] "r"(t), [c] "r"(c), [row] "w"(row),
                               [scale] "t"(scale), [lo] "w"(lo), [hi] "w"(hi), [zero] "r"(zero)
                             : "lr", "q0", "memory");
            i += p->rows / 4 * 4 * c;
        }
#endif
        for (; i < n; i += c) y[i] = nn_round_s8((x[i] * f + t) / scale, zero);
    }
}
#endif
