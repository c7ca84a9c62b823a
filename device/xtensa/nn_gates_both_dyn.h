// A gate's two sums on the MAC16 unit, rows of both matrices side by side, as a float, and its activation.
#ifndef NN_GATES_BOTH_DYN_H
#define NN_GATES_BOTH_DYN_H
#include "nn_activate_dyn.h"
#include "nn_gates_s8.h"
#include "nn_quantize_wide.h"

// What makes floats of a gate's sums: a scale for all its rows or one a row, times that of the step.
typedef struct nn_gate_by {
    const float *x, *h;
    float step_x, step_h;
    int32_t per_row;
} nn_gate_by;

// A unit: its sum in [r], then `put`: activation and store. [at] runs up to 0 from what is below the ends of the arrays.
// `rows` takes the factors to [by_x] and [by_h]; k tells its labels from another's.
#define NN_GATE_DYN_UNIT(k, zero, rows, put)                                                                 \
    zero "mov %[x], %[x0]\n\t"                                                                               \
         "ldinc m0, %[x]\n\t"                                                                                \
         "loopnez %[nx], .Lnn_dyn_x" k "_%=\n\t" NN_GATE_TAPS ".Lnn_dyn_x" k "_%=:\n\t"                      \
         "rsr.acclo %[i]\n\t"                                                                                \
         "loopnez %[nh], .Lnn_dyn_h" k "_%=\n\t" NN_GATE_TAPS ".Lnn_dyn_h" k "_%=:\n\t"                      \
         "rsr.acclo %[x]\n\t"                                                                                \
         "lsx %[r], %[start], %[at]\n\t" rows "float.s %[c], %[i], 0\n\t"                                    \
         "sub %[x], %[x], %[i]\n\t" /* both were summed up */                                                \
         "madd.s %[r], %[c], %[by_x]\n\t"                                                                    \
         "float.s %[b], %[x], 0\n\t"                                                                         \
         "madd.s %[r], %[b], %[by_h]\n\t" put "addi %[at], %[at], 4\n\t"
#define NN_GATE_BOTH_DYN(units) "ldinc m2, %[w]\n.Lnn_dyn_%=:\n\t" units "bnez %[at], .Lnn_dyn_%="

#define NN_GATE_DYN_ALIKE_UNIT(k, put) NN_GATE_DYN_UNIT(k, "wsr.acclo %[zero]\n\t", "", put)
#define NN_GATE_DYN_ALIKE_RUN(units)                                                                         \
    __asm__ volatile(                                                                                        \
        NN_GATE_BOTH_DYN(units)                                                                              \
        : [w] "+&r"(w), [at] "+&r"(at), [x] "=&r"(x), [i] "=&r"(i), [r] "=&f"(r), [a] "=&f"(a),              \
          [b] "=&f"(b), [c] "=&f"(c)                                                                         \
        : [x0] "r"(rows.x), [nx] "r"(nx), [nh] "r"(nh), [zero] "r"(0), [mid] "r"(mid), [start] "r"(start),   \
          [s] "r"(s), [by_x] "f"(by->x[0] * by->step_x), [by_h] "f"(by->h[0] * by->step_h)                   \
        : "acc", "memory")
// Two units a turn: the way back, taken, costs as much as four instructions.
#define NN_GATE_DYN_ALIKE(put)                                                                               \
    if (units % 2)                                                                                           \
        NN_GATE_DYN_ALIKE_RUN(NN_GATE_DYN_ALIKE_UNIT("", put));                                              \
    else                                                                                                     \
        NN_GATE_DYN_ALIKE_RUN(NN_GATE_DYN_ALIKE_UNIT("", put) NN_GATE_DYN_ALIKE_UNIT("2", put))

