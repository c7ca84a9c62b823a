// Average pooling of int8; contract in nn.h.
#ifndef NN_AVERAGE_POOL_S8_C
#define NN_AVERAGE_POOL_S8_C
#include "nn_pool.h"

NN_API void nn_average_pool_s8(const nn_pool *p, const int8_t *x, int8_t *y)
{
    for (int32_t b = 0; b < p->batch; b++, x += p->in_h * p->in_w * p->c)
        for (int32_t oy = 0; oy < p->out_h; oy++)
            for (int32_t ox = 0; ox < p->out_w; ox++, y += p->c) {
                const nn_pool_window w = nn_pool_at(p, oy, ox);
                nn_average_s8(p, w, (w.y1 - w.y0) * (w.x1 - w.x0), x, 0, y);
            }
}
#endif
