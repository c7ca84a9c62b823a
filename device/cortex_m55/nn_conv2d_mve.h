// What nn_conv2d_s8 and nn_conv2d_dyn share on Helium: the sums of two positions by all channels.
// scratch: nn_conv2d_mve_scratch(p) bytes: two windows, and the sums [block][2][4].
#ifndef NN_CONV2D_MVE_H
#define NN_CONV2D_MVE_H
#include "nn_mve.h"

// Taps that are neighbours in memory, and how many such runs a window has.
NN_INLINE int32_t nn_mve_run(const nn_conv2d *p)
{
    return (p->dil_w == 1 ? p->k_w : 1) * p->in_c;
}

NN_INLINE int32_t nn_mve_runs(const nn_conv2d *p)
{
    return p->k_h * (p->dil_w == 1 ? 1 : p->k_w);
}

NN_INLINE int32_t nn_mve_filled(int32_t run) // up to a whole group
{
    return (run + NN_GROUP - 1) / NN_GROUP * NN_GROUP;
}

NN_INLINE int32_t nn_mve_window_bytes(const nn_conv2d *p)
{
    return nn_mve_runs(p) * nn_mve_filled(nn_mve_run(p));
}

NN_INLINE int32_t nn_mve_blocks(int32_t out_c)
{
    return (out_c + 3) / 4;
}

NN_INLINE int32_t nn_conv2d_mve_scratch(const nn_conv2d *p)
{
    return 2 * nn_mve_window_bytes(p) + 2 * 16 * nn_mve_blocks(p->out_c);
}

NN_INLINE int32_t nn_dense_mve_scratch(const nn_dense *p)
{
    return 16 * nn_mve_blocks(p->out_c);
}

// The taps of position (oy, ox), each run filled up; those in the padding are `zero`.
NN_INLINE void nn_mve_window(const nn_conv2d *p, int8_t *to, const int8_t *x, int32_t zero, int32_t oy,
                             int32_t ox)
{
    const int32_t iy = oy * p->stride_h - p->pad_top, ix = ox * p->stride_w - p->pad_left, c = p->in_c;
    const int32_t step = p->dil_w == 1 ? p->k_w : 1, filled = nn_mve_filled(step * c);
    for (int32_t ky = 0; ky < p->k_h; ky++)
        for (int32_t kx = 0; kx < p->k_w; kx += step, to += filled) {
            const int32_t y = iy + ky * p->dil_h, at = ix + kx * p->dil_w;
            int32_t from = nn_max(0, -at), end = nn_min(step, p->in_w - at);
            if (y < 0 || y >= p->in_h || end <= from) from = end = 0;
            memset(to, (int)zero, (size_t)(step * c));
            if (end > from)
                memcpy(to + from * c, x + ((ptrdiff_t)y * p->in_w + at + from) * c,
                       (size_t)((end - from) * c));
        }
}

// Positions (oy, ox) and its neighbour: n <= 2 of one row. first, last: those whose taps are all inside.
NN_INLINE void nn_mve_pair(const nn_conv2d *p, const int8_t *x, int32_t zero, const int8_t *w, int32_t oy,
                           int32_t ox, int32_t n, int32_t first, int32_t last, int8_t *window, int32_t *acc)
{
    const int32_t run = nn_mve_run(p), blocks = nn_mve_blocks(p->out_c), bytes = nn_mve_window_bytes(p);
    const int32_t iy = oy * p->stride_h - p->pad_top, ix = ox * p->stride_w - p->pad_left;
    if (nn_mve_runs(p) == 1 && ox >= first && ox + n <= last && iy >= 0 && iy < p->in_h) {
        const int8_t *from = x + ((ptrdiff_t)iy * p->in_w + ix) * p->in_c;
        nn_mve_sums2(from, n > 1 ? from + p->stride_w * p->in_c : from, w, acc, blocks, run / NN_GROUP,
                     run % NN_GROUP);
        return;
    }
    for (int32_t i = 0; i < n; i++) nn_mve_window(p, window + i * bytes, x, zero, oy, ox + i);
    nn_mve_sums2(window, n > 1 ? window + bytes : window, w, acc, blocks, bytes / NN_GROUP, 0);
}
#endif
