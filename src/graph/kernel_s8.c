// Calls of the integer kernels.
#include "../../device/nn_add_s8.c"
#include "../../device/nn_average_pool_s8.c"
#include "../../device/nn_compare_s8.c"
#include "../../device/nn_conv2d_s8.c"
#include "../../device/nn_copy_s8.c"
#include "../../device/nn_dense_s8.c"
#include "../../device/nn_depthwise_s8.c"
#include "../../device/nn_fill_s8.c"
#include "../../device/nn_log_softmax_s8.c"
#include "../../device/nn_lookup_s8.c"
#include "../../device/nn_gru_s8.c"
#include "../../device/nn_lstm_s8.c"
#include "../../device/nn_matmul_s8.c"
#include "../../device/nn_max_pool_s8.c"
#include "../../device/nn_mean_s8.c"
#include "../../device/nn_mul_s8.c"
#include "../../device/nn_rnn_s8.c"
#include "../../device/nn_prelu_s8.c"
#include "../../device/nn_reduce_s8.c"
#include "../../device/nn_softmax_s8.c"
#include "../../device/nn_squared_difference_s8.c"
#include "kernel_clone.h"
#include "kernel_grouped.h"
#include "kernels.h"

static void grouped_s8(const nn_conv2d *p, void *const *b)
{
    grouped_fn *conv = x86_kernels() ? x86_grouped_conv2d : grouped_conv2d;
    const int8_t *x = b[0];
    int8_t *y = b[5];
    for (int32_t i = 0; i < p->batch; i++) {
        conv(p, x, p->x_zero, b[1], b[2], 1, &(struct grouped_put){.mult = b[3], .shift = b[4], .y = y});
        x += (int64_t)p->in_h * p->in_w * p->in_c;
        y += (int64_t)p->out_h * p->out_w * p->out_c;
    }
}

CLONES static void plain_conv2d_s8(const void *p, void *const *b)
{
    nn_conv2d_s8(p, b[0], b[1], b[2], b[3], b[4], b[5], b[6]);
}

CLONES static void plain_dense_s8(const void *p, void *const *b)
{
    nn_dense_s8(p, b[0], b[1], b[2], b[3], b[4], b[5], b[6]);
}

void nn_conv2d_s8_call(const void *p, void *const *b)
{
    const nn_conv2d *q = p;
    if (q->group == GROUP)
        grouped_s8(q, b);
    else
        plain_conv2d_s8(p, b);
}

void nn_dense_s8_call(const void *p, void *const *b)
{
    const nn_dense *q = p;
    if (q->group == GROUP) {
        const nn_conv2d c = grouped_dense(q);
        grouped_s8(&c, b);
    } else
        plain_dense_s8(p, b);
}

CLONES void nn_depthwise_s8_call(const void *p, void *const *b)
{
    nn_depthwise_s8(p, b[0], b[1], b[2], b[3], b[4], b[5]);
}

CLONES void nn_max_pool_s8_call(const void *p, void *const *b)
{
    nn_max_pool_s8(p, b[0], b[1]);
}

CLONES void nn_average_pool_s8_call(const void *p, void *const *b)
{
    nn_average_pool_s8(p, b[0], b[1]);
}

CLONES void nn_mean_s8_call(const void *p, void *const *b)
{
    nn_mean_s8(p, b[0], b[1]);
}

CLONES void nn_add_s8_call(const void *p, void *const *b)
{
    nn_add_s8(p, b[0], b[1], b[2]);
}

CLONES void nn_mul_s8_call(const void *p, void *const *b)
{
    nn_mul_s8(p, b[0], b[1], b[2]);
}

void nn_lookup_s8_call(const void *p, void *const *b)
{
    nn_lookup_s8(p, b[0], b[1], b[2]);
}

void nn_softmax_s8_call(const void *p, void *const *b)
{
    nn_softmax_s8(p, b[0], b[1]);
}

void nn_copy_s8_call(const void *p, void *const *b)
{
    nn_copy_s8(p, b[0], b[1]);
}

void nn_fill_s8_call(const void *p, void *const *b)
{
    nn_fill_s8(p, b[0]);
}

CLONES void nn_lstm_s8_call(const void *p, void *const *b)
{
    nn_lstm_s8(p, b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11]);
}

CLONES void nn_gru_s8_call(const void *p, void *const *b)
{
    nn_gru_s8(p, b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11]);
}

CLONES void nn_rnn_s8_call(const void *p, void *const *b)
{
    nn_rnn_s8(p, b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10]);
}

CLONES void nn_reduce_s8_call(const void *p, void *const *b)
{
    nn_reduce_s8(p, b[0], b[1]);
}

CLONES void nn_squared_difference_s8_call(const void *p, void *const *b)
{
    nn_squared_difference_s8(p, b[0], b[1], b[2]);
}

CLONES void nn_prelu_s8_call(const void *p, void *const *b)
{
    nn_prelu_s8(p, b[0], b[1], b[2]);
}

CLONES void nn_compare_s8_call(const void *p, void *const *b)
{
    nn_compare_s8(p, b[0], b[1], b[2]);
}

CLONES void nn_matmul_s8_call(const void *p, void *const *b)
{
    nn_matmul_s8(p, b[0], b[1], b[2]);
}

CLONES void nn_log_softmax_s8_call(const void *p, void *const *b)
{
    nn_log_softmax_s8(p, b[0], b[1]);
}
