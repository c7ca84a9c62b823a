// RECURRENT with int8 weights: dynamic as LiteRT's hybrid LSTM, full-integer as its integer LSTM, GRU and RNN in the
// same style (docs/recurrent.md).
#include "op_recurrent.h"
#include "../../device/nn_curve_q15.h"
#include "../../device/nn_math16.h"
#include "../../device/nn_widen.h"
#include <math.h>
#include <string.h>

// The scale of each gate, the same for all its rows; false when it is not so.
static bool gate_scales(const struct tensor *w, int gates, float *scale, struct err *e)
{
    const int32_t units = w->dim[0] / gates;
    for (int i = 0; i < w->q.n; i++) {
        if (w->q.scale[i] != w->q.scale[i / units * units])
            return fail(e, "weights %s have scales that differ within a gate; one a gate can be executed",
                        w->name);
        scale[i / units] = w->q.scale[i];
    }
    for (int g = 1; g < gates && w->q.n == 1; g++) scale[g] = scale[0];
    return true;
}

static bool want_scales(const struct tensor *w, struct err *e)
{
    if (w->q.n != 1 && w->q.n != w->dim[0])
        return fail(e, "weights %s have %d scales for %d rows", w->name, w->q.n, w->dim[0]);
    for (int i = 0; i < w->q.n; i++)
        if (w->q.zero[i] || !(w->q.scale[i] > 0 && w->q.scale[i] < 1e30f))
            return fail(e, "weights %s have scale %g and zero point %d", w->name, (double)w->q.scale[i],
                        w->q.zero[i]);
    return true;
}

static bool want_int8(const struct node *n, struct err *e)
{
    const struct tensor *x = n->in[0], *u = n->in[2];
    if (x->dim[2] + u->dim[1] > 1 << 16)
        return fail(e, "%d channels and %d units are too many for int8", x->dim[2], u->dim[1]);
    return want_scales(n->in[1], e) && want_scales(u, e);
}

// ---- the weights in blocks of four rows ----

// Bytes that a row takes.
static int64_t row_bytes(int32_t how, int32_t taps)
{
    return how == NN_PACK_PAIRS ? (taps + 1) & ~1 : how == NN_PACK_GROUPS ? (taps + 15) & ~15 : taps;
}

// Where tap i of row k of a block lies.
static int64_t byte_of(int32_t how, int32_t k, int32_t i, int32_t taps)
{
    if (how == NN_PACK_FOURS) return 4 * (int64_t)i + k;
    if (how == NN_PACK_PAIRS) return 8 * (int64_t)(i / 2) + 4 * (k / 2) + 2 * (i % 2) + k % 2;
    if (how == NN_PACK_GROUPS) return 64 * (int64_t)(i / 16) + 16 * k + i % 16;
    return (int64_t)k * taps + i;
}

static struct tensor *pack(struct plan *p, const struct tensor *w, int gates, int32_t how)
{
    const int32_t units = w->dim[0] / gates, taps = w->dim[1], blocks = nn_fours(units) / 4;
    const int64_t bytes = 4 * row_bytes(how, taps); // a block
    struct tensor *t = lower_table(p, w->name, I8, gates * blocks * bytes);
    int8_t *to = (int8_t *)(uintptr_t)t->data;
    for (int32_t row = 0; row < w->dim[0]; row++) {
        const int8_t *from = (const int8_t *)w->data + (int64_t)row * taps;
        const int32_t u = row % units;
        int8_t *block = to + (row / units * blocks + u / 4) * bytes;
        for (int32_t i = 0; i < taps; i++) block[byte_of(how, u % 4, i, taps)] = from[i];
    }
    // 256 * odd + even: an even row below zero takes one from the odd one
    for (int64_t i = 0; how == NN_PACK_PAIRS && i < tensor_count(t); i += 2)
        if (to[i] < 0) to[i + 1] = (int8_t)(to[i + 1] - 1);
    return t;
}

// Whether 256 * odd + even is a halfword for every tap, and the odd row's sum of 256 taps one of 24 bits.
static bool pairs_fit(const struct tensor *w, int gates)
{
    const int32_t units = w->dim[0] / gates;
    for (int64_t i = 0; i < tensor_count(w); i++)
        if (((const int8_t *)w->data)[i] == -128 && i / w->dim[1] % units % 2) return false;
    return true;
}

static bool any_least(const struct tensor *w)
{
    for (int64_t i = 0; i < tensor_count(w); i++)
        if (((const int8_t *)w->data)[i] == -128) return true;
    return false;
}

