// The device kernels as the host sees them: one description each (kernel.c), with the calls that run makes.
#ifndef GRAPH_KERNELS_H
#define GRAPH_KERNELS_H
#include "plan.h"

extern const struct kernel kernel_nn_conv2d_f32;
extern const struct kernel kernel_nn_conv2d_s8;
extern const struct kernel kernel_nn_conv2d_dyn;
extern const struct kernel kernel_nn_depthwise_f32;
extern const struct kernel kernel_nn_depthwise_s8;
extern const struct kernel kernel_nn_depthwise_dyn;
extern const struct kernel kernel_nn_dense_f32;
extern const struct kernel kernel_nn_dense_s8;
extern const struct kernel kernel_nn_dense_dyn;
extern const struct kernel kernel_nn_max_pool_f32;
extern const struct kernel kernel_nn_average_pool_f32;
extern const struct kernel kernel_nn_max_pool_s8;
extern const struct kernel kernel_nn_average_pool_s8;
extern const struct kernel kernel_nn_mean_f32;
extern const struct kernel kernel_nn_mean_s8;
extern const struct kernel kernel_nn_add_f32;
extern const struct kernel kernel_nn_sub_f32;
extern const struct kernel kernel_nn_mul_f32;
extern const struct kernel kernel_nn_div_f32;
extern const struct kernel kernel_nn_add_s8;
extern const struct kernel kernel_nn_mul_s8;
extern const struct kernel kernel_nn_relu_f32;
extern const struct kernel kernel_nn_relu6_f32;
extern const struct kernel kernel_nn_leaky_relu_f32;
extern const struct kernel kernel_nn_elu_f32;
extern const struct kernel kernel_nn_logistic_f32;
extern const struct kernel kernel_nn_tanh_f32;
extern const struct kernel kernel_nn_lookup_s8;
extern const struct kernel kernel_nn_softmax_f32;
extern const struct kernel kernel_nn_softmax_s8;
extern const struct kernel kernel_nn_batch_norm_f32;
extern const struct kernel kernel_nn_quantize_s8;
extern const struct kernel kernel_nn_dequantize_s8;
extern const struct kernel kernel_nn_quantize_dynamic;
extern const struct kernel kernel_nn_copy_f32;
extern const struct kernel kernel_nn_copy_s8;
extern const struct kernel kernel_nn_fill_f32;
extern const struct kernel kernel_nn_fill_s8;

// Every kernel, NULL at the end.
extern const struct kernel *const kernels[];

// The calls: p points at the parameter struct, b[i] at buffer i. Built by kernel_plain.c, kernel_fma.c,
// kernel_s8.c.
void nn_conv2d_f32_call(const void *p, void *const *b);
void nn_conv2d_s8_call(const void *p, void *const *b);
void nn_conv2d_dyn_call(const void *p, void *const *b);
void nn_depthwise_f32_call(const void *p, void *const *b);
void nn_depthwise_s8_call(const void *p, void *const *b);
void nn_depthwise_dyn_call(const void *p, void *const *b);
void nn_dense_f32_call(const void *p, void *const *b);
void nn_dense_s8_call(const void *p, void *const *b);
void nn_dense_dyn_call(const void *p, void *const *b);
void nn_max_pool_f32_call(const void *p, void *const *b);
void nn_average_pool_f32_call(const void *p, void *const *b);
void nn_max_pool_s8_call(const void *p, void *const *b);
void nn_average_pool_s8_call(const void *p, void *const *b);
void nn_mean_f32_call(const void *p, void *const *b);
void nn_mean_s8_call(const void *p, void *const *b);
void nn_add_f32_call(const void *p, void *const *b);
void nn_sub_f32_call(const void *p, void *const *b);
void nn_mul_f32_call(const void *p, void *const *b);
void nn_div_f32_call(const void *p, void *const *b);
void nn_add_s8_call(const void *p, void *const *b);
void nn_mul_s8_call(const void *p, void *const *b);
void nn_relu_f32_call(const void *p, void *const *b);
void nn_relu6_f32_call(const void *p, void *const *b);
void nn_leaky_relu_f32_call(const void *p, void *const *b);
void nn_elu_f32_call(const void *p, void *const *b);
void nn_logistic_f32_call(const void *p, void *const *b);
void nn_tanh_f32_call(const void *p, void *const *b);
void nn_lookup_s8_call(const void *p, void *const *b);
void nn_softmax_f32_call(const void *p, void *const *b);
void nn_softmax_s8_call(const void *p, void *const *b);
void nn_batch_norm_f32_call(const void *p, void *const *b);
void nn_quantize_s8_call(const void *p, void *const *b);
void nn_dequantize_s8_call(const void *p, void *const *b);
void nn_quantize_dynamic_call(const void *p, void *const *b);
void nn_copy_f32_call(const void *p, void *const *b);
void nn_copy_s8_call(const void *p, void *const *b);
void nn_fill_f32_call(const void *p, void *const *b);
void nn_fill_s8_call(const void *p, void *const *b);
void nn_conv2d_f32_call_fma(const void *p, void *const *b);
void nn_conv2d_dyn_call_fma(const void *p, void *const *b);
void nn_depthwise_f32_call_fma(const void *p, void *const *b);
void nn_depthwise_dyn_call_fma(const void *p, void *const *b);
void nn_dense_f32_call_fma(const void *p, void *const *b);
void nn_dense_dyn_call_fma(const void *p, void *const *b);
void nn_max_pool_f32_call_fma(const void *p, void *const *b);
void nn_average_pool_f32_call_fma(const void *p, void *const *b);
void nn_mean_f32_call_fma(const void *p, void *const *b);
void nn_add_f32_call_fma(const void *p, void *const *b);
void nn_sub_f32_call_fma(const void *p, void *const *b);
void nn_mul_f32_call_fma(const void *p, void *const *b);
void nn_div_f32_call_fma(const void *p, void *const *b);
void nn_relu_f32_call_fma(const void *p, void *const *b);
void nn_relu6_f32_call_fma(const void *p, void *const *b);
void nn_leaky_relu_f32_call_fma(const void *p, void *const *b);
void nn_elu_f32_call_fma(const void *p, void *const *b);
void nn_logistic_f32_call_fma(const void *p, void *const *b);
void nn_tanh_f32_call_fma(const void *p, void *const *b);
void nn_softmax_f32_call_fma(const void *p, void *const *b);
void nn_batch_norm_f32_call_fma(const void *p, void *const *b);
void nn_quantize_s8_call_fma(const void *p, void *const *b);
void nn_dequantize_s8_call_fma(const void *p, void *const *b);
void nn_quantize_dynamic_call_fma(const void *p, void *const *b);
void nn_copy_f32_call_fma(const void *p, void *const *b);
void nn_fill_f32_call_fma(const void *p, void *const *b);
#endif
