// Floats times a factor, plus a term, to int8 on cores with the DSP extension and an FPU without vectors; contract in
// nn.h.
#ifndef NN_AFFINE_S8_C
#define NN_AFFINE_S8_C
#include "nn_quantize_row.h"

NN_API void nn_affine_s8(const nn_affine *p, const float *x, const float *factor, const float *term,
                         int8_t *y)
{
    const float scale = nn_float(p->scale_bits);
    const int32_t n = p->rows * p->c, c = p->c, zero = p->zero; // a store to y may change p
#ifdef NN_QUANTIZE_CVT
    uint32_t status, now;
    const int32_t half = 0x8000 + zero * 65536;
    __asm__ volatile("vmrs %0, fpscr" : "=r"(status));
    __asm__ volatile("vmsr fpscr, %0" ::"r"(status & ~1u));
    for (int32_t k = 0; k < c; k++) {
        const float f = factor[k], t = term[k];
        int32_t i = k;
        for (; i < n - 3 * c; i += 4 * c) {
            NN_UNROLL_TAPS
            for (int32_t j = 0; j < 4; j++)
                y[i + j * c] = nn_quantize_cvt((x[i + j * c] * f + t) / scale, half);
        }
        for (; i < n; i += c) y[i] = nn_quantize_cvt((x[i] * f + t) / scale, half);
    }
    __asm__ volatile("vmrs %0, fpscr" : "=r"(now));
    __asm__ volatile("vmsr fpscr, %0" ::"r"(now | status));
    if (now & 1) // as in nn_quantize_values
        for (int32_t i = 0; i < n; i++)
            if (!((x[i] * factor[i % c] + term[i % c]) / scale > (float)(-128 - zero))) y[i] = -128;
#else
    for (int32_t k = 0; k < c; k++)
        for (int32_t i = k; i < n; i += c) y[i] = nn_round_s8((x[i] * factor[k] + term[k]) / scale, zero);
#endif
}
#endif
