// Where the model meets the sensor: floats to the input's integers, by the FPU's multiply-add. nn_round_quotient's
// contract stands in ../nn_border.h.
#ifndef NN_BORDER_H
#define NN_BORDER_H
#include "../nn_math.h"

NN_SHARED int32_t nn_round_divided(float x, float scale)
{
    float q = x / scale;
    q = q > -65536.0f ? q : -65536.0f; // not a number, too
    return nn_round(q < 65536.0f ? q : 65536.0f);
}

// x * 4096 / scale and a half, and 4 more: while it is below 2^22 its error, the truncation included, is below 3, so
// that within 4 of an integer the division decides. TRUNC.S saturates, of what is no number, too.
NN_INLINE int32_t nn_round_quotient(float x, float scale, float per_4096)
{
    const float v = NN_MADD(x, per_4096, 2052.0f);
#ifdef __xtensa__
    const int32_t t = (int32_t)v;
#else
    const int32_t t = v > -1e9f && v < 1e9f ? (int32_t)v : INT32_MAX;
#endif
    if ((uint32_t)t + (1u << 22) < 1u << 23 && (t & 0xff8)) return t >> 12;
    return nn_round_divided(x, scale);
}

#include "../nn_window_s8.h"
#endif
