// DEPTHWISE_CONV_2D: x (h, w, c), weights (1, kh, kw, c), bias (c): every channel with its own kernel.
#include "grad.h"
#include <string.h>

static bool check(const struct node *n, struct err *e)
{
    int in = n->in[0]->dim[3], out = n->out[0]->dim[3];
    if (in != out)
        return fail(e, "%s: a depth multiplier of %d cannot be trained, only 1", n->name, in ? out / in : 0);
    return true;
}

// Calls f with the offsets (in floats) of every pair of output pixel and input pixel under a tap.
typedef void tap(float *restrict y, float *restrict x, float *restrict w, int c);
static void each_tap(struct layer *l, float *y, float *x, float *w, tap *f)
{
    const struct conv *cv = &l->node->as.conv;
    const int32_t *xd = l->node->in[0]->dim, *kd = l->node->in[1]->dim, *yd = l->node->out[0]->dim;
    int c = yd[3];
    for (int b = 0; b < l->batch; b++, x += l->in[0].n)
        for (int oy = 0; oy < yd[1]; oy++)
            for (int ox = 0; ox < yd[2]; ox++, y += c)
                for (int ky = 0; ky < kd[1]; ky++) {
                    int iy = oy * cv->stride[0] - cv->pad[0] + ky * cv->dilation[0];
                    if (iy < 0 || iy >= xd[1]) continue;
                    for (int kx = 0; kx < kd[2]; kx++) {
                        int ix = ox * cv->stride[1] - cv->pad[1] + kx * cv->dilation[1];
                        if (ix < 0 || ix >= xd[2]) continue;
                        f(y, x + ((int64_t)iy * xd[2] + ix) * c, w + (ky * kd[2] + kx) * c, c);
                    }
                }
}

static void tap_forward(float *restrict y, float *restrict x, float *restrict w, int c)
{
    for (int i = 0; i < c; i++) y[i] += x[i] * w[i];
}

static void tap_dx(float *restrict dy, float *restrict dx, float *restrict w, int c)
{
    for (int i = 0; i < c; i++) dx[i] += dy[i] * w[i];
}

static void tap_dw(float *restrict dy, float *restrict x, float *restrict dw, int c)
{
    for (int i = 0; i < c; i++) dw[i] += dy[i] * x[i];
}

static void forward(struct layer *l)
{
    int c = l->node->out[0]->dim[3];
    int64_t n = (int64_t)l->batch * l->out.n;
    memset(l->out.x, 0, (size_t)n * sizeof(float));
    each_tap(l, l->out.x, l->in[0].x, l->in[1].x, tap_forward);
    if (l->in[2].x) bias_forward(l->out.x, l->in[2].x, n / c, c);
    act_forward(l->node->as.conv.act, l->out.x, n);
}

static void backward(struct layer *l)
{
    int c = l->node->out[0]->dim[3];
    int64_t n = (int64_t)l->batch * l->out.n;
    act_backward(l->node->as.conv.act, l->out.x, l->out.dx, n);
    if (l->in[1].dx) {
        memset(l->in[1].dx, 0, (size_t)l->in[1].n * sizeof(float));
        each_tap(l, l->out.dx, l->in[0].x, l->in[1].dx, tap_dw);
    }
    if (l->in[2].dx) bias_backward(l->out.dx, l->in[2].dx, n / c, c);
    if (l->in[0].dx) {
        memset(l->in[0].dx, 0, (size_t)l->batch * (size_t)l->in[0].n * sizeof(float));
        each_tap(l, l->out.dx, l->in[0].dx, l->in[1].x, tap_dx);
    }
}

const struct grad grad_depthwise = {
    .op = OP_DEPTHWISE_CONV_2D,
    .param = {[1] = PARAM_WEIGHT, [2] = PARAM_OFFSET},
    .check = check,
    .forward = forward,
    .backward = backward,
};
