// Ops that move values. On constants they are folded; on computed values most only relabel.
#include "onnx_read.h"
#include <math.h>
#include <string.h>

// ---- relabelling ----

static bool view(struct onnx *r, struct onnx_node *n, struct value *v, int rank, const int32_t *dim)
{
    return node_is(r, n, 0, make_shape(r, n, v, rank, dim));
}

static bool reshape(struct onnx *r, struct onnx_node *n)
{
    struct value *x = node_in(r, n, 0), *shape = x ? node_ints(r, n, 1) : NULL;
    if (!shape) return false;
    int rank = (int)value_count(shape), unknown = -1;
    if (shape->rank > 1 || rank > VALUE_MAX_RANK) return node_fail(r, n, "its shape has %d dimensions", rank);
    int64_t dim[VALUE_MAX_RANK], count = value_count(x), known = 1;
    for (int i = 0; i < rank; i++) {
        dim[i] = shape->i[i];
        if (dim[i] == 0 && !attr_int(n, "allowzero", 0)) dim[i] = i < x->rank ? x->dim[i] : 0;
        if (dim[i] < -1 || dim[i] > INT32_MAX || (dim[i] == -1 && unknown >= 0))
            return node_fail(r, n, "its shape has %lld in it", (long long)dim[i]);
        if (dim[i] == -1)
            unknown = i;
        else
            known *= dim[i];
        if (known > INT32_MAX) return node_fail(r, n, "its shape is too large");
    }
    // A batch written into the shape, of a file whose batch was set to 1.
    if (rank && r->fixed_batch > 1 && dim[0] == r->fixed_batch && !value_is_const(x) &&
        (known == count * r->fixed_batch || (unknown >= 0 && x->rank && x->dim[0] == 1))) {
        known /= dim[0];
        dim[0] = 1;
    }
    if (unknown >= 0) dim[unknown] = known && count % known == 0 ? count / known : -1;
    int32_t dim32[VALUE_MAX_RANK];
    if ((unknown >= 0 ? dim[unknown] < 0 : known != count))
        return node_fail(r, n, "%lld numbers do not fit its shape; was the batch fixed when it was exported?",
                         (long long)count);
    return dims_check(r, n, rank, dim, dim32) && view(r, n, x, rank, dim32);
}

static bool flatten(struct onnx *r, struct onnx_node *n)
{
    struct value *x = node_in(r, n, 0);
    if (!x) return false;
    int64_t at = attr_int(n, "axis", 1);
    if (at < 0) at += x->rank;
    if (at < 0 || at > x->rank) return node_fail(r, n, "axis %lld of %d", (long long)at, x->rank);
    int32_t dim[2] = {1, 1};
    for (int i = 0; i < x->rank; i++) dim[i >= at] *= x->dim[i];
    return view(r, n, x, 2, dim);
}

static bool squeeze(struct onnx *r, struct onnx_node *n)
{
    struct value *x = node_in(r, n, 0);
    const int64_t *list;
    int count, rank = 0;
    if (!x || !node_list(r, n, "axes", 1, &list, &count)) return false;
    bool gone[VALUE_MAX_RANK] = {0};
    for (int i = 0; i < count; i++) {
        int axis = node_axis(r, n, list[i], x->rank);
        if (axis < 0) return false;
        if (x->dim[axis] != 1)
            return node_fail(r, n, "dimension %d is %d and cannot be squeezed", axis, x->dim[axis]);
        gone[axis] = true;
    }
    int32_t dim[VALUE_MAX_RANK];
    for (int i = 0; i < x->rank; i++)
        if (list ? !gone[i] : x->dim[i] != 1) dim[rank++] = x->dim[i];
    return view(r, n, x, rank, dim);
}

static bool unsqueeze(struct onnx *r, struct onnx_node *n)
{
    struct value *x = node_in(r, n, 0);
    const int64_t *list;
    int count;
    if (!x || !node_list(r, n, "axes", 1, &list, &count)) return false;
    int rank = x->rank + count;
    if (rank > VALUE_MAX_RANK) return node_fail(r, n, "its output has %d dimensions", rank);
    bool fresh[VALUE_MAX_RANK] = {0};
    for (int i = 0; i < count; i++) {
        int axis = node_axis(r, n, list[i], rank);
        if (axis < 0) return false;
        if (fresh[axis]) return node_fail(r, n, "axis %d stands twice", axis);
        fresh[axis] = true;
    }
    int32_t dim[VALUE_MAX_RANK];
    for (int i = 0, from = 0; i < rank; i++) dim[i] = fresh[i] ? 1 : x->dim[from++];
    return view(r, n, x, rank, dim);
}

