// logistic and tanh of arrays of floats; the folders of chips have faster ones of the same bits.
#ifndef NN_ACTIVATE_F32_H
#define NN_ACTIVATE_F32_H
#include "nn_math.h"

// Whether arrays cost less here than one number after the other.
#define NN_ACTIVATE_ARRAYS 0

NN_INLINE void nn_logistics_f32(const float *v, int32_t n, float *to)
{
    for (int32_t i = 0; i < n; i++) to[i] = nn_logistic(v[i]);
}

NN_INLINE void nn_tanhs_f32(const float *v, int32_t n, float *to)
{
    for (int32_t i = 0; i < n; i++) to[i] = nn_tanh(v[i]);
}
#endif
