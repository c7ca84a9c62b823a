// Fully connected layer of int8 on MAC16; contract in nn.h. Weights in rows (block 1).
#ifndef NN_DENSE_S8_C
#define NN_DENSE_S8_C
#include "nn_mac16.h"

NN_API void nn_dense_s8(const nn_dense *p, const int8_t *x, const int8_t *w, const int32_t *bias,
                        const int32_t *mult, const int32_t *shift, int8_t *y, int16_t *scratch)
{
    for (int32_t r = 0; r < p->rows; r++, x += p->in_c, y += p->out_c) {
        nn_widen_row(scratch, x, p->in_c);
        for (int32_t o = 0; o < p->out_c; o++)
            y[o] = nn_output_s8(nn_mac16_s8(bias[o], scratch, w + o * p->in_c, p->in_c), mult[o], shift[o],
                                p->y_zero, p->min, p->max);
    }
}
#endif
