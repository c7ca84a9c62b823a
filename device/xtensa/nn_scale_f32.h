// Requantising by the FPU, the same bits: a 64-bit product costs an LX core without MULSH forty instructions, and with it
// as many as this.
//
// What nn_output_s8 makes of a sum is, but for the zero point and the clamp, u = R / 2^s rounded half away from zero; R
// is acc * mult / 2^31 rounded, s = -shift, so that u is within 2^-(s + 1) of r = acc * mult * 2^(shift - 31). In float
// r has three roundings (acc, the factor, the product): where |r| < 256, beyond which all is clamped, the error is below
// 1.5 * 2^-15; a half and the zero point added in one more rounding and cut to 15 bits behind the point, below 3.5. So
// whenever that number is further than 2^-(s + 1) + 4 * 2^-15 from an integer, u is rounded to the one below; else, or
// within twice that so that one BNONE can tell, about once in 2^(s - 2), the integers decide. What does not fit an integer TRUNC.S saturates, and is clamped.
#ifndef NN_SCALE_F32_H
#define NN_SCALE_F32_H
#include "../nn_math.h"

typedef struct nn_scale { // of a channel
    float factor;         // 2^15 * mult * 2^(shift - 31 - bits)
    float half;           // 2^14, 2^15 times the zero point, and what is too near
    int32_t far; // bits of the number behind the point of which one is set where it is far from an integer
    int32_t mult, shift;
} nn_scale;

// Of sums times 2^bits.
NN_INLINE nn_scale nn_scale_of(int32_t mult, int32_t shift, int32_t zero, int32_t bits)
{
    // half a unit of the last place that is cut, and 4; the next power of 2
    const int32_t s = -shift, near = s >= 13 ? 8 : s > 0 ? 1 << (15 - s) : 1 << 14;
    nn_scale f = {(float)mult * nn_float((127 + 15 - 31 + shift - bits) << 23),
                  (float)((1 << 14) + near + zero * (1 << 15)), 0x7fff & ~(2 * near - 1), mult, shift};
#ifdef __xtensa__
    __asm__("" : "+f"(f.half)); // a register's, not a constant to be loaded for every output
#endif
    return f;
}

NN_SHARED int32_t nn_scale_exact(int32_t acc, int32_t mult, int32_t shift)
{
    return nn_clamp(nn_requantise(acc, mult, shift), -512, 512);
}

// nn_output_s8 of sum / 2^bits; the sum as an integer and rounded to a float
NN_INLINE int8_t nn_scale_both_s8(const nn_scale *f, float rounded, int32_t sum, int32_t bits, int32_t zero,
                                  int32_t min, int32_t max)
{
    const float r = NN_MADD(rounded, f->factor, f->half);
#ifdef __xtensa__
    const int32_t q = (int32_t)r;
#else
    const int32_t q = (int32_t)(r > 1e9f ? 1e9f : r < -1e9f ? -1e9f : r);
#endif
    int32_t v = q >> 15;
#ifdef __GNUC__
    if (__builtin_expect(!(q & f->far), 0))
#else
    if (!(q & f->far))
#endif
        v = nn_scale_exact(sum >> bits, f->mult, f->shift) + zero;
#ifdef __xtensa__
    if (min == -128 && max == 127) {
        __asm__("clamps %0, %0, 7" : "+r"(v));
        return (int8_t)v;
    }
#endif
    return (int8_t)nn_clamp(v, min, max);
}

NN_INLINE int8_t nn_scale_s8(const nn_scale *f, int32_t sum, int32_t bits, int32_t zero, int32_t min,
                             int32_t max)
{
    return nn_scale_both_s8(f, (float)sum, sum, bits, zero, min, max);
}

// The same of a sum that is a whole float within 2^24.
NN_INLINE int8_t nn_scale_whole_s8(const nn_scale *f, float sum, int32_t zero, int32_t min, int32_t max)
{
    return nn_scale_both_s8(f, sum, (int32_t)sum, 0, zero, min, max);
}
#endif
