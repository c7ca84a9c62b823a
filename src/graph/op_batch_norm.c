// BATCH_NORM: y = gamma * (x - mean) / sqrt(variance + epsilon) + beta, a channel (the last dimension) at a
// time. Inputs x, gamma, beta, mean, variance. The `lite` technique folds it away.
#include "op.h"

static bool infer(struct node *n, struct err *e)
{
    if (!want_inputs(n, 5, 5, e)) return false;
    const struct tensor *x = n->in[0];
    if (x->rank < 1) return fail(e, "its input is a scalar");
    for (int i = 1; i < 5; i++)
        if (tensor_count(n->in[i]) != x->dim[x->rank - 1] || n->in[i]->type != F32)
            return fail(e, "%s has %lld values for %d channels", n->in[i]->name,
                        (long long)tensor_count(n->in[i]), x->dim[x->rank - 1]);
    return infer_like(n, x, e);
}

const struct opdef op_BATCH_NORM = {"BATCH_NORM", infer, NULL, NULL};
