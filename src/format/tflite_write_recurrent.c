// RECURRENT as UNIDIRECTIONAL_SEQUENCE_LSTM, the fused operator that LiteRT and TensorFlow Lite Micro have;
// of the last h alone behind a STRIDED_SLICE, of a backward one between two that reverse time. GRU, RNN and other
// LSTMs have no fused one and become loops.
#include "tflite_write.h"
#include <math.h>
#include <string.h>

static const char *const gate_name[] = {"input", "forget", "cell", "output"};

// A gate's rows of t as a tensor of their own, with that gate's scale.
static const struct tensor *gate_rows(struct tfl_list *l, const struct tensor *t, int gate)
{
    const int32_t units = t->dim[0] / 4, row = gate * units, columns = t->rank > 1 ? t->dim[1] : 1;
    const int32_t dim[2] = {units, columns};
    struct tensor *g =
        tensor_new(l->a, arena_printf(l->a, "%s/%s", t->name, gate_name[gate]), t->type, t->rank, dim);
    g->data = (const uint8_t *)t->data + (size_t)row * (size_t)columns * (size_t)dtype_size(t->type);
    g->half = t->half;
    if (t->q.n) {
        const int at = t->q.n > 1 ? row : 0;
        g->q = (struct quant){1, 0, t->q.scale + at, t->q.zero + at};
    }
    return g;
}

// State tensors hold nothing in the file; LiteRT sets them to zero when they are allocated and keeps them
// from one invocation to the next unless it is asked to reset them: the metadata say whether it should be.
static const struct tensor *state(struct tfl_list *l, const struct node *n, const char *what, enum dtype type,
                                  struct quant q)
{
    const int32_t dim[2] = {1, n->in[2]->dim[1]};
    struct tensor *t = tensor_new(l->a, arena_printf(l->a, "%s/%s", n->name, what), type, 2, dim);
    t->q = q;
    const struct tensor **more = arena_new_n(l->a, (size_t)l->nvariable + 1, const struct tensor *);
    if (l->nvariable) memcpy(more, l->variable, (size_t)l->nvariable * sizeof *more);
    more[l->nvariable++] = t;
    l->variable = more;
    return t;
}

// One scale a gate: the fused operator has a tensor for each.
static bool one_scale_a_gate(const struct tensor *w)
{
    const int32_t units = w->dim[0] / 4;
    for (int32_t i = 0; i < w->dim[0] && w->q.n > 1; i++)
        if (w->q.scale[i] != w->q.scale[i / units * units]) return false;
    return true;
}

// Does the fused operator say this? Another LSTM, and every GRU and RNN, becomes a loop (tflite_write_loop.c).
static bool is_fused(const struct node *n)
{
    const struct recurrent *r = &n->as.recurrent;
    if (r->kind != RECURRENT_LSTM || r->act == CELL_LOGISTIC || r->act == CELL_HARD_5 ||
        r->act == CELL_HARD_6 || r->gate_act != CELL_LOGISTIC || n->nin < 4 || !n->in[3])
        return false;
    for (int i = 4; i < n->nin; i++)
        if (n->in[i]) return false;
    return one_scale_a_gate(n->in[1]) && one_scale_a_gate(n->in[2]);
}

static void fill(struct tfl_list *l, const struct node *n, const struct tensor *x, const struct tensor *y)
{
    static const int act[] = {
        [CELL_TANH] = TFL_ACT_TANH, [CELL_RELU] = TFL_ACT_RELU, [CELL_LINEAR] = TFL_ACT_NONE};
    const struct recurrent *r = &n->as.recurrent;
    struct tfl_op *o = tflite_op(l, TFL_UNIDIRECTIONAL_SEQUENCE_LSTM, OPT_LSTM_SEQUENCE, LSTM_INPUTS, 1);
    const bool integer = x->type == I8;
    o->version = x->type == F32 && n->in[1]->type == I8 ? 2 : 1;
    o->in[LSTM_X] = x;
    for (int g = 0; g < 4; g++) {
        o->in[LSTM_KERNEL + g] = gate_rows(l, n->in[1], g);
        o->in[LSTM_RECURRENT + g] = gate_rows(l, n->in[2], g);
        o->in[LSTM_BIAS + g] = gate_rows(l, n->in[3], g);
    }
    float *cell_scale = arena_new_n(l->a, 2, float);
    int32_t *zero = arena_new_n(l->a, 1, int32_t);
    cell_scale[0] = ldexpf(1, r->cell_log2);
    cell_scale[1] = 0x1p-12f;
    o->in[LSTM_STATE] = state(l, n, "h", x->type, y->q);
    o->in[LSTM_CELL] = state(l, n, "c", integer ? I16 : F32,
                             integer ? (struct quant){1, 0, cell_scale, zero} : (struct quant){0});
    o->out[0] = y;
    if (integer) {
        o->nbetween = LSTM_INTERMEDIATES;
        o->between = arena_new_n(l->a, LSTM_INTERMEDIATES, const struct tensor *);
        for (int i = 0; i < LSTM_INTERMEDIATES; i++) { // of no elements: they only say a scale
            struct tensor *t = tensor_new(l->a, arena_printf(l->a, "%s/between%d", n->name, i),
                                          i < 4 ? I16 : I8, 1, (int32_t[]){0});
            t->q = i < 4 ? (struct quant){1, 0, cell_scale + 1, zero} : y->q;
            o->between[i] = t;
        }
    }
    if (r->cell_clip > 0)
        o->field[o->nfield++] = (struct tfl_field){.id = LSTM_CELL_CLIP, .bytes = -4, .f = r->cell_clip};
    o->field[o->nfield++] = (struct tfl_field){.id = LSTM_ACT, .bytes = 1, .v = act[r->act]};
}

