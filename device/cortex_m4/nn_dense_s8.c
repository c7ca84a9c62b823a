// Fully connected layer, int8, two taps an instruction; contract in nn.h.
#ifndef NN_DENSE_S8_C
#define NN_DENSE_S8_C
#include "nn_pair_s8.h"

NN_API void nn_dense_s8(const nn_dense *p, const int8_t *x, const int8_t *w, const int32_t *bias,
                        const int32_t *mult, const int32_t *shift, int8_t *y, int16_t *scratch)
{
    const int32_t taps = (p->in_c + 1) & ~1;
    for (int32_t r = 0; r < p->rows; r++, x += p->in_c, y += p->out_c) {
        scratch[taps - 1] = 0;
        nn_pair_widen(scratch, x, p->in_c);
        for (int32_t o = 0; o < p->out_c; o += 2) {
            int32_t acc[2] = {bias[o], bias[o + 1]};
            nn_pair_dense(p, acc, scratch, w, o);
            for (int32_t i = 0; i < 2 && o + i < p->out_c; i++)
                y[o + i] = nn_output_s8(acc[i], mult[o + i], shift[o + i], p->y_zero, p->min, p->max);
        }
    }
}
#endif
