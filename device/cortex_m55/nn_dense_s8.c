// Fully connected layer of int8 on Helium; contract in nn.h. scratch: nn_dense_mve_scratch(p) bytes.
#ifndef NN_DENSE_S8_C
#define NN_DENSE_S8_C
#include "nn_mve.h"

NN_API void nn_dense_s8(const nn_dense *p, const int8_t *x, const int8_t *w, const int32_t *bias,
                        const int32_t *mult, const int32_t *shift, int8_t *y, int16_t *scratch)
{
    int32_t *const acc = (int32_t *)(void *)scratch;
    for (int32_t r = 0; r < p->rows; r++, x += p->in_c, y += p->out_c) {
        nn_mve_sums1(x, w, acc, (p->out_c + 3) / 4, p->in_c / NN_GROUP, p->in_c % NN_GROUP);
        for (int32_t o = 0; o < p->out_c; o++)
            y[o] = nn_output_s8(acc[o] + bias[o], mult[o], shift[o], p->y_zero, p->min, p->max);
    }
}
#endif
