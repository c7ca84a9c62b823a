// ADD of two values of one shape: the residual connection.
#include "grad.h"
#include <string.h>

static bool check(const struct node *n, struct err *e)
{
    for (int i = 0; i < 2; i++)
        if (tensor_is_const(n->in[i]) || tensor_count(n->in[i]) != tensor_count(n->out[0]))
            return fail(e, "%s: ADD with a constant or with broadcasting cannot be trained", n->name);
    return true;
}

static void forward(struct layer *l)
{
    int64_t n = (int64_t)l->batch * l->out.n;
    const float *restrict a = l->in[0].x, *restrict b = l->in[1].x;
    float *restrict y = l->out.x;
    for (int64_t i = 0; i < n; i++) y[i] = a[i] + b[i];
    act_forward(l->node->as.binary.act, y, n);
}

static void backward(struct layer *l)
{
    int64_t n = (int64_t)l->batch * l->out.n;
    act_backward(l->node->as.binary.act, l->out.x, l->out.dx, n);
    for (int i = 0; i < 2; i++)
        if (l->in[i].dx) memcpy(l->in[i].dx, l->out.dx, (size_t)n * sizeof(float));
}

const struct grad grad_add = {.op = OP_ADD, .check = check, .forward = forward, .backward = backward};
