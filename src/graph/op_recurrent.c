// RECURRENT: LSTM, GRU and simple RNN over time; equations and gate order in graph.h, layouts in device/nn.h.
#include "op_recurrent.h"
#include "../../device/nn.h"
#include <math.h>
#include <string.h>

_Static_assert((int)CELL_TANH == NN_CELL_TANH && (int)CELL_LOGISTIC == NN_CELL_LOGISTIC &&
                   (int)CELL_RELU == NN_CELL_RELU && (int)CELL_LINEAR == NN_CELL_LINEAR &&
                   (int)CELL_HARD_5 == NN_CELL_HARD_5 && (int)CELL_HARD_6 == NN_CELL_HARD_6,
               "one list");

int recurrent_gates(enum recurrent_kind k)
{
    return k == RECURRENT_LSTM ? 4 : k == RECURRENT_GRU ? 3 : 1;
}

const char *recurrent_name(enum recurrent_kind k)
{
    return k == RECURRENT_LSTM ? "LSTM" : k == RECURRENT_GRU ? "GRU" : "RNN";
}

const struct tensor *recurrent_input(const struct node *n, int i)
{
    return i < n->nin ? n->in[i] : NULL;
}

static bool infer(struct node *n, struct err *e)
{
    if (!want_inputs(n, 3, 7, e) || !want_rank(n, 0, 3, e) || !want_rank(n, 1, 2, e) ||
        !want_rank(n, 2, 2, e))
        return false;
    const struct recurrent *r = &n->as.recurrent;
    const struct tensor *x = n->in[0], *w = n->in[1], *u = n->in[2];
    const int64_t units = u->dim[1], rows = recurrent_gates(r->kind) * units;
    const char *name = recurrent_name(r->kind);
    if (x->dim[0] != 1)
        return fail(e, "a batch of %d; an %s runs over one window at a time", x->dim[0], name);
    if (units < 1 || x->dim[1] < 1 || x->dim[2] < 1)
        return fail(e, "%d steps of %d channels, %lld units; all must be at least 1", x->dim[1], x->dim[2],
                    (long long)units);
    if (u->dim[0] != rows || w->dim[0] != rows || w->dim[1] != x->dim[2])
        return fail(
            e,
            "an %s of %lld units over %d channels wants weights %lldx%d and %lldx%lld, not %dx%d and %dx%d",
            name, (long long)units, x->dim[2], (long long)rows, x->dim[2], (long long)rows, (long long)units,
            w->dim[0], w->dim[1], u->dim[0], u->dim[1]);
    for (int i = 3; i < n->nin; i++) {
        const int64_t want = i < 5 ? rows : units;
        if (n->in[i] && tensor_count(n->in[i]) != want)
            return fail(e, "%s has %lld values, want %lld", n->in[i]->name, (long long)tensor_count(n->in[i]),
                        (long long)want);
    }
    if (r->sequences) return infer_out(n, x->type, 3, (int32_t[]){1, x->dim[1], (int32_t)units}, e);
    return infer_out(n, x->type, 2, (int32_t[]){1, (int32_t)units}, e);
}

static int64_t macs(const struct node *n)
{
    return (int64_t)n->in[0]->dim[1] * (tensor_count(n->in[1]) + tensor_count(n->in[2]));
}

// ---- lowering ----

static size_t row_of(const struct recurrent_rows *s, int32_t units, int32_t row)
{
    return (size_t)(s->gate + row % s->gates) * (size_t)units + (size_t)(row / s->gates);
}

struct tensor *recurrent_pack(const struct node *n, struct plan *p, const struct recurrent_rows *s)
{
    const struct tensor *w = n->in[1], *u = n->in[2];
    const size_t in_c = (size_t)w->dim[1], units = (size_t)u->dim[1], taps = in_c + units;
    const size_t bytes = (size_t)dtype_size(w->type);
    const int32_t rows = s->gates * u->dim[1], blocks = (rows + 3) / 4;
    struct tensor *t = lower_table(p, w->name, w->type, (int64_t)blocks * 4 * (int64_t)taps);
    uint8_t *to = (uint8_t *)(uintptr_t)t->data;
    for (int32_t row = 0; row < rows; row++) {
        const size_t from = row_of(s, u->dim[1], row);
        for (size_t tap = 0; tap < taps; tap++) {
            const uint8_t *v = tap < in_c ? (const uint8_t *)w->data + (from * in_c + tap) * bytes
                                          : (const uint8_t *)u->data + (from * units + tap - in_c) * bytes;
            memcpy(to + (((size_t)row / 4 * taps + tap) * 4 + (size_t)row % 4) * bytes, v, bytes);
        }
    }
    return t;
}

