#include "half.h"
#include <math.h>
#include <string.h>

float half_value(uint16_t h)
{
    int exponent = h >> 10 & 31, mantissa = h & 1023;
    float v = exponent == 0    ? ldexpf((float)mantissa, -24)
              : exponent == 31 ? (mantissa ? NAN : INFINITY)
                               : ldexpf((float)(mantissa + 1024), exponent - 25);
    return h & 0x8000 ? -v : v;
}

uint16_t half_nearest(float v)
{
    const uint16_t sign = signbit(v) ? 0x8000 : 0;
    const float a = fabsf(v);
    if (isnan(v)) return sign | 0x7e00;
    if (a >= 65520) return sign | 0x7c00; // half way from the largest to what would follow it
    // a multiple of the last bit's weight: 2^-24 below 2^-14, else 11 bits of the number
    int exponent = -13;
    if (a >= 0x1p-14f) frexpf(a, &exponent);
    const int steps = (int)nearbyintf(ldexpf(a, 11 - exponent)); // 1024 .. 2048, below 1024 when subnormal
    return (uint16_t)(sign + (a >= 0x1p-14f ? (exponent + 13) * 1024 + steps : steps));
}
