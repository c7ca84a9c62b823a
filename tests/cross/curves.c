// On the chip itself: its logistic and tanh of int16 (nn_activate16.h) over every input, its cell updates (nn_cell_s8.h) over
// the edges and random numbers, its float gates, its quantising of floats at its edges, against the portable steps written out
// again. Returns how many differ. NN_FMA stands in front, as in model.c.
#include "nn/nn_activate16.h"
#include "nn/nn_activate_dyn.h"
#include "nn/nn_cell_s8.h"
#include "nn/nn_math16.h"
#include "nn/nn_recurrent_f32.h"
#include "nn/nn_border.h"
#include "nn/nn_quantize_row.h"
#include "nn/nn_affine_s8.c"
#include "nn/nn_quantize_s8.c"
#include "nn/nn_average_pool_s8.c"
#include "nn/nn_max_pool_f32.c"

int curves_check(void);

enum { MOST = 44 };
static uint32_t state = 1;

static int32_t draw(void)
{
    state = state * 1664525u + 1013904223u;
    const int32_t edge = (int32_t)(state >> 8 & 7), v = (int16_t)(state >> 16);
    return edge == 0 ? -32768 : edge == 1 ? 32767 : edge == 2 ? v >> 12 : v;
}

static int curves(int32_t int_bits)
{
    static int16_t v[MOST], to[MOST];
    int bad = 0;
    for (int32_t a = -32768, n = 1; a < 32768; a += n, n = n % 41 + 1) {
        for (int32_t i = 0; i < n; i++) v[i] = (int16_t)(a + i);
        nn_tanhs_q15(v, n, int_bits, to);
        for (int32_t i = 0; i < n; i++) bad += to[i] != nn_tanh_q15((int16_t)(a + i), int_bits);
        if (int_bits != 3) continue;
        nn_tanhs_q15(v, n, 3, v);
        for (int32_t i = 0; i < n; i++) bad += v[i] != to[i], v[i] = (int16_t)(a + i);
        nn_logistics_q15(v, n);
        for (int32_t i = 0; i < n; i++) bad += v[i] != nn_logistic_q15((int16_t)(a + i), 3);
    }
    return bad;
}

static int cells(int32_t units, int round)
{
    static int16_t i[MOST], f[MOST], g[MOST], o[MOST], c[MOST], n[MOST], was[MOST];
    static int8_t h[MOST];
    int bad = 0;
    const nn_recurrent_integer p = {.units = units,
                                    .cell_shift = 15 + round % 7,
                                    .cell_clip = round % 3 == 0 ? 20000 : 0,
                                    .y_mult = 1073741824 + round % 4 * 1000000,
                                    .y_shift = round % 5 == 0 ? 1 : -7 - round % 3,
                                    .y_zero = round % 20 - 10};
    for (int32_t u = 0; u < MOST; u++) {
        i[u] = (int16_t)(draw() & 32767), f[u] = (int16_t)(draw() & 32767), o[u] = (int16_t)(draw() & 32767);
        g[u] = (int16_t)nn_max(draw(), -32767), was[u] = c[u] = (int16_t)draw(), h[u] = 99;
    }
    nn_lstm_states_s8(&p, i, f, g, c);
    for (int32_t u = 0; u < units; u++) {
        int32_t v =
            nn_clamp(nn_halve16(f[u] * was[u], 15) + nn_halve16(i[u] * g[u], p.cell_shift), -32768, 32767);
        if (p.cell_clip) v = nn_clamp(v, -p.cell_clip, p.cell_clip);
        bad += c[u] != v;
    }
    nn_lstm_outputs_s8(&p, o, g, h);
    for (int32_t u = 0; u < units; u++)
        bad += h[u] != nn_clamp(nn_requantise(o[u] * g[u], p.y_mult, p.y_shift) + p.y_zero, -128, 127);
    bad += h[units] != 99;
    for (int32_t u = 0; u < MOST; u++) was[u] = n[u] = (int16_t)draw();
    nn_gru_reset_s8(units, f, g, n);
    for (int32_t u = 0; u < units; u++) bad += n[u] != nn_clamp(was[u] + nn_mul16(f[u], g[u]), -32768, 32767);
    for (int32_t u = 0; u < MOST; u++)
        n[u] = g[u], was[u] = c[u] = (int16_t)nn_max(draw(), -32767), h[u] = 99;
    nn_gru_states_s8(units, f, n, c, h);
    for (int32_t u = 0; u < units; u++) {
        const int32_t v = n[u] + ((f[u] * (was[u] - n[u]) + (1 << 14)) >> 15);
        bad += c[u] != v || h[u] != nn_min((v + 128) >> 8, 127);
    }
    return bad + (h[units] != 99);
}

