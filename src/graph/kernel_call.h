// The calls of the float kernels, compiled twice: kernel_plain.c with NN_FMA 0, kernel_fma.c with NN_FMA 1.
#include "../../device/nn_add_f32.c"
#include "../../device/nn_affine_f32.c"
#include "../../device/nn_affine_s8.c"
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
#include "../../device/nn_gru_dyn.c"
#include "../../device/nn_gru_f32.c"
#include "../../device/nn_leaky_relu_f32.c"
#include "../../device/nn_log_softmax_f32.c"
#include "../../device/nn_logistic_f32.c"
#include "../../device/nn_lstm_dyn.c"
#include "../../device/nn_lstm_f32.c"
#include "../../device/nn_map_f32.c"
#include "../../device/nn_matmul_f32.c"
#include "../../device/nn_max_pool_f32.c"
#include "../../device/nn_mean_f32.c"
#include "../../device/nn_mul_f32.c"
#include "../../device/nn_map2_f32.c"
#include "../../device/nn_quantize_dynamic.c"
#include "../../device/nn_quantize_s8.c"
#include "../../device/nn_quantize_s16.c"
#include "../../device/nn_dequantize_s16.c"
#include "../../device/nn_relu6_f32.c"
#include "../../device/nn_relu_f32.c"
#include "../../device/nn_rnn_dyn.c"
#include "../../device/nn_rnn_f32.c"
#include "../../device/nn_softmax_f32.c"
#include "../../device/nn_sub_f32.c"
#include "../../device/nn_tanh_f32.c"
#include "kernel_clone.h"
#include "kernel_grouped.h"
#if NN_FMA
#define WIDE_TRY(kind, ...)
#else
#include "kernel_wide.h"
#define WIDE_TRY(kind, ...)                                                                                  \
    if (wide_pays(p)) {                                                                                      \
        wide_##kind(p, __VA_ARGS__);                                                                         \
        return;                                                                                              \
    }
#endif

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

CLONES static void plain_conv2d_f32(const void *p, void *const *b)
{
    nn_conv2d_f32(p, b[0], b[1], b[2], b[3]);
}

CLONES static void plain_dense_f32(const void *p, void *const *b)
{
    nn_dense_f32(p, b[0], b[1], b[2], b[3]);
}

CLONES static void plain_conv2d_dyn(const void *p, void *const *b)
{
    nn_conv2d_dyn(p, b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8]);
}

CLONES static void plain_dense_dyn(const void *p, void *const *b)
{
    nn_dense_dyn(p, b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8]);
}

CLONES static void quantize_row(const nn_quantize_rows *p, const float *x, float min, float max, float *scale,
                                int32_t *zero, int8_t *y)
{
    nn_quantize_row(x, p->c, min, max, p->asymmetric, scale, zero, y);
}

// Whether this processor has a kernel of its own for the layer, which is then done.
static bool own_conv2d_f32(const nn_conv2d *p, void *const *b)
{
    if (p->block != GROUP_BLOCK || !(x86_kernels() || avx2_kernels())) return false;
    (x86_kernels() ? x86_conv2d_f32 : avx2_conv2d_f32)(p, NN_FMA, b[0], b[1], b[2], b[3]);
    return true;
}

void CALL(nn_conv2d_f32)(const void *p, void *const *b)
{
    if (!own_conv2d_f32(p, b)) plain_conv2d_f32(p, b);
}

void CALL(nn_dense_f32)(const void *p, void *const *b)
{
    const nn_conv2d q = grouped_dense(p);
    if (!own_conv2d_f32(&q, b)) plain_dense_f32(p, b);
}

static void grouped_dyn(const nn_conv2d *p, void *const *b, bool dense)
{
    grouped_fn *conv = x86_kernels() ? x86_grouped_conv2d : grouped_conv2d;
    const int8_t *x = b[0];
    const float *x_scale = b[1];
    const int32_t *x_zero = b[2];
    float *y = b[7];
    for (int32_t i = 0; i < p->batch; i++) {
        conv(
            p, x, x_zero[i], b[3], b[5], -x_zero[i],
            &(struct grouped_put){
                .w_scale = b[4], .bias = b[6], .x_scale = x_scale[i], .dense = dense, .fma = NN_FMA, .y = y});
        x += (int64_t)p->in_h * p->in_w * p->in_c;
        y += (int64_t)p->out_h * p->out_w * p->out_c;
    }
}

void CALL(nn_conv2d_dyn)(const void *p, void *const *b)
{
    const nn_conv2d *q = p;
    if (q->group == GROUP)
        grouped_dyn(q, b, false);
    else
        plain_conv2d_dyn(p, b);
}

void CALL(nn_dense_dyn)(const void *p, void *const *b)
{
    const nn_dense *q = p;
    if (q->group == GROUP) {
        nn_conv2d c = grouped_dense(q);
        c.batch = q->rows; // each row has a scale of its own
        c.in_w = c.out_w = 1;
        grouped_dyn(&c, b, true);
    } else
        plain_dense_dyn(p, b);
}

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
F32_2(nn_map_f32)
F32_3(nn_map2_f32)
F32_3(nn_matmul_f32)
F32_2(nn_log_softmax_f32)
F32_2(nn_softmax_f32)
F32_4(nn_batch_norm_f32)
F32_4(nn_affine_f32)
F32_4(nn_affine_s8)
F32_2(nn_quantize_s8)
F32_2(nn_dequantize_s8)
F32_2(nn_quantize_s16)
F32_2(nn_dequantize_s16)

void CALL(nn_quantize_dynamic)(const void *p, void *const *b)
{
    const nn_quantize_rows *q = p;
    const float *x = b[0];
    float *scale = b[1], min, max;
    int32_t *zero = b[2];
    int8_t *y = b[3];
    for (int32_t r = 0; r < q->rows; r++, x += q->c, y += q->c) {
        (x86_kernels() ? x86_range : nn_range)(x, q->c, &min, &max);
        quantize_row(q, x, min, max, &scale[r], &zero[r], y);
    }
}
F32_2(nn_copy_f32)
F32_1(nn_fill_f32)

CLONES void CALL(nn_lstm_f32)(const void *p, void *const *b)
{
    WIDE_TRY(lstm, b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8]);
    nn_lstm_f32(p, b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8]);
}

CLONES void CALL(nn_lstm_dyn)(const void *p, void *const *b)
{
    nn_lstm_dyn(p, b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11]);
}

CLONES void CALL(nn_gru_dyn)(const void *p, void *const *b)
{
    nn_gru_dyn(p, b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10]);
}

CLONES void CALL(nn_rnn_dyn)(const void *p, void *const *b)
{
    nn_rnn_dyn(p, b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9]);
}

CLONES void CALL(nn_gru_f32)(const void *p, void *const *b)
{
    WIDE_TRY(gru, b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9]);
    nn_gru_f32(p, b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9]);
}

CLONES void CALL(nn_rnn_f32)(const void *p, void *const *b)
{
    WIDE_TRY(rnn, b[0], b[1], b[2], b[3], b[4], b[5], b[6]);
    nn_rnn_f32(p, b[0], b[1], b[2], b[3], b[4], b[5], b[6]);
}
