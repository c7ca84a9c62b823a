// Sums of the gates of a recurrent layer on the MAC16 unit: rows of int8 weights (NN_PACK_ROWS), widened to int16 in
// scratch once a window where that is small, since every step uses them again; inputs and h once a step.
#ifndef NN_GATES_S8_H
#define NN_GATES_S8_H
#include "../nn_curve_q15.h"
#include "nn_mac16.h"

typedef struct nn_gates { // one matrix
    const int8_t *w;
    const int16_t *wide; // rows filled up with zeros to a multiple of 4; NULL: not widened
    int32_t n;           // taps a row
    int32_t step;        // int16 from one row to the next
} nn_gates;

NN_INLINE nn_gates nn_gates_of(const int8_t *w, int32_t n, int32_t rows, int32_t pack, int32_t widen,
                               int16_t **scratch)
{
    nn_gates m = {w, NULL, n, nn_fours(n)};
    (void)pack;
    if (!widen) return m;
    int16_t *to = *scratch;
    m.wide = to;
    for (int32_t r = 0; r < rows; r++, to += nn_fours(n), w += n) {
        nn_widen_row(to, w, n);
        nn_widen_fill(to + n, 0, nn_fours(n) - n);
    }
    *scratch = to + 4;
    return m;
}

// Where both matrices are widened each row of the recurrent weights follows the input's: a gate's two sums are one run.
#define NN_GATES_BOTH(pack, widen) ((pack) == NN_PACK_WIDE || ((widen)&NN_WIDEN_W && (widen)&NN_WIDEN_U))
NN_INLINE void nn_gates_both_of(const int8_t *w, int32_t in_c, const int8_t *u, int32_t units, int32_t rows,
                                int32_t pack, int16_t *scratch, nn_gates *mx, nn_gates *mh)
{
    const int32_t step = nn_fours(in_c) + nn_fours(units);
    const int16_t *wide = scratch;
    if (pack == NN_PACK_WIDE)
        wide = (const int16_t *)(const void *)w;
    else
        nn_widen_gates(w, in_c, u, units, rows, scratch);
    *mx = (nn_gates){w, wide, in_c, step};
    *mh = (nn_gates){u, wide + nn_fours(in_c), units, step};
}

NN_INLINE void nn_gates_take(int16_t *wide, const int8_t *x, int32_t n)
{
    nn_widen_row(wide, x, n);
    nn_widen_fill(wide + n, 0, nn_fours(n) - n);
}

#define NN_GATE_ROWS
typedef struct nn_gate_rows { // going on from one row to the next
    const int16_t *x, *wide;
    const int8_t *w;
    int32_t n, skip; // int16 between two rows
} nn_gate_rows;

NN_INLINE nn_gate_rows nn_gate_rows_of(const nn_gates *m, int32_t row, const int16_t *x)
{
    nn_gate_rows r = {x, NULL, m->w + row * m->n, m->n, m->step - nn_fours(m->n)};
    if (m->wide) {
        r.wide = m->wide + row * m->step;
#ifdef __xtensa__
        r.x -= 2; // ldinc adds 4 bytes first, then loads; in front of a constant as a number, else gcc warns
        r.wide = (const int16_t *)((uintptr_t)r.wide - 4);
        if (!r.skip) __asm__ volatile("ldinc m2, %0" : "+r"(r.wide)::"memory");
#endif
    }
    return r;
}

#define NN_GATE_TAPS                                                                                         \
    "mula.dd.ll.ldinc m1, %[x], m0, m2\n\t"                                                                  \
    "mula.dd.hh.ldinc m3, %[w], m0, m2\n\t"                                                                  \
    "mula.dd.ll.ldinc m0, %[x], m1, m3\n\t"                                                                  \
    "mula.dd.hh.ldinc m2, %[w], m1, m3\n"

