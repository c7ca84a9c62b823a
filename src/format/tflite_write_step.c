// The arithmetic of one step of RECURRENT as nodes of a graph. NULL runs through: what failed says so once.
#include "tflite_write_step.h"

struct tensor *step_tensor(const struct loop *w, const char *what, enum dtype type, int rank,
                           const int32_t *dim)
{
    return tensor_new(w->a, arena_printf(w->a, "%s/%s", w->name, what), type, rank, dim);
}

static struct tensor *apply(struct loop *w, enum op op, const char *what, struct tensor *a, struct tensor *b,
                            enum act act)
{
    if (!a || ((op == OP_ADD || op == OP_SUB || op == OP_MUL) && !b)) return NULL;
    struct node *n = graph_add(w->g, w->a, op, arena_printf(w->a, "%s/%s", w->name, what), b ? 2 : 1, 1);
    n->in[0] = a;
    if (b) n->in[1] = b;
    if (b && op != OP_MAXIMUM && op != OP_MINIMUM) n->as.binary.act = act;
    return graph_apply(w->g, w->a, n, w->e);
}

static struct tensor *value(const struct loop *w, float v)
{
    return tensor_const(w->a, arena_printf(w->a, "%s/%g", w->name, (double)v), F32, 0, NULL,
                        arena_copy(w->a, &v, sizeof v));
}

static struct tensor *activate(struct loop *w, const char *what, enum cell_act act, struct tensor *s)
{
    switch (act) {
    case CELL_TANH:
        return apply(w, OP_TANH, what, s, NULL, ACT_NONE);
    case CELL_LOGISTIC:
        return apply(w, OP_LOGISTIC, what, s, NULL, ACT_NONE);
    case CELL_RELU:
        return apply(w, OP_RELU, what, s, NULL, ACT_NONE);
    case CELL_HARD_6:
        s = apply(w, OP_ADD, arena_printf(w->a, "%s/relu6", what), s, value(w, 3), ACT_RELU6);
        return apply(w, OP_MUL, what, s, value(w, 1.0f / 6), ACT_NONE);
    case CELL_HARD_5:
        s = apply(w, OP_MUL, arena_printf(w->a, "%s/fifth", what), s, value(w, 0.2f), ACT_NONE);
        s = apply(w, OP_ADD, arena_printf(w->a, "%s/half", what), s, value(w, 0.5f), ACT_NONE);
        s = apply(w, OP_MAXIMUM, arena_printf(w->a, "%s/from_0", what), s, value(w, 0), ACT_NONE);
        return apply(w, OP_MINIMUM, what, s, value(w, 1), ACT_NONE);
    default:
        return s;
    }
}

// Gates first .. first + count of input k of the node (weights, or a bias of floats).
static struct tensor *gates_of(const struct loop *w, int k, int first, int count)
{
    const struct tensor *t = k < w->n->nin ? w->n->in[k] : NULL;
    if (!t) return NULL;
    const int32_t row = first * w->units, columns = t->rank > 1 && k < 3 ? t->dim[1] : 1;
    const int32_t dim[2] = {count * w->units, columns};
    struct tensor *part = tensor_new(w->a, t->name, t->type, k < 3 ? 2 : 1, dim);
    part->data = (const uint8_t *)t->data + (size_t)row * (size_t)columns * (size_t)dtype_size(t->type);
    part->half = t->half;
    part->q = t->q;
    if (t->q.n > 1) part->q = (struct quant){dim[0], 0, t->q.scale + row, t->q.zero + row};
    return part;
}

// ---- products: of all gates at once, or, of an integer layer, one after the other ----

struct sums {
    struct tensor *all, *each[4];
    int count;
};

static struct tensor *dense(struct loop *w, const char *what, struct tensor *x, struct tensor *weights,
                            struct tensor *bias)
{
    if (!x || !weights) return NULL;
    struct node *n =
        graph_add(w->g, w->a, OP_DENSE, arena_printf(w->a, "%s/%s", w->name, what), bias ? 3 : 2, 1);
    n->in[0] = x;
    n->in[1] = weights;
    if (bias) n->in[2] = bias;
    n->as.dense.asymmetric_inputs = w->r->asymmetric_inputs;
    return graph_apply(w->g, w->a, n, w->e);
}

