// The table of device kernels: parameter names in the order of their structs, buffers in the order of their
// arguments (device/nn.h).
#include "kernels.h"
#include "../../device/nn.h"

#define COUNT(v) (int)(sizeof(v) / sizeof *(v))
// A parameter struct holds int32_t only, and no member may be missing from its list.
#define FIELDS(type, ...)                                                                                    \
    static const char *const type##_field[] = {__VA_ARGS__};                                                 \
    _Static_assert(sizeof(type) == COUNT(type##_field) * sizeof(int32_t), #type)
#define KERNEL(id, params_, fma, ...)                                                                        \
    static const char *const id##_buf[] = {__VA_ARGS__};                                                     \
    _Static_assert(COUNT(id##_buf) <= KERNEL_MAX_BUF, #id);                                                  \
    const struct kernel kernel_##id = {                                                                      \
        #id, #params_, params_##_field, COUNT(params_##_field), COUNT(id##_buf), id##_buf, id##_call, fma}

FIELDS(nn_conv2d, "batch", "in_h", "in_w", "in_c", "out_h", "out_w", "out_c", "k_h", "k_w", "stride_h",
       "stride_w", "dil_h", "dil_w", "pad_top", "pad_left", "block", "group", "act", "x_zero", "y_zero",
       "min", "max");
FIELDS(nn_depthwise, "batch", "in_h", "in_w", "in_c", "out_h", "out_w", "mul", "k_h", "k_w", "stride_h",
       "stride_w", "dil_h", "dil_w", "pad_top", "pad_left", "act", "x_zero", "y_zero", "min", "max");
FIELDS(nn_dense, "rows", "in_c", "out_c", "block", "group", "act", "x_zero", "y_zero", "min", "max");
FIELDS(nn_pool, "batch", "in_h", "in_w", "c", "out_h", "out_w", "k_h", "k_w", "stride_h", "stride_w",
       "pad_top", "pad_left", "act", "min", "max");
FIELDS(nn_mean, "a", "b", "c", "x_zero", "y_zero", "mult", "shift");
FIELDS(nn_binary, "d0", "d1", "d2", "d3", "a0", "a1", "a2", "a3", "b0", "b1", "b2", "b3", "act");
FIELDS(nn_binary_s8, "d0", "d1", "d2", "d3", "a0", "a1", "a2", "a3", "b0", "b1", "b2", "b3", "a_zero",
       "b_zero", "y_zero", "left", "a_mult", "a_shift", "b_mult", "b_shift", "out_mult", "out_shift",
       "negate_b", "min", "max");
FIELDS(nn_unary, "n", "alpha_bits");
FIELDS(nn_map, "n", "function");
FIELDS(nn_map2, "d0", "d1", "d2", "d3", "a0", "a1", "a2", "a3", "b0", "b1", "b2", "b3", "function");
FIELDS(nn_reduce, "a", "b", "c", "function");
FIELDS(nn_matmul, "d0", "d1", "m", "k", "n", "x0", "x1", "y0", "y1", "x_m", "x_k", "y_k", "y_n");
FIELDS(nn_select, "d0", "d1", "d2", "d3", "c0", "c1", "c2", "c3", "a0", "a1", "a2", "a3", "b0", "b1", "b2",
       "b3");
FIELDS(nn_gather_rows, "outer", "n", "count", "bytes");
FIELDS(nn_codes, "n", "borrow");
FIELDS(nn_cast_types, "n", "from", "to");
FIELDS(nn_matmul_scaled, "d0", "d1", "m", "k", "n", "x0", "x1", "y0", "y1", "x_m", "x_k", "y_k", "y_n",
       "x_zero", "y_zero", "z_zero", "mult", "shift");
FIELDS(nn_compare_scaled, "d0", "d1", "d2", "d3", "a0", "a1", "a2", "a3", "b0", "b1", "b2", "b3", "a_zero",
       "b_zero", "a_mult", "a_shift", "b_mult", "b_shift", "function");
FIELDS(nn_lookup, "n");
FIELDS(nn_softmax, "rows", "c", "beta_bits", "mult", "shift", "diff_min");
FIELDS(nn_batch_norm, "rows", "c");
FIELDS(nn_quantize, "n", "scale_bits", "zero");
FIELDS(nn_affine, "rows", "c", "scale_bits", "zero");
FIELDS(nn_quantize_rows, "rows", "c", "asymmetric");
FIELDS(nn_copy, "d0", "d1", "d2", "d3", "x_at", "x0", "x1", "x2", "x3", "y_at", "y0", "y1", "y2", "y3");
FIELDS(nn_fill, "n", "value");

FIELDS(nn_recurrent, "steps", "in_c", "units", "sequences", "backwards", "act", "gate_act", "reset_after",
       "clip_bits", "pack", "widen", "per_row");

FIELDS(nn_recurrent_integer, "steps", "in_c", "units", "sequences", "backwards", "reset_after", "cell_bits",
       "cell_shift", "cell_clip", "y_mult", "y_shift", "y_zero", "pack", "widen");

#define X8 "const int8_t"
#define Y8 "int8_t"
#define XF "const float"
#define YF "float"
#define X32 "const int32_t"
#define Y32 "int32_t"
#define X16 "const int16_t"
#define Y16 "int16_t"
#define XU8 "const uint8_t"
#define YU8 "uint8_t"
#define XV "const void"
#define YV "void"
KERNEL(nn_conv2d_f32, nn_conv2d, nn_conv2d_f32_call_fma, XF, XF, XF, YF);
KERNEL(nn_conv2d_s8, nn_conv2d, NULL, X8, X8, X32, X32, X32, Y8, Y16);
KERNEL(nn_conv2d_dyn, nn_conv2d, nn_conv2d_dyn_call_fma, X8, XF, X32, X8, XF, X32, XF, YF, Y16);
KERNEL(nn_depthwise_f32, nn_depthwise, nn_depthwise_f32_call_fma, XF, XF, XF, YF);
KERNEL(nn_depthwise_s8, nn_depthwise, NULL, X8, X8, X32, X32, X32, Y8);
KERNEL(nn_depthwise_dyn, nn_depthwise, nn_depthwise_dyn_call_fma, X8, XF, X32, X8, XF, XF, YF);
KERNEL(nn_dense_f32, nn_dense, nn_dense_f32_call_fma, XF, XF, XF, YF);
KERNEL(nn_dense_s8, nn_dense, NULL, X8, X8, X32, X32, X32, Y8, Y16);
KERNEL(nn_dense_dyn, nn_dense, nn_dense_dyn_call_fma, X8, XF, X32, X8, XF, X32, XF, YF, Y16);
KERNEL(nn_max_pool_f32, nn_pool, nn_max_pool_f32_call_fma, XF, YF);
KERNEL(nn_average_pool_f32, nn_pool, nn_average_pool_f32_call_fma, XF, YF);
KERNEL(nn_max_pool_s8, nn_pool, NULL, X8, Y8);
KERNEL(nn_average_pool_s8, nn_pool, NULL, X8, Y8);
KERNEL(nn_mean_f32, nn_mean, nn_mean_f32_call_fma, XF, YF);
KERNEL(nn_mean_s8, nn_mean, NULL, X8, Y8);
KERNEL(nn_add_f32, nn_binary, nn_add_f32_call_fma, XF, XF, YF);
KERNEL(nn_sub_f32, nn_binary, nn_sub_f32_call_fma, XF, XF, YF);
KERNEL(nn_mul_f32, nn_binary, nn_mul_f32_call_fma, XF, XF, YF);
KERNEL(nn_div_f32, nn_binary, nn_div_f32_call_fma, XF, XF, YF);
KERNEL(nn_add_s8, nn_binary_s8, NULL, X8, X8, Y8);
KERNEL(nn_mul_s8, nn_binary_s8, NULL, X8, X8, Y8);
KERNEL(nn_relu_f32, nn_unary, nn_relu_f32_call_fma, XF, YF);
KERNEL(nn_relu6_f32, nn_unary, nn_relu6_f32_call_fma, XF, YF);
KERNEL(nn_leaky_relu_f32, nn_unary, nn_leaky_relu_f32_call_fma, XF, YF);
KERNEL(nn_elu_f32, nn_unary, nn_elu_f32_call_fma, XF, YF);
KERNEL(nn_logistic_f32, nn_unary, nn_logistic_f32_call_fma, XF, YF);
KERNEL(nn_tanh_f32, nn_unary, nn_tanh_f32_call_fma, XF, YF);
KERNEL(nn_map_f32, nn_map, nn_map_f32_call_fma, XF, YF);
KERNEL(nn_map2_f32, nn_map2, nn_map2_f32_call_fma, XF, XF, YF);
KERNEL(nn_map2_s8, nn_map2, NULL, X8, X8, Y8);
KERNEL(nn_compare_f32, nn_map2, NULL, XF, XF, YU8);
KERNEL(nn_reduce_f32, nn_reduce, NULL, XF, YF);
KERNEL(nn_arg_f32, nn_reduce, NULL, XF, Y32);
KERNEL(nn_arg_s8, nn_reduce, NULL, X8, Y32);
KERNEL(nn_matmul_f32, nn_matmul, nn_matmul_f32_call_fma, XF, XF, YF);
KERNEL(nn_log_softmax_f32, nn_softmax, nn_log_softmax_f32_call_fma, XF, YF);
KERNEL(nn_select_f32, nn_select, NULL, XU8, XF, XF, YF);
KERNEL(nn_select_s8, nn_select, NULL, XU8, X8, X8, Y8);
KERNEL(nn_gather, nn_gather_rows, NULL, XV, X32, YV);
KERNEL(nn_unpack_codes, nn_codes, NULL, XU8, X8, Y8);
KERNEL(nn_cast, nn_cast_types, NULL, XV, YV);
KERNEL(nn_reduce_s8, nn_reduce, NULL, X8, Y8);
KERNEL(nn_squared_difference_s8, nn_binary_s8, NULL, X8, X8, Y8);
KERNEL(nn_prelu_s8, nn_binary_s8, NULL, X8, X8, Y8);
KERNEL(nn_compare_s8, nn_compare_scaled, NULL, X8, X8, YU8);
KERNEL(nn_matmul_s8, nn_matmul_scaled, NULL, X8, X8, Y8);
KERNEL(nn_log_softmax_s8, nn_softmax, NULL, X8, Y8);
KERNEL(nn_lookup_s8, nn_lookup, NULL, X8, X8, Y8);
KERNEL(nn_softmax_f32, nn_softmax, nn_softmax_f32_call_fma, XF, YF);
KERNEL(nn_softmax_s8, nn_softmax, NULL, X8, Y8);
KERNEL(nn_batch_norm_f32, nn_batch_norm, nn_batch_norm_f32_call_fma, XF, XF, XF, YF);
KERNEL(nn_quantize_s8, nn_quantize, nn_quantize_s8_call_fma, XF, Y8);
KERNEL(nn_dequantize_s8, nn_quantize, nn_dequantize_s8_call_fma, X8, YF);
KERNEL(nn_affine_f32, nn_affine, nn_affine_f32_call_fma, XF, XF, XF, YF);
KERNEL(nn_affine_s8, nn_affine, nn_affine_s8_call_fma, XF, XF, XF, Y8);
KERNEL(nn_quantize_dynamic, nn_quantize_rows, nn_quantize_dynamic_call_fma, XF, YF, Y32, Y8);
KERNEL(nn_copy_f32, nn_copy, nn_copy_f32_call_fma, XF, YF);
KERNEL(nn_copy_s8, nn_copy, NULL, X8, Y8);
KERNEL(nn_fill_f32, nn_fill, nn_fill_f32_call_fma, YF);
KERNEL(nn_fill_s8, nn_fill, NULL, Y8);
KERNEL(nn_lstm_f32, nn_recurrent, nn_lstm_f32_call_fma, XF, XF, XF, XF, XF, YF, YF, YF, YF);
KERNEL(nn_lstm_dyn, nn_recurrent, nn_lstm_dyn_call_fma, X8, XF, X8, X8, XF, XF, XF, XF, YF, YF, YF, YF);
KERNEL(nn_gru_dyn, nn_recurrent, nn_gru_dyn_call_fma, X8, XF, X8, X8, XF, XF, XF, XF, YF, YF, YF);
KERNEL(nn_rnn_dyn, nn_recurrent, nn_rnn_dyn_call_fma, X8, XF, X8, X8, XF, XF, XF, YF, YF, YF);
KERNEL(nn_lstm_s8, nn_recurrent_integer, NULL, X8, X8, X8, X32, X32, X32, X32, X16, Y8, Y16, Y16, Y8);
KERNEL(nn_gru_s8, nn_recurrent_integer, NULL, X8, X8, X8, X32, X32, X32, X32, X16, Y8, Y16, Y16, Y8);
KERNEL(nn_rnn_s8, nn_recurrent_integer, NULL, X8, X8, X8, X32, X32, X32, X32, X16, Y8, Y16, Y8);
KERNEL(nn_gru_f32, nn_recurrent, nn_gru_f32_call_fma, XF, XF, XF, XF, XF, XF, XF, YF, YF, YF);
KERNEL(nn_rnn_f32, nn_recurrent, nn_rnn_f32_call_fma, XF, XF, XF, XF, YF, YF, YF);

FIELDS(nn_rescale, "n", "mult", "shift", "mult_below", "shift_below", "negate_below", "min", "max");
FIELDS(nn_curve, "n", "mult", "shift");
#define X64 "const int64_t"
KERNEL(nn_conv2d_s16, nn_conv2d, NULL, X16, X8, X64, X32, X32, Y16);
KERNEL(nn_depthwise_s16, nn_depthwise, NULL, X16, X8, X64, X32, X32, Y16);
KERNEL(nn_dense_s16, nn_dense, NULL, X16, X8, X64, X32, X32, Y16);
KERNEL(nn_max_pool_s16, nn_pool, NULL, X16, Y16);
KERNEL(nn_average_pool_s16, nn_pool, NULL, X16, Y16);
KERNEL(nn_mean_s16, nn_mean, NULL, X16, Y16);
KERNEL(nn_rescale_s16, nn_rescale, NULL, X16, Y16);
KERNEL(nn_copy_s16, nn_copy, NULL, X16, Y16);
KERNEL(nn_add_s16, nn_binary_s8, NULL, X16, X16, Y16);
KERNEL(nn_mul_s16, nn_binary_s8, NULL, X16, X16, Y16);
KERNEL(nn_logistic_s16, nn_curve, NULL, X16, X16, Y16);
KERNEL(nn_tanh_s16, nn_curve, NULL, X16, X16, Y16);
KERNEL(nn_softmax_s16, nn_softmax, NULL, X16, X16, X16, Y16);
KERNEL(nn_fill_s16, nn_fill, NULL, Y16);
KERNEL(nn_quantize_s16, nn_quantize, nn_quantize_s16_call_fma, XF, Y16);
KERNEL(nn_dequantize_s16, nn_quantize, nn_dequantize_s16_call_fma, X16, YF);

// clang-format off: one a line, so that several hands may add to it
const struct kernel *const kernels[] = {&kernel_nn_conv2d_f32,
                                        &kernel_nn_conv2d_s8,
                                        &kernel_nn_conv2d_dyn,
                                        &kernel_nn_depthwise_f32,
                                        &kernel_nn_depthwise_s8,
                                        &kernel_nn_depthwise_dyn,
                                        &kernel_nn_dense_f32,
                                        &kernel_nn_dense_s8,
                                        &kernel_nn_dense_dyn,
                                        &kernel_nn_max_pool_f32,
                                        &kernel_nn_average_pool_f32,
                                        &kernel_nn_max_pool_s8,
                                        &kernel_nn_average_pool_s8,
                                        &kernel_nn_mean_f32,
                                        &kernel_nn_mean_s8,
                                        &kernel_nn_add_f32,
                                        &kernel_nn_sub_f32,
                                        &kernel_nn_mul_f32,
                                        &kernel_nn_div_f32,
                                        &kernel_nn_add_s8,
                                        &kernel_nn_mul_s8,
                                        &kernel_nn_relu_f32,
                                        &kernel_nn_relu6_f32,
                                        &kernel_nn_leaky_relu_f32,
                                        &kernel_nn_elu_f32,
                                        &kernel_nn_logistic_f32,
                                        &kernel_nn_tanh_f32,
                                        &kernel_nn_lookup_s8,
                                        &kernel_nn_softmax_f32,
                                        &kernel_nn_softmax_s8,
                                        &kernel_nn_batch_norm_f32,
                                        &kernel_nn_quantize_s8,
                                        &kernel_nn_dequantize_s8,
                                        &kernel_nn_affine_f32,
                                        &kernel_nn_affine_s8,
                                        &kernel_nn_quantize_dynamic,
                                        &kernel_nn_copy_f32,
                                        &kernel_nn_copy_s8,
                                        &kernel_nn_fill_f32,
                                        &kernel_nn_fill_s8,
                                        &kernel_nn_lstm_f32,
                                        &kernel_nn_lstm_dyn,
                                        &kernel_nn_lstm_s8,
                                        &kernel_nn_gru_f32,
                                        &kernel_nn_rnn_f32,
                                        &kernel_nn_map_f32,
                                        &kernel_nn_map2_f32,
                                        &kernel_nn_gru_dyn,
                                        &kernel_nn_rnn_dyn,
                                        &kernel_nn_gru_s8,
                                        &kernel_nn_rnn_s8,
                                        &kernel_nn_reduce_f32,
                                        &kernel_nn_matmul_f32,
                                        &kernel_nn_log_softmax_f32,
                                        &kernel_nn_gather,
                                        &kernel_nn_compare_f32,
                                        &kernel_nn_select_f32,
                                        &kernel_nn_select_s8,
                                        &kernel_nn_arg_f32,
                                        &kernel_nn_arg_s8,
                                        &kernel_nn_map2_s8,
                                        &kernel_nn_cast,
                                        &kernel_nn_unpack_codes,
                                        &kernel_nn_conv2d_s16,
                                        &kernel_nn_depthwise_s16,
                                        &kernel_nn_dense_s16,
                                        &kernel_nn_max_pool_s16,
                                        &kernel_nn_average_pool_s16,
                                        &kernel_nn_mean_s16,
                                        &kernel_nn_rescale_s16,
                                        &kernel_nn_copy_s16,
                                        &kernel_nn_add_s16,
                                        &kernel_nn_mul_s16,
                                        &kernel_nn_logistic_s16,
                                        &kernel_nn_tanh_s16,
                                        &kernel_nn_softmax_s16,
                                        &kernel_nn_fill_s16,
                                        &kernel_nn_quantize_s16,
                                        &kernel_nn_dequantize_s16,
                                        &kernel_nn_reduce_s8,
                                        &kernel_nn_squared_difference_s8,
                                        &kernel_nn_prelu_s8,
                                        &kernel_nn_compare_s8,
                                        &kernel_nn_matmul_s8,
                                        &kernel_nn_log_softmax_s8,
                                        NULL};
// clang-format on
