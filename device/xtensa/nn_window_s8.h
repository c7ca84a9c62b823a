// A window of n floats to int8 by the FPU's multiply-add; contract in ../nn_window_s8.h.
#ifndef NN_WINDOW_S8_H
#define NN_WINDOW_S8_H
#include "../nn_border.h"

NN_SHARED int32_t nn_window_exact(float x, float scale)
{
    float q = x / scale;
    q = q > -65536.0f ? q : -65536.0f; // not a number, too
    return nn_round(q < 65536.0f ? q : 65536.0f);
}

// x * 4096 / scale and a half: where that is below 2^22 its error, the truncation included, is below 3, beyond all is
// clamped; so within 4 of an integer the division decides, and of what TRUNC.S saturates, NaN too.
NN_INLINE void nn_window_s8(const float *x, int32_t n, float scale, float per_4096, int32_t zero, int8_t *y)
{
    float half = 2048.0f;
#ifdef __xtensa__
    __asm__("" : "+f"(half), "+f"(per_4096)); // registers', not constants to be loaded anew
#endif
    for (int32_t i = 0; i < n; i++) {
        const float v = NN_MADD(x[i], per_4096, half);
#ifdef __xtensa__
        const int32_t t = (int32_t)v;
#else
        const int32_t t = v > -1e9f && v < 1e9f ? (int32_t)v : INT32_MAX;
#endif
        int32_t q = t >> 12;
        if (!((t + 4u) & 0xff8u)) q = nn_window_exact(x[i], scale);
        q += zero;
#ifdef __xtensa__
        __asm__("clamps %0, %0, 7" : "+r"(q));
#else
        q = nn_clamp(q, -128, 127);
#endif
        y[i] = (int8_t)q;
    }
}
#endif
