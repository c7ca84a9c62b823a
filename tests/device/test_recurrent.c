// LSTM, GRU and RNN against loops in double precision written from the equations of graph.h, in every layout;
// the same bits in all layouts without fused multiply-add.
#include "device.h"
#include "../../device/nn_math16.h"
#include <math.h>
#include <stdio.h>

struct rec_case {
    int steps, channels, units;
    struct recurrent r;
    int biases; // 0, 1, 2
    bool initial;
    const char *why;
};
#define CELL(k, a, g, ...)                                                                                   \
    {                                                                                                        \
        .kind = k, .act = a, .gate_act = g, __VA_ARGS__                                                      \
    }
static const struct rec_case cases[] = {
    {1, 1, 1, CELL(RECURRENT_LSTM, CELL_TANH, CELL_LOGISTIC), 1, false, "the smallest"},
    {7, 3, 5, CELL(RECURRENT_LSTM, CELL_TANH, CELL_LOGISTIC), 1, false, "the last h"},
    {8, 3, 5, CELL(RECURRENT_LSTM, CELL_TANH, CELL_LOGISTIC), 2, true,
     "even steps, two biases, a state before"},
    {6, 2, 4, CELL(RECURRENT_LSTM, CELL_TANH, CELL_LOGISTIC, .sequences = true), 1, false, "sequences"},
    {6, 2, 4, CELL(RECURRENT_LSTM, CELL_TANH, CELL_LOGISTIC, .sequences = true, .backwards = true), 1, true,
     "backwards"},
    {5, 2, 3, CELL(RECURRENT_LSTM, CELL_TANH, CELL_LOGISTIC, .backwards = true), 0, false,
     "backwards, the last h"},
    {5, 4, 6, CELL(RECURRENT_LSTM, CELL_RELU, CELL_HARD_5), 1, false, "relu and hard sigmoid"},
    {5, 4, 6, CELL(RECURRENT_LSTM, CELL_LINEAR, CELL_HARD_6), 1, false, "linear and Keras 3's hard sigmoid"},
    {40, 6, 16, CELL(RECURRENT_LSTM, CELL_TANH, CELL_LOGISTIC), 1, false, "as in a HAR network"},
    {3, 28, 20, CELL(RECURRENT_LSTM, CELL_TANH, CELL_LOGISTIC), 1, false, "rows of images"},
    {3, 9, 32, CELL(RECURRENT_LSTM, CELL_TANH, CELL_LOGISTIC, .sequences = true), 1, false,
     "two whole groups of 16 taps"},
    {3, 1, 33, CELL(RECURRENT_LSTM, CELL_TANH, CELL_LOGISTIC), 1, false, "one tap more than two groups"},
    {2, 33, 1, CELL(RECURRENT_LSTM, CELL_TANH, CELL_LOGISTIC), 1, false, "one unit"},
    {2, 3, 64, CELL(RECURRENT_LSTM, CELL_TANH, CELL_LOGISTIC), 1, false, "four groups"},
    {1, 1, 1, CELL(RECURRENT_GRU, CELL_TANH, CELL_LOGISTIC, .reset_after = true), 2, false, "the smallest"},
    {7, 3, 5, CELL(RECURRENT_GRU, CELL_TANH, CELL_LOGISTIC, .reset_after = true), 2, false, "odd units"},
    {8, 3, 6, CELL(RECURRENT_GRU, CELL_TANH, CELL_LOGISTIC, .reset_after = true, .sequences = true), 1, true,
     "sequences"},
    {7, 3, 5, CELL(RECURRENT_GRU, CELL_TANH, CELL_LOGISTIC), 2, false, "reset before, two biases"},
    {7, 3, 8, CELL(RECURRENT_GRU, CELL_TANH, CELL_HARD_5, .backwards = true), 1, true,
     "reset before, a state before"},
    {9, 2, 4, CELL(RECURRENT_GRU, CELL_RELU, CELL_LOGISTIC, .sequences = true), 0, false, "no bias"},
    {3, 28, 20, CELL(RECURRENT_GRU, CELL_TANH, CELL_LOGISTIC, .reset_after = true), 2, false,
     "rows of images"},
    {3, 9, 33, CELL(RECURRENT_GRU, CELL_TANH, CELL_LOGISTIC, .sequences = true), 1, false,
     "reset before, one tap more than two groups"},
    {1, 1, 1, CELL(RECURRENT_RNN, CELL_TANH, CELL_LOGISTIC), 1, false, "the smallest"},
    {6, 3, 7, CELL(RECURRENT_RNN, CELL_TANH, CELL_LOGISTIC, .sequences = true), 2, true,
     "units fill no block"},
    {6, 3, 8, CELL(RECURRENT_RNN, CELL_RELU, CELL_LOGISTIC, .backwards = true), 0, false, "no bias"},
};

