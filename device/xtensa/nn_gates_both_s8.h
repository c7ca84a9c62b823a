// A gate's two sums on the MAC16 unit, rows of both matrices side by side, to its Q0.15: the end of nn_gates_s8.h.
#ifndef NN_GATES_BOTH_S8_H
#define NN_GATES_BOTH_S8_H
#include "nn_gates_s8.h"

// A gate of both products, rows of both side by side: s[u] = act(saturated(saturated(from the input's sum) + the
// recurrent one's)) for all units; without a curve the sum alone.
NN_INLINE void nn_gate_both_run(const nn_gate_scale *fx, const nn_gate_scale *fh, nn_gate_rows *r, int32_t nh,
                                const int32_t *bias, const int32_t *bias_rec, int32_t units,
                                const int16_t *curve, int32_t tanh, int16_t *s)
{
    int16_t *const end = s + nn_fours(units);
    do {
        int32_t x = bias ? *bias++ : 0, h = bias_rec ? *bias_rec++ : 0;
        nn_gate_row_both(r, nh, &x, &h);
        x = nn_saturate16(nn_gate_scaled(fx, x));
        x = nn_saturate16(x + nn_gate_scaled(fh, h));
        if (curve) x = tanh ? nn_curve_tanh(curve, x, 3) : nn_curve_logistic(curve, x);
        *s++ = (int16_t)x;
    } while (s != end);
}

// The same by hand, with a curve, without bias_rec, for factors above 2^-5 (nn_gate_edge). What decides near an edge
// stands behind the loop: a branch there is rarely taken and reaches no farther.
#ifdef __xtensa__
NN_SHARED void nn_gate_both_rare(const nn_gate_scale *fx, const nn_gate_scale *fh, nn_gate_rows *r,
                                 int32_t nh, const int32_t *const *bias, int32_t units, const int16_t *curve,
                                 int32_t tanh, int16_t *s)
{
    __asm__ volatile("ldinc m2, %0" : "+r"(r->wide)::"memory");
    nn_gate_both_run(fx, fh, r, nh, bias[0], bias[1], units, curve, tanh, s);
}

// What is read again for each unit, by its offset: there are no more than 13 registers for all (a0 and the stack's are
// not to be had, nor a7 where a frame has its pointer).
typedef struct nn_gate_both {
    int32_t nx, nh; // fours of taps
    uint32_t low_x, low_h;
    const int16_t *end;
    int32_t most; // the last place of the curve
} nn_gate_both;

#define NN_GATE_BOTH(curve)                                                                                  \
    "ldinc m2, %[w]\n"                                                                                       \
    ".Lnn_unit_%=:\n\t"                                                                                      \
    "l32i %[v], %[b], 0\n\t"                                                                                 \
    "addi %[b], %[b], 4\n\t"                                                                                 \
    "wsr.acclo %[v]\n\t"                                                                                     \
    "l32i %[ax], %[f], 0\n\t"                                                                                \
    "mov %[x], %[x0]\n\t"                                                                                    \
    "ldinc m0, %[x]\n\t"                                                                                     \
    "loopnez %[ax], .Lnn_taps_x_%=\n\t" NN_GATE_TAPS ".Lnn_taps_x_%=:\n\t"                                   \
    "rsr.acclo %[ax]\n\t"                                                                                    \
    "l32i %[v], %[f], 4\n\t"                                                                                 \
    "loopnez %[v], .Lnn_taps_h_%=\n\t" NN_GATE_TAPS ".Lnn_taps_h_%=:\n\t"                                    \
    "rsr.acclo %[ah]\n\t"                                                                                    \
    "float.s %[t], %[ax], 0\n\t"                                                                             \
    "mov.s %[rx], %[hx]\n\t"                                                                                 \
    "movltz.s %[rx], %[bx], %[ax]\n\t"                                                                       \
    "sub %[ah], %[ah], %[ax]\n\t" /* both were summed up */                                                  \
    "madd.s %[rx], %[t], %[fx]\n\t"                                                                          \
    "float.s %[t], %[ah], 0\n\t"                                                                             \
    "mov.s %[rh], %[hh]\n\t"                                                                                 \
    "movltz.s %[rh], %[bh], %[ah]\n\t"                                                                       \
    "madd.s %[rh], %[t], %[fh]\n\t"                                                                          \
    "trunc.s %[v], %[rx], 0\n\t"                                                                             \
    "trunc.s %[x], %[rh], 0\n\t"                                                                             \
    "bnone %[v], %[mask], .Lnn_edge_x_%=\n\t"                                                                \
    "srai %[v], %[v], 9\n"                                                                                   \
    ".Lnn_not_x_%=:\n\t"                                                                                     \
    "bnone %[x], %[mask], .Lnn_edge_h_%=\n\t"                                                                \
    "srai %[x], %[x], 9\n"                                                                                   \
    ".Lnn_not_h_%=:\n\t"                                                                                     \
    "clamps %[v], %[v], 15\n\t"                                                                              \
    "add %[v], %[v], %[x]\n\t"                                                                               \
    "clamps %[v], %[v], 15\n\t"                                                                              \
    "abs %[x], %[v]\n\t" curve "movltz %[x], %[ax], %[v]\n\t"                                                \
    "l32i %[ax], %[f], 16\n\t"                                                                               \
    "s16i %[x], %[s], 0\n\t"                                                                                 \
    "addi %[s], %[s], 2\n\t"                                                                                 \
    "bne %[s], %[ax], .Lnn_unit_%=\n\t"                                                                      \
    "j .Lnn_end_%=\n"                                                                                        \
    ".Lnn_edge_x_%=:\n\t" /* as nn_gate_edge */                                                              \
    "l32i %[x], %[f], 8\n\t"                                                                                 \
    "srai %[v], %[v], 9\n\t"                                                                                 \
    "mull %[x], %[x], %[ax]\n\t"                                                                             \
    "addi %[v], %[v], -1\n\t"                                                                                \
    "srai %[x], %[x], 31\n\t"                                                                                \
    "sub %[v], %[v], %[x]\n\t"                                                                               \
    "trunc.s %[x], %[rh], 0\n\t"                                                                             \
    "j .Lnn_not_x_%=\n"                                                                                      \
    ".Lnn_edge_h_%=:\n\t"                                                                                    \
    "l32i %[ax], %[f], 12\n\t"                                                                               \
    "srai %[x], %[x], 9\n\t"                                                                                 \
    "mull %[ax], %[ax], %[ah]\n\t"                                                                           \
    "addi %[x], %[x], -1\n\t"                                                                                \
    "srai %[ax], %[ax], 31\n\t"                                                                              \
    "sub %[x], %[x], %[ax]\n\t"                                                                              \
    "j .Lnn_not_h_%=\n"                                                                                      \
    ".Lnn_end_%=:"

