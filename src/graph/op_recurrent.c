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

struct ref recurrent_kept(const struct node *n, struct plan *p, const char *what, enum dtype type)
{
    if (!n->as.recurrent.stateful) return ref_in(NULL);
    const char *name = arena_printf(p->arena, "%s/%s", n->name, what);
    struct tensor *t = tensor_new(p->arena, name, type, 2, (int32_t[]){1, n->in[2]->dim[1]});
    plan_keep(p, t);
    return ref_out(t);
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
    if (x->dim[0] != 1) return fail(e, "a batch of %d; %s runs over one window at a time", x->dim[0], name);
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
        if (i >= 5 && n->in[i] && r->stateful)
            return fail(e, "it keeps its state from one window to the next and is given one, %s",
                        n->in[i]->name);
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

void recurrent_rows_of(struct plan *p, const struct node *n, const struct tensor *x)
{
    if (n->as.recurrent.sequences) plan_rows(p, n->out[0], x, x->dim[1], n->as.recurrent.backwards);
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
                            r->cell_clip > 0 ? float_bits(r->cell_clip) : 0,
                            0,
                            0,
                            0};
    const struct ref h = recurrent_kept(n, p, "h", F32),
                     c = r->kind == RECURRENT_LSTM ? recurrent_kept(n, p, "c", F32) : ref_in(NULL);
    const int other = r->sequences ? 0 : 1, both = RECURRENT_BIAS | RECURRENT_BIAS_REC;
    const struct recurrent_rows all = {recurrent_gates(r->kind), 0}, zr = {2, 0}, last = {1, 2};
    recurrent_rows_of(p, n, x);
    if (r->kind == RECURRENT_LSTM)
        plan_step(p, n, &kernel_nn_lstm_f32, &q,
                  (struct ref[]){ref_in(x), ref_in(recurrent_pack(n, p, &all)),
                                 ref_in(recurrent_bias(n, p, &all, both)), ref_in(h0), ref_in(c0), h, c,
                                 state_ref(n, 1 + other), ref_out(n->out[0])});
    else if (r->kind == RECURRENT_GRU)
        plan_step(
            p, n, &kernel_nn_gru_f32, &q,
            (struct ref[]){ref_in(x), ref_in(recurrent_pack(n, p, &zr)),
                           ref_in(recurrent_bias(n, p, &zr, both)), ref_in(recurrent_pack(n, p, &last)),
                           ref_in(recurrent_bias(n, p, &last, r->reset_after ? RECURRENT_BIAS : both)),
                           ref_in(r->reset_after ? recurrent_bias(n, p, &last, RECURRENT_BIAS_REC) : NULL),
                           ref_in(h0), h, state_ref(n, 2 + other), ref_out(n->out[0])});
    else
        plan_step(p, n, &kernel_nn_rnn_f32, &q,
                  (struct ref[]){ref_in(x), ref_in(recurrent_pack(n, p, &all)),
                                 ref_in(recurrent_bias(n, p, &all, both)), ref_in(h0), h,
                                 other ? state_ref(n, other) : ref_in(NULL), ref_out(n->out[0])});
    return true;
}

static bool lower(const struct node *n, struct plan *p, struct err *e)
{
    const struct tensor *x = n->in[0], *w = n->in[1], *u = n->in[2], *y = n->out[0];
    if (!want_const(n, e)) return false;
    if (is_f32(x) && is_f32(w) && is_f32(u) && is_f32(y)) return lower_f32(n, p);
    if (is_f32(x) && is_s8(w) && is_s8(u) && is_f32(y)) return recurrent_lower_dyn(n, p, e);
    if (is_s8(x) && is_s8(w) && is_s8(u) && is_s8(y)) return recurrent_lower_s8(n, p, e);
    return fail(e, "input %s, weights %s and %s, output %s cannot be executed", dtype_name(x->type),
                dtype_name(w->type), dtype_name(u->type), dtype_name(y->type));
}

const struct opdef op_RECURRENT = {"RECURRENT", infer, lower, macs};
