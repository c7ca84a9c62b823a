// logistic and tanh of the dynamic recurrent layers, as ../nn_curve_dyn.h: FCVT rounds down by itself where there is an FPU.
#ifndef NN_ACTIVATE_DYN_H
#define NN_ACTIVATE_DYN_H
#include "../nn.h"

#if defined(__riscv_flen) && defined(__GNUC__)
#define NN_CURVE_PIECE_DYN 1
NN_INLINE int32_t nn_curve_piece_dyn(float x, int32_t bits)
{
    int32_t piece;
    __asm__("fcvt.w.s %0, %1, rdn" : "=r"(piece) : "f"(x * (bits == 2 ? 4.0f : 8.0f)));
    return nn_clamp(piece, -64, 63);
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
