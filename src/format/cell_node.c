// A recognised cell as a RECURRENT node: its rows gathered in the order of graph.h.
#include "cell.h"
#include <math.h>
#include <string.h>

static const struct cell_term *term_of(const struct cell *c, int gate, bool of_h)
{
    const struct cell_sum *s = &c->gate[gate];
    for (int i = 0; i < s->nterm; i++)
        if ((s->term[i].source == c->h) == of_h) return &s->term[i];
    // With reset_after the product with h stands behind r.
    if (of_h && c->kind == RECURRENT_GRU && gate == 2 && c->reset_after && c->rec.nterm)
        return &c->rec.term[0];
    return NULL;
}

static float weight_at(const struct cell_term *t, int32_t row, int32_t column)
{
    const struct tensor *w = t->w;
    if (t->transposed)
        return ((const float *)w->data)[(int64_t)(t->column + column) * w->dim[w->rank - 1] + t->row + row];
    const int64_t r = t->row + row, at = r * w->dim[1] + t->column + column;
    if (w->type == F32) return ((const float *)w->data)[at];
    const int32_t k = w->q.n > 1 ? (int32_t)r : 0;
    return w->q.scale[k] * (float)(((const int8_t *)w->data)[at] - w->q.zero[k]);
}

// Can the layer keep int8 weights? All of them must be, with one scale or one a row.
static bool stays_int8(const struct cell *c)
{
    for (int g = 0; g < recurrent_gates(c->kind); g++)
        for (int k = 0; k < 2; k++) {
            const struct cell_term *t = term_of(c, g, k);
            if (!t || t->w->type != I8 || !t->w->q.n || t->transposed) return false;
            for (int32_t i = 0; i < c->units; i++)
                if (t->w->q.zero[t->w->q.n > 1 ? t->row + i : 0]) return false;
        }
    return true;
}

// Are all float weights float16 values?
static bool all_half(const struct cell *c, bool of_h)
{
    for (int g = 0; g < recurrent_gates(c->kind); g++) {
        const struct cell_term *t = term_of(c, g, of_h);
        if (t && !t->w->half) return false;
    }
    return true;
}

static struct tensor *weights(struct arena *a, const struct cell *c, const char *name, bool of_h,
                              int32_t columns, bool int8)
{
    const int gates = recurrent_gates(c->kind);
    const int32_t dim[2] = {gates * c->units, columns};
    const size_t count = (size_t)dim[0] * (size_t)columns;
    float *v = int8 ? NULL : arena_new_n(a, count, float), *scale = NULL;
    int8_t *q = int8 ? arena_new_n(a, count, int8_t) : NULL;
    struct tensor *t = tensor_const(a, name, int8 ? I8 : F32, 2, dim, int8 ? (void *)q : (void *)v);
    t->half = !int8 && all_half(c, of_h);
    if (int8) {
        scale = arena_new_n(a, (size_t)dim[0], float);
        t->q = (struct quant){dim[0], 0, scale, arena_new_n(a, (size_t)dim[0], int32_t)};
    }
    for (int g = 0; g < gates; g++) {
        const struct cell_term *part = term_of(c, g, of_h);
        for (int32_t i = 0; part && i < c->units; i++) {
            const size_t row = (size_t)(g * c->units + i);
            if (int8) scale[row] = part->w->q.scale[part->w->q.n > 1 ? part->row + i : 0];
            for (int32_t k = 0; k < columns; k++)
                if (int8)
                    q[row * (size_t)columns + (size_t)k] =
                        ((const int8_t *)part->w->data)[(size_t)(part->row + i) * (size_t)part->w->dim[1] +
                                                        (size_t)(part->column + k)];
                else
                    v[row * (size_t)columns + (size_t)k] = weight_at(part, i, k);
        }
    }
    return t;
}

static void bias_add(const struct cell_sum *s, int32_t units, float *to)
{
    for (int k = 0; k < s->nbias; k++)
        for (int32_t i = 0; i < units; i++)
            to[i] += ((const float *)s->bias[k].b->data)[s->bias[k].at < 0 ? 0 : s->bias[k].at + i];
    for (int32_t i = 0; i < units && s->less != 0; i++) to[i] -= s->less;
}

static bool all_zero(const float *v, int64_t n)
{
    while (n > 0 && v[n - 1] == 0) n--;
    return n == 0;
}

void cell_bias(const struct cell *c, float *bias, float *rec)
{
    const int gates = recurrent_gates(c->kind);
    memset(bias, 0, (size_t)gates * (size_t)c->units * sizeof *bias);
    memset(rec, 0, (size_t)gates * (size_t)c->units * sizeof *rec);
    for (int g = 0; g < gates; g++) bias_add(&c->gate[g], c->units, bias + g * c->units);
    if (c->reset_after) bias_add(&c->rec, c->units, rec + 2 * c->units);
}

int32_t cell_channels(const struct cell *c)
{
    for (int g = 0; g < recurrent_gates(c->kind); g++) {
        const struct cell_term *t = term_of(c, g, false);
        if (t) return t->columns;
    }
    return 0;
}

struct tensor *cell_projected(const struct cell *c)
{
    for (int g = 0; g < recurrent_gates(c->kind); g++) {
        const struct cell_term *t = term_of(c, g, false);
        if (t) return t->sequence;
    }
    return NULL;
}

