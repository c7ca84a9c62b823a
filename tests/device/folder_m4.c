#define NN_FMA 1
#include "../../device/cortex_m4/nn_conv2d_dyn.c"
#include "../../device/cortex_m4/nn_conv2d_s8.c"
#include "../../device/cortex_m4/nn_dense_dyn.c"
#include "../../device/cortex_m4/nn_dense_s8.c"
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

kernel_call *m4_call(const struct kernel *k)
{
    return k == &kernel_nn_conv2d_s8    ? conv2d_s8
           : k == &kernel_nn_dense_s8   ? dense_s8
           : k == &kernel_nn_conv2d_dyn ? conv2d_dyn
           : k == &kernel_nn_dense_dyn  ? dense_dyn
                                        : NULL;
}

kernel_call *folder_call(const struct layout *l, const struct kernel *k)
{
    kernel_call *c = l->patch         ? m4_call(k)
                     : l->group == 16 ? m55_call(k)
                     : l->group == 3  ? rv32_call(k)
                                      : NULL;
    return c ? c : l->fma && k->call_fma ? k->call_fma : k->call;
}
