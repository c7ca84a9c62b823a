// The sums of an int8 convolution on MAC16, shared by nn_conv2d_s8 and nn_conv2d_dyn: output channel by
// output channel, its weights widened once, used at every position of the widened input.
#ifndef NN_CONV2D_MAC16_H
#define NN_CONV2D_MAC16_H
#include "nn_mac16.h"

typedef struct nn_mac16_shape {    // steps in the widened copies, in int16
    int32_t taps, runs, run, run4; // of one output channel; a run, even, and filled up to fours
    int32_t next, next_row;        // from one position to the next, from one row of positions to the next
} nn_mac16_shape;

NN_INLINE nn_mac16_shape nn_mac16_shape_of(const nn_conv2d *p)
{
    const int32_t c2 = nn_widen_channels(p);
    const nn_mac16_shape s = {p->k_h * p->k_w * p->in_c, nn_widen_runs(p),
                              nn_widen_run(p),           nn_widen_run4(p),
                              p->stride_w * c2,          p->stride_h * nn_widen_columns(p) * c2};
    return s;
}

// Weights of channel o of a layout in blocks: where they start; the next tap is `block` further.
NN_INLINE const int8_t *nn_block_weights(const int8_t *w, int32_t o, int32_t taps, int32_t block)
{
    return w + o / block * block * taps + o % block;
}

// Channel o's weights widened: into ww, or where they lie so already.
NN_INLINE const int16_t *nn_mac16_weights(const nn_conv2d *p, const nn_mac16_shape *s, const int8_t *w,
                                          int32_t o, int16_t *ww)
{
    if (p->group == NN_WIDE_AHEAD) return (const int16_t *)(const void *)w + o * nn_widen_weights(p);
    nn_conv2d_widen_weights(p, nn_block_weights(w, o, s->taps, p->block), p->block, ww);
    return ww;
}

// The sum at one position (x: its upper left corner in the copy) of a kernel of several rows, or a dilated
// one.
NN_INLINE int32_t nn_mac16_runs(const nn_conv2d *p, const nn_mac16_shape *s, int32_t acc, const int16_t *x,
                                const int16_t *w)
{
    const int32_t c2 = nn_widen_channels(p), down = p->dil_h * nn_widen_columns(p) * c2;
    for (int32_t ky = 0; ky < p->k_h; ky++, x += down)
        for (int32_t kx = 0; kx < (p->dil_w == 1 ? 1 : p->k_w); kx++, w += s->run4)
            acc = nn_mac16(acc, x + kx * p->dil_w * c2, w, s->run4);
    return acc;
}
#endif
