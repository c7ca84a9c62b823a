#define NN_FMA 1
#define NN_DEPTHWISE_BLOCK 4 // as on the chip
#include "../../device/rv32/nn_conv2d_dyn.c"
#include "../../device/rv32/nn_conv2d_s8.c"
#include "../../device/nn_dense_dyn.c"
#include "../../device/nn_dense_s8.c"
#include "../../device/nn_depthwise_dyn.c"
#include "../../device/nn_depthwise_f32.c"
#include "../../device/nn_depthwise_s8.c"
#include "folder_layers.h"

kernel_call *rv32_call(const struct kernel *k)
{
    return layer_call(k);
}
