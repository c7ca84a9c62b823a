// Reductions over axes.
#include "tflite_read.h"
#include <string.h>

static bool oper_mean(struct reader *r, struct oper *o, struct err *e)
{
    struct node *n = reader_node(r, o, OP_MEAN, 1);
    int rank = o->in[0]->rank, naxis = reader_ints(o->in[1], n->as.reduce.axis, GRAPH_MAX_RANK, e);
    if (naxis < 0) return false;
    for (int i = 0; i < naxis; i++)
        if (n->as.reduce.axis[i] < 0 && n->as.reduce.axis[i] >= -rank) n->as.reduce.axis[i] += rank;
    n->as.reduce.naxis = naxis;
    n->as.reduce.keep_dims = fb_u8(&o->options, REDUCE_KEEP_DIMS, 0);
    return reader_finish(o, n, e);
}

// The maximum over a run of dimensions next to each other, as Keras' global pooling leaves it: a pool as
// large as they are, on (1, before, reduced, after).
static bool oper_reduce_max(struct reader *r, struct oper *o, struct err *e)
{
    struct tensor *x = o->in[0], *y = o->out[0];
    int32_t axis[GRAPH_MAX_RANK];
    unsigned set = 0;
    int n = reader_ints(o->in[1], axis, GRAPH_MAX_RANK, e), first = 0, last;
    if (n < 0) return false;
    for (int i = 0; i < n; i++) {
        if (axis[i] < 0 && axis[i] >= -x->rank) axis[i] += x->rank;
        if (axis[i] < 0 || axis[i] >= x->rank) return fail(e, "axis %d of %d dimensions", axis[i], x->rank);
        set |= 1u << axis[i];
    }
    while (first < x->rank && !(set & 1u << first)) first++;
    for (last = first; last < x->rank && set & 1u << last;) last++;
    if (!set || set >> last) return fail(e, "reduces dimensions that do not lie next to each other");
    int32_t shape[4] = {1, 1, 1, 1}, dim[GRAPH_MAX_RANK], rank = 0;
    bool keep = fb_u8(&o->options, REDUCE_KEEP_DIMS, 0);
    for (int i = 0; i < x->rank; i++) {
        shape[i < first ? 1 : i < last ? 2 : 3] *= x->dim[i];
        if (i < first || i >= last || keep) dim[rank++] = i < first || i >= last ? x->dim[i] : 1;
    }
    struct tensor *image = reader_between(r, x, "image"), *most = reader_between(r, y, "pool");
    tensor_set_dims(image, 4, shape);
    if (!reader_finish(o, reader_reshape(r, x, image), e)) return false;
    struct node *pool = graph_add(r->g, r->a, OP_MAX_POOL_2D, most->name, 1, 1);
    pool->in[0] = image;
    pool->out[0] = most;
    pool->as.pool = (struct pool){{1, shape[2]}, {1, 1}, {0}, ACT_NONE};
    if (!reader_finish(o, pool, e)) return false;
    tensor_set_dims(y, rank, dim);
    return reader_finish(o, reader_reshape(r, most, y), e);
}

const struct oper_def opers_reduce[] = {
    {TFL_MEAN, OPT_REDUCE, 3, 2, 2, oper_mean, .op = OP_MEAN},
    {TFL_REDUCE_MAX, OPT_REDUCE, 3, 2, 2, .read = oper_reduce_max},
    {TFL_REDUCE_PROD, OPT_REDUCE, 2, 2, 2, .read = oper_shape_only},
    {.read = NULL},
};
