// DENSE: x (..., k), weights (out, k), bias (out): y = x * weights^T + bias.
#include "gemm.h"
#include "grad.h"

static void forward(struct layer *l)
{
    int out = l->node->in[1]->dim[0], k = l->node->in[1]->dim[1];
    int64_t rows = (int64_t)l->batch * l->in[0].n / k;
    gemm(false, true, (int)rows, out, k, l->in[0].x, l->in[1].x, l->out.x);
    if (l->in[2].x) bias_forward(l->out.x, l->in[2].x, rows, out);
    act_forward(l->node->as.dense.act, l->out.x, rows * out);
}

static void backward(struct layer *l)
{
    int out = l->node->in[1]->dim[0], k = l->node->in[1]->dim[1];
    int64_t rows = (int64_t)l->batch * l->in[0].n / k;
    float *dy = l->out.dx;
    act_backward(l->node->as.dense.act, l->out.x, dy, rows * out);
    if (l->in[1].dx) gemm(true, false, out, k, (int)rows, dy, l->in[0].x, l->in[1].dx);
    if (l->in[2].dx) bias_backward(dy, l->in[2].dx, rows, out);
    if (l->in[0].dx) gemm(false, false, (int)rows, k, out, dy, l->in[1].x, l->in[0].dx);
}

const struct grad grad_dense = {
    .op = OP_DENSE,
    .param = {[1] = PARAM_WEIGHT, [2] = PARAM_OFFSET},
    .forward = forward,
    .backward = backward,
};
