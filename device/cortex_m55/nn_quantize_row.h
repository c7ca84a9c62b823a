// A row of floats on Helium: its range, and its values as int8; as device/nn_quantize_row.h.
#ifndef NN_QUANTIZE_ROW_H
#define NN_QUANTIZE_ROW_H
#include "nn_mve_float.h"

NN_INLINE void nn_range(const float *x, int32_t n, float *min, float *max)
{
    float lo = 0.0f, hi = 0.0f;
    int32_t i = 0;
#if NN_MVE
    float32x4_t least = vdupq_n_f32(0.0f), most = least;
    for (; i + 4 <= n; i += 4) { // of a number and a NaN both take the number
        const float32x4_t v = vldrwq_f32(x + i);
        least = vminnmq_f32(least, v);
        most = vmaxnmq_f32(most, v);
    }
    lo = vminnmvq_f32(lo, least);
    hi = vmaxnmvq_f32(hi, most);
#endif
    for (; i < n; i++) {
        if (x[i] < lo) lo = x[i];
        if (x[i] > hi) hi = x[i];
    }
    *min = lo;
    *max = hi;
}

NN_INLINE void nn_quantize_values(const float *x, int32_t n, float factor, float z, int32_t least, int8_t *y)
{
    int32_t i = 0;
#if NN_MVE
    const float32x4_t lo = vdupq_n_f32((float)least), hi = vdupq_n_f32(127.0f), zero = vdupq_n_f32(z);
    for (; i + 4 <= n; i += 4) {
        const float32x4_t v = vfmaq_n_f32(zero, vldrwq_f32(x + i), factor);
        vstrbq_s32(y + i, vcvtaq_s32_f32(vminnmq_f32(vmaxnmq_f32(v, lo), hi))); // half away from zero
    }
#endif
    for (; i < n; i++) {
        const int8_t q = nn_round_s8(NN_MADD(x[i], factor, z), 0);
        y[i] = (int8_t)(q < least ? least : q);
    }
}
#endif
