// LSTM, GRU and RNN become RECURRENT nodes; a bidirectional one becomes two and a CONCATENATION.
#include "onnx_read.h"
#include "onnx_recurrent.h"
#include <math.h>
#include <string.h>

enum { X, W, R, B, LENGTHS, H0, C0, PEEPHOLES };

struct rec {
    struct onnx *r;
    struct onnx_node *n;
    enum recurrent_kind kind;
    int directions, first_backwards; // 1 or 2; of a single one: is it reversed?
    int32_t steps, channels, units, rows;
    bool batch_first;
    struct tensor *x; // (1, steps, channels)
    const struct value *w, *u, *b;
    enum cell_act act[2], gate_act[2]; // a direction
};

static bool act_read(struct rec *c, const char *s, float alpha, float beta, enum cell_act *act)
{
    static const char *const name[] = {"Tanh", "Sigmoid", "Relu", "Affine", "HardSigmoid"};
    int i = 0;
    while (i < 5 && strcmp(s, name[i])) i++;
    *act = i < 4 ? (enum cell_act)i : fabsf(alpha - 0.2f) < 1e-6f ? CELL_HARD_5 : CELL_HARD_6;
    if (i == 5)
        return node_fail(c->r, c->n, "the activation %.40s is not supported; use tanh, sigmoid, relu", s);
    if ((i == 3 && (alpha != 1 || beta != 0)) ||
        (i == 4 && (beta != 0.5f || (*act == CELL_HARD_6 && fabsf(alpha - 1.0f / 6) > 1e-6f))))
        return node_fail(c->r, c->n, "%s with alpha %g and beta %g is not supported", s, (double)alpha,
                         (double)beta);
    return true;
}

// The list holds, for each direction, gates' and candidates' functions, and for LSTM that of the output.
static bool acts_read(struct rec *c)
{
    const Onnx__AttributeProto *s = attr_find(c->n, "activations"), *a = attr_find(c->n, "activation_alpha"),
                               *b = attr_find(c->n, "activation_beta");
    const size_t each = c->kind == RECURRENT_LSTM ? 3 : c->kind == RECURRENT_GRU ? 2 : 1;
    size_t na = 0, nb = 0;
    for (size_t d = 0; d < 2; d++) {
        c->act[d] = CELL_TANH;
        c->gate_act[d] = CELL_LOGISTIC;
        if (!s || s->n_strings == 0 || d >= (size_t)c->directions) continue;
        if (s->n_strings != each * (size_t)c->directions)
            return node_fail(c->r, c->n, "%zu activations, want %zu", s->n_strings,
                             each * (size_t)c->directions);
        enum cell_act all[3] = {0};
        for (size_t i = 0; i < each; i++) {
            const ProtobufCBinaryData *t = &s->strings[d * each + i];
            const char *text = arena_strndup(c->r->scratch, (const char *)t->data, t->len);
            const bool affine = !strcmp(text, "Affine"), hard = !strcmp(text, "HardSigmoid");
            float alpha = affine ? 1 : 0.2f, beta = affine ? 0 : 0.5f;
            if ((affine || hard) && a && na < a->n_floats) alpha = a->floats[na++];
            if ((affine || hard) && b && nb < b->n_floats) beta = b->floats[nb++];
            if (!act_read(c, text, alpha, beta, &all[i])) return false;
        }
        c->gate_act[d] = each == 1 ? CELL_LOGISTIC : all[0];
        c->act[d] = each == 1 ? all[0] : all[1];
        if (each == 3 && all[1] != all[2])
            return node_fail(c->r, c->n,
                             "its cell and its output have different activations, which is not supported");
    }
    return true;
}

static bool refused(struct rec *c)
{
    struct onnx_node *n = c->n;
    if (n->nin > PEEPHOLES && n->in[PEEPHOLES])
        return node_fail(c->r, n, "peepholes are not supported; train an LSTM without");
    if (attr_int(n, "input_forget", 0))
        return node_fail(c->r, n,
                         "coupled input and forget gates are not supported; train an LSTM with both");
    if (attr_find(n, "clip"))
        return node_fail(c->r, n, "clipped sums are not supported; train it without clip");
    if (n->nin > LENGTHS && n->in[LENGTHS]) {
        const struct value *v = node_ints(c->r, n, LENGTHS);
        if (!v) return false;
        for (int64_t i = 0; i < value_count(v); i++)
            if (v->i[i] != c->steps)
                return node_fail(c->r, n, "sequences of %lld of %d steps; export without lengths or masks",
                                 (long long)v->i[i], c->steps);
    }
    return true;
}