struct tensor *recurrent_bias(const struct node *n, struct plan *p, const struct recurrent_rows *s, int which)
{
    const int32_t units = n->in[2]->dim[1], rows = s->gates * units;
    const struct tensor *b = recurrent_input(n, 3), *rb = recurrent_input(n, 4);
    struct tensor *t = lower_table(p, b ? b->name : rb ? rb->name : "bias", F32, (rows + 3) / 4 * 4);
    float *to = (float *)(uintptr_t)t->data;
    for (int32_t row = 0; row < rows; row++) {
        const size_t from = row_of(s, units, row);
        if (b && which & RECURRENT_BIAS) to[row] += ((const float *)b->data)[from];
        if (rb && which & RECURRENT_BIAS_REC) to[row] += ((const float *)rb->data)[from];
    }
    return t;
}

static bool want_const(const struct node *n, struct err *e)
{
    for (int i = 1; i < n->nin && i < 5; i++)
        if (n->in[i] && !tensor_is_const(n->in[i]))
            return fail(e, "%s is computed at run time; only constant weights can be executed",
                        n->in[i]->name);
    return true;
}

static struct ref state_ref(const struct node *n, int buffers)
{
    return ref_scratch(buffers * n->in[2]->dim[1] * (int32_t)sizeof(float));
}

static bool lower_f32(const struct node *n, struct plan *p)
{
    const struct recurrent *r = &n->as.recurrent;
    const struct tensor *x = n->in[0], *h0 = recurrent_input(n, 5), *c0 = recurrent_input(n, 6);
    const nn_recurrent q = {x->dim[1],
                            x->dim[2],
                            n->in[2]->dim[1],
                            r->sequences,
                            r->backwards,
                            (int32_t)r->act,
                            (int32_t)r->gate_act,
                            r->reset_after,
                            r->cell_clip > 0 ? float_bits(r->cell_clip) : 0};
    const int other = r->sequences ? 0 : 1, both = RECURRENT_BIAS | RECURRENT_BIAS_REC;
    const struct recurrent_rows all = {recurrent_gates(r->kind), 0}, zr = {2, 0}, last = {1, 2};
    if (r->kind == RECURRENT_LSTM)
        plan_step(p, n, &kernel_nn_lstm_f32, &q,
                  (struct ref[]){ref_in(x), ref_in(recurrent_pack(n, p, &all)),
                                 ref_in(recurrent_bias(n, p, &all, both)), ref_in(h0), ref_in(c0),
                                 state_ref(n, 1 + other), ref_out(n->out[0])});
    else if (r->kind == RECURRENT_GRU)
        plan_step(
            p, n, &kernel_nn_gru_f32, &q,
            (struct ref[]){ref_in(x), ref_in(recurrent_pack(n, p, &zr)),
                           ref_in(recurrent_bias(n, p, &zr, both)), ref_in(recurrent_pack(n, p, &last)),
                           ref_in(recurrent_bias(n, p, &last, r->reset_after ? RECURRENT_BIAS : both)),
                           ref_in(r->reset_after ? recurrent_bias(n, p, &last, RECURRENT_BIAS_REC) : NULL),
                           ref_in(h0), state_ref(n, 2 + other), ref_out(n->out[0])});
    else
        plan_step(p, n, &kernel_nn_rnn_f32, &q,
                  (struct ref[]){ref_in(x), ref_in(recurrent_pack(n, p, &all)),
                                 ref_in(recurrent_bias(n, p, &all, both)), ref_in(h0),
                                 other ? state_ref(n, other) : ref_in(NULL), ref_out(n->out[0])});
    return true;
}

