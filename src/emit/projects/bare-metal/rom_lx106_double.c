// Double precision of the ESP8266's ROM, see rom_lx106.c: IEEE, round to nearest even, subnormals included.
// Dynamic quantization takes a few of these steps for every row of activations.
#include <stdint.h>

typedef union {
    double f;
    uint64_t u;
} bits;

double __adddf3(double a, double b);
double __subdf3(double a, double b);
double __muldf3(double a, double b);
double __divdf3(double a, double b);
double __extendsfdf2(float f);
float __truncdfsf2(double f);
double __floatsidf(int32_t v);
double __floatunsidf(uint32_t v);
int32_t __fixdfsi(double f);
uint32_t __fixunsdfsi(double f);

static const uint64_t sign_bit = 1ull << 63, quiet_nan = 0x7ff8000000000000ull,
                      infinite = 0x7ff0000000000000ull;

static int leading_zeros(uint64_t v)
{
    return v >> 32 ? __builtin_clz((uint32_t)(v >> 32)) : 32 + __builtin_clz((uint32_t)v);
}

// v shifted right; what falls out stays visible in the last bit.
static uint64_t shift_sticky(uint64_t v, int32_t n)
{
    return n > 63 ? v != 0 : n ? (v >> n) | ((v << (64 - n)) != 0) : v;
}

// sign, biased exponent e, and m with its leading 1 at bit 63 (the value is m / 2^63 * 2^(e - 1023)),
// rounded.
static double pack(uint64_t sign, int32_t e, uint64_t m)
{
    bits r;
    uint32_t rest;
    if (e >= 2047) {
        r.u = sign | infinite;
        return r.f;
    }
    if (e <= 0) {
        m = shift_sticky(m, 1 - e);
        r.u = sign | (m >> 11);
    } else {
        r.u = sign | ((((uint64_t)e - 1) << 52) + (m >> 11));
    }
    rest = (uint32_t)m & 0x7ff;
    if (rest > 0x400 || (rest == 0x400 && (r.u & 1))) r.u++; // a carry runs into the exponent, as it should
    return r.f;
}

struct parts {
    uint64_t m; // leading 1 at bit 63; 0 for zero
    int32_t e;  // 2047: infinite or not a number
};

static struct parts parts_of(uint64_t u)
{
    struct parts p = {u << 12 >> 1, (int32_t)(u >> 52 & 2047)};
    if (p.e == 2047) return p;
    if (p.e) {
        p.m |= sign_bit;
    } else if (p.m) {
        int n = leading_zeros(p.m);
        p.m <<= n;
        p.e = 1 - n;
    }
    return p;
}

double __muldf3(double fa, double fb)
{
    bits a = {fa}, b = {fb}, r;
    uint64_t sign = (a.u ^ b.u) & sign_bit;
    struct parts x = parts_of(a.u), y = parts_of(b.u);
    if (x.e == 2047 || y.e == 2047) {
        if ((x.e == 2047 && x.m) || (y.e == 2047 && y.m) || !(a.u << 1) || !(b.u << 1))
            r.u = quiet_nan;
        else
            r.u = sign | infinite;
        return r.f;
    }
    if (!x.m || !y.m) {
        r.u = sign;
        return r.f;
    }
    uint32_t x0 = (uint32_t)x.m, x1 = (uint32_t)(x.m >> 32), y0 = (uint32_t)y.m, y1 = (uint32_t)(y.m >> 32);
    uint64_t low = (uint64_t)x0 * y0, p = (uint64_t)x1 * y0, q = (uint64_t)x0 * y1;
    uint64_t mid = (low >> 32) + (uint32_t)p + (uint32_t)q;
    uint64_t high = (uint64_t)x1 * y1 + (p >> 32) + (q >> 32) + (mid >> 32);
    int32_t e = x.e + y.e - 1022;
    high |= ((uint32_t)mid | (uint32_t)low) != 0;
    if (!(high & sign_bit)) high <<= 1, e--;
    return pack(sign, e, high);
}

