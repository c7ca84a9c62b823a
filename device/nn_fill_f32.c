// One value everywhere; contract in nn.h.
#ifndef NN_FILL_F32_C
#define NN_FILL_F32_C
#include "nn_math.h"

NN_API void nn_fill_f32(const nn_fill *p, float *y)
{
    for (int32_t i = 0; i < p->n; i++) y[i] = nn_float(p->value);
}
#endif