#define NN_GATE_CURVE /* nn_curve_at of x */                                                                 \
    "srai %[ax], %[x], 7\n\t"                                                                                \
    "addx2 %[ax], %[ax], %[blocks]\n\t"                                                                      \
    "add %[x], %[x], %[codes]\n\t"                                                                           \
    "l16si %[ax], %[ax], 0\n\t"                                                                              \
    "l8ui %[x], %[x], 0\n\t"                                                                                 \
    "addx2 %[x], %[x], %[ax]\n\t"

#define NN_GATE_LOGISTIC NN_GATE_CURVE "sub %[ax], %[q15], %[x]\n\t"

#define NN_GATE_TANH                                                                                         \
    "l32i %[ax], %[f], 20\n\t"                                                                               \
    "add %[x], %[x], %[x]\n\t"                                                                               \
    "min %[x], %[x], %[ax]\n\t" NN_GATE_CURVE "addmi %[x], %[x], -0x4000\n\t"                                \
    "add %[x], %[x], %[x]\n\t"                                                                               \
    "min %[x], %[x], %[q15]\n\t"                                                                             \
    "neg %[ax], %[x]\n\t"

NN_INLINE void nn_gate_both_fast(const nn_gate_scale *fx, const nn_gate_scale *fh, const nn_gate_rows *r,
                                 int32_t nh, const int32_t *bias, int32_t units, const int16_t *curve,
                                 int32_t tanh, int16_t *s)
{
    const nn_gate_both q = {nn_fours(r->n) / 4,  nn_fours(nh) / 4,   fx->low, fh->low,
                            s + nn_fours(units), NN_CURVE_INPUTS - 1};
    const int16_t *w = r->wide;
    int32_t v, x, ax, ah;
    float t, rx, rh;
#define NN_GATE_OPERANDS                                                                                     \
: [w] "+&r"(w), [b] "+&r"(bias), [s] "+&r"(s), [v] "=&r"(v), [x] "=&r"(x), [ax] "=&r"(ax), [ah] "=&r"(ah), \
[t] "=&f"(t), [rx] "=&f"(rx), [rh] "=&f"(rh) \
: [x0] "r"(r->x), [f] "r"(&q), [mask] "r"(0x1f0), [blocks] "r"(curve), \
[codes] "r"(curve + NN_CURVE_BLOCKS), [q15] "r"(32767), [fx] "f"(fx->factor), [fh] "f"(fh->factor), \
[hx] "f"(fx->half), [hh] "f"(fh->half), [bx] "f"(fx->half_below), [bh] "f"(fh->half_below) \
: "acc", "memory"

    if (tanh)
        __asm__ volatile(NN_GATE_BOTH(NN_GATE_TANH) NN_GATE_OPERANDS);
    else
        __asm__ volatile(NN_GATE_BOTH(NN_GATE_LOGISTIC) NN_GATE_OPERANDS);
}
#endif

NN_INLINE void nn_gates_both_s8(const nn_gates *m, int32_t nh, int32_t gate, const int16_t *wide,
                                const int32_t *bias, const int32_t *bias_rec, int32_t units, int32_t mult,
                                int32_t shift, int32_t mult_h, int32_t shift_h, const int16_t *curve,
                                int32_t tanh, int16_t *s)
{
    const nn_gate_scale fx = nn_gate_scale_of(mult, shift), fh = nn_gate_scale_of(mult_h, shift_h);
    const int32_t row = gate * nn_fours(units);
    nn_gate_rows r = nn_gate_rows_of(m, row, wide);
    const int32_t *const b[] = {bias ? bias + row : NULL, bias_rec ? bias_rec + row : NULL};
#ifdef __xtensa__
    if (curve) {
        if (b[0] && !b[1] && nn_min(shift, shift_h) >= NN_GATE_EDGE)
            nn_gate_both_fast(&fx, &fh, &r, nh, b[0], units, curve, tanh, s);
        else
            nn_gate_both_rare(&fx, &fh, &r, nh, b, units, curve, tanh, s);
        return;
    }
    __asm__ volatile("ldinc m2, %0" : "+r"(r.wide)::"memory");
#endif
    if (tanh)
        nn_gate_both_run(&fx, &fh, &r, nh, b[0], b[1], units, curve, 1, s);
    else
        nn_gate_both_run(&fx, &fh, &r, nh, b[0], b[1], units, curve, 0, s);
}
#endif
