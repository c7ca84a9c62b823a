// CONV_2D: y[h][w][o] = act(bias[o] + sum over (kh, kw, i) of x[..][..][i] * weight[o][kh][kw][i]).
#include "lower.h"
#include "kernel_grouped.h"
#include "../../device/cortex_m55/nn_conv2d_mve.h"
#include "../../device/nn_widen.h"
#include "../../device/xtensa/nn_conv2d_toom.h"

bool conv_window(const struct conv *c, const struct tensor *x, int32_t kh, int32_t kw, int32_t out[2],
                 struct err *e)
{
    for (int i = 0; i < 4; i++)
        if (c->pad[i] < 0 || c->pad[i] > 1 << 20) return fail(e, "padding %d is not possible", c->pad[i]);
    for (int i = 0; i < 2; i++)
        if (c->stride[i] < 1 || c->dilation[i] < 1 || c->stride[i] > 1 << 20 || c->dilation[i] > 1 << 20)
            return fail(e, "stride %d, dilation %d: both must be at least 1, and at most a million",
                        c->stride[i], c->dilation[i]);
    out[0] = window_out(x->dim[1], kh, c->stride[0], c->dilation[0], c->pad[0], c->pad[2]);
    out[1] = window_out(x->dim[2], kw, c->stride[1], c->dilation[1], c->pad[1], c->pad[3]);
    if (out[0] < 1 || out[1] < 1)
        return fail(
            e, "a kernel of %dx%d does not fit an input of %dx%d; the window is too short for this network",
            kh, kw, x->dim[1], x->dim[2]);
    return true;
}

static bool infer(struct node *n, struct err *e)
{
    if (!want_inputs(n, 2, 3, e) || !want_rank(n, 0, 4, e) || !want_rank(n, 1, 4, e)) return false;
    const struct tensor *x = n->in[0], *w = n->in[1], *b = n->nin > 2 ? n->in[2] : NULL;
    int32_t hw[2];
    if (w->dim[3] != x->dim[3])
        return fail(e, "the input has %d channels, the weights want %d", x->dim[3], w->dim[3]);
    if (b && tensor_count(b) != w->dim[0])
        return fail(e, "%lld biases for %d channels", (long long)tensor_count(b), w->dim[0]);
    if (!conv_window(&n->as.conv, x, w->dim[1], w->dim[2], hw, e)) return false;
    return infer_out(n, x->type, 4, (int32_t[]){x->dim[0], hw[0], hw[1], w->dim[0]}, e);
}

static int64_t macs(const struct node *n)
{
    const struct tensor *w = n->in[1];
    return tensor_count(n->out[0]) * w->dim[1] * w->dim[2] * w->dim[3];
}

// The layer as nn_conv2d_toom.h wants it: with a stride of 2, two samples are one of twice the channels (the last tap
// of an odd kernel has a neighbour of zero); a kernel of 4 has a fifth tap of zero. False where it does not fit.
static bool as_toom(nn_conv2d *q, bool ahead)
{
    if (q->stride_w == 2 && q->in_w % 2 == 0 && q->pad_left % 2 == 0 && q->dil_w == 1) {
        q->in_w /= 2;
        q->in_c *= 2;
        q->k_w = (q->k_w + 1) / 2;
        q->pad_left /= 2;
        q->stride_w = 1;
    }
    if (q->k_w == 4) q->k_w = 5;
    q->group = ahead ? NN_TOOM_AHEAD : NN_TOOM;
    nn_conv2d wide = *q;
    wide.group = NN_TOOM_WIDE;
    if (ahead && q->k_w == 3 && nn_toom_fits(&wide) &&
        (!nn_toom_fits(q) || nn_toom_input(&wide) < nn_toom_input(q)))
        *q = wide;
    return nn_toom_fits(q);
}

static bool lower(const struct node *n, struct plan *p, struct err *e)
{
    static const struct kernel *const kernel[] = {&kernel_nn_conv2d_f32, &kernel_nn_conv2d_s8,
                                                  &kernel_nn_conv2d_dyn, &kernel_nn_conv2d_s16};
    const struct tensor *x = n->in[0], *w = n->in[1], *y = n->out[0];
    const struct conv *c = &n->as.conv;
    const int32_t taps = w->dim[1] * w->dim[2] * w->dim[3];
    nn_conv2d q = {.batch = x->dim[0],
                   .in_h = x->dim[1],
                   .in_w = x->dim[2],
                   .in_c = x->dim[3],
                   .out_h = y->dim[1],
                   .out_w = y->dim[2],
                   .out_c = y->dim[3],
                   .k_h = w->dim[1],
                   .k_w = w->dim[2],
                   .stride_h = c->stride[0],
                   .stride_w = c->stride[1],
                   .dil_h = c->dilation[0],
                   .dil_w = c->dilation[1],
                   .pad_top = c->pad[0],
                   .pad_left = c->pad[1],
                   .act = (int32_t)c->act};
    nn_conv2d toom = q;
    const bool use_toom = p->layout->group == TOOM && as_toom(&toom, p->layout->ahead);
    const struct layer_shape s = {
        .toom = use_toom ? &toom : NULL,
        .wide = p->layout->ahead && p->layout->widen ? &q : NULL,
        .out = w->dim[0],
        .taps = taps,
        .out_step = taps,
        .tap_step = 1,
        .blocked = true,
        .block_f32 = p->layout->conv_f32,
        .block_s8 = p->layout->conv_s8,
        .row = p->layout->group == NN_GROUP ? nn_mve_run(&q) : w->dim[2] * w->dim[3],
        .grouped = p->layout->group == NN_GROUP || (p->layout->group == GROUP && grouped_fits(&q)),
        .rows = x->dim[0],
        .asymmetric = w->q.n > 1, // as LiteRT: one scale for all, then symmetric
        .act = c->act};
    struct layer l;
    if (!lower_layer(n, p, &s, &l, e)) return false;
    const bool toomed = use_toom && l.group == toom.group;
    if (toomed) q = toom;
    q.block = l.block;
    q.group = l.group;
    q.x_zero = l.x_zero;
    q.y_zero = l.y_zero;
    q.min = l.min;
    q.max = l.max;
    if ((int64_t)(x->dim[1] + c->pad[0] + c->pad[2]) * (x->dim[2] + c->pad[1] + c->pad[3]) * (x->dim[3] + 1) >
        1 << 28)
        return fail(e, "its padded input is too large for any device");
    if (p->layout->widen)
        l.scratch_bytes = nn_conv2d_widened(&q, q.group == NN_WIDE_AHEAD ? 0 : p->layout->widen);
    if (toomed) l.scratch_bytes = nn_toom_scratch(&q);
    if (p->layout->group == NN_GROUP) l.scratch_bytes = nn_conv2d_mve_scratch(&q);
    if (p->layout->group == WORDS) l.scratch_bytes = 8 * ((taps + 1) & ~1);          // four positions, int16
    if (p->layout->patch) l.scratch_bytes = p->layout->patch * 4 * ((taps + 1) / 2); // in pairs
    layer_step(p, n, kernel, &q, &l);
    return true;
}

const struct opdef op_CONV_2D = {"CONV_2D", infer, lower, macs};
