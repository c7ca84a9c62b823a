// The calls of a folder's convolutions, dense layers and normalisation; its kernels are included already.
#include "../../src/graph/kernels.h"
#include "folder.h"

static void conv2d_s8(const void *p, void *const *b)
{
    nn_conv2d_s8(p, b[0], b[1], b[2], b[3], b[4], b[5], b[6]);
}

static void dense_s8(const void *p, void *const *b)
{
    nn_dense_s8(p, b[0], b[1], b[2], b[3], b[4], b[5], b[6]);
}

static void conv2d_dyn(const void *p, void *const *b)
{
    nn_conv2d_dyn(p, b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8]);
}

static void dense_dyn(const void *p, void *const *b)
{
    nn_dense_dyn(p, b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8]);
}

static void depthwise_f32(const void *p, void *const *b)
{
    nn_depthwise_f32(p, b[0], b[1], b[2], b[3]);
}

static void depthwise_s8(const void *p, void *const *b)
{
    nn_depthwise_s8(p, b[0], b[1], b[2], b[3], b[4], b[5]);
}

static void depthwise_dyn(const void *p, void *const *b)
{
    nn_depthwise_dyn(p, b[0], b[1], b[2], b[3], b[4], b[5], b[6]);
}

static void affine_s8(const void *p, void *const *b)
{
    nn_affine_s8(p, b[0], b[1], b[2], b[3]);
}

static kernel_call *layer_call(const struct kernel *k)
{
    return k == &kernel_nn_conv2d_s8       ? conv2d_s8
           : k == &kernel_nn_dense_s8      ? dense_s8
           : k == &kernel_nn_affine_s8     ? affine_s8
           : k == &kernel_nn_conv2d_dyn    ? conv2d_dyn
           : k == &kernel_nn_dense_dyn     ? dense_dyn
           : k == &kernel_nn_depthwise_f32 ? depthwise_f32
           : k == &kernel_nn_depthwise_s8  ? depthwise_s8
           : k == &kernel_nn_depthwise_dyn ? depthwise_dyn
                                           : NULL;
}
