// Ops that move values without computing: RESHAPE, TRANSPOSE, PAD, CONCATENATION, STRIDED_SLICE.
#include "lower.h"
#include "../../device/nn.h"

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
        if (y->dim[i] == 1) n->as.slice.stride[i] = 1; // what it was has no meaning, and may be absurd
        int64_t first = n->as.slice.begin[i], last = first + (int64_t)(y->dim[i] - 1) * n->as.slice.stride[i];
        if (first < 0 || first >= x->dim[i] || last < 0 || last >= x->dim[i] || n->as.slice.stride[i] == 0)
            return fail(e, "dimension %d: elements %lld to %lld of %d", i, (long long)first, (long long)last,
                        x->dim[i]);
    }
    if (!y->q.n) y->type = x->type;
    return true;
}

static bool lower_reshape(const struct node *n, struct plan *p, struct err *e)
{
    const struct tensor *x = n->in[0], *y = n->out[0];
    if (!want_moved(n, 0, e)) return false;
    if (!tensor_is_const(x)) {
        plan_alias(p, y, x);
        return true;
    }
    return lower_move(n, p, (struct move){1, {(int32_t)tensor_count(x)}, {1}, {1}, 0, 0}, x, y, e);
}

static bool lower_transpose(const struct node *n, struct plan *p, struct err *e)
{
    const struct tensor *x = n->in[0], *y = n->out[0];
    struct move m = {.rank = x->rank};
    int32_t s[GRAPH_MAX_RANK];
    if (!want_moved(n, 0, e)) return false;
    tensor_strides(x, s);
    tensor_strides(y, m.to);
    for (int i = 0; i < y->rank; i++) {
        m.dim[i] = y->dim[i];
        m.from[i] = s[n->as.transpose.perm[i]];
    }
    return lower_move(n, p, m, x, y, e);
}

static bool lower_pad(const struct node *n, struct plan *p, struct err *e)
{
    const struct tensor *x = n->in[0], *y = n->out[0];
    struct move m = {.rank = x->rank};
    if (!want_moved(n, 0, e)) return false;
    tensor_strides(x, m.from);
    tensor_strides(y, m.to);
    for (int i = 0; i < x->rank; i++) {
        m.dim[i] = x->dim[i];
        m.to_at += n->as.pad.before[i] * m.to[i];
    }
    const nn_fill q = {(int32_t)tensor_count(y), is_s8(y) ? y->q.zero[0] : 0};
    plan_step(p, n,
              dtype_size(y->type) == 1   ? &kernel_nn_fill_s8
              : dtype_size(y->type) == 2 ? &kernel_nn_fill_s16
                                         : &kernel_nn_fill_f32,
              &q, (struct ref[]){ref_out(y)});
    return lower_move(n, p, m, x, y, e);
}

static bool lower_concatenation(const struct node *n, struct plan *p, struct err *e)
{
    const struct tensor *y = n->out[0];
    const int32_t axis = n->as.axis.axis;
    int32_t at = 0;
    if (!want_moved(n, 0, e)) return false;
    for (int k = 0; k < n->nin; k++) {
        const struct tensor *x = n->in[k];
        struct move m = {.rank = x->rank};
        tensor_strides(x, m.from);
        tensor_strides(y, m.to);
        for (int i = 0; i < x->rank; i++) m.dim[i] = x->dim[i];
        m.to_at = at * m.to[axis];
        at += x->dim[axis];
        if (!lower_move(n, p, m, x, y, e)) return false;
    }
    return true;
}

static bool lower_strided_slice(const struct node *n, struct plan *p, struct err *e)
{
    const struct tensor *x = n->in[0], *y = n->out[0];
    struct move m = {.rank = x->rank};
    int32_t s[GRAPH_MAX_RANK];
    if (!want_moved(n, 0, e)) return false;
    tensor_strides(x, s);
    tensor_strides(y, m.to);
    for (int i = 0; i < y->rank; i++) {
        m.dim[i] = y->dim[i];
        m.from[i] = s[i] * n->as.slice.stride[i];
        m.from_at += s[i] * n->as.slice.begin[i];
    }
    return lower_move(n, p, m, x, y, e);
}

const struct opdef op_RESHAPE = {"RESHAPE", infer_reshape, lower_reshape, NULL};
const struct opdef op_TRANSPOSE = {"TRANSPOSE", infer_transpose, lower_transpose, NULL};
const struct opdef op_PAD = {"PAD", infer_pad, lower_pad, NULL};
const struct opdef op_CONCATENATION = {"CONCATENATION", infer_concatenation, lower_concatenation, NULL};
const struct opdef op_STRIDED_SLICE = {"STRIDED_SLICE", infer_strided_slice, lower_strided_slice, NULL};
