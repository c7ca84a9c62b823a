// FULLY_CONNECTED: y[..][o] = act(bias[o] + sum over k of x[..][k] * weight[o][k]). Input (..., k): the last
// dimension is multiplied, those in front stay. int8 rescales in fixed point like TensorFlow Lite Micro
// (LiteRT 2 does it in float where the weights have a scale a channel; tests/referee/kernels.py).
#include "lower.h"
#include "kernel_grouped.h"
#include "../../device/cortex_m55/nn_conv2d_mve.h"
#include "../../device/nn_widen.h"

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

static bool lower(const struct node *n, struct plan *p, struct err *e)
{
    static const struct kernel *const kernel[] = {&kernel_nn_dense_f32, &kernel_nn_dense_s8,
                                                  &kernel_nn_dense_dyn, &kernel_nn_dense_s16};
    const struct tensor *w = n->in[1];
    const int32_t out = w->dim[0], in = w->dim[1], rows = (int32_t)(tensor_count(n->in[0]) / in);
    nn_dense q = {.rows = rows, .in_c = in, .out_c = out, .act = (int32_t)n->as.dense.act};
    const nn_conv2d as_conv = grouped_dense(&q);
    const struct layer_shape s = {.out = out,
                                  .taps = in,
                                  .out_step = in,
                                  .tap_step = 1,
                                  .blocked = true,
                                  .block_f32 = p->layout->dense_f32,
                                  .block_s8 = p->layout->dense_s8,
                                  .row = in,
                                  .grouped = p->layout->group == NN_GROUP ||
                                             (p->layout->group == GROUP && grouped_fits(&as_conv)),
                                  .rows = rows,
                                  .asymmetric = n->as.dense.asymmetric_inputs,
                                  .act = n->as.dense.act};
    struct layer l;
    if (!lower_layer(n, p, &s, &l, e)) return false;
    q.block = l.block;
    q.group = l.group;
    q.x_zero = l.x_zero;
    q.y_zero = l.y_zero;
    q.min = l.min;
    q.max = l.max;
    if (p->layout->widen) l.scratch_bytes = nn_dense_widened(&q);
    if (p->layout->group == NN_GROUP) l.scratch_bytes = nn_dense_mve_scratch(&q);
    if (p->layout->patch) l.scratch_bytes = 2 * ((in + 1) & ~1);
    plan_rows(p, n->out[0], l.x, rows, false);
    layer_step(p, n, kernel, &q, &l);
    return true;
}

const struct opdef op_DENSE = {"FULLY_CONNECTED", infer, lower, macs};
