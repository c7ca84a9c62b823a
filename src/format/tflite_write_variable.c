// Values that live from run to run, of loops that go on from the window before: resource variables, which the subgraph
// that CALL_ONCE names sets to zeros before the first run. (A fused LSTM has its state as variable tensors.)
#include "tflite_write.h"

static struct tensor *handle_new(struct tfl_list *l, const char *name)
{
    struct tfl_op *o = tflite_op(l, TFL_VAR_HANDLE, OPT_VAR_HANDLE, 0, 1);
    struct tensor *t = tensor_new(l->a, arena_printf(l->a, "%s/handle", name), I32, 0, NULL);
    field_text(o, VAR_CONTAINER, "");
    field_text(o, VAR_NAME, name);
    o->out[0] = t;
    return t;
}

void tflite_assign(struct tfl_list *l, const struct tensor *handle, const struct tensor *value)
{
    struct tfl_op *o = tflite_op(l, TFL_ASSIGN_VARIABLE, OPT_ASSIGN_VARIABLE, 2, 0);
    o->in[0] = handle;
    o->in[1] = value;
}

const struct tensor *tflite_variable(struct tfl_list *l, const struct tensor *value)
{
    if (!l->once) {
        tflite_part_new(l, "once", 0, 0);
        l->once = l->npart; // the subgraph's number: that of the network is 0
        field_int(tflite_op(l, TFL_CALL_ONCE, OPT_CALL_ONCE, 0, 0), CALL_ONCE_SUBGRAPH, l->once, 0);
    }
    struct tfl_list *once = &l->part[l->once - 1].ops;
    struct tensor *zeros =
        tensor_new(l->a, arena_printf(l->a, "%s/zeros", value->name), value->type, value->rank, value->dim);
    zeros->q = value->q; // of zero point 0
    zeros->data = arena_alloc(l->a, (size_t)tensor_bytes(value));
    tflite_assign(once, handle_new(once, value->name), zeros);
    const struct tensor *handle = handle_new(l, value->name);
    struct tfl_op *o = tflite_op(l, TFL_READ_VARIABLE, OPT_READ_VARIABLE, 1, 1);
    o->in[0] = handle;
    o->out[0] = value;
    return handle;
}
