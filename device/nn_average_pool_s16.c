// Average pooling of int16; contract in nn.h.
#ifndef NN_AVERAGE_POOL_S16_C
#define NN_AVERAGE_POOL_S16_C
#include "nn_pool.h"

NN_API void nn_average_pool_s16(const nn_pool *p, const int16_t *x, int16_t *y)
{
    for (int32_t b = 0; b < p->batch; b++, x += p->in_h * p->in_w * p->c)
        for (int32_t oy = 0; oy < p->out_h; oy++)
            for (int32_t ox = 0; ox < p->out_w; ox++) {
                const nn_pool_window w = nn_pool_at(p, oy, ox);
                const int32_t count = (w.y1 - w.y0) * (w.x1 - w.x0);
                for (int32_t c = 0; c < p->c; c++) {
                    int32_t sum = 0;
                    for (int32_t i = w.y0; i < w.y1; i++) {
                        const int16_t *in = x + (i * p->in_w + w.x0) * p->c + c;
                        for (int32_t n = w.x1 - w.x0; n > 0; n--, in += p->c) sum += *in;
                    }
                    const int32_t mean = (sum > 0 ? sum + count / 2 : sum - count / 2) / count;
                    *y++ = (int16_t)nn_clamp(mean, p->min, p->max);
                }
            }
}
#endif
