// RECURRENT as a WHILE loop of builtin operators, for what TensorFlow Lite has no fused one: GRU, simple RNN, LSTM with
// other activations. The variables are the step's number, x with time first, h, (c,) and the list of all h:
//     while (i < steps) x_t = x[i], h = ..., list[i] = h, i = i + 1
// Every shape is fixed, so that TensorFlow Lite Micro can run it too.
#include "tflite_write.h"
#include <string.h>

enum { I, X, H, MOST = 5 }; // variables; then c, then the list

struct loop {
    struct arena *a;
    const struct node *n;
    const struct recurrent *r;
    const char *name;
    struct graph *g;      // the body's arithmetic
    struct tfl_list *ops; // of the body
    struct err *e;
    int32_t steps, channels, units;
    struct tensor *x_t, *h, *c; // c is that of the next step once it is known
};

static struct tensor *tensor_of(const struct loop *w, const char *what, enum dtype type, int rank,
                                const int32_t *dim)
{
    return tensor_new(w->a, arena_printf(w->a, "%s/%s", w->name, what), type, rank, dim);
}

static struct tensor *number(const struct loop *w, const char *what, int32_t v)
{
    struct tensor *t = tensor_of(w, what, I32, 0, NULL);
    t->data = arena_copy(w->a, &v, sizeof v);
    return t;
}

// ---- arithmetic of a step; NULL runs through ----

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

