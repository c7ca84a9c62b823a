#include "grad.h"
#include "../base/buf.h"
#include <string.h>

extern const struct grad grad_conv, grad_depthwise, grad_dense, grad_batch_norm, grad_dropout, grad_max_pool,
    grad_average_pool, grad_mean, grad_add, grad_relu, grad_relu6, grad_softmax, grad_reshape, grad_recurrent,
    grad_concatenation, grad_transpose, grad_batch_matmul;

static const struct grad *const grads[] = {
    &grad_conv,      &grad_depthwise,    &grad_dense,   &grad_batch_norm, &grad_dropout,
    &grad_max_pool,  &grad_average_pool, &grad_mean,    &grad_add,        &grad_relu,
    &grad_relu6,     &grad_softmax,      &grad_reshape, &grad_recurrent,  &grad_concatenation,
    &grad_transpose, &grad_batch_matmul,
};

const struct grad *grad_find(enum op op)
{
    for (size_t i = 0; i < sizeof grads / sizeof *grads; i++)
        if (grads[i]->op == op) return grads[i];
    return NULL;
}

const char *grad_names(struct arena *a)
{
    const char *s = "";
    for (size_t i = 0; i < sizeof grads / sizeof *grads; i++)
        s = arena_printf(a, "%s%s%s", s, i ? " " : "", op_def(grads[i]->op)->name);
    return s;
}

void act_forward(enum act act, float *y, int64_t n)
{
    if (act == ACT_RELU)
        for (int64_t i = 0; i < n; i++) y[i] = y[i] > 0 ? y[i] : 0;
    if (act == ACT_RELU6)
        for (int64_t i = 0; i < n; i++) y[i] = y[i] > 0 ? y[i] < 6 ? y[i] : 6 : 0;
}

void act_backward(enum act act, const float *y, float *dy, int64_t n)
{
    if (act == ACT_RELU)
        for (int64_t i = 0; i < n; i++) dy[i] *= (float)(y[i] > 0); // no branch: vectorised
    if (act == ACT_RELU6)
        for (int64_t i = 0; i < n; i++) dy[i] *= (float)(y[i] > 0) * (float)(y[i] < 6);
}

void bias_forward(float *restrict y, const float *restrict b, int64_t rows, int n)
{
    for (int64_t r = 0; r < rows; r++, y += n)
        for (int c = 0; c < n; c++) y[c] += b[c];
}

void bias_backward(const float *restrict dy, float *restrict db, int64_t rows, int n)
{
    memset(db, 0, (size_t)n * sizeof *db);
    for (int64_t r = 0; r < rows; r++, dy += n)
        for (int c = 0; c < n; c++) db[c] += dy[c];
}
