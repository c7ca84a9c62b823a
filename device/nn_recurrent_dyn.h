// What the recurrent kernels with int8 weights and float gates share.
#ifndef NN_RECURRENT_DYN_H
#define NN_RECURRENT_DYN_H
#include "nn_activate_dyn.h"
#include "nn_gates_pair.h"
#include "nn_quantize_row.h"
#include "nn_recurrent_cell.h"
#include "nn_scale_127.h"

NN_INLINE float nn_cell_act_dyn(float v, int32_t act)
{
    if (act == NN_CELL_TANH) return nn_tanh_dyn(v);
    if (act == NN_CELL_LOGISTIC) return nn_logistic_dyn(v);
    return nn_cell_straight(v, act);
}

// to[i] = act(v[i]), i < n; to may be v.
NN_INLINE void nn_cell_acts_dyn(const float *v, int32_t n, int32_t act, float *to)
{
    if (act == NN_CELL_TANH)
        nn_tanhs_dyn(v, n, to);
    else if (act == NN_CELL_LOGISTIC)
        nn_logistics_dyn(v, n, to);
    else
        for (int32_t i = 0; i < n; i++) to[i] = nn_cell_straight(v[i], act);
}

// h (n) as int8, symmetric, as nn_quantize_dynamic does; returns its scale, 0 when all of it is 0.
NN_INLINE float nn_quantize_h(const float *h, int8_t *q, int32_t n)
{
    float min, max, factor;
    nn_range(h, n, &min, &max);
    const float range = -min > max ? -min : max;
    if (!(range > 0.0f)) return 0.0f;
    const float scale = nn_scale_127(range, &factor);
    nn_quantize_values(h, n, factor, 0.0f, -127, q);
    return scale;
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

// h into hq and where the sums take it from; returns its scale, 0 when all of it is 0.
NN_INLINE float nn_dyn_take_h(const nn_dyn *d, const float *h, int32_t n)
{
#ifdef NN_QUANTIZE_WIDE
    return nn_quantize_wide(h, n, d->m.wide_h);
#else
    const float scale = nn_quantize_h(h, d->hq, n);
    if (scale > 0.0f) nn_gates_take(d->m.wide_h, d->hq, n);
    return scale;
#endif
}

// s += U v for the gates from..to - 1, v (units) quantised here.
NN_INLINE void nn_dyn_add_h(const nn_recurrent *p, const nn_dyn *d, const float *v, int32_t from, int32_t to,
                            const float *start, float *s)
{
    const float scale = nn_dyn_take_h(d, v, p->units);
    if (scale > 0.0f) {
        nn_gates_add_dyn(p, &d->m.h, d->h_scale, scale, d->hq, d->m.wide_h, from, to, start, s);
    } else if (start != s) {
        memcpy(s + from * nn_fours(p->units), start + from * nn_fours(p->units),
               (size_t)((to - from) * nn_fours(p->units)) * sizeof *s);
    }
}

// Of the gates of a layer one has the cell's activation: the n of a GRU, the g of an LSTM, what an RNN has.
NN_INLINE int32_t nn_gate_act(const nn_recurrent *p, int32_t gates, int32_t g)
{
    return g == (gates == 1 ? 0 : 2) ? p->act : p->gate_act;
}

#ifdef NN_GATES_BOTH
// Whether rows of both matrices lie side by side.
NN_INLINE int32_t nn_dyn_both(const nn_dyn *d)
{
    return d->m.wide != d->m.wide_h;
}

NN_INLINE nn_gate_by nn_dyn_by(const nn_recurrent *p, const nn_dyn *d, const float *w_scale, float x_scale,
                               float h_scale, int32_t g)
{
    const int32_t at = p->per_row ? g * nn_fours(p->units) : g;
    const nn_gate_by by = {w_scale + at, d->h_scale + at, x_scale, h_scale, p->per_row};
    return by;
}

// The gates 0 .. gates - 1 of `all`, x and h taken: their sums' activations.
NN_INLINE void nn_dyn_both_gates(const nn_recurrent *p, const nn_dyn *d, int32_t all, int32_t gates,
                                 const float *w_scale, float x_scale, float h_scale, const float *bias,
                                 float *s)
{
    const int32_t units4 = nn_fours(p->units);
    for (int32_t g = 0; g < gates; g++) {
        const nn_gate_by by = nn_dyn_by(p, d, w_scale, x_scale, h_scale, g);
        const int32_t act = nn_gate_act(p, all, g);
        float *gate = s + g * units4;
        nn_gates_both_dyn(&d->m.x, d->m.h.n, g, d->m.wide, p->units, &by, bias + g * units4, act, gate);
        if (act != NN_CELL_TANH && act != NN_CELL_LOGISTIC) nn_cell_acts_dyn(gate, p->units, act, gate);
    }
}
#endif

// s = bias + W x + U h of all gates, and where arrays are cheap (NN_ACTIVATE_ARRAYS_DYN) their activation; h NULL: no
// recurrent sums. What an LSTM and an RNN do, whose gates see the same h.
NN_INLINE void nn_dyn_step(const nn_recurrent *p, const nn_dyn *d, int32_t gates, const float *w_scale,
                           const int8_t *x, float x_scale, const float *h, const float *bias, float *s)
{
    nn_gates_take(d->m.wide, x, p->in_c);
#ifdef NN_GATES_BOTH
    const float scale = h && nn_dyn_both(d) ? nn_dyn_take_h(d, h, p->units) : 0.0f;
    if (scale > 0.0f) {
        nn_dyn_both_gates(p, d, gates, gates, w_scale, x_scale, scale, bias, s);
        return;
    }
#endif
    nn_gates_add_dyn(p, &d->m.x, w_scale, x_scale, x, d->m.wide, 0, gates, bias, s);
    if (h) nn_dyn_add_h(p, d, h, 0, gates, s, s);
#if NN_ACTIVATE_ARRAYS_DYN
    for (int32_t g = 0; g < gates; g++) {
        float *gate = s + g * nn_fours(p->units);
        nn_cell_acts_dyn(gate, p->units, nn_gate_act(p, gates, g), gate);
    }
#endif
}
#endif
