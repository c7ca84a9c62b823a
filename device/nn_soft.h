// Floats on a core without FPU, the bits of IEEE single precision rounded to nearest even: integers with the leading bit of
// the significand in bit 31, so that the high half of a product (MULHU) is a significand again and eight bits below the last
// place round. libgcc's functions unpack, round and pack at each of two operations; here a multiply-add unpacks three
// numbers and packs one, in half of the instructions. Numbers that are not normal go to the compiler's own arithmetic.
#ifndef NN_SOFT_H
#define NN_SOFT_H
#include "nn.h"

#define NN_SOFT_TOP 0x80000000u
#ifdef __GNUC__
#define NN_SOFT_RARE(x) __builtin_expect((x), 0)
#else
#define NN_SOFT_RARE(x) (x)
#endif

NN_INLINE uint32_t nn_soft_bits(float v)
{
    uint32_t u;
    memcpy(&u, &v, sizeof u);
    return u;
}

NN_INLINE float nn_soft_of(uint32_t u)
{
    float v;
    memcpy(&v, &u, sizeof v);
    return v;
}

// Neither zero, subnormal, infinite nor NaN.
NN_INLINE int32_t nn_soft_normal(uint32_t exponent)
{
    return exponent - 1 < 254;
}

NN_INLINE uint32_t nn_soft_significand(uint32_t u)
{
    return u << 8 | NN_SOFT_TOP;
}

// Sign (bit 31), biased exponent 1..254, significand whose lower eight bits are 0.
NN_INLINE float nn_soft_pack(uint32_t sign, uint32_t exponent, uint32_t m)
{
    return nn_soft_of((sign & NN_SOFT_TOP) + ((exponent - 1) << 23) + (m >> 8));
}

// To 24 bits; what carries out of bit 31 is the next power of two.
NN_INLINE uint32_t nn_soft_round(uint32_t m, uint32_t *exponent)
{
    const uint32_t r = m + 0x7f + (m >> 8 & 1);
    if (NN_SOFT_RARE(r < m)) {
        ++*exponent;
        return NN_SOFT_TOP;
    }
    return r & ~0xffu;
}

// The product of two significands and its exponent, rounded.
NN_INLINE uint32_t nn_soft_product(uint32_t a, uint32_t b, uint32_t *exponent)
{
    const uint64_t p = (uint64_t)a * b;
    uint32_t m = (uint32_t)(p >> 32) | ((uint32_t)p != 0);
    if (!(m & NN_SOFT_TOP)) m <<= 1, --*exponent;
    return nn_soft_round(m, exponent);
}

// Shifts the leading bit to bit 31; m is not 0.
NN_INLINE uint32_t nn_soft_lead(uint32_t m, uint32_t *exponent)
{
    while (m < 1u << 24) m <<= 8, *exponent -= 8;
    if (m < 1u << 28) m <<= 4, *exponent -= 4;
    if (m < 1u << 30) m <<= 2, *exponent -= 2;
    if (m < 1u << 31) m <<= 1, *exponent -= 1;
    return m;
}

NN_SHARED float nn_soft_madd_rare(float a, float b, float c)
{
    const uint32_t finite = 0x7f800000u, ua = nn_soft_bits(a), ub = nn_soft_bits(b), uc = nn_soft_bits(c);
    const int32_t zero = (!(ua << 1) && (ub & finite) != finite) || (!(ub << 1) && (ua & finite) != finite);
    if (zero && uc << 1) return c; // behind a ReLU half of the products are 0
    return a * b + c;
}

// The sum of a number and one that is not larger, whose signs differ or not.
NN_INLINE float nn_soft_sum(uint32_t sign, uint32_t e, uint32_t m, uint32_t less, uint32_t less_sign,
                            uint32_t d, int32_t *rare)
{
    *rare = 0;
    if (d > 31) return nn_soft_pack(sign, e, m);
    less = less >> d | ((less << 1) << (31 - d) != 0); // what is cut off is not 0: one bit tells
    if ((int32_t)(sign ^ less_sign) >= 0) {
        uint32_t s = m + less;
        if (s < m) {
            s = s >> 1 | (s & 1) | NN_SOFT_TOP;
            e++;
        }
        m = s;
    } else {
        m -= less;
        if (!m) return 0.0f;
        if ((int32_t)m > 0) m = nn_soft_lead(m, &e);
    }
    m = nn_soft_round(m, &e);
    *rare = !nn_soft_normal(e);
    return nn_soft_pack(sign, e, m);
}

