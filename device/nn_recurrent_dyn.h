// What the recurrent kernels with int8 weights and float gates share.
#ifndef NN_RECURRENT_DYN_H
#define NN_RECURRENT_DYN_H
#include "nn_gates_pair.h"
#include "nn_quantize_row.h"
#include "nn_recurrent_f32.h"

// h (n) as int8, symmetric, as nn_quantize_dynamic does; returns its scale, 0 when all of it is 0.
NN_INLINE float nn_quantize_h(const float *h, int8_t *q, int32_t n)
{
    float min, max;
    nn_range(h, n, &min, &max);
    const float range = -min > max ? -min : max;
    if (!(range > 0.0f)) return 0.0f;
    nn_quantize_values(h, n, 127.0f / range, 0.0f, -127, q);
    return range / 127.0f;
}

// s[row] = from[row] + (x * row) * (x_scale * scale[row or gate]) for the rows of the gates from..to - 1; from may be s.
NN_INLINE void nn_gates_add_dyn(const nn_recurrent *p, const nn_gates *m, const float *scale, float x_scale,
                                const int8_t *x, const int16_t *wide, int32_t from, int32_t to,
                                const float *start, float *s)
{
    const int32_t units = p->units, units4 = nn_fours(units);
#ifdef NN_GATE_DYN
    if (!p->per_row) {
        for (int32_t g = from; g < to; g++)
            nn_gate_dyn(m, g * units4 / 4, wide, units, x_scale * scale[g], start + g * units4,
                        s + g * units4);
        return;
    }
#endif
#ifdef NN_GATE_ROWS // row after row
    for (int32_t g = from; g < to; g++) {
        nn_gate_rows r = nn_gate_rows_of(m, g * units4, wide);
        const float by = x_scale * scale[g];
        for (int32_t u = g * units4; u < g * units4 + units; u++)
            s[u] = NN_MADD((float)nn_gate_row(&r, 0), p->per_row ? x_scale * scale[u] : by, start[u]);
    }
    (void)x;
#else
    for (int32_t g = from; g < to; g++)
        for (int32_t u = g * units4; u < g * units4 + units; u += 4) {
            int32_t acc[4] = {0, 0, 0, 0};
            nn_gates_sum(m, u / 4, x, wide, acc);
#pragma GCC unroll 4
            for (int32_t k = 0; k < 4; k++)
                s[u + k] = NN_MADD((float)acc[k], x_scale * scale[p->per_row ? u + k : g], start[u + k]);
        }
#endif
}

// Both matrices, and the parts of scratch behind the vectors.
typedef struct nn_dyn {
    nn_gates_pair m;
    const float *h_scale;
    int8_t *hq;
} nn_dyn;

NN_INLINE nn_dyn nn_dyn_of(const nn_recurrent *p, int32_t gates, const int8_t *w, const int8_t *u,
                           const float *w_scale, float *vectors_end)
{
    const int32_t units4 = nn_fours(p->units);
    nn_dyn d;
    d.hq = (int8_t *)vectors_end;
    d.m = nn_gates_pair_of(w, u, p->in_c, p->units, gates, p->pack, p->widen,
                           (int16_t *)(void *)(d.hq + units4));
    d.h_scale = w_scale + (p->per_row ? gates * units4 : gates);
    return d;
}

// s += U v for the gates from..to - 1, v (units) quantised here.
NN_INLINE void nn_dyn_add_h(const nn_recurrent *p, const nn_dyn *d, const float *v, int32_t from, int32_t to,
                            const float *start, float *s)
{
    const float scale = nn_quantize_h(v, d->hq, p->units);
    if (scale > 0.0f) {
        nn_gates_take(d->m.wide_h, d->hq, p->units);
        nn_gates_add_dyn(p, &d->m.h, d->h_scale, scale, d->hq, d->m.wide_h, from, to, start, s);
    } else if (start != s) {
        memcpy(s + from * nn_fours(p->units), start + from * nn_fours(p->units),
               (size_t)((to - from) * nn_fours(p->units)) * sizeof *s);
    }
}

// s = bias + W x + U h of all gates; h NULL: no recurrent sums. What an LSTM and an RNN do, whose gates see the same h.
NN_INLINE void nn_dyn_step(const nn_recurrent *p, const nn_dyn *d, int32_t gates, const float *w_scale,
                           const int8_t *x, float x_scale, const float *h, const float *bias, float *s)
{
    nn_gates_take(d->m.wide, x, p->in_c);
#ifdef NN_GATES_BOTH
    const float scale =
        h && d->m.wide != d->m.wide_h && !p->per_row ? nn_quantize_h(h, d->hq, p->units) : 0.0f;
    if (scale > 0.0f) {
        nn_gates_take(d->m.wide_h, d->hq, p->units);
        for (int32_t g = 0; g < gates; g++)
            nn_gates_both_dyn(&d->m.x, d->m.h.n, g, d->m.wide, p->units, x_scale * w_scale[g],
                              scale * d->h_scale[g], bias + g * nn_fours(p->units),
                              s + g * nn_fours(p->units));
        return;
    }
#endif
    nn_gates_add_dyn(p, &d->m.x, w_scale, x_scale, x, d->m.wide, 0, gates, bias, s);
    if (h) nn_dyn_add_h(p, d, h, 0, gates, s, s);
}
#endif
