// Ops that move values without computing: RESHAPE, TRANSPOSE, PAD, CONCATENATION, STRIDED_SLICE.
#include "op.h"

// The output's dimensions are given by whoever makes the node; they must hold as many elements.
static bool infer_reshape(struct node *n, struct err *e)
{
    if (!want_inputs(n, 1, 1, e) || !tensor_check(n->out[0], e)) return false;
    if (tensor_count(n->in[0]) != tensor_count(n->out[0])) {
        char s[64], t[64];
        return fail(e, "%s cannot become %s", tensor_shape(n->in[0], s, sizeof s),
                    tensor_shape(n->out[0], t, sizeof t));
    }
    if (!n->out[0]->q.n) n->out[0]->type = n->in[0]->type;
    return true;
}

static bool infer_transpose(struct node *n, struct err *e)
{
    if (!want_inputs(n, 1, 1, e)) return false;
    const struct tensor *x = n->in[0];
    int32_t dim[GRAPH_MAX_RANK];
    unsigned seen = 0;
    for (int i = 0; i < x->rank; i++) {
        int32_t from = n->as.transpose.perm[i];
        if (from < 0 || from >= x->rank || seen & 1u << from)
            return fail(e, "its order of axes is not a permutation");
        seen |= 1u << from;
        dim[i] = x->dim[from];
    }
    return infer_out(n, x->type, x->rank, dim, e);
}

static bool infer_pad(struct node *n, struct err *e)
{
    if (!want_inputs(n, 1, 1, e)) return false;
    const struct tensor *x = n->in[0];
    int32_t dim[GRAPH_MAX_RANK];
    for (int i = 0; i < x->rank; i++) {
        int32_t before = n->as.pad.before[i], after = n->as.pad.after[i];
        if (before < 0 || after < 0 || before > 1 << 24 || after > 1 << 24 || x->dim[i] > 1 << 24)
            return fail(e, "padding %d and %d: not possible", before, after);
        dim[i] = x->dim[i] + before + after;
    }
    return infer_out(n, x->type, x->rank, dim, e);
}

static bool infer_concatenation(struct node *n, struct err *e)
{
    if (n->nin < 1 || n->nout != 1) return fail(e, "%d inputs, %d outputs", n->nin, n->nout);
    const struct tensor *x = n->in[0];
    int32_t axis = n->as.axis.axis, dim[GRAPH_MAX_RANK];
    if (axis < 0 || axis >= x->rank) return fail(e, "axis %d of %d", axis, x->rank);
    int64_t sum = 0;
    for (int k = 0; k < n->nin; k++) {
        const struct tensor *t = n->in[k];
        if (!t || t->rank != x->rank) return fail(e, "input %d has another number of dimensions", k);
        for (int i = 0; i < x->rank; i++)
            if (i != axis && t->dim[i] != x->dim[i])
                return fail(e, "input %s differs in dimension %d", t->name, i);
        sum += t->dim[axis];
    }
    if (sum > INT32_MAX) return fail(e, "its output is too large");
    for (int i = 0; i < x->rank; i++) dim[i] = i == axis ? (int32_t)sum : x->dim[i];
    return infer_out(n, x->type, x->rank, dim, e);
}

// The output's dimensions are given (importers resolve ends and masks); begin and stride must stay inside.
static bool infer_strided_slice(struct node *n, struct err *e)
{
    if (!want_inputs(n, 1, 1, e) || !tensor_check(n->out[0], e)) return false;
    const struct tensor *x = n->in[0];
    struct tensor *y = n->out[0];
    if (y->rank != x->rank) return fail(e, "input and output differ in dimensions; reshape afterwards");
    for (int i = 0; i < x->rank; i++) {
        int64_t first = n->as.slice.begin[i], last = first + (int64_t)(y->dim[i] - 1) * n->as.slice.stride[i];
        if (first < 0 || first >= x->dim[i] || last < 0 || last >= x->dim[i] || n->as.slice.stride[i] == 0)
            return fail(e, "dimension %d: elements %lld to %lld of %d", i, (long long)first, (long long)last,
                        x->dim[i]);
    }
    if (!y->q.n) y->type = x->type;
    return true;
}

const struct opdef op_RESHAPE = {"RESHAPE", infer_reshape, NULL, NULL};
const struct opdef op_TRANSPOSE = {"TRANSPOSE", infer_transpose, NULL, NULL};
const struct opdef op_PAD = {"PAD", infer_pad, NULL, NULL};
const struct opdef op_CONCATENATION = {"CONCATENATION", infer_concatenation, NULL, NULL};
const struct opdef op_STRIDED_SLICE = {"STRIDED_SLICE", infer_strided_slice, NULL, NULL};
