// MEAN over a set of axes.
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

// The shape as (a, b, c) with b reduced; axes of one element count as either.
static bool collapse(const struct node *n, int32_t abc[3], struct err *e)
{
    const struct tensor *x = n->in[0];
    int part = 0;
    abc[0] = abc[1] = abc[2] = 1;
    for (int i = 0; i < x->rank; i++) {
        bool gone = false;
        for (int k = 0; k < n->as.reduce.naxis; k++) gone |= n->as.reduce.axis[k] == i;
        if (x->dim[i] == 1) continue;
        if (gone && part == 0) part = 1;
        if (!gone && part == 1) part = 2;
        if (gone && part == 2) return fail(e, "its axes are not neighbours; transpose the input before it");
        abc[part] *= x->dim[i];
    }
    return true;
}

static bool lower(const struct node *n, struct plan *p, struct err *e)
{
    const struct tensor *x = n->in[0], *y = n->out[0];
    int32_t d[3];
    if (!want_types(n, e) || !collapse(n, d, e)) return false;
    nn_mean q = {.a = d[0], .b = d[1], .c = d[2]};
    if (is_s8(x)) {
        if (d[1] > 1 << 22) return fail(e, "%d elements to a mean; at most 4194304", d[1]);
        quantize_multiplier((double)x->q.scale[0] / (double)y->q.scale[0], &q.mult, &q.shift);
        // 1 / b joins the multiplier, with as many bits as fit
        int32_t bits = 0;
        while (d[1] >> (bits + 1)) bits++;
        if (bits > 31 + q.shift) bits = 31 + q.shift;
        q.mult = (int32_t)(((int64_t)q.mult << bits) / d[1]);
        q.shift -= bits;
        if (q.shift > 7)
            return fail(e, "%s to %s: the factor between their scales is too large", x->name, y->name);
        q.x_zero = x->q.zero[0];
        q.y_zero = y->q.zero[0];
    }
    plan_step(p, n, is_s8(x) ? &kernel_nn_mean_s8 : &kernel_nn_mean_f32, &q,
              (struct ref[]){ref_in(x), ref_out(y)});
    return true;
}

const struct opdef op_MEAN = {"MEAN", infer, lower, NULL};
const struct opdef op_SUM = {"SUM", infer, NULL, NULL};
const struct opdef op_REDUCE_MAX = {"REDUCE_MAX", infer, NULL, NULL};
const struct opdef op_REDUCE_MIN = {"REDUCE_MIN", infer, NULL, NULL};
const struct opdef op_REDUCE_PROD = {"REDUCE_PROD", infer, NULL, NULL};
