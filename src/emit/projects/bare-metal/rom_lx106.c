// What an ESP8266 has in its ROM and Debian's libgcc for lx106 therefore leaves out: integer division, 64-bit
// products, single-precision arithmetic (IEEE, round to nearest even, subnormals included). Ours, in C; the
// chip's own may be faster or slower.
#include <stdint.h>

typedef union {
    float f;
    uint32_t u;
} bits;

uint32_t __udivsi3(uint32_t a, uint32_t b);
uint32_t __umodsi3(uint32_t a, uint32_t b);
int32_t __divsi3(int32_t a, int32_t b);
uint64_t __umulsidi3(uint32_t a, uint32_t b);
int64_t __muldi3(int64_t a, int64_t b);
float __addsf3(float a, float b);
float __subsf3(float a, float b);
float __mulsf3(float a, float b);
float __floatsisf(int32_t v);
float __floatunsisf(uint32_t v);
uint32_t __fixunssfsi(float f);

static uint32_t divide(uint32_t a, uint32_t b, uint32_t *rest)
{
    uint32_t q = 0;
    if (b && a >= b) {
        int n = __builtin_clz(b) - __builtin_clz(a);
        for (b <<= n; n >= 0; n--, b >>= 1) {
            q <<= 1;
            if (a >= b) a -= b, q |= 1;
        }
    }
    *rest = a;
    return q;
}
uint32_t __udivsi3(uint32_t a, uint32_t b)
{
    return divide(a, b, &a);
}
uint32_t __umodsi3(uint32_t a, uint32_t b)
{
    divide(a, b, &a);
    return a;
}
int32_t __divsi3(int32_t a, int32_t b)
{
    uint32_t rest, x = a < 0 ? 0u - (uint32_t)a : (uint32_t)a, y = b < 0 ? 0u - (uint32_t)b : (uint32_t)b;
    uint32_t q = divide(x, y, &rest);
    return (int32_t)((a ^ b) < 0 ? 0u - q : q);
}

uint64_t __umulsidi3(uint32_t a, uint32_t b)
{
    uint32_t a0 = a & 0xffff, a1 = a >> 16, b0 = b & 0xffff, b1 = b >> 16;
    uint32_t low = a0 * b0, m = a1 * b0 + (low >> 16), n = a0 * b1 + (m & 0xffff);
    return (uint64_t)(a1 * b1 + (m >> 16) + (n >> 16)) << 32 | (n << 16 | (low & 0xffff));
}
int64_t __muldi3(int64_t a, int64_t b)
{
    uint32_t al = (uint32_t)a, bl = (uint32_t)b;
    uint32_t cross = (uint32_t)((uint64_t)a >> 32) * bl + al * (uint32_t)((uint64_t)b >> 32);
    return (int64_t)(__umulsidi3(al, bl) + ((uint64_t)cross << 32));
}

// sign, biased exponent e, and m with its leading 1 at bit 31 (the value is m / 2^31 * 2^(e - 127)), rounded.
static float pack(uint32_t sign, int32_t e, uint32_t m)
{
    bits r;
    if (e >= 255) {
        r.u = sign | 0x7f800000u;
        return r.f;
    }
    if (e <= 0) { // subnormal: what is shifted out stays visible in the last bit
        int32_t n = 1 - e;
        m = n > 31 ? 1 : (m >> n) | ((m << (32 - n)) != 0);
        e = 1;
        r.u = sign | (m >> 8);
    } else {
        r.u = sign | ((((uint32_t)e - 1) << 23) + (m >> 8));
    }
    uint32_t rest = m & 0xff;
    if (rest > 0x80 || (rest == 0x80 && (r.u & 1))) r.u++; // a carry runs into the exponent, as it should
    return r.f;
}

