// Which equations a step has. The three of graph.h, with factors and summands in any order; see cell.h.
#include "cell.h"
#include <math.h>
#include <string.h>

static uint32_t slot_of(const struct maker *m, const struct tensor *t)
{
    uint32_t i = (uint32_t)((uintptr_t)t >> 4) * 2654435761u >> 7;
    for (i &= m->mask; m->entry[i].t && m->entry[i].t != t; i = (i + 1) & m->mask) {
    }
    return i;
}

void maker_build(struct maker *m, const struct graph *g, struct arena *a)
{
    uint32_t n = 0, size = 16;
    for (int k = 0; k < g->nnode; k++) n += (uint32_t)g->node[k]->nout;
    while (size < 2 * n) size *= 2;
    m->mask = size - 1;
    m->entry = arena_new_n(a, size, struct entry);
    for (int k = 0; k < g->nnode; k++)
        for (int i = 0; i < g->node[k]->nout; i++) {
            const struct tensor *t = g->node[k]->out[i];
            m->entry[slot_of(m, t)] = (struct entry){t, g->node[k]};
        }
}

struct node *maker_of(const struct maker *m, const struct tensor *t)
{
    return m->entry[slot_of(m, t)].n;
}

struct tensor *maker_root(const struct maker *m, struct tensor *t)
{
    struct node *n;
    while (t && !t->data && (n = maker_of(m, t)) && n->op == OP_RESHAPE) t = n->in[0];
    return t;
}

// ---- sums ----

static bool is_zero(const struct tensor *t)
{
    if (!t->data || t->type != F32) return false;
    const float *v = t->data;
    for (int64_t i = 0, n = tensor_count(t); i < n; i++)
        if (v[i] != 0) return false;
    return true;
}

// The activation fused behind a node.
static enum act fused(const struct node *n)
{
    switch (n->op) {
    case OP_DENSE:
        return n->as.dense.act;
    case OP_ADD:
    case OP_SUB:
    case OP_MUL:
    case OP_DIV:
        return n->as.binary.act;
    default:
        return ACT_NONE;
    }
}

static bool sum_bias(struct cell_sum *s, const struct tensor *b, int32_t first, int32_t units)
{
    const int64_t n = tensor_count(b);
    if (s->nbias == CELL_BIASES || b->type != F32 || (n != 1 && n < (int64_t)first + units)) return false;
    s->bias[s->nbias++] = (struct cell_bias){b, n == 1 ? -1 : first};
    return true;
}

// A product with a constant matrix: FULLY_CONNECTED, or BATCH_MATMUL with one of floats.
static bool is_product(const struct node *n)
{
    const struct tensor *w = n->nin > 1 ? n->in[1] : NULL;
    if (!w || !w->data || n->in[0]->data) return false;
    if (n->op == OP_DENSE) return w->rank == 2 && (w->type == F32 || w->type == I8);
    return n->op == OP_BATCH_MATMUL && !n->as.matmul.adj_x && w->type == F32 && w->rank >= 2 &&
           tensor_count(w) == (int64_t)w->dim[w->rank - 1] * w->dim[w->rank - 2];
}

static bool is_transposed(const struct node *n)
{
    return n->op == OP_BATCH_MATMUL && !n->as.matmul.adj_y;
}

static int32_t matrix_rows(const struct node *n)
{
    const struct tensor *w = n->in[1];
    return w->dim[w->rank - (is_transposed(n) ? 1 : 2)];
}

static int32_t matrix_columns(const struct node *n)
{
    const struct tensor *w = n->in[1];
    return w->dim[w->rank - (is_transposed(n) ? 2 : 1)];
}

static bool sum_term(struct cell_sum *s, const struct node *dense, int32_t first, int32_t units,
                     int32_t column, int64_t columns, struct tensor *source, struct tensor *sequence)
{
    const struct tensor *w = dense->in[1];
    if (w->q.n > 1 && (w->q.n != w->dim[0] || w->q.axis != 0)) return false;
    if (s->nterm == CELL_TERMS || matrix_rows(dense) < (int64_t)first + units ||
        column + columns > matrix_columns(dense))
        return false;
    s->term[s->nterm++] =
        (struct cell_term){.w = w,
                           .row = first,
                           .column = column,
                           .columns = (int32_t)columns,
                           .source = source,
                           .sequence = sequence,
                           .asymmetric = dense->op == OP_DENSE && dense->as.dense.asymmetric_inputs,
                           .transposed = is_transposed(dense)};
    return true;
}

// The bias that a FULLY_CONNECTED has.
static bool sum_own_bias(struct cell_sum *s, const struct node *n, int32_t first, int32_t units)
{
    if (n->op != OP_DENSE || n->nin < 3 || !n->in[2]) return true;
    return n->in[2]->data && sum_bias(s, n->in[2], first, units);
}

