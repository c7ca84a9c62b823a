// Greatest or least over the middle one of three dimensions; contract in nn.h.
#ifndef NN_REDUCE_S8_C
#define NN_REDUCE_S8_C
#include "nn.h"

NN_API void nn_reduce_s8(const nn_reduce *p, const int8_t *x, int8_t *y)
{
    for (int32_t a = 0; a < p->a; a++, x += p->b * p->c)
        for (int32_t c = 0; c < p->c; c++) {
            const int8_t *in = x + c;
            int8_t v = *in;
            for (int32_t n = p->b - 1; n > 0; n--) {
                in += p->c;
                if ((p->function == NN_MAXIMUM) == (*in > v)) v = *in;
            }
            *y++ = v;
        }
}
#endif
