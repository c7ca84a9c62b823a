// Slices of any type, chosen by their numbers; contract in nn.h.
#ifndef NN_GATHER_C
#define NN_GATHER_C
#include "nn.h"

NN_API void nn_gather(const nn_gather_rows *p, const void *x, const int32_t *indices, void *y)
{
    const uint8_t *from = (const uint8_t *)x;
    uint8_t *to = (uint8_t *)y;
    for (int32_t o = 0; o < p->outer; o++, from += p->n * p->bytes)
        for (int32_t i = 0; i < p->count; i++, to += p->bytes)
            memcpy(to, from + nn_clamp(indices[i], 0, p->n - 1) * p->bytes, (size_t)p->bytes);
}
#endif
