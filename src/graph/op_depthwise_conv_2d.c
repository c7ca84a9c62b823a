// DEPTHWISE_CONV_2D: every input channel by its own kernel; weights (1, kh, kw, c * multiplier), output
// channel o belongs to input channel o / multiplier.
#include "lower.h"
#include "../../device/nn.h"

static bool infer(struct node *n, struct err *e)
{
    if (!want_inputs(n, 2, 3, e) || !want_rank(n, 0, 4, e) || !want_rank(n, 1, 4, e)) return false;
    const struct tensor *x = n->in[0], *w = n->in[1], *b = n->nin > 2 ? n->in[2] : NULL;
    int32_t hw[2];
    if (w->dim[0] != 1 || w->dim[3] % x->dim[3])
        return fail(e, "weights for %d channels do not fit an input of %d", w->dim[3], x->dim[3]);
    if (b && tensor_count(b) != w->dim[3])
        return fail(e, "%lld biases for %d channels", (long long)tensor_count(b), w->dim[3]);
    if (!conv_window(&n->as.conv, x, w->dim[1], w->dim[2], hw, e)) return false;
    return infer_out(n, x->type, 4, (int32_t[]){x->dim[0], hw[0], hw[1], w->dim[3]}, e);
}

static int64_t macs(const struct node *n)
{
    return tensor_count(n->out[0]) * n->in[1]->dim[1] * n->in[1]->dim[2];
}

static bool lower(const struct node *n, struct plan *p, struct err *e)
{
    static const struct kernel *const kernel[] = {&kernel_nn_depthwise_f32, &kernel_nn_depthwise_s8,
                                                  &kernel_nn_depthwise_dyn, &kernel_nn_depthwise_s16};
    const struct tensor *x = n->in[0], *w = n->in[1], *y = n->out[0];
    const struct conv *c = &n->as.conv;
    struct layer l;
    if (!lower_layer(n, p,
                     &(struct layer_shape){.out = w->dim[3],
                                           .taps = w->dim[1] * w->dim[2],
                                           .out_step = 1,
                                           .tap_step = w->dim[3],
                                           .row = 1,
                                           .rows = x->dim[0],
                                           .asymmetric = true,
                                           .act = c->act},
                     &l, e))
        return false;
    const nn_depthwise q = {.batch = x->dim[0],
                            .in_h = x->dim[1],
                            .in_w = x->dim[2],
                            .in_c = x->dim[3],
                            .out_h = y->dim[1],
                            .out_w = y->dim[2],
                            .mul = y->dim[3] / x->dim[3],
                            .k_h = w->dim[1],
                            .k_w = w->dim[2],
                            .stride_h = c->stride[0],
                            .stride_w = c->stride[1],
                            .dil_h = c->dilation[0],
                            .dil_w = c->dilation[1],
                            .pad_top = c->pad[0],
                            .pad_left = c->pad[1],
                            .act = (int32_t)c->act,
                            .x_zero = l.x_zero,
                            .y_zero = l.y_zero,
                            .min = l.min,
                            .max = l.max};
    layer_step(p, n, kernel, &q, &l);
    return true;
}

const struct opdef op_DEPTHWISE_CONV_2D = {"DEPTHWISE_CONV_2D", infer, lower, macs};
