// A block of int16 moved with strides on both sides; contract in nn.h.
#ifndef NN_COPY_S16_C
#define NN_COPY_S16_C
#include "nn.h"

NN_API void nn_copy_s16(const nn_copy *p, const int16_t *x, int16_t *y)
{
    for (int32_t i = 0; i < p->d0; i++)
        for (int32_t j = 0; j < p->d1; j++)
            for (int32_t k = 0; k < p->d2; k++) {
                const int16_t *from = x + p->x_at + i * p->x0 + j * p->x1 + k * p->x2;
                int16_t *to = y + p->y_at + i * p->y0 + j * p->y1 + k * p->y2;
                if (p->x3 == 1 && p->y3 == 1)
                    memcpy(to, from, (size_t)p->d3 * sizeof *to);
                else
                    for (int32_t l = 0; l < p->d3; l++) to[l * p->y3] = from[l * p->x3];
            }
}
#endif
