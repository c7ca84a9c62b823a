// int16 copies of int8 operands, for cores that multiply halfwords (MAC16, SMLAD): the input once a call,
// with its padding filled in, so that no position has a border; the weights of some output channels at a
// time, used at every position. Rows of both are padded with zeros in the weights, so that sums run over
// whole groups of four.
#ifndef NN_WIDEN_H
#define NN_WIDEN_H
#include "nn_math.h"

enum { NN_WIDEN_SLACK = 8 }; // int16 behind each copy that an inner loop may read (never use)
enum { NN_WIDE_AHEAD = 8 };  // group: the weights of all channels are widened already, SLACK behind the last

// Channels of the copy: even, so that every position starts on a 32-bit word.
NN_INLINE int32_t nn_widen_channels(const nn_conv2d *p)
{
    return (p->in_c + 1) & ~1;
}

// Taps that are neighbours in the copy: a kernel row, or one tap of a dilated one; and that length in fours.
NN_INLINE int32_t nn_widen_run(const nn_conv2d *p)
{
    return (p->dil_w == 1 ? p->k_w : 1) * nn_widen_channels(p);
}

NN_INLINE int32_t nn_widen_run4(const nn_conv2d *p)
{
    return (nn_widen_run(p) + 3) & ~3;
}

NN_INLINE int32_t nn_widen_runs(const nn_conv2d *p)
{
    return p->k_h * (p->dil_w == 1 ? 1 : p->k_w);
}

// Rows and columns of the padded input that any position looks at.
NN_INLINE int32_t nn_widen_rows(const nn_conv2d *p)
{
    return (p->out_h - 1) * p->stride_h + (p->k_h - 1) * p->dil_h + 1;
}

NN_INLINE int32_t nn_widen_columns(const nn_conv2d *p)
{
    return (p->out_w - 1) * p->stride_w + (p->k_w - 1) * p->dil_w + 1;
}

NN_INLINE int32_t nn_widen_input(const nn_conv2d *p)
{
    return ((nn_widen_rows(p) * nn_widen_columns(p) * nn_widen_channels(p) + 3) & ~3) + NN_WIDEN_SLACK;
}

// int16 of an output channel's weights.
NN_INLINE int32_t nn_widen_weights(const nn_conv2d *p)
{
    return nn_widen_runs(p) * nn_widen_run4(p);
}

// Bytes of scratch for the input and the weights of `channels` output channels.
NN_INLINE int32_t nn_conv2d_widened(const nn_conv2d *p, int32_t channels)
{
    return 2 * (nn_widen_input(p) + channels * nn_widen_weights(p) + NN_WIDEN_SLACK);
}

NN_INLINE int32_t nn_dense_widened(const nn_dense *p)
{
    return 2 * (((p->in_c + 3) & ~3) + NN_WIDEN_SLACK);
}

NN_INLINE void nn_widen_row(int16_t *to, const int8_t *x, int32_t n)
{
    for (; n >= 4; n -= 4, x += 4, to += 4) {
        to[0] = x[0];
        to[1] = x[1];
        to[2] = x[2];
        to[3] = x[3];
    }
    for (; n > 0; n--) *to++ = *x++;
}

NN_INLINE void nn_widen_fill(int16_t *to, int32_t value, int32_t n)
{
    for (int32_t i = 0; i < n; i++) to[i] = (int16_t)value;
}

// Rows of both matrices of a recurrent layer, each of u's behind w's, both filled up with zeros to fours.
NN_INLINE void nn_widen_gates(const int8_t *w, int32_t in_c, const int8_t *u, int32_t units, int32_t rows,
                              int16_t *to)
{
    const int32_t skip = nn_fours(in_c), step = skip + nn_fours(units);
    for (int32_t r = 0; r < rows; r++, w += in_c, u += units, to += step) {
        nn_widen_row(to, w, in_c);
        nn_widen_fill(to + in_c, 0, skip - in_c);
        nn_widen_row(to + skip, u, units);
        nn_widen_fill(to + skip + units, 0, step - skip - units);
    }
}

// The whole input of one batch row; what lies in the padding is `zero`.
NN_INLINE void nn_conv2d_widen_input(const nn_conv2d *p, const int8_t *x, int32_t zero, int16_t *to)
{
    const int32_t rows = nn_widen_rows(p), columns = nn_widen_columns(p), c2 = nn_widen_channels(p);
    for (int32_t r = 0; r < rows; r++, to += columns * c2) {
        const int32_t iy = r - p->pad_top;
        if (iy < 0 || iy >= p->in_h) {
            nn_widen_fill(to, zero, columns * c2);
            continue;
        }
        const int32_t left = nn_min(p->pad_left, columns), inside = nn_min(p->in_w, columns - left);
        const int8_t *from = x + iy * p->in_w * p->in_c;
        nn_widen_fill(to, zero, left * c2);
        if (c2 == p->in_c)
            nn_widen_row(to + left * c2, from, inside * c2);
        else
            for (int32_t i = 0; i < inside; i++) {
                nn_widen_row(to + (left + i) * c2, from + i * p->in_c, p->in_c);
                to[(left + i) * c2 + p->in_c] = 0;
            }
        nn_widen_fill(to + (left + inside) * c2, zero, (columns - left - inside) * c2);
    }
}

// One output channel's weights, w[tap * step]; every run filled up to run4 with zeros.
NN_INLINE void nn_conv2d_widen_weights(const nn_conv2d *p, const int8_t *w, int32_t step, int16_t *to)
{
    const int32_t c2 = nn_widen_channels(p), runs = nn_widen_runs(p), run = nn_widen_run(p),
                  run4 = nn_widen_run4(p);
    for (int32_t r = 0; r < runs; r++, to += run4) {
        if (c2 == p->in_c && step == 1) {
            nn_widen_row(to, w, run);
            w += run;
        } else
            for (int32_t i = 0; i < run; i += c2) {
                if (step == 1) {
                    nn_widen_row(to + i, w, p->in_c);
                    w += p->in_c;
                } else
                    for (int32_t c = 0; c < p->in_c; c++, w += step) to[i + c] = *w;
                if (c2 > p->in_c) to[i + p->in_c] = 0;
            }
        nn_widen_fill(to + run, 0, run4 - run);
    }
}
#endif
