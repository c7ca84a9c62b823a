// A function of one int8 value, by its table; contract in nn.h.
#ifndef NN_LOOKUP_S8_C
#define NN_LOOKUP_S8_C
#include "nn.h"

NN_API void nn_lookup_s8(const nn_lookup *p, const int8_t *x, const int8_t *table, int8_t *y)
{
    for (int32_t n = p->n; n > 0; n--) *y++ = table[*x++ + 128];
}
#endif
