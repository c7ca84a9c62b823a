// Rows of floats to int8 on a core without FPU: the number times a factor in integers, 14 bits behind the point. Where that
// is too near to a half to tell what the floats' roundings would make of it, or too large, the floats decide.
#ifndef NN_SOFT_ROW_H
#define NN_SOFT_ROW_H
#include "nn_math.h"
#if NN_SOFT

// What a product can be off by, in 2^-14, below 2^9: the floats by their roundings of 2^-24 each, the integers by what they
// cut. Of halfwords (NN_MUL32_LOW) it is 2^-14 of the number, so 2^-6 below 2^8.
enum { NN_SOFT_NEAR = NN_MUL32_LOW ? 264 : 8, NN_SOFT_LEFT = NN_MUL32_LOW ? 10 : 9 };

typedef struct nn_soft_row { // x * factor + plus
    uint32_t factor;         // its significand
    int32_t shift;           // of the product, less the exponent of x
    int32_t plus;            // and a half and NN_SOFT_NEAR
} nn_soft_row;

NN_INLINE nn_soft_row nn_soft_row_of(float factor, float plus)
{
    const uint32_t u = nn_soft_bits(factor), e = u << 1 >> 24, p = nn_soft_bits(plus) << 1;
    nn_soft_row r = {nn_soft_significand(u), 254 + 30 - 14 - (int32_t)e, 0};
    // A subnormal x is taken for 0, an infinite one must be too large, and nothing is known of a plus beyond 2^9.
    if (e < 10 || e > 238 || u >= NN_SOFT_TOP || p >= (127u + 9) << 24)
        r.shift = INT32_MIN / 2;
    else
        r.plus = nn_soft_nearest(plus * 16384.0f) + (1 << 13) + NN_SOFT_NEAR;
    return r;
}

// *q = round(x * factor + plus), |*q| < 2^11; 0: not decided.
NN_INLINE int32_t nn_soft_row_take(const nn_soft_row *r, float x, int32_t *q)
{
    const uint32_t u = nn_soft_bits(x), m = nn_soft_significand(u);
    const int32_t shift = r->shift - (int32_t)(u << 1 >> 24), sign = (int32_t)u >> 31;
#if NN_MUL32_LOW
    const uint32_t product = (m >> 16) * (r->factor >> 16);
#else
    const uint32_t product = (uint32_t)((uint64_t)m * r->factor >> 32);
#endif
    if (NN_SOFT_RARE(shift < NN_SOFT_LEFT)) return 0;
    const int32_t v = shift > 31 ? 0 : (int32_t)(product >> shift), t = (v ^ sign) - sign + r->plus;
    *q = t >> 14;
    return (t & 0x3fff) >= 2 * NN_SOFT_NEAR;
}

// nn_quantize_s8 of n numbers.
NN_SHARED void nn_soft_row_s8(const float *x, int32_t n, float scale, int32_t zero, int8_t *y)
{
    const nn_soft_row r = nn_soft_row_of(1.0f / scale, 0.0f);
    int32_t q;
    for (int32_t i = 0; i < n; i++) {
        if (NN_SOFT_RARE(!nn_soft_row_take(&r, x[i], &q))) {
            y[i] = nn_round_s8(x[i] / scale, zero);
            continue;
        }
        y[i] = (int8_t)nn_clamp(q + zero, -128, 127);
    }
}
#endif
#endif