// How this chip wants them, and what is widened: weights only while the copies stay small beside a chip's RAM, and as
// words of two rows only where taps do not meet and steps enough use them.
static void choose_layout(const struct plan *p, const struct node *n, int gates, int32_t *how, int32_t *widen)
{
    enum { MOST = 48 << 10, MOST_WORDS = 64 << 10, FEW = 4 };
    static const int32_t packs[] = {
        [GATES_FOURS] = NN_PACK_FOURS, [GATES_PAIRS] = NN_PACK_PAIRS,   [GATES_WIDE] = NN_PACK_ROWS,
        [GATES_ROWS] = NN_PACK_ROWS,   [GATES_GROUPS] = NN_PACK_GROUPS, [GATES_WORDS] = NN_PACK_FOURS};
    const struct tensor *w = n->in[1], *v = n->in[2];
    const int32_t in_c = w->dim[1], units = v->dim[1];
    const enum gates_layout l = p->layout->gates;
    *how = packs[l];
    if (l == GATES_PAIRS && !(pairs_fit(w, gates) && pairs_fit(v, gates))) *how = NN_PACK_FOURS;
    *widen = l == GATES_PAIRS || l == GATES_WIDE || l == GATES_GROUPS ? NN_WIDEN_X : 0;
    if (l != GATES_WIDE && l != GATES_WORDS) return;
    if (l == GATES_WORDS && n->in[0]->dim[1] < FEW) return;
    const int32_t most = l == GATES_WIDE ? MOST : MOST_WORDS;
    if (2 * nn_recurrent_widened(NN_WIDEN_U, gates, in_c, units) <= most &&
        !(l == GATES_WORDS && any_least(v)))
        *widen |= NN_WIDEN_U;
    const int32_t both = (*widen & NN_WIDEN_U) | NN_WIDEN_W;
    if (2 * nn_recurrent_widened(both, gates, in_c, units) <= most && !(l == GATES_WORDS && any_least(w)))
        *widen |= NN_WIDEN_W;
    if (p->layout->ahead && l == GATES_WIDE && *widen & NN_WIDEN_W && *widen & NN_WIDEN_U)
        *how = NN_PACK_WIDE, *widen = NN_WIDEN_X;
}

// Both matrices, as arguments of the call.
static void pack_both(const struct node *n, struct plan *p, int gates, int32_t how, struct ref *w,
                      struct ref *u)
{
    const struct tensor *a = n->in[1], *b = n->in[2];
    const int32_t in_c = a->dim[1], units = b->dim[1], rows = gates * nn_fours(units);
    if (how != NN_PACK_WIDE) {
        *w = ref_in(pack(p, a, gates, how));
        *u = ref_in(pack(p, b, gates, how));
        return;
    }
    struct tensor *t =
        lower_table(p, a->name, I16, (int64_t)rows * (nn_fours(in_c) + nn_fours(units)) + NN_WIDEN_SLACK);
    nn_widen_gates(pack(p, a, gates, NN_PACK_ROWS)->data, in_c, pack(p, b, gates, NN_PACK_ROWS)->data, units,
                   rows, (int16_t *)(uintptr_t)t->data);
    *w = ref_in(t);
    *u = ref_in(NULL);
}

// A number a row of a block order: row k of gate g at g * units4 + k.
static int32_t place_of(int32_t row, int32_t units)
{
    return row / units * nn_fours(units) + row % units;
}

// Biases of the gates from `first` on as floats; NULL when both are absent.
static struct tensor *float_bias(struct plan *p, const struct tensor *a, const struct tensor *b, int first,
                                 int gates, int32_t units)
{
    if (!a && !b) return NULL;
    struct tensor *t = lower_table(p, a ? a->name : b->name, F32, (gates - first) * nn_fours(units));
    for (int32_t row = first * units; row < gates * units; row++) {
        float *to = (float *)(uintptr_t)t->data + place_of(row - first * units, units);
        *to = (a ? ((const float *)a->data)[row] : 0) + (b ? ((const float *)b->data)[row] : 0);
    }
    return t;
}

// ---- dynamic: inputs and h symmetric, a scale a step ----

