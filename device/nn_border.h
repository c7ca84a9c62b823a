// Where the model meets the sensor: floats to the input's integers.
#ifndef NN_BORDER_H
#define NN_BORDER_H
#include "nn_math.h"

// nn_round(x / scale), |result| <= 65536; per_4096 is the float 4096 / scale. The quotient's rounding is the
// contract, but a division costs hundreds of instructions without an FPU. So x * 4096 / scale first: for
// |x / scale| < 1024 its error is below 3 (three roundings of 2^-24 each, and the truncation), and only where
// a half lies that near is the division needed.
NN_INLINE int32_t nn_round_quotient(float x, float scale, float per_4096)
{
    const float v = x * per_4096;
    int32_t bits;
    memcpy(&bits, &v, sizeof bits);
    if ((bits & 0x7fffffff) < 0x4a800000 /* 2^22 */) {
        const int32_t t = (int32_t)v + 2048;
        if ((uint32_t)((t & 4095) - 3) < 4090u) return t >> 12;
    }
    float q = x / scale;
    q = q > -65536.0f ? q : -65536.0f; // not a number, too
    return nn_round(q < 65536.0f ? q : 65536.0f);
}

#include "nn_window_s8.h"
#endif
