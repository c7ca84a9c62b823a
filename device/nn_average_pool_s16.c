// Average pooling of int16; contract in nn.h.
#ifndef NN_AVERAGE_POOL_S16_C
#define NN_AVERAGE_POOL_S16_C
#include "nn_math.h"

NN_API void nn_average_pool_s16(const nn_pool *p, const int16_t *x, int16_t *y)
{
    for (int32_t b = 0; b < p->batch; b++, x += p->in_h * p->in_w * p->c)
        for (int32_t oy = 0; oy < p->out_h; oy++)
            for (int32_t ox = 0; ox < p->out_w; ox++) {
                const int32_t iy = oy * p->stride_h - p->pad_top, ix = ox * p->stride_w - p->pad_left;
                const int32_t y0 = nn_max(iy, 0), y1 = nn_min(iy + p->k_h, p->in_h);
                const int32_t x0 = nn_max(ix, 0), x1 = nn_min(ix + p->k_w, p->in_w);
                const int32_t count = (y1 - y0) * (x1 - x0);
                for (int32_t c = 0; c < p->c; c++) {
                    int32_t sum = 0;
                    for (int32_t i = y0; i < y1; i++) {
                        const int16_t *in = x + (i * p->in_w + x0) * p->c + c;
                        for (int32_t n = x1 - x0; n > 0; n--, in += p->c) sum += *in;
                    }
                    const int32_t mean = (sum > 0 ? sum + count / 2 : sum - count / 2) / count;
                    *y++ = (int16_t)nn_clamp(mean, p->min, p->max);
                }
            }
}
#endif