static struct tensor *dyn_scales(const struct node *n, struct plan *p, int gates, bool *per_row)
{
    const int32_t units = n->in[2]->dim[1];
    struct err ignored;
    float scale[8];
    *per_row = !gate_scales(n->in[1], gates, scale, &ignored) ||
               !gate_scales(n->in[2], gates, scale + gates, &ignored);
    const int32_t rows = gates * nn_fours(units);
    struct tensor *t = lower_table(p, "w_scale", F32, 2 * (*per_row ? rows : gates));
    float *to = (float *)(uintptr_t)t->data;
    if (!*per_row) memcpy(to, scale, 2 * (size_t)gates * sizeof *to);
    for (int i = 0; *per_row && i < 2; i++)
        for (int32_t row = 0; row < gates * units; row++)
            to[i * rows + place_of(row, units)] = n->in[1 + i]->q.scale[n->in[1 + i]->q.n > 1 ? row : 0];
    return t;
}

bool recurrent_lower_dyn(const struct node *n, struct plan *p, struct err *e)
{
    const struct recurrent *r = &n->as.recurrent;
    const struct tensor *x = n->in[0], *b = recurrent_input(n, 3), *rb = recurrent_input(n, 4);
    const int32_t steps = x->dim[1], units = n->in[2]->dim[1];
    const int gates = recurrent_gates(r->kind);
    if (!want_int8(n, e)) return false;
    if (r->asymmetric_inputs)
        return fail(e, "its inputs are quantised asymmetrically; symmetric ones can be executed");
    bool per_row;
    struct tensor *scales = dyn_scales(n, p, gates, &per_row),
                  *xq = tensor_new(p->arena, x->name, I8, 3, x->dim);
    struct tensor *x_scale = tensor_new(p->arena, "x_scale", F32, 1, &steps);
    struct tensor *x_zero = tensor_new(p->arena, "x_zero", I32, 1, &steps);
    plan_rows(p, xq, x, steps, false);
    plan_step(p, n, &kernel_nn_quantize_dynamic, (int32_t[]){steps, x->dim[2], false},
              (struct ref[]){ref_in(x), ref_out(x_scale), ref_out(x_zero), ref_out(xq)});
    nn_recurrent q = {.steps = steps,
                      .in_c = x->dim[2],
                      .units = units,
                      .sequences = r->sequences,
                      .backwards = r->backwards,
                      .act = (int32_t)r->act,
                      .gate_act = (int32_t)r->gate_act,
                      .reset_after = r->reset_after,
                      .clip_bits = r->cell_clip > 0 ? float_bits(r->cell_clip) : 0,
                      .per_row = per_row};
    choose_layout(p, n, gates, &q.pack, &q.widen);
    const bool apart = r->kind == RECURRENT_GRU && r->reset_after; // n's recurrent bias is multiplied by r
    struct tensor *bias = float_bias(p, b, rb, 0, gates, units),
                  *rec = apart ? float_bias(p, rb, NULL, 2, 3, units) : NULL;
    if (!bias) bias = lower_table(p, "bias", F32, gates * nn_fours(units));
    for (int32_t k = 0; rec && k < units; k++)
        ((float *)(uintptr_t)bias->data)[2 * nn_fours(units) + k] =
            b ? ((const float *)b->data)[2 * units + k] : 0;
    const int vectors = r->kind == RECURRENT_LSTM ? 5 : r->kind == RECURRENT_GRU ? 4 : 1;
    const struct ref scratch = ref_scratch(nn_recurrent_dyn_scratch(vectors, q.widen, gates, q.in_c, units));
    struct ref w, u;
    pack_both(n, p, gates, q.pack, &w, &u);
    const struct ref in = ref_in(xq), in_scale = ref_in(x_scale), s = ref_in(scales), bs = ref_in(bias),
                     h0 = ref_in(recurrent_input(n, 5)), c0 = ref_in(recurrent_input(n, 6)),
                     h = recurrent_kept(n, p, "h", F32), y = ref_out(n->out[0]);
    recurrent_rows_of(p, n, xq);
    if (r->kind == RECURRENT_LSTM)
        plan_step(
            p, n, &kernel_nn_lstm_dyn, &q,
            (struct ref[]){in, in_scale, w, u, s, bs, h0, c0, h, recurrent_kept(n, p, "c", F32), scratch, y});
    else if (r->kind == RECURRENT_GRU)
        plan_step(p, n, &kernel_nn_gru_dyn, &q,
                  (struct ref[]){in, in_scale, w, u, s, bs, ref_in(rec), h0, h, scratch, y});
    else
        plan_step(p, n, &kernel_nn_rnn_dyn, &q, (struct ref[]){in, in_scale, w, u, s, bs, h0, h, scratch, y});
    return true;
}

