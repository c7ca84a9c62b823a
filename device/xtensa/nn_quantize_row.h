// A row of floats: its range, and its values as int8, of the portable file's bits: by integer compares, and by TRUNC.S,
// which scales on the way.
#ifndef NN_QUANTIZE_ROW_H
#define NN_QUANTIZE_ROW_H
#include "../nn_math.h"

#ifdef __GNUC__ // a memcpy of four bytes would load one at a time here
typedef int32_t __attribute__((may_alias)) nn_float_bits;
#else
typedef int32_t nn_float_bits;
#endif

// The least and greatest of 0 and n values, NaN left out. The bits of floats above zero are in the floats' order, those
// below zero in the opposite one, behind them as unsigned numbers.
NN_INLINE void nn_range(const float *x, int32_t n, float *min, float *max)
{
    int32_t high = 0;
    uint32_t low = 0;
    for (int32_t i = 0; i < n; i++) {
        const int32_t bits = *(const nn_float_bits *)(const void *)&x[i];
        high = bits > high ? bits : high;
        low = (uint32_t)bits > low ? (uint32_t)bits : low;
    }
    if (high <= 0x7f800000 && low <= 0xff800000u) { // no NaN
        *min = low > 0x80000000u ? nn_float((int32_t)low) : 0.0f;
        *max = nn_float(high);
        return;
    }
    float lo = 0.0f, hi = 0.0f;
    for (int32_t i = 0; i < n; i++) {
        if (x[i] < lo) lo = x[i];
        if (x[i] > hi) hi = x[i];
    }
    *min = lo;
    *max = hi;
}

// Near a half the portable way decides.
NN_SHARED int32_t nn_quantize_exact(float x, float factor, float z)
{
    return nn_round_s8(NN_MADD(x, factor, z), 0);
}

// y = clamp(round(x * factor + z), least, 127), least -128 or -127; NaN becomes the least. A half more is rounded down:
// 14 bits behind the point tell on which side of an integer that is, unless all are 0 or 1, as in what TRUNC.S saturates.
NN_INLINE void nn_quantize_values(const float *x, int32_t n, float factor, float z, int32_t least, int8_t *y)
{
    const float half = z + 0.5f;
    for (int32_t i = 0; i < n; i++) {
        const float v = NN_MADD(x[i], factor, half);
#ifdef __xtensa__
        int32_t t, q;
        __asm__("trunc.s %0, %1, 14" : "=r"(t) : "f"(v));
#else
        const int32_t t = v > -60000.0f && v < 60000.0f ? (int32_t)(v * 16384.0f) : INT32_MAX;
        int32_t q;
#endif
        q = t >> 14;
        if (!((t + 1u) & 0x3ffeu)) q = nn_quantize_exact(x[i], factor, z);
#ifdef __xtensa__
        __asm__("clamps %0, %0, 7" : "+r"(q));
#else
        q = nn_clamp(q, -128, 127);
#endif
        y[i] = (int8_t)(least > -128 ? nn_max(q, least) : q);
    }
}
#endif
