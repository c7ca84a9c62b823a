// Maximum pooling of floats on Helium, four channels at a time; contract in nn.h. Helium's comparison takes numbers below
// 2^-126 as zero, which turns no order round, and is false for NaN: what it finds not smaller is compared once more as
// integers in the order of the floats, where both zeros are 0. Loads, selections and stores change no bit.
#ifndef NN_MAX_POOL_F32_C
#define NN_MAX_POOL_F32_C
#include "nn_mve.h"
#include "../nn_pool.h"

// v where it is greater than most, else most. In assembler since gcc carries predicates to core registers and back; nothing in
// this file keeps one meanwhile (gcc has no name for that clobber).
#if NN_MVE
NN_INLINE float32x4_t nn_mve_more(float32x4_t most, float32x4_t v)
{
    int32x4_t a = vreinterpretq_s32_f32(most), b = vreinterpretq_s32_f32(v);
    __asm__("vpt.s32 lt, %q[most], zr\n\t" // below zero: minus the magnitude
            "vsubt.i32 %q[a], %q[least], %q[a]\n\t"
            "vpt.s32 lt, %q[v], zr\n\t"
            "vsubt.i32 %q[b], %q[least], %q[b]\n\t"
            "vpt.f32 ge, %q[v], %q[most]\n\t"
            "vcmpt.s32 gt, %q[b], %q[a]\n\t"
            "vpsel %q[most], %q[v], %q[most]"
            : [most] "+w"(most), [a] "+w"(a), [b] "+w"(b)
            : [v] "w"(v), [least] "w"(vdupq_n_s32(INT32_MIN)));
    return most;
}
#endif

// y = the greater ones of `most` and v, n of each.
NN_INLINE void nn_more_f32(const float *most, const float *v, float *y, int32_t n)
{
    int32_t c = 0;
#if NN_MVE
    for (; c + 4 <= n; c += 4) vstrwq_f32(y + c, nn_mve_more(vldrwq_f32(most + c), vldrwq_f32(v + c)));
#endif
    for (; c < n; c++) y[c] = v[c] > most[c] ? v[c] : most[c];
}

NN_API void nn_max_pool_f32(const nn_pool *p, const float *x, float *y)
{
    const int32_t channels = p->c, in_w = p->in_w, act = p->act;
    for (int32_t b = 0; b < p->batch; b++, x += p->in_h * in_w * channels)
        for (int32_t oy = 0; oy < p->out_h; oy++)
            for (int32_t ox = 0; ox < p->out_w; ox++, y += channels) {
                const nn_pool_window w = nn_pool_at(p, oy, ox);
                const float *first = x + (w.y0 * in_w + w.x0) * channels;
                int32_t j = w.x0 + 2; // the first two at once
                if (w.x1 - w.x0 > 1) {
                    nn_more_f32(first, first + channels, y, channels);
                } else {
                    memcpy(y, first, (size_t)channels * sizeof *y);
                    j = w.x1;
                }
                for (int32_t i = w.y0; i < w.y1; i++, j = w.x0)
                    for (; j < w.x1; j++) nn_more_f32(y, x + (i * in_w + j) * channels, y, channels);
                for (int32_t c = 0; c < channels && act != NN_ACT_NONE; c++) y[c] = nn_act(y[c], act);
            }
}
#endif
