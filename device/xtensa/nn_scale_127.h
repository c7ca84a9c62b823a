// The two numbers of a symmetric int8 row, as ../nn_scale_127.h, without the library's division: an estimate of 1 / range from
// its bits, two steps that leave a cube and a square of its error, and what the quotient leaves, exact in one multiply-add,
// for the last bit. Equal to both divisions at every significand (tests/device/test_mac16_gates.c).
#ifndef NN_SCALE_127_H
#define NN_SCALE_127_H
#include "nn_quotient.h"

NN_INLINE float nn_scale_127(float range, float *factor)
{
    const float by_127 = 1.0f / 127.0f;
    const int32_t bits = nn_bits(range);
    // near the ends a step would be subnormal or infinite
    if ((uint32_t)bits - 0x20000000u >= 0x60000000u - 0x20000000u) {
        *factor = 127.0f / range;
        return range / 127.0f;
    }
    const float start = nn_float(0x7ef311c7 - bits);
    const float miss = NN_MADD(-range, start, 1.0f), near = NN_MADD(start, NN_MADD(miss, miss, miss), start);
    *factor = nn_quotient(127.0f, range, nn_nearer(near, range, 1.0f));
    return nn_quotient(range, 127.0f, by_127);
}
#endif