uint64_t cell_bytes(const struct cell *c)
{
    const uint64_t columns = (uint64_t)cell_channels(c) + (uint64_t)c->units;
    return (uint64_t)recurrent_gates(c->kind) * (uint64_t)c->units * (columns + 12) * sizeof(float) + 8192;
}

// Both kinds of weights must be there, for all gates or for some; zeros stand for those that are not.
static bool weights_fit(const struct cell *c, struct err *e)
{
    const int32_t channels = cell_channels(c);
    int n[2] = {0, 0};
    for (int g = 0; g < recurrent_gates(c->kind); g++)
        for (int k = 0; k < 2; k++) {
            const struct cell_term *t = term_of(c, g, k);
            n[k] += t != NULL;
            if (t && !k && t->sequence != cell_projected(c))
                return fail(e, "its gates take several sequences");
            if (t && t->columns != (k ? c->units : channels))
                return fail(e, "its weights %s have %d columns, want %d", t->w->name, t->columns,
                            k ? c->units : channels);
        }
    return (n[0] && n[1]) || fail(e, "its step multiplies no weights with its %s", n[0] ? "state" : "input");
}

// A state of zeros is the default; int8 ones have the zero point 0.
static struct tensor *state(struct tensor *t)
{
    if (!t || !t->data) return t;
    const int64_t n = tensor_count(t);
    if (t->type == F32) return all_zero(t->data, n) ? NULL : t;
    for (int64_t i = 0; i < n; i++)
        if (((const int8_t *)t->data)[i]) return t;
    return NULL;
}

// Biases as int32 at the scale of their product, w's rows times that of what they multiply; NULL: all are 0.
static struct tensor *integers(struct arena *a, const char *name, const float *v, const struct tensor *w,
                               float scale, struct err *e)
{
    const int32_t rows = w->dim[0];
    int32_t *q = arena_new_n(a, (size_t)rows, int32_t);
    float *scales = arena_new_n(a, (size_t)rows, float);
    for (int32_t i = 0; i < rows; i++) {
        scales[i] = scale * w->q.scale[i];
        const double x = (double)v[i] / (double)scales[i];
        if (!(fabs(x) < 1 << 30)) return FAIL_NULL(e, "%s is too large for its scale", name);
        q[i] = (int32_t)lround(x);
    }
    struct tensor *t = tensor_const(a, name, I32, 1, &rows, q);
    t->q = (struct quant){rows, 0, scales, arena_new_n(a, (size_t)rows, int32_t)};
    return t;
}

static bool set_biases(struct node *n, struct arena *a, const struct cell *c, const struct tensor *like,
                       struct err *e)
{
    const int32_t rows = n->in[1]->dim[0];
    const char *name = arena_printf(a, "%s/bias", n->name),
               *second = arena_printf(a, "%s/recurrent_bias", n->name);
    float *bias = arena_new_n(a, (size_t)rows, float), *rec = arena_new_n(a, (size_t)rows, float);
    cell_bias(c, bias, rec);
    if (like->type == I8) {
        if (!all_zero(bias, rows) && !(n->in[3] = integers(a, name, bias, n->in[1], n->in[0]->q.scale[0], e)))
            return false;
        return all_zero(rec, rows) ||
               (n->in[4] = integers(a, second, rec, n->in[2], like->q.scale[0], e)) != NULL;
    }
    if (c->reset_after || c->kind == RECURRENT_LSTM || !all_zero(bias, rows))
        n->in[3] = tensor_const(a, name, F32, 1, &rows, bias);
    if (c->reset_after) n->in[4] = tensor_const(a, second, F32, 1, &rows, rec);
    return true;
}

struct node *cell_node(struct graph *g, struct arena *a, const struct cell *c, const char *name,
                       struct tensor *x, const struct tensor *like, struct tensor *h0, struct tensor *c0,
                       struct err *e)
{
    const int32_t channels = cell_channels(c);
    const bool int8 = stays_int8(c);
    if (!weights_fit(c, e)) return NULL;
    if (like->type == I8 && (!int8 || like->q.n != 1 || x->q.n != 1))
        return FAIL_NULL(e, "its values are int8 and its weights or scales are not");
    struct node *n = graph_add(g, a, OP_RECURRENT, name, 7, 1);
    n->as.recurrent = (struct recurrent){.kind = c->kind,
                                         .act = c->act,
                                         .gate_act = c->kind == RECURRENT_RNN ? CELL_LOGISTIC : c->gate_act,
                                         .sequences = true,
                                         .reset_after = c->reset_after};
    if (like->type == I8 && c->kind == RECURRENT_LSTM)
        n->as.recurrent.cell_log2 = recurrent_cell_log2(x->dim[1], false);
    n->in[0] = x;
    n->in[1] = weights(a, c, arena_printf(a, "%s/kernel", name), false, channels, int8);
    n->in[2] = weights(a, c, arena_printf(a, "%s/recurrent", name), true, c->units, int8);
    if (!set_biases(n, a, c, like, e)) return NULL;
    n->in[5] = state(h0);
    n->in[6] = state(c0);
    n->nin = n->in[6] ? 7 : n->in[5] ? 6 : n->in[4] ? 5 : n->in[3] ? 4 : 3;
    n->out[0] = tensor_new(a, name, like->type, 0, NULL);
    n->out[0]->q = like->q;
    return op_def(OP_RECURRENT)->infer(n, e) ? n : NULL;
}
