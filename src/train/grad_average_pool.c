// AVERAGE_POOL_2D: padding is left out of the average.
#include "grad.h"
#include <string.h>

// Calls for every output pixel: forward y = sum x / count, backward dx += dy / count.
static void pool(struct layer *l, float *restrict x, float *restrict y, bool back)
{
    const struct pool *p = &l->node->as.pool;
    const int32_t *xd = l->node->in[0]->dim, *yd = l->node->out[0]->dim;
    int c = yd[3];
    for (int b = 0; b < l->batch; b++, x += l->in[0].n)
        for (int oy = 0; oy < yd[1]; oy++)
            for (int ox = 0; ox < yd[2]; ox++, y += c) {
                int y0 = oy * p->stride[0] - p->pad[0], x0 = ox * p->stride[1] - p->pad[1];
                int y1 = y0 + p->kernel[0] < xd[1] ? y0 + p->kernel[0] : xd[1];
                int x1 = x0 + p->kernel[1] < xd[2] ? x0 + p->kernel[1] : xd[2];
                y0 = y0 > 0 ? y0 : 0, x0 = x0 > 0 ? x0 : 0;
                float scale = 1 / (float)((y1 - y0) * (x1 - x0));
                for (int iy = y0; iy < y1; iy++)
                    for (int ix = x0; ix < x1; ix++) {
                        float *pixel = x + ((int64_t)iy * xd[2] + ix) * c;
                        if (back)
                            for (int i = 0; i < c; i++) pixel[i] += y[i] * scale;
                        else
                            for (int i = 0; i < c; i++) y[i] += pixel[i] * scale;
                    }
            }
}

static void forward(struct layer *l)
{
    int64_t n = (int64_t)l->batch * l->out.n;
    memset(l->out.x, 0, (size_t)n * sizeof(float));
    pool(l, l->in[0].x, l->out.x, false);
    act_forward(l->node->as.pool.act, l->out.x, n);
}

static void backward(struct layer *l)
{
    if (!l->in[0].dx) return;
    act_backward(l->node->as.pool.act, l->out.x, l->out.dx, (int64_t)l->batch * l->out.n);
    memset(l->in[0].dx, 0, (size_t)l->batch * (size_t)l->in[0].n * sizeof(float));
    pool(l, l->in[0].dx, l->out.dx, true);
}

const struct grad grad_average_pool = {.op = OP_AVERAGE_POOL_2D, .forward = forward, .backward = backward};
