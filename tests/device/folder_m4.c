#define NN_FMA 1
#define NN_DEPTHWISE_BLOCK 4 // as on the chip
#include "../../device/cortex_m4/nn_affine_s8.c"
#include "../../device/cortex_m4/nn_activate16.h"
#include "../../device/cortex_m4/nn_conv2d_dyn.c"
#include "../../device/cortex_m4/nn_conv2d_s8.c"
#include "../../device/cortex_m4/nn_dense_dyn.c"
#include "../../device/cortex_m4/nn_dense_s8.c"
#include "../../device/nn_depthwise_dyn.c"
#include "../../device/nn_depthwise_f32.c"
#include "../../device/nn_depthwise_s8.c"
#include "../../device/cortex_m4/nn_gates_s8.h"
#include "folder_layers.h"
#include "folder_recurrent.h"

kernel_call *m4_call(const struct kernel *k)
{
    kernel_call *c = layer_call(k);
    return c ? c : recurrent_call(k);
}

kernel_call *folder_call(const struct layout *l, const struct kernel *k)
{
    kernel_call *c = l->patch         ? m4_call(k)
                     : l->group == 16 ? m55_call(k)
                     : l->group == 3  ? rv32_call(k)
                                      : NULL;
    return c ? c : l->fma && k->call_fma ? k->call_fma : k->call;
}
