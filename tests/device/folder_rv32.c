#define NN_FMA 1
#define NN_DEPTHWISE_BLOCK 4 // as on the chip
#include "../../device/nn_affine_s8.c"
#include "../../device/rv32/nn_conv2d_dyn.c"
#include "../../device/rv32/nn_conv2d_s8.c"
#include "../../device/nn_dense_dyn.c"
#include "../../device/nn_dense_s8.c"
#include "../../device/nn_depthwise_dyn.c"
#include "../../device/nn_depthwise_f32.c"
#include "../../device/nn_depthwise_s8.c"
#include "../../device/rv32/nn_gates_s8.h"
#include "folder_layers.h"
#include "folder_recurrent.h"

kernel_call *rv32_call(const struct kernel *k)
{
    kernel_call *c = layer_call(k);
    return c ? c : recurrent_call(k);
}
