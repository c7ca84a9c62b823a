// Operators that come with loops, outside of them: lists made and stacked, time reversed.
#include "tflite_loop.h"
#include <string.h>

struct outside {
    struct reader *r;
    struct slot *in[LOOP_MAX_VARS], *y;
    int nin;
};

static struct tensor *node_of(struct outside *o, enum op op, struct tensor *x, struct tensor *y,
                              struct node **made)
{
    struct node *n = graph_add(o->r->g, o->r->a, op, reader_name(o->r, y), 1, 1);
    n->in[0] = x;
    n->out[0] = y;
    *made = n;
    return y;
}

// REVERSE_V2 of time that stands first, (steps, 1, channels): reversed where it stands behind the batch, which is what
// recurrent_tidy knows.
static bool reverse(struct outside *o, struct err *e)
{
    struct tensor *x = o->in[0]->t, *y = o->y->t;
    const int32_t dim[3] = {1, x->dim[0], x->dim[2]};
    struct node *n;
    if (x->type != y->type) return fail(e, "turns %s into %s", dtype_name(x->type), dtype_name(y->type));
    tensor_set_dims(y, 3, x->dim);
    y->q = x->q;
    struct tensor *turned = reader_between(o->r, y, "batch_first"),
                  *reversed = reader_between(o->r, y, "reversed");
    tensor_set_dims(turned, 3, dim);
    tensor_set_dims(reversed, 3, dim);
    node_of(o, OP_RESHAPE, x, turned, &n);
    node_of(o, OP_STRIDED_SLICE, turned, reversed, &n);
    for (int i = 0; i < 3; i++) n->as.slice.stride[i] = 1;
    n->as.slice.begin[1] = x->dim[0] - 1;
    n->as.slice.stride[1] = -1;
    if (!op_def(OP_STRIDED_SLICE)->infer(n, e)) return false;
    node_of(o, OP_RESHAPE, reversed, y, &n);
    return op_def(OP_RESHAPE)->infer(n, e);
}

static bool reverses_time(const struct reader *r, const struct fb_vec *in)
{
    const int32_t k = in->n == 2 ? fb_vec_i32(in, 0) : -1, by = in->n == 2 ? fb_vec_i32(in, 1) : -1;
    int32_t axis;
    struct err ignored;
    if (k < 0 || by < 0 || k >= r->nslot || by >= r->nslot || !r->slot[k].made || !r->slot[by].made)
        return false;
    const struct tensor *x = r->slot[k].t;
    return !r->slot[k].loop && !r->slot[by].loop && !x->data && x->rank == 3 && x->dim[1] == 1 &&
           reader_ints(r->slot[by].t, &axis, 1, &ignored) == 1 && (axis == 0 || axis == -3);
}

// ---- lists ----

static bool list_reserve(struct outside *o, struct err *e)
{
    int32_t count;
    if (o->nin != 2 || reader_ints(o->in[1]->t, &count, 1, e) != 1)
        return fail(e, "reserves an unknown number");
    struct loop_value *y = loop_value_new(o->r, LOOP_LIST);
    y->count = count;
    o->y->loop = y;
    return true;
}

static bool list_from_tensor(struct outside *o, struct err *e)
{
    struct tensor *x = o->nin ? o->in[0]->t : NULL;
    if (!x || x->data || x->rank != 3 || x->dim[1] != 1 || x->type != F32)
        return fail(e, "makes a list of what is no sequence with a batch of 1");
    struct loop_value *y = loop_value_new(o->r, LOOP_SEQUENCE);
    y->t = x;
    o->y->loop = y;
    return true;
}

static bool list_stack(struct outside *o, struct err *e)
{
    const struct loop_value *done = o->nin ? o->in[0]->loop : NULL;
    if (!done || done->kind != LOOP_DONE) return fail(e, "stacks a list that no loop has filled");
    const struct tensor *t = done->t;
    struct node *n;
    tensor_set_dims(o->y->t, 3, (int32_t[]){t->dim[1], 1, t->dim[2]});
    node_of(o, OP_RESHAPE, done->t, o->y->t, &n);
    return op_def(OP_RESHAPE)->infer(n, e);
}

