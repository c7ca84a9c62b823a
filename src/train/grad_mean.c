// MEAN over axes that lie side by side: x (outer, middle, inner) -> y (outer, inner). Global average pooling
// is the axes of height and width.
#include "grad.h"
#include <string.h>

// Sizes within one window; false when the axes are not neighbours or hold the batch.
static bool split(const struct node *n, int64_t *outer, int64_t *middle, int64_t *inner)
{
    const struct tensor *x = n->in[0];
    bool reduced[GRAPH_MAX_RANK] = {false};
    for (int i = 0; i < n->as.reduce.naxis; i++) {
        int axis = n->as.reduce.axis[i];
        reduced[axis < 0 ? axis + x->rank : axis] = true;
    }
    *outer = *middle = *inner = 1;
    int stage = 0; // outer, middle, inner
    for (int i = 0; i < x->rank; i++) {
        if (reduced[i] && x->dim[i] != 1 && stage == 2) return false;
        if (reduced[i] && stage == 0) stage = 1;
        if (!reduced[i] && stage == 1 && x->dim[i] != 1) stage = 2;
        *(stage == 0 ? outer : stage == 1 ? middle : inner) *= x->dim[i];
    }
    return !reduced[0];
}

static bool check(const struct node *n, struct err *e)
{
    int64_t o, m, i;
    if (!split(n, &o, &m, &i))
        return fail(e, "%s: a mean over the batch or over axes that are not neighbours cannot be trained",
                    n->name);
    return true;
}

static void forward(struct layer *l)
{
    int64_t outer, middle, inner;
    split(l->node, &outer, &middle, &inner);
    outer *= l->batch;
    const float *restrict x = l->in[0].x;
    float *restrict y = l->out.x, scale = 1 / (float)middle;
    memset(y, 0, (size_t)(outer * inner) * sizeof *y);
    for (int64_t o = 0; o < outer; o++, y += inner) {
        for (int64_t m = 0; m < middle; m++, x += inner)
            for (int64_t i = 0; i < inner; i++) y[i] += x[i];
        for (int64_t i = 0; i < inner; i++) y[i] *= scale;
    }
}

static void backward(struct layer *l)
{
    int64_t outer, middle, inner;
    split(l->node, &outer, &middle, &inner);
    float *restrict dx = l->in[0].dx, scale = 1 / (float)middle;
    const float *restrict dy = l->out.dx;
    if (!dx) return;
    for (int64_t o = 0; o < outer * l->batch; o++, dy += inner)
        for (int64_t m = 0; m < middle; m++, dx += inner)
            for (int64_t i = 0; i < inner; i++) dx[i] = dy[i] * scale;
}

const struct grad grad_mean = {.op = OP_MEAN, .check = check, .forward = forward, .backward = backward};
