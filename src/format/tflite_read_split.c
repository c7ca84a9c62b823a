// Operators that take tensors apart and put them together along a dimension, made of slices, reshapes and
// CONCATENATION: SPLIT, SPLIT_V, UNPACK, PACK, GATHER.
#include "tflite_read.h"
#include <string.h>

// The k-th output as an operator of its own.
static struct oper output_of(struct reader *r, const struct oper *o, int k)
{
    struct oper part = *o;
    part.out = o->out + k;
    part.nout = 1;
    part.said = *o->out[k];
    part.shaped = o->slot[k]->shaped;
    part.open = o->slot[k]->open;
    if (k) part.name = reader_name(r, o->out[k]);
    return part;
}

// Elements from .. from + count of a dimension; with drop (count 1) the dimension goes.
static bool take(struct reader *r, struct oper *o, int32_t axis, int32_t from, int32_t count, bool drop,
                 struct err *e)
{
    const struct tensor *x = o->in[0];
    int32_t begin[GRAPH_MAX_RANK] = {0}, stride[GRAPH_MAX_RANK] = {1, 1, 1, 1, 1, 1}, n[GRAPH_MAX_RANK];
    memcpy(n, x->dim, sizeof n);
    begin[axis] = from;
    n[axis] = count;
    return reader_slice(r, o, begin, stride, n, drop ? 1u << axis : 0, e);
}

static bool axis_check(int32_t *axis, int rank, struct err *e)
{
    int32_t stated = *axis;
    if (*axis < 0 && *axis >= -rank) *axis += rank;
    return (*axis >= 0 && *axis < rank) || fail(e, "axis %d of %d dimensions", stated, rank);
}

// SPLIT has (axis, x), SPLIT_V (x, sizes, axis).
static bool oper_split(struct reader *r, struct oper *o, struct err *e)
{
    bool sized = o->builtin == TFL_SPLIT_V;
    struct tensor *x = o->in[sized ? 0 : 1];
    int32_t axis, sizes[64], from = 0, rest = 0;
    int n = o->nout, one = reader_ints(o->in[sized ? 2 : 0], &axis, 1, e);
    if (one != 1) return one < 0 ? false : fail(e, "has no axis");
    if (!axis_check(&axis, x->rank, e)) return false;
    if (sized) {
        int given = reader_ints(o->in[1], sizes, 64, e);
        if (given < 0) return false;
        if (given != n) return fail(e, "%d sizes for %d outputs", given, n);
        rest = x->dim[axis];
        for (int i = 0; i < n; i++) {
            if (sizes[i] < -1 || sizes[i] > x->dim[axis])
                return fail(e, "size %d of %d", sizes[i], x->dim[axis]);
            if (sizes[i] > 0) rest -= sizes[i];
        }
    } else if (x->dim[axis] % n) {
        return fail(e, "%d elements do not split into %d", x->dim[axis], n);
    }
    struct oper whole = *o;
    whole.in = &x;
    for (int k = 0; k < n; k++) {
        struct oper part = output_of(r, &whole, k);
        int32_t count = !sized ? x->dim[axis] / n : sizes[k] == -1 ? rest : sizes[k];
        if (!take(r, &part, axis, from, count, false, e)) return false;
        from += count;
    }
    return true;
}

static bool oper_unpack(struct reader *r, struct oper *o, struct err *e)
{
    const struct tensor *x = o->in[0];
    int32_t axis = fb_i32(&o->options, UNPACK_AXIS, 0);
    if (!axis_check(&axis, x->rank, e)) return false;
    if (x->dim[axis] != o->nout) return fail(e, "%d outputs of %d elements", o->nout, x->dim[axis]);
    for (int k = 0; k < o->nout; k++) {
        struct oper part = output_of(r, o, k);
        if (!take(r, &part, axis, k, 1, true, e)) return false;
    }
    return true;
}