// ---- full-integer ----

// Biases of the gates from `first` on with what a zero point adds: bias - zero * sum of the row; *out is NULL when
// all are 0.
static bool integer_bias(const struct tensor *w, struct plan *p, int gates, int first, int32_t zero,
                         const struct tensor *bias, const int32_t *shift, struct tensor **out, struct err *e)
{
    const int32_t units = w->dim[0] / gates, taps = w->dim[1];
    struct tensor *t = lower_table(p, "bias", I32, (gates - first) * nn_fours(units));
    bool any = false;
    for (int32_t row = 0; row < gates * units; row++) {
        int64_t sum = 0, absolute = 0;
        for (int32_t i = 0; i < taps; i++) {
            const int q = ((const int8_t *)w->data)[(int64_t)row * taps + i];
            sum += q;
            absolute += q < 0 ? -q : q;
        }
        const int64_t v = (bias ? ((const int32_t *)bias->data)[row] : 0) - zero * sum;
        if ((v < 0 ? -v : v) + 128 * absolute > INT32_MAX / 2 >> nn_max(shift[row / units], 0))
            return fail(e, "weights and bias overflow 31 bits");
        if (row < first * units) continue;
        ((int32_t *)(uintptr_t)t->data)[place_of(row - first * units, units)] = (int32_t)v;
        any = any || v;
    }
    *out = any ? t : NULL;
    return true;
}

// What an integer layer cannot be, by name.
static bool want_integer(const struct node *n, struct err *e)
{
    const struct recurrent *r = &n->as.recurrent;
    const struct tensor *b = recurrent_input(n, 3), *rb = recurrent_input(n, 4), *y = n->out[0];
    const char *name = recurrent_name(r->kind);
    const int32_t units = n->in[2]->dim[1];
    if (r->act != CELL_TANH || (r->kind != RECURRENT_RNN && r->gate_act != CELL_LOGISTIC))
        return fail(e, "an integer %s has tanh and sigmoid as activations, this one has others", name);
    if (recurrent_input(n, 5) || recurrent_input(n, 6))
        return fail(e, "an integer %s with an initial state cannot be executed", name);
    if ((b && b->type != I32) || (rb && rb->type != I32))
        return fail(e, "its bias is %s, want int32", dtype_name((b && b->type != I32 ? b : rb)->type));
    if (r->kind == RECURRENT_LSTM) {
        if (rb) return fail(e, "an integer LSTM with a second bias cannot be executed");
        return (r->cell_log2 >= -15 && r->cell_log2 <= -9) ||
               fail(e, "the scale of its cell is 2^%d; 2^-15 to 2^-9 are possible", r->cell_log2);
    }
    if (y->q.scale[0] != 0x1p-7f || y->q.zero[0])
        return fail(e, "the output of an integer %s has the scale 1/128 and zero point 0, this one %g and %d",
                    name, (double)y->q.scale[0], y->q.zero[0]);
    const bool apart = r->kind == RECURRENT_GRU && r->reset_after;
    for (int32_t i = 0; rb && i < (apart ? 2 : recurrent_gates(r->kind)) * units; i++)
        if (((const int32_t *)rb->data)[i])
            return fail(e, "an integer %s has a recurrent bias where it is multiplied by the reset gate only",
                        name);
    return true;
}

// The effective scales are products in float, as in lstm_eval.cc of TensorFlow Lite.
static bool factors(const struct node *n, struct plan *p, int gates, struct tensor **mult,
                    struct tensor **shift, struct err *e)
{
    float scale[8];
    if (!gate_scales(n->in[1], gates, scale, e) || !gate_scales(n->in[2], gates, scale + gates, e))
        return false;
    *mult = lower_table(p, "mult", I32, 2 * gates);
    *shift = lower_table(p, "shift", I32, 2 * gates);
    int32_t *mv = (int32_t *)(uintptr_t)(*mult)->data, *sv = (int32_t *)(uintptr_t)(*shift)->data;
    for (int g = 0; g < 2 * gates; g++) {
        const float real = scale[g] * (g < gates ? n->in[0] : n->out[0])->q.scale[0] / 0x1p-12f;
        quantize_multiplier((double)real, &mv[g], &sv[g]);
        if (sv[g] > 30) return fail(e, "the factor %g from a sum to a gate is not possible", (double)real);
    }
    return true;
}

