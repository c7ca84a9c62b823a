// Float recurrent layers for `run`, sixteen units at a time: device/nn_{lstm,gru,rnn}_f32.c with other loops around the
// same sums, each in the same order, so the same bits. Weights are turned around once a call, which pays from a few
// steps on. Part of kernel_call.h where no multiply-add is fused.
#include "kernel_clone.h"
#include <stdlib.h>

enum { WIDE = 16, WIDE_STEPS = 8 };
typedef float wide __attribute__((vector_size(4 * WIDE), aligned(4), may_alias));
typedef int32_t wide_bits __attribute__((vector_size(4 * WIDE), aligned(4), may_alias));

union wide_sums { // of one block, a vector a gate
    wide v[4];
    float f[4][WIDE];
};
struct wide_layer {
    int32_t in_c, units, blocks, taps;
    float *memory, *at; // packed weights and biases, then states
};

static bool wide_pays(const nn_recurrent *p)
{
    return p->steps >= WIDE_STEPS && p->units >= WIDE / 2;
}

// acc[g] += sum x[i] * w[i][g], g < gates <= 4
NN_INLINE void wide_add(int32_t gates, wide *acc, const float *x, int32_t n, const float *w)
{
    wide a[4];
#pragma GCC unroll 4
    for (int32_t g = 0; g < gates; g++) a[g] = acc[g];
    for (int32_t i = 0; i < n; i++, w += gates * WIDE) {
        const float v = x[i];
#pragma GCC unroll 4
        for (int32_t g = 0; g < gates; g++) {
            const wide *of = (const wide *)(const void *)(w + g * WIDE);
            a[g] += v * *of;
        }
    }
#pragma GCC unroll 4
    for (int32_t g = 0; g < gates; g++) acc[g] = a[g];
}

// nn_exp, nn_logistic and nn_tanh of every lane: both sides of each condition are computed, one is picked.
#define WIDE_PICK(m, a, b) ((wide)(((m) & (wide_bits)(a)) | (~(m) & (wide_bits)(b))))

NN_INLINE void wide_exp(const wide *x, wide *y)
{
    const wide zero = {0}, big = zero + 88.7f, small = zero - 87.3f;
    const wide_bits over = *x > big, under = ~(*x >= small); // NaN is under
    const wide v = WIDE_PICK(under, small, WIDE_PICK(over, big, *x)), turns = v * 1.44269504f;
    const wide nudge = WIDE_PICK(turns < zero, zero - 0.49999997f, zero + 0.49999997f);
    const wide_bits n = __builtin_convertvector(turns + nudge, wide_bits), half = n / 2;
    const wide k = __builtin_convertvector(n, wide), r = k * 2.12194440e-4f + (k * -0.693359375f + v);
    wide s = zero + 1.98412698e-4f;
    s = s * r + 1.38888889e-3f;
    s = s * r + 8.33333333e-3f;
    s = s * r + 4.16666667e-2f;
    s = s * r + 1.66666667e-1f;
    s = s * r + 0.5f;
    s = s * r + 1.0f;
    s = s * r + 1.0f;
    s = s * (wide)((half + 127) << 23) * (wide)((n - half + 127) << 23);
    s = WIDE_PICK(over, zero + __builtin_inff(), s);
    *y = WIDE_PICK(under, WIDE_PICK(*x != *x, *x, zero), s);
}

NN_INLINE void wide_logistic(wide *v)
{
    const wide zero = {0}, x = *v, minus = WIDE_PICK(x < zero, x, -x);
    wide e;
    wide_exp(&minus, &e);
    *v = WIDE_PICK(x < zero, e, zero + 1.0f) / (1.0f + e);
}

NN_INLINE void wide_tanh(wide *v)
{
    const wide zero = {0}, x = *v, a = WIDE_PICK(x < zero, -x, x), twice = 2.0f * a, q = x * x;
    const wide near = x * (((q * 1.0f + 105.0f) * q + 945.0f) / ((q * 15.0f + 420.0f) * q + 945.0f));
    wide e;
    wide_exp(&twice, &e);
    const wide far = WIDE_PICK(a > zero + 10.0f, zero + 1.0f, 1.0f - 2.0f / (e + 1.0f));
    *v = WIDE_PICK(a < zero + 0.55f, near, WIDE_PICK(x < zero, -far, far));
}

NN_INLINE void wide_act(wide *v, int32_t act)
{
    if (act == NN_CELL_TANH)
        wide_tanh(v);
    else if (act == NN_CELL_LOGISTIC)
        wide_logistic(v);
    else
        for (int32_t k = 0; k < WIDE; k++) (*v)[k] = nn_cell_act((*v)[k], act);
}