static bool identity(struct onnx *r, struct onnx_node *n)
{
    struct value *x = node_in(r, n, 0);
    return x && node_same(n, x);
}

// Outside of training the identity, and a mask that keeps everything.
static bool dropout(struct onnx *r, struct onnx_node *n)
{
    struct value *x = node_in(r, n, 0);
    const struct value *ratio = n->nin > 1 ? n->in[1] : NULL, *training = n->nin > 2 ? n->in[2] : NULL;
    const bool none = ratio && ratio->f && value_count(ratio) == 1 && ratio->f[0] == 0;
    if (!x) return false;
    if (training && !none && !(training->i && value_count(training) == 1 && !training->i[0]))
        return node_fail(r, n, "is in training mode; export the model for inference");
    if (n->nout > 1 && *n->out[1].name) {
        int64_t *mask;
        if (!fold_new(r, n, &n->out[1], x->rank, x->dim, NULL, &mask)) return false;
        for (int64_t k = 0, count = value_count(x); k < count; k++) mask[k] = 1;
    }
    return node_same(n, x);
}

static bool transpose(struct onnx *r, struct onnx_node *n)
{
    struct value *x = node_in(r, n, 0);
    const int64_t *list;
    int count, perm[VALUE_MAX_RANK];
    if (!x || !node_list(r, n, "perm", -1, &list, &count)) return false;
    if (list && count != x->rank)
        return node_fail(r, n, "perm has %d entries for %d dimensions", count, x->rank);
    unsigned seen = 0;
    for (int i = 0; i < x->rank; i++) {
        perm[i] = list ? node_axis(r, n, list[i], x->rank) : x->rank - 1 - i;
        if (perm[i] < 0) return false;
        if (seen & 1u << perm[i]) return node_fail(r, n, "perm is not a permutation");
        seen |= 1u << perm[i];
    }
    return node_is(r, n, 0, make_transpose(r, n, x, perm));
}

// Blocks of block x block positions become channels, and back: reshapes around a transpose.
static bool space_depth(struct onnx *r, struct onnx_node *n)
{
    struct value *x = node_computed(r, n, 0);
    const int64_t b = attr_int(n, "blocksize", 0);
    const bool to_space = !strcmp(n->op, "DepthToSpace"),
               crd = !strcmp(attr_text(r, n, "mode", "DCR"), "CRD");
    if (!x) return false;
    if (x->rank != 4 || b < 1 || b > 64)
        return node_fail(r, n, "blocksize %lld of %d dimensions", (long long)b, x->rank);
    const int32_t k = (int32_t)b, c = x->dim[1], h = x->dim[2], w = x->dim[3];
    if (to_space ? c % (k * k) : h % k || w % k)
        return node_fail(r, n, "blocks of %d do not fit its input", k);
    static const int dcr_perm[] = {0, 3, 4, 1, 5, 2}, crd_perm[] = {0, 1, 4, 2, 5, 3},
                     depth[] = {0, 3, 5, 1, 2, 4};
    if (!to_space) {
        struct value *y = make_shape(r, n, x, 6, (int32_t[]){x->dim[0], c, h / k, k, w / k, k});
        y = make_transpose(r, n, y, depth);
        return node_is(r, n, 0, make_shape(r, n, y, 4, (int32_t[]){x->dim[0], c * k * k, h / k, w / k}));
    }
    const int32_t few = c / (k * k);
    struct value *y = make_shape(
        r, n, x, 6, crd ? (int32_t[]){x->dim[0], few, k, k, h, w} : (int32_t[]){x->dim[0], k, k, few, h, w});
    y = make_transpose(r, n, y, crd ? crd_perm : dcr_perm);
    return node_is(r, n, 0, make_shape(r, n, y, 4, (int32_t[]){x->dim[0], few, h * k, w * k}));
}

const struct onnx_op_entry onnx_ops_shape[] = {
    {"Reshape", reshape, OP_RESHAPE},
    {"Flatten", flatten, OP_RESHAPE},
    {"Squeeze", squeeze, OP_RESHAPE},
    {"Unsqueeze", unsqueeze, OP_RESHAPE},
    {"Identity", identity, OP_RESHAPE},
    {"Dropout", dropout, OP_RESHAPE},
    {"Transpose", transpose, OP_TRANSPOSE},
    {"DepthToSpace", space_depth, OP_TRANSPOSE},
    {"SpaceToDepth", space_depth, OP_TRANSPOSE},
    {NULL, NULL, OP_COUNT},
};
