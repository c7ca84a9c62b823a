// MEAN, SUM, REDUCE_MAX, REDUCE_MIN, REDUCE_PROD over a set of axes; ARG_MAX and ARG_MIN over one.
#include "lower.h"
#include "../../device/nn.h"

static bool infer(struct node *n, struct err *e)
{
    if (!want_inputs(n, 1, 1, e)) return false;
    const struct tensor *x = n->in[0];
    bool gone[GRAPH_MAX_RANK] = {0};
    if (n->as.reduce.naxis < 1 || n->as.reduce.naxis > x->rank)
        return fail(e, "reduces %d of %d axes", n->as.reduce.naxis, x->rank);
    for (int i = 0; i < n->as.reduce.naxis; i++) {
        int32_t axis = n->as.reduce.axis[i];
        if (axis < 0 || axis >= x->rank || gone[axis])
            return fail(e, "axis %d of %d is not possible", axis, x->rank);
        gone[axis] = true;
    }
    int32_t dim[GRAPH_MAX_RANK];
    int rank = 0;
    for (int i = 0; i < x->rank; i++)
        if (!gone[i])
            dim[rank++] = x->dim[i];
        else if (n->as.reduce.keep_dims)
            dim[rank++] = 1;
    return infer_out(n, x->type, rank, dim, e);
}

// A mean: 1 / b joins the multiplier, with as many bits as fit.
static bool lower_mean_integer(const struct node *n, nn_mean *q, struct err *e)
{
    const struct tensor *x = n->in[0], *y = n->out[0];
    const int32_t most = is_s16(x) ? 1 << 16 : 1 << 22; // an int32 sum
    if (q->b > most)
        return fail(e, "%d elements to a %s; at most %d", q->b, n->op == OP_MEAN ? "mean" : "sum", most);
    quantize_multiplier((double)x->q.scale[0] / (double)y->q.scale[0], &q->mult, &q->shift);
    int32_t bits = 0;
    while (n->op == OP_MEAN && q->b >> (bits + 1)) bits++;
    if (bits > 31 + q->shift) bits = 31 + q->shift;
    if (n->op == OP_MEAN) q->mult = (int32_t)(((int64_t)q->mult << bits) / q->b);
    q->shift -= bits;
    if (q->shift > 7)
        return fail(e, "%s to %s: the factor between their scales is too large", x->name, y->name);
    q->x_zero = x->q.zero[0];
    q->y_zero = y->q.zero[0];
    return true;
}

static bool is_reduced(const struct node *n, int axis)
{
    bool gone = false;
    for (int k = 0; k < n->as.reduce.naxis; k++) gone |= n->as.reduce.axis[k] == axis;
    return gone;
}

// The input as (a, b, c) with b reduced; axes of one element count as either. Where the axes are not
// neighbours a copy with those at the end, in their order, is made first. NULL: not possible.
static const struct tensor *collapse(const struct node *n, struct plan *p, int32_t abc[3], struct err *e)
{
    const struct tensor *x = n->in[0];
    int part = 0;
    bool apart = false;
    abc[0] = abc[1] = abc[2] = 1;
    for (int i = 0; i < x->rank; i++) {
        const bool gone = is_reduced(n, i);
        if (x->dim[i] == 1) continue;
        if (gone && part == 0) part = 1;
        if (!gone && part == 1) part = 2;
        apart |= gone && part == 2;
        abc[part] *= x->dim[i];
    }
    if (!apart) return x;
    struct move m = {.rank = x->rank};
    struct tensor *t = tensor_new(p->arena, x->name, x->type, x->rank, x->dim);
    int32_t s[GRAPH_MAX_RANK], to = 0;
    tensor_strides(x, s);
    abc[0] = abc[1] = abc[2] = 1;
    for (int last = 0; last < 2; last++)
        for (int i = 0; i < x->rank; i++)
            if (is_reduced(n, i) == last) {
                m.dim[to] = t->dim[to] = x->dim[i];
                m.from[to++] = s[i];
                abc[last] *= x->dim[i];
            }
    tensor_strides(t, m.to);
    return lower_move(n, p, m, x, t, e) ? t : NULL;
}