// The scale of each gate, the same for all its rows (LiteRT has one tensor a gate); false when it is not so.
static bool gate_scales(const struct tensor *w, int gates, float *scale, struct err *e)
{
    const int32_t units = w->dim[0] / gates;
    if (w->q.n != 1 && w->q.n != w->dim[0])
        return fail(e, "weights %s have %d scales for %d rows", w->name, w->q.n, w->dim[0]);
    for (int i = 0; i < w->q.n; i++) {
        scale[i / units] = w->q.scale[i / units * units];
        if (w->q.zero[i] || !(w->q.scale[i] > 0 && w->q.scale[i] < 1e30f))
            return fail(e, "weights %s have scale %g and zero point %d", w->name, (double)w->q.scale[i],
                        w->q.zero[i]);
        if (w->q.scale[i] != scale[i / units])
            return fail(e, "weights %s have scales that differ within a gate; one a gate can be executed",
                        w->name);
    }
    for (int g = 1; g < gates && w->q.n == 1; g++) scale[g] = scale[0];
    return true;
}

static bool want_lstm(const struct node *n, const char *how, struct err *e)
{
    const struct recurrent *r = &n->as.recurrent;
    if (r->kind != RECURRENT_LSTM)
        return fail(e, "%s has no %s kernel; only LSTM has", recurrent_name(r->kind), how);
    return n->in[0]->dim[2] + n->in[2]->dim[1] <= 1 << 16 ||
           fail(e, "%d channels and %d units are too many for int8", n->in[0]->dim[2], n->in[2]->dim[1]);
}

// As LiteRT's hybrid LSTM: inputs and h symmetric, a scale a step.
static bool lower_dyn(const struct node *n, struct plan *p, struct err *e)
{
    const struct recurrent *r = &n->as.recurrent;
    const struct tensor *x = n->in[0];
    const int32_t steps = x->dim[1], units = n->in[2]->dim[1];
    struct tensor *scales = lower_table(p, "w_scale", F32, 8),
                  *xq = tensor_new(p->arena, x->name, I8, 3, x->dim);
    float *scale = (float *)(uintptr_t)scales->data;
    if (!want_lstm(n, "dynamic", e) || !gate_scales(n->in[1], 4, scale, e) ||
        !gate_scales(n->in[2], 4, scale + 4, e))
        return false;
    if (r->asymmetric_inputs)
        return fail(e, "its inputs are quantised asymmetrically; symmetric ones can be executed");
    struct tensor *x_scale = tensor_new(p->arena, "x_scale", F32, 1, &steps);
    struct tensor *x_zero = tensor_new(p->arena, "x_zero", I32, 1, &steps);
    plan_step(p, n, &kernel_nn_quantize_dynamic, (int32_t[]){steps, x->dim[2], false},
              (struct ref[]){ref_in(x), ref_out(x_scale), ref_out(x_zero), ref_out(xq)});
    const struct recurrent_rows all = {4, 0};
    const nn_recurrent q = {steps,
                            x->dim[2],
                            units,
                            r->sequences,
                            r->backwards,
                            (int32_t)r->act,
                            (int32_t)r->gate_act,
                            0,
                            r->cell_clip > 0 ? float_bits(r->cell_clip) : 0};
    plan_step(p, n, &kernel_nn_lstm_dyn, &q,
              (struct ref[]){ref_in(xq), ref_in(x_scale), ref_in(recurrent_pack(n, p, &all)), ref_in(scales),
                             ref_in(recurrent_bias(n, p, &all, RECURRENT_BIAS | RECURRENT_BIAS_REC)),
                             ref_in(recurrent_input(n, 5)), ref_in(recurrent_input(n, 6)),
                             state_ref(n, r->sequences ? 1 : 2), ref_scratch(units), ref_out(n->out[0])});
    return true;
}

// Biases [units][4] with what a zero point adds: bias - zero * sum of the row.
static bool integer_bias(const struct node *n, struct plan *p, int weights, int32_t zero,
                         const struct tensor *bias, struct tensor **out, struct err *e)
{
    const struct tensor *w = n->in[weights];
    const int32_t units = n->in[2]->dim[1], taps = w->dim[1];
    *out = lower_table(p, "bias", I32, 4 * units);
    for (int32_t row = 0; row < 4 * units; row++) {
        int64_t sum = 0, absolute = 0;
        for (int32_t i = 0; i < taps; i++) {
            const int q = ((const int8_t *)w->data)[(size_t)row * (size_t)taps + (size_t)i];
            sum += q;
            absolute += q < 0 ? -q : q;
        }
        const int64_t v = (bias ? ((const int32_t *)bias->data)[row] : 0) - zero * sum;
        if ((v < 0 ? -v : v) + 128 * absolute > INT32_MAX / 2)
            return fail(e, "weights and bias overflow 31 bits");
        ((int32_t *)(uintptr_t)(*out)->data)[row % units * 4 + row / units] = (int32_t)v;
    }
    return true;
}