static double act(double v, enum cell_act a)
{
    switch (a) {
    case CELL_TANH:
        return tanh(v);
    case CELL_LOGISTIC:
        return 1 / (1 + exp(-v));
    case CELL_RELU:
        return fmax(v, 0);
    case CELL_LINEAR:
        return v;
    default:
        return fmin(fmax(v / (a == CELL_HARD_5 ? 5 : 6) + 0.5, 0), 1);
    }
}

static double dot(const struct tensor *w, int row, const double *v)
{
    double s = 0;
    for (int i = 0; i < w->dim[1]; i++) s += (double)((const float *)w->data)[row * w->dim[1] + i] * v[i];
    return s;
}

static double at(const struct tensor *t, int i)
{
    return t ? (double)((const float *)t->data)[i] : 0;
}

static void naive_step(const struct node *n, const double *x, double *h, double *c)
{
    const struct recurrent *r = &n->as.recurrent;
    const struct tensor *w = n->in[1], *u = n->in[2], *b = n->in[3], *rb = n->in[4];
    const int units = u->dim[1];
    double next[64], rh[64];
    for (int k = 0; k < units && r->kind == RECURRENT_GRU; k++)
        rh[k] = h[k] * act(dot(w, units + k, x) + dot(u, units + k, h) + at(b, units + k) + at(rb, units + k),
                           r->gate_act);
    for (int k = 0; k < units; k++) {
        double s[4];
        for (int g = 0; g < recurrent_gates(r->kind); g++) {
            const int row = g * units + k;
            s[g] = dot(w, row, x) + dot(u, row, h) + at(b, row) + at(rb, row);
        }
        if (r->kind == RECURRENT_RNN) next[k] = act(s[0], r->act);
        if (r->kind == RECURRENT_LSTM) {
            c[k] = act(s[1], r->gate_act) * c[k] + act(s[0], r->gate_act) * act(s[2], r->act);
            next[k] = act(s[3], r->gate_act) * act(c[k], r->act);
        }
        if (r->kind == RECURRENT_GRU) {
            const int row = 2 * units + k;
            const double z = act(s[0], r->gate_act), reset = act(s[1], r->gate_act);
            const double wx = dot(w, row, x) + at(b, row);
            const double m = r->reset_after ? wx + reset * (dot(u, row, h) + at(rb, row))
                                            : wx + dot(u, row, rh) + at(rb, row);
            next[k] = z * h[k] + (1 - z) * act(m, r->act);
        }
    }
    memcpy(h, next, (size_t)units * sizeof *h);
}

static void naive(const struct node *n, const float *x, float *y)
{
    const struct recurrent *r = &n->as.recurrent;
    const int steps = n->in[0]->dim[1], channels = n->in[0]->dim[2], units = n->in[2]->dim[1];
    double h[64], c[64], in[64];
    for (int k = 0; k < units; k++) h[k] = at(n->in[5], k), c[k] = at(n->in[6], k);
    for (int t = 0; t < steps; t++) {
        const int place = r->backwards ? steps - 1 - t : t;
        for (int i = 0; i < channels; i++) in[i] = (double)x[place * channels + i];
        naive_step(n, in, h, c);
        for (int k = 0; k < units; k++) y[(r->sequences ? place * units : 0) + k] = (float)h[k];
    }
}

