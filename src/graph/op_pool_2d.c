// MAX_POOL_2D, AVERAGE_POOL_2D: padding takes part neither in the maximum nor in the average's divisor.
#include "lower.h"
#include "../../device/nn.h"

static bool infer(struct node *n, struct err *e)
{
    if (!want_inputs(n, 1, 1, e) || !want_rank(n, 0, 4, e)) return false;
    const struct tensor *x = n->in[0];
    const struct pool *p = &n->as.pool;
    for (int i = 0; i < 2; i++)
        if (p->kernel[i] < 1 || p->stride[i] < 1 || p->pad[i] < 0 || p->pad[i + 2] < 0 ||
            p->pad[i] >= p->kernel[i] || p->pad[i + 2] >= p->kernel[i])
            return fail(e, "kernel %d, stride %d, padding %d and %d: not possible", p->kernel[i],
                        p->stride[i], p->pad[i], p->pad[i + 2]);
    int32_t h = window_out(x->dim[1], p->kernel[0], p->stride[0], 1, p->pad[0], p->pad[2]);
    int32_t w = window_out(x->dim[2], p->kernel[1], p->stride[1], 1, p->pad[1], p->pad[3]);
    if (h < 1 || w < 1)
        return fail(e, "a pool of %dx%d does not fit an input of %dx%d", p->kernel[0], p->kernel[1],
                    x->dim[1], x->dim[2]);
    return infer_out(n, x->type, 4, (int32_t[]){x->dim[0], h, w, x->dim[3]}, e);
}

static bool lower(const struct node *n, struct plan *p, struct err *e)
{
    const struct tensor *x = n->in[0], *y = n->out[0];
    const struct pool *k = &n->as.pool;
    const bool max = n->op == OP_MAX_POOL_2D, s8 = is_s8(x), s16 = is_s16(x);
    int32_t lo = -128, hi = 127;
    if (!(s16 ? want_s16(n, e) : want_types(n, e))) return false;
    if (s16 && k->kernel[0] * (int64_t)k->kernel[1] > 1 << 15)
        return fail(e, "%d x %d values to an average; at most 32768", k->kernel[0], k->kernel[1]);
    if (s8 || s16) {
        if (x->q.scale[0] != y->q.scale[0] || x->q.zero[0] != y->q.zero[0])
            return fail(e, "input and output differ in scale or zero point; a pool passes them through");
        act_range(k->act, y, &lo, &hi);
    }
    const nn_pool q = {.batch = x->dim[0],
                       .in_h = x->dim[1],
                       .in_w = x->dim[2],
                       .c = x->dim[3],
                       .out_h = y->dim[1],
                       .out_w = y->dim[2],
                       .k_h = k->kernel[0],
                       .k_w = k->kernel[1],
                       .stride_h = k->stride[0],
                       .stride_w = k->stride[1],
                       .pad_top = k->pad[0],
                       .pad_left = k->pad[1],
                       .act = (int32_t)k->act,
                       .min = lo,
                       .max = hi};
    plan_step(p, n,
              max   ? s8    ? &kernel_nn_max_pool_s8
                      : s16 ? &kernel_nn_max_pool_s16
                            : &kernel_nn_max_pool_f32
              : s8  ? &kernel_nn_average_pool_s8
              : s16 ? &kernel_nn_average_pool_s16
                    : &kernel_nn_average_pool_f32,
              &q, (struct ref[]){ref_in(x), ref_out(y)});
    return true;
}

const struct opdef op_MAX_POOL_2D = {"MAX_POOL_2D", infer, lower, NULL};
const struct opdef op_AVERAGE_POOL_2D = {"AVERAGE_POOL_2D", infer, lower, NULL};
