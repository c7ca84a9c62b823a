// What the depthwise kernels share: windows wholly inside the image, whose weights stay in registers from one
// position to the next.
#ifndef NN_DEPTHWISE_WINDOW_H
#define NN_DEPTHWISE_WINDOW_H
#include "nn_math.h"

enum { NN_DEPTHWISE_TAPS = 16 }; // larger windows take the general way everywhere

// The outputs ox whose taps are inside the image in x: first .. last - 1; none where the window is too large.
NN_INLINE void nn_depthwise_inside(const nn_depthwise *p, int32_t *first, int32_t *last)
{
    const int32_t room = p->in_w + p->pad_left - (p->k_w - 1) * p->dil_w;
    *first = (p->pad_left + p->stride_w - 1) / p->stride_w;
    *last = room > 0 ? nn_min(p->out_w, (room + p->stride_w - 1) / p->stride_w) : 0;
    if (p->k_h * p->k_w > NN_DEPTHWISE_TAPS) *last = 0;
}

NN_INLINE int32_t nn_depthwise_row_inside(const nn_depthwise *p, int32_t iy)
{
    return iy >= 0 && iy + (p->k_h - 1) * p->dil_h < p->in_h;
}
#endif
