// h of a dynamic recurrent layer as int8, where the MAC16 unit takes it from: what nn_quantize_h and nn_gates_take make.
#ifndef NN_QUANTIZE_WIDE_H
#define NN_QUANTIZE_WIDE_H
#include "../nn_widen.h"
#include "nn_quantize_row.h"
#include "nn_scale_127.h"

#define NN_QUANTIZE_WIDE 1

// Infinite numbers and none, and numbers all so small that 127 by the largest is infinite.
NN_SHARED float nn_quantize_wide_far(const float *h, int32_t n, int16_t *wide)
{
    float min, max;
    nn_range(h, n, &min, &max);
    const float range = -min > max ? -min : max;
    for (int32_t i = 0; i < n && range > 0.0f; i++) {
        int8_t q;
        nn_quantize_values(h + i, 1, 127.0f / range, 0.0f, -127, &q);
        wide[i] = q;
    }
    return range > 0.0f ? range / 127.0f : 0.0f;
}

// wide: n int16 and zeros up to fours. Returns the scale, 0 when all of h is 0. |x * factor| is at most 127 in any rounding, so
// nothing is saturated; half away from zero of v is (t + (t >= 0)) >> 1, t = 2 v cut towards zero.
NN_INLINE float nn_quantize_wide(const float *h, int32_t n, int16_t *wide)
{
    uint32_t most = 0; // of the bits without sign, doubled
    for (int32_t i = 0; i < n; i++) {
        const uint32_t bits = 2u * (uint32_t) * (const nn_float_bits *)(const void *)&h[i];
        most = bits > most ? bits : most;
    }
    nn_widen_fill(wide + n, 0, nn_fours(n) - n);
    if (most - 0x08000000u >= 0xff000000u - 0x08000000u) return nn_quantize_wide_far(h, n, wide);
    float factor;
    const float scale = nn_scale_127(nn_float((int32_t)(most >> 1)), &factor);
#ifdef __xtensa__
    float v;
    int32_t t, more, at = 0;
    __asm__ volatile("loop %[n], .Lnn_wide_%=\n\t"
                     "lsx %[v], %[h], %[at]\n\t"
                     "addi %[at], %[at], 4\n\t"
                     "mul.s %[v], %[v], %[factor]\n\t"
                     "trunc.s %[t], %[v], 1\n\t"
                     "addi %[more], %[t], 1\n\t"
                     "movgez %[t], %[more], %[t]\n\t"
                     "srai %[t], %[t], 1\n\t"
                     "s16i %[t], %[to], 0\n\t"
                     "addi %[to], %[to], 2\n"
                     ".Lnn_wide_%=:"
                     : [to] "+&r"(wide), [at] "+&r"(at), [t] "=&r"(t), [more] "=&r"(more), [v] "=&f"(v)
                     : [n] "r"(n), [h] "r"(h), [factor] "f"(factor)
                     : "memory");
#else
    for (int32_t i = 0; i < n; i++) {
        const int32_t t = (int32_t)(h[i] * factor * 2.0f);
        wide[i] = (int16_t)((t + (t >= 0)) >> 1);
    }
#endif
    return scale;
}
#endif
