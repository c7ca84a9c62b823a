// A row of floats on cores with the DSP extension and an FPU without vectors: its range, and its values as int8; as
// device/nn_quantize_row.h.
#ifndef NN_QUANTIZE_ROW_H
#define NN_QUANTIZE_ROW_H
#include "../nn_math.h"

NN_INLINE void nn_range_any(const float *x, int32_t n, float *min, float *max)
{
    float lo = 0.0f, hi = 0.0f;
    for (int32_t i = 0; i < n; i++) {
        if (x[i] < lo) lo = x[i];
        if (x[i] > hi) hi = x[i];
    }
    *min = lo;
    *max = hi;
}

// The bits of positive floats are in order as signed integers, and those of negative ones, backwards, as unsigned
// integers above 2^31: comparing them costs no transfer of flags from the FPU.
NN_INLINE void nn_range(const float *x, int32_t n, float *min, float *max)
{
    int32_t hi = 0;
    uint32_t lo = 0x80000000u;
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC unroll 4
#endif
    for (int32_t i = 0; i < n; i++) {
        int32_t v;
        memcpy(&v, x + i, sizeof v);
        hi = v > hi ? v : hi;
        lo = (uint32_t)v > lo ? (uint32_t)v : lo;
    }
    if (hi > 0x7f800000 || lo > 0xff800000u) { // NaN
        nn_range_any(x, n, min, max);
        return;
    }
    *max = nn_float(hi);
    *min = lo == 0x80000000u ? 0.0f : nn_float((int32_t)lo);
}

NN_INLINE void nn_quantize_any(const float *x, int32_t n, float factor, float z, int32_t least, int8_t *y)
{
    for (int32_t i = 0; i < n; i++) {
        const int8_t q = nn_round_s8(NN_MADD(x[i], factor, z), 0);
        y[i] = (int8_t)(q < least ? least : q);
    }
}

// VCVT to 16 bits behind the point cuts towards zero; then half away from zero is 2^15 more, one less for a negative
// number, and SSAT takes the integer. What does not fit, NaN too, sets FPSCR.IOC: then all over again.
NN_INLINE void nn_quantize_values(const float *x, int32_t n, float factor, float z, int32_t least, int8_t *y)
{
#if defined(__ARM_FP) && (__ARM_FP & 4) && defined(__ARM_FEATURE_DSP) && defined(__GNUC__)
    uint32_t status;
    __asm__ volatile("vmrs %0, fpscr" : "=r"(status));
    __asm__ volatile("vmsr fpscr, %0" ::"r"(status & ~1u));
#if !defined(__clang__)
#pragma GCC unroll 4
#endif
    for (int32_t i = 0; i < n; i++) {
        float v = NN_MADD(x[i], factor, z);
        int32_t q;
        __asm__ volatile("vcvt.s32.f32 %0, %0, #16" : "+t"(v));
        memcpy(&q, &v, sizeof q);
        q += q >> 31;
        __asm__("qadd %0, %0, %1" : "+r"(q) : "r"(0x8000));
        __asm__("ssat %0, #8, %1, asr #16" : "=r"(q) : "r"(q));
        y[i] = (int8_t)(least > -128 ? nn_max(q, least) : q);
    }
    uint32_t now;
    __asm__ volatile("vmrs %0, fpscr" : "=r"(now));
    __asm__ volatile("vmsr fpscr, %0" ::"r"(now | status));
    if (!(now & 1)) return;
#endif
    nn_quantize_any(x, n, factor, z, least, y);
}
#endif
