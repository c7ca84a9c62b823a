// A window of n floats to int8 on a core whose FPU divides.
#ifndef NN_WINDOW_S8_H
#define NN_WINDOW_S8_H
#include "nn_quantize_s8.c"

NN_INLINE void nn_window_s8(const float *x, int32_t n, float scale, float per_4096, int32_t zero, int8_t *y)
{
    nn_quantize p = {n, 0, zero};
    memcpy(&p.scale_bits, &scale, sizeof scale);
    (void)per_4096;
    nn_quantize_s8(&p, x, y);
}
#endif
