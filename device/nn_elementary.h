// Elementary functions of floats beside nn_exp, nn_tanh, nn_logistic: the same bits on every chip and on the
// host. Only the square root is correctly rounded; the others state their errors (tests/device/test_math.c).
#ifndef NN_ELEMENTARY_H
#define NN_ELEMENTARY_H
#include "nn_math.h"

NN_INLINE float nn_abs(float v)
{
    return nn_float(nn_bits(v) & 0x7fffffff);
}

// The square root, correctly rounded, digit by digit in integers.
NN_INLINE float nn_sqrt_digits(float x)
{
    int32_t m = nn_bits(x), e = m >> 23;
    if (m == (int32_t)0x80000000 || m == 0 || e == 255 || x != x) return x; // zeros, infinity, not a number
    if (m < 0) return nn_float(0x7fc00000);
    for (m = e ? (m & 0x7fffff) | 0x800000 : m * 2; m < 0x800000; m *= 2) e--; // x = m * 2^(e - 150)
    // The root of m * 2^25, m times 2 where e is even, to 25 bits: its last bit rounds. It is never a tie,
    // whose square would be odd.
    uint32_t digits = (uint32_t)m << (e & 1 ? 7 : 8), root = 0, rest = 0;
    for (int32_t i = 0; i < 25; i++, digits <<= 2) {
        const uint32_t t = root << 2 | 1;
        rest = rest << 2 | digits >> 30;
        root <<= 1;
        if (rest >= t) {
            rest -= t;
            root++;
        }
    }
    const int32_t exponent = ((e & 1 ? e : e - 1) - 127) / 2 + 126;
    return nn_float((int32_t)((uint32_t)exponent << 23) + (int32_t)((root + 1) >> 1));
}

// The same by the FPU's instruction where there is one. (The compiler's own square root would call libm for
// negative numbers.)
NN_INLINE float nn_sqrt(float x)
{
#if defined(__GNUC__) && defined(__ARM_FP) && (__ARM_FP & 4) && !defined(__aarch64__)
    float r;
    __asm__("vsqrt.f32 %0, %1" : "=t"(r) : "t"(x));
    return r;
#elif defined(__GNUC__) && defined(__riscv_flen) && __riscv_flen >= 32
    float r;
    __asm__("fsqrt.s %0, %1" : "=f"(r) : "f"(x));
    return r;
#elif defined(__GNUC__) && defined(__SSE2_MATH__)
    float r;
    __asm__("sqrtss %1, %0" : "=x"(r) : "x"(x));
    return r;
#else
    return nn_sqrt_digits(x);
#endif
}

// The natural logarithm; relative error below 2e-7. x = 2^e * (1 + f), 1 + f in [sqrt(1/2), sqrt(2)); with
// s = f / (2 + f), log(1 + f) = 2 s + s^3 2/3 + s^5 2/5 ..., to s^9: the rest is below 1e-9 of it. Written as
// f - (f^2 / 2 - s (f^2 / 2 + r)) it loses nothing for small f.
NN_INLINE float nn_log(float x)
{
    if (!(x > 0.0f)) return x == 0.0f ? nn_float((int32_t)0xff800000) : nn_float(0x7fc00000);
    if (x > 3.4028234e38f) return x;
    int32_t e = 0;
    if (x < 1.17549435e-38f) {
        x *= 8388608.0f;
        e = -23;
    }
    const int32_t over = nn_bits(x) - 0x3f3504f3; // sqrt(1/2)
    e += over >> 23;
    const float f = nn_float(nn_bits(x) - (int32_t)((uint32_t)over & 0xff800000u)) - 1.0f, k = (float)e;
    const float s = f / (2.0f + f), z = s * s, h = 0.5f * f * f;
    const float r = z * NN_MADD(z, NN_MADD(z, NN_MADD(z, 0.22222222f, 0.28571429f), 0.4f), 0.66666667f);
    return NN_MADD(k, 0.693359375f, f - (h - NN_MADD(s, h + r, k * -2.12194440e-4f)));
}

// |x| as an angle of the quadrant *q, in +-pi/4: p is |x| / (2 pi) as a fraction of 64 bits, whatever |x| is,
// from the 96 bits of 1 / (2 pi) that count (Payne and Hanek 1983).
NN_INLINE float nn_angle(float x, int32_t *q)
{
    static const uint32_t turn[8] = {0,          0x28be60db, 0x9391054a, 0x7f09d5f4,
                                     0x7d4d3770, 0x36d8a566, 0x4f10e410, 0x7f9458ea};
    const int32_t bits = nn_bits(x) & 0x7fffffff, e = (bits >> 23) - 126, n = e & 31;
    *q = 0;
    if (bits < 0x3f490fdb) return nn_float(bits); // below pi/4
    const uint32_t m = (uint32_t)bits << 8 | 0x80000000u, *t = turn + (e >> 5);
    const uint32_t t0 = n ? t[0] << n | t[1] >> (32 - n) : t[0];
    const uint32_t t1 = n ? t[1] << n | t[2] >> (32 - n) : t[1];
    const uint32_t t2 = n ? t[2] << n | t[3] >> (32 - n) : t[2];
    uint64_t p = (uint64_t)m * t1 + ((uint64_t)m * t2 >> 32) + ((uint64_t)(m * t0) << 32);
    *q = (int32_t)((p + ((uint64_t)1 << 61)) >> 62);
    p -= (uint64_t)(uint32_t)*q << 62;
    const int32_t high = (int32_t)(uint32_t)(p >> 32);
    return NN_MADD((float)high, 1.46291808e-9f, (float)(uint32_t)p * 3.40612160e-19f); // 2 pi / 2^32, / 2^64
}

