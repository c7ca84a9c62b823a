// device/nn_range_s8.h against the double form that it stands for: TensorFlow Lite's, operation by operation.
#include "../../device/nn_range_s8.h"
#include "device.h"
#include <math.h>

static float spec_range(float min, float max, int32_t *zero)
{
    const double lo = (double)min, hi = (double)max, scale = (hi - lo) / 255.0;
    const double from_min = -128.0 - lo / scale, from_max = 127.0 - hi / scale;
    const double z = 128.0 - lo / scale < 127.0 + hi / scale ? from_min : from_max;
    *zero = !(z > -128.0) ? -128 : z >= 127.0 ? 127 : z < 0.0 ? -(int32_t)(0.5 - z) : (int32_t)(z + 0.5);
    return (float)scale;
}

static int wrong;

static void compare(float min, float max)
{
    int32_t want_zero, got_zero;
    const float want = spec_range(min, max, &want_zero), got = nn_range_asymmetric(min, max, &got_zero);
    if (want_zero == got_zero && !memcmp(&want, &got, sizeof want)) return;
    if (wrong++ < 10)
        test_fail(__FILE__, __LINE__, "%a .. %a: want %a %d, got %a %d", (double)min, (double)max,
                  (double)want, want_zero, (double)got, got_zero);
}

// Zero points on a half: -lo : hi = 2k + 1 : 509 - 2k. With EVERY 1 all of them, 71 million pairs of mantissas (2 s at -O2).
#ifndef EVERY
#define EVERY 97
#endif
TEST(device_range_halves)
{
    long halves = 0;
    for (int k = 0; k < 255; k++) {
        int lo = 2 * k + 1, hi = 509 - 2 * k, g = lo, h = hi;
        while (h) { // the greatest common divisor
            const int rest = g % h;
            g = h, h = rest;
        }
        lo /= g, hi /= g;
        for (int m = 1; m <= (1 << 24) / (lo > hi ? lo : hi); m += EVERY, halves++)
            compare(-(float)(lo * m), (float)(hi * m));
    }
    CHECK(halves > 700000);
}

TEST(device_range_any)
{
    static const float ends[] = {0.0f, 0x1p-149f, 0x1.fffffcp-127f, 0x1p-126f,
                                 1.0f, 255.0f,    0x1.fffffep127f,  INFINITY};
    for (int i = 0; i < 8; i++)
        for (int j = 0; j < 8; j++)
            if (i || j) compare(-ends[i], ends[j]);
    struct rng r = rng_new(4);
    for (int i = 0; i < 300000; i++) {
        const int32_t near = (int32_t)rng_below(&r, 0x7f800000), all = (int32_t)rng_below(&r, 0x7f800000);
        const int64_t away = near + ((int64_t)rng_below(&r, 90) - 45) * (1 << 22) + rng_below(&r, 64);
        compare(-nn_float(near), nn_float(all)); // far apart, mostly
        if (away >= 0 && away < 0x7f800000) {
            compare(-nn_float(near), nn_float((int32_t)away));
            compare(-nn_float((int32_t)away & ~0xffff),
                    nn_float(near & ~0xffff)); // few bits: ties of the roundings
        }
    }
    // Next to a half, by one unit of either end.
    for (int k = 0; k < 255; k++)
        for (int i = 0; i < 40; i++) {
            const float lo = (float)(2 * k + 1) * (float)(rng_below(&r, 1 << 15) + 1);
            const float hi = lo / (float)(2 * k + 1) * (float)(509 - 2 * k);
            compare(-lo, nextafterf(hi, 0)), compare(-lo, nextafterf(hi, INFINITY));
            compare(-nextafterf(lo, 0), hi), compare(-nextafterf(lo, INFINITY), hi);
        }
}