// acc + the next row's sum. Nothing but this may use m2 between rows.
NN_INLINE int32_t nn_gate_row(nn_gate_rows *r, int32_t acc)
{
    if (!r->wide) {
        acc = nn_mac16_s8(acc, r->x, r->w, r->n);
        r->w += r->n;
        return acc;
    }
#ifdef __xtensa__
    const int16_t *x = r->x;
    int32_t sum;
    if (r->skip) __asm__ volatile("ldinc m2, %0" : "+r"(r->wide)::"memory");
    __asm__ volatile("wsr.acclo %[acc]\n\t"
                     "ldinc m0, %[x]\n\t"
                     "loopnez %[n], .Lnn_gate_%=\n\t" NN_GATE_TAPS ".Lnn_gate_%=:\n\t"
                     "rsr.acclo %[sum]"
                     : [sum] "=r"(sum), [x] "+&r"(x), [w] "+&r"(r->wide)
                     : [acc] "r"(acc), [n] "r"(nn_fours(r->n) / 4)
                     : "acc", "memory");
    if (r->skip) r->wide += r->skip - 2; // it is one word ahead
    return sum;
#else
    for (int32_t i = 0; i < nn_fours(r->n); i++) acc += r->x[i] * r->wide[i];
    r->wide += nn_fours(r->n) + r->skip;
    return acc;
#endif
}

// acc[k] += sum x[i] * w[4 * block + k][i], k < 4, x in `wide`.
NN_INLINE void nn_gates_sum(const nn_gates *m, int32_t block, const int8_t *x, const int16_t *wide,
                            int32_t *acc)
{
    nn_gate_rows r = nn_gate_rows_of(m, 4 * block, wide);
    (void)x;
    for (int32_t k = 0; k < 4; k++) acc[k] = nn_gate_row(&r, acc[k]);
}

// The next gate's two sums where rows of both matrices follow one another: acc_x, acc_h + them. r->x is the input, and h
// behind it; nh: taps of h.
NN_INLINE void nn_gate_row_both(nn_gate_rows *r, int32_t nh, int32_t *acc_x, int32_t *acc_h)
{
#ifdef __xtensa__
    const int16_t *x = r->x;
    int32_t sum_x, sum_h;
    __asm__ volatile(
        "wsr.acclo %[ax]\n\t"
        "ldinc m0, %[x]\n\t"
        "loopnez %[n], .Lnn_both_x_%=\n\t" NN_GATE_TAPS ".Lnn_both_x_%=:\n\t"
        "rsr.acclo %[sx]\n\t"
        "wsr.acclo %[ah]\n\t"
        "loopnez %[nh], .Lnn_both_h_%=\n\t" NN_GATE_TAPS ".Lnn_both_h_%=:\n\t"
        "rsr.acclo %[sh]"
        : [sx] "=&r"(sum_x), [sh] "=r"(sum_h), [x] "+&r"(x), [w] "+&r"(r->wide)
        : [ax] "r"(*acc_x), [ah] "r"(*acc_h), [n] "r"(nn_fours(r->n) / 4), [nh] "r"(nn_fours(nh) / 4)
        : "acc", "memory");
    *acc_x = sum_x;
    *acc_h = sum_h;
#else
    for (int32_t i = 0; i < nn_fours(r->n); i++) *acc_x += r->x[i] * r->wide[i];
    r->wide += nn_fours(r->n);
    for (int32_t i = 0; i < nn_fours(nh); i++) *acc_h += r->x[nn_fours(r->n) + i] * r->wide[i];
    r->wide += nn_fours(nh);
#endif
}

// Requantising to a gate's Q3.12 by the FPU, the same bits. With s = -shift > 0 what two roundings make of
// r = acc * mult / 2^31 is floor(r / 2^s + 1/2 + 2^-(s + 1)), of a sum below zero floor(r / 2^s + 1/2 - 2^-(s + 1)):
// floor((floor(r + 1/2) + h) / 2^s) = floor((r + 1/2 + h) / 2^s) for an integer h. With s <= 0 there is one rounding.
// In float, at 9 bits behind the point, the error is below 7 of their units while the result is below 2^16, beyond which
// it is saturated whatever a gate held: within 8 of an integer (one sum in 32) the integers decide.
typedef struct nn_gate_scale {
    float factor, half, half_below;
    int32_t mult, shift;
    uint32_t low; // of nn_gate_edge
} nn_gate_scale;