double __divdf3(double fa, double fb)
{
    bits a = {fa}, b = {fb}, r;
    uint64_t sign = (a.u ^ b.u) & sign_bit, q = 0;
    struct parts x = parts_of(a.u), y = parts_of(b.u);
    if (x.e == 2047 || y.e == 2047) {
        if ((x.e == 2047 && (x.m || y.e == 2047)) || (y.e == 2047 && y.m))
            r.u = quiet_nan;
        else
            r.u = x.e == 2047 ? sign | infinite : sign;
        return r.f;
    }
    if (!x.m || !y.m) {
        r.u = !x.m && !y.m ? quiet_nan : !x.m ? sign : sign | infinite;
        return r.f;
    }
    int32_t e = x.e - y.e + 1023;
    x.m >>= 1, y.m >>= 1; // room for the remainder
    if (x.m < y.m) x.m <<= 1, e--;
    for (int i = 0; i < 56; i++) {
        q <<= 1;
        if (x.m >= y.m) x.m -= y.m, q |= 1;
        x.m <<= 1;
    }
    return pack(sign, e, q << 8 | (x.m != 0));
}

double __adddf3(double fa, double fb)
{
    bits a = {fa}, b = {fb}, r;
    if ((a.u << 1) < (b.u << 1)) r = a, a = b, b = r; // |a| >= |b|
    uint64_t sign = a.u & sign_bit;
    struct parts x = parts_of(a.u), y = parts_of(b.u);
    if (x.e == 2047) {
        r.u = x.m || (y.e == 2047 && (a.u ^ b.u)) ? quiet_nan : a.u;
        return r.f;
    }
    if (!y.m) {
        if (!x.m) a.u &= b.u; // -0 only from two of them
        return a.f;
    }
    x.m >>= 1; // the low 11 bits are empty
    y.m = shift_sticky(y.m >> 1, x.e - y.e);
    uint64_t m = (a.u ^ b.u) >> 63 ? x.m - y.m : x.m + y.m;
    if (!m) {
        r.u = 0;
        return r.f;
    }
    int n = leading_zeros(m);
    return pack(sign, x.e + 1 - n, m << n);
}
double __subdf3(double a, double b)
{
    bits v = {b};
    v.u ^= sign_bit;
    return __adddf3(a, v.f);
}

double __extendsfdf2(float f)
{
    union {
        float f;
        uint32_t u;
    } v = {f};
    bits r;
    uint64_t sign = (uint64_t)(v.u >> 31) << 63;
    uint32_t m = v.u & 0x7fffff;
    int32_t e = (int32_t)(v.u >> 23 & 255);
    if (e == 255) {
        r.u = m ? quiet_nan : sign | infinite;
    } else if (!e && !m) {
        r.u = sign;
    } else {
        if (!e) {
            int n = __builtin_clz(m) - 8;
            m = m << n & 0x7fffff, e = 1 - n;
        }
        r.u = sign | (uint64_t)(e - 127 + 1023) << 52 | (uint64_t)m << 29;
    }
    return r.f;
}
float __truncdfsf2(double f)
{
    bits v = {f};
    union {
        uint32_t u;
        float f;
    } r;
    struct parts p = parts_of(v.u);
    uint32_t sign = (uint32_t)(v.u >> 63) << 31, rest, m;
    int32_t e = p.e - 1023 + 127;
    if (p.e == 2047)
        r.u = p.m ? 0x7fc00000u : sign | 0x7f800000u;
    else if (!p.m)
        r.u = sign;
    else if (e >= 255)
        r.u = sign | 0x7f800000u;
    else {
        m = (uint32_t)shift_sticky(p.m, e <= 0 ? 32 + 1 - e : 32);
        r.u = sign | (e <= 0 ? m >> 8 : (((uint32_t)e - 1) << 23) + (m >> 8));
        rest = m & 0xff;
        if (rest > 0x80 || (rest == 0x80 && (r.u & 1))) r.u++;
    }
    return r.f;
}
double __floatunsidf(uint32_t v)
{
    int n;
    if (!v) return 0;
    n = __builtin_clz(v);
    return pack(0, 1023 + 31 - n, (uint64_t)v << (n + 32));
}
double __floatsidf(int32_t v)
{
    bits r = {__floatunsidf(v < 0 ? 0u - (uint32_t)v : (uint32_t)v)};
    if (v < 0) r.u |= sign_bit;
    return r.f;
}
uint32_t __fixunsdfsi(double f)
{
    bits v = {f};
    struct parts p = parts_of(v.u);
    int32_t e = p.e - 1023;
    return v.u >> 63 || e < 0 ? 0 : e > 31 ? 0xffffffffu : (uint32_t)(p.m >> (63 - e));
}
int32_t __fixdfsi(double f)
{
    bits v = {f};
    struct parts p = parts_of(v.u);
    int32_t e = p.e - 1023;
    uint32_t u = e < 0 ? 0 : e > 30 ? 0x7fffffffu : (uint32_t)(p.m >> (63 - e));
    return (int32_t)(v.u >> 63 ? 0u - u : u);
}
