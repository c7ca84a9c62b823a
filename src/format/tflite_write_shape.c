// Nodes that move values.
#include "tflite_write.h"

static void pad_table(int32_t *table, const int32_t *before, const int32_t *after, int rank)
{
    for (int i = 0; i < rank; i++) table[2 * i] = before[i], table[2 * i + 1] = after[i];
}

static bool write_reshape(struct tfl_list *l, const struct tfl_def *d, const struct node *n, struct err *e)
{
    (void)e;
    struct tfl_op *o = tflite_op_with(l, d, n, 1);
    o->in[1] = tflite_ints(l, n, "shape", n->out[0]->dim, n->out[0]->rank, 1, 0);
    return true;
}

static bool write_transpose(struct tfl_list *l, const struct tfl_def *d, const struct node *n, struct err *e)
{
    (void)e;
    struct tfl_op *o = tflite_op_with(l, d, n, 1);
    int rank = n->in[0]->rank;
    o->in[1] = tflite_ints(l, n, "perm", n->as.transpose.perm, rank, 1, 0);
    if (rank > 5 || (rank > 4 && n->in[0]->type != I16)) o->version = rank > 5 ? 6 : 4;
    return true;
}

static bool write_pad(struct tfl_list *l, const struct tfl_def *d, const struct node *n, struct err *e)
{
    (void)e;
    struct tfl_op *o = tflite_op_with(l, d, n, 1);
    int32_t table[2 * GRAPH_MAX_RANK];
    int rank = n->in[0]->rank;
    pad_table(table, n->as.pad.before, n->as.pad.after, rank);
    o->in[1] = tflite_ints(l, n, "paddings", table, 2 * rank, 2, 2);
    if (rank > 4) o->version = 4;
    return true;
}

static bool write_concatenation(struct tfl_list *l, const struct tfl_def *d, const struct node *n,
                                struct err *e)
{
    (void)e;
    struct tfl_op *o = tflite_op_node(l, d, n);
    field_int(o, CONCAT_AXIS, n->as.axis.axis, 0);
    return true;
}

static bool write_strided_slice(struct tfl_list *l, const struct tfl_def *d, const struct node *n,
                                struct err *e)
{
    const struct tensor *x = n->in[0], *y = n->out[0];
    int32_t end[GRAPH_MAX_RANK];
    if (y->rank != x->rank) return fail(e, "%s: a slice keeps the number of dimensions", n->name);
    int32_t backwards = 0;
    for (int i = 0; i < x->rank; i++) {
        end[i] = n->as.slice.begin[i] + y->dim[i] * n->as.slice.stride[i];
        if (n->as.slice.stride[i] > 0 && end[i] > x->dim[i]) end[i] = x->dim[i];
        if (n->as.slice.stride[i] < 0 && end[i] < 0) backwards |= 1 << i; // -1 would count from the end
    }
    struct tfl_op *o = tflite_op_with(l, d, n, 3);
    o->in[1] = tflite_ints(l, n, "begin", n->as.slice.begin, x->rank, 1, 0);
    o->in[2] = tflite_ints(l, n, "end", end, x->rank, 1, 0);
    o->in[3] = tflite_ints(l, n, "strides", n->as.slice.stride, x->rank, 1, 0);
    if (x->rank > 4 || x->type == BOOL) o->version = x->rank > 4 ? 4 : 3;
    field_int(o, SLICE_END_MASK, backwards, 0);
    return true;
}

static bool write_gather(struct tfl_list *l, const struct tfl_def *d, const struct node *n, struct err *e)
{
    (void)e;
    struct tfl_op *o = tflite_op_node(l, d, n);
    if (n->in[0]->type == BOOL) o->version = 3;
    field_int(o, GATHER_AXIS, n->as.axis.axis, 0);
    return true;
}

static bool write_tile(struct tfl_list *l, const struct tfl_def *d, const struct node *n, struct err *e)
{
    (void)e;
    struct tfl_op *o = tflite_op_with(l, d, n, 1);
    o->in[1] = tflite_ints(l, n, "multiples", n->as.tile.times, n->in[0]->rank, 1, 0);
    return true;
}

const struct tfl_def writes_shape[] = {
    {OP_RESHAPE, TFL_RESHAPE, OPT_RESHAPE, 1, 1, write_reshape},
    {OP_TRANSPOSE, TFL_TRANSPOSE, OPT_TRANSPOSE, 2, 5, write_transpose},
    {OP_PAD, TFL_PAD, OPT_PAD, 2, 3, write_pad},
    {OP_CONCATENATION, TFL_CONCATENATION, OPT_CONCAT, 2, 3, write_concatenation},
    {OP_STRIDED_SLICE, TFL_STRIDED_SLICE, OPT_STRIDED_SLICE, 2, 1, write_strided_slice},
    {OP_GATHER, TFL_GATHER, OPT_GATHER, 2, 4, write_gather},
    {OP_TILE, TFL_TILE, OPT_TILE, 3, 1, write_tile},
    {.write = NULL},
};
