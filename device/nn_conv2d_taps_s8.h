// The sums of an int8 convolution, shared by nn_conv2d_s8 and nn_conv2d_dyn.
#ifndef NN_CONV2D_TAPS_S8_H
#define NN_CONV2D_TAPS_S8_H
#include "nn_dot_s8.h"

// Adds all taps; (iy, ix) is the input under tap (0, 0); those inside the image in x are kx0 .. kx1 - 1, the
// others see `zero`. dz: where a second position lies, 0: none; then every tap is inside in x.
NN_INLINE void nn_conv2d_taps_s8(const nn_conv2d *p, int32_t *acc, const int8_t *x, ptrdiff_t dz,
                                 const int8_t *w, int32_t iy, int32_t ix, int32_t kx0, int32_t kx1,
                                 int32_t zero, int32_t block)
{
    const int32_t ky0 = nn_tap_first(iy, p->dil_h), ky1 = nn_tap_last(iy, p->dil_h, p->k_h, p->in_h);
    for (int32_t ky = 0; ky < p->k_h; ky++) {
        const int8_t *wk = w + ky * p->k_w * p->in_c * block;
        if (ky < ky0 || ky >= ky1) {
            nn_dot_same_s8(acc, zero, wk, p->k_w * p->in_c, block);
            if (dz) nn_dot_same_s8(acc + block, zero, wk, p->k_w * p->in_c, block);
            continue;
        }
        const int32_t row = (iy + ky * p->dil_h) * p->in_w + ix;
        const int32_t step = p->dil_w == 1 ? kx1 - kx0 : 1; // taps that are neighbours in memory
        if (!dz) {
            nn_dot_same_s8(acc, zero, wk, kx0 * p->in_c, block);
            nn_dot_same_s8(acc, zero, wk + kx1 * p->in_c * block, (p->k_w - kx1) * p->in_c, block);
        }
        for (int32_t kx = kx0; kx < kx1; kx += step) {
            const int8_t *in = x + (row + kx * p->dil_w) * p->in_c;
            nn_dot_s8(acc, in, dz ? in + dz : NULL, wk + kx * p->in_c * block, step * p->in_c, block);
        }
    }
}
#endif
