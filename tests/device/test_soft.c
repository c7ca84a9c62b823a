// device/nn_soft.h against this machine's floats, bit for bit: multiply-adds of numbers near each other's size, where sums
// cancel, where they round, and at the ends of the range; conversions and comparisons of floats from one end to the other.
// WEARLITE_EVERY_FLOAT=1 tries each of the 2^32.
#define NN_SOFT 1
#ifndef SOFT_TEST
#define SOFT_TEST(name) TEST(device_soft_##name)
#endif
#include "../../device/nn_math.h"
#include "../../device/nn_affine_s8.c"
#include "../../device/nn_quantize_row.h"
#include "../../device/nn_quantize_s8.c"
#include "../../src/base/rng.h"
#include "../test.h"
#include <stdlib.h>

static int same(float want, float got)
{
    return nn_soft_bits(want) == nn_soft_bits(got) || (want != want && got != got);
}

// A number of the given size, of few bits sometimes.
static float number(struct rng *r, uint32_t exponent, uint32_t spread, int few)
{
    const uint32_t u = rng_u32(r);
    const uint32_t v = (u & 0x807fffff) | ((exponent + rng_u32(r) % spread) << 23);
    return nn_soft_of(few ? v & (0xffffffffu << rng_u32(r) % 23) : v);
}

SOFT_TEST(madd)
{
    struct rng r = rng_new(20);
    int bad = 0;
    for (int i = 0; i < 3000000; i++) {
        const int kind = (int)(rng_u32(&r) % 6);
        float a = number(&r, 120, 14, kind == 1), b = number(&r, 120, 14, kind == 1),
              c = number(&r, 116, 18, kind == 1);
        volatile float product = a * b;
        if (kind == 2) c = nn_soft_of((nn_soft_bits(product) ^ 0x80000000u) + rng_u32(&r) % 9 - 4);
        if (kind == 3) a = number(&r, 0, 256, 0), b = number(&r, 0, 256, 0), c = number(&r, 0, 256, 1);
        if (kind == 4) c = number(&r, 0, 3, 0), a = number(&r, 55, 16, 1), b = number(&r, 55, 16, 0);
        if (kind == 5) *(rng_u32(&r) & 1 ? &a : &c) = rng_u32(&r) & 1 ? 0.0f : -0.0f;
        product = a * b;
        volatile float sum = product + c;
        bad += !same(sum, nn_soft_madd(a, b, c)) + !same(product, nn_soft_mul(a, b));
    }
    CHECK_EQ(0, bad);
}

static int differ(uint32_t bits)
{
    const float v = nn_soft_of(bits), integer = (float)(int32_t)bits;
    int bad = !same(integer, nn_soft_float((int32_t)bits)) + (nn_soft_above_0(v) != (v > 0.0f));
    if (v > -0x1p31f && v < 0x1p31f)
        bad += nn_soft_nearest(v) != (int32_t)(v + (v < 0.0f ? -0.49999997f : 0.49999997f));
    for (int32_t zero = -128; zero <= 127; zero += 85) {
        const float lo = (float)(-128 - zero), hi = (float)(127 - zero),
                    in = !(v > lo) ? lo
                         : v > hi  ? hi
                                   : v;
        bad += nn_round_s8(v, zero) != (int32_t)(in + (in < 0.0f ? -0.49999997f : 0.49999997f)) + zero;
    }
    return bad;
}

SOFT_TEST(rounds)
{
    static const float parts[] = {0.5f,   1.5f,    127.5f,  128.0f,  255.5f,
                                  512.0f, 0x1p22f, 0x1p23f, 0x1p24f, 0.0f};
    const uint64_t step = getenv("WEARLITE_EVERY_FLOAT") ? 1 : 10007;
    int bad = 0;
    for (uint64_t b = 0; b < UINT64_C(1) << 32; b += step) bad += differ((uint32_t)b);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        for (uint32_t k = 0; k < 200; k++) {
            const uint32_t bits = nn_soft_bits(parts[i]) + k - 100;
            bad += differ(bits) + differ(bits ^ 0x80000000u);
        }
    CHECK_EQ(0, bad);
}

SOFT_TEST(range)
{
    struct rng r = rng_new(21);
    int bad = 0;
    for (int i = 0; i < 20000; i++) {
        float x[8], lo = 0.0f, hi = 0.0f, min, max;
        for (int k = 0; k < 8; k++) {
            x[k] = rng_u32(&r) % 4 ? number(&r, 100, 40, 0) : nn_soft_of(rng_u32(&r) | 0x7f000000u);
            if (x[k] < lo) lo = x[k];
            if (x[k] > hi) hi = x[k];
        }
        nn_range(x, 8, &min, &max);
        bad += !same(lo, min) + !same(hi, max);
    }
    CHECK_EQ(0, bad);
}

// Rows by every scale, with numbers near halves and beyond int8, and some that are none.
SOFT_TEST(rows)
{
    struct rng r = rng_new(22);
    int bad = 0;
    for (int i = 0; i < 60000; i++) {
        float x[16], scale = number(&r, i % 50 ? 110 : 1, i % 50 ? 20 : 254, 0), f = number(&r, 120, 10, 0),
                     t;
        int8_t y[16], z[16], w[16];
        scale = scale < 0.0f ? -scale : scale;
        t = number(&r, 100, 34, 0);
        const float factor = 1.0f / scale, plus = (float)(int32_t)(rng_u32(&r) % 256) - 128.0f;
        const int32_t zero = (int32_t)(rng_u32(&r) % 256) - 128, least = -127 - (i & 1);
        for (int k = 0; k < 16; k++) {
            const float at = (float)((int32_t)(rng_u32(&r) % 600) - 300) + (k % 3 ? 0.5f : 0.0f);
            x[k] = k < 12 ? nn_soft_of(nn_soft_bits(at * scale) + rng_u32(&r) % 65 - 32)
                          : nn_soft_of(rng_u32(&r));
            x[k] = k == 3 ? 0.0f : k == 4 ? (at * scale - t) / f : x[k];
        }
        const nn_quantize q = {16, (int32_t)nn_soft_bits(scale), zero};
        const nn_affine a = {16, 1, q.scale_bits, zero};
        nn_quantize_values(x, 16, factor, plus, least, y);
        nn_quantize_s8(&q, x, z);
        nn_affine_s8(&a, x, &f, &t, w);
        for (int k = 0; k < 16; k++) {
            volatile float p = x[k] * factor, of = x[k] * f;
            volatile float v = p + plus, s = of + t;
            bad += y[k] != nn_max(nn_round_s8(v, 0), least);
            bad += z[k] != nn_round_s8(x[k] / scale, zero);
            bad += w[k] != nn_round_s8(s / scale, zero);
        }
    }
    CHECK_EQ(0, bad);
}
