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
NN_INLINE void nn_range_take(const float *x, int32_t *hi, uint32_t *lo)
{
    int32_t v;
    memcpy(&v, x, sizeof v);
    *hi = v > *hi ? v : *hi;
    *lo = (uint32_t)v > *lo ? (uint32_t)v : *lo;
}

NN_INLINE void nn_range(const float *x, int32_t n, float *min, float *max)
{
    int32_t hi = 0, i = 0;
    uint32_t lo = 0x80000000u;
    for (; i < (n & ~3); i += 4) {
        NN_UNROLL_TAPS
        for (int32_t k = 0; k < 4; k++) nn_range_take(x + i + k, &hi, &lo);
    }
    for (; i < n; i++) nn_range_take(x + i, &hi, &lo);
    if (hi > 0x7f800000 || lo > 0xff800000u) { // NaN
        nn_range_any(x, n, min, max);
        return;
    }
    *max = nn_float(hi);
    *min = lo == 0x80000000u ? 0.0f : nn_float((int32_t)lo);
}

// VCVT to 16 bits behind the point cuts towards zero; then half away from zero is 2^15 more, one less for a negative
// number, and SSAT takes the integer.
#if defined(__ARM_FP) && (__ARM_FP & 4) && defined(__ARM_FEATURE_DSP) && defined(__GNUC__)
#define NN_QUANTIZE_CVT 1
NN_INLINE int8_t nn_quantize_cvt(float v, int32_t half)
{
    int32_t q, nearest; // half - (q < 0), apart: a q of -32768 less one would wrap
    __asm__ volatile("vcvt.s32.f32 %1, %1, #16\n\t"
                     "vmov %0, %1\n\t"
                     "add %2, %3, %0, asr #31\n\t"
                     "qadd %0, %0, %2\n\t"
                     "ssat %0, #8, %0, asr #16"
                     : "=&r"(q), "+t"(v), "=&r"(nearest)
                     : "r"(half));
    return (int8_t)q;
}
#endif

// NaN, and numbers below what VCVT can hold, set FPSCR.IOC: then all that are not above -128 are put in once more.
NN_INLINE void nn_quantize_values(const float *x, int32_t n, float factor, float z, int32_t least, int8_t *y)
{
#ifdef NN_QUANTIZE_CVT
    uint32_t status, now;
    int32_t i = 0;
    const int32_t half = 0x8000;
    __asm__ volatile("vmrs %0, fpscr" : "=r"(status));
    __asm__ volatile("vmsr fpscr, %0" ::"r"(status & ~1u));
    for (; i < (n & ~3); i += 4) {
        NN_UNROLL_TAPS
        for (int32_t k = 0; k < 4; k++) {
            const int32_t q = nn_quantize_cvt(NN_MADD(x[i + k], factor, z), half);
            y[i + k] = (int8_t)(least > -128 ? nn_max(q, least) : q);
        }
    }
    for (; i < n; i++) {
        const int32_t q = nn_quantize_cvt(NN_MADD(x[i], factor, z), half);
        y[i] = (int8_t)(least > -128 ? nn_max(q, least) : q);
    }
    __asm__ volatile("vmrs %0, fpscr" : "=r"(now));
    __asm__ volatile("vmsr fpscr, %0" ::"r"(now | status));
    if (now & 1)
        for (i = 0; i < n; i++)
            if (!(NN_MADD(x[i], factor, z) > -128.0f)) y[i] = (int8_t)least;
#else
    for (int32_t i = 0; i < n; i++) {
        const int8_t q = nn_round_s8(NN_MADD(x[i], factor, z), 0);
        y[i] = (int8_t)(q < least ? least : q);
    }
#endif
}
#endif
