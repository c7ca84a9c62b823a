// MEAN over a set of axes.
#include "op.h"

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

const struct opdef op_MEAN = {"MEAN", infer, NULL, NULL};
