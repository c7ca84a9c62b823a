// MAX_POOL_2D, AVERAGE_POOL_2D: padding takes part neither in the maximum nor in the average's divisor.
#include "op.h"

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

const struct opdef op_MAX_POOL_2D = {"MAX_POOL_2D", infer, NULL, NULL};
const struct opdef op_AVERAGE_POOL_2D = {"AVERAGE_POOL_2D", infer, NULL, NULL};