static struct graph *graph_of(const struct rec_case *c, struct rng *r, struct arena *a, struct err *e)
{
    struct graph *g = graph_new(a, "recurrent");
    const int rows = recurrent_gates(c->r.kind) * c->units;
    struct tensor *x = random_input(g, a, F32, 3, (int32_t[]){1, c->steps, c->channels}, 0, 0);
    struct node *n = graph_add(g, a, OP_RECURRENT, c->why, 7, 1);
    n->as.recurrent = c->r;
    n->in[0] = x;
    n->in[1] = random_const(a, r, F32, 2, (int32_t[]){rows, c->channels});
    n->in[2] = random_const(a, r, F32, 2, (int32_t[]){rows, c->units});
    for (int i = 0; i < 2; i++) {
        float *w = (float *)(uintptr_t)n->in[1 + i]->data;
        for (int64_t k = 0; k < tensor_count(n->in[1 + i]); k++) w[k] *= 0.4f;
    }
    for (int i = 0; i < c->biases; i++) n->in[3 + i] = random_const(a, r, F32, 1, &rows);
    if (c->initial) n->in[5] = random_const(a, r, F32, 2, (int32_t[]){1, c->units});
    if (c->initial && c->r.kind == RECURRENT_LSTM)
        n->in[6] = random_const(a, r, F32, 2, (int32_t[]){1, c->units});
    struct tensor *y = graph_apply(g, a, n, e);
    g->out = arena_copy(a, &y, sizeof y);
    g->nout = 1;
    return y ? g : NULL;
}

TEST(device_recurrent_f32)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct arena a = {0};
        struct err e = {""};
        struct rng r = rng_new(i + 1);
        struct graph *g = graph_of(&cases[i], &r, &a, &e);
        CHECK_STR("", e.text);
        if (!g) continue;
        const struct tensor *y = g->out[0];
        float *x = random_bytes(&a, &r, g->in[0]), *want = arena_alloc(&a, (size_t)tensor_bytes(y)),
              *first = NULL;
        naive(g->node[0], x, want);
        for (int l = 0; l < device_nlayout; l++) {
            float *got = device_run(g, &device_layouts[l], (const void *const[]){x}, &a, &e);
            CHECK(got != NULL);
            for (int64_t k = 0; got && k < tensor_count(y); k++)
                if (!(fabsf(got[k] - want[k]) <= 2e-5f * fmaxf(1, fabsf(want[k])))) {
                    test_fail(__FILE__, __LINE__, "%s, %s: at %d want %g, got %g",
                              recurrent_name(cases[i].r.kind), cases[i].why, (int)k, (double)want[k],
                              (double)got[k]);
                    break;
                }
            if (got && !device_layouts[l].fma && first) check_same(cases[i].why, y, first, got);
            if (!device_layouts[l].fma) first = got;
        }
        arena_free(&a);
    }
}

// ---- int8 weights ----

static void to_int8(struct graph *g, struct rng *r, struct arena *a, bool per_row)
{
    struct node *n = g->node[0];
    const int gates = recurrent_gates(n->as.recurrent.kind), units = n->in[2]->dim[1];
    for (int i = 1; i < 3; i++) {
        struct tensor *w = random_const(a, r, I8, 2, n->in[i]->dim);
        set_scales(a, r, w, w->dim[0], 0, 0.5f / 127 / (float)gates);
        float *scale = (float *)(uintptr_t)w->q.scale;
        for (int row = 0; row < w->dim[0] && !per_row; row++) scale[row] = scale[row / units * units];
        n->in[i] = w;
    }
}