// Float gates four at a time, where a chip has that, against one by one: numbers of the size of gates, small ones, any bits.
static int floats(void)
{
    int bad = 0;
#ifdef __ARM_FEATURE_MVE
    static float v[MOST], was[MOST];
    for (int32_t round = 0; round < 8000; round++) {
        const int32_t n = round % 41 + 1, act = round % 8 < 4 ? NN_CELL_TANH : NN_CELL_LOGISTIC;
        for (int32_t i = 0; i < n; i++) {
            const uint32_t bits = (uint32_t)draw() << 16 ^ (uint32_t)draw();
            v[i] = was[i] = round % 4 == 0   ? nn_float((int32_t)bits)
                            : round % 4 == 1 ? nn_float((int32_t)(bits & 0xbfffffffu))
                                             : (float)(int32_t)bits * (1.0f / 134217728.0f);
        }
        nn_cell_acts(v, n, act, v);
        for (int32_t i = 0; i < n; i++) {
            const float want = nn_cell_act(was[i], act);
            bad += memcmp(&v[i], &want, sizeof want) != 0;
        }
    }
#endif
    return bad;
}

// logistic (2^2 pieces a unit) or tanh (2^3) of the dynamic recurrent layers, as nn_curve_dyn.h defines it.
static float dynamic(int32_t is_tanh, float x)
{
    const float v = x * (is_tanh ? 8.0f : 4.0f),
                *p = (is_tanh ? nn_curve_tanh_dyn : nn_curve_logistic_dyn) + NN_CURVE_PIECES / 2;
    int32_t piece = v < -63.0f ? -64 : v < 63.0f ? (int32_t)v : 63;
    if (v >= -63.0f && v < 63.0f && (float)piece > v) piece--;
    p += piece;
    return NN_MADD(NN_MADD(p[NN_CURVE_C], x, p[NN_CURVE_B]), x, p[0]);
}

// Numbers of the size of gates, small ones, ends of pieces, any bits.
static int dynamics(void)
{
    static float v[MOST], to[MOST];
    int bad = 0;
    for (int32_t round = 0; round < 4000; round++) {
        const int32_t n = round % 41 + 1, is_tanh = round % 2;
        for (int32_t i = 0; i < n; i++) {
            const uint32_t bits = (uint32_t)draw() << 16 ^ (uint32_t)draw();
            v[i] = round % 8 < 2   ? nn_float((int32_t)bits)
                   : round % 8 < 4 ? (float)((int32_t)bits >> 22) * 0.125f
                                   : (float)(int32_t)bits * (1.0f / 134217728.0f);
        }
        to[n] = 99.0f;
        if (is_tanh)
            nn_tanhs_dyn(v, n, to);
        else
            nn_logistics_dyn(v, n, to);
        bad += to[n] != 99.0f;
        for (int32_t i = 0; i < n; i++) {
            const float want = dynamic(is_tanh, v[i]),
                        one = is_tanh ? nn_tanh_dyn(v[i]) : nn_logistic_dyn(v[i]);
            if (want != want) // of no number and of infinite ones
                bad += to[i] == to[i] || one == one;
            else
                bad += memcmp(&to[i], &want, sizeof want) || memcmp(&one, &want, sizeof want);
        }
    }
    return bad;
}

