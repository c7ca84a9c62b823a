// Calls of the integer kernels.
#include "../../device/nn_add_s8.c"
#include "../../device/nn_average_pool_s8.c"
#include "../../device/nn_conv2d_s8.c"
#include "../../device/nn_copy_s8.c"
#include "../../device/nn_dense_s8.c"
#include "../../device/nn_depthwise_s8.c"
#include "../../device/nn_fill_s8.c"
#include "../../device/nn_lookup_s8.c"
#include "../../device/nn_max_pool_s8.c"
#include "../../device/nn_mean_s8.c"
#include "../../device/nn_mul_s8.c"
#include "../../device/nn_softmax_s8.c"
#include "kernel_clone.h"
#include "kernels.h"

CLONES void nn_conv2d_s8_call(const void *p, void *const *b)
{
    nn_conv2d_s8(p, b[0], b[1], b[2], b[3], b[4], b[5]);
}

CLONES void nn_dense_s8_call(const void *p, void *const *b)
{
    nn_dense_s8(p, b[0], b[1], b[2], b[3], b[4], b[5]);
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
