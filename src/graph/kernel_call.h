// The calls of the float kernels, compiled twice: kernel_plain.c with NN_FMA 0, kernel_fma.c with NN_FMA 1.
#include "../../device/nn_add_f32.c"
#include "../../device/nn_average_pool_f32.c"
#include "../../device/nn_batch_norm_f32.c"
#include "../../device/nn_conv2d_dyn.c"
#include "../../device/nn_conv2d_f32.c"
#include "../../device/nn_copy_f32.c"
#include "../../device/nn_dense_dyn.c"
#include "../../device/nn_dense_f32.c"
#include "../../device/nn_depthwise_dyn.c"
#include "../../device/nn_depthwise_f32.c"
#include "../../device/nn_dequantize_s8.c"
#include "../../device/nn_div_f32.c"
#include "../../device/nn_elu_f32.c"
#include "../../device/nn_fill_f32.c"
#include "../../device/nn_leaky_relu_f32.c"
#include "../../device/nn_logistic_f32.c"
#include "../../device/nn_max_pool_f32.c"
#include "../../device/nn_mean_f32.c"
#include "../../device/nn_mul_f32.c"
#include "../../device/nn_quantize_dynamic.c"
#include "../../device/nn_quantize_s8.c"
#include "../../device/nn_relu6_f32.c"
#include "../../device/nn_relu_f32.c"
#include "../../device/nn_softmax_f32.c"
#include "../../device/nn_sub_f32.c"
#include "../../device/nn_tanh_f32.c"
#include "kernel_clone.h"

#define F32_1(id)                                                                                            \
    CLONES void CALL(id)(const void *p, void *const *b)                                                      \
    {                                                                                                        \
        id(p, b[0]);                                                                                         \
    }
#define F32_2(id)                                                                                            \
    CLONES void CALL(id)(const void *p, void *const *b)                                                      \
    {                                                                                                        \
        id(p, b[0], b[1]);                                                                                   \
    }
#define F32_3(id)                                                                                            \
    CLONES void CALL(id)(const void *p, void *const *b)                                                      \
    {                                                                                                        \
        id(p, b[0], b[1], b[2]);                                                                             \
    }
#define F32_4(id)                                                                                            \
    CLONES void CALL(id)(const void *p, void *const *b)                                                      \
    {                                                                                                        \
        id(p, b[0], b[1], b[2], b[3]);                                                                       \
    }
#define DYN_7(id)                                                                                            \
    CLONES void CALL(id)(const void *p, void *const *b)                                                      \
    {                                                                                                        \
        id(p, b[0], b[1], b[2], b[3], b[4], b[5], b[6]);                                                     \
    }
#define DYN_8(id)                                                                                            \
    CLONES void CALL(id)(const void *p, void *const *b)                                                      \
    {                                                                                                        \
        id(p, b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]);                                               \
    }
F32_4(nn_conv2d_f32)
F32_4(nn_dense_f32)
DYN_8(nn_conv2d_dyn)
DYN_8(nn_dense_dyn)
F32_4(nn_depthwise_f32)
DYN_7(nn_depthwise_dyn)
F32_2(nn_max_pool_f32)
F32_2(nn_average_pool_f32)
F32_2(nn_mean_f32)
F32_3(nn_add_f32)
F32_3(nn_sub_f32)
F32_3(nn_mul_f32)
F32_3(nn_div_f32)
F32_2(nn_relu_f32)
F32_2(nn_relu6_f32)
F32_2(nn_leaky_relu_f32)
F32_2(nn_elu_f32)
F32_2(nn_logistic_f32)
F32_2(nn_tanh_f32)
F32_2(nn_softmax_f32)
F32_4(nn_batch_norm_f32)
F32_2(nn_quantize_s8)
F32_2(nn_dequantize_s8)
F32_4(nn_quantize_dynamic)
F32_2(nn_copy_f32)
F32_1(nn_fill_f32)
