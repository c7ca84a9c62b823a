// The recurrent layers on device/xtensa/nn_gates_s8.h and nn_cell_s8.h, their plain C form, against the portable ones, bit for bit.
#define NN_FMA 1
#include "../../device/xtensa/nn_cell_s8.h"
#include "../../device/xtensa/nn_gates_s8.h"
#include "../../device/xtensa/nn_quantize_row.h"
#include "../../device/xtensa/nn_cell_dyn.h"
#define nn_lstm_s8 mac16_lstm_s8
#define nn_gru_s8 mac16_gru_s8
#define nn_lstm_dyn mac16_lstm_dyn
#define nn_rnn_dyn mac16_rnn_dyn
#define nn_gru_dyn mac16_gru_dyn
#include "../../device/nn_gru_dyn.c"
#include "../../device/nn_gru_s8.c"
#include "../../device/nn_lstm_dyn.c"
#include "../../device/nn_lstm_s8.c"
#include "../../device/nn_rnn_dyn.c"
#undef nn_lstm_s8
#undef nn_gru_s8
#undef nn_lstm_dyn
#undef nn_rnn_dyn
#undef nn_gru_dyn
#define nn_quantize_dynamic mac16_quantize_dynamic
#include "../../device/nn_quantize_dynamic.c"
#undef nn_quantize_dynamic
#include "../../src/graph/kernels.h"
#include "../../src/graph/op_recurrent.h"
#include "../test.h"
#include "random.h"
#include <math.h>
#include <stdlib.h>

// Rows of both matrices widened side by side, as the lowering does it ahead; to be freed.
static int16_t *rows_ahead(const int8_t *w, int32_t in_c, const int8_t *u, int32_t units, int32_t rows)
{
    int16_t *to = malloc((size_t)(rows * (nn_fours(in_c) + nn_fours(units)) + NN_WIDEN_SLACK) * sizeof *to);
    nn_widen_gates(w, in_c, u, units, rows, to);
    return to;
}

// Factors of every size, so that gates lie near rounding edges, at their ends and far beyond.
TEST(device_mac16_integer_recurrent)
{
    static int16_t table[NN_CURVE_INT16];
    recurrent_curve(table);
    for (int seed = 0; seed < 120; seed++) {
        struct rng r = rng_new((uint64_t)seed + 9000);
        const int32_t gates = seed % 2 ? 4 : 3, units = PICK(1, 14), in_c = PICK(1, 13), steps = PICK(1, 6);
        const int32_t rows = gates * nn_fours(units);
        nn_recurrent_integer p = {.steps = steps,
                                  .in_c = in_c,
                                  .units = units,
                                  .sequences = PICK(0, 1),
                                  .backwards = PICK(0, 1),
                                  .reset_after = PICK(0, 1),
                                  .cell_bits = PICK(0, 5),
                                  .cell_shift = PICK(15, 20),
                                  .y_mult = 1 << 30,
                                  .y_shift = -22,
                                  .pack = NN_PACK_ROWS,
                                  .widen = PICK(0, 3) * 2 | NN_WIDEN_X};
        int8_t *x = random_int8(&r, steps * in_c), *w = random_int8(&r, rows * in_c),
               *u = random_int8(&r, rows * units);
        int32_t *bias = malloc((size_t)rows * 4), *rec = malloc((size_t)rows * 4), mult[8], shift[8];
        for (int32_t i = 0; i < rows; i++) bias[i] = PICK(-40000, 40000), rec[i] = PICK(-40000, 40000);
        for (int i = 0; i < 8; i++)
            mult[i] = (int32_t)(rng_u32(&r) >> 2) + (1 << 30), shift[i] = PICK(-12, seed % 5 ? -1 : 2);
        int16_t *scratch = calloc(1, (size_t)nn_recurrent_s8_scratch(5, 7, gates, in_c, units) + 64);
        int8_t want[6 * 14] = {0}, got[6 * 14] = {0};
        int32_t *const b = PICK(0, 3) ? bias : NULL, *const c = PICK(0, 1) ? rec : NULL;
        int16_t *const curve = PICK(0, 1) ? table : NULL;
        void *const buf[] = {x, w, u, b, c, mult, shift, NULL, NULL, NULL, scratch, want};
        if (gates == 4) {
            nn_lstm_s8_call(&p, buf);
            mac16_lstm_s8(&p, x, w, u, b, c, mult, shift, curve, NULL, NULL, scratch, got);
        } else {
            nn_gru_s8_call(&p, buf);
            mac16_gru_s8(&p, x, w, u, b, c, mult, shift, curve, NULL, NULL, scratch, got);
        }
        if (memcmp(want, got, sizeof want))
            test_fail(__FILE__, __LINE__, "%d gates differ from the portable kernel, seed %d", gates, seed);
        int16_t *ahead = rows_ahead(w, in_c, u, units, rows);
        const int8_t *v = (const int8_t *)ahead;
        p.pack = NN_PACK_WIDE, p.widen = NN_WIDEN_X;
        memset(got, 0, sizeof got);
        if (gates == 4)
            mac16_lstm_s8(&p, x, v, NULL, b, c, mult, shift, curve, NULL, NULL, scratch, got);
        else
            mac16_gru_s8(&p, x, v, NULL, b, c, mult, shift, curve, NULL, NULL, scratch, got);
        if (memcmp(want, got, sizeof want))
            test_fail(__FILE__, __LINE__, "%d gates differ, widened ahead, seed %d", gates, seed);
        free(x), free(w), free(u), free(bias), free(rec), free(scratch), free(ahead);
    }
}

