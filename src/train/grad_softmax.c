// SOFTMAX over the last dimension: dx = beta * y * (dy - sum(dy * y)). The last one of a classifier is not
// differentiated here but together with the loss (loss.c).
#include "grad.h"
#include <math.h>

static void forward(struct layer *l)
{
    const struct tensor *t = l->node->out[0];
    int n = t->dim[t->rank - 1];
    const float *x = l->in[0].x;
    float *y = l->out.x;
    for (int64_t r = 0, rows = (int64_t)l->batch * l->out.n / n; r < rows; r++, x += n, y += n) {
        float top = x[0], sum = 0;
        for (int i = 1; i < n; i++) top = x[i] > top ? x[i] : top;
        for (int i = 0; i < n; i++) sum += y[i] = expf(l->node->as.softmax.beta * (x[i] - top));
        for (int i = 0; i < n; i++) y[i] /= sum;
    }
}

static void backward(struct layer *l)
{
    const struct tensor *t = l->node->out[0];
    int n = t->dim[t->rank - 1];
    const float *y = l->out.x, *dy = l->out.dx;
    float *dx = l->in[0].dx;
    if (!dx) return;
    for (int64_t r = 0, rows = (int64_t)l->batch * l->out.n / n; r < rows; r++, y += n, dy += n, dx += n) {
        float sum = 0;
        for (int i = 0; i < n; i++) sum += dy[i] * y[i];
        for (int i = 0; i < n; i++) dx[i] = l->node->as.softmax.beta * y[i] * (dy[i] - sum);
    }
}

const struct grad grad_softmax = {.op = OP_SOFTMAX, .forward = forward, .backward = backward};
