// What the readers of single operators share, and the list of their tables.
#include "tflite_read.h"
#include <string.h>

struct node *reader_node(struct reader *r, struct oper *o, enum op op, int nin)
{
    struct node *n = graph_add(r->g, r->a, op, o->name, nin, 1);
    for (int i = 0; i < nin; i++) n->in[i] = i < o->nin ? o->in[i] : NULL;
    n->out[0] = o->out[0];
    return n;
}

bool reader_same_output(const struct oper *o, const struct tensor *t, struct err *e)
{
    char a[64], b[64];
    const struct tensor *said = &o->said;
    if (said->type != t->type)
        return fail(e, "the file says its output is %s, its inputs give %s", dtype_name(said->type),
                    dtype_name(t->type));
    bool same = said->rank == t->rank;
    for (int i = 0; same && i < t->rank; i++) same = said->dim[i] == t->dim[i] || o->open & 1u << i;
    return !o->shaped || same ||
           fail(e, "the file says its output is %s, its inputs give %s", tensor_shape(said, a, sizeof a),
                tensor_shape(t, b, sizeof b));
}

// Shape and type of the output; when the file states a shape it must be the same.
bool reader_finish(struct oper *o, struct node *n, struct err *e)
{
    return op_def(n->op)->infer(n, e) && (n->out[0] != o->out[0] || reader_same_output(o, n->out[0], e));
}

const char *reader_name(struct reader *r, const struct tensor *t)
{
    size_t n = strcspn(t->name, ";");
    return arena_strndup(r->a, t->name, n < READER_NAME ? n : READER_NAME);
}

struct tensor *reader_between(struct reader *r, const struct tensor *t, const char *what)
{
    const char *name = arena_printf(r->a, "%.*s/%s", READER_NAME / 2, reader_name(r, t), what);
    struct tensor *x = tensor_new(r->a, name, t->type, 0, NULL);
    x->q = t->q;
    return x;
}
// The activation fused behind the operator. What the graph cannot fuse becomes a node of its own behind n:
// *after is then that op, else OP_COUNT.
bool reader_act(const struct oper *o, int id, enum act *act, enum op *after, struct err *e)
{
    int a = fb_i8(&o->options, id, 0);
    *after = OP_COUNT;
    *act = a == TFL_ACT_RELU ? ACT_RELU : a == TFL_ACT_RELU6 ? ACT_RELU6 : ACT_NONE;
    if (a == TFL_ACT_NONE || a == TFL_ACT_RELU || a == TFL_ACT_RELU6) return true;
    if ((a == TFL_ACT_TANH || a == TFL_ACT_RELU_N1_TO_1) && o->out[0]->type == F32) {
        *after = a == TFL_ACT_TANH ? OP_TANH : OP_RELU_N1_TO_1;
        return true;
    }
    return fail(e, "its fused activation %s is not supported; use relu, relu6 or none",
                a == TFL_ACT_RELU_N1_TO_1 ? "RELU_N1_TO_1"
                : a == TFL_ACT_TANH       ? "TANH"
                : a == TFL_ACT_SIGN_BIT   ? "SIGN_BIT"
                                          : "(unknown)");
}

// Ends an operator: with op `after` behind it, n's output goes through a tensor in between.
bool reader_finish_act(struct reader *r, struct oper *o, struct node *n, enum op after, struct err *e)
{
    if (after == OP_COUNT) return reader_finish(o, n, e);
    n->out[0] = reader_between(r, o->out[0], "before_activation");
    n->name = n->out[0]->name;
    if (!reader_finish(o, n, e)) return false;
    struct node *m = graph_add(r->g, r->a, after, o->name, 1, 1);
    m->in[0] = n->out[0];
    m->out[0] = o->out[0];
    return reader_finish(o, m, e);
}

struct node *reader_reshape(struct reader *r, struct tensor *x, struct tensor *y)
{
    struct node *n = graph_add(r->g, r->a, OP_RESHAPE, reader_name(r, y), 1, 1);
    n->in[0] = x;
    n->out[0] = y;
    return n;
}

void tensor_set_dims(struct tensor *t, int rank, const int32_t *dim)
{
    t->rank = rank;
    if (rank) memcpy(t->dim, dim, (size_t)rank * sizeof *dim);
}

static const struct oper_def *const families[] = {
    opers_layers, opers_elementwise, opers_reduce, opers_shape, opers_extend, opers_split, opers_recurrent};

const struct oper_def *tflite_oper(int builtin)
{
    for (size_t f = 0; f < sizeof families / sizeof *families; f++)
        for (const struct oper_def *d = families[f]; d->read; d++)
            if (d->builtin == builtin) return d;
    return NULL;
}