// One factor, every sum: what the FPU makes of it, and the two roundings of nn_gate_exact.
TEST(device_mac16_gate_scale)
{
    for (int seed = 0; seed < 60; seed++) {
        struct rng r = rng_new((uint64_t)seed);
        const int32_t mult = seed % 4 ? (int32_t)(rng_u32(&r) >> 2) + (1 << 30) : 1 << 30,
                      shift = 2 - seed % 16;
        const nn_gate_scale f = nn_gate_scale_of(mult, shift);
        for (int32_t i = 0; i < 60000; i++) {
            const int32_t acc = i < 40000 ? i - 20000 : ((int32_t)rng_u32(&r) >> PICK(4, 20));
            const int32_t want = nn_gate_exact(acc, mult, shift), got = nn_gate_scaled(&f, acc);
            // beyond 16 bits and what a gate may add, all is saturated
            if (want != got && (abs(want) < 65535 || abs(got) < 65535)) {
                test_fail(__FILE__, __LINE__, "%d * %d * 2^%d: want %d, got %d", acc, mult, shift - 31, want,
                          got);
                return;
            }
        }
    }
}

// One of the three layers, portable (NULL) or of this folder.
static void dynamic(int32_t gates, bool folder, const nn_recurrent *p, void *const *b)
{
    if (!folder)
        (gates == 4 ? nn_lstm_dyn_call_fma : gates == 3 ? nn_gru_dyn_call_fma : nn_rnn_dyn_call_fma)(p, b);
    if (folder && gates == 4)
        mac16_lstm_dyn(p, b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11]);
    if (folder && gates == 3)
        mac16_gru_dyn(p, b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10]);
    if (folder && gates == 1) mac16_rnn_dyn(p, b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9]);
}

// LSTM, GRU and RNN, a scale a gate and a row, other activations, clipped cells, h that is all zeros.
TEST(device_mac16_dynamic_recurrent)
{
    for (int seed = 0; seed < 240; seed++) {
        struct rng r = rng_new((uint64_t)seed + 700);
        const int32_t gates = seed % 3 == 0   ? 4
                              : seed % 3 == 1 ? 3
                                              : 1,
                      units = PICK(1, 14), in_c = PICK(1, 13), steps = PICK(1, 6),
                      rows = gates * nn_fours(units);
        const bool curves = PICK(0, 3);
        nn_recurrent p = {.steps = steps,
                          .in_c = in_c,
                          .units = units,
                          .sequences = PICK(0, 1),
                          .backwards = PICK(0, 1),
                          .reset_after = PICK(0, 1),
                          .act = curves ? NN_CELL_TANH : PICK(NN_CELL_LOGISTIC, NN_CELL_HARD_6),
                          .gate_act = curves ? NN_CELL_LOGISTIC : PICK(NN_CELL_TANH, NN_CELL_HARD_6),
                          .clip_bits = PICK(0, 3) ? 0 : 0x3f000000,
                          .pack = NN_PACK_ROWS,
                          .widen = PICK(0, 3) * 2 | NN_WIDEN_X,
                          .per_row = PICK(0, 1)};
        int8_t *x = random_int8(&r, steps * in_c), *w = random_int8(&r, rows * in_c),
               *u = random_int8(&r, rows * units);
        float *bias = malloc((size_t)rows * 4), *scale = malloc((size_t)rows * 8), x_scale[6], h0[14],
              rec[16];
        for (int32_t i = 0; i < rows; i++) bias[i] = rng_normal(&r);
        for (int32_t i = 0; i < 2 * rows; i++) scale[i] = 0.01f * rng_float(&r);
        for (int i = 0; i < 6; i++) x_scale[i] = 0.02f * rng_float(&r);
        for (int i = 0; i < 14; i++) h0[i] = seed % 5 ? rng_normal(&r) : 0;
        for (int i = 0; i < 16; i++) rec[i] = rng_normal(&r);
        float *scratch = calloc(1, (size_t)nn_recurrent_dyn_scratch(5, 7, gates, in_c, units) + 64);
        float want[6 * 14] = {0}, got[6 * 14] = {0};
        void *b[12] = {x, x_scale, w, u, scale, bias};
        int n = 6;
        if (gates == 3) b[n++] = PICK(0, 1) ? rec : NULL;
        b[n++] = PICK(0, 1) ? h0 : NULL;
        if (gates == 4) b[n++] = PICK(0, 1) ? h0 : NULL, b[n++] = NULL;
        b[n++] = NULL;
        b[n++] = scratch;
        b[n] = want;
        dynamic(gates, false, &p, b);
        b[n] = got;
        dynamic(gates, true, &p, b);
        if (memcmp(want, got, sizeof want))
            test_fail(__FILE__, __LINE__, "%d dynamic gates differ from the portable kernel, seed %d", gates,
                      seed);
        int16_t *ahead = rows_ahead(w, in_c, u, units, rows);
        p.pack = NN_PACK_WIDE, p.widen = NN_WIDEN_X;
        memset(got, 0, sizeof got);
        b[2] = ahead, b[3] = NULL;
        dynamic(gates, true, &p, b);
        if (memcmp(want, got, sizeof want))
            test_fail(__FILE__, __LINE__, "%d dynamic gates differ, widened ahead, seed %d", gates, seed);
        free(x), free(w), free(u), free(bias), free(scale), free(scratch), free(ahead);
    }
}

