// nn_curve_dyn.h: its tables by the rule it states, its error bounds, its ends. The folder of the ESP32 in plain C besides.
#include "../../device/nn_curve_dyn.h"
#include "../test.h"
#include <math.h>
#include <stdbool.h>

// Piece `piece` of a table, in absolute x: the parabola through three points of the function.
static void parabola(bool is_tanh, int piece, long double abc[3])
{
    const int j = piece < 0 ? -1 - piece : piece; // right of 0
    const long double length = is_tanh ? 1 / 8.0L : 1 / 4.0L, cosine = sqrtl(3) / 2;
    const long double r = j ? length / 2 : length / (1 + cosine),
                      m = j ? ((long double)j + 0.5L) * length : r * cosine;
    const long double x[3] = {j ? m - r * cosine : 0, m, m + r * cosine};
    long double f[3];
    for (int i = 0; i < 3; i++) f[i] = is_tanh ? tanhl(x[i]) : 1 / (1 + expl(-x[i]));
    const long double d01 = (f[1] - f[0]) / (x[1] - x[0]), d12 = (f[2] - f[1]) / (x[2] - x[1]);
    abc[2] = (d12 - d01) / (x[2] - x[0]);
    abc[1] = d01 - abc[2] * (x[0] + x[1]);
    abc[0] = f[0] - d01 * x[0] + abc[2] * x[0] * x[1];
    if (j == NN_CURVE_PIECES / 2 - 1) abc[0] = 1, abc[1] = abc[2] = 0;
    if (piece < 0) abc[0] = (is_tanh ? 0 : 1) - abc[0], abc[2] = -abc[2];
}

TEST(device_curve_dyn_tables)
{
    for (int t = 0; t < 2; t++) {
        const float *table = t ? nn_curve_tanh_dyn : nn_curve_logistic_dyn;
        for (int piece = -NN_CURVE_PIECES / 2; piece < NN_CURVE_PIECES / 2; piece++) {
            static const int at[] = {0, NN_CURVE_B, NN_CURVE_C};
            long double abc[3];
            parabola(t, piece, abc);
            for (int i = 0; i < 3; i++) { // to the bit, where long double is wider than double
                const float got = table[NN_CURVE_PIECES / 2 + piece + at[i]];
                if (!(fabsl(got - abc[i]) <= 6.1e-8L * fabsl(abc[i])))
                    test_fail(__FILE__, __LINE__, "table %d, piece %d, %c: want %.9Lg, got %.9g", t, piece,
                              'a' + i, abc[i], (double)got);
            }
        }
    }
}

// Every 397th float of both signs, and all that are near the ends of pieces.
static void each(void (*f)(float x))
{
    for (uint32_t bits = 0; bits <= 0x7f7fffffu; bits += 397)
        f(nn_float((int32_t)bits)), f(-nn_float((int32_t)bits));
    for (int i = -200; i <= 200; i++)
        for (int k = -3; k <= 3; k++) {
            int32_t bits;
            const float v = (float)i / 8;
            memcpy(&bits, &v, sizeof bits);
            if (i) f(nn_float(bits + k));
        }
}

static double worst[2];
static int wrong;

static void measure(float x)
{
    const float s = nn_logistic_dyn(x), t = nn_tanh_dyn(x), minus = nn_tanh_dyn(-x);
    worst[0] = fmax(worst[0], fabs((double)s - 1 / (1 + exp(-(double)x))));
    worst[1] = fmax(worst[1], fabs((double)t - tanh((double)x)));
    // odd but where a piece begins, which belongs to one side
    const bool begins = x * 8 == floorf(x * 8);
    wrong += !(s >= 0 && s <= 1 && t >= -1 && t <= 1 && (begins || t == -minus) && (t > 0) == (x > 0) &&
               (t < 0) == (x < 0));
    if (fabsf(x) < 0.1f && x != 0 && fabsf(x) > 1e-37f)
        wrong += !(fabs((double)t / tanh((double)x) - 1) < 2.5e-3);
}

TEST(device_curve_dyn_error)
{
    each(measure);
    CHECK_EQ(0, wrong);
    if (!(worst[0] < 1.3e-5) || !(worst[1] < 2.5e-5))
        test_fail(__FILE__, __LINE__, "errors %g of logistic, %g of tanh", worst[0], worst[1]);
    CHECK(nn_logistic_dyn(0) == 0.5f && nn_tanh_dyn(0) == 0 && nn_tanh_dyn(-0.0f) == 0);
    CHECK(nn_logistic_dyn(-1e38f) == 0 && nn_logistic_dyn(1e38f) == 1 && nn_tanh_dyn(-1e38f) == -1 &&
          nn_tanh_dyn(1e38f) == 1);
    static const float none[] = {INFINITY, -INFINITY, NAN};
    for (int i = 0; i < 3; i++) CHECK(isnan(nn_logistic_dyn(none[i])) && isnan(nn_tanh_dyn(none[i])));
}

// The piece is the floor; just left of 0, where an FPU may say 0, that makes no difference.
static void place(float x)
{
    for (int32_t bits = NN_CURVE_LOGISTIC; bits <= NN_CURVE_TANH; bits++) {
        const float *table = bits == NN_CURVE_TANH ? nn_curve_tanh_dyn : nn_curve_logistic_dyn;
        const float v = floorf(x * (float)(1 << bits));
        const int32_t want = v < -64 ? -64 : v > 63 ? 63 : (int32_t)v, got = nn_curve_piece_dyn(x, bits);
        wrong += got != want && !(x == 0 && got == -1);
        if (fabsf(x) < 0x1p-26f) wrong += nn_curve_at_dyn(table, 0, x) != nn_curve_at_dyn(table, -1, x);
    }
}

TEST(device_curve_dyn_piece)
{
    wrong = 0;
    each(place);
    CHECK_EQ(0, wrong);
}