static struct tensor *widen(struct loop *w, const char *what, struct tensor *t)
{
    struct node *n = graph_add(w->g, w->a, OP_DEQUANTIZE, arena_printf(w->a, "%s/%s", w->name, what), 1, 1);
    n->in[0] = t;
    n->out[0] = tensor_new(w->a, n->name, F32, 0, NULL);
    return op_def(OP_DEQUANTIZE)->infer(n, w->e) ? n->out[0] : NULL;
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
    static const char *const letter[] = {"z", "r", "n"};
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
    struct tensor *wide = widen(w, arena_printf(w->a, "%s/%s/weights", what, letter[k]), t);
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

static struct tensor *activated(struct loop *w, const char *what, enum cell_act act, const struct sums *sums,
                                int k)
{
    struct tensor *s = gate(w, arena_printf(w->a, "%s_sum", what), sums, k);
    return activate(w, what, act, s);
}

static struct tensor *step_lstm(struct loop *w)
{
    const struct recurrent *r = w->r;
    const struct sums of_x = products(w, "of_x", w->x_t, 1, 3, 0, 4),
                      of_h = products(w, "of_h", w->h, 2, 4, 0, 4);
    const struct sums sums = {.all = add(w, "sums", of_x.all, of_h.all), .count = 4};
    if (!sums.all) return NULL;
    struct tensor *i = activated(w, "i", r->gate_act, &sums, 0);
    struct tensor *f = activated(w, "f", r->gate_act, &sums, 1);
    struct tensor *g = activated(w, "g", r->act, &sums, 2);
    struct tensor *o = activated(w, "o", r->gate_act, &sums, 3);
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
    struct tensor *n_h = r->reset_after ? gate(w, "n_of_h", &h, 2) : w->h;
    n_h = mul(w, "reset", reset, n_h);
    if (!r->reset_after) n_h = product(w, "n_of_h", n_h, 2, 4, 2);
    struct tensor *n_x = gate(w, "n_of_x", &x, 2);
    n_x = add(w, "n_sum", n_x, n_h);
    struct tensor *n = activate(w, "n", r->act, n_x);
    struct tensor *rest = apply(w, OP_SUB, "rest", value(w, 1), z, ACT_NONE);
    struct tensor *kept = mul(w, "kept", z, w->h);
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

// ---- condition and body ----

static void op_2(struct tfl_list *l, int builtin, int options, const struct tensor *a, const struct tensor *b,
                 const struct tensor *y)
{
    struct tfl_op *o = tflite_op(l, builtin, options, 2, 1);
    o->in[0] = a;
    o->in[1] = b;
    o->out[0] = y;
}

static struct tfl_part *part_new(struct tfl_list *l, const struct loop *w, const char *what, int nvar,
                                 int nout)
{
    struct tfl_part *more = arena_new_n(l->a, (size_t)l->npart + 1, struct tfl_part);
    if (l->npart) memcpy(more, l->part, (size_t)l->npart * sizeof *more);
    l->part = more;
    struct tfl_part *p = &more[l->npart++];
    p->name = arena_printf(w->a, "%s/%s", w->name, what);
    p->in = arena_new_n(w->a, (size_t)nvar, const struct tensor *);
    p->out = arena_new_n(w->a, (size_t)nout, const struct tensor *);
    p->nin = nvar;
    p->nout = nout;
    p->ops.a = l->a;
    return p;
}

// A tensor of the type and scale of `values`.
static struct tensor *tensor_like(const struct loop *w, const char *what, const struct tensor *values,
                                  int rank, const int32_t *dim)
{
    struct tensor *t = tensor_of(w, what, values->type, rank, dim);
    t->q = values->q;
    return t;
}

static const struct tensor *like(const struct loop *w, const char *where, const struct tensor *t)
{
    return tensor_like(w, arena_printf(w->a, "%s/%s", where, strrchr(t->name, '/') + 1), t, t->rank, t->dim);
}

static void write_condition(struct tfl_list *l, struct loop *w, const struct tensor *const *outer, int nvar)
{
    struct tfl_part *p = part_new(l, w, "condition", nvar, 1);
    for (int k = 0; k < nvar; k++) p->in[k] = like(w, "condition", outer[k]);
    p->out[0] = tensor_of(w, "condition/less", BOOL, 0, NULL);
    op_2(&p->ops, TFL_LESS, OPT_LESS, p->in[I], number(w, "condition/steps", w->steps), p->out[0]);
}

// list[i] = h
static const struct tensor *write_list(struct loop *w, const struct tensor *i, const struct tensor *list,
                                       struct tensor *h)
{
    const int32_t item[3] = {1, 1, w->units}, three = 3;
    struct tensor *row = tensor_like(w, "body/row", h, 3, item),
                  *at = tensor_of(w, "body/at", I32, 1, &three),
                  *y = tensor_like(w, "body/listed", h, 3, list->dim);
    struct node view = {.op = OP_RESHAPE, .name = row->name, .nin = 1, .nout = 1, .in = &h, .out = &row};
    if (!tflite_lower(w->ops, &view, w->e)) return NULL;
    const struct tensor *zero = number(w, "body/zero", 0);
    struct tfl_op *o = tflite_op(w->ops, TFL_PACK, OPT_PACK, 3, 1);
    o->in[0] = i;
    o->in[1] = o->in[2] = zero;
    o->out[0] = at;
    field_int(o, PACK_COUNT, 3, 0);
    o = tflite_op(w->ops, TFL_DYNAMIC_UPDATE_SLICE, OPT_NONE, 3, 1);
    o->in[0] = list;
    o->in[1] = row;
    o->in[2] = at;
    return o->out[0] = y;
}

// The next h as int8, as the layer's output is.
static struct tensor *narrow(struct loop *w, struct tensor *h)
{
    if (!h) return NULL;
    struct node *n = graph_add(w->g, w->a, OP_QUANTIZE, arena_printf(w->a, "%s/body/h_int8", w->name), 1, 1);
    n->in[0] = h;
    n->out[0] = tensor_like(w, "body/h_int8", w->n->out[0], 2, h->dim);
    return op_def(OP_QUANTIZE)->infer(n, w->e) ? n->out[0] : NULL;
}

static bool write_body(struct tfl_list *l, struct loop *w, const struct tensor *const *outer, int nvar)
{
    static struct tensor *(*const step[])(struct loop *) = {
        [RECURRENT_RNN] = step_rnn, [RECURRENT_GRU] = step_gru, [RECURRENT_LSTM] = step_lstm};
    struct tfl_part *p = part_new(l, w, "body", nvar, nvar);
    const bool lstm = w->r->kind == RECURRENT_LSTM;
    for (int k = 0; k < nvar; k++) p->in[k] = like(w, "body", outer[k]);
    w->ops = &p->ops;
    const bool integer = w->n->in[0]->type == I8;
    w->x_t = tensor_like(w, "body/x_t", w->n->in[0], 2, (int32_t[]){1, w->channels});
    w->h = (struct tensor *)(uintptr_t)p->in[H];
    w->c = lstm ? (struct tensor *)(uintptr_t)p->in[H + 1] : NULL;
    op_2(w->ops, TFL_GATHER, OPT_GATHER, p->in[X], p->in[I], w->x_t);
    w->g = graph_new(w->a, p->name);
    if (integer) {
        w->x_t = widen(w, "body/x_float", w->x_t);
        w->h = widen(w, "body/h_float", w->h);
    }
    struct tensor *h = step[w->r->kind](w);
    if (integer) h = narrow(w, h);
    for (int k = 0; h && k < w->g->nnode; k++)
        if (!tflite_lower(w->ops, w->g->node[k], w->e)) return false;
    if (!h) return false;
    struct tensor *next = tensor_of(w, "body/next", I32, 0, NULL);
    op_2(w->ops, TFL_ADD, OPT_ADD, p->in[I], number(w, "body/one", 1), next);
    const int list = H + 1 + lstm;
    p->out[I] = next;
    p->out[X] = p->in[X];
    p->out[H] = h;
    if (lstm) p->out[H + 1] = w->c;
    if (list < nvar) p->out[list] = write_list(w, p->in[I], p->in[list], h);
    return list >= nvar || p->out[list];
}

// ---- the loop ----

static const struct tensor *zeros(struct tfl_list *l, const struct loop *w, const char *what, int rank,
                                  const int32_t *dim)
{
    struct tensor *y = tensor_like(w, what, w->n->out[0], rank, dim),
                  *zero = tensor_like(w, arena_printf(w->a, "%s/zero", what), y, 0, NULL);
    zero->data = arena_new_n(w->a, 4, uint8_t); // the zero point of an integer layer's output is 0
    op_2(l, TFL_FILL, OPT_FILL, tflite_ints(l, w->n, arena_printf(w->a, "%s/shape", what), dim, rank, 1, 0),
         zero, y);
    l->op[l->n - 1].version = y->type == I8 ? 3 : 1;
    return y;
}

// x with other dimensions; w may be a tensor of the graph.
static bool view(struct tfl_list *l, struct loop *w, const struct tensor *x, const struct tensor *y)
{
    struct tensor *in = (struct tensor *)(uintptr_t)x, *out = (struct tensor *)(uintptr_t)y;
    struct node n = {.op = OP_RESHAPE,
                     .name = arena_printf(w->a, "%s/to_%s", w->name, y->name),
                     .nin = 1,
                     .nout = 1,
                     .in = &in,
                     .out = &out};
    return tflite_lower(l, &n, w->e);
}

static bool supported(const struct node *n, struct err *e)
{
    const struct tensor *y = n->out[0];
    if (n->as.recurrent.cell_clip > 0)
        return fail(e, "%s: a clipped cell is written only with sigmoid gates; write .onnx instead", n->name);
    if (n->in[0]->type == F32) return true;
    return (n->as.recurrent.kind != RECURRENT_LSTM && n->in[1]->type == I8 && n->in[2]->type == I8 &&
            y->q.n == 1 && n->in[0]->q.n == 1 && !y->q.zero[0]) ||
           fail(e, "%s: this int8 %s cannot be written; take technique dynamic", n->name,
                recurrent_name(n->as.recurrent.kind));
}

bool tflite_write_loop(struct tfl_list *l, const struct node *n, const struct tensor *x,
                       const struct tensor *all, const struct tensor *last, struct err *e)
{
    struct loop w = {.a = l->a, .n = n, .r = &n->as.recurrent, .name = n->name, .e = e};
    if (!supported(n, e)) return false;
    w.steps = x->dim[1];
    w.channels = x->dim[2];
    w.units = n->in[2]->dim[1];
    const int32_t time_first[3] = {w.steps, 1, w.channels}, state[2] = {1, w.units},
                  list[3] = {w.steps, 1, w.units};
    const struct tensor *in[MOST], *out[MOST];
    const bool lstm = w.r->kind == RECURRENT_LSTM;
    int nvar = 3;
    in[I] = number(&w, "start", 0);
    in[X] = tensor_like(&w, "time_first", x, 3, time_first);
    if (!view(l, &w, x, in[X])) return false;
    for (int k = 5; k < 6 + lstm; k++) {
        const char *what = k == 5 ? "h" : "c";
        const bool given = k < n->nin && n->in[k];
        in[k - 3] = given ? tensor_like(&w, what, n->out[0], 2, state) : zeros(l, &w, what, 2, state);
        nvar = k - 2;
        if (given && !view(l, &w, n->in[k], in[k - 3])) return false;
    }
    if (all) in[nvar++] = zeros(l, &w, "list", 3, list);
    for (int k = 0; k < nvar; k++) out[k] = like(&w, "while", in[k]);
    if (last) out[H] = last;
    const int first = l->npart + 1;
    write_condition(l, &w, in, nvar);
    if (!write_body(l, &w, in, nvar)) return false;
    struct tfl_op *o = tflite_op(l, TFL_WHILE, OPT_WHILE, nvar, nvar);
    memcpy(o->in, in, (size_t)nvar * sizeof *in);
    memcpy(o->out, out, (size_t)nvar * sizeof *out);
    field_int(o, WHILE_CONDITION, first, 0);
    field_int(o, WHILE_BODY, first + 1, 0);
    return !all || view(l, &w, out[nvar - 1], all);
}
