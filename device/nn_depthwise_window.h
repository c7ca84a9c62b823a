// What the depthwise kernels share: windows wholly inside the image, whose weights stay in registers from one
// position to the next.
#ifndef NN_DEPTHWISE_WINDOW_H
#define NN_DEPTHWISE_WINDOW_H
#include "nn_math.h"

enum { NN_DEPTHWISE_TAPS = 16 }; // larger windows take the general way everywhere

// Outputs of a row at a time: an input that several of their windows share is loaded once. Neighbours k5, stride 1: 8
// loads serve 20 products. On a PC, which knows no shape at compile time, one.
#ifndef NN_DEPTHWISE_BLOCK
#ifdef __x86_64__
#define NN_DEPTHWISE_BLOCK 1
#else
#define NN_DEPTHWISE_BLOCK 4
#endif
#endif
enum { NN_DEPTHWISE_SPAN = 48 }; // inputs of a row under a block's windows, at most

// Loops over a block's taps vanish where the shape is known; elsewhere unrolling them makes no sense.
#if defined(__GNUC__) && !defined(__x86_64__)
#define NN_DEPTHWISE_UNROLL _Pragma("GCC unroll 48")
#else
#define NN_DEPTHWISE_UNROLL
#endif

NN_INLINE int32_t nn_depthwise_span(const nn_depthwise *p, int32_t block)
{
    return (block - 1) * p->stride_w + (p->k_w - 1) * p->dil_w + 1;
}

// Whether n outputs of a row are worth a block.
NN_INLINE int32_t nn_depthwise_blocks(const nn_depthwise *p, int32_t n, int32_t block)
{
    return block > 1 && n >= block && nn_depthwise_span(p, block) <= NN_DEPTHWISE_SPAN;
}

// Which tap of output i of a block lies on the block's input j; -1: none.
NN_INLINE int32_t nn_depthwise_tap(const nn_depthwise *p, int32_t i, int32_t j)
{
    const int32_t at = j - i * p->stride_w;
    return at < 0 || at % p->dil_w || at / p->dil_w >= p->k_w ? -1 : at / p->dil_w;
}

// acc[i] = start + the products of output i < block, every tap inside, in the order of its taps; x is under the first tap
// of the first output. sum(v, w, a): a + v * w.
#define NN_DEPTHWISE_SUMS(p, in_type, acc_type, x, wt, start, acc, block, sum)                               \
    do {                                                                                                     \
        NN_DEPTHWISE_UNROLL                                                                                  \
        for (int32_t i = 0; i < (block); i++) (acc)[i] = (start);                                            \
        NN_DEPTHWISE_UNROLL                                                                                  \
        for (int32_t ky = 0; ky < (p)->k_h; ky++) {                                                          \
            const in_type *row = (x) + ky * (p)->dil_h * (p)->in_w * (p)->in_c;                              \
            NN_DEPTHWISE_UNROLL                                                                              \
            for (int32_t j = 0; j < nn_depthwise_span(p, block); j++) {                                      \
                const acc_type v = (acc_type)row[j * (p)->in_c];                                             \
                NN_DEPTHWISE_UNROLL                                                                          \
                for (int32_t i = 0; i < (block); i++)                                                        \
                    if (nn_depthwise_tap(p, i, j) >= 0)                                                      \
                        (acc)[i] = sum(v, (wt)[ky * (p)->k_w + nn_depthwise_tap(p, i, j)], (acc)[i]);        \
            }                                                                                                \
        }                                                                                                    \
    } while (0)

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
