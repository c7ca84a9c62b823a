#define NN_FMA 1
#include "../../device/cortex_m55/nn_conv2d_dyn.c"
#include "../../device/cortex_m55/nn_conv2d_s8.c"
#include "../../device/cortex_m55/nn_dense_dyn.c"
#include "../../device/cortex_m55/nn_dense_s8.c"
#include "folder_layers.h"

kernel_call *m55_call(const struct kernel *k)
{
    return layer_call(k);
}
