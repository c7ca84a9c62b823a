// DEPTHWISE_CONV_2D: every input channel by its own kernel; weights (1, kh, kw, c * multiplier), output
// channel o belongs to input channel o / multiplier.
#include "op.h"

static bool infer(struct node *n, struct err *e)
{
    if (!want_inputs(n, 2, 3, e) || !want_rank(n, 0, 4, e) || !want_rank(n, 1, 4, e)) return false;
    const struct tensor *x = n->in[0], *w = n->in[1], *b = n->nin > 2 ? n->in[2] : NULL;
    int32_t hw[2];
    if (w->dim[0] != 1 || w->dim[3] % x->dim[3])
        return fail(e, "weights for %d channels do not fit an input of %d", w->dim[3], x->dim[3]);
    if (b && tensor_count(b) != w->dim[3])
        return fail(e, "%lld biases for %d channels", (long long)tensor_count(b), w->dim[3]);
    if (!conv_window(&n->as.conv, x, w->dim[1], w->dim[2], hw, e)) return false;
    return infer_out(n, x->type, 4, (int32_t[]){x->dim[0], hw[0], hw[1], w->dim[3]}, e);
}

static int64_t macs(const struct node *n)
{
    return tensor_count(n->out[0]) * n->in[1]->dim[1] * n->in[1]->dim[2];
}

const struct opdef op_DEPTHWISE_CONV_2D = {"DEPTHWISE_CONV_2D", infer, NULL, macs};