static bool sum_dense(const struct maker *m, const struct node *n, int32_t first, int32_t units,
                      struct cell_sum *s)
{
    if (tensor_count(n->out[0]) != n->out[0]->dim[n->out[0]->rank - 1]) return false;
    if (n->op == OP_DENSE && is_zero(maker_root(m, n->in[0]))) return sum_own_bias(s, n, first, units);
    if (!is_product(n) || !sum_own_bias(s, n, first, units)) return false;
    struct tensor *x = maker_root(m, n->in[0]);
    const struct node *join = maker_of(m, x);
    if (x->data) return false;
    if (!join || join->op != OP_CONCATENATION || join->as.axis.axis != x->rank - 1)
        return sum_term(s, n, first, units, 0, tensor_count(x), x, NULL);
    int64_t column = 0; // x and h side by side, as TensorFlow 1 had them
    for (int i = 0; i < join->nin; i++) {
        struct tensor *part = maker_root(m, join->in[i]);
        const int64_t columns = tensor_count(part);
        if (!is_zero(part) &&
            (part->data || !sum_term(s, n, first, units, (int32_t)column, columns, part, NULL)))
            return false;
        column += columns;
    }
    return true;
}

// The last dimension cut, all others of size 1 or whole.
static bool is_row_cut(const struct node *n)
{
    const struct tensor *x = n->in[0];
    const int last = x->rank - 1;
    if (n->op != OP_STRIDED_SLICE || last < 0 || tensor_count(x) != x->dim[last]) return false;
    return n->as.slice.stride[last] == 1;
}

// One element of a sequence of sums: (steps, rows) or (1, steps, rows) cut to one step, perhaps to some of its rows.
static bool is_step_cut(const struct node *n)
{
    const struct tensor *x = n->in[0], *y = n->out[0];
    const int last = x->rank - 1;
    if (n->op != OP_STRIDED_SLICE || last < 1 || x->rank != y->rank || n->as.slice.stride[last] != 1)
        return false;
    return tensor_count(x) > x->dim[last] && tensor_count(y) == y->dim[last];
}

// Adds one step of t, products and biases over a whole sequence.
static bool sum_steps(const struct maker *m, struct tensor *t, int32_t first, int32_t units,
                      struct tensor *source, struct cell_sum *s, int depth)
{
    t = maker_root(m, t);
    const struct node *n = maker_of(m, t);
    if (!n || depth > 4 || fused(n) != ACT_NONE) return false;
    if (n->op == OP_ADD) {
        const int k = n->in[1]->data != NULL;
        return n->in[k]->data && tensor_count(n->in[k]) <= t->dim[t->rank - 1] &&
               sum_bias(s, n->in[k], first, units) &&
               sum_steps(m, n->in[1 - k], first, units, source, s, depth + 1);
    }
    if (!is_product(n) || t->dim[t->rank - 1] != matrix_rows(n) || !sum_own_bias(s, n, first, units))
        return false;
    return sum_term(s, n, first, units, 0, matrix_columns(n), source, n->in[0]);
}

// Adds to s what t is: values first .. first + units of it. bare: without the activation fused behind it.
static bool sum_collect(const struct maker *m, struct tensor *t, bool bare, int32_t first, int32_t units,
                        struct cell_sum *s, int depth)
{
    t = maker_root(m, t);
    if (t->data) return sum_bias(s, t, first, units);
    const struct node *n = maker_of(m, t);
    if (!n || depth > 12 || (!bare && fused(n) != ACT_NONE)) return false;
    if (n->op == OP_DENSE || n->op == OP_BATCH_MATMUL) return sum_dense(m, n, first, units, s);
    if (is_row_cut(n))
        return sum_collect(m, n->in[0], false, first + n->as.slice.begin[n->in[0]->rank - 1], units, s,
                           depth + 1);
    if (is_step_cut(n))
        return sum_steps(m, n->in[0], first + n->as.slice.begin[n->in[0]->rank - 1], units, t, s, 0);
    if (n->op == OP_MUL && !s->product && first == 0 && tensor_count(t) == units) {
        s->product = t;
        return true;
    }
    if (n->op != OP_ADD) return false;
    for (int i = 0; i < 2; i++) {
        const int64_t count = tensor_count(n->in[i]);
        if (count != tensor_count(t) && count != 1) return false;
        if (!sum_collect(m, n->in[i], false, first, units, s, depth + 1)) return false;
    }
    return true;
}

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
    struct tensor *x = fused(n) == ACT_NONE ? with_number(n, OP_MUL, 1.0f / 6) : NULL;
    if (!x && fused(n) == ACT_NONE) x = with_number(n, OP_DIV, 6);
    x = x ? maker_root(m, x) : NULL;
    const struct node *inner = x ? maker_of(m, x) : NULL;
    if (!inner) return NULL;
    *bare = fused(inner) == ACT_RELU6;
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
    if (fused(n) == ACT_RELU) {
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
    return n && n->op == op && fused(n) == ACT_NONE ? n : NULL;
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
    return n && (is_zero(maker_root(m, n->in[0])) || is_zero(maker_root(m, n->in[1])));
}

// c' = f * c + i * g; from zeros i * g alone, or with a product that is 0
static bool lstm_cell(const struct maker *m, struct tensor *t, bool bare, struct cell *c)
{
    const struct node *n = maker_of(m, t);
    if (!n || (!bare && fused(n) != ACT_NONE)) return false;
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
        if (less && (c->h ? maker_root(m, less->in[0]) == c->h : is_zero(maker_root(m, less->in[0]))) &&
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
