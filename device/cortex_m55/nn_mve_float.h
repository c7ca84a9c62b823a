// Floats four at a time on Helium. Vector instructions take numbers below 2^-126 as zero (Armv8.1-M Architecture
// Reference Manual, StandardFPSCRValue), scalar ones and the host do not.
#ifndef NN_MVE_FLOAT_H
#define NN_MVE_FLOAT_H
#include "nn_mve.h"

#if NN_MVE
NN_INLINE float32x4_t nn_mve_act(float32x4_t v, int32_t act)
{
    if (act == NN_ACT_NONE) return v;
    v = vmaxnmq_f32(v, vdupq_n_f32(0.0f));
    return act == NN_ACT_RELU6 ? vminnmq_f32(v, vdupq_n_f32(6.0f)) : v;
}

NN_INLINE float32x4_t nn_mve_out_dyn(int32x4_t acc, int32x4_t w_sum, int32_t x_zero, float32x4_t w_scale,
                                     float x_scale, float32x4_t bias, int32_t act)
{
    const float32x4_t v = vmulq_f32(vcvtq_f32_s32(vmlaq_n_s32(acc, w_sum, -x_zero)), w_scale);
    return nn_mve_act(vfmaq_n_f32(bias, v, x_scale), act);
}
#endif

NN_INLINE float nn_output_dyn(int32_t acc, float w_scale, float x_scale, float bias, int32_t act)
{
    return nn_act(NN_MADD((float)acc * w_scale, x_scale, bias), act);
}

// The sums [block][2][4] of two positions to float outputs of `n` channels. y0 and y1 may be the same.
NN_INLINE void nn_mve_put2_dyn(const int32_t *acc, const float *w_scale, const int32_t *w_sum,
                               const float *bias, float x_scale, int32_t x_zero, int32_t act, float *y0,
                               float *y1, int32_t n)
{
    int32_t o = 0;
#if NN_MVE
    for (; o + 4 <= n; o += 4, acc += 8) {
        const int32x4_t sum = vldrwq_s32(w_sum + o);
        const float32x4_t scale = vldrwq_f32(w_scale + o), b = vldrwq_f32(bias + o);
        vstrwq_f32(y0 + o, nn_mve_out_dyn(vldrwq_s32(acc), sum, x_zero, scale, x_scale, b, act));
        vstrwq_f32(y1 + o, nn_mve_out_dyn(vldrwq_s32(acc + 4), sum, x_zero, scale, x_scale, b, act));
    }
    acc -= 2 * o;
#endif
    for (; o < n; o++) {
        const int32_t *a = acc + o / 4 * 8 + o % 4, zero = x_zero * w_sum[o];
        y0[o] = nn_output_dyn(a[0] - zero, w_scale[o], x_scale, bias[o], act);
        y1[o] = nn_output_dyn(a[4] - zero, w_scale[o], x_scale, bias[o], act);
    }
}
#endif
