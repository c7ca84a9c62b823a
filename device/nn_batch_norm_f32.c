// Scale and offset of each channel; contract in nn.h.
#ifndef NN_BATCH_NORM_F32_C
#define NN_BATCH_NORM_F32_C
#include "nn_math.h"

NN_API void nn_batch_norm_f32(const nn_batch_norm *p, const float *x, const float *scale, const float *offset,
                              float *y)
{
    for (int32_t r = 0; r < p->rows; r++)
        for (int32_t c = 0; c < p->c; c++) {
            const float v = *x++;
            *y++ = NN_MADD(v, scale[c], offset[c]);
        }
}
#endif
