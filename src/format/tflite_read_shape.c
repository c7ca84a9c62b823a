// Operators that move values without computing, and shapes.
#include "tflite_read.h"
#include <string.h>

static bool oper_reshape(struct reader *r, struct oper *o, struct err *e)
{
    struct tensor *x = o->in[0], *y = o->out[0];
    int32_t dim[GRAPH_MAX_RANK], rank = -1;
    struct err why = {""};
    if (o->nin > 1 && o->in[1])
        rank = reader_ints(o->in[1], dim, GRAPH_MAX_RANK, &why);
    else {
        struct fb_vec v = fb_vec(&o->options, RESHAPE_SHAPE, 4);
        if (v.p && v.n <= GRAPH_MAX_RANK)
            for (rank = 0; rank < (int)v.n; rank++) dim[rank] = fb_vec_i32(&v, (uint32_t)rank);
    }
    if (rank < 0 && o->shaped) { // the shape is computed at run time, but the file knows the result
        rank = y->rank;
        for (int i = 0; i < rank; i++) dim[i] = o->open & 1u << i ? -1 : y->dim[i];
    }
    if (rank < 0) return fail(e, "its shape is not known: %s", *why.text ? why.text : "no shape is given");
    int64_t rest = tensor_count(x);
    int free_dim = -1;
    for (int i = 0; i < rank; i++) {
        if (dim[i] == -1 && free_dim < 0) {
            free_dim = i;
            continue;
        }
        if (dim[i] < 1 || rest % dim[i])
            return fail(e, "%lld values cannot have a dimension of %d", (long long)tensor_count(x), dim[i]);
        rest /= dim[i];
    }
    if (free_dim >= 0) dim[free_dim] = (int32_t)rest;
    tensor_set_dims(y, rank, dim);
    return reader_finish(o, reader_node(r, o, OP_RESHAPE, 1), e);
}

static bool oper_expand_dims(struct reader *r, struct oper *o, struct err *e)
{
    int32_t axis, dim[GRAPH_MAX_RANK];
    const struct tensor *x = o->in[0];
    int count = reader_ints(o->in[1], &axis, 1, e);
    if (count != 1) return count < 0 ? false : fail(e, "has no axis");
    if (axis < 0) axis += x->rank + 1;
    if (axis < 0 || axis > x->rank || x->rank == GRAPH_MAX_RANK)
        return fail(e, "axis %d does not fit %d dimensions", axis, x->rank);
    for (int i = 0; i <= x->rank; i++) dim[i] = i == axis ? 1 : x->dim[i - (i > axis)];
    tensor_set_dims(o->out[0], x->rank + 1, dim);
    return reader_finish(o, reader_node(r, o, OP_RESHAPE, 1), e);
}

static bool oper_squeeze(struct reader *r, struct oper *o, struct err *e)
{
    const struct tensor *x = o->in[0];
    struct fb_vec v = fb_vec(&o->options, SQUEEZE_DIMS, 4);
    bool drop[GRAPH_MAX_RANK] = {0};
    int32_t dim[GRAPH_MAX_RANK], rank = 0;
    for (int i = 0; !v.n && i < x->rank; i++) drop[i] = x->dim[i] == 1;
    for (uint32_t k = 0; k < v.n && k < GRAPH_MAX_RANK; k++) {
        int32_t i = fb_vec_i32(&v, k);
        if (i < 0 && i >= -x->rank) i += x->rank;
        if (i < 0 || i >= x->rank || x->dim[i] != 1) return fail(e, "dimension %d is not of size 1", i);
        drop[i] = true;
    }
    for (int i = 0; i < x->rank; i++)
        if (!drop[i]) dim[rank++] = x->dim[i];
    tensor_set_dims(o->out[0], rank, dim);
    return reader_finish(o, reader_node(r, o, OP_RESHAPE, 1), e);
}

static bool oper_transpose(struct reader *r, struct oper *o, struct err *e)
{
    struct node *n = reader_node(r, o, OP_TRANSPOSE, 1);
    int count = reader_ints(o->in[1], n->as.transpose.perm, GRAPH_MAX_RANK, e);
    if (count < 0) return false;
    if (count != o->in[0]->rank) return fail(e, "orders %d of %d axes", count, o->in[0]->rank);
    for (int i = 0; i < count; i++)
        if (n->as.transpose.perm[i] < 0) n->as.transpose.perm[i] += count;
    return reader_finish(o, n, e);
}

