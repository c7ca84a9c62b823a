// Fully connected layer, int8, two taps an instruction; contract in nn.h.
#ifndef NN_DENSE_S8_C
#define NN_DENSE_S8_C
#include "nn_pair_s8.h"

NN_API void nn_dense_s8(const nn_dense *p, const int8_t *x, const int8_t *w, const int32_t *bias,
                        const int32_t *mult, const int32_t *shift, int8_t *y, int16_t *scratch)
{
    for (int32_t r = 0; r < p->rows; r++, x += p->in_c, y += p->out_c) {
        for (int32_t i = 0; i < p->in_c; i++) scratch[i] = x[i];
        const int8_t *wo = w;
        for (int32_t o = 0; o < p->out_c; o += 2, wo += 2 * p->in_c) {
            int32_t acc[2];
            for (int32_t i = 0; i < 2; i++) acc[i] = bias[o + i];
            nn_dot_row(acc, scratch, wo, p->in_c);
            for (int32_t i = 0; i < 2 && o + i < p->out_c; i++)
                nn_put_pair(acc + i, 1, mult[o + i], shift[o + i], p->y_zero, p->min, p->max, y + o + i, 1);
        }
    }
}
#endif
