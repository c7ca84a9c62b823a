// logistic and tanh of floats four at a time on Helium: the steps of nn_math.h, so the same bits. Division has no vector
// form: four scalar ones work in the lanes. Helium takes what is below 2^-126 as zero, so fours with such a number, or one
// that is far out or none, go one by one.
#ifndef NN_ACTIVATE_F32_H
#define NN_ACTIVATE_F32_H
#include "nn_mve.h"

#define NN_ACTIVATE_ARRAYS 1

#if NN_MVE
NN_INLINE float32x4_t nn_mve_div(float32x4_t a, float32x4_t b)
{
    register float32x4_t x __asm__("q0") = a;
    register float32x4_t y __asm__("q1") = b;
    __asm__("vdiv.f32 s0, s0, s4\n\t"
            "vdiv.f32 s1, s1, s5\n\t"
            "vdiv.f32 s2, s2, s6\n\t"
            "vdiv.f32 s3, s3, s7"
            : "+w"(x)
            : "w"(y));
    return x;
}

// nn_exp, |x| <= 80, so that the factor 2^n never leaves the normal numbers; round: 0.49999997 with the sign of x.
NN_INLINE float32x4_t nn_mve_exp(float32x4_t x, float round)
{
    const int32x4_t n = vcvtq_s32_f32(vaddq_n_f32(vmulq_n_f32(x, 1.44269504f), round));
    const float32x4_t k = vcvtq_f32_s32(n);
    const float32x4_t r = vfmaq_n_f32(vfmaq_n_f32(x, k, -0.693359375f), k, 2.12194440e-4f);
    float32x4_t s = vfmasq_n_f32(r, vdupq_n_f32(1.98412698e-4f), 1.38888889e-3f);
    s = vfmasq_n_f32(s, r, 8.33333333e-3f);
    s = vfmasq_n_f32(s, r, 4.16666667e-2f);
    s = vfmasq_n_f32(s, r, 1.66666667e-1f);
    s = vfmasq_n_f32(s, r, 0.5f);
    s = vfmasq_n_f32(s, r, 1.0f);
    s = vfmasq_n_f32(s, r, 1.0f);
    return vreinterpretq_f32_s32(vaddq_s32(vreinterpretq_s32_f32(s), vshlq_n_s32(n, 23)));
}

NN_INLINE float32x4_t nn_mve_logistic(float32x4_t x)
{
    const float32x4_t e = nn_mve_exp(vnegq_f32(vabsq_f32(x)), -0.49999997f);
    const float32x4_t one = vdupq_n_f32(1.0f);
    return nn_mve_div(vpselq_f32(e, one, vcmpltq_n_f32(x, 0.0f)), vaddq_n_f32(e, 1.0f));
}

NN_INLINE float32x4_t nn_mve_tanh(float32x4_t x)
{
    const float32x4_t a = vabsq_f32(x), q = vmulq_f32(x, x);
    const mve_pred16_t small = vcmpltq_n_f32(a, 0.55f);
    const float32x4_t num = vfmasq_n_f32(vaddq_n_f32(q, 105.0f), q, 945.0f);
    const float32x4_t den = vfmasq_n_f32(vfmaq_n_f32(vdupq_n_f32(420.0f), q, 15.0f), q, 945.0f);
    const float32x4_t c = vminnmq_f32(a, vdupq_n_f32(10.0f)); // whose tanh is 1 already
    const float32x4_t e = nn_mve_exp(vaddq_f32(c, c), 0.49999997f);
    const float32x4_t v =
        nn_mve_div(vpselq_f32(num, vdupq_n_f32(2.0f), small), vpselq_f32(den, vaddq_n_f32(e, 1.0f), small));
    const uint32x4_t sign = vandq_u32(vreinterpretq_u32_f32(x), vdupq_n_u32(0x80000000u));
    const float32x4_t far = vsubq_f32(vdupq_n_f32(1.0f), v);
    return vpselq_f32(vmulq_f32(x, v), vreinterpretq_f32_u32(vorrq_u32(vreinterpretq_u32_f32(far), sign)),
                      small);
}

// Whether four numbers are 0 or in size from 2^-60 to 80.
NN_INLINE int32_t nn_mve_plain(float32x4_t x)
{
    const uint32x4_t bits = vreinterpretq_u32_f32(vabsq_f32(x));
    const mve_pred16_t far = vcmphiq_n_u32(bits, 0x42a00000u);
    const mve_pred16_t near = vcmphiq_u32(vdupq_n_u32(0x21800000u - 1), vsubq_n_u32(bits, 1u));
    return (far | near) == 0;
}
#endif

NN_SHARED void nn_logistics_f32(const float *v, int32_t n, float *to)
{
    int32_t i = 0;
#if NN_MVE
    for (; i + 4 <= n; i += 4) {
        const float32x4_t x = vldrwq_f32(v + i);
        if (nn_mve_plain(x))
            vstrwq_f32(to + i, nn_mve_logistic(x));
        else
            for (int32_t k = i; k < i + 4; k++) to[k] = nn_logistic(v[k]);
    }
#endif
    for (; i < n; i++) to[i] = nn_logistic(v[i]);
}

NN_SHARED void nn_tanhs_f32(const float *v, int32_t n, float *to)
{
    int32_t i = 0;
#if NN_MVE
    for (; i + 4 <= n; i += 4) {
        const float32x4_t x = vldrwq_f32(v + i);
        if (nn_mve_plain(x))
            vstrwq_f32(to + i, nn_mve_tanh(x));
        else
            for (int32_t k = i; k < i + 4; k++) to[k] = nn_tanh(v[k]);
    }
#endif
    for (; i < n; i++) to[i] = nn_tanh(v[i]);
}
#endif
