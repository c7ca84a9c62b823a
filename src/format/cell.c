// Which equations a step has. The three of graph.h, with factors and summands in any order; see cell.h.
#include "cell_sum.h"
#include <math.h>
#include <string.h>

// ---- activations ----

static bool is_number(const struct tensor *t, float v)
{
    return t->data && t->type == F32 && tensor_count(t) == 1 &&
           fabsf(*(const float *)t->data - v) <= 1e-6f * fabsf(v);
}

// x when n is op(x, v), or op(v, x) where that is the same.
static struct tensor *with_number(const struct node *n, enum op op, float v)
{
    if (!n || n->op != op) return NULL;
    if (is_number(n->in[1], v)) return n->in[0];
    return op != OP_SUB && op != OP_DIV && is_number(n->in[0], v) ? n->in[1] : NULL;
}

// clip(s / 6 + 0.5) as relu6(s + 3) / 6: what is inside of relu6, 3 more than s.
static struct tensor *hard_6(const struct maker *m, const struct node *n, bool *bare)
{
    struct tensor *x = node_fused(n) == ACT_NONE ? with_number(n, OP_MUL, 1.0f / 6) : NULL;
    if (!x && node_fused(n) == ACT_NONE) x = with_number(n, OP_DIV, 6);
    x = x ? maker_root(m, x) : NULL;
    const struct node *inner = x ? maker_of(m, x) : NULL;
    if (!inner) return NULL;
    *bare = node_fused(inner) == ACT_RELU6;
    return inner->op == OP_RELU6 ? inner->in[0] : *bare ? x : NULL;
}

// clip(0.2 s + 0.5) as Keras 2 had it.
static struct tensor *hard_5(const struct maker *m, const struct node *n)
{
    struct tensor *x = with_number(n, OP_MINIMUM, 1);
    if (x) x = with_number(maker_of(m, maker_root(m, x)), OP_MAXIMUM, 0);
    if (x) x = with_number(maker_of(m, maker_root(m, x)), OP_ADD, 0.5f);
    return x ? with_number(maker_of(m, maker_root(m, x)), OP_MUL, 0.2f) : NULL;
}

// t as an activation of something.
static enum cell_act act_of(const struct maker *m, struct tensor *t, struct tensor **inner, bool *bare,
                            float *less)
{
    t = maker_root(m, t);
    *inner = t;
    *bare = false;
    *less = 0;
    const struct node *n = maker_of(m, t);
    if (!n) return CELL_LINEAR;
    if (n->op == OP_LOGISTIC || n->op == OP_TANH || n->op == OP_RELU) {
        *inner = n->in[0];
        return n->op == OP_LOGISTIC ? CELL_LOGISTIC : n->op == OP_TANH ? CELL_TANH : CELL_RELU;
    }
    if (node_fused(n) == ACT_RELU) {
        *bare = true;
        return CELL_RELU;
    }
    struct tensor *s = hard_6(m, n, bare);
    if (s) {
        *inner = s;
        *less = 3;
        return CELL_HARD_6;
    }
    *bare = false;
    if ((s = hard_5(m, n))) *inner = s;
    return s ? CELL_HARD_5 : CELL_LINEAR;
}

// t as an activation of a sum.
static bool gate_read(const struct maker *m, struct tensor *t, int32_t units, enum cell_act *act,
                      struct cell_sum *s)
{
    struct tensor *inner;
    bool bare;
    float less;
    *s = (struct cell_sum){0};
    *act = act_of(m, t, &inner, &bare, &less);
    s->less = less;
    return tensor_count(t) == units && sum_collect(m, inner, bare, 0, units, s, 0);
}

static bool gate_is(const struct maker *m, struct tensor *t, int32_t units, enum cell_act act,
                    struct cell_sum *s)
{
    enum cell_act found;
    return gate_read(m, t, units, &found, s) && found == act && !s->product;
}

// ---- equations ----

static const struct node *plain(const struct maker *m, struct tensor *t, enum op op)
{
    const struct node *n = maker_of(m, maker_root(m, t));
    return n && n->op == op && node_fused(n) == ACT_NONE ? n : NULL;
}

