// Floats to int8 on cores with the DSP extension and an FPU without vectors; contract in nn.h.
#ifndef NN_QUANTIZE_S8_C
#define NN_QUANTIZE_S8_C
#include "nn_quantize_row.h"

NN_API void nn_quantize_s8(const nn_quantize *p, const float *x, int8_t *y)
{
    const float scale = nn_float(p->scale_bits);
    const int32_t n = p->n, zero = p->zero; // a store to y may change p for all a compiler knows
    int32_t i = 0;
#ifdef NN_QUANTIZE_CVT
    uint32_t status, now;
    const int32_t half = 0x8000 + zero * 65536;
    __asm__ volatile("vmrs %0, fpscr" : "=r"(status));
    __asm__ volatile("vmsr fpscr, %0" ::"r"(status & ~1u));
    for (; i < (n & ~3); i += 4) {
        NN_UNROLL_TAPS
        for (int32_t k = 0; k < 4; k++) y[i + k] = nn_quantize_cvt(x[i + k] / scale, half);
    }
    for (; i < n; i++) y[i] = nn_quantize_cvt(x[i] / scale, half);
    __asm__ volatile("vmrs %0, fpscr" : "=r"(now));
    __asm__ volatile("vmsr fpscr, %0" ::"r"(now | status));
    if (now & 1) // as in nn_quantize_values
        for (i = 0; i < n; i++)
            if (!(x[i] / scale > (float)(-128 - zero))) y[i] = -128;
#else
    for (; i < n; i++) y[i] = nn_round_s8(x[i] / scale, zero);
#endif
}
#endif
