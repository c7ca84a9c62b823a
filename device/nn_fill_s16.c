// One value everywhere; contract in nn.h.
#ifndef NN_FILL_S16_C
#define NN_FILL_S16_C
#include "nn.h"

NN_API void nn_fill_s16(const nn_fill *p, int16_t *y)
{
    for (int32_t i = 0; i < p->n; i++) y[i] = (int16_t)p->value;
}
#endif