static bool apply(struct outside *o, const char *list, struct err *e)
{
    if (list && !strcmp(list, "TensorListReserve")) return list_reserve(o, e);
    if (list && !strcmp(list, "TensorListFromTensor")) return list_from_tensor(o, e);
    if (list && !strcmp(list, "TensorListStack")) return list_stack(o, e);
    if (list) return fail(e, "is a list that no layer of Keras needs; give the Keras or ONNX model instead");
    for (int i = 0; i < o->nin; i++) {
        if (!loop_plain(o->in[i], e) || !tensor_check(o->in[i]->t, e)) return false;
        if (o->in[i]->spread) return fail(e, "stands inside of a dilated convolution");
    }
    return reverse(o, e);
}

// The name of a TensorList operator, of TensorFlow or TensorFlow Lite's own of the same name; NULL: another.
static const char *list_name(const char *custom)
{
    if (custom && !strncmp(custom, "Flex", 4)) custom += 4;
    return custom && !strncmp(custom, "TensorList", 10) ? custom : NULL;
}

static bool check_tensors(struct reader *r, const struct fb_vec *v, bool out, struct err *e)
{
    for (uint32_t i = 0; i < v->n; i++) {
        const int32_t k = fb_vec_i32(v, i);
        if (k < 0 || k >= r->nslot) return fail(e, "names tensor %d, the file has %d", k, r->nslot);
        struct slot *s = &r->slot[k];
        if (out ? s->made : !s->made)
            return fail(e,
                        out ? "output %s is made a second time"
                            : "input %s is used before anything makes it (a cycle, or a missing operator or "
                              "constant)",
                        s->t->name);
        if (s->variable) return fail(e, "tensor %s is a variable that lives from run to run", s->t->name);
        if (out) s->made = true;
    }
    return true;
}

bool tflite_loop_oper(struct reader *r, const struct fb_table *record, int builtin, const char *custom,
                      bool *taken, struct err *e)
{
    struct fb_vec in = fb_vec(record, OPERATOR_INPUTS, 4), out = fb_vec(record, OPERATOR_OUTPUTS, 4);
    const char *list = list_name(custom);
    bool of_loop = false;
    for (uint32_t i = 0; i < in.n; i++) {
        const int32_t k = fb_vec_i32(&in, i);
        of_loop |= k >= 0 && k < r->nslot && r->slot[k].loop;
    }
    const bool own = builtin == TFL_WHILE || list || (builtin == TFL_REVERSE_V2 && reverses_time(r, &in));
    *taken = own || of_loop;
    if (!*taken) return true;
    if (in.n < 1 || in.n > LOOP_MAX_VARS || out.n < 1 || (out.n > 1 && builtin != TFL_WHILE))
        return fail(e, "has %u inputs and %u outputs", in.n, out.n);
    // The outputs of a loop inside are used in its error messages only.
    if (!reader_room(r, 4096, e) || !check_tensors(r, &in, false, e) || !check_tensors(r, &out, true, e))
        return false;
    if (builtin == TFL_WHILE) return tflite_read_while(r, record, e);
    struct slot *y = &r->slot[fb_vec_i32(&out, 0)];
    if (of_loop && r->loop) return tflite_loop_value(r, record, builtin, list, y, e);
    if (of_loop && !list) return fail(e, "takes a list of a loop");
    if (y->why_not && builtin != TFL_CUSTOM) return fail(e, "output %s %s", y->t->name, y->why_not);
    struct outside o = {.r = r, .y = y};
    for (o.nin = 0; o.nin < (int)in.n; o.nin++) o.in[o.nin] = &r->slot[fb_vec_i32(&in, (uint32_t)o.nin)];
    return apply(&o, list, e);
}

// ---- afterwards ----

// A slice of everything, in order.
static bool is_whole(const struct node *n)
{
    const struct tensor *x = n->in[0], *y = n->out[0];
    if (n->op != OP_STRIDED_SLICE || x->rank != y->rank) return false;
    for (int i = 0; i < x->rank; i++)
        if (n->as.slice.begin[i] != 0 || x->dim[i] != y->dim[i]) return false;
    return true;
}