// 13 address registers, all that there are where a frame has its pointer
#define NN_GATE_DYN_ROWS(put)                                                                                \
    __asm__ volatile(NN_GATE_BOTH_DYN(NN_GATE_DYN_UNIT("", "movi %[i], 0\n\twsr.acclo %[i]\n\t",             \
                                                       "lsx %[by_x], %[row_x], %[at]\n\t"                    \
                                                       "lsx %[by_h], %[row_h], %[at]\n\t"                    \
                                                       "mul.s %[by_x], %[by_x], %[step_x]\n\t"               \
                                                       "mul.s %[by_h], %[by_h], %[step_h]\n\t",              \
                                                       put))                                                 \
                     : [w] "+&r"(w), [at] "+&r"(at), [x] "=&r"(x), [i] "=&r"(i), [r] "=&f"(r), [a] "=&f"(a), \
                       [b] "=&f"(b), [c] "=&f"(c), [by_x] "=&f"(by_x), [by_h] "=&f"(by_h)                    \
                     : [x0] "r"(rows.x), [nx] "r"(nx), [nh] "r"(nh), [mid] "r"(mid), [start] "r"(start),     \
                       [s] "r"(s), [row_x] "r"(by->x + units), [row_h] "r"(by->h + units),                   \
                       [step_x] "f"(by->step_x), [step_h] "f"(by->step_h)                                    \
                     : "acc", "memory")

// s[u] = act(start[u] + input's sum * by_x + recurrent sum * by_h) for the units of a gate; the sum
// where act is no curve.
NN_INLINE void nn_gates_both_dyn(const nn_gates *m, int32_t taps_h, int32_t gate, const int16_t *wide,
                                 int32_t units, const nn_gate_by *by, const float *start, int32_t act,
                                 float *s)
{
    nn_gate_rows rows = nn_gate_rows_of(m, gate * nn_fours(units), wide);
#ifdef __xtensa__
    const float *mid =
        (act == NN_CELL_TANH ? nn_curve_tanh_dyn : nn_curve_logistic_dyn) + NN_CURVE_PIECES / 2;
    const int32_t nx = nn_fours(rows.n) / 4, nh = nn_fours(taps_h) / 4;
    const int16_t *w = rows.wide, *x;
    float r, a, b, c, by_x, by_h;
    int32_t i, at = -4 * units;
    start += units, s += units;
    if (by->per_row) {
        if (act == NN_CELL_TANH)
            NN_GATE_DYN_ROWS(NN_CURVE_ASM_TANH "ssx %[a], %[s], %[at]\n\t");
        else if (act == NN_CELL_LOGISTIC)
            NN_GATE_DYN_ROWS(NN_CURVE_ASM_LOGISTIC "ssx %[a], %[s], %[at]\n\t");
        else
            NN_GATE_DYN_ROWS("ssx %[r], %[s], %[at]\n\t");
    } else {
        if (act == NN_CELL_TANH) {
            NN_GATE_DYN_ALIKE(NN_CURVE_ASM_TANH "ssx %[a], %[s], %[at]\n\t");
        } else if (act == NN_CELL_LOGISTIC) {
            NN_GATE_DYN_ALIKE(NN_CURVE_ASM_LOGISTIC "ssx %[a], %[s], %[at]\n\t");
        } else {
            NN_GATE_DYN_ALIKE("ssx %[r], %[s], %[at]\n\t");
        }
    }
#else
    for (int32_t u = 0; u < units; u++) {
        const int32_t k = by->per_row ? u : 0;
        int32_t acc_x = 0, acc_h = 0;
        nn_gate_row_both(&rows, taps_h, &acc_x, &acc_h);
        s[u] = NN_MADD((float)acc_h, by->h[k] * by->step_h,
                       NN_MADD((float)acc_x, by->x[k] * by->step_x, start[u]));
    }
    if (act == NN_CELL_TANH) nn_tanhs_dyn(s, units, s);
    if (act == NN_CELL_LOGISTIC) nn_logistics_dyn(s, units, s);
#endif
}

// The two sums apart: s[u] = start[u] + input's, rec[u] += recurrent one's.
NN_INLINE void nn_gates_apart_dyn(const nn_gates *m, int32_t taps_h, int32_t gate, const int16_t *wide,
                                  int32_t units, const nn_gate_by *by, const float *start, float *s,
                                  float *rec)
{
    nn_gate_rows rows = nn_gate_rows_of(m, gate * nn_fours(units), wide);
#ifdef __xtensa__
    __asm__ volatile("ldinc m2, %0" : "+r"(rows.wide)::"memory");
#endif
    for (int32_t u = 0; u < units; u++) {
        const int32_t k = by->per_row ? u : 0;
        int32_t acc_x = 0, acc_h = 0;
        nn_gate_row_both(&rows, taps_h, &acc_x, &acc_h);
        s[u] = NN_MADD((float)acc_x, by->x[k] * by->step_x, start[u]);
        rec[u] = NN_MADD((float)acc_h, by->h[k] * by->step_h, rec[u]);
    }
}
#endif