static bool lower_mean(const struct node *n, struct plan *p, struct err *e)
{
    const struct tensor *x = n->in[0], *y = n->out[0];
    int32_t d[3];
    if (!(is_s16(x) ? want_s16(n, e) : want_types(n, e)) || !(x = collapse(n, p, d, e))) return false;
    nn_mean q = {.a = d[0], .b = d[1], .c = d[2]};
    if (!is_f32(x) && !lower_mean_integer(n, &q, e)) return false;
    plan_step(p, n,
              is_s8(x)    ? &kernel_nn_mean_s8
              : is_s16(x) ? &kernel_nn_mean_s16
                          : &kernel_nn_mean_f32,
              &q, (struct ref[]){ref_in(x), ref_out(y)});
    return true;
}

static bool lower(const struct node *n, struct plan *p, struct err *e)
{
    static const int32_t function[OP_COUNT] = {[OP_SUM] = NN_SUM,
                                               [OP_REDUCE_PROD] = NN_PROD,
                                               [OP_REDUCE_MAX] = NN_MAXIMUM,
                                               [OP_REDUCE_MIN] = NN_MINIMUM};
    const struct tensor *x = n->in[0];
    int32_t d[3];
    if (!want_types(n, e)) return false;
    if (is_s8(x) && n->op == OP_SUM) return lower_mean(n, p, e);
    if (is_s8(x) && n->op == OP_REDUCE_PROD)
        return fail(e, "it has no int8 form; a dequantize is missing in front of it");
    if ((is_s8(x) && !want_moved(n, 0, e)) || !(x = collapse(n, p, d, e))) return false;
    plan_step(p, n, is_s8(x) ? &kernel_nn_reduce_s8 : &kernel_nn_reduce_f32,
              &(nn_reduce){d[0], d[1], d[2], function[n->op]}, (struct ref[]){ref_in(x), ref_out(n->out[0])});
    return true;
}

static bool infer_arg(struct node *n, struct err *e)
{
    if (!want_inputs(n, 1, 1, e)) return false;
    const struct tensor *x = n->in[0];
    const int32_t axis = n->as.axis.axis;
    if (axis < 0 || axis >= x->rank) return fail(e, "axis %d of %d", axis, x->rank);
    int32_t dim[GRAPH_MAX_RANK];
    int rank = 0;
    for (int i = 0; i < x->rank; i++)
        if (i != axis) dim[rank++] = x->dim[i];
    return infer_out(n, I32, rank, dim, e);
}

// int8 values are compared as they are: their scale is positive.
static bool lower_arg(const struct node *n, struct plan *p, struct err *e)
{
    const struct tensor *x = n->in[0], *y = n->out[0];
    nn_reduce q = {1, 1, 1, n->op == OP_ARG_MAX ? NN_MAXIMUM : NN_MINIMUM};
    if ((!is_f32(x) && !is_s8(x)) || y->type != I32)
        return fail(e, "from %s to %s; float32 or int8 to int32 can be executed", dtype_name(x->type),
                    dtype_name(y->type));
    for (int i = 0; i < x->rank; i++)
        *(i < n->as.axis.axis ? &q.a : i > n->as.axis.axis ? &q.c : &q.b) *= x->dim[i];
    plan_step(p, n, is_s8(x) ? &kernel_nn_arg_s8 : &kernel_nn_arg_f32, &q,
              (struct ref[]){ref_in(x), ref_out(y)});
    return true;
}

const struct opdef op_MEAN = {"MEAN", infer, lower_mean, NULL};
const struct opdef op_SUM = {"SUM", infer, lower, NULL};
const struct opdef op_REDUCE_MAX = {"REDUCE_MAX", infer, lower, NULL};
const struct opdef op_REDUCE_MIN = {"REDUCE_MIN", infer, lower, NULL};
const struct opdef op_REDUCE_PROD = {"REDUCE_PROD", infer, lower, NULL};
const struct opdef op_ARG_MAX = {"ARG_MAX", infer_arg, lower_arg, NULL};
const struct opdef op_ARG_MIN = {"ARG_MIN", infer_arg, lower_arg, NULL};