static bool oper_concatenation(struct reader *r, struct oper *o, struct err *e)
{
    enum act act;
    enum op after;
    if (!reader_act(o, CONCAT_ACT, &act, &after, e)) return false;
    if (act != ACT_NONE) after = act == ACT_RELU ? OP_RELU : OP_RELU6;
    for (int i = 0; i < o->nin; i++)
        if (!o->in[i] || o->in[i]->type != o->out[0]->type) return fail(e, "mixes types");
    struct node *n = reader_node(r, o, OP_CONCATENATION, o->nin);
    n->as.axis.axis = fb_i32(&o->options, CONCAT_AXIS, 0);
    if (n->as.axis.axis < 0) n->as.axis.axis += o->in[0]->rank;
    return reader_finish_act(r, o, n, after, e);
}

bool reader_slice(struct reader *r, struct oper *o, const int32_t *begin, const int32_t *stride,
                  const int32_t *count, unsigned shrink, struct err *e)
{
    const struct tensor *x = o->in[0];
    struct tensor *y = o->out[0], *part = shrink ? reader_between(r, y, "slice") : y;
    tensor_set_dims(part, x->rank, count);
    struct node *n = graph_add(r->g, r->a, OP_STRIDED_SLICE, shrink ? part->name : o->name, 1, 1);
    n->in[0] = o->in[0];
    n->out[0] = part;
    memcpy(n->as.slice.begin, begin, (size_t)x->rank * sizeof *begin);
    memcpy(n->as.slice.stride, stride, (size_t)x->rank * sizeof *stride);
    if (!op_def(OP_STRIDED_SLICE)->infer(n, e)) return false;
    if (shrink) {
        int32_t dim[GRAPH_MAX_RANK], rank = 0;
        for (int i = 0; i < x->rank; i++)
            if (!(shrink & 1u << i)) dim[rank++] = count[i];
        tensor_set_dims(y, rank, dim);
        if (!op_def(OP_RESHAPE)->infer(reader_reshape(r, part, y), e)) return false;
    }
    return reader_same_output(o, y, e);
}

static int32_t clamp(int64_t v, int64_t lo, int64_t hi)
{
    return (int32_t)(v < lo ? lo : v > hi ? hi : v);
}

static bool oper_strided_slice(struct reader *r, struct oper *o, struct err *e)
{
    const struct tensor *x = o->in[0];
    int32_t begin[GRAPH_MAX_RANK], end[GRAPH_MAX_RANK], stride[GRAPH_MAX_RANK], count[GRAPH_MAX_RANK];
    int nb = reader_ints(o->in[1], begin, GRAPH_MAX_RANK, e);
    int ne = nb < 0 ? -1 : reader_ints(o->in[2], end, GRAPH_MAX_RANK, e);
    int ns = ne < 0 ? -1 : reader_ints(o->in[3], stride, GRAPH_MAX_RANK, e);
    if (ns < 0) return false;
    if (nb != ne || nb != ns || nb > x->rank)
        return fail(e, "begin, end and strides of %d, %d and %d values for %d dimensions", nb, ne, ns,
                    x->rank);
    if (fb_i32(&o->options, SLICE_ELLIPSIS_MASK, 0) || fb_i32(&o->options, SLICE_NEW_AXIS_MASK, 0) ||
        fb_u8(&o->options, SLICE_OFFSET, 0))
        return fail(e, "uses an ellipsis, a new axis or offsets; write the slice without them");
    unsigned begin_mask = fb_u32(&o->options, SLICE_BEGIN_MASK, 0),
             end_mask = fb_u32(&o->options, SLICE_END_MASK, 0);
    unsigned shrink = fb_u32(&o->options, SLICE_SHRINK_MASK, 0) & ((1u << nb) - 1);
    for (int i = 0; i < x->rank; i++) {
        int64_t n = x->dim[i], b, stop, s;
        if (i >= nb) {
            begin[i] = 0, stride[i] = 1, count[i] = x->dim[i];
            continue;
        }
        b = begin[i] < 0 ? begin[i] + n : begin[i];
        stop = end[i] < 0 ? end[i] + n : end[i];
        s = stride[i];
        if (!s) return fail(e, "dimension %d has stride 0", i);
        if (shrink & 1u << i) {
            if (b < 0 || b >= n) return fail(e, "takes element %d of %d", begin[i], x->dim[i]);
            begin[i] = (int32_t)b, stride[i] = 1, count[i] = 1;
            continue;
        }
        b = begin_mask & 1u << i ? (s > 0 ? 0 : n - 1) : s > 0 ? clamp(b, 0, n) : clamp(b, -1, n - 1);
        stop = end_mask & 1u << i ? (s > 0 ? n : -1) : s > 0 ? clamp(stop, 0, n) : clamp(stop, -1, n - 1);
        int64_t many = s > 0 ? (stop - b + s - 1) / s : (b - stop - s - 1) / -s;
        if (many < 1) return fail(e, "dimension %d keeps nothing of %d", i, x->dim[i]);
        begin[i] = (int32_t)b, count[i] = (int32_t)many;
    }
    return reader_slice(r, o, begin, stride, count, shrink, e);
}

