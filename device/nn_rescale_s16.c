// int16 times one factor, or one of two by its sign; contract in nn.h.
#ifndef NN_RESCALE_S16_C
#define NN_RESCALE_S16_C
#include "nn_math.h"

NN_API void nn_rescale_s16(const nn_rescale *p, const int16_t *x, int16_t *y)
{
    for (int32_t i = 0; i < p->n; i++) {
        int32_t v;
        if (x[i] >= 0)
            v = nn_requantise(x[i], p->mult, p->shift);
        else
            v = nn_requantise(p->negate_below ? -x[i] : x[i], p->mult_below, p->shift_below);
        y[i] = (int16_t)nn_clamp(v, p->min, p->max);
    }
}
#endif
