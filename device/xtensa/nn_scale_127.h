// The two numbers of a symmetric int8 row, as ../nn_scale_127.h, without the library's division: an estimate of 1 / range from
// its bits, two steps that leave a cube and a square of its error, and what the quotient leaves, exact in one multiply-add,
// for the last bit. Equal to both divisions at every significand (tests/device/test_mac16_gates.c).
#ifndef NN_SCALE_127_H
#define NN_SCALE_127_H
#include "../nn_math.h"

NN_INLINE float nn_scale_127(float range, float *factor)
{
    const float by_127 = 1.0f / 127.0f;
    int32_t bits;
#ifdef __xtensa__
    __asm__("rfr %0, %1" : "=r"(bits) : "f"(range));
#else
    memcpy(&bits, &range, sizeof bits);
#endif
    // near the ends a step would be subnormal or infinite
    if ((uint32_t)bits - 0x20000000u >= 0x60000000u - 0x20000000u) {
        *factor = 127.0f / range;
        return range / 127.0f;
    }
    const float scale = range * by_127, start = nn_float(0x7ef311c7 - bits);
    const float miss = NN_MADD(-range, start, 1.0f), near = NN_MADD(start, NN_MADD(miss, miss, miss), start);
    const float r = NN_MADD(near, NN_MADD(-range, near, 1.0f), near), q = 127.0f * r;
    *factor = NN_MADD(NN_MADD(-range, q, 127.0f), r, q);
    return NN_MADD(NN_MADD(-127.0f, scale, range), by_127, scale);
}
#endif
