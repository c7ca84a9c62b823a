// Maximum pooling of int8 on Helium, 16 channels at a time; contract in nn.h.
#ifndef NN_MAX_POOL_S8_C
#define NN_MAX_POOL_S8_C
#include "nn_mve.h"
#include "../nn_pool.h"

#if NN_MVE
NN_API void nn_max_pool_s8(const nn_pool *p, const int8_t *x, int8_t *y)
{
    const int32_t channels = p->c, in_w = p->in_w;
    const int8x16_t min = vdupq_n_s8((int8_t)p->min), max = vdupq_n_s8((int8_t)p->max);
    for (int32_t b = 0; b < p->batch; b++, x += p->in_h * in_w * channels)
        for (int32_t oy = 0; oy < p->out_h; oy++)
            for (int32_t ox = 0; ox < p->out_w; ox++, y += channels) {
                const nn_pool_window w = nn_pool_at(p, oy, ox);
                for (int32_t c = 0; c < channels; c += 16) {
                    const mve_pred16_t here = vctp8q((uint32_t)(channels - c));
                    int8x16_t most = min;
                    for (int32_t i = w.y0; i < w.y1; i++) {
                        const int8_t *in = x + (i * in_w + w.x0) * channels + c;
                        for (int32_t n = w.x1 - w.x0; n > 0; n--, in += channels)
                            most = vmaxq_s8(most, vldrbq_z_s8(in, here));
                    }
                    vstrbq_p_s8(y + c, vminq_s8(most, max), here);
                }
            }
}
#else
NN_MAX_POOL(nn_max_pool_s8, int8_t, min > -128 || max < 127, nn_clamp(v, min, max))
#endif
#endif
