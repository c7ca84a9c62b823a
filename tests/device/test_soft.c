// device/nn_soft.h against this machine's floats, bit for bit: multiply-adds of numbers near each other's size, where sums
// cancel, where they round, and at the ends of the range; conversions and comparisons of floats from one end to the other.
// WEARLITE_EVERY_FLOAT=1 tries each of the 2^32.
#define NN_SOFT 1
#include "../../device/nn_math.h"
#include "../../device/nn_quantize_row.h"
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

TEST(device_soft_madd)
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

TEST(device_soft_rounds)
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

TEST(device_soft_range)
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
