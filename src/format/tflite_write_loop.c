// RECURRENT as a WHILE loop of builtin operators, for what TensorFlow Lite has no fused one: GRU, simple RNN, LSTM with
// other activations, LSTM that begins anew in a file where another goes on. The variables are the step's number, x with time first, h, (c,) and the list of all h:
//     while (i < steps) x_t = x[i], h = ..., list[i] = h, i = i + 1
// A step of an integer layer is computed in floats, since TensorFlow Lite has no int8 product that ends in more than
// int8. Products see h as int8; a GRU also keeps it as floats (in the place of c), or small steps of it would be lost.
// Every shape is fixed, so that TensorFlow Lite Micro can run it too.
#include "tflite_write_step.h"
#include <string.h>

enum { I, X, H, MOST = 5 }; // variables; then c, then the list

static struct tensor *number(const struct loop *w, const char *what, int32_t v)
{
    struct tensor *t = step_tensor(w, what, I32, 0, NULL);
    t->data = arena_copy(w->a, &v, sizeof v);
    return t;
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

// A tensor of the type and scale of `values`.
static struct tensor *tensor_like(const struct loop *w, const char *what, const struct tensor *values,
                                  int rank, const int32_t *dim)
{
    struct tensor *t = step_tensor(w, what, values->type, rank, dim);
    t->q = values->q;
    return t;
}

static const struct tensor *like(const struct loop *w, const char *where, const struct tensor *t)
{
    return tensor_like(w, arena_printf(w->a, "%s/%s", where, strrchr(t->name, '/') + 1), t, t->rank, t->dim);
}

static void write_condition(struct tfl_list *l, struct loop *w, const struct tensor *const *outer, int nvar)
{
    struct tfl_part *p = tflite_part_new(l, arena_printf(w->a, "%s/condition", w->name), nvar, 1);
    for (int k = 0; k < nvar; k++) p->in[k] = like(w, "condition", outer[k]);
    p->out[0] = step_tensor(w, "condition/less", BOOL, 0, NULL);
    op_2(&p->ops, TFL_LESS, OPT_LESS, p->in[I], number(w, "condition/steps", w->steps), p->out[0]);
}

// list[i] = h
static const struct tensor *write_list(struct loop *w, const struct tensor *i, const struct tensor *list,
                                       struct tensor *h)
{
    const int32_t item[3] = {1, 1, w->units}, three = 3;
    struct tensor *row = tensor_like(w, "body/row", h, 3, item),
                  *at = step_tensor(w, "body/at", I32, 1, &three),
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

// Is there a second state: the cell of an LSTM, the exact h of an integer GRU?
static bool has_second(const struct loop *w)
{
    return w->r->kind == RECURRENT_LSTM || (w->r->kind == RECURRENT_GRU && w->n->in[0]->type == I8);
}

static bool write_body(struct tfl_list *l, struct loop *w, const struct tensor *const *outer, int nvar)
{
    struct tfl_part *p = tflite_part_new(l, arena_printf(w->a, "%s/body", w->name), nvar, nvar);
    const bool second = has_second(w), integer = w->n->in[0]->type == I8;
    for (int k = 0; k < nvar; k++) p->in[k] = like(w, "body", outer[k]);
    w->ops = &p->ops;
    w->x_t = tensor_like(w, "body/x_t", w->n->in[0], 2, (int32_t[]){1, w->channels});
    w->h = (struct tensor *)(uintptr_t)p->in[H];
    w->c = second ? (struct tensor *)(uintptr_t)p->in[H + 1] : NULL;
    op_2(w->ops, TFL_GATHER, OPT_GATHER, p->in[X], p->in[I], w->x_t);
    w->g = graph_new(w->a, p->name);
    if (integer) {
        w->x_t = step_widen(w, "body/x_float", w->x_t);
        w->h = step_widen(w, "body/h_float", w->h);
    }
    const bool exact = integer && second && w->r->kind == RECURRENT_GRU;
    w->kept = exact ? w->c : w->h;
    struct tensor *h = step_write(w);
    if (integer) {
        if (exact) w->c = h;
        h = step_narrow(w, "body/h_int8", h);
    }
    for (int k = 0; h && k < w->g->nnode; k++)
        if (!tflite_lower(w->ops, w->g->node[k], w->e)) return false;
    if (!h) return false;
    struct tensor *next = step_tensor(w, "body/next", I32, 0, NULL);
    op_2(w->ops, TFL_ADD, OPT_ADD, p->in[I], number(w, "body/one", 1), next);
    const int list = H + 1 + second;
    p->out[I] = next;
    p->out[X] = p->in[X];
    p->out[H] = h;
    if (second) p->out[H + 1] = w->c;
    if (list < nvar) p->out[list] = write_list(w, p->in[I], p->in[list], h);
    return list >= nvar || p->out[list];
}

// ---- the loop ----

static const struct tensor *zeros(struct tfl_list *l, const struct loop *w, const struct tensor *y)
{
    const char *what = strrchr(y->name, '/') + 1;
    struct tensor *zero = tensor_like(w, arena_printf(w->a, "%s/zero", what), y, 0, NULL);
    zero->data = arena_new_n(w->a, 4, uint8_t); // the zero point of an integer layer's output is 0
    op_2(l, TFL_FILL, OPT_FILL,
         tflite_ints(l, w->n, arena_printf(w->a, "%s/shape", what), y->dim, y->rank, 1, 0), zero, y);
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
    const enum recurrent_kind kind = n->as.recurrent.kind;
    if (n->in[1]->type != I8 || n->in[2]->type != I8 || y->q.n != 1 || n->in[0]->q.n != 1 || y->q.zero[0])
        return fail(e, "%s: this int8 %s cannot be written; take technique dynamic", n->name,
                    recurrent_name(kind));
    // the scale of such a state is none of ours, so that it would not be read as it is
    if ((n->nin > 5 && n->in[5]) || (n->nin > 6 && n->in[6]))
        return fail(e,
                    "%s: an integer %s with an initial state cannot be executed, nor written; --dequantize "
                    "makes it float",
                    n->name, recurrent_name(kind));
    // a loop's cell is of floats, and a reader takes the scale from the steps
    return kind != RECURRENT_LSTM ||
           (!n->as.recurrent.stateful &&
            n->as.recurrent.cell_log2 == recurrent_cell_log2(n->in[0]->dim[1], false)) ||
           fail(e,
                "%s: an int8 LSTM whose cell has a scale of its own cannot be written beside one that keeps "
                "its "
                "state; quantise the float model anew",
                n->name);
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
    const struct tensor *in[MOST], *out[MOST], *handle[2] = {NULL};
    const bool second = has_second(&w);
    int nvar = 3;
    in[I] = number(&w, "start", 0);
    in[X] = tensor_like(&w, "time_first", x, 3, time_first);
    if (!view(l, &w, x, in[X])) return false;
    for (int k = 5; k < 6 + second; k++) {
        const char *what = k == 5 ? "h" : "c";
        const bool given = k < n->nin && n->in[k];
        struct tensor *t =
            k == 5 ? tensor_like(&w, what, n->out[0], 2, state) : step_tensor(&w, what, F32, 2, state);
        if (w.r->stateful) handle[k - 5] = tflite_variable(l, t);
        in[k - 3] = given || w.r->stateful ? t : zeros(l, &w, t);
        nvar = k - 2;
        if (given && !view(l, &w, n->in[k], in[k - 3])) return false;
    }
    if (all) in[nvar++] = zeros(l, &w, tensor_like(&w, "list", n->out[0], 3, list));
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
    for (int k = 0; k < 2; k++)
        if (handle[k]) tflite_assign(l, handle[k], out[H + k]);
    return !all || view(l, &w, out[nvar - 1], all);
}
