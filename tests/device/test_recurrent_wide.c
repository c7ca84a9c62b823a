// The host's recurrent float kernels of sixteen units at a time (src/graph/kernel_wide.h) against the device's: every
// bit, at sizes around a whole block, with all activations, saturated sums and NaN.
#include "../../device/nn_gru_f32.c"
#include "../../device/nn_lstm_f32.c"
#include "../../device/nn_rnn_f32.c"
#include "../../src/base/arena.h"
#include "../../src/base/rng.h"
#include "../../src/graph/kernels.h"
#include "../test.h"
#include <math.h>

static const int32_t units[] = {8, 15, 16, 17, 33}, steps[] = {8, 9, 20}, channels[] = {1, 6};
#define COUNT(v) (int)(sizeof(v) / sizeof *(v))

// Values up to `most`, some far beyond where exp and tanh end.
static float *values(struct arena *a, struct rng *r, int64_t n, float most)
{
    float *v = arena_new_n(a, (size_t)n, float);
    for (int64_t i = 0; i < n; i++) v[i] = (rng_float(r) * 2 - 1) * (rng_below(r, 40) ? most : 200 * most);
    return v;
}

static bool same(const float *want, const float *got, int64_t n)
{
    for (int64_t i = 0; i < n; i++) // which NaN it is may differ
        if (memcmp(&want[i], &got[i], sizeof *want) && !(isnan(want[i]) && isnan(got[i]))) return false;
    return true;
}

static void check(int kind, nn_recurrent p, bool before, bool nan, struct arena *a)
{
    struct rng r = rng_new((uint64_t)(p.units * 100 + p.steps * 10 + kind));
    const int64_t taps = p.in_c + p.units, fours = (p.units + 3) / 4 * 4, n = (int64_t)p.steps * p.units;
    float *x = values(a, &r, (int64_t)p.steps * p.in_c, 2), *w = values(a, &r, 4 * fours * taps, 0.4f);
    float *w2 = values(a, &r, fours * taps, 0.4f), *b = values(a, &r, 4 * fours, 0.5f);
    float *b2 = values(a, &r, fours, 0.5f), *b3 = values(a, &r, fours, 0.5f);
    float *h0 = before ? values(a, &r, p.units, 1) : NULL, *c0 = before ? values(a, &r, p.units, 1) : NULL;
    float *state = values(a, &r, 4 * p.units, 1), *want = arena_new_n(a, (size_t)n, float),
          *got = arena_new_n(a, (size_t)n, float);
    if (nan) x[p.in_c] = NAN;
    if (kind == 0) {
        nn_lstm_f32(&p, x, w, b, h0, c0, NULL, NULL, state, want);
        kernel_nn_lstm_f32.call(&p, (void *[]){x, w, b, h0, c0, NULL, NULL, state, got});
    } else if (kind == 1) {
        float *rec = p.reset_after ? b3 : NULL;
        nn_gru_f32(&p, x, w, b, w2, b2, rec, h0, NULL, state, want);
        kernel_nn_gru_f32.call(&p, (void *[]){x, w, b, w2, b2, rec, h0, NULL, state, got});
    } else {
        nn_rnn_f32(&p, x, w, b, h0, NULL, state, want);
        kernel_nn_rnn_f32.call(&p, (void *[]){x, w, b, h0, NULL, state, got});
    }
    if (!same(want, got, n))
        test_fail(__FILE__, __LINE__,
                  "kind %d, %d steps, %d channels, %d units, activations %d and %d: other bits", kind,
                  p.steps, p.in_c, p.units, p.act, p.gate_act);
}

TEST(device_recurrent_wide)
{
    static const int32_t acts[][2] = {
        {NN_CELL_TANH, NN_CELL_LOGISTIC}, {NN_CELL_RELU, NN_CELL_HARD_5}, {NN_CELL_LINEAR, NN_CELL_HARD_6}};
    const float clip = 0.7f;
    int32_t clip_bits;
    memcpy(&clip_bits, &clip, sizeof clip);
    for (int form = 0; form < 16; form++)
        for (int u = 0; u < COUNT(units); u++)
            for (int s = 0; s < COUNT(steps); s++)
                for (int c = 0; c < COUNT(channels); c++)
                    for (int kind = 0; kind < 3; kind++) {
                        struct arena a = {0};
                        const int32_t *act = acts[(u + s + c + form) % 3];
                        const nn_recurrent p = {.steps = steps[s],
                                                .in_c = channels[c],
                                                .units = units[u],
                                                .sequences = form & 1,
                                                .backwards = form >> 1 & 1,
                                                .act = act[0],
                                                .gate_act = act[1],
                                                .reset_after = form >> 2 & 1,
                                                .clip_bits = kind == 0 && form & 4 ? clip_bits : 0};
                        check(kind, p, form & 8, s == 1 && form == 3, &a);
                        arena_free(&a);
                    }
}
