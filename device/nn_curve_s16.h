// The table that logistic and tanh of int16 share.
#ifndef NN_CURVE_S16_H
#define NN_CURVE_S16_H
#include "nn_math.h"

// x to 1 / (3 * 4096): 2^17 is 10.7.
NN_INLINE int32_t nn_curve_input(const nn_curve *p, int32_t x)
{
    return (x * p->mult + (p->shift > 0 ? 1 << (p->shift - 1) : 0)) >> p->shift;
}

// Q0.16 of a table by `at` of 2^bits steps an entry, bits more behind the point; table[i] is the value - 2^15.
NN_INLINE int32_t nn_curve_at(const int16_t *table, int32_t at, int32_t bits, int32_t end)
{
    const int32_t i = at >> bits;
    if (i >= 255) return end;
    return ((table[i] + 32768) << bits) + (at & ((1 << bits) - 1)) * (table[i + 1] - table[i]);
}
#endif