static struct tensor *like(struct tfl_list *l, const struct tensor *t, const char *name, int rank,
                           const int32_t *dim)
{
    struct tensor *y = tensor_new(l->a, name, t->type, rank, dim);
    y->q = t->q;
    return y;
}

// STRIDED_SLICE of x into y, from `begin` in time, forwards or backwards.
static bool slice(struct tfl_list *l, const struct node *n, const char *what, const struct tensor *x,
                  const struct tensor *y, int32_t begin, int32_t stride, struct err *e)
{
    struct node m = {
        .op = OP_STRIDED_SLICE, .name = arena_printf(l->a, "%s/%s", n->name, what), .nin = 1, .nout = 1};
    struct tensor *in[] = {(struct tensor *)(uintptr_t)x}, *out[] = {(struct tensor *)(uintptr_t)y};
    m.in = in;
    m.out = out;
    for (int i = 0; i < 3; i++) m.as.slice.stride[i] = 1;
    m.as.slice.begin[1] = begin;
    m.as.slice.stride[1] = stride;
    return tflite_lower(l, &m, e);
}

static bool write_recurrent(struct tfl_list *l, const struct tfl_def *d, const struct node *n, struct err *e)
{
    const struct recurrent *r = &n->as.recurrent;
    const struct tensor *x = n->in[0], *y = n->out[0];
    const int32_t steps = x->dim[1], units = n->in[2]->dim[1], all[3] = {1, steps, units},
                  one[3] = {1, 1, units};
    // The fused operators of a file keep their state all or, by reset_all_variables, none; a loop begins with zeros.
    const bool fused = is_fused(n) && r->stateful == l->stateful;
    (void)d;
    if (r->backwards) {
        const struct tensor *reversed = like(l, x, arena_printf(l->a, "%s/reversed", n->name), 3, x->dim);
        if (!slice(l, n, "reverse", x, reversed, steps - 1, -1, e)) return false;
        x = reversed;
    }
    if (!fused && !r->sequences) return tflite_write_loop(l, n, x, NULL, y, e);
    if (r->sequences && !r->backwards) {
        if (!fused) return tflite_write_loop(l, n, x, y, NULL, e);
        fill(l, n, x, y);
        return true;
    }
    struct tensor *h = like(l, y, arena_printf(l->a, "%s/all", n->name), 3, all);
    if (!fused && !tflite_write_loop(l, n, x, h, NULL, e)) return false;
    if (fused) fill(l, n, x, h);
    if (r->sequences) return slice(l, n, "reverse_back", h, y, steps - 1, -1, e);
    struct tensor *last = like(l, y, arena_printf(l->a, "%s/last", n->name), 3, one);
    struct node m = {.op = OP_RESHAPE, .name = arena_printf(l->a, "%s/flat", n->name), .nin = 1, .nout = 1};
    struct tensor *out[] = {n->out[0]};
    m.in = &last;
    m.out = out;
    return slice(l, n, "take_last", h, last, steps - 1, 1, e) && tflite_lower(l, &m, e);
}

const struct tfl_def writes_recurrent[] = {
    {OP_RECURRENT, TFL_UNIDIRECTIONAL_SEQUENCE_LSTM, OPT_LSTM_SEQUENCE, 1, 1, write_recurrent},
    {.write = NULL},
};
