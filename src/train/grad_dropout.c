// DROPOUT, inverted (Srivastava et al. 2014): in training each number is 0 with probability rate, else
// divided by 1 - rate, so that the finished model needs nothing.
#include "grad.h"
#include <string.h>

static int64_t keep(const struct node *n, int64_t batch)
{
    return tensor_count(n->out[0]) * batch;
}

static void forward(struct layer *l)
{
    int64_t n = (int64_t)l->batch * l->out.n;
    float rate = l->node->as.dropout.rate;
    if (!l->training || rate <= 0) {
        memcpy(l->out.x, l->in[0].x, (size_t)n * sizeof(float));
        for (int64_t i = 0; i < n; i++) l->keep[i] = 1;
        return;
    }
    for (int64_t i = 0; i < n; i++) {
        l->keep[i] = rng_float(&l->rng) < rate ? 0 : 1 / (1 - rate);
        l->out.x[i] = l->in[0].x[i] * l->keep[i];
    }
}

static void backward(struct layer *l)
{
    if (!l->in[0].dx) return;
    for (int64_t i = 0, n = (int64_t)l->batch * l->out.n; i < n; i++)
        l->in[0].dx[i] = l->out.dx[i] * l->keep[i];
}

static bool check(const struct node *n, struct err *e)
{
    float rate = n->as.dropout.rate;
    if (!(rate >= 0 && rate < 1))
        return fail(e, "%s: a dropout rate of %g; want 0 <= rate < 1", n->name, (double)rate);
    return true;
}

const struct grad grad_dropout = {
    .op = OP_DROPOUT, .check = check, .keep = keep, .forward = forward, .backward = backward};
