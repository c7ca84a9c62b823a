// RELU and RELU6 as nodes of their own.
#include "grad.h"
#include <string.h>

static void run(struct layer *l, enum act act, bool back)
{
    int64_t n = (int64_t)l->batch * l->out.n;
    if (!back) {
        const float *restrict x = l->in[0].x;
        float *restrict y = l->out.x, top = act == ACT_RELU6 ? 6 : 3.402823466e38f;
        for (int64_t i = 0; i < n; i++) {
            float v = x[i] > 0 ? x[i] : 0;
            y[i] = v < top ? v : top;
        }
    } else if (l->in[0].dx) {
        const float *restrict y = l->out.x, *restrict dy = l->out.dx;
        float *restrict dx = l->in[0].dx, top = act == ACT_RELU6 ? 6 : 3.402823466e38f;
        for (int64_t i = 0; i < n; i++) {
            float d = dy[i], on = (float)(y[i] > 0) * (float)(y[i] < top); // without a branch: vectorised
            dx[i] = d * on;
        }
    }
}

static void relu_forward(struct layer *l)
{
    run(l, ACT_RELU, false);
}

static void relu_backward(struct layer *l)
{
    run(l, ACT_RELU, true);
}

static void relu6_forward(struct layer *l)
{
    run(l, ACT_RELU6, false);
}

static void relu6_backward(struct layer *l)
{
    run(l, ACT_RELU6, true);
}

const struct grad grad_relu = {.op = OP_RELU, .forward = relu_forward, .backward = relu_backward};
const struct grad grad_relu6 = {.op = OP_RELU6, .forward = relu6_forward, .backward = relu6_backward};
