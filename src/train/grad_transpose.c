// TRANSPOSE: out dimension i is in dimension perm[i]; the gradient goes the same way back.
#include "grad.h"
#include <string.h>

static bool check(const struct node *n, struct err *e)
{
    return n->as.transpose.perm[0] == 0 ||
           fail(e, "%s: a transposition that moves the batch cannot be trained", n->name);
}

// to[k] = from[place of k], or with back: to[place of k] = from[k], for each window.
static void move(const struct layer *l, const float *from, float *to, bool back)
{
    const struct tensor *x = l->node->in[0], *y = l->node->out[0];
    int64_t step[GRAPH_MAX_RANK], own[GRAPH_MAX_RANK], run = 1;
    for (int i = x->rank - 1; i >= 0; i--) {
        own[i] = run;
        run *= x->dim[i];
    }
    for (int i = 0; i < y->rank; i++) step[i] = own[l->node->as.transpose.perm[i]];
    for (int b = 0; b < l->batch; b++, from += run, to += run) {
        int32_t at[GRAPH_MAX_RANK] = {0};
        int64_t place = 0;
        for (int64_t k = 0; k < run; k++) {
            if (back)
                to[place] = from[k];
            else
                to[k] = from[place];
            for (int i = y->rank - 1; i >= 0; i--) { // the next one, as an odometer counts
                place += step[i];
                if (++at[i] < y->dim[i]) break;
                place -= step[i] * y->dim[i];
                at[i] = 0;
            }
        }
    }
}

static void forward(struct layer *l)
{
    move(l, l->in[0].x, l->out.x, false);
}

static void backward(struct layer *l)
{
    if (l->in[0].dx) move(l, l->out.dx, l->in[0].dx, true);
}

const struct grad grad_transpose = {
    .op = OP_TRANSPOSE, .check = check, .forward = forward, .backward = backward};
