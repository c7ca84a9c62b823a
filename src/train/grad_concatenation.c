// CONCATENATION over the last dimension (bidirectional layers): y (rows, sum of n_i) from x_i (rows, n_i).
#include "grad.h"
#include <string.h>

static bool check(const struct node *n, struct err *e)
{
    if (n->as.axis.axis != n->out[0]->rank - 1)
        return fail(e, "%s: only a concatenation over the last dimension can be trained", n->name);
    for (int i = 0; i < n->nin; i++)
        if (tensor_is_const(n->in[i])) return fail(e, "%s: it joins a constant", n->name);
    return true;
}

static void move(struct layer *l, bool back)
{
    const struct node *n = l->node;
    const int32_t width = n->out[0]->dim[n->out[0]->rank - 1];
    const int64_t rows = (int64_t)l->batch * l->out.n / width;
    for (int i = 0, at = 0; i < n->nin; i++) {
        const int32_t own = n->in[i]->dim[n->in[i]->rank - 1];
        for (int64_t r = 0; r < rows && !back; r++)
            memcpy(l->out.x + r * width + at, l->in[i].x + r * own, (size_t)own * sizeof(float));
        for (int64_t r = 0; r < rows && back && l->in[i].dx; r++)
            memcpy(l->in[i].dx + r * own, l->out.dx + r * width + at, (size_t)own * sizeof(float));
        at += own;
    }
}

static void forward(struct layer *l)
{
    move(l, false);
}

static void backward(struct layer *l)
{
    move(l, true);
}

const struct grad grad_concatenation = {
    .op = OP_CONCATENATION, .check = check, .forward = forward, .backward = backward};
