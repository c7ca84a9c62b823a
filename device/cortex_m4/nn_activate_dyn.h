// logistic and tanh of the dynamic recurrent layers, as ../nn_curve_dyn.h, on Arm's FPU without vectors: VCVT scales and saturates on
// the way to an integer, SSAT takes the piece.
#ifndef NN_ACTIVATE_DYN_H
#define NN_ACTIVATE_DYN_H
#include "../nn.h"

// VCVT cuts towards zero: above -2^-26 it makes 0, where that piece has the bits of the right one.
#if defined(__ARM_FP) && (__ARM_FP & 4) && defined(__ARM_FEATURE_DSP) && defined(__GNUC__)
#define NN_CURVE_PIECE_DYN 1
NN_INLINE int32_t nn_curve_piece_dyn(float x, int32_t bits)
{
    int32_t piece;
    if (bits == 2)
        __asm__("vcvt.s32.f32 %1, %1, #26\n\tvmov %0, %1\n\tssat %0, #7, %0, asr #24" : "=r"(piece), "+t"(x));
    else
        __asm__("vcvt.s32.f32 %1, %1, #26\n\tvmov %0, %1\n\tssat %0, #7, %0, asr #23" : "=r"(piece), "+t"(x));
    return piece;
}
#endif
#include "../nn_curve_dyn.h"

#define NN_ACTIVATE_ARRAYS_DYN 0

NN_INLINE void nn_logistics_dyn(const float *v, int32_t n, float *to)
{
    for (int32_t i = 0; i < n; i++) to[i] = nn_logistic_dyn(v[i]);
}

NN_INLINE void nn_tanhs_dyn(const float *v, int32_t n, float *to)
{
    for (int32_t i = 0; i < n; i++) to[i] = nn_tanh_dyn(v[i]);
}
#endif