static bool is_view(const struct node *n)
{
    if (n->op == OP_RESHAPE || is_whole(n)) return true;
    if (n->op != OP_TRANSPOSE) return false;
    int last = -1;
    for (int i = 0; i < n->in[0]->rank; i++) {
        const int32_t d = n->as.transpose.perm[i];
        if (n->in[0]->dim[d] == 1) continue;
        if (d < last) return false;
        last = d;
    }
    return true;
}

static bool is_end(const struct graph *g, const struct tensor *t)
{
    for (int i = 0; i < g->nout; i++)
        if (g->out[i] == t) return true;
    return false;
}

static bool same_shape(const struct tensor *x, const struct tensor *y)
{
    return x->rank == y->rank && !memcmp(x->dim, y->dim, (size_t)x->rank * sizeof *x->dim) &&
           x->type == y->type;
}

// A view of the same shape: what is behind it takes what is in front. An output of the network keeps its name, so
// there the node in front makes it.
static bool skip_view(struct graph *g, struct node *n, struct node *before)
{
    struct tensor *x = n->in[0], *y = n->out[0];
    if (!same_shape(x, y)) return false;
    if (!is_end(g, y)) {
        graph_replace(g, y, x);
    } else {
        if (!before || before->nout != 1 || graph_uses(g, x) != 1) return false;
        before->out[0] = y;
    }
    graph_remove(g, n);
    return true;
}

// Time, or any one dimension, backwards.
static bool is_reversal(const struct node *n)
{
    int reversed = 0;
    if (!n || n->op != OP_STRIDED_SLICE || !same_shape(n->in[0], n->out[0])) return false;
    for (int i = 0; i < n->in[0]->rank; i++) {
        const bool back = n->as.slice.stride[i] == -1;
        if (n->as.slice.begin[i] != (back ? n->in[0]->dim[i] - 1 : 0)) return false;
        reversed += back;
    }
    return reversed == 1;
}

// What is reversed twice is as before.
static bool skip_reversals(struct graph *g, struct node *n)
{
    struct node *before = is_reversal(n) ? graph_producer(g, n->in[0]) : NULL;
    if (!is_reversal(before) || is_end(g, n->out[0]) ||
        memcmp(n->as.slice.stride, before->as.slice.stride,
               (size_t)n->in[0]->rank * sizeof *n->as.slice.stride))
        return false;
    graph_replace(g, n->out[0], before->in[0]);
    graph_remove(g, n);
    return true;
}

void loop_tidy(struct graph *g)
{
    graph_drop_dead(g);
    for (int k = 0; k < g->nnode; k++) {
        struct node *n = g->node[k], *before;
        if (!is_view(n)) continue;
        before = graph_producer(g, n->in[0]);
        if (before && before->op == OP_RECURRENT && n->op == OP_STRIDED_SLICE)
            continue; // the last step of one
        n->op = OP_RESHAPE;
        if (before && before->op == OP_RESHAPE) {
            n->in[0] = before->in[0];
            before = graph_producer(g, n->in[0]);
        }
        if (skip_view(g, n, before)) k--;
    }
    for (int k = 0; k < g->nnode; k++)
        if (skip_reversals(g, g->node[k])) k--;
    graph_drop_dead(g);
}

void loop_name_layers(struct graph *g, struct arena *a)
{
    static const char *const what[] = {"", "kernel", "recurrent", "bias", "recurrent_bias"};
    for (int k = 0; k < g->nnode; k++) {
        struct node *n = g->node[k];
        const struct recurrent *r = &n->as.recurrent;
        if (n->op != OP_RECURRENT || r->kind != RECURRENT_LSTM || !r->sequences || r->backwards) continue;
        const char *name = reader_layer_name(a, n->out[0]->name);
        if (!strcmp(n->name, name)) continue;
        n->name = name;
        for (int i = 1; i < 5 && i < n->nin; i++)
            if (n->in[i]) n->in[i]->name = arena_printf(a, "%s/%s", n->name, what[i]);
    }
}
