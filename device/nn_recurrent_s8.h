// What the integer recurrent kernels share: from sums to gates in Q3.12.
#ifndef NN_RECURRENT_S8_H
#define NN_RECURRENT_S8_H
#include "nn_activate16.h"
#include "nn_cell_s8.h"
#include "nn_gates_s8.h"

typedef struct nn_gate { // one gate of one product: requantised by its factor
    const int32_t *bias; // NULL: zeros
    int32_t block, mult, shift;
} nn_gate;

// nn_requantise of |v| < 2^30 (>> shift where that is to the left), far enough for what is saturated behind it; to the
// right the half that rounds away from zero is added first.
NN_INLINE int32_t nn_gate_requantise(int32_t v, int32_t mult, int32_t shift)
{
    if (shift >= 0) return nn_clamp(nn_requantise(v, mult, shift), -65536, 65535);
    v = nn_mul_high_small(v, mult);
    return (v + (v >> 31) + (1 << (-shift - 1))) >> -shift;
}

// s[u] = saturated(s[u] (or 0) + requantised(bias[u] + x * row u)) for the units of a gate.
NN_INLINE void nn_gate_add_s8(const nn_gate *g, const nn_gates *m, const int8_t *x, const int16_t *wide,
                              int32_t add, int32_t units, int16_t *s)
{
    const int32_t mult = g->mult, shift = g->shift;
#ifdef NN_GATES_FUSED
    if (NN_GATES_FUSED(m)) {
        nn_gates_fused(m, g->block, 1, g->bias, wide, add, units, &mult, &shift, s);
        return;
    }
#endif
#ifdef NN_GATE_FUSED
    (void)x;
    nn_gate_fused(m, g->block, g->bias, wide, add, units, mult, shift, s);
#else
    for (int32_t u = 0; u < units; u += 4) {
        int32_t acc[4] = {0, 0, 0, 0};
        for (int32_t k = 0; g->bias && k < 4; k++) acc[k] = g->bias[u + k];
        nn_gates_sum(m, g->block + u / 4, x, wide, acc);
#pragma GCC unroll 4
        for (int32_t k = 0; k < 4; k++)
            s[u + k] = (int16_t)nn_clamp16((add ? s[u + k] : 0) + nn_gate_requantise(acc[k], mult, shift));
    }
#endif
}

// The gates from..to - 1 of one product.
NN_INLINE void nn_gates_add_s8(const nn_gates *m, const int32_t *bias, const int32_t *mult,
                               const int32_t *shift, const int8_t *x, const int16_t *wide, int32_t add,
                               int32_t units, int32_t from, int32_t to, int16_t *s)
{
    const int32_t units4 = nn_fours(units);
#ifdef NN_GATES_FUSED
    if (NN_GATES_FUSED(m)) {
        nn_gates_fused(m, from * units4 / 4, to - from, bias ? bias + from * units4 : NULL, wide, add, units,
                       mult + from, shift + from, s + from * units4);
        return;
    }
#endif
    for (int32_t g = from; g < to; g++) {
        const nn_gate q = {bias ? bias + g * units4 : NULL, g * units4 / 4, mult[g], shift[g]};
        nn_gate_add_s8(&q, m, x, wide, add, units, s + g * units4);
    }
}

// What a layer keeps is h without its zero point, so that zeros are where it begins; kept NULL: nothing.
NN_INLINE const int8_t *nn_kept_s8(int8_t *kept, int32_t zero, int32_t n)
{
    for (int32_t i = 0; kept && i < n; i++) kept[i] = (int8_t)(kept[i] + zero);
    return kept;
}

NN_INLINE void nn_keep_s8(int8_t *kept, const int8_t *last, int32_t zero, int32_t n)
{
    for (int32_t i = 0; kept && i < n; i++) kept[i] = (int8_t)(last[i] - zero);
}

NN_INLINE void nn_keep_s16(int16_t *kept, const int16_t *last, int32_t n)
{
    for (int32_t i = 0; kept && i < n; i++) kept[i] = last[i];
}
#endif