struct tensor *step_widen(struct loop *w, const char *what, struct tensor *t)
{
    struct node *n = graph_add(w->g, w->a, OP_DEQUANTIZE, arena_printf(w->a, "%s/%s", w->name, what), 1, 1);
    n->in[0] = t;
    n->out[0] = tensor_new(w->a, n->name, F32, 0, NULL);
    return op_def(OP_DEQUANTIZE)->infer(n, w->e) ? n->out[0] : NULL;
}

struct tensor *step_narrow(struct loop *w, const char *what, struct tensor *t)
{
    if (!t) return NULL;
    struct node *n = graph_add(w->g, w->a, OP_QUANTIZE, arena_printf(w->a, "%s/%s", w->name, what), 1, 1);
    n->in[0] = t;
    n->out[0] = step_tensor(w, what, I8, 2, t->dim);
    n->out[0]->q = w->n->out[0]->q;
    return op_def(OP_QUANTIZE)->infer(n, w->e) ? n->out[0] : NULL;
}

// int32 values at the scale of the product of x with a gate's weights, as the floats that they stand for.
static struct tensor *float_bias(const struct loop *w, struct tensor *b, float scale)
{
    if (!b) return NULL;
    float *v = arena_new_n(w->a, (size_t)w->units, float);
    for (int32_t i = 0; i < w->units; i++) v[i] = (float)(((const int32_t *)b->data)[i] * (double)scale);
    return tensor_const(w->a, b->name, F32, 1, &w->units, v);
}

// The weights of one gate widened to floats: int8 products of TensorFlow Lite would end in int8.
static struct tensor *integer_product(struct loop *w, const char *what, struct tensor *x, int weights,
                                      int bias, int k)
{
    static const char *const letters[][4] = {
        [RECURRENT_RNN] = {"n"}, [RECURRENT_GRU] = {"z", "r", "n"}, [RECURRENT_LSTM] = {"i", "f", "g", "o"}};
    const char *const *letter = letters[w->r->kind];
    const float x_scale = weights == 1 ? w->n->in[0]->q.scale[0] : w->n->out[0]->q.scale[0];
    struct tensor *t = gates_of(w, weights, k, 1);
    for (int32_t i = 0; i < w->units && t->q.n > 1; i++)
        if (t->q.scale[i] != t->q.scale[0]) {
            fail(w->e, "%s: its weights have several scales in a gate; full-integer ones have one", w->name);
            return NULL;
        }
    t->q.n = 1;
    t->name = arena_printf(w->a, "%s/%s", t->name, letter[k]);
    struct tensor *b = bias ? float_bias(w, gates_of(w, bias, k, 1), x_scale * t->q.scale[0]) : NULL;
    struct tensor *wide = step_widen(w, arena_printf(w->a, "%s/%s/weights", what, letter[k]), t);
    return dense(w, arena_printf(w->a, "%s/%s", what, letter[k]), x, wide, b);
}

// Products with the weights of some gates, and their bias.
static struct sums products(struct loop *w, const char *what, struct tensor *x, int weights, int bias,
                            int first, int count)
{
    struct sums s = {.count = count};
    if (w->n->in[0]->type == I8)
        for (int k = 0; k < count; k++) s.each[k] = integer_product(w, what, x, weights, bias, first + k);
    else
        s.all = dense(w, what, x, gates_of(w, weights, first, count),
                      bias ? gates_of(w, bias, first, count) : NULL);
    return s;
}

// Of one gate alone.
static struct tensor *product(struct loop *w, const char *what, struct tensor *x, int weights, int bias,
                              int k)
{
    const struct sums s = products(w, what, x, weights, bias, k, 1);
    return s.all ? s.all : s.each[0];
}

static struct tensor *gate(struct loop *w, const char *what, const struct sums *sums, int k)
{
    if (!sums->all) return sums->each[k];
    struct node *n =
        graph_add(w->g, w->a, OP_STRIDED_SLICE, arena_printf(w->a, "%s/%s", w->name, what), 1, 1);
    n->in[0] = sums->all;
    n->out[0] = tensor_new(w->a, n->name, F32, 2, (int32_t[]){1, w->units});
    n->as.slice.stride[0] = n->as.slice.stride[1] = 1;
    n->as.slice.begin[1] = k * w->units;
    return op_def(OP_STRIDED_SLICE)->infer(n, w->e) ? n->out[0] : NULL;
}

static struct tensor *add(struct loop *w, const char *what, struct tensor *a, struct tensor *b)
{
    return apply(w, OP_ADD, what, a, b, ACT_NONE);
}

