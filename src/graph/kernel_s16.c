// Calls of the int16 kernels.
#include "../../device/nn_add_s16.c"
#include "../../device/nn_average_pool_s16.c"
#include "../../device/nn_conv2d_s16.c"
#include "../../device/nn_copy_s16.c"
#include "../../device/nn_dense_s16.c"
#include "../../device/nn_depthwise_s16.c"
#include "../../device/nn_fill_s16.c"
#include "../../device/nn_logistic_s16.c"
#include "../../device/nn_max_pool_s16.c"
#include "../../device/nn_mean_s16.c"
#include "../../device/nn_mul_s16.c"
#include "../../device/nn_rescale_s16.c"
#include "../../device/nn_softmax_s16.c"
#include "../../device/nn_tanh_s16.c"
#include "kernel_clone.h"
#include "kernels.h"

CLONES void nn_conv2d_s16_call(const void *p, void *const *b)
{
    nn_conv2d_s16(p, b[0], b[1], b[2], b[3], b[4], b[5]);
}

CLONES void nn_depthwise_s16_call(const void *p, void *const *b)
{
    nn_depthwise_s16(p, b[0], b[1], b[2], b[3], b[4], b[5]);
}

CLONES void nn_dense_s16_call(const void *p, void *const *b)
{
    nn_dense_s16(p, b[0], b[1], b[2], b[3], b[4], b[5]);
}

CLONES void nn_max_pool_s16_call(const void *p, void *const *b)
{
    nn_max_pool_s16(p, b[0], b[1]);
}

CLONES void nn_average_pool_s16_call(const void *p, void *const *b)
{
    nn_average_pool_s16(p, b[0], b[1]);
}

CLONES void nn_mean_s16_call(const void *p, void *const *b)
{
    nn_mean_s16(p, b[0], b[1]);
}

CLONES void nn_rescale_s16_call(const void *p, void *const *b)
{
    nn_rescale_s16(p, b[0], b[1]);
}

CLONES void nn_copy_s16_call(const void *p, void *const *b)
{
    nn_copy_s16(p, b[0], b[1]);
}

CLONES void nn_add_s16_call(const void *p, void *const *b)
{
    nn_add_s16(p, b[0], b[1], b[2]);
}

CLONES void nn_mul_s16_call(const void *p, void *const *b)
{
    nn_mul_s16(p, b[0], b[1], b[2]);
}

CLONES void nn_logistic_s16_call(const void *p, void *const *b)
{
    nn_logistic_s16(p, b[0], b[1], b[2]);
}

CLONES void nn_tanh_s16_call(const void *p, void *const *b)
{
    nn_tanh_s16(p, b[0], b[1], b[2]);
}

CLONES void nn_softmax_s16_call(const void *p, void *const *b)
{
    nn_softmax_s16(p, b[0], b[1], b[2], b[3]);
}

CLONES void nn_fill_s16_call(const void *p, void *const *b)
{
    nn_fill_s16(p, b[0]);
}
