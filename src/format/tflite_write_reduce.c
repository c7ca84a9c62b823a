// Reductions, with their axes as a constant behind them.
#include "tflite_write.h"

static bool write_reduce(struct tfl_list *l, const struct tfl_def *d, const struct node *n, struct err *e)
{
    (void)e;
    struct tfl_op *o = tflite_op_with(l, d, n, 1);
    o->in[1] = tflite_ints(l, n, "axes", n->as.reduce.axis, n->as.reduce.naxis, 1, 0);
    field_byte(o, REDUCE_KEEP_DIMS, n->as.reduce.keep_dims);
    return true;
}

static bool write_arg(struct tfl_list *l, const struct tfl_def *d, const struct node *n, struct err *e)
{
    (void)e;
    struct tfl_op *o = tflite_op_with(l, d, n, 1);
    o->in[1] = tflite_ints(l, n, "axis", &n->as.axis.axis, 1, 0, 0);
    field_byte(o, ARG_OUTPUT_TYPE, tflite_type_from((int)n->out[0]->type));
    return true;
}

const struct tfl_def writes_reduce[] = {
    {OP_MEAN, TFL_MEAN, OPT_REDUCE, 2, 3, write_reduce},
    {OP_SUM, TFL_SUM, OPT_REDUCE, 2, 1, write_reduce},
    {OP_REDUCE_MAX, TFL_REDUCE_MAX, OPT_REDUCE, 2, 3, write_reduce},
    {OP_REDUCE_MIN, TFL_REDUCE_MIN, OPT_REDUCE, 2, 3, write_reduce},
    {OP_REDUCE_PROD, TFL_REDUCE_PROD, OPT_REDUCE, 2, 2, write_reduce},
    {OP_ARG_MAX, TFL_ARG_MAX, OPT_ARG_MAX, 2, 1, write_arg},
    {OP_ARG_MIN, TFL_ARG_MIN, OPT_ARG_MIN, 2, 1, write_arg},
    {.write = NULL},
};