// What the weights say as floats.
static struct tensor *as_float(const struct tensor *w, struct arena *a)
{
    float *v = arena_new_n(a, (size_t)tensor_count(w), float);
    for (int64_t i = 0; i < tensor_count(w); i++)
        v[i] = (float)((const int8_t *)w->data)[i] * w->q.scale[i / w->dim[1]];
    return tensor_const(a, "float", F32, 2, w->dim, v);
}

// The same bits in every layout (but for fused multiply-add), and near a float network of the same weights.
static void check_layouts(const char *why, struct graph *g, const void *x, const float *want, float scale,
                          float near, struct arena *a)
{
    struct err e = {""};
    const struct tensor *y = g->out[0];
    void *first = NULL;
    for (int l = 0; l < device_nlayout; l++) {
        void *got = device_run(g, &device_layouts[l], (const void *const[]){x}, a, &e);
        CHECK_STR("", e.text);
        if (!got) return;
        for (int64_t k = 0; k < tensor_count(y); k++) {
            const float v = y->type == I8 ? (float)((const int8_t *)got)[k] * scale : ((const float *)got)[k];
            if (!(fabsf(v - want[k]) <= near * fmaxf(1, fabsf(want[k])))) {
                test_fail(__FILE__, __LINE__, "%s %s, layout %d: at %d want about %g, got %g",
                          recurrent_name(g->node[0]->as.recurrent.kind), why, l, (int)k, (double)want[k],
                          (double)v);
                break;
            }
        }
        const bool same = y->type == I8 || !device_layouts[l].fma;
        if (same && first) check_same(why, y, first, got);
        if (same) first = got;
    }
}

TEST(device_recurrent_dyn)
{
    for (size_t i = 0; i < 2 * sizeof cases / sizeof *cases; i++) {
        const struct rec_case *c = &cases[i / 2];
        struct arena a = {0};
        struct err e = {""};
        struct rng r = rng_new(i + 1);
        struct graph *g = graph_of(c, &r, &a, &e);
        const float *x = random_bytes(&a, &r, g->in[0]);
        float *want = arena_alloc(&a, (size_t)tensor_bytes(g->out[0]));
        to_int8(g, &r, &a, i % 2);
        struct node f = *g->node[0];
        struct tensor *in[7];
        f.in = memcpy(in, f.in, sizeof in);
        for (int k = 1; k < 3; k++) in[k] = as_float(in[k], &a);
        naive(&f, x, want);
        check_layouts(c->why, g, x, want, 1, 0.05f, &a);
        arena_free(&a);
    }
}

// Full-integer, step by step in 64 bits from docs/recurrent.md.
static int32_t sat16(int64_t v)
{
    return (int32_t)(v < -32768 ? -32768 : v > 32767 ? 32767 : v);
}

static int64_t half_up(int64_t v, int bits)
{
    return (v + (1ll << (bits - 1))) >> bits;
}

// The requantised sum of one row; which 1: inputs, 2: h.
static int32_t part(const struct node *n, int which, int row, const int8_t *v)
{
    const struct tensor *w = n->in[which], *b = n->in[2 + which], *x = which == 1 ? n->in[0] : n->out[0];
    int64_t acc = b ? ((const int32_t *)b->data)[row] : 0;
    for (int i = 0; i < w->dim[1]; i++)
        acc += (v[i] - x->q.zero[0]) * ((const int8_t *)w->data)[row * w->dim[1] + i];
    return sat16(spec_multiply((int32_t)acc, (double)(w->q.scale[row] * x->q.scale[0] / 0x1p-12f)));
}

