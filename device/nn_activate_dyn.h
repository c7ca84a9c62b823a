// logistic and tanh (nn_curve_dyn.h) of arrays; the folders of chips have faster ones of the same bits.
#ifndef NN_ACTIVATE_DYN_H
#define NN_ACTIVATE_DYN_H
#include "nn_curve_dyn.h"

// Whether arrays cost less here than one number after the other.
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
