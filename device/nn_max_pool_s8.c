// Maximum pooling of int8; contract in nn.h.
#ifndef NN_MAX_POOL_S8_C
#define NN_MAX_POOL_S8_C
#include "nn_math.h"

NN_API void nn_max_pool_s8(const nn_pool *p, const int8_t *x, int8_t *y)
{
    const int32_t channels = p->c, min = p->min,
                  max = p->max; // a store to y may change p for all a compiler knows
    for (int32_t b = 0; b < p->batch; b++, x += p->in_h * p->in_w * p->c)
        for (int32_t oy = 0; oy < p->out_h; oy++)
            for (int32_t ox = 0; ox < p->out_w; ox++, y += p->c) {
                const int32_t iy = oy * p->stride_h - p->pad_top, ix = ox * p->stride_w - p->pad_left;
                const int32_t y0 = nn_max(iy, 0), y1 = nn_min(iy + p->k_h, p->in_h);
                const int32_t x0 = nn_max(ix, 0), x1 = nn_min(ix + p->k_w, p->in_w);
                const int8_t *in = x + (y0 * p->in_w + x0) * channels, *next = in + channels;
                int32_t j = x0 + 2; // the first two at once
                if (x1 - x0 > 1)
                    for (int32_t c = 0; c < channels; c++) y[c] = next[c] > in[c] ? next[c] : in[c];
                else {
                    memcpy(y, in, (size_t)channels);
                    j = x1;
                }
                for (int32_t i = y0; i < y1; i++, j = x0)
                    for (; j < x1; j++) {
                        in = x + (i * p->in_w + j) * channels;
                        for (int32_t c = 0; c < channels; c++) y[c] = in[c] > y[c] ? in[c] : y[c];
                    }
                if (min > -128 || max < 127)
                    for (int32_t c = 0; c < channels; c++) y[c] = (int8_t)nn_clamp(y[c], min, max);
            }
}
#endif
