// BATCH_NORM: y = gamma * (x - mean) / sqrt(variance + epsilon) + beta, a channel (the last dimension) at a
// time. Inputs x, gamma, beta, mean, variance. The `lite` technique folds it away.
#include "lower.h"
#include "../../device/nn.h"
#include <math.h>

static bool infer(struct node *n, struct err *e)
{
    if (!want_inputs(n, 5, 5, e)) return false;
    const struct tensor *x = n->in[0];
    if (x->rank < 1) return fail(e, "its input is a scalar");
    for (int i = 1; i < 5; i++)
        if (tensor_count(n->in[i]) != x->dim[x->rank - 1] || n->in[i]->type != F32)
            return fail(e, "%s has %lld values for %d channels", n->in[i]->name,
                        (long long)tensor_count(n->in[i]), x->dim[x->rank - 1]);
    return infer_like(n, x, e);
}

static bool lower(const struct node *n, struct plan *p, struct err *e)
{
    const struct tensor *x = n->in[0], *y = n->out[0];
    if (!is_f32(x) || !is_f32(y))
        return fail(e, "only float32 can be executed; convert the model, which folds it into its neighbour");
    const int32_t c = x->dim[x->rank - 1];
    const float *v[5];
    for (int i = 1; i < 5; i++) {
        if (!tensor_is_const(n->in[i])) return fail(e, "%s is computed at run time", n->in[i]->name);
        v[i] = n->in[i]->data;
    }
    struct tensor *scale = lower_table(p, n->in[1]->name, F32, c),
                  *offset = lower_table(p, n->in[2]->name, F32, c);
    for (int32_t i = 0; i < c; i++) {
        const double s = (double)v[1][i] / sqrt((double)v[4][i] + (double)n->as.batch_norm.epsilon);
        ((float *)(uintptr_t)scale->data)[i] = (float)s;
        ((float *)(uintptr_t)offset->data)[i] = (float)((double)v[2][i] - (double)v[3][i] * s);
    }
    lower_in_place(p, y, x);
    plan_step(p, n, &kernel_nn_batch_norm_f32, &(nn_batch_norm){(int32_t)(tensor_count(x) / c), c},
              (struct ref[]){ref_in(x), ref_in(scale), ref_in(offset), ref_out(y)});
    return true;
}

const struct opdef op_BATCH_NORM = {"BATCH_NORM", infer, lower, NULL};
