// Sums of the gates of a recurrent layer on 32-bit RISC-V with a multiplier: one MUL for two products, as in nn_words_s8.h.
// A word holds a tap of two rows, w + 2^16 * v; the products by an input of two taps add up in it without meeting. Every
// step uses the weights again, so the words are made once a window, in scratch (NN_WIDEN_W, NN_WIDEN_U); where they are
// not, weights are read as bytes (NN_PACK_FOURS). Eight rows at a time share an input.
#ifndef NN_GATES_S8_H
#define NN_GATES_S8_H
#include "../nn_dot_s8.h"

typedef struct nn_gates { // one matrix
    const int8_t *w;
    const uint32_t *words; // [rows / 4][tap][2]; NULL: bytes
    int32_t n;             // taps a row
} nn_gates;

NN_INLINE nn_gates nn_gates_of(const int8_t *w, int32_t n, int32_t rows, int32_t pack, int32_t widen,
                               int16_t **scratch)
{
    nn_gates m = {w, NULL, n};
    (void)pack;
    if (!widen) return m;
    uint32_t *to = (uint32_t *)(void *)*scratch;
    m.words = to;
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC unroll 2
#endif
    for (int32_t i = rows * n / 2; i > 0; i--, w += 2) *to++ = (uint32_t)w[0] + ((uint32_t)w[1] << 16);
    *scratch += rows * nn_fours(n) + 4;
    return m;
}

NN_INLINE void nn_gates_take(int16_t *wide, const int8_t *x, int32_t n)
{
    (void)wide;
    (void)x;
    (void)n;
}

// acc[k] += the sums of row k of `blocks` (1, 2) blocks of four.
NN_INLINE void nn_gates_words(int32_t *acc, const int8_t *x, const uint32_t *w, int32_t n,
                              const int32_t blocks)
{
    const uint32_t *v = w + 2 * n; // the second block
    uint32_t both[4] = {0, 0, 0, 0};
    int32_t high[4] = {0, 0, 0, 0};
    const int8_t *end = x + (n & ~1);
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC unroll 2
#endif
    for (; x != end; x += 2, w += 4, v += 4) {
        const uint32_t x0 = (uint32_t)x[0], x1 = (uint32_t)x[1];
#pragma GCC unroll 4
        for (int32_t k = 0; k < 2 * blocks; k++) {
            const uint32_t *q = k < 2 ? w + k : v + (k - 2), d = q[0] * x0 + q[2] * x1;
            both[k] += d;
            high[k] += (int32_t)(d + 0x8000u) >> 16;
        }
    }
#pragma GCC unroll 4
    for (int32_t k = 0; k < 2 * blocks; k++) {
        if (n & 1) {
            const uint32_t d = (k < 2 ? w[k] : v[k - 2]) * (uint32_t)x[0];
            both[k] += d;
            high[k] += (int32_t)(d + 0x8000u) >> 16;
        }
        acc[2 * k] += (int32_t)(both[k] - ((uint32_t)high[k] << 16));
        acc[2 * k + 1] += high[k];
    }
}

// The same of eight rows of bytes.
NN_INLINE void nn_gates_bytes8(int32_t *acc, const int8_t *x, const int8_t *w, int32_t n)
{
    const int8_t *v = w + 4 * n, *end = x + n;
    int32_t a[8];
#pragma GCC unroll 8
    for (int32_t k = 0; k < 8; k++) a[k] = acc[k];
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC unroll 4
#endif
    for (; x != end; x++, w += 4, v += 4) {
        const int32_t in = *x;
#pragma GCC unroll 4
        for (int32_t k = 0; k < 4; k++) {
            a[k] += in * w[k];
            a[4 + k] += in * v[k];
        }
    }
#pragma GCC unroll 8
    for (int32_t k = 0; k < 8; k++) acc[k] = a[k];
}

// acc[k] += sum x[i] * w[4 * block + k][i], k < 4.
NN_INLINE void nn_gates_sum(const nn_gates *m, int32_t block, const int8_t *x, const int16_t *wide,
                            int32_t *acc)
{
    (void)wide;
    if (m->words)
        nn_gates_words(acc, x, m->words + 2 * m->n * block, m->n, 1);
    else
        nn_dot4_s8(acc, x, m->w + 4 * m->n * block, m->n);
}

// The same, k < 8.
#define NN_GATES_EIGHT
NN_INLINE void nn_gates_sum8(const nn_gates *m, int32_t block, const int8_t *x, int32_t *acc)
{
    if (m->words)
        nn_gates_words(acc, x, m->words + 2 * m->n * block, m->n, 2);
    else
        nn_gates_bytes8(acc, x, m->w + 4 * m->n * block, m->n);
}
#endif