static bool weights_read(struct rec *c)
{
    struct onnx_node *n = c->n;
    c->w = node_floats(c->r, n, W);
    c->u = c->w ? node_floats(c->r, n, R) : NULL;
    c->b = n->nin > B && n->in[B] ? node_floats(c->r, n, B) : NULL;
    if (!c->w || !c->u || (n->nin > B && n->in[B] && !c->b)) return false;
    const int gates = recurrent_gates(c->kind);
    if (c->u->rank != 3 || c->w->rank != 3) return node_fail(c->r, n, "weights must have three dimensions");
    c->units = c->u->dim[2];
    c->rows = c->u->dim[1];
    if (c->units < 1 || c->rows != (int64_t)gates * c->units || c->w->dim[1] != c->rows ||
        c->w->dim[2] != c->channels || c->w->dim[0] != c->directions || c->u->dim[0] != c->directions ||
        attr_int(n, "hidden_size", c->units) != c->units)
        return node_fail(c->r, n, "weights %dx%dx%d and %dx%dx%d do not fit %d channels and %d direction%s",
                         c->w->dim[0], c->w->dim[1], c->w->dim[2], c->u->dim[0], c->u->dim[1], c->u->dim[2],
                         c->channels, c->directions, c->directions > 1 ? "s" : "");
    if (c->b && value_count(c->b) != 2 * (int64_t)c->rows * c->directions)
        return node_fail(c->r, n, "%lld biases, want %lld", (long long)value_count(c->b),
                         2 * (long long)c->rows * c->directions);
    return true;
}

// One direction's rows in our order of gates; q: scales of all directions' rows when they were integers.
static struct tensor *rows_read(struct rec *c, const char *name, const float *from, int32_t columns,
                                const struct quant *q, int d)
{
    const int gates = recurrent_gates(c->kind);
    const size_t part = (size_t)c->units * (size_t)columns;
    struct {
        const float *from;
        int32_t rows, columns, kind, none; // without padding
    } key = {from, c->rows, columns, (int32_t)c->kind, 0};
    void **made =
        arena_noted(c->r->scratch, &key, sizeof key); // another layer of the same kernels may have it
    float *to = *made;
    if (!to) {
        to = *made = arena_new_n(c->r->a, (size_t)gates * part, float);
        for (int g = 0; g < gates; g++)
            memcpy(to + (size_t)onnx_gate[c->kind][g] * part, from + (size_t)g * part, part * sizeof *to);
    }
    const int32_t dim[2] = {c->rows, columns};
    struct tensor *t = tensor_const(c->r->a, name, F32, q ? 2 : 1, dim, to);
    if (!q || q->n != c->directions * c->rows) return t;
    float *scale = arena_new_n(c->r->a, (size_t)c->rows, float);
    for (int g = 0; g < gates; g++)
        memcpy(scale + onnx_gate[c->kind][g] * c->units, q->scale + d * c->rows + g * c->units,
               (size_t)c->units * sizeof *scale);
    t->q = (struct quant){c->rows, 0, scale, arena_new_n(c->r->a, (size_t)c->rows, int32_t)};
    return t;
}

static bool all_zero(const float *v, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (v[i] != 0) return false;
    return true;
}

// The state before the first step: NULL when it is zeros.
static bool initial_read(struct rec *c, int input, int d, struct tensor **t)
{
    *t = NULL;
    const struct value *v = input < c->n->nin ? c->n->in[input] : NULL;
    if (!v) return true;
    if (v->f && value_count(v) == (int64_t)c->directions * c->units) {
        const float *from = v->f + (int64_t)d * c->units;
        if (!all_zero(from, c->units))
            *t = tensor_const(c->r->a, v->name, F32, 2, (int32_t[]){1, c->units}, from);
        return true;
    }
    if (value_is_const(v) || value_count(v) != c->units || v->rank != 3)
        return node_fail(c->r, c->n, "initial state %s is not one of %d units", v->name, c->units);
    *t = value_tensor(c->r->g, c->r->a, v, 2, (int[]){c->batch_first ? 0 : 1, 2}, c->r->e);
    return *t != NULL;
}