static struct tensor *mul(struct loop *w, const char *what, struct tensor *a, struct tensor *b)
{
    return apply(w, OP_MUL, what, a, b, ACT_NONE);
}

// Arguments are evaluated in no order that C states, so nodes are made in statements of their own: the same graph gives
// the same bytes.

// act(gate k of the sums of x and h); of all gates at once where they were made at once.
static struct tensor *activated(struct loop *w, const char *what, enum cell_act act, const struct sums *both,
                                const struct sums *x, const struct sums *h, int k)
{
    const char *name = arena_printf(w->a, "%s_sum", what);
    struct tensor *s = both->all ? gate(w, name, both, k) : add(w, name, x->each[k], h->each[k]);
    return activate(w, what, act, s);
}

static struct tensor *step_lstm(struct loop *w)
{
    const struct recurrent *r = w->r;
    const struct sums x = products(w, "of_x", w->x_t, 1, 3, 0, 4), h = products(w, "of_h", w->h, 2, 4, 0, 4);
    const struct sums both = {.all = add(w, "sums", x.all, h.all), .count = 4};
    struct tensor *i = activated(w, "i", r->gate_act, &both, &x, &h, 0);
    struct tensor *f = activated(w, "f", r->gate_act, &both, &x, &h, 1);
    struct tensor *g = activated(w, "g", r->act, &both, &x, &h, 2);
    struct tensor *o = activated(w, "o", r->gate_act, &both, &x, &h, 3);
    struct tensor *kept = mul(w, "kept", f, w->c);
    struct tensor *new = mul(w, "new", i, g);
    w->c = add(w, "c_next", kept, new);
    struct tensor *c = activate(w, "c_act", r->act, w->c);
    return mul(w, "h_next", o, c);
}

// act(row k of x and row k of h)
static struct tensor *gru_gate(struct loop *w, const char *what, const struct sums *x, const struct sums *h,
                               int k)
{
    struct tensor *of_x = gate(w, arena_printf(w->a, "%s_of_x", what), x, k);
    struct tensor *of_h = gate(w, arena_printf(w->a, "%s_of_h", what), h, k);
    struct tensor *s = add(w, arena_printf(w->a, "%s_sum", what), of_x, of_h);
    return activate(w, what, w->r->gate_act, s);
}

static struct tensor *step_gru(struct loop *w)
{
    const struct recurrent *r = w->r;
    const int with_h = r->reset_after ? 3 : 2; // gates whose product with h is needed at once
    const struct sums x = products(w, "of_x", w->x_t, 1, 3, 0, 3),
                      h = products(w, "of_h", w->h, 2, 4, 0, with_h);
    struct tensor *z = gru_gate(w, "z", &x, &h, 0);
    struct tensor *reset = gru_gate(w, "r", &x, &h, 1);
    struct tensor *n_h = r->reset_after ? gate(w, "n_of_h", &h, 2) : w->kept;
    n_h = mul(w, "reset", reset, n_h);
    if (!r->reset_after && w->n->in[0]->type == I8) {
        n_h = step_narrow(w, "reset_int8", n_h);
        n_h = n_h ? step_widen(w, "reset_float", n_h) : NULL;
    }
    if (!r->reset_after) n_h = product(w, "n_of_h", n_h, 2, 4, 2);
    struct tensor *n_x = gate(w, "n_of_x", &x, 2);
    n_x = add(w, "n_sum", n_x, n_h);
    struct tensor *n = activate(w, "n", r->act, n_x);
    struct tensor *rest = apply(w, OP_SUB, "rest", value(w, 1), z, ACT_NONE);
    struct tensor *kept = mul(w, "kept", z, w->kept);
    struct tensor *new = mul(w, "new", rest, n);
    return add(w, "h_next", kept, new);
}

static struct tensor *step_rnn(struct loop *w)
{
    struct tensor *of_x = product(w, "of_x", w->x_t, 1, 3, 0);
    struct tensor *of_h = product(w, "of_h", w->h, 2, 4, 0);
    struct tensor *s = add(w, "sum", of_x, of_h);
    return activate(w, "h_next", w->r->act, s);
}

struct tensor *step_write(struct loop *w)
{
    static struct tensor *(*const step[])(struct loop *) = {
        [RECURRENT_RNN] = step_rnn, [RECURRENT_GRU] = step_gru, [RECURRENT_LSTM] = step_lstm};
    return step[w->r->kind](w);
}
