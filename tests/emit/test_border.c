#ifndef NN_API
#define NN_API static inline
#endif
#ifndef NN_BORDER_H // test_border_xtensa.c brings another file
#include "../../device/nn_border.h"
#define PORTABLE
#endif
#include "../../src/base/rng.h"
#include "../test.h"
#include <math.h>
#include <string.h>

static long wrong(float x, float scale)
{
    float q = roundf(x / scale);
    long want = q > 65536 ? 65536 : q > -65536 ? (long)q : -65536;
    return nn_round_quotient(x, scale, 4096 / scale) != want;
}

// Without the division the result is still that of the division: near every half, at random, at the ends.
static long all_wrong(void)
{
    struct rng r = rng_new(1);
    long bad = 0;
    for (int k = 0; k < 60; k++) {
        float scale = k == 0 ? 1 : k == 1 ? 0.0078125f : expf(rng_uniform(&r, -9, 3));
        for (int h = -1100; h < 1100; h++) {
            float x = ((float)h + 0.5f) * scale;
            for (int i = 0; i < 8; i++) x = nextafterf(x, -1e9f);
            for (int i = 0; i < 16; i++, x = nextafterf(x, 1e9f)) bad += wrong(x, scale);
        }
        for (int i = 0; i < 20000; i++) bad += wrong(rng_normal(&r) * scale * 300, scale);
        bad += wrong(0, scale) + wrong(1e30f, scale) + wrong(-INFINITY, scale) + wrong(NAN, scale) +
               wrong(1e-42f, scale);
    }
    bad += wrong(1e-38f, 1e-37f) + wrong(1e-39f, 1e-38f) + wrong(3e38f, 1e36f);
    return bad;
}

#ifdef PORTABLE
TEST(input_quantised_without_division)
{
    CHECK_EQ(0, all_wrong());
}
#endif
