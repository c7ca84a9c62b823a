// Sums of the gates of a recurrent layer: int8 inputs or h against the rows of one weight matrix, four at a time, in
// any of the layouts of nn.h. The folders of chips have this file for the layout they want.
#ifndef NN_GATES_S8_H
#define NN_GATES_S8_H
#include "nn_dot_s8.h"

typedef struct nn_gates { // one matrix
    const int8_t *w;
    int32_t n, pack; // taps a row, NN_PACK_*
} nn_gates;

// The matrix of `rows` rows; *scratch is moved on by what it takes.
NN_INLINE nn_gates nn_gates_of(const int8_t *w, int32_t n, int32_t rows, int32_t pack, int32_t widen,
                               int16_t **scratch)
{
    const nn_gates m = {w, n, pack};
    *scratch += widen ? rows * nn_fours(n) + 4 : 0; // where another chip has a copy
    return m;
}

// acc[k] += sum x[i] * w[4 * block + k][i], k < 4. x was taken into `wide` by nn_gates_take.
NN_INLINE void nn_gates_take(int16_t *wide, const int8_t *x, int32_t n)
{
    (void)wide;
    (void)x;
    (void)n;
}

NN_INLINE void nn_gates_sum(const nn_gates *m, int32_t block, const int8_t *x, const int16_t *wide,
                            int32_t *acc)
{
    const int32_t n = m->n;
    (void)wide;
    if (m->pack == NN_PACK_FOURS) nn_dot4_s8(acc, x, m->w + 4 * n * block, n);
    if (m->pack == NN_PACK_ROWS)
        for (int32_t k = 0; k < 4; k++) nn_dot_s8(acc + k, x, 0, m->w + (4 * block + k) * n, n, 1, 1);
    if (m->pack == NN_PACK_GROUPS)
        for (int32_t i = 0; i < n; i++)
            for (int32_t k = 0; k < 4; k++)
                acc[k] += x[i] * m->w[4 * ((n + 15) & ~15) * block + i / 16 * 64 + 16 * k + i % 16];
    if (m->pack == NN_PACK_PAIRS) {
        const int8_t *w = m->w + 4 * ((n + 1) & ~1) * block;
        for (int32_t i = 0; i < n; i++)
            for (int32_t k = 0; k < 2; k++) {
                const int8_t *v = w + 8 * (i / 2) + 4 * k + 2 * (i % 2);
                acc[2 * k] += x[i] * v[0];
                acc[2 * k + 1] += x[i] * (v[1] + (v[0] < 0));
            }
    }
}
#endif