float __mulsf3(float fa, float fb)
{
    bits a = {fa}, b = {fb};
    uint32_t sign = (a.u ^ b.u) & 0x80000000u, ma = a.u & 0x7fffff, mb = b.u & 0x7fffff;
    int32_t ea = a.u >> 23 & 255, eb = b.u >> 23 & 255, n;
    if (ea == 255 || eb == 255) {
        bits r = {0};
        if ((ea == 255 && ma) || (eb == 255 && mb) || !(a.u << 1) || !(b.u << 1))
            r.u = 0x7fc00000u;
        else
            r.u = sign | 0x7f800000u;
        return r.f;
    }
    if (!ea || !eb) {
        bits zero = {0};
        zero.u = sign;
        if ((!ea && !ma) || (!eb && !mb)) return zero.f;
        if (!ea) n = __builtin_clz(ma) - 8, ma <<= n, ea = 1 - n;
        if (!eb) n = __builtin_clz(mb) - 8, mb <<= n, eb = 1 - n;
    }
    ma |= 0x800000;
    mb |= 0x800000;
    // 24 x 24 bits by halves of 12: high * 2^24 + low24 is the product, in [2^46, 2^48).
    uint32_t a0 = ma & 0xfff, a1 = ma >> 12, b0 = mb & 0xfff, b1 = mb >> 12;
    uint32_t mid = a1 * b0 + a0 * b1, low = a0 * b0 + ((mid & 0xfff) << 12);
    uint32_t high = a1 * b1 + (mid >> 12) + (low >> 24);
    uint32_t m = high << 8 | (low >> 16 & 0xff) | ((low & 0xffff) != 0);
    int32_t e = ea + eb - 126;
    if (!(m & 0x80000000u)) m <<= 1, e--;
    return pack(sign, e, m);
}

float __addsf3(float fa, float fb)
{
    bits a = {fa}, b = {fb}, r;
    if ((a.u << 1) < (b.u << 1)) r = a, a = b, b = r; // |a| >= |b|
    uint32_t sign = a.u & 0x80000000u, ma = a.u & 0x7fffff, mb = b.u & 0x7fffff;
    int32_t ea = a.u >> 23 & 255, eb = b.u >> 23 & 255;
    if (ea == 255) {
        r.u = ma || (eb == 255 && (a.u ^ b.u)) ? 0x7fc00000u : a.u;
        return r.f;
    }
    if (!(b.u << 1)) {
        if (!(a.u << 1)) a.u &= b.u; // -0 only from two of them
        return a.f;
    }
    ma = (ea ? ma | 0x800000 : ma) << 7, ea += !ea; // leading 1 at bit 30: room for a carry
    mb = (eb ? mb | 0x800000 : mb) << 7, eb += !eb;
    int32_t n = ea - eb;
    mb = n > 31 ? 1 : n ? (mb >> n) | ((mb << (32 - n)) != 0) : mb;
    uint32_t m = (a.u ^ b.u) >> 31 ? ma - mb : ma + mb;
    if (!m) {
        r.u = 0;
        return r.f;
    }
    n = __builtin_clz(m);
    return pack(sign, ea + 1 - n, m << n);
}
float __subsf3(float a, float b)
{
    bits v = {b};
    v.u ^= 0x80000000u;
    return __addsf3(a, v.f);
}

float __floatunsisf(uint32_t v)
{
    int n;
    if (!v) return 0;
    n = __builtin_clz(v);
    return pack(0, 127 + 31 - n, v << n);
}
float __floatsisf(int32_t v)
{
    uint32_t u = v < 0 ? 0u - (uint32_t)v : (uint32_t)v;
    int n;
    if (!u) return 0;
    n = __builtin_clz(u);
    return pack(v < 0 ? 0x80000000u : 0, 127 + 31 - n, u << n);
}
uint32_t __fixunssfsi(float f)
{
    bits v = {f};
    int32_t e = (int32_t)(v.u >> 23 & 255) - 127;
    uint32_t m = v.u << 8 | 0x80000000u;
    return v.u >> 31 || e < 0 ? 0 : e > 31 ? 0xffffffffu : m >> (31 - e);
}