static struct tensor *direction_read(struct rec *c, int d, bool sequences)
{
    struct onnx *r = c->r;
    struct tensor *h0, *c0 = NULL;
    if (!initial_read(c, H0, d, &h0) || (c->kind == RECURRENT_LSTM && !initial_read(c, C0, d, &c0)))
        return NULL;
    struct node *m = node_add(r, c->n, OP_RECURRENT, 7); // behind what the states are made of
    m->in[5] = h0;
    m->in[6] = c0;
    const bool backwards = d || c->first_backwards;
    m->as.recurrent = (struct recurrent){.kind = c->kind,
                                         .act = c->act[d],
                                         .gate_act = c->gate_act[d],
                                         .sequences = sequences,
                                         .backwards = backwards,
                                         .reset_after = attr_int(c->n, "linear_before_reset", 0) != 0};
    if (c->kind != RECURRENT_GRU) m->as.recurrent.reset_after = false;
    const char *name =
        arena_printf(r->a, "%s%s", c->n->name, c->directions > 1 ? d ? "/backwards" : "/forwards" : "");
    m->name = name;
    m->out[0]->name = c->directions > 1 ? name : c->n->out[sequences ? 0 : 1].name;
    m->in[0] = c->x;
    m->in[1] = rows_read(c, arena_printf(r->a, "%s/kernel", name),
                         c->w->f + (int64_t)d * c->rows * c->channels, c->channels, &c->w->q, d);
    m->in[2] = rows_read(c, arena_printf(r->a, "%s/recurrent", name),
                         c->u->f + (int64_t)d * c->rows * c->units, c->units, &c->u->q, d);
    for (int i = 0; c->b && i < 2; i++) {
        const float *b = c->b->f + (2 * (int64_t)d + i) * c->rows;
        if (i == 0 || m->as.recurrent.reset_after || !all_zero(b, c->rows))
            m->in[3 + i] =
                rows_read(c, arena_printf(r->a, "%s/%s", name, i ? "recurrent_bias" : "bias"), b, 1, NULL, d);
    }
    if (!m->in[5] && !m->in[6]) m->nin = m->in[4] ? 5 : m->in[3] ? 4 : 3;
    return node_done(r, c->n, m);
}

// (1, [steps,] directions * units) as ONNX sees it: (steps, directions, 1, units) or (directions, 1, units).
static bool result(struct rec *c, int output, bool sequences)
{
    struct onnx_node *n = c->n;
    if (output >= n->nout || !*n->out[output].name) return true;
    struct tensor *t = direction_read(c, 0, sequences), *other = NULL;
    if (t && c->directions == 2) {
        if (!(other = direction_read(c, 1, sequences))) return false;
        struct node *m = node_add(c->r, n, OP_CONCATENATION, 2);
        m->out[0]->name = n->out[output].name;
        m->in[0] = t;
        m->in[1] = other;
        m->as.axis.axis = t->rank - 1;
        t = node_done(c->r, n, m);
    }
    if (!t) return false;
    struct value *v = &n->out[output];
    static const int all[] = {1, 2, 0, 3}, last[] = {1, 0, 2};
    const int32_t dim[] = {1, c->steps, c->directions, c->units}, dim_last[] = {1, c->directions, c->units};
    value_set_plain(v, t);
    if (!value_reshape(v, sequences ? 4 : 3, sequences ? dim : dim_last))
        return node_fail(c->r, n, "its output cannot be described");
    if (!c->batch_first) value_transpose(v, sequences ? all : last);
    return true;
}

static bool read(struct onnx *r, struct onnx_node *n, enum recurrent_kind kind)
{
    struct rec c = {.r = r, .n = n, .kind = kind, .batch_first = attr_int(n, "layout", 0) != 0};
    const char *direction = attr_text(r, n, "direction", "forward");
    c.directions = strcmp(direction, "bidirectional") ? 1 : 2;
    c.first_backwards = !strcmp(direction, "reverse");
    if (c.directions == 1 && !c.first_backwards && strcmp(direction, "forward"))
        return node_fail(r, n, "direction %.40s is not known; want forward, reverse or bidirectional",
                         direction);
    struct value *x = node_computed(r, n, X);
    if (!x) return false;
    if (x->rank != 3 || x->dim[c.batch_first ? 0 : 1] != 1)
        return node_fail(r, n,
                         "wants (steps, batch, channels) with a batch of 1; export it with a free batch");
    c.steps = x->dim[c.batch_first ? 1 : 0];
    c.channels = x->dim[2];
    if (!weights_read(&c) || !refused(&c) || !acts_read(&c)) return false;
    const int axis[] = {c.batch_first ? 0 : 1, c.batch_first ? 1 : 0, 2};
    c.x = value_tensor(r->g, r->a, x, 3, axis, r->e);
    if (!c.x) return fail_in(r->e, "node %s (%s)", n->name, n->op);
    return result(&c, 0, true) && result(&c, 1, false);
}

static bool lstm(struct onnx *r, struct onnx_node *n)
{
    return read(r, n, RECURRENT_LSTM);
}

static bool gru(struct onnx *r, struct onnx_node *n)
{
    return read(r, n, RECURRENT_GRU);
}

static bool rnn(struct onnx *r, struct onnx_node *n)
{
    return read(r, n, RECURRENT_RNN);
}

const struct onnx_op_entry onnx_ops_recurrent[] = {
    {"LSTM", lstm, OP_COUNT},
    {"GRU", gru, OP_COUNT},
    {"RNN", rnn, OP_COUNT},
    {NULL, NULL, OP_COUNT},
};
