// What the integer recurrent kernels share: from sums to gates in Q3.12.
#ifndef NN_RECURRENT_S8_H
#define NN_RECURRENT_S8_H
#include "nn_activate16.h"
#include "nn_cell_s8.h"
#include "nn_curve_q15.h"
#include "nn_gates_pair.h"

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
    int32_t u = 0;
#ifdef NN_GATES_EIGHT
    for (; u + 8 <= nn_fours(units); u += 8) {
        int32_t acc[8] = {0, 0, 0, 0, 0, 0, 0, 0};
        for (int32_t k = 0; g->bias && k < 8; k++) acc[k] = g->bias[u + k];
        nn_gates_sum8(m, g->block + u / 4, x, acc);
#pragma GCC unroll 8
        for (int32_t k = 0; k < 8; k++)
            s[u + k] = (int16_t)nn_clamp16((add ? s[u + k] : 0) + nn_gate_requantise(acc[k], mult, shift));
    }
#endif
    for (; u < units; u += 4) {
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

// logistic of n >= 1 gates in Q3.12, in place.
NN_INLINE void nn_gates_logistic(const int16_t *curve, int16_t *s, int32_t n)
{
    if (!curve) {
        nn_logistics_q15(s, n);
        return;
    }
    for (int32_t i = 0; i < n; i++) s[i] = (int16_t)nn_curve_logistic(curve, s[i]);
}

// tanh of n values in Q(int_bits).(15 - int_bits).
NN_INLINE void nn_gates_tanh(const int16_t *curve, const int16_t *s, int32_t n, int32_t int_bits, int16_t *to)
{
    if (!curve || int_bits < 2) {
        nn_tanhs_q15(s, n, int_bits, to);
        return;
    }
    for (int32_t i = 0; i < n; i++) to[i] = (int16_t)nn_curve_tanh(curve, s[i], int_bits);
}

typedef struct nn_step_s8 { // what a layer's steps share; an LSTM's and an RNN's, whose gates see the same h
    nn_gates_pair m;
    const int32_t *bias, *bias_rec; // of all gates; NULL: zeros
    const int32_t *mult, *shift;    // mult[gates + gate]: of the recurrent sums
    const int16_t *curve;
    int32_t in_c, units, gates;
    int32_t tanh; // the gate of which it is taken; of the others logistic
} nn_step_s8;

// A layer's arguments in the order of its kernel; `wide`: what lies in scratch behind the kernel's own vectors.
NN_INLINE nn_step_s8 nn_step_s8_of(const nn_recurrent_integer *p, int32_t gates, int32_t tanh,
                                   const int8_t *w, const int8_t *u, const int32_t *bias,
                                   const int32_t *bias_rec, const int32_t *mult, const int32_t *shift,
                                   const int16_t *curve, int16_t *wide)
{
    const nn_step_s8 q = {nn_gates_pair_of(w, u, p->in_c, p->units, gates, p->pack, p->widen, wide),
                          bias,
                          bias_rec,
                          mult,
                          shift,
                          curve,
                          p->in_c,
                          p->units,
                          gates,
                          tanh};
    return q;
}

// All gates of a step, activations included; h NULL: no recurrent sums.
NN_INLINE void nn_gates_step_s8(const nn_step_s8 *q, const int8_t *x, const int8_t *h, int16_t *s)
{
    const int32_t units4 = nn_fours(q->units), gates = q->gates, tanh = q->tanh * units4;
    nn_gates_take(q->m.wide, x, q->in_c);
#ifdef NN_GATES_BOTH
    if (h && q->m.wide != q->m.wide_h) {
        nn_gates_take(q->m.wide_h, h, q->units);
        for (int32_t g = 0; g < gates; g++)
            nn_gates_both_s8(&q->m.x, q->m.h.n, g, q->m.wide, q->bias, q->bias_rec, q->units, q->mult[g],
                             q->shift[g], q->mult[gates + g], q->shift[gates + g], q->curve, g == q->tanh,
                             s + g * units4);
        if (q->curve) return;
    } else
#endif
    {
        nn_gates_add_s8(&q->m.x, q->bias, q->mult, q->shift, x, q->m.wide, 0, q->units, 0, gates, s);
        if (h) nn_gates_take(q->m.wide_h, h, q->units);
        if (h)
            nn_gates_add_s8(&q->m.h, q->bias_rec, q->mult + gates, q->shift + gates, h, q->m.wide_h, 1,
                            q->units, 0, gates, s);
    }
    if (tanh) nn_gates_logistic(q->curve, s, tanh);
    nn_gates_tanh(q->curve, s + tanh, units4, 3, s + tanh);
    if (q->tanh + 1 < gates) nn_gates_logistic(q->curve, s + tanh + units4, (gates - 1 - q->tanh) * units4);
}
#endif
