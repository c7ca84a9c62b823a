// Logistic function of int16, by a table; contract in nn.h.
#ifndef NN_LOGISTIC_S16_C
#define NN_LOGISTIC_S16_C
#include "nn_curve_s16.h"

NN_API void nn_logistic_s16(const nn_curve *p, const int16_t *x, const int16_t *table, int16_t *y)
{
    for (int32_t n = p->n; n > 0; n--) {
        const int32_t v = nn_curve_input(p, *x++);
        const int32_t r = nn_curve_at(table, v < 0 ? -v : v, 9, 0x7fff << 10);
        *y++ = (int16_t)((v >= 0 ? r + (1 << 9) : (1 << 25) - r + (1 << 9) - 1) >> 10);
    }
}
#endif
