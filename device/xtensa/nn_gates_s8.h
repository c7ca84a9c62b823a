// Sums of the gates of a recurrent layer on the MAC16 unit: rows of int8 weights (NN_PACK_ROWS), widened to int16 in
// scratch once a window where that is small, since every step uses them again; inputs and h once a step.
#ifndef NN_GATES_S8_H
#define NN_GATES_S8_H
#include "nn_mac16.h"

typedef struct nn_gates { // one matrix
    const int8_t *w;
    const int16_t *wide; // rows filled up with zeros to a multiple of 4; NULL: not widened
    int32_t n;           // taps a row
} nn_gates;

NN_INLINE nn_gates nn_gates_of(const int8_t *w, int32_t n, int32_t rows, int32_t pack, int32_t widen,
                               int16_t **scratch)
{
    nn_gates m = {w, NULL, n};
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

NN_INLINE void nn_gates_take(int16_t *wide, const int8_t *x, int32_t n)
{
    nn_widen_row(wide, x, n);
    nn_widen_fill(wide + n, 0, nn_fours(n) - n);
}

// acc[k] += sum x[i] * w[4 * block + k][i], k < 4, x in `wide`.
NN_INLINE void nn_gates_sum(const nn_gates *m, int32_t block, const int8_t *x, const int16_t *wide,
                            int32_t *acc)
{
    const int32_t n = m->n, n4 = nn_fours(n);
    (void)x;
    for (int32_t k = 0; k < 4; k++)
        acc[k] = m->wide ? nn_mac16(acc[k], wide, m->wide + (4 * block + k) * n4, n4)
                         : nn_mac16_s8(acc[k], wide, m->w + (4 * block + k) * n, n);
}
#endif