static void spec_gru(const struct node *n, const int8_t *x, int32_t *h, int8_t *h8)
{
    const int units = n->in[2]->dim[1];
    int32_t z[64], m[64];
    int8_t rh[64];
    for (int k = 0; k < units; k++) {
        z[k] = nn_logistic_q15(sat16(part(n, 1, k, x) + part(n, 2, k, h8)), 3);
        const int32_t r = nn_logistic_q15(sat16(part(n, 1, units + k, x) + part(n, 2, units + k, h8)), 3);
        m[k] = r;
        rh[k] = (int8_t)fmin(127, (double)half_up(half_up((int64_t)r * h[k], 15), 8));
    }
    for (int k = 0; k < units; k++) {
        const int row = 2 * units + k;
        m[k] = n->as.recurrent.reset_after
                   ? sat16(part(n, 1, row, x) + half_up((int64_t)m[k] * part(n, 2, row, h8), 15))
                   : sat16(part(n, 1, row, x) + part(n, 2, row, rh));
        m[k] = nn_tanh_q15(m[k], 3);
    }
    for (int k = 0; k < units; k++) {
        h[k] = (int32_t)(m[k] + half_up((int64_t)z[k] * (h[k] - m[k]), 15));
        h8[k] = (int8_t)fmin(127, (double)half_up(h[k], 8));
    }
}

static void spec_rnn(const struct node *n, const int8_t *x, int8_t *h8)
{
    int8_t next[64];
    for (int k = 0; k < n->in[2]->dim[1]; k++)
        next[k] = (int8_t)fmin(
            127, (double)half_up(nn_tanh_q15(sat16(part(n, 1, k, x) + part(n, 2, k, h8)), 3), 8));
    memcpy(h8, next, (size_t)n->in[2]->dim[1]);
}

static void make_integer(struct graph *g, int biases, int y_zero, struct rng *r, struct arena *a)
{
    struct node *n = g->node[0];
    const int rows = n->in[1]->dim[0], units = n->in[2]->dim[1];
    to_int8(g, r, a, false);
    n->in[3] = random_const(a, r, I32, 1, &rows);
    n->in[4] = n->in[5] = n->in[6] = NULL;
    if (n->as.recurrent.kind == RECURRENT_GRU && n->as.recurrent.reset_after && biases == 2) {
        n->in[4] = random_const(a, r, I32, 1, &rows);
        memset((void *)(uintptr_t)n->in[4]->data, 0, 2 * (size_t)units * sizeof(int32_t));
    }
    g->in[0]->type = g->out[0]->type = I8;
    set_scale(a, g->in[0], 0.02f, 5);
    set_scale(a, g->out[0], 0x1p-7f, y_zero);
    if (n->as.recurrent.kind == RECURRENT_LSTM) n->as.recurrent.cell_log2 = -11;
}

TEST(device_recurrent_s8)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct rec_case *c = &cases[i];
        if (c->r.act != CELL_TANH || c->r.gate_act != CELL_LOGISTIC) continue;
        struct arena a = {0};
        struct err e = {""};
        struct rng r = rng_new(i + 1);
        struct graph *g = graph_of(c, &r, &a, &e);
        struct node *n = g->node[0];
        const int rows = n->in[1]->dim[0], units = c->units;
        make_integer(g, c->biases, 0, &r, &a);
        const int8_t *x = random_bytes(&a, &r, g->in[0]);
        float *fx = arena_new_n(&a, (size_t)tensor_count(g->in[0]), float),
              *want = arena_new_n(&a, (size_t)tensor_count(g->out[0]), float);
        for (int64_t k = 0; k < tensor_count(g->in[0]); k++) fx[k] = (float)(x[k] - 5) * 0.02f;
        struct node f = *n;
        struct tensor *in[7];
        f.in = memcpy(in, f.in, sizeof in);
        for (int k = 1; k < 3; k++) {
            in[k] = as_float(n->in[k], &a);
            if (!n->in[2 + k]) continue;
            float *b = arena_new_n(&a, (size_t)rows, float);
            for (int row = 0; row < rows; row++)
                b[row] = (float)((const int32_t *)n->in[2 + k]->data)[row] * n->in[k]->q.scale[row] *
                         (k == 1 ? 0.02f : 0x1p-7f);
            in[2 + k] = tensor_const(&a, "bias", F32, 1, &rows, b);
        }
        naive(&f, fx, want);
        check_layouts(c->why, g, x, want, 0x1p-7f, 0.05f, &a);
        int32_t h[64] = {0};
        int8_t h8[64] = {0}, *exact = arena_alloc(&a, (size_t)tensor_bytes(g->out[0]));
        const bool lstm = c->r.kind == RECURRENT_LSTM; // against LiteRT: tests/golden
        for (int t = 0; t < c->steps && !lstm; t++) {
            const int place = c->r.backwards ? c->steps - 1 - t : t;
            if (c->r.kind == RECURRENT_GRU)
                spec_gru(n, x + place * c->channels, h, h8);
            else
                spec_rnn(n, x + place * c->channels, h8);
            memcpy(exact + (c->r.sequences ? place * units : 0), h8, (size_t)units);
        }
        int8_t *got = lstm ? NULL : device_run(g, &device_layouts[0], (const void *const[]){x}, &a, &e);
        if (got) check_same(c->why, g->out[0], exact, got);
        arena_free(&a);
    }
}