// Pools of windows of k values, channels more than a vector has: of floats every order of both zeros, denormals, infinities
// and NaN, bit for bit; of int8 sums of every size.
static int pools(int32_t k)
{
    enum { CHANNELS = 27, WINDOWS = 3, WIDEST = 30 };
    static const uint32_t edge[] = {0,          0x80000000, 1,          0x80000001, 0x007fffff,
                                    0x807fffff, 0x00800000, 0x80800000, 0x3f800000, 0xbf800000,
                                    0x7f800000, 0xff800000, 0x7fc00001, 0xffc00002};
    static float x[WINDOWS * WIDEST * CHANNELS], y[WINDOWS * CHANNELS];
    static int8_t v[WINDOWS * WIDEST * CHANNELS], z[WINDOWS * CHANNELS];
    const int32_t in_w = WINDOWS * k;
    const nn_pool p = {1, 1, in_w, CHANNELS, 1, WINDOWS, 1, k, 1, k, 0, 0, NN_ACT_NONE, -100, 127};
    int bad = 0;
    for (int32_t i = 0; i < in_w * CHANNELS; i++) {
        const uint32_t bits = edge[(draw() & 0x7fff) % (int32_t)(sizeof edge / sizeof *edge)];
        memcpy(&x[i], &bits, sizeof bits);
        v[i] = (int8_t)(i % 5 ? draw() : i % 10 ? -128 : 127);
    }
    nn_max_pool_f32(&p, x, y);
    nn_average_pool_s8(&p, v, z);
    for (int32_t i = 0; i < WINDOWS * CHANNELS; i++) {
        const int32_t at = i / CHANNELS * k * CHANNELS + i % CHANNELS;
        float most = x[at];
        int32_t sum = 0;
        for (int32_t j = 0; j < k; j++) {
            most = x[at + j * CHANNELS] > most ? x[at + j * CHANNELS] : most;
            sum += v[at + j * CHANNELS];
        }
        bad += memcmp(&most, &y[i], sizeof most) != 0;
        bad += z[i] != nn_max((sum > 0 ? sum + k / 2 : sum - k / 2) / k, -100);
    }
    return bad;
}

static int quantised(int32_t zero)
{
    static const float edge[] = {0.0f,     0.49999997f, 0.5f,     1.5f,   2.5f,   126.5f,
                                 127.0f,   127.5f,      128.5f,   254.5f, 255.5f, 32767.0f,
                                 32768.0f, 32768.004f,  65536.0f, 1e9f,   1e30f,  1e38f};
    enum { N = 2 * sizeof edge / sizeof *edge + 3 };
    static float x[N];
    static int8_t y[N + 1];
    int bad = 0;
    for (int32_t few = 0; few < 2; few++) { // with and without numbers that fit nowhere
        const int32_t n = few ? 27 : N;
        for (int32_t i = 0; i < N - 3; i++) x[i] = i & 1 ? -edge[i / 2] : edge[i / 2];
        for (int32_t i = 0; i < 3; i++)
            x[N - 3 + i] = nn_float(i == 0 ? 0x7fc00000 : i == 1 ? 0x7f800000 : -8388608);
        const nn_quantize p = {n, 0x3f800000, zero};
        y[n] = 99;
        nn_quantize_s8(&p, x, y);
        for (int32_t i = 0; i < n; i++) bad += y[i] != nn_round_s8(x[i] / 1.0f, zero);
        for (int32_t least = -128; least < -126; least++) {
            nn_quantize_values(x, n, 1.0f, (float)zero, least, y);
            for (int32_t i = 0; i < n; i++)
                bad += y[i] != nn_max(nn_round_s8(NN_MADD(x[i], 1.0f, (float)zero), 0), least);
        }
        nn_window_s8(x, n, 1.0f, 4096.0f, zero, y);
        for (int32_t i = 0; i < n; i++) bad += y[i] != nn_round_s8(x[i], zero);
        for (int32_t c = 1; c < 8; c++) { // rows of every length but the last numbers, which fill none
            static const float factor[] = {1.0f, -0.37f, 1e9f, 3.0f, 1e-35f, 0.0f, 0.5f},
                               term[] = {-0.0f, 0.1f, 1.0f, -2.5f, 1e30f, 0.5f, 1e-40f},
                               scale[] = {1.0f, 0.0371f, 1e-30f};
            for (int32_t k = 0; k < 3; k++) {
                nn_affine q = {n / c, c, 0, zero};
                memcpy(&q.scale_bits, &scale[k], sizeof q.scale_bits);
                nn_affine_s8(&q, x, factor, term, y);
                for (int32_t i = 0; i < n / c * c; i++)
                    bad += y[i] != nn_round_s8((x[i] * factor[i % c] + term[i % c]) / scale[k], zero);
            }
        }
        bad += y[n] != 99;
    }
    return bad;
}

int curves_check(void)
{
    int bad = 0;
    for (int32_t zero = -128; zero < 128; zero += 51) bad += quantised(zero);
    for (int32_t bits = 0; bits < 6; bits++) bad += curves(bits);
    bad += floats() + dynamics();
    for (int32_t k = 1; k <= 30; k++) bad += pools(k);
    for (int round = 0; round < 400; round++) bad += cells(round % 40 + 1, round);
    return bad;
}