// Rows of blocks of 4, row u * gates + g is gate g of unit u, as [units / 16][taps][gates][16].
static const float *wide_pack(struct wide_layer *l, const float *w, int32_t gates, int32_t taps)
{
    float *const to = l->at;
    for (int32_t u = 0; u < l->units; u++)
        for (int32_t g = 0; g < gates; g++) {
            const int32_t row = u * gates + g;
            const float *from = w + (int64_t)(row / 4) * taps * 4 + row % 4;
            float *lane = to + ((int64_t)(u / WIDE) * taps * gates + g) * WIDE + u % WIDE;
            for (int32_t i = 0; i < taps; i++) lane[(int64_t)i * gates * WIDE] = from[4 * i];
        }
    l->at += (int64_t)l->blocks * taps * gates * WIDE;
    return to;
}

static float *wide_room(struct wide_layer *l)
{
    float *const p = l->at;
    l->at += l->blocks * WIDE;
    return p;
}

// Room for `weights` rows a unit, and as many biases and `states` vectors of a number a unit; all zeros.
static void wide_begin(struct wide_layer *l, const nn_recurrent *p, int32_t weights, int32_t states)
{
    *l = (struct wide_layer){p->in_c, p->units, (p->units + WIDE - 1) / WIDE, p->in_c + p->units, NULL, NULL};
    const size_t n = (size_t)l->blocks * WIDE * ((size_t)weights * ((size_t)l->taps + 1) + (size_t)states);
    l->at = l->memory = calloc(n, sizeof(float));
    if (!l->memory) abort();
}

// What a step makes of a block goes where it belongs; lanes behind the last unit are nobody's.
NN_INLINE void wide_put(const struct wide_layer *l, int32_t block, const float *v, float *next)
{
    const int32_t first = block * WIDE, n = l->units - first < WIDE ? l->units - first : WIDE;
    memcpy(next + first, v, (size_t)n * sizeof *v);
}

NN_INLINE void wide_get(const struct wide_layer *l, int32_t block, const float *h, float *v)
{
    const int32_t first = block * WIDE, n = l->units - first < WIDE ? l->units - first : WIDE;
    memcpy(v, h + first, (size_t)n * sizeof *v);
}

CLONES static void wide_lstm(const nn_recurrent *p, const float *x, const float *w, const float *bias,
                             const float *h0, const float *c0, float *h_kept, float *c_kept, float *state,
                             float *y)
{
    struct wide_layer l;
    wide_begin(&l, p, 4, 1);
    const float *packed = wide_pack(&l, w, 4, l.taps), *b = wide_pack(&l, bias, 4, 1);
    const float *h = h_kept ? h_kept : h0, *c_first = c_kept ? c_kept : c0;
    float *c = wide_room(&l);
    if (c_first) memcpy(c, c_first, (size_t)p->units * sizeof *c);
    for (int32_t t = 0; t < p->steps; t++) {
        const float *in = x + nn_step_at(p, t) * p->in_c;
        float *next = nn_step_out(p, t, state + p->units, y);
        for (int32_t k = 0; k < l.blocks; k++) {
            const float *v = packed + (int64_t)k * l.taps * 4 * WIDE;
            float *cell = c + k * WIDE;
            union wide_sums s; // i f g o
            memcpy(&s, b + k * 4 * WIDE, sizeof s);
            wide_add(4, s.v, in, p->in_c, v);
            if (h) wide_add(4, s.v, h, p->units, v + (int64_t)p->in_c * 4 * WIDE);
            for (int g = 0; g < 4; g++) wide_act(&s.v[g], g == 2 ? p->act : p->gate_act);
            for (int32_t i = 0; i < WIDE; i++)
                cell[i] = nn_cell_clip(p, s.f[1][i] * cell[i] + s.f[0][i] * s.f[2][i]);
            memcpy(s.f[0], cell, sizeof s.f[0]);
            wide_act(&s.v[0], p->act);
            for (int32_t i = 0; i < WIDE; i++) s.f[0][i] = s.f[3][i] * s.f[0][i];
            wide_put(&l, k, s.f[0], next);
        }
        h = next;
    }
    nn_keep_f32(h_kept, h, p->units);
    nn_keep_f32(c_kept, c, p->units);
    free(l.memory);
}

