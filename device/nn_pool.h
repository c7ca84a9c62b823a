// Windows of a pool, and the maximum of any type.
#ifndef NN_POOL_H
#define NN_POOL_H
#include "nn_math.h"

typedef struct nn_pool_window { // rows y0 .. y1 - 1, columns x0 .. x1 - 1: what is inside the image
    int32_t y0, y1, x0, x1;
} nn_pool_window;

NN_INLINE nn_pool_window nn_pool_at(const nn_pool *p, int32_t oy, int32_t ox)
{
    const int32_t iy = oy * p->stride_h - p->pad_top, ix = ox * p->stride_w - p->pad_left;
    const nn_pool_window w = {nn_max(iy, 0), nn_min(iy + p->k_h, p->in_h), nn_max(ix, 0),
                              nn_min(ix + p->k_w, p->in_w)};
    return w;
}

// The averages of one window of int8, `count` values a channel, from channel c on.
NN_INLINE void nn_average_s8(const nn_pool *p, nn_pool_window w, int32_t count, const int8_t *x, int32_t c,
                             int8_t *y)
{
    for (; c < p->c; c++) {
        int32_t sum = 0;
        for (int32_t i = w.y0; i < w.y1; i++) {
            const int8_t *in = x + (i * p->in_w + w.x0) * p->c + c;
            for (int32_t n = w.x1 - w.x0; n > 0; n--, in += p->c) sum += *in;
        }
        const int32_t mean = (sum > 0 ? sum + count / 2 : sum - count / 2) / count;
        y[c] = (int8_t)nn_clamp(mean, p->min, p->max);
    }
}

// limited: whether an output v is limited at all, which is then `limit`. Values of p are taken out of it first: a store
// to y may change p for all a compiler knows.
#define NN_MAX_POOL(name, type, limited, limit)                                                              \
    NN_API void name(const nn_pool *p, const type *x, type *y)                                               \
    {                                                                                                        \
        const int32_t channels = p->c, min = p->min, max = p->max, act = p->act;                             \
        (void)min, (void)max, (void)act;                                                                     \
        for (int32_t b = 0; b < p->batch; b++, x += p->in_h * p->in_w * p->c)                                \
            for (int32_t oy = 0; oy < p->out_h; oy++)                                                        \
                for (int32_t ox = 0; ox < p->out_w; ox++, y += channels) {                                   \
                    const nn_pool_window w = nn_pool_at(p, oy, ox);                                          \
                    const type *in = x + (w.y0 * p->in_w + w.x0) * channels, *next = in + channels;          \
                    int32_t j = w.x0 + 2; /* the first two at once */                                        \
                    if (w.x1 - w.x0 > 1)                                                                     \
                        for (int32_t c = 0; c < channels; c++) y[c] = next[c] > in[c] ? next[c] : in[c];     \
                    else {                                                                                   \
                        memcpy(y, in, (size_t)channels * sizeof *y);                                         \
                        j = w.x1;                                                                            \
                    }                                                                                        \
                    for (int32_t i = w.y0; i < w.y1; i++, j = w.x0)                                          \
                        for (; j < w.x1; j++) {                                                              \
                            in = x + (i * p->in_w + j) * channels;                                           \
                            for (int32_t c = 0; c < channels; c++) y[c] = in[c] > y[c] ? in[c] : y[c];       \
                        }                                                                                    \
                    for (int32_t c = 0; c < channels && (limited); c++) {                                    \
                        const type v = y[c];                                                                 \
                        y[c] = (type)(limit);                                                                \
                    }                                                                                        \
                }                                                                                            \
    }
#endif