// Weights of -128, sums of the same sign, biases that saturate, factors above 1: all layouts agree.
TEST(device_recurrent_hard)
{
    static const int channels[] = {1, 9, 28, 300}, units[] = {1, 3, 20, 33};
    static const int8_t extremes[] = {-128, 127, -128, -1, 0, 127, -127, -128};
    for (int i = 0; i < 48; i++) {
        struct rec_case c = {3, channels[i / 4 % 4], units[i % 4], cases[0].r, 1, false, "hard"};
        c.r.kind = i < 16 ? RECURRENT_LSTM : i < 32 ? RECURRENT_GRU : RECURRENT_RNN;
        c.r.reset_after = i % 2;
        c.r.sequences = true;
        struct arena a = {0};
        struct err e = {""};
        struct rng r = rng_new((uint64_t)i + 1);
        struct graph *g = graph_of(&c, &r, &a, &e);
        struct node *n = g->node[0];
        const int rows = n->in[1]->dim[0], left = i % 3 == 0;
        to_int8(g, &r, &a, false);
        for (int k = 1; k < 3; k++) {
            int8_t *w = (int8_t *)(uintptr_t)n->in[k]->data;
            const int64_t taps = n->in[k]->dim[1];
            for (int64_t j = 0; j < tensor_count(n->in[k]); j++) // some rows are of one extreme
                w[j] = extremes[(j / taps + i) % 3 ? (j / taps) % 8 : rng_u32(&r) % 8];
            float *scale = (float *)(uintptr_t)n->in[k]->q.scale;
            for (int row = 0; row < rows; row++) scale[row] = left ? 0.05f : 0.002f * (float)k;
        }
        int32_t *b = arena_new_n(&a, (size_t)rows, int32_t);
        for (int k = 0; k < rows; k++) b[k] = (int32_t)(rng_u32(&r) % 3 - 1) * (left ? 1 << 20 : 1 << 27);
        n->in[3] = tensor_const(&a, "bias", I32, 1, &rows, b);
        n->in[4] = n->in[5] = n->in[6] = NULL;
        g->in[0]->type = g->out[0]->type = I8;
        set_scale(&a, g->in[0], 0.02f, 5);
        set_scale(&a, g->out[0], 0x1p-7f, c.r.kind == RECURRENT_LSTM && i % 2 ? 3 : 0);
        if (c.r.kind == RECURRENT_LSTM) n->as.recurrent.cell_log2 = -12;
        int8_t *x = random_bytes(&a, &r, g->in[0]), *first = NULL;
        memset(x, -128, (size_t)c.channels);
        for (int l = 0; l < device_nlayout; l++) {
            int8_t *got = device_run(g, &device_layouts[l], (const void *const[]){x}, &a, &e);
            CHECK_STR("", e.text);
            if (!got) break;
            if (first) check_same("hard", g->out[0], first, got);
            first = got;
        }
        arena_free(&a);
    }
}

