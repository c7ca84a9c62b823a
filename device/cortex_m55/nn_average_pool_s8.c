// Average pooling of int8 on Helium, eight channels at a time; contract in nn.h. n / count is the upper half of n * (65536 /
// count + 1), exact while n * count < 65536: n is at most 128.5 * count, so for windows of up to 22 values.
#ifndef NN_AVERAGE_POOL_S8_C
#define NN_AVERAGE_POOL_S8_C
#include "nn_mve.h"
#include "../nn_pool.h"

// The channels from 0 on, whole eights; how many.
NN_INLINE int32_t nn_mve_average(const nn_pool *p, nn_pool_window w, int32_t count, const int8_t *x,
                                 int8_t *y)
{
    int32_t c = 0;
#if NN_MVE
    const int32_t channels = p->c, in_w = p->in_w;
    const int16x8_t min = vdupq_n_s16((int16_t)p->min), max = vdupq_n_s16((int16_t)p->max);
    const uint16x8_t by = vdupq_n_u16((uint16_t)(65536 / count + 1));
    for (; c + 8 <= channels; c += 8) {
        int16x8_t sum = vdupq_n_s16(0);
        for (int32_t i = w.y0; i < w.y1; i++) {
            const int8_t *in = x + (i * in_w + w.x0) * channels + c;
            for (int32_t n = w.x1 - w.x0; n > 0; n--, in += channels) sum = vaddq_s16(sum, vldrbq_s16(in));
        }
        const int16x8_t sign = vshrq_n_s16(sum, 15); // -1 below zero
        const uint16x8_t n = vreinterpretq_u16_s16(vaddq_n_s16(vabsq_s16(sum), (int16_t)(count / 2)));
        const int16x8_t mean = vsubq_s16(veorq_s16(vreinterpretq_s16_u16(vmulhq_u16(n, by)), sign), sign);
        vstrbq_s16(y + c, vminq_s16(vmaxq_s16(mean, min), max));
    }
#else
    (void)p, (void)w, (void)count, (void)x, (void)y;
#endif
    return c;
}

NN_API void nn_average_pool_s8(const nn_pool *p, const int8_t *x, int8_t *y)
{
    for (int32_t b = 0; b < p->batch; b++, x += p->in_h * p->in_w * p->c)
        for (int32_t oy = 0; oy < p->out_h; oy++)
            for (int32_t ox = 0; ox < p->out_w; ox++, y += p->c) {
                const nn_pool_window w = nn_pool_at(p, oy, ox);
                const int32_t count = (w.y1 - w.y0) * (w.x1 - w.x0);
                const int32_t c = count > 1 && count <= 22 ? nn_mve_average(p, w, count, x, y) : 0;
                nn_average_s8(p, w, count, x, c, y);
            }
}
#endif
