// A block of values moved with strides on both sides, of any type.
#ifndef NN_COPY_H
#define NN_COPY_H
#include "nn.h"

#define NN_COPY(name, type)                                                                                  \
    NN_API void name(const nn_copy *p, const type *x, type *y)                                               \
    {                                                                                                        \
        for (int32_t i = 0; i < p->d0; i++)                                                                  \
            for (int32_t j = 0; j < p->d1; j++)                                                              \
                for (int32_t k = 0; k < p->d2; k++) {                                                        \
                    const type *from = x + p->x_at + i * p->x0 + j * p->x1 + k * p->x2;                      \
                    type *to = y + p->y_at + i * p->y0 + j * p->y1 + k * p->y2;                              \
                    if (p->x3 == 1 && p->y3 == 1)                                                            \
                        memcpy(to, from, (size_t)p->d3 * sizeof *to);                                        \
                    else                                                                                     \
                        for (int32_t l = 0; l < p->d3; l++) to[l * p->y3] = from[l * p->x3];                 \
                }                                                                                            \
    }
#endif