static bool oper_pack(struct reader *r, struct oper *o, struct err *e)
{
    int rank = o->in[0]->rank;
    int32_t axis = fb_i32(&o->options, PACK_AXIS, 0);
    if (rank == GRAPH_MAX_RANK) return fail(e, "its inputs have %d dimensions already", rank);
    if (!axis_check(&axis, rank + 1, e)) return false;
    if (!reader_room(r, (uint64_t)o->nin * 1024, e)) return false;
    struct tensor **wide = arena_new_n(r->a, (size_t)o->nin, struct tensor *);
    for (int i = 0; i < o->nin; i++) {
        struct tensor *x = o->in[i];
        int32_t dim[GRAPH_MAX_RANK];
        if (!x || x->rank != rank || x->type != o->out[0]->type) return fail(e, "its inputs differ");
        for (int k = 0; k <= rank; k++) dim[k] = k == axis ? 1 : x->dim[k - (k > axis)];
        wide[i] = reader_between(r, x, "packed");
        tensor_set_dims(wide[i], rank + 1, dim);
        wide[i]->data = x->data;
        if (!x->data && !reader_finish(o, reader_reshape(r, x, wide[i]), e)) return false;
    }
    struct node *n = graph_add(r->g, r->a, OP_CONCATENATION, o->name, o->nin, 1);
    memcpy(n->in, wide, (size_t)o->nin * sizeof *wide);
    n->out[0] = o->out[0];
    n->as.axis.axis = axis;
    return reader_finish(o, n, e);
}

// Constant indices as int32, counted from the front.
static struct tensor *indices_of(struct reader *r, const struct tensor *at, int32_t size, struct err *e)
{
    if (at->type != I32 && at->type != I64)
        return FAIL_NULL(e, "its indices %s are %s, want int32", at->name, dtype_name(at->type));
    const int64_t n = tensor_count(at);
    if (!reader_room(r, (uint64_t)n * 4, e)) return NULL;
    int32_t *v = arena_new_n(r->a, (size_t)n, int32_t);
    for (int64_t i = 0; i < n; i++) {
        int64_t k = at->type == I32 ? ((const int32_t *)at->data)[i] : ((const int64_t *)at->data)[i];
        if (k < -size || k >= size) return FAIL_NULL(e, "takes element %lld of %d", (long long)k, size);
        v[i] = (int32_t)(k < 0 ? k + size : k);
    }
    return tensor_const(r->a, at->name, I32, at->rank, at->dim, v);
}

// One element, or neighbours: a slice. Others stay GATHER.
static bool oper_gather(struct reader *r, struct oper *o, struct err *e)
{
    const struct tensor *x = o->in[0];
    struct tensor *at = o->in[1];
    int32_t axis = fb_i32(&o->options, GATHER_AXIS, 0);
    if (!axis_check(&axis, x->rank, e)) return false;
    if (fb_i32(&o->options, GATHER_BATCH_DIMS, 0))
        return fail(e, "gathers by batch; use a slice in the model");
    if (at->data && !(at = indices_of(r, at, x->dim[axis], e))) return false;
    const int32_t *index = at->data;
    bool neighbours = index && at->rank <= 1;
    for (int64_t i = 1; neighbours && i < tensor_count(at); i++) neighbours = index[i] == index[i - 1] + 1;
    if (neighbours) return take(r, o, axis, index[0], (int32_t)tensor_count(at), at->rank == 0, e);
    struct node *n = reader_node(r, o, OP_GATHER, 2);
    n->in[1] = at;
    n->as.axis.axis = axis;
    return reader_finish(o, n, e);
}

const struct oper_def opers_split[] = {
    {TFL_PACK, OPT_PACK, 4, 1, 1 << 16, .read = oper_pack},
    {TFL_GATHER, OPT_GATHER, 7, 2, 2, .read = oper_gather},
    {TFL_SPLIT, OPT_SPLIT, 4, 2, 2, oper_split, .many = true},
    {TFL_SPLIT_V, OPT_SPLIT_V, 2, 3, 3, oper_split, .many = true},
    {TFL_UNPACK, OPT_UNPACK, 4, 1, 1, oper_unpack, .many = true},
    {.read = NULL},
};
