// A row of floats: its range, and its values as int8. Folders of faster cores have a file of the same name.
#ifndef NN_QUANTIZE_ROW_H
#define NN_QUANTIZE_ROW_H
#include "nn_soft_row.h"

// The least and greatest of 0 and n values, NaN left out.
NN_INLINE void nn_range(const float *x, int32_t n, float *min, float *max)
{
#if NN_SOFT // by their bits, whose order that of the floats is, backwards below zero
    int32_t high = 0;
    uint32_t low = 0x80000000u;
    for (int32_t i = 0; i < n; i++) {
        const uint32_t u = nn_soft_bits(x[i]);
        high = (int32_t)u > high && u <= 0x7f800000u ? (int32_t)u : high;
        low = u > low && u <= 0xff800000u ? u : low;
    }
    *min = low > 0x80000000u ? nn_soft_of(low) : 0.0f;
    *max = nn_soft_of((uint32_t)high);
    return;
#endif
    float lo = 0.0f, hi = 0.0f;
    for (int32_t i = 0; i < n; i++) {
        if (x[i] < lo) lo = x[i];
        if (x[i] > hi) hi = x[i];
    }
    *min = lo;
    *max = hi;
}

// y = clamp(round(x * factor + z), least, 127), least -128 or -127; NaN becomes the least.
NN_INLINE void nn_quantize_values(const float *x, int32_t n, float factor, float z, int32_t least, int8_t *y)
{
#if NN_SOFT
    const nn_soft_row r = nn_soft_row_of(factor, z);
#endif
    for (int32_t i = 0; i < n; i++) {
        int32_t q;
#if NN_SOFT
        if (NN_SOFT_RARE(!nn_soft_row_take(&r, x[i], &q)))
#endif
            q = nn_round_s8(NN_MADD(x[i], factor, z), 0);
        y[i] = (int8_t)nn_clamp(q, least, 127);
    }
}
#endif