// z and r of every unit; without reset_after r * h takes r's place, h NULL being zeros.
NN_INLINE void wide_gates(const struct wide_layer *l, const nn_recurrent *p, const float *x, const float *h,
                          const float *w, const float *bias, float *z, float *r)
{
    for (int32_t k = 0; k < l->blocks; k++, w += (int64_t)l->taps * 2 * WIDE) {
        union wide_sums s;
        float before[WIDE] = {0};
        memcpy(&s, bias + k * 2 * WIDE, 2 * sizeof s.v[0]);
        wide_add(2, s.v, x, p->in_c, w);
        if (h) wide_add(2, s.v, h, p->units, w + (int64_t)p->in_c * 2 * WIDE);
        if (h) wide_get(l, k, h, before);
        wide_act(&s.v[0], p->gate_act);
        wide_act(&s.v[1], p->gate_act);
        for (int32_t i = 0; i < WIDE && !p->reset_after; i++) s.f[1][i] = h ? s.f[1][i] * before[i] : 0.0f;
        memcpy(z + k * WIDE, s.f[0], sizeof s.f[0]);
        memcpy(r + k * WIDE, s.f[1], sizeof s.f[1]);
    }
}

CLONES static void wide_gru(const nn_recurrent *p, const float *x, const float *w_gate, const float *b_gate,
                            const float *w, const float *b, const float *b_rec, const float *h0,
                            float *h_kept, float *state, float *y)
{
    struct wide_layer l;
    wide_begin(&l, p, 4, 2);
    const float *gates = wide_pack(&l, w_gate, 2, l.taps), *gate_bias = wide_pack(&l, b_gate, 2, 1);
    const float *last = wide_pack(&l, w, 1, l.taps), *bias = wide_pack(&l, b, 1, 1);
    const float *h = h_kept ? h_kept : h0;
    const float *rec_bias = p->reset_after ? wide_pack(&l, b_rec, 1, 1) : NULL;
    float *z = wide_room(&l), *r = wide_room(&l);
    for (int32_t t = 0; t < p->steps; t++) {
        const float *in = x + nn_step_at(p, t) * p->in_c;
        float *next = nn_step_out(p, t, state + 2 * p->units, y);
        wide_gates(&l, p, in, h, gates, gate_bias, z, r);
        for (int32_t k = 0; k < l.blocks; k++) {
            const float *v = last + (int64_t)k * l.taps * WIDE, *of_h = v + p->in_c * WIDE;
            union wide_sums s; // n, the recurrent part of it
            float before[WIDE] = {0};
            memcpy(&s, bias + k * WIDE, sizeof s.v[0]);
            wide_add(1, s.v, in, p->in_c, v);
            if (h) wide_get(&l, k, h, before);
            if (p->reset_after) {
                memcpy(s.f[1], rec_bias + k * WIDE, sizeof s.f[1]);
                if (h) wide_add(1, s.v + 1, h, p->units, of_h);
                for (int32_t i = 0; i < WIDE; i++) s.f[0][i] = r[k * WIDE + i] * s.f[1][i] + s.f[0][i];
            } else if (h) {
                wide_add(1, s.v, r, p->units, of_h);
            }
            wide_act(&s.v[0], p->act);
            for (int32_t i = 0; i < WIDE; i++)
                s.f[0][i] = z[k * WIDE + i] * (before[i] - s.f[0][i]) + s.f[0][i];
            wide_put(&l, k, s.f[0], next);
        }
        h = next;
    }
    nn_keep_f32(h_kept, h, p->units);
    free(l.memory);
}

CLONES static void wide_rnn(const nn_recurrent *p, const float *x, const float *w, const float *b,
                            const float *h0, float *h_kept, float *state, float *y)
{
    struct wide_layer l;
    wide_begin(&l, p, 1, 0);
    const float *packed = wide_pack(&l, w, 1, l.taps), *bias = wide_pack(&l, b, 1, 1);
    const float *h = h_kept ? h_kept : h0;
    for (int32_t t = 0; t < p->steps; t++) {
        const float *in = x + nn_step_at(p, t) * p->in_c;
        float *next = nn_step_out(p, t, state, y);
        for (int32_t k = 0; k < l.blocks; k++) {
            const float *v = packed + (int64_t)k * l.taps * WIDE;
            union wide_sums s;
            memcpy(&s, bias + k * WIDE, sizeof s.v[0]);
            wide_add(1, s.v, in, p->in_c, v);
            if (h) wide_add(1, s.v, h, p->units, v + p->in_c * WIDE);
            wide_act(&s.v[0], p->act);
            wide_put(&l, k, s.f[0], next);
        }
        h = next;
    }
    nn_keep_f32(h_kept, h, p->units);
    free(l.memory);
}
