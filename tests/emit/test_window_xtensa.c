// device/xtensa/nn_window_s8.h against the division: near every half, at random, at the ends.
#define NN_FMA 1
#define NN_API static inline
#include "../../device/xtensa/nn_window_s8.h"
#include "../../src/base/rng.h"
#include "../test.h"
#include <math.h>

static long wrong(float x, float scale, int32_t zero)
{
    float q = roundf(x / scale) + (float)zero;
    int8_t want = (int8_t)(q > 127 ? 127 : q > -128 ? q : -128), got;
    nn_window_s8(&x, 1, scale, 4096 / scale, zero, &got);
    return got != want;
}

TEST(window_to_int8_on_xtensa)
{
    struct rng r = rng_new(1);
    long bad = 0;
    for (int k = 0; k < 60; k++) {
        const float scale = k == 0 ? 1 : k == 1 ? 0.0078125f : expf(rng_uniform(&r, -9, 3));
        const int32_t zero = k % 3 ? (int32_t)rng_below(&r, 256) - 128 : 0;
        for (int h = -300; h < 300; h++) {
            float x = ((float)h + 0.5f) * scale;
            for (int i = 0; i < 8; i++) x = nextafterf(x, -1e9f);
            for (int i = 0; i < 16; i++, x = nextafterf(x, 1e9f)) bad += wrong(x, scale, zero);
        }
        for (int i = 0; i < 5000; i++) bad += wrong(rng_normal(&r) * scale * 100, scale, zero);
        bad += wrong(0, scale, zero) + wrong(1e30f, scale, zero) + wrong(-INFINITY, scale, zero) +
               wrong(NAN, scale, zero) + wrong(1e-42f, scale, zero) + wrong(-1e7f * scale, scale, zero);
    }
    CHECK_EQ(0, bad);
}
