// nn_elementary.h: the error bounds that it states, and the special cases. test_elementary_fma.c is the same with
// fused multiply-add.
#ifndef NN_FMA
#define NN_FMA 0
#define NAME(x) x
#endif
#include "../../device/nn_elementary.h"
#include "../test.h"
#include <math.h>

#define TEST_NAMED(id) TEST(id)

// A sample of every magnitude, both signs.
#define EACH_FLOAT(x, step)                                                                                  \
    for (uint32_t bits_ = 0, s_ = 0; bits_ < 0x7f800000u; s_++, bits_ += s_ & 1 ? 0 : (step))                \
        for (float x = nn_float((int32_t)(bits_ | s_ << 31)), *once_ = &x; once_; once_ = NULL)

static double against(double want, float got, double floor)
{
    if (isinf(want) || want > 3.4028236e38 || want < -3.4028236e38) return isinf(got) ? 0 : INFINITY;
    if (isnan(want)) return isnan(got) ? 0 : INFINITY;
    return fabs((double)got - want) / fmax(fabs(want), floor);
}

TEST_NAMED(NAME(device_sqrt_is_correctly_rounded))
{
    EACH_FLOAT(x, 997)
    {
        const float want = sqrtf(x), got = nn_sqrt_digits(x), fpu = nn_sqrt(x);
        if (isnan(want) ? !isnan(got) || !isnan(fpu) : memcmp(&want, &got, 4) || memcmp(&want, &fpu, 4))
            test_fail(__FILE__, __LINE__, "sqrt(%a): want %a, got %a, %a", (double)x, (double)want,
                      (double)got, (double)fpu);
    }
    for (int i = 1; i < 4096; i++) { // squares, and their neighbours
        const float x = (float)i * (float)i;
        CHECK(nn_sqrt_digits(x) == (float)i);
        CHECK(nn_sqrt_digits(nextafterf(x, 1e9f)) == sqrtf(nextafterf(x, 1e9f)));
        CHECK(nn_sqrt_digits(nextafterf(x, 0)) == sqrtf(nextafterf(x, 0)));
    }
    CHECK(isinf(nn_sqrt_digits(INFINITY)) && isnan(nn_sqrt_digits(NAN)) && isnan(nn_sqrt_digits(-INFINITY)));
}

TEST_NAMED(NAME(device_elementary_bounds))
{
    double log_ = 0, sin_ = 0, cos_ = 0, erf_ = 0;
    EACH_FLOAT(x, 6151)
    {
        const double d = (double)x;
        log_ = fmax(log_, against(log(d), nn_log(x), 1e-30));
        sin_ = fmax(sin_, against(sin(d), nn_sin(x), 1));
        cos_ = fmax(cos_, against(cos(d), nn_cos(x), 1));
        erf_ = fmax(erf_, against(erf(d), nn_erf(x), 1));
        CHECK(nn_floor(x) == floorf(x) && nn_round_even(x) == rintf(x));
    }
    for (float x = 0.4f; x < 2.6f; x += 1.7e-5f) log_ = fmax(log_, against(log((double)x), nn_log(x), 1e-30));
    for (float x = -4.5f; x < 4.5f; x += 1.7e-5f) erf_ = fmax(erf_, against(erf((double)x), nn_erf(x), 1));
    if (log_ > 2e-7) test_fail(__FILE__, __LINE__, "log: relative error %g", log_);
    if (sin_ > 1.2e-7) test_fail(__FILE__, __LINE__, "sin: error %g", sin_);
    if (cos_ > 1.2e-7) test_fail(__FILE__, __LINE__, "cos: error %g", cos_);
    if (erf_ > 1.5e-7) test_fail(__FILE__, __LINE__, "erf: error %g", erf_);
    CHECK(nn_log(1) == 0 && isinf(nn_log(0)) && isnan(nn_log(-1)) && isinf(nn_log(INFINITY)) &&
          isnan(nn_log(NAN)));
    CHECK(nn_sin(0) == 0 && nn_cos(0) == 1 && isnan(nn_sin(INFINITY)) && isnan(nn_cos(NAN)));
    CHECK(nn_erf(INFINITY) == 1 && nn_erf(-INFINITY) == -1 && isnan(nn_erf(NAN)) && nn_erf(0) == 0);
    CHECK(isnan(nn_floor(NAN)) && isinf(nn_floor(-INFINITY)) && isnan(nn_round_even(NAN)));
    for (int i = -20; i < 20; i++) CHECK(nn_round_even((float)i / 2) == rintf((float)i / 2));
}

TEST_NAMED(NAME(device_pow))
{
    static const float v[] = {0,           -0.0f,       1,      -1,       2,         -2,   0.5f,
                              -0.5f,       3,           -3,     1e30f,    1e-30f,    7.3f, -7.3f,
                              16777217.0f, 16777216.0f, 1e-42f, INFINITY, -INFINITY, NAN};
    enum { N = sizeof v / sizeof *v };
    for (int i = 0; i < N * N; i++) {
        const float x = v[i / N], y = v[i % N], want = powf(x, y), got = nn_pow(x, y);
        if (against((double)want, got, 1e-40) > 1e-7 ||
            (want == 0 && got == 0 && signbit(want) != signbit(got)))
            test_fail(__FILE__, __LINE__, "pow(%g, %g): want %g, got %g", (double)x, (double)y, (double)want,
                      (double)got);
    }
    double worst = 0;
    EACH_FLOAT(x, 99991)
    for (float y = -3; y < 3; y += 0.37f)
        if (pow((double)x, (double)y) > 1.2e-38 && pow((double)x, (double)y) < 3.4e38)
            worst = fmax(worst, against(pow((double)x, (double)y), nn_pow(x, y), 1e-40));
    if (worst > 6e-8) test_fail(__FILE__, __LINE__, "pow: relative error %g", worst);
}
