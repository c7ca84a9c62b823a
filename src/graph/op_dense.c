// FULLY_CONNECTED: y[..][o] = act(bias[o] + sum over k of x[..][k] * weight[o][k]). Input (..., k): the last
// dimension is multiplied, those in front stay.
#include "op.h"

static bool infer(struct node *n, struct err *e)
{
    if (!want_inputs(n, 2, 3, e) || !want_rank(n, 1, 2, e)) return false;
    const struct tensor *x = n->in[0], *w = n->in[1], *b = n->nin > 2 ? n->in[2] : NULL;
    if (x->rank < 1 || x->dim[x->rank - 1] != w->dim[1])
        return fail(e, "the input's last dimension is %d, the weights want %d; is a flatten missing?",
                    x->rank ? x->dim[x->rank - 1] : 1, w->dim[1]);
    if (b && tensor_count(b) != w->dim[0])
        return fail(e, "%lld biases for %d units", (long long)tensor_count(b), w->dim[0]);
    int32_t dim[GRAPH_MAX_RANK];
    for (int i = 0; i < x->rank - 1; i++) dim[i] = x->dim[i];
    dim[x->rank - 1] = w->dim[0];
    return infer_out(n, x->type, x->rank, dim, e);
}

static int64_t macs(const struct node *n)
{
    return tensor_count(n->out[0]) * n->in[1]->dim[1];
}

const struct opdef op_DENSE = {"FULLY_CONNECTED", infer, NULL, macs};
