// logistic and tanh of the dynamic recurrent layers, as ../nn_curve_dyn.h, four at a time on Helium: three gathers.
#ifndef NN_ACTIVATE_DYN_H
#define NN_ACTIVATE_DYN_H
#include "../nn_curve_dyn.h"
#include "nn_mve.h"

#define NN_ACTIVATE_ARRAYS_DYN 1

#if NN_MVE
// VCVT cuts towards zero: above -2^-26 it makes 0, where that piece has the bits of the right one.
NN_INLINE float32x4_t nn_mve_curve(const float *mid, float32x4_t x, int32_t bits)
{
    const int32x4_t q = vcvtq_n_s32_f32(x, 26), floor = bits == 2 ? vshrq_n_s32(q, 24) : vshrq_n_s32(q, 23);
    const uint32x4_t piece = vreinterpretq_u32_s32(
        vminq_s32(vmaxq_s32(floor, vdupq_n_s32(-64)), vdupq_n_s32(63))); // a negative one wraps to below mid
    const float32x4_t a = vldrwq_gather_shifted_offset_f32(mid, piece),
                      b = vldrwq_gather_shifted_offset_f32(mid + NN_CURVE_B, piece),
                      c = vldrwq_gather_shifted_offset_f32(mid + NN_CURVE_C, piece);
    return vfmaq_f32(a, vfmaq_f32(b, c, x), x);
}

// Whether one of four numbers is so small that the curve's product would be below 2^-126, which Helium takes as zero.
NN_INLINE int32_t nn_mve_tiny(float32x4_t x)
{
    const uint32x4_t bits = vreinterpretq_u32_f32(vabsq_f32(x));
    return vcmphiq_u32(vdupq_n_u32(0x10000000u - 1), vsubq_n_u32(bits, 1u)) != 0;
}
#endif

NN_SHARED void nn_logistics_dyn(const float *v, int32_t n, float *to)
{
    int32_t i = 0;
#if NN_MVE
    for (; i + 4 <= n; i += 4)
        vstrwq_f32(to + i, nn_mve_curve(nn_curve_logistic_dyn + NN_CURVE_PIECES / 2, vldrwq_f32(v + i), 2));
#endif
    for (; i < n; i++) to[i] = nn_logistic_dyn(v[i]);
}

NN_SHARED void nn_tanhs_dyn(const float *v, int32_t n, float *to)
{
    int32_t i = 0;
#if NN_MVE
    for (; i + 4 <= n; i += 4) {
        const float32x4_t x = vldrwq_f32(v + i);
        if (nn_mve_tiny(x))
            for (int32_t k = i; k < i + 4; k++) to[k] = nn_tanh_dyn(v[k]);
        else
            vstrwq_f32(to + i, nn_mve_curve(nn_curve_tanh_dyn + NN_CURVE_PIECES / 2, x, 3));
    }
#endif
    for (; i < n; i++) to[i] = nn_tanh_dyn(v[i]);
}
#endif
