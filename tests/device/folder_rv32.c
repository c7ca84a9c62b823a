#define NN_FMA 1
#include "../../device/rv32/nn_conv2d_dyn.c"
#include "../../device/rv32/nn_conv2d_s8.c"
#include "../../src/graph/kernels.h"
#include "folder.h"

static void conv2d_s8(const void *p, void *const *b)
{
    nn_conv2d_s8(p, b[0], b[1], b[2], b[3], b[4], b[5], b[6]);
}

static void conv2d_dyn(const void *p, void *const *b)
{
    nn_conv2d_dyn(p, b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8]);
}

kernel_call *rv32_call(const struct kernel *k)
{
    return k == &kernel_nn_conv2d_s8 ? conv2d_s8 : k == &kernel_nn_conv2d_dyn ? conv2d_dyn : NULL;
}