static bool oper_slice(struct reader *r, struct oper *o, struct err *e)
{
    const struct tensor *x = o->in[0];
    int32_t begin[GRAPH_MAX_RANK], count[GRAPH_MAX_RANK], stride[GRAPH_MAX_RANK] = {1, 1, 1, 1, 1, 1};
    int nb = reader_ints(o->in[1], begin, GRAPH_MAX_RANK, e);
    int nc = nb < 0 ? -1 : reader_ints(o->in[2], count, GRAPH_MAX_RANK, e);
    if (nc < 0) return false;
    if (nb != x->rank || nc != x->rank) return fail(e, "begin and size do not fit %d dimensions", x->rank);
    for (int i = 0; i < nb; i++) {
        if (begin[i] < 0 || begin[i] > x->dim[i]) return fail(e, "dimension %d begins at %d", i, begin[i]);
        if (count[i] == -1) count[i] = x->dim[i] - begin[i];
    }
    return reader_slice(r, o, begin, stride, count, 0, e);
}

// The chosen dimensions from the last element to the first.
static bool oper_reverse(struct reader *r, struct oper *o, struct err *e)
{
    const struct tensor *x = o->in[0];
    int32_t axis[GRAPH_MAX_RANK], begin[GRAPH_MAX_RANK] = {0}, stride[GRAPH_MAX_RANK] = {1, 1, 1, 1, 1, 1};
    const int n = reader_ints(o->in[1], axis, GRAPH_MAX_RANK, e);
    if (n < 0) return false;
    for (int i = 0; i < n; i++) {
        const int32_t a = axis[i] < 0 ? axis[i] + x->rank : axis[i];
        if (a < 0 || a >= x->rank) return fail(e, "axis %d of %d dimensions", axis[i], x->rank);
        begin[a] = x->dim[a] - 1;
        stride[a] = -1;
    }
    return reader_slice(r, o, begin, stride, x->dim, 0, e);
}

// Operators that the folding of constants did not take: shapes that depend on values.
bool oper_shape_only(struct reader *r, struct oper *o, struct err *e)
{
    (void)r, (void)o;
    return fail(e, "is supported where it computes shapes, not on measured values; replace it in the model");
}

static bool oper_alone(struct reader *r, struct oper *o, struct err *e)
{
    (void)r, (void)o;
    return fail(e, "no SPACE_TO_BATCH_ND is in front of it; only dilated convolutions are supported so");
}

const struct oper_def opers_shape[] = {
    {TFL_RESHAPE, OPT_RESHAPE, 1, 1, 2, .read = oper_reshape},
    {TFL_EXPAND_DIMS, OPT_EXPAND_DIMS, 1, 2, 2, .read = oper_expand_dims},
    {TFL_SQUEEZE, OPT_SQUEEZE, 2, 1, 1, .read = oper_squeeze},
    {TFL_TRANSPOSE, OPT_TRANSPOSE, 8, 2, 2, .read = oper_transpose},
    {TFL_CONCATENATION, OPT_CONCAT, 4, 1, 1 << 16, .read = oper_concatenation},
    {TFL_STRIDED_SLICE, OPT_STRIDED_SLICE, 8, 4, 4, .read = oper_strided_slice},
    {TFL_SLICE, OPT_SLICE, 6, 3, 3, .read = oper_slice},
    {TFL_REVERSE_V2, OPT_REVERSE_V2, 3, 2, 2, .read = oper_reverse},
    {TFL_SPACE_TO_BATCH_ND, OPT_NONE, 4, 3, 3, .read = dilate_start},
    {TFL_BATCH_TO_SPACE_ND, OPT_NONE, 4, 3, 3, .read = oper_alone},
    {TFL_SHAPE, OPT_SHAPE, 1, 1, 1, .read = oper_shape_only},
    {TFL_FILL, OPT_FILL, 4, 2, 2, .read = oper_shape_only},
    {TFL_ZEROS_LIKE, OPT_ZEROS_LIKE, 1, 1, 1, .read = oper_shape_only},
    {TFL_RANGE, OPT_RANGE, 2, 3, 3, .read = oper_shape_only},
    {TFL_FLOOR_DIV, OPT_FLOOR_DIV, 3, 2, 2, .read = oper_shape_only},
    {.read = NULL},
};
