#define NN_FMA 1
#include "../../device/cortex_m55/nn_affine_s8.c"
#include "../../device/cortex_m55/nn_activate16.h"
#include "../../device/cortex_m55/nn_cell_s8.h"
#include "../../device/cortex_m55/nn_conv2d_dyn.c"
#include "../../device/cortex_m55/nn_conv2d_s8.c"
#include "../../device/cortex_m55/nn_dense_dyn.c"
#include "../../device/cortex_m55/nn_dense_s8.c"
#include "../../device/cortex_m55/nn_depthwise_dyn.c"
#include "../../device/cortex_m55/nn_depthwise_f32.c"
#include "../../device/cortex_m55/nn_depthwise_s8.c"
#include "../../device/cortex_m55/nn_gates_s8.h"
#include "folder_layers.h"
#include "folder_recurrent.h"

kernel_call *m55_call(const struct kernel *k)
{
    kernel_call *c = layer_call(k);
    return c ? c : recurrent_call(k);
}