NN_INLINE nn_gate_scale nn_gate_scale_of(int32_t mult, int32_t shift)
{
    const float near = 8.0f, two = shift < 0 ? nn_float((127 + 8 + shift) << 23) : 0.0f; // 2^9 * 2^-(s + 1)
    nn_gate_scale f = {(float)mult * nn_float((127 + 9 - 31 + shift) << 23),
                       256.0f + near + two,
                       256.0f + near - two,
                       mult,
                       shift,
                       (uint32_t)mult << (shift > 0 ? shift + 1 : 1)};
    return f;
}

NN_SHARED int32_t nn_gate_exact(int32_t acc, int32_t mult, int32_t shift)
{
    if (shift >= 0) return nn_clamp(nn_requantise(acc, mult, shift), -65536, 65535);
    const int32_t v = nn_mul_high(acc, mult);
    return (v + (v >> 31) + (1 << (-shift - 1))) >> -shift;
}

// The result is `edge` or one less. It is acc * mult + 2^30 and a multiple of 2^31 that is rounded down by 2^(31 + s), and
// less than 2^(26 + s) from the edge, itself a multiple of 2^31: while that is 2^30, the low 31 bits tell the side.
enum { NN_GATE_EDGE = -4 };
NN_INLINE int32_t nn_gate_edge(const nn_gate_scale *f, int32_t acc, int32_t edge)
{
    if (f->shift < NN_GATE_EDGE) return nn_gate_exact(acc, f->mult, f->shift);
    return edge - 1 - ((int32_t)((uint32_t)acc * f->low) >> 31);
}

NN_INLINE int32_t nn_gate_scaled(const nn_gate_scale *f, int32_t acc)
{
#ifdef __xtensa__
    float r = f->half;
    __asm__("movltz.s %0, %1, %2" : "+f"(r) : "f"(f->half_below), "r"(acc));
    const int32_t q = (int32_t)NN_MADD((float)acc, f->factor, r);
#else
    const float r = NN_MADD((float)acc, f->factor, acc < 0 ? f->half_below : f->half);
    const int32_t q = (int32_t)(r > 2e9f ? 2e9f : r < -2e9f ? -2e9f : r);
#endif
#ifdef __GNUC__
    if (__builtin_expect(!(q & 0x1f0), 0)) return nn_gate_edge(f, acc, q >> 9);
#else
    if (!(q & 0x1f0)) return nn_gate_edge(f, acc, q >> 9);
#endif
    return q >> 9;
}

NN_INLINE int32_t nn_saturate16(int32_t v)
{
#ifdef __xtensa__
    __asm__("clamps %0, %0, 15" : "+r"(v));
    return v;
#else
    return nn_clamp(v, -32768, 32767);
#endif
}

#define NN_GATE_FUSED(m, shift) 1
// s[u] = saturated(s[u] (or 0) + requantised(bias[u] + x * row u)) for all blocks of four units.
NN_INLINE void nn_gate_run(const nn_gate_scale *f, nn_gate_rows *r, const int32_t *bias, int32_t add,
                           int32_t units, int16_t *s)
{
    int16_t *const end = s + nn_fours(units);
    do {
        int32_t v = nn_gate_scaled(f, nn_gate_row(r, bias ? *bias++ : 0));
        if (add) v += *s;
        *s++ = (int16_t)nn_saturate16(v);
    } while (s != end);
}

NN_INLINE void nn_gate_fused(const nn_gates *m, int32_t block, const int32_t *bias, const int16_t *wide,
                             int32_t add, int32_t units, int32_t mult, int32_t shift, int16_t *s)
{
    const nn_gate_scale f = nn_gate_scale_of(mult, shift);
    nn_gate_rows r = nn_gate_rows_of(m, 4 * block, wide);
#ifdef __xtensa__
    __asm__("" : "+r"(r.wide)); // one pointer for all gates, not a constant a gate: a tenth of a GRU's code
#endif
    if (r.wide && bias)
        nn_gate_run(&f, &r, bias, add, units, s);
    else if (r.wide)
        nn_gate_run(&f, &r, NULL, add, units, s);
    else
        nn_gate_run(&f, &r, bias, add, units, s);
}

#include "nn_gates_both_dyn.h"
#include "nn_gates_both_s8.h"
#endif
