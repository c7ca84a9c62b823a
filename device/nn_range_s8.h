// Scale and zero point of a range of floats as int8: TensorFlow Lite's asymmetric choice, which is made in double
// precision, without doubles. The formulas there, each operation rounded to 53 bits:
//     scale = (hi - lo) / 255,  zero = round(-128 - lo / scale or 127 - hi / scale), half away from zero
// Both ends name the same number, t - 128 with t = 255 * -lo / (hi - lo), but for rounding errors below 2^-44. Where t is
// no half exactly it is 2^-36 or more away from one, so that exact integers decide. Where it is, the ends' errors do: S,
// the scale's 53 bits, is rest / 255 of a step too low or high, and a quotient u (a half: lo / scale, or hi / scale from
// t = 127.5 on) leaves its half, by one unit of 53 bits, when 2 u * rest > 255 * S / 2^(52 - j), 2^j <= u < 2^(j + 1).
// Adding 128 or 127 rounds that unit off again unless u is at least as large as what is left, z. tests/device/test_range.c
// compares with the double form at every such half.
#ifndef NN_RANGE_S8_H
#define NN_RANGE_S8_H
#include "nn_math.h"

// m 2^(37 - d), m < 2^24; what falls below 1 becomes a 1.
NN_INLINE uint64_t nn_range_end(uint32_t m, int32_t d)
{
    if (d < 30) return (uint64_t)(m << 8) * (1u << (29 - d));
    d = nn_min(d - 29, 31);
    return m << 8 >> d | (m << (32 - d) << 8 != 0);
}

// min <= 0 <= max, not both 0. Infinite ends: scale infinite, zero as the formulas' NaN ends up.
NN_INLINE float nn_range_asymmetric(float min, float max, int32_t *zero)
{
    int32_t a, b;
    memcpy(&a, &max, sizeof a);
    memcpy(&b, &min, sizeof b);
    b &= 0x7fffffff;
    const int32_t infinite = 0x7f800000, most = nn_max(a, b), least = nn_min(a, b);
    *zero = a < infinite ? 127 : -128;
    if (most >= infinite) return nn_float(infinite);
    const int32_t e0 = nn_max(least >> 23, 1); // value: (bits - ((e - 1) << 23)) 2^(e - 150)
    int32_t e = nn_max(most >> 23, 1);
    uint64_t range = (uint64_t)(uint32_t)(most - ((e - 1) << 23)) << 37, low = range;
    const uint64_t other = nn_range_end((uint32_t)(least - ((e0 - 1) << 23)), e - e0);
    if (b < a) low = other;
    for (range += other; range < (uint64_t)1 << 61; e--) range += range, low += low; // 62 bits
    // 53 bits of range / 255, in digits of 16 bits
    uint64_t v = (range + 255 + (range >> 9 & 1)) >> 9; // half to even
    const int32_t over = v >= (uint64_t)255 << 45;
    v <<= 7;
    if (!over) v += v;
    const uint32_t high = (uint32_t)(v >> 32), d1 = high % 255 << 16 | ((uint32_t)v >> 16);
    const uint32_t d0 = d1 % 255 << 16 | ((uint32_t)v & 0xffffu), rest = d0 % 255, up = rest > 127;
    v = ((uint64_t)(high / 255) << 32) + ((uint64_t)(d1 / 255) << 16) + d0 / 255 + up;
    // to a float: 30 bits and whether there is more, then half to even, behind the least exponent sooner
    e += over - 7;
    const uint32_t short_v = (uint32_t)(v >> 23) | ((v & 0x7fffff) != 0);
    const int32_t cut = e >= 1 ? 6 : nn_min(7 - e, 31);
    const uint32_t bits = (short_v + (1u << (cut - 1)) - 1 + (short_v >> cut & 1)) >> cut;
    const float scale = nn_float((int32_t)(bits + ((uint32_t)(nn_max(e, 1) - 1) << 23)));

    const float t = (float)(int32_t)(low >> 32) / (float)(int32_t)(range >> 32) * 255.0f; // within 5e-4
    const int32_t k = (int32_t)t, u2 = k < 128 ? 2 * k + 1 : 509 - 2 * k;
    const float part = t - (float)k;
    int32_t z = k - 128 + (part > 0.5f);
    if (part > 0.499f && part < 0.501f) {
        const int64_t beyond = (int64_t)(low * 510 - range * (uint32_t)(2 * k + 1)); // far below 2^63
        z = k - 128 + (beyond > 0 || (beyond == 0 && k > 127));
        if (beyond == 0 && rest && (u2 > 127 || k == 191) && up == (k == 127)) {
            const uint32_t x = (uint32_t)u2 * (up ? 255 - rest : rest) << (u2 > 127 ? 14 : 15); // 2^32 of it
            if (x > (uint32_t)(((v << 8) - v) >> 32)) z += k < 128 ? 1 : -1;
        }
    }
    *zero = z;
    return scale;
}
#endif
