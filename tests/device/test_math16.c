// nn_math16.h against gemmlowp's steps with all their saturations, over every input and number of integer bits; and
// against the real functions.
#include "../../device/nn_curve_q15.h"
#include "../../device/nn_math16.h"
#include "../../src/graph/op_recurrent.h"
#include "../test.h"
#include <math.h>

static int32_t spec_clamp16(int32_t v)
{
    return nn_clamp(v, -32768, 32767);
}

// round(a * b / 2^15), half up.
static int32_t spec_mul16(int32_t a, int32_t b)
{
    return (a * b + (1 << 14)) >> 15;
}

// exp(a) for a <= 0, a in Q(int_bits).(15 - int_bits), int_bits 1 .. 7; result Q0.15.
static int32_t spec_exp_q15(int32_t a, int32_t int_bits)
{
    static const int16_t factor[7] = {25520, 19875, 12055, 4435, 600, 11, 0};
    const int32_t frac = 15 - int_bits, quarter = 1 << (frac - 2);
    const int32_t mod = (a & (quarter - 1)) - quarter, rest = mod - a;
    const int32_t x = mod * (1 << int_bits) + (1 << 12); // around -1/8
    const int32_t x2 = spec_mul16(x, x), x3 = spec_mul16(x2, x), x4 = spec_mul16(x2, x2);
    const int32_t tail = nn_shift_right(spec_mul16(nn_shift_right(x4, 2) + x3, 10923 /* 1/3 */) + x2, 1);
    int32_t y = spec_clamp16(28918 /* exp(-1/8) */ + spec_mul16(28918, x + tail));
    if (a == 0) return 32767;
    if (int_bits > 5 && a < -(1 << (20 - int_bits))) return 0; // below -32
    for (int32_t k = 0; k < int_bits + 2 && k < 7; k++)
        if (rest & (1 << (frac - 2 + k))) y = spec_mul16(y, factor[k]);
    return y;
}

// 2 / (1 + a) in Q2.13, a in Q0.15, 0 <= a < 1: Newton's division on the half denominator.
static int32_t spec_two_over_one_plus_q15(int32_t a)
{
    const int32_t half = (a + 32767 + 1) >> 1;
    int32_t x = 23130 /* 48/17 */ + spec_mul16(half, -15420 /* -32/17 */);
    for (int32_t i = 0; i < 3; i++) x += spec_clamp16(spec_mul16(x, (1 << 13) - spec_mul16(half, x)) * 4);
    return x;
}

// a in Q(int_bits).(15 - int_bits), result Q0.15.
static int32_t spec_logistic_q15(int32_t a, int32_t int_bits)
{
    const int32_t y = spec_clamp16(2 * spec_two_over_one_plus_q15(spec_exp_q15(a > 0 ? -a : a, int_bits)));
    return a == 0 ? 16384 : a > 0 ? y : 32767 - y;
}

static int32_t spec_tanh_q15(int32_t a, int32_t int_bits)
{
    // 2a is a with one more integer bit; 2 / (1 + e) - 1
    const int32_t y = spec_clamp16(
        (spec_two_over_one_plus_q15(spec_exp_q15(a > 0 ? -a : a, int_bits + 1)) - (1 << 13)) * 4);
    return a == 0 ? 0 : a > 0 ? y : -y;
}

TEST(device_math16_every_input)
{
    int bad = 0;
    for (int bits = 1; bits <= 6; bits++)
        for (int32_t a = -32768; a < 32768; a++) {
            bad += nn_logistic_q15(a, bits) != spec_logistic_q15(a, bits);
            bad += nn_tanh_q15(a, bits) != spec_tanh_q15(a, bits);
            bad += a <= 0 && nn_exp_q15(a, bits) != spec_exp_q15(a, bits);
        }
    CHECK_EQ(0, bad);
}

TEST(device_math16_is_near)
{
    double worst[2] = {0};
    for (int32_t a = -32768; a < 32768; a++) {
        const double x = a / 4096.0;
        worst[0] = fmax(worst[0], fabs(nn_logistic_q15(a, 3) / 32768.0 - 1 / (1 + exp(-x))));
        worst[1] = fmax(worst[1], fabs(nn_tanh_q15(a, 3) / 32768.0 - tanh(x)));
    }
    CHECK(worst[0] < 3e-4);
    CHECK(worst[1] < 6e-4);
}

// The table of a chip's folder: every input, at every number of integer bits that it serves.
TEST(device_math16_curve)
{
    static int16_t curve[NN_CURVE_INT16];
    recurrent_curve(curve);
    int bad = 0;
    for (int32_t a = -32768; a < 32768; a++) {
        bad += nn_curve_logistic(curve, a) != nn_logistic_q15(a, 3);
        for (int bits = 2; bits <= 5; bits++) bad += nn_curve_tanh(curve, a, bits) != nn_tanh_q15(a, bits);
    }
    CHECK_EQ(0, bad);
}