// a * b + c, rounded twice.
NN_SHARED float nn_soft_madd(float a, float b, float c)
{
    const uint32_t ua = nn_soft_bits(a), ub = nn_soft_bits(b), uc = nn_soft_bits(c), sign = ua ^ ub;
    const uint32_t ea = ua << 1 >> 24, eb = ub << 1 >> 24, ec = uc << 1 >> 24;
    int32_t rare;
    float y;
    if (NN_SOFT_RARE(!nn_soft_normal(ea) || !nn_soft_normal(eb))) return nn_soft_madd_rare(a, b, c);
    uint32_t e = ea + eb - 126, m = nn_soft_product(nn_soft_significand(ua), nn_soft_significand(ub), &e);
    if (NN_SOFT_RARE(!nn_soft_normal(e))) return nn_soft_madd_rare(a, b, c);
    if (NN_SOFT_RARE(!nn_soft_normal(ec)))
        return uc << 1 ? nn_soft_madd_rare(a, b, c) : nn_soft_pack(sign, e, m);
    const uint32_t mc = nn_soft_significand(uc);
    const int32_t d = (int32_t)(e - ec);
    if (d > 0 || (d == 0 && m >= mc))
        y = nn_soft_sum(sign, e, m, mc, uc, (uint32_t)d, &rare);
    else
        y = nn_soft_sum(uc, ec, mc, m, sign, (uint32_t)-d, &rare);
    return NN_SOFT_RARE(rare) ? nn_soft_madd_rare(a, b, c) : y;
}

NN_SHARED float nn_soft_mul(float a, float b)
{
    const uint32_t ua = nn_soft_bits(a), ub = nn_soft_bits(b), ea = ua << 1 >> 24, eb = ub << 1 >> 24;
    if (NN_SOFT_RARE(!nn_soft_normal(ea) || !nn_soft_normal(eb))) return a * b;
    uint32_t e = ea + eb - 126;
    const uint32_t m = nn_soft_product(nn_soft_significand(ua), nn_soft_significand(ub), &e);
    return NN_SOFT_RARE(!nn_soft_normal(e)) ? a * b : nn_soft_pack(ua ^ ub, e, m);
}

// (float)v
NN_SHARED float nn_soft_float(int32_t v)
{
    uint32_t e = 127 + 31, m = v < 0 ? 0u - (uint32_t)v : (uint32_t)v;
    if (!m) return 0.0f;
    m = nn_soft_lead(m, &e);
    m = nn_soft_round(m, &e);
    return nn_soft_pack((uint32_t)v, e, m);
}

NN_INLINE int32_t nn_soft_above_0(float v) // not NaN
{
    return nn_soft_bits(v) - 1 < 0x7f800000u;
}

// The nearest integer, half away from zero, of |v| < 2^31.
NN_SHARED int32_t nn_soft_nearest(float v)
{
    const uint32_t u = nn_soft_bits(v), e = u << 1 >> 24;
    const int32_t sign = (int32_t)u >> 31;
    if (e < 126) return 0;
    const uint32_t m = (u & 0x7fffff) | 0x800000;
    return ((int32_t)(e < 150 ? ((m >> (149 - e)) + 1) >> 1 : m << (e - 150)) ^ sign) - sign;
}

// The same of any number, saturated to 512 or beyond; NaN becomes the smallest.
NN_INLINE int32_t nn_soft_nearest_10(float v)
{
    const uint32_t u = nn_soft_bits(v);
    if (NN_SOFT_RARE((u & 0x7fffffff) >= 0x44000000)) return u >= NN_SOFT_TOP || u > 0x7f800000 ? -512 : 512;
    return nn_soft_nearest(v);
}
#endif
