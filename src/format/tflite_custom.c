// Full-integer GRU and simple RNN: custom operators, since TensorFlow Lite has no builtin one that computes the same.
// LiteRT refuses such a file by the operator's name; docs/recurrent.md has the arithmetic.
#include "tflite_read.h"
#include <string.h>

static bool want_integers(const struct oper *o, struct err *e)
{
    const struct tensor *x = o->in[0];
    if (x->type != I8 || x->rank != 3)
        return fail(e, "its input is %s of %d dimensions, want int8 of 3", dtype_name(x->type), x->rank);
    for (int i = 1; i < o->nin; i++) {
        const struct tensor *t = o->in[i];
        if (!t) continue;
        if (!tensor_is_const(t))
            return fail(e, "%s is computed while it runs; only constants are supported", t->name);
        if (t->type != (i < 3 ? I8 : I32) || (i < 3 && t->rank != 2))
            return fail(e, "%s is %s of %d dimensions, want %s", t->name, dtype_name(t->type), t->rank,
                        i < 3 ? "an int8 matrix" : "int32");
    }
    return o->out[0]->type == I8 || fail(e, "its output is %s, want int8", dtype_name(o->out[0]->type));
}

// The writer calls the output of all steps NAME/all where only the last one is wanted.
static const char *layer_name(struct reader *r, const char *name)
{
    static const char tail[] = "/all";
    const size_t n = strlen(name), m = sizeof tail - 1;
    return n > m && !strcmp(name + n - m, tail) ? arena_strndup(r->a, name, n - m) : name;
}

static bool read_integer(struct reader *r, struct oper *o, enum recurrent_kind kind, bool reset_after,
                         struct err *e)
{
    if (!want_integers(o, e)) return false;
    o->name = layer_name(r, o->name);
    struct node *n = graph_add(r->g, r->a, OP_RECURRENT, o->name, 5, 1);
    for (int i = 0; i < o->nin; i++) n->in[i] = o->in[i];
    n->as.recurrent = (struct recurrent){.kind = kind,
                                         .act = CELL_TANH,
                                         .gate_act = CELL_LOGISTIC,
                                         .sequences = true,
                                         .reset_after = reset_after};
    n->out[0] = o->out[0];
    return reader_finish(o, n, e);
}

static bool oper_gru(struct reader *r, struct oper *o, struct err *e)
{
    return read_integer(r, o, RECURRENT_GRU, true, e);
}

static bool oper_gru_before(struct reader *r, struct oper *o, struct err *e)
{
    return read_integer(r, o, RECURRENT_GRU, false, e);
}

static bool oper_rnn(struct reader *r, struct oper *o, struct err *e)
{
    return read_integer(r, o, RECURRENT_RNN, false, e);
}

const struct oper_def *tflite_custom(const char *name)
{
    static const struct {
        const char *name;
        struct oper_def def;
    } ours[] = {{TFLITE_GRU, {TFL_CUSTOM, OPT_NONE, 1, 3, 5, .read = oper_gru}},
                {TFLITE_GRU_BEFORE, {TFL_CUSTOM, OPT_NONE, 1, 3, 5, .read = oper_gru_before}},
                {TFLITE_RNN, {TFL_CUSTOM, OPT_NONE, 1, 3, 5, .read = oper_rnn}}};
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        if (!strcmp(ours[i].name, name)) return &ours[i].def;
    return NULL;
}