// 2 / (1 + exp(-r / 4096)) in Q2.13 by the steps of nn_math16.h; 0 and what lies beyond Q3.12 by their own rules.
static int32_t curve_value(int32_t r)
{
    if (r == 0) return 1 << 13;
    return nn_two_over_one_plus_q15(r <= 32768 ? nn_exp_q15(-r, 3) : nn_exp_q15(-((r + 1) / 2), 4));
}

void recurrent_curve(int16_t *curve)
{
    uint8_t *code = (uint8_t *)(curve + NN_CURVE_BLOCKS);
    for (int32_t b = 0; b < NN_CURVE_BLOCKS; b++) {
        int32_t least = INT32_MAX;
        for (int32_t i = 0; i < 128; i++) least = nn_min(least, curve_value(128 * b + i));
        for (int32_t i = 0; i < 128; i++) *code++ = (uint8_t)(curve_value(128 * b + i) - least);
        curve[b] = (int16_t)(2 * least);
    }
}

// For every integer layer the same, so that it is stored once.
static const struct tensor *curve_table(struct plan *p)
{
    for (int i = 0; i < p->nstep; i++) {
        const struct kernel *k = p->step[i].k;
        if (k == &kernel_nn_lstm_s8 || k == &kernel_nn_gru_s8 || k == &kernel_nn_rnn_s8)
            return p->step[i].buf[7].t;
    }
    struct tensor *t = lower_table(p, "curve", I16, NN_CURVE_INT16);
    recurrent_curve((int16_t *)(uintptr_t)t->data);
    return t;
}

bool recurrent_lower_s8(const struct node *n, struct plan *p, struct err *e)
{
    const struct recurrent *r = &n->as.recurrent;
    const struct tensor *x = n->in[0], *y = n->out[0];
    const int32_t units = n->in[2]->dim[1];
    const int gates = recurrent_gates(r->kind), first = r->kind == RECURRENT_GRU ? 2 : 0;
    struct tensor *mult, *shift, *bias, *bias_rec;
    if (!want_int8(n, e) || !want_scale(x, e) || !want_scale(y, e) || !want_integer(n, e) ||
        !factors(n, p, gates, &mult, &shift, e))
        return false;
    nn_recurrent_integer q = {.steps = x->dim[1],
                              .in_c = x->dim[2],
                              .units = units,
                              .sequences = r->sequences,
                              .backwards = r->backwards,
                              .reset_after = r->reset_after,
                              .y_zero = y->q.zero[0]};
    if (r->kind == RECURRENT_LSTM) {
        q.cell_bits = 15 + r->cell_log2;
        q.cell_shift = 30 + r->cell_log2;
        if (r->cell_clip > 0)
            q.cell_clip = (int32_t)fminf(r->cell_clip * (float)(1 << -r->cell_log2), 32767.0f);
        const float hidden = 0x1p-15f / y->q.scale[0] * 0x1p-15f;
        quantize_multiplier((double)hidden, &q.y_mult, &q.y_shift);
    }
    choose_layout(p, n, gates, &q.pack, &q.widen);
    const int32_t *shifts = shift->data;
    if (!integer_bias(n->in[1], p, gates, 0, x->q.zero[0], recurrent_input(n, 3), shifts, &bias, e) ||
        !integer_bias(n->in[2], p, gates, first, y->q.zero[0], recurrent_input(n, 4), shifts + gates,
                      &bias_rec, e))
        return false;
    struct ref w, v;
    pack_both(n, p, gates, q.pack, &w, &v);
    const struct ref in = ref_in(x), b = ref_in(bias), br = ref_in(bias_rec), m = ref_in(mult),
                     sh = ref_in(shift), curve = ref_in(p->layout->curve ? curve_table(p) : NULL),
                     h = recurrent_kept(n, p, "h", I8), out = ref_out(y);
    const int vectors = r->kind == RECURRENT_RNN ? 1 : 5;
    recurrent_rows_of(p, n, x);
    const struct ref scratch = ref_scratch(nn_recurrent_s8_scratch(vectors, q.widen, gates, q.in_c, units));
    if (r->kind == RECURRENT_RNN)
        plan_step(p, n, &kernel_nn_rnn_s8, &q,
                  (struct ref[]){in, w, v, b, br, m, sh, curve, h, scratch, out});
    else
        plan_step(
            p, n, r->kind == RECURRENT_LSTM ? &kernel_nn_lstm_s8 : &kernel_nn_gru_s8, &q,
            (struct ref[]){in, w, v, b, br, m, sh, curve, h, recurrent_kept(n, p, "c", I16), scratch, out});
    return true;
}
