// logistic and tanh of arrays of floats, the bits of nn_math.h with its multiply-adds fused: their divisions inline, without
// the library's call.
//
// A quotient n / d starts from an estimate of 1 / d, by a parabola or by the bits of d taken from a constant; a step of
// Newton's squares its error. What n - d * q leaves, exact in one multiply-add, corrects the last bit. That this is the
// division rounded once, and exp scaled by adding to its exponent what nn_exp multiplies by, was tried for every float
// that goes in (tests/device/test_activate_f32.c, all of them with WEARLITE_EVERY_FLOAT=1).
#ifndef NN_ACTIVATE_F32_H
#define NN_ACTIVATE_F32_H
#include "nn_quotient.h"

#define NN_ACTIVATE_ARRAYS 1

// The constants, read where they are used: one load each, and the sum that starts with one needs no copy. The compiler
// would make each anew from a literal by two instructions.
enum {
    NN_K_LOG2E,
    NN_K_HALF,
    NN_K_LN2_HIGH,
    NN_K_LN2_LOW,
    NN_K_7,
    NN_K_6,
    NN_K_5,
    NN_K_4,
    NN_K_3,
    NN_K_2,
    NN_K_1,
    NN_K_SQUARE,
    NN_K_LINE,
    NN_K_START
};
static const float nn_activate_k[] = {1.44269504f,    0.49999997f,    -0.693359375f,  2.12194440e-4f,
                                      1.98412698e-4f, 1.38888889e-3f, 8.33333333e-3f, 4.16666667e-2f,
                                      1.66666667e-1f, 0.5f,           1.0f,           32.0f / 99,
                                      -144.0f / 99,   210.0f / 99};
// num and den of nn_tanh, and the parabola for 1 / den
static const float nn_tanh_k[] = {
    105.0f, 945.0f, 15.0f, 420.0f, 9.757213276e-10f, -2.954240249e-06f, 2.978546093e-03f, 1.0f};

NN_INLINE const float *nn_hidden(const float *k)
{
#ifdef __xtensa__
    __asm__("" : "+r"(k));
#endif
    return k;
}

NN_INLINE float nn_of_bits(int32_t bits)
{
#ifdef __xtensa__
    float v;
    __asm__("wfr %0, %1" : "=f"(v) : "r"(bits));
    return v;
#else
    return nn_float(bits);
#endif
}

// nn_exp of x, 2^-20 <= |x| <= 87.3; half: of x's sign.
NN_INLINE float nn_exp_within(const float *k, float x, float half)
{
    const int32_t n = (int32_t)(x * k[NN_K_LOG2E] + half);
    const float by = (float)n;
    const float r = NN_MADD(by, k[NN_K_LN2_LOW], NN_MADD(by, k[NN_K_LN2_HIGH], x));
    float s = NN_MADD(k[NN_K_7], r, k[NN_K_6]);
#pragma GCC unroll 5
    for (int32_t i = NN_K_5; i <= NN_K_1; i++) s = NN_MADD(s, r, k[i]);
    s = NN_MADD(s, r, k[NN_K_1]);
    return nn_of_bits(nn_bits(s) + (int32_t)((uint32_t)n << 23));
}

// Far out, near 0, and of what is no number: the portable way.
NN_SHARED float nn_logistic_far(float x)
{
    return nn_logistic(x);
}

NN_SHARED float nn_tanh_far(float x)
{
    return nn_tanh(x);
}

NN_INLINE float nn_logistic_near(const float *k, float x)
{
    const float e = nn_exp_within(k, -__builtin_fabsf(x), -k[NN_K_HALF]), d = e + k[NN_K_1]; // 1 .. 2
    float r = NN_MADD(NN_MADD(d, k[NN_K_SQUARE], k[NN_K_LINE]), d, k[NN_K_START]);
    r = nn_nearer(nn_nearer(r, d, k[NN_K_1]), d, k[NN_K_1]);
    return nn_quotient(x < 0.0f ? e : k[NN_K_1], d, r);
}

NN_INLINE void nn_logistics_f32(const float *v, int32_t n, float *to)
{
    const float *k = nn_hidden(nn_activate_k);
    for (int32_t i = 0; i < n; i++) {
        const float x = v[i];
        // 2^-20 <= |x| <= 87; with d just below 2 the correction would end in a tie
        const uint32_t twice = (uint32_t)nn_bits(x) << 1;
        to[i] =
            twice - 0x6b000000u <= 0x855c0000u - 0x6b000000u ? nn_logistic_near(k, x) : nn_logistic_far(x);
    }
}

// |x| < 0.55
NN_INLINE float nn_tanh_small(const float *k, float x)
{
    const float q = x * x;
    const float num = NN_MADD(q + k[0], q, k[1]);
    const float d = NN_MADD(NN_MADD(q, k[2], k[3]), q, k[1]); // 945 .. 1074
    float r = NN_MADD(NN_MADD(d, k[4], k[5]), d, k[6]);
    r = nn_nearer(r, d, k[7]);
    return x * nn_quotient(num, d, r);
}

// 0.55 <= |x| <= 10
NN_INLINE float nn_tanh_large(const float *k, float x)
{
    const float a = __builtin_fabsf(x), d = nn_exp_within(k, a + a, k[NN_K_HALF]) + k[NN_K_1];
    float r = nn_of_bits(0x7ef311c7 - nn_bits(d));
    r = nn_nearer(nn_nearer(nn_nearer(r, d, k[NN_K_1]), d, k[NN_K_1]), d, k[NN_K_1]);
    const float t = k[NN_K_1] - nn_quotient(2.0f, d, r);
    return x < 0.0f ? -t : t;
}

NN_INLINE void nn_tanhs_f32(const float *v, int32_t n, float *to)
{
    const float *k = nn_hidden(nn_activate_k), *small = nn_hidden(nn_tanh_k);
    for (int32_t i = 0; i < n; i++) {
        const float x = v[i], a = __builtin_fabsf(x);
        if (a < 0.55f)
            to[i] = nn_tanh_small(small, x);
        else
            to[i] = a <= 10.0f ? nn_tanh_large(k, x) : nn_tanh_far(x);
    }
}
#endif
