// Floats to int8 on cores with the DSP extension and an FPU without vectors; contract in nn.h. VCVT to 16 bits behind the
// point cuts towards zero; then half away from zero is 2^15 more, one less for a negative number, and SSAT takes the
// integer. What does not fit, NaN too, sets FPSCR.IOC: then all over again.
#ifndef NN_QUANTIZE_S8_C
#define NN_QUANTIZE_S8_C
#include "../nn_math.h"

NN_API void nn_quantize_s8(const nn_quantize *p, const float *x, int8_t *y)
{
    const float scale = nn_float(p->scale_bits);
    const int32_t n = p->n, zero = p->zero; // a store to y may change p for all a compiler knows
#if defined(__ARM_FP) && (__ARM_FP & 4) && defined(__ARM_FEATURE_DSP) && defined(__GNUC__)
    const int32_t half = 0x8000 + zero * 65536;
    uint32_t status, now;
    __asm__ volatile("vmrs %0, fpscr" : "=r"(status));
    __asm__ volatile("vmsr fpscr, %0" ::"r"(status & ~1u));
#if !defined(__clang__)
#pragma GCC unroll 4
#endif
    for (int32_t i = 0; i < n; i++) {
        float v = x[i] / scale;
        int32_t q;
        __asm__ volatile("vcvt.s32.f32 %0, %0, #16" : "+t"(v));
        memcpy(&q, &v, sizeof q);
        q += q >> 31;
        __asm__("qadd %0, %0, %1" : "+r"(q) : "r"(half));
        __asm__("ssat %0, #8, %1, asr #16" : "=r"(q) : "r"(q));
        y[i] = (int8_t)q;
    }
    __asm__ volatile("vmrs %0, fpscr" : "=r"(now));
    __asm__ volatile("vmsr fpscr, %0" ::"r"(now | status));
    if (!(now & 1)) return;
#endif
    for (int32_t i = 0; i < n; i++) y[i] = nn_round_s8(x[i] / scale, zero);
}
#endif
