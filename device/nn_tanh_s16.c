// Hyperbolic tangent of int16, by the table of the logistic function; contract in nn.h.
#ifndef NN_TANH_S16_C
#define NN_TANH_S16_C
#include "nn_curve_s16.h"

NN_API void nn_tanh_s16(const nn_curve *p, const int16_t *x, const int16_t *table, int16_t *y)
{
    for (int32_t n = p->n; n > 0; n--) { // tanh(v) = 2 * logistic(2v) - 1
        const int32_t v = nn_curve_input(p, *x++);
        const int32_t r = nn_curve_at(table, v < 0 ? -v : v, 8, 0xffff << 8) - (1 << 23);
        *y++ = (int16_t)((v >= 0 ? r + (1 << 7) : -r + (1 << 7) - 1) >> 8);
    }
}
#endif