// The factor beside `known` in a product; NULL when t is none.
static struct tensor *factor_beside(const struct maker *m, struct tensor *t, const struct tensor *known)
{
    const struct node *n = plain(m, t, OP_MUL);
    for (int k = 0; n && k < 2; k++)
        if (maker_root(m, n->in[k]) == known) return n->in[1 - k];
    return NULL;
}

// i * g
static bool lstm_new(const struct maker *m, struct tensor *t, struct cell *c)
{
    const struct node *n = plain(m, t, OP_MUL);
    for (int k = 0; n && k < 2; k++)
        if (gate_is(m, n->in[k], c->units, c->gate_act, &c->gate[0]) &&
            gate_is(m, n->in[1 - k], c->units, c->act, &c->gate[2]))
            return true;
    return false;
}

static bool is_empty_product(const struct maker *m, struct tensor *t)
{
    const struct node *n = plain(m, t, OP_MUL);
    return n && (sum_is_zero(maker_root(m, n->in[0])) || sum_is_zero(maker_root(m, n->in[1])));
}

// c' = f * c + i * g; from zeros i * g alone, or with a product that is 0
static bool lstm_cell(const struct maker *m, struct tensor *t, bool bare, struct cell *c)
{
    const struct node *n = maker_of(m, t);
    if (!n || (!bare && node_fused(n) != ACT_NONE)) return false;
    if (!c->h && n->op == OP_MUL && lstm_new(m, t, c)) return true;
    if (n->op != OP_ADD) return false;
    for (int k = 0; k < 2; k++) {
        struct tensor *f = c->h ? factor_beside(m, n->in[k], c->c) : NULL;
        if (c->h ? !f || !gate_is(m, f, c->units, c->gate_act, &c->gate[1]) : !is_empty_product(m, n->in[k]))
            continue;
        if (lstm_new(m, n->in[1 - k], c)) return true;
    }
    return false;
}

// h' = o * act(c')
static bool lstm_match(const struct maker *m, struct cell *c)
{
    const struct node *n = plain(m, c->h_next, OP_MUL);
    if (!n || (c->h && !c->c)) return false;
    for (int k = 0; k < 2; k++) {
        struct tensor *inner;
        bool bare;
        float less;
        if (!gate_read(m, n->in[k], c->units, &c->gate_act, &c->gate[3]) || c->gate[3].product) continue;
        c->act = act_of(m, n->in[1 - k], &inner, &bare, &less);
        c->c_next = maker_root(m, inner);
        c->kind = RECURRENT_LSTM;
        if (c->act != CELL_HARD_5 && c->act != CELL_HARD_6 && lstm_cell(m, c->c_next, bare, c)) return true;
    }
    return false;
}

// What r multiplies: with reset_after a sum of h, else h itself in front of a product with weights.
static bool gru_reset(const struct maker *m, struct cell *c)
{
    struct cell_sum *n = &c->gate[2];
    if (n->product) { // r * (U h + rb)
        const struct node *mul = plain(m, n->product, OP_MUL);
        for (int k = 0; mul && k < 2; k++) {
            c->rec = (struct cell_sum){0};
            if (gate_is(m, mul->in[k], c->units, c->gate_act, &c->gate[1]) &&
                sum_collect(m, mul->in[1 - k], false, 0, c->units, &c->rec, 0) && !c->rec.product)
                return c->reset_after = true;
        }
        return false;
    }
    for (int i = 0; i < n->nterm && c->h; i++) {
        struct tensor *r = factor_beside(m, n->term[i].source, c->h);
        if (!r || !gate_is(m, r, c->units, c->gate_act, &c->gate[1])) continue;
        n->term[i].source = c->h;
        return true;
    }
    return !c->h; // from zeros r does not matter
}