// As lstm_eval.cc of TensorFlow Lite, 8x8_16; its effective scales are products in float.
static bool lower_s8(const struct node *n, struct plan *p, struct err *e)
{
    const struct recurrent *r = &n->as.recurrent;
    const struct tensor *x = n->in[0], *y = n->out[0], *b = recurrent_input(n, 3);
    const int32_t units = n->in[2]->dim[1];
    float scale[8];
    if (!want_lstm(n, "integer", e) || !want_scale(x, e) || !want_scale(y, e) ||
        !gate_scales(n->in[1], 4, scale, e) || !gate_scales(n->in[2], 4, scale + 4, e))
        return false;
    if (r->act != CELL_TANH || r->gate_act != CELL_LOGISTIC)
        return fail(e, "an integer LSTM has tanh and sigmoid as activations, this one has others");
    if (recurrent_input(n, 4) || recurrent_input(n, 5) || recurrent_input(n, 6))
        return fail(e, "an integer LSTM with a second bias or an initial state cannot be executed");
    if (b && b->type != I32) return fail(e, "its bias is %s, want int32", dtype_name(b->type));
    if (r->cell_log2 < -15 || r->cell_log2 > -9)
        return fail(e, "the scale of its cell is 2^%d; 2^-15 to 2^-9 are possible", r->cell_log2);
    nn_lstm_integer q = {
        .steps = x->dim[1],
        .in_c = x->dim[2],
        .units = units,
        .sequences = r->sequences,
        .backwards = r->backwards,
        .cell_bits = 15 + r->cell_log2,
        .cell_shift = 30 + r->cell_log2,
        .cell_clip =
            r->cell_clip > 0 ? (int32_t)fminf(r->cell_clip * (float)(1 << -r->cell_log2), 32767.0f) : 0,
        .y_zero = y->q.zero[0]};
    struct tensor *mult = lower_table(p, "mult", I32, 8), *shift = lower_table(p, "shift", I32, 8), *bias,
                  *bias_rec;
    int32_t *mv = (int32_t *)(uintptr_t)mult->data, *sv = (int32_t *)(uintptr_t)shift->data;
    for (int g = 0; g < 8; g++) {
        const float real = scale[g] * (g < 4 ? x : y)->q.scale[0] / 0x1p-12f;
        quantize_multiplier((double)real, &mv[g], &sv[g]);
        if (sv[g] > 30) return fail(e, "the factor %g from a sum to a gate is not possible", (double)real);
    }
    const float hidden = 0x1p-15f / y->q.scale[0] * 0x1p-15f;
    quantize_multiplier((double)hidden, &q.y_mult, &q.y_shift);
    if (!integer_bias(n, p, 1, x->q.zero[0], b, &bias, e) ||
        !integer_bias(n, p, 2, y->q.zero[0], NULL, &bias_rec, e))
        return false;
    const struct recurrent_rows all = {4, 0};
    plan_step(p, n, &kernel_nn_lstm_s8, &q,
              (struct ref[]){ref_in(x), ref_in(recurrent_pack(n, p, &all)), ref_in(bias), ref_in(bias_rec),
                             ref_in(mult), ref_in(shift), ref_scratch(2 * units),
                             r->sequences ? ref_in(NULL) : ref_scratch(units), ref_out(y)});
    return true;
}

static bool lower(const struct node *n, struct plan *p, struct err *e)
{
    const struct tensor *x = n->in[0], *w = n->in[1], *u = n->in[2], *y = n->out[0];
    if (n->as.recurrent.stateful)
        return fail(e,
                    "it keeps its state from one window to the next, which cannot be executed yet; train it "
                    "with stateful=False");
    if (!want_const(n, e)) return false;
    if (is_f32(x) && is_f32(w) && is_f32(u) && is_f32(y)) return lower_f32(n, p);
    if (is_f32(x) && is_s8(w) && is_s8(u) && is_f32(y)) return lower_dyn(n, p, e);
    if (is_s8(x) && is_s8(w) && is_s8(u) && is_s8(y)) return lower_s8(n, p, e);
    return fail(e, "input %s, weights %s and %s, output %s cannot be executed", dtype_name(x->type),
                dtype_name(w->type), dtype_name(u->type), dtype_name(y->type));
}

const struct opdef op_RECURRENT = {"RECURRENT", infer, lower, macs};
