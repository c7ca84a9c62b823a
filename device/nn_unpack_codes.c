// 4-bit codes to int8 weights by a code book; contract in nn.h.
#ifndef NN_UNPACK_CODES_C
#define NN_UNPACK_CODES_C
#include "nn.h"

NN_API void nn_unpack_codes(const nn_codes *p, const uint8_t *codes, const int8_t *book, int8_t *y)
{
    const int32_t pairs = p->n >> 1;
    for (int32_t i = 0; i < pairs; i++, y += 2) {
        const uint32_t code = codes[i];
        const int32_t low = book[code & 15u];
        y[0] = (int8_t)low;
        y[1] = (int8_t)(book[code >> 4] - (p->borrow & (low < 0)));
    }
    if (p->n & 1) *y = book[codes[pairs] & 15u];
}
#endif
