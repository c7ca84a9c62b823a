// Divisions without the library's call, from an estimate of the reciprocal.
#ifndef NN_QUOTIENT_H
#define NN_QUOTIENT_H
#include "../nn_math.h"

// A step of Newton's towards 1 / d.
NN_INLINE float nn_nearer(float r, float d, float one)
{
    return NN_MADD(r, NN_MADD(-d, r, one), r);
}

// n / d by r, nearly 1 / d.
NN_INLINE float nn_quotient(float n, float d, float r)
{
    const float q = n * r;
    return NN_MADD(NN_MADD(-d, q, n), r, q);
}
#endif