// A layer that keeps its state sees three windows as one three times as long: float, dynamic, full-integer.
static void check_kept(const struct rec_case *c, int type, uint64_t seed)
{
    enum { WINDOWS = 3 };
    struct arena a = {0};
    struct err e = {""};
    struct rng r = rng_new(seed);
    struct rec_case longer = *c;
    longer.steps *= WINDOWS;
    longer.initial = longer.r.backwards = false;
    if (type == 2) longer.r.act = CELL_TANH, longer.r.gate_act = CELL_LOGISTIC;
    struct graph *g = graph_of(&longer, &r, &a, &e);
    if (type == 1) to_int8(g, &r, &a, false);
    if (type == 2) make_integer(g, c->biases, c->r.kind == RECURRENT_LSTM && seed % 2 ? 3 : 0, &r, &a);
    const void *x = random_bytes(&a, &r, g->in[0]);
    struct graph *h = graph_copy(g, &a);
    struct node *n = h->node[0];
    n->as.recurrent.stateful = true;
    h->in[0]->dim[1] = c->steps;
    if (c->r.sequences) h->out[0]->dim[1] = c->steps;
    CHECK(graph_check(h, &e));
    CHECK_STR("", e.text);
    const size_t bytes = (size_t)tensor_bytes(h->out[0]);
    for (int l = 0; l < device_nlayout; l++) {
        const uint8_t *want = device_run(g, &device_layouts[l], (const void *const[]){x}, &a, &e),
                      *got = device_windows(h, &device_layouts[l], (const void *const[]){x}, WINDOWS, &a, &e);
        CHECK_STR("", e.text);
        const size_t skip = c->r.sequences ? 0 : (WINDOWS - 1) * bytes; // of which only the last h is known
        if (want && got && memcmp(want, got + skip, WINDOWS * bytes - skip))
            test_fail(__FILE__, __LINE__, "%s, %s, type %d, layout %d: three windows differ from a long one",
                      recurrent_name(c->r.kind), c->why, type, l);
    }
    arena_free(&a);
}

TEST(device_recurrent_kept)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int type = 0; type < 3; type++) check_kept(&cases[i], type, i + 1);
}

// What cannot be is refused by name.
TEST(device_recurrent_refused)
{
    struct arena a = {0};
    struct err e = {""};
    struct rng r = rng_new(1);
    struct graph *g = graph_of(&cases[1], &r, &a, &e);
    struct node *n = g->node[0];
    n->as.recurrent.stateful = true;
    n->in[5] = random_const(&a, &r, F32, 2, (int32_t[]){1, 5});
    CHECK(!graph_check(g, &e));
    CHECK_STR("keeps its state from one window to the next and is given one", e.text);
    n->as.recurrent.stateful = false;
    n->in[5] = NULL;
    struct tensor *bias = n->in[3], two = *n->in[0];
    n->in[3] = tensor_const(&a, "b", F32, 1, (int32_t[]){7}, bias->data);
    CHECK(!graph_check(g, &e));
    CHECK_STR("b has 7 values, want 20", e.text);
    n->in[3] = bias;
    two.dim[0] = 2;
    n->in[0] = g->in[0] = &two;
    CHECK(!graph_check(g, &e));
    CHECK_STR("a batch of 2", e.text);
    two.dim[0] = 1;
    two.dim[2] = 4;
    CHECK(!graph_check(g, &e));
    CHECK_STR("an LSTM of 5 units over 4 channels wants weights 20x4 and 20x5, not 20x3 and 20x5", e.text);
    two.dim[2] = 3;
    n->as.recurrent.kind = RECURRENT_GRU;
    CHECK(!graph_check(g, &e));
    CHECK_STR("wants weights 15x3 and 15x5", e.text);
    arena_free(&a);
}
