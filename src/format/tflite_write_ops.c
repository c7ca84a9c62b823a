// What the writers of single nodes share, and the list of their tables.
#include "tflite_write.h"
#include <string.h>

struct tfl_op *tflite_op(struct tfl_list *l, int builtin, int options, int nin, int nout)
{
    l->op = arena_grow(l->a, l->op, l->n, &l->cap, sizeof *l->op);
    struct tfl_op *o = &l->op[l->n++];
    *o = (struct tfl_op){.builtin = builtin, .version = 1, .options = options, .nin = nin, .nout = nout};
    o->in = arena_new_n(l->a, (size_t)nin, const struct tensor *);
    o->out = arena_new_n(l->a, (size_t)nout, const struct tensor *);
    return o;
}

int tflite_version(const struct tfl_def *d, const struct tensor *t)
{
    return t->type == I8 ? d->version_int8 : t->type == I16 ? d->version_int16 : 1;
}

struct tfl_op *tflite_op_node(struct tfl_list *l, const struct tfl_def *d, const struct node *n)
{
    struct tfl_op *o = tflite_op(l, d->builtin, d->options, n->nin, n->nout);
    for (int i = 0; i < n->nin; i++) o->in[i] = n->in[i];
    for (int i = 0; i < n->nout; i++) o->out[i] = n->out[i];
    o->version = tflite_version(d, n->in[0]);
    return o;
}

struct tfl_op *tflite_op_with(struct tfl_list *l, const struct tfl_def *d, const struct node *n, int extra)
{
    struct tfl_op *o = tflite_op(l, d->builtin, d->options, 1 + extra, 1);
    o->in[0] = n->in[0];
    o->out[0] = n->out[0];
    o->version = tflite_version(d, n->in[0]);
    return o;
}

void field_int(struct tfl_op *o, int id, int32_t v, int32_t otherwise)
{
    o->field[o->nfield++] = (struct tfl_field){.id = id, .bytes = 4, .v = v, .otherwise = otherwise};
}

void field_byte(struct tfl_op *o, int id, int v)
{
    o->field[o->nfield++] = (struct tfl_field){.id = id, .bytes = 1, .v = v};
}

void field_text(struct tfl_op *o, int id, const char *v)
{
    o->field[o->nfield++] = (struct tfl_field){.id = id, .text = v};
}

struct tfl_part *tflite_part_new(struct tfl_list *l, const char *name, int nin, int nout)
{
    struct tfl_part *more = arena_new_n(l->a, (size_t)l->npart + 1, struct tfl_part);
    if (l->npart) memcpy(more, l->part, (size_t)l->npart * sizeof *more);
    l->part = more;
    struct tfl_part *p = &more[l->npart++];
    *p = (struct tfl_part){.name = name, .nin = nin, .nout = nout, .ops = {.a = l->a}};
    p->in = arena_new_n(l->a, (size_t)nin, const struct tensor *);
    p->out = arena_new_n(l->a, (size_t)nout, const struct tensor *);
    return p;
}

void field_float(struct tfl_op *o, int id, float v)
{
    o->field[o->nfield++] = (struct tfl_field){.id = id, .bytes = -4, .f = v};
}

int act_to(enum act a)
{
    return a == ACT_RELU ? TFL_ACT_RELU : a == ACT_RELU6 ? TFL_ACT_RELU6 : TFL_ACT_NONE;
}

const struct tensor *tflite_ints(struct tfl_list *l, const struct node *n, const char *what, const int32_t *v,
                                 int count, int rank, int columns)
{
    int32_t dim[2] = {columns ? count / columns : count, columns};
    const char *name = arena_printf(l->a, "%s/%s", n->name, what);
    return tensor_const(l->a, name, I32, rank, dim, arena_copy(l->a, v, (size_t)count * sizeof *v));
}

static bool write_train_only(struct tfl_list *l, const struct tfl_def *d, const struct node *n, struct err *e)
{
    (void)l, (void)d;
    return fail(e,
                "%s: %s has no TensorFlow Lite operator; apply --technique lite first, which folds it away",
                n->name, op_def(n->op)->name);
}

static const struct tfl_def writes_train_only[] = {
    {OP_BATCH_NORM, .write = write_train_only},
    {OP_DROPOUT, .write = write_train_only},
    {.write = NULL},
};

static const struct tfl_def *const families[] = {
    writes_layers, writes_elementwise, writes_reduce, writes_shape, writes_recurrent, writes_train_only,
};

bool tflite_lower(struct tfl_list *l, const struct node *n, struct err *e)
{
    for (size_t f = 0; f < sizeof families / sizeof *families; f++)
        for (const struct tfl_def *d = families[f]; d->write; d++)
            if (d->op == n->op) return d->write(l, d, n, e);
    return fail(e, "%s: %s cannot be written as .tflite yet; write .onnx", n->name, op_def(n->op)->name);
}
