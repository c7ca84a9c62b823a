// nn_math.h: the error bounds that it states, and rounding at every edge.
#include "../../device/nn_math.h"
#include "device.h"
#include <math.h>

static void check_functions(float (*e)(float), float (*s)(float), float (*t)(float), const char *which)
{
    double worst_e = 0, worst_s = 0, worst_t = 0, worst_small = 0;
    for (uint32_t bits = 0; bits < 0x7f800000u; bits += 6151) // a sample of every magnitude, both signs
        for (int sign = 0; sign < 2; sign++) {
            const float x = nn_float((int32_t)(bits | (uint32_t)sign << 31));
            const double d = (double)x;
            if (x > -87.3f && x < 88.7f) worst_e = fmax(worst_e, fabs((double)e(x) / exp(d) - 1));
            worst_s = fmax(worst_s, fabs((double)s(x) - 1 / (1 + exp(-d))));
            worst_t = fmax(worst_t, fabs((double)t(x) - tanh(d)));
            if (x != 0 && fabsf(x) < 0.55f) worst_small = fmax(worst_small, fabs((double)t(x) / tanh(d) - 1));
        }
    if (worst_e > (double)NN_EXP_ERROR) test_fail(__FILE__, __LINE__, "exp %s: error %g", which, worst_e);
    if (worst_s > 2e-7) test_fail(__FILE__, __LINE__, "logistic %s: error %g", which, worst_s);
    if (worst_t > 2e-7) test_fail(__FILE__, __LINE__, "tanh %s: error %g", which, worst_t);
    if (worst_small > 4e-7) test_fail(__FILE__, __LINE__, "tanh %s near 0: error %g", which, worst_small);
    CHECK(e(0) == 1 && s(0) == 0.5f && t(0) == 0);
    CHECK(e(-1000) == 0 && isinf(e(1000)) && e(-INFINITY) == 0 && isinf(e(INFINITY)));
    CHECK(s(-1000) == 0 && s(1000) == 1 && t(-1000) == -1 && t(INFINITY) == 1);
}

void nn_math_fma(float (**e)(float), float (**s)(float), float (**t)(float)); // test_math_fma.c

TEST(device_math_bounds)
{
    float (*e)(float), (*s)(float), (*t)(float);
    check_functions(nn_exp, nn_logistic, nn_tanh, "apart");
    nn_math_fma(&e, &s, &t);
    check_functions(e, s, t, "fused");
}

TEST(device_math_round)
{
    for (int i = -3000; i <= 3000; i++) {
        const float v = (float)i / 8;
        CHECK_EQ((int)roundf(v), nn_round(v));
        CHECK_EQ((int)roundf(nextafterf(v, 1e9f)), nn_round(nextafterf(v, 1e9f)));
        CHECK_EQ((int)roundf(nextafterf(v, -1e9f)), nn_round(nextafterf(v, -1e9f)));
    }
    CHECK_EQ(8388609, nn_round(8388609.0f));
}

TEST(device_math_requantise)
{
    struct rng r = rng_new(9);
    for (int i = 0; i < 200000; i++) {
        const double real = ldexp(0.5 + 0.5 * (double)rng_float(&r), (int)rng_below(&r, 40) - 31);
        int32_t x = (int32_t)rng_u32(&r) >> rng_below(&r, 24);
        int shift;
        int64_t mult = llround(frexp(real, &shift) * 2147483648.0);
        if (mult == 1ll << 31) mult /= 2, shift++;
        while (shift > 0 && (x >= 1 << (30 - shift) || x <= -(1 << (30 - shift)))) x /= 2;
        CHECK_EQ(spec_multiply(x, real), nn_requantise(x, (int32_t)mult, shift));
    }
    CHECK_EQ(1, nn_shift_right(1, 1)); // ties away from zero
    CHECK_EQ(-1, nn_shift_right(-1, 1));
    CHECK_EQ(-2, nn_shift_right(-3, 1));
    CHECK_EQ(1, nn_shift_right(INT32_MAX, 31));
    CHECK_EQ(-1, nn_shift_right(INT32_MIN, 31));
}

// The fixed-point functions against the real ones.
TEST(device_math_fixed)
{
    for (int64_t a = INT32_MIN; a <= 0; a += 1000003) {
        CHECK_NEAR(exp(ldexp((double)a, -26)), ldexp((double)nn_exp_q31((int32_t)a, 5), -31), 3e-7);
        CHECK_NEAR(tanh(ldexp((double)a, -27)), ldexp((double)nn_tanh_q31((int32_t)a, 4), -31), 3e-7);
        CHECK_NEAR(1 / (1 + exp(-ldexp((double)a, -27))), ldexp((double)nn_logistic_q31((int32_t)a, 4), -31),
                   1e-7);
    }
    CHECK_EQ(INT32_MAX, nn_exp_q31(0, 5));
    CHECK_EQ(1 << 30, nn_logistic_q31(0, 4));
    CHECK_EQ(31, nn_leading_zeros(1));
    CHECK_EQ(0, nn_leading_zeros(0x80000000u));
}
