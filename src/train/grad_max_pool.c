// MAX_POOL_2D: the gradient goes to the first largest input under the kernel.
#include "grad.h"
#include <string.h>

static int64_t keep(const struct node *n, int64_t batch)
{
    return tensor_count(n->out[0]) * batch; // as int32: where in the window's input the largest was
}

// One more pixel under the kernel, at `from` in its window.
static void take(const float *restrict x, float *restrict y, int32_t *restrict at, int32_t from, int c,
                 bool first)
{
    for (int i = 0; i < c && first; i++) y[i] = x[i], at[i] = from + i;
    for (int i = 0; i < c && !first; i++) {
        float v = x[i], was = y[i];
        int32_t here = from + i, there = at[i];
        at[i] = v > was ? here : there;
        y[i] = v > was ? v : was;
    }
}

static void forward(struct layer *l)
{
    const struct pool *p = &l->node->as.pool;
    const int32_t *xd = l->node->in[0]->dim, *yd = l->node->out[0]->dim;
    const float *x = l->in[0].x;
    float *y = l->out.x;
    int32_t *at = (int32_t *)l->keep;
    int c = yd[3];
    for (int b = 0; b < l->batch; b++, x += l->in[0].n)
        for (int oy = 0; oy < yd[1]; oy++)
            for (int ox = 0; ox < yd[2]; ox++, y += c, at += c) {
                bool first = true;
                for (int ky = 0; ky < p->kernel[0]; ky++)
                    for (int kx = 0; kx < p->kernel[1]; kx++) {
                        int iy = oy * p->stride[0] - p->pad[0] + ky, ix = ox * p->stride[1] - p->pad[1] + kx;
                        if (iy < 0 || iy >= xd[1] || ix < 0 || ix >= xd[2]) continue;
                        int32_t from = (iy * xd[2] + ix) * c;
                        take(x + from, y, at, from, c, first);
                        first = false;
                    }
            }
    act_forward(p->act, l->out.x, (int64_t)l->batch * l->out.n);
}

static void backward(struct layer *l)
{
    float *dx = l->in[0].dx;
    const float *dy = l->out.dx;
    const int32_t *at = (const int32_t *)l->keep;
    if (!dx) return;
    act_backward(l->node->as.pool.act, l->out.x, l->out.dx, (int64_t)l->batch * l->out.n);
    memset(dx, 0, (size_t)l->batch * (size_t)l->in[0].n * sizeof *dx);
    for (int b = 0; b < l->batch; b++, dx += l->in[0].n, dy += l->out.n, at += l->out.n)
        for (int i = 0; i < l->out.n; i++) dx[at[i]] += dy[i];
}

const struct grad grad_max_pool = {
    .op = OP_MAX_POOL_2D, .keep = keep, .forward = forward, .backward = backward};