// Both quotients at every significand, and over the exponents.
TEST(device_mac16_scale_127)
{
    int bad = 0;
    for (uint32_t b = 1; b < 0x7f800000; b += b >= 0x3f800000 && b < 0x40000000 ? 1 : 4099) {
        const float range = nn_float((int32_t)b);
        float factor;
        bad += nn_scale_127(range, &factor) != range / 127.0f;
        bad += factor != 127.0f / range;
    }
    CHECK_EQ(0, bad);
}

// h straight into its place: halves, all zeros, no numbers, infinite ones, numbers by which 127 cannot be divided.
TEST(device_mac16_quantize_wide)
{
    for (int seed = 0; seed < 400; seed++) {
        struct rng r = rng_new((uint64_t)seed);
        enum { N = 30 };
        static const float sizes[] = {1, 1e-30f, 1e30f, 1e-36f, 1e-38f, 1e-42f, 0};
        const int32_t n = PICK(1, N);
        float h[N];
        int8_t q[N];
        int16_t want[N + 2] = {0}, got[N + 2];
        for (int i = 0; i < n; i++) h[i] = rng_normal(&r) * sizes[seed % 7];
        if (seed % 5 == 0) // a factor of 1: every half
            for (int i = 0; i < n; i++) h[i] = i == 0 ? -127.0f : (float)PICK(-253, 253) * 0.5f;
        if (seed % 11 == 0) h[PICK(0, n - 1)] = NAN;
        if (seed % 13 == 0) h[PICK(0, n - 1)] = seed % 2 ? INFINITY : -INFINITY;
        const float scale = nn_quantize_h(h, q, n), wide = nn_quantize_wide(h, n, got);
        for (int i = 0; i < n; i++) want[i] = q[i];
        if (memcmp(&scale, &wide, sizeof scale) ||
            (scale > 0 && memcmp(want, got, (size_t)nn_fours(n) * sizeof *want)))
            test_fail(__FILE__, __LINE__, "h as int16 differs from h as int8, seed %d", seed);
    }
}

// Rows with halves, with what is no number, infinite, or all the same.
TEST(device_mac16_quantize_dynamic)
{
    for (int seed = 0; seed < 400; seed++) {
        struct rng r = rng_new((uint64_t)seed);
        enum { N = 96 };
        const nn_quantize_rows p = {1, N, seed % 2};
        float x[N], want_scale, got_scale;
        int32_t want_zero, got_zero;
        int8_t want[N], got[N];
        for (int i = 0; i < N; i++) x[i] = rng_normal(&r) * 20;
        if (seed % 3 == 0) // a scale of 1 or 1/2: every half
            for (int i = 0; i < N; i++) x[i] = i == 0 ? 127.0f : i == 1 ? -128.0f : (float)(i - 48) * 0.5f;
        if (seed % 7 == 0) x[PICK(0, N - 1)] = NAN;
        if (seed % 11 == 0) x[PICK(0, N - 1)] = seed % 2 ? INFINITY : -INFINITY;
        if (seed % 13 == 0)
            for (int i = 0; i < N; i++) x[i] = seed % 2 ? 0.0f : -0.0f;
        nn_quantize_dynamic_call_fma(&p, (void *[]){x, &want_scale, &want_zero, want});
        mac16_quantize_dynamic(&p, x, &got_scale, &got_zero, got);
        if (memcmp(want, got, N) || memcmp(&want_scale, &got_scale, 4) || want_zero != got_zero)
            test_fail(__FILE__, __LINE__, "a quantised row differs from the portable one, seed %d", seed);
    }
}
