// One value everywhere; contract in nn.h.
#ifndef NN_FILL_S8_C
#define NN_FILL_S8_C
#include "nn.h"

NN_API void nn_fill_s8(const nn_fill *p, int8_t *y)
{
    memset(y, (int)p->value, (size_t)p->n);
}
#endif
