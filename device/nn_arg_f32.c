// Where the greatest or least is, over the middle one of three dimensions; contract in nn.h.
#ifndef NN_ARG_F32_C
#define NN_ARG_F32_C
#include "nn.h"

NN_API void nn_arg_f32(const nn_reduce *p, const float *x, int32_t *y)
{
    for (int32_t a = 0; a < p->a; a++, x += p->b * p->c)
        for (int32_t c = 0; c < p->c; c++) {
            const float *in = x + c;
            float most = *in;
            int32_t at = 0;
            for (int32_t b = 1; b < p->b; b++) {
                in += p->c;
                if (p->function == NN_MAXIMUM ? *in > most : *in < most) {
                    most = *in;
                    at = b;
                }
            }
            *y++ = at;
        }
}
#endif