// (1 - z) * n
static bool gru_new(const struct maker *m, struct tensor *t, struct cell *c)
{
    const struct node *n = plain(m, t, OP_MUL);
    for (int k = 0; n && k < 2; k++) {
        const struct node *one_less = plain(m, n->in[k], OP_SUB);
        if (!one_less || !is_number(one_less->in[0], 1)) continue;
        if (!gate_read(m, one_less->in[1], c->units, &c->gate_act, &c->gate[0]) || c->gate[0].product)
            continue;
        if (gate_read(m, n->in[1 - k], c->units, &c->act, &c->gate[2]) && gru_reset(m, c)) {
            c->z = maker_root(m, one_less->in[1]);
            return true;
        }
    }
    return false;
}

// z * (h - n), to which n is added: the same with one product less
static bool gru_difference(const struct maker *m, struct tensor *t, struct tensor *n, struct cell *c)
{
    const struct node *mul = plain(m, t, OP_MUL);
    for (int k = 0; mul && k < 2; k++) {
        const struct node *less = plain(m, mul->in[k], OP_SUB);
        if (less && (c->h ? maker_root(m, less->in[0]) == c->h : sum_is_zero(maker_root(m, less->in[0]))) &&
            maker_root(m, less->in[1]) == maker_root(m, n) &&
            gate_read(m, mul->in[1 - k], c->units, &c->gate_act, &c->gate[0]) && !c->gate[0].product &&
            gate_read(m, n, c->units, &c->act, &c->gate[2]) && gru_reset(m, c))
            return true;
    }
    return false;
}

// h' = z * h + (1 - z) * n
static bool gru_match(const struct maker *m, struct cell *c)
{
    const struct node *n = plain(m, c->h_next, OP_ADD);
    c->kind = RECURRENT_GRU;
    if (!c->h && gru_new(m, c->h_next, c)) return true;
    for (int k = 0; n && k < 2; k++)
        if (gru_difference(m, n->in[1 - k], n->in[k], c)) return true;
    for (int k = 0; n && k < 2; k++) {
        if (!gru_new(m, n->in[k], c)) continue;
        if (!c->h ? is_empty_product(m, n->in[1 - k])
                  : factor_beside(m, n->in[1 - k], c->z) != NULL &&
                        factor_beside(m, n->in[1 - k], c->h) != NULL)
            return true;
    }
    return false;
}

static bool rnn_match(const struct maker *m, struct cell *c)
{
    c->kind = RECURRENT_RNN;
    return gate_read(m, c->h_next, c->units, &c->act, &c->gate[0]) && !c->gate[0].product &&
           c->gate[0].nterm > 0;
}

// Which of the sums' sources are x: one tensor beside h.
static bool bind(struct cell *c, struct cell_sum *s, bool only_h, struct err *e)
{
    int nx = 0, nh = 0;
    for (int i = 0; i < s->nterm; i++) {
        struct tensor *t = s->term[i].source;
        const bool is_h = t == c->h;
        if (is_h) {
            nh++;
            continue;
        }
        nx++;
        if (only_h || (c->x && t != c->x))
            return fail(e, "the step reads %s beside %s; a layer has one input", t->name,
                        only_h || !c->x ? "its state" : c->x->name);
        c->x = t;
    }
    return (nx <= 1 && nh <= 1) || fail(e, "a gate multiplies the same input twice");
}

bool cell_match(const struct maker *m, struct tensor *h_next, struct tensor *h, struct tensor *c,
                struct cell *out, struct err *e)
{
    const struct cell start = {.units = (int32_t)tensor_count(h_next),
                               .h_next = maker_root(m, h_next),
                               .h = h,
                               .c = c,
                               .gate_act = CELL_LOGISTIC};
    static bool (*const match[])(const struct maker *, struct cell *) = {lstm_match, gru_match, rnn_match};
    for (int i = 0; i < 3; i++) {
        *out = start;
        if (i > 0 && c) break; // only an LSTM has two
        if (!match[i](m, out)) continue;
        for (int k = 0; k < recurrent_gates(out->kind); k++)
            if (!bind(out, &out->gate[k], false, e)) return false;
        return bind(out, &out->rec, true, e) && (out->x || fail(e, "the step reads no input"));
    }
    return fail(e, "what it computes in a step is neither an LSTM nor a GRU nor a simple RNN");
}