// sin or cos (quarter 0, 1), absolute error below 1.2e-7: Taylor's series in +-pi/4.
NN_INLINE float nn_circle(float x, int32_t quarter)
{
    if (!(nn_abs(x) <= 3.4028234e38f)) return nn_float(0x7fc00000);
    int32_t q;
    const float r = nn_angle(x, &q), z = r * r;
    q += quarter;
    float v;
    if (q & 1) {
        v = NN_MADD(z, -2.7557319e-7f, 2.4801587e-5f);
        v = NN_MADD(z, v, -1.3888889e-3f);
        v = NN_MADD(z, v, 4.1666667e-2f);
        v = NN_MADD(z, v, -0.5f);
        v = NN_MADD(z, v, 1.0f);
    } else {
        v = NN_MADD(z, 2.7557319e-6f, -1.9841270e-4f);
        v = NN_MADD(z, v, 8.3333333e-3f);
        v = NN_MADD(z, v, -1.6666667e-1f);
        v = NN_MADD(z * r, v, r);
    }
    const int32_t negative = (q >> 1 & 1) ^ (quarter == 0 && nn_bits(x) < 0);
    return negative ? -v : v;
}

NN_INLINE float nn_sin(float x)
{
    return nn_circle(x, 0);
}

NN_INLINE float nn_cos(float x)
{
    return nn_circle(x, 1);
}

// The error function, absolute error below 1.5e-7. Fits of our own by least squares at Chebyshev's nodes:
// erf(x) / x in x^2 up to 1 (1.4e-9), log(1 - erf(x)) from 1 to 4 (5e-10 in erf).
NN_INLINE float nn_erf(float x)
{
    const float a = nn_abs(x), z = x * x;
    if (a < 1.0f) {
        float v = 7.882497448e-05f;
        v = NN_MADD(z, v, -8.018855006e-04f);
        v = NN_MADD(z, v, 5.189312156e-03f);
        v = NN_MADD(z, v, -2.685432881e-02f);
        v = NN_MADD(z, v, 1.128359735e-01f);
        v = NN_MADD(z, v, -3.761262596e-01f);
        return x * NN_MADD(z, v, 1.128379107f);
    }
    float v = -1.817336124e-05f;
    v = NN_MADD(a, v, 3.963340132e-04f);
    v = NN_MADD(a, v, -3.965013660e-03f);
    v = NN_MADD(a, v, 2.452049032e-02f);
    v = NN_MADD(a, v, -1.072666347e-01f);
    v = NN_MADD(a, v, -6.343472004e-01f);
    v = NN_MADD(a, v, -1.128980637f);
    v = NN_MADD(a, v, 5.532959767e-05f);
    if (x != x) return x;
    const float y = a < 4.0f ? 1.0f - nn_exp(v) : 1.0f;
    return x < 0.0f ? -y : y;
}

NN_INLINE float nn_floor(float x)
{
    if (!(nn_abs(x) < 8388608.0f)) return x; // an integer already, or not a number
    const float t = (float)(int32_t)x;
    return t > x ? t - 1.0f : t;
}

// To the nearest integer, halves to the even one.
NN_INLINE float nn_round_even(float x)
{
    const float t = nn_floor(x), d = x - t;
    return d < 0.5f || (d == 0.5f && t * 0.5f == nn_floor(t * 0.5f)) || !(nn_abs(x) < 8388608.0f) ? t
                                                                                                  : t + 1.0f;
}

// x^y as C's pow has it, special cases too: exp(y log x) in double precision, whose error is far below a
// float's rounding. Slow without an FPU for doubles; squares and roots have functions of their own.
NN_INLINE float nn_pow(float x, float y)
{
    const float a = nn_abs(x), b = nn_abs(y);
    const int32_t whole = b >= 8388608.0f || nn_floor(y) == y;
    const int32_t odd = whole && b < 16777216.0f && ((int32_t)b & 1);
    if (x == 1.0f || y == 0.0f) return 1.0f;
    if (x != x || y != y || (x < 0.0f && !whole && a <= 3.4028234e38f)) return nn_float(0x7fc00000);
    float r;
    if (a == 1.0f) {
        r = 1.0f;
    } else if (a == 0.0f || a > 3.4028234e38f) {
        r = (a == 0.0f) == (y > 0.0f) ? 0.0f : nn_float(0x7f800000);
    } else {
        const float up = a < 1.17549435e-38f ? a * 8388608.0f : a;
        const int32_t over = nn_bits(up) - 0x3f3504f3;
        const double k = (double)((over >> 23) - (a < 1.17549435e-38f ? 23 : 0));
        const double f = (double)nn_float(nn_bits(up) - (int32_t)((uint32_t)over & 0xff800000u)) - 1.0;
        const double s = f / (2.0 + f), z = s * s;
        double v = 0.0;
        for (int32_t i = 17; i > 0; i -= 2) v = v * z + 2.0 / (double)i;
        const double t = (double)y * (s * v + k * 0.69314718055994531);
        if (t > 89.0 || t < -104.0) {
            r = t > 0.0 ? nn_float(0x7f800000) : 0.0f;
        } else {
            const int32_t n = nn_round((float)t * 1.44269504f);
            const double d = t - (double)n * 0.69314718055994531;
            double e = 1.0;
            for (int32_t i = 12; i > 0; i--) e = 1.0 + e * d / (double)i;
            const int32_t half = n / 2;
            r = (float)(e * (double)nn_float((half + 127) << 23) * (double)nn_float((n - half + 127) << 23));
        }
    }
    return odd && nn_bits(x) < 0 ? -r : r;
}
#endif
