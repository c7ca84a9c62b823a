// From sums to int8 outputs on Helium, four channels at a time.
#ifndef NN_MVE_PUT_H
#define NN_MVE_PUT_H
#include "nn_mve.h"

// Whether every channel's factor is below 1, so that no sum is shifted to the left.
NN_INLINE int32_t nn_mve_all_right(const int32_t *shift, int32_t n)
{
    int32_t right = -1;
    for (int32_t i = 0; i < n; i++) right &= shift[i];
    return right < 0;
}

#if NN_MVE
// y[i] = nn_output_s8 of four sums, factors below 1. VQMOVNB saturates in place: what VSTRB takes of a lane is int8.
NN_INLINE void nn_mve_put_four_s8(int8_t *y, int32x4_t acc, int32x4_t mult, int32x4_t shift, int32_t zero,
                                  int32_t min, int32_t max)
{
    int32x4_t v = vqrdmulhq_s32(acc, mult);
    v = vrshlq_s32(vaddq_s32(v, vshrq_n_s32(v, 31)), shift); // half away from zero
    v = vaddq_n_s32(v, zero);
    if (min == -128 && max == 127) {
        const int16x8_t half = vqmovnbq_s32(vreinterpretq_s16_s32(v), v);
        v = vreinterpretq_s32_s8(vqmovnbq_s16(vreinterpretq_s8_s16(half), half));
    } else {
        v = vminq_s32(vmaxq_s32(v, vdupq_n_s32(min)), vdupq_n_s32(max));
    }
    vstrbq_s32(y, v);
}
#endif

// nn_output_s8 of the sums [block][2][4] of two positions, `n` channels; right: nn_mve_all_right. y0 and y1 may be
// the same.
NN_INLINE void nn_mve_put2_s8(const int32_t *acc, const int32_t *bias, const int32_t *mult,
                              const int32_t *shift, int32_t right, int32_t zero, int32_t min, int32_t max,
                              int8_t *y0, int8_t *y1, int32_t n)
{
    int32_t o = 0;
#if NN_MVE
    if (right && n >= 4) {
        const int32x4_t lo = vdupq_n_s32(min), hi = vdupq_n_s32(max);
        const int32_t blocks = n / 4;
        const int32_t *pa = acc, *pb = bias, *pm = mult, *ps = shift;
        int8_t *p0 = y0, *p1 = y1;
        __asm__ volatile(
            "dls lr, %[blocks]\n"
            "1:\n\t"
            "vldrw.u32 q0, [%[a]], #16\n\t"
            "vldrw.u32 q2, [%[b]], #16\n\t"
            "vldrw.u32 q1, [%[a]], #16\n\t"
            "vadd.i32 q0, q0, q2\n\t"
            "vadd.i32 q1, q1, q2\n\t"
            "vldrw.u32 q2, [%[m]], #16\n\t"
            "vqrdmulh.s32 q0, q0, q2\n\t"
            "vqrdmulh.s32 q1, q1, q2\n\t"
            "vldrw.u32 q2, [%[s]], #16\n\t"
            "vshr.s32 q3, q0, #31\n\t" // half away from zero
            "vadd.i32 q0, q0, q3\n\t"
            "vshr.s32 q3, q1, #31\n\t"
            "vadd.i32 q1, q1, q3\n\t"
            "vrshl.s32 q0, q0, q2\n\t"
            "vrshl.s32 q1, q1, q2\n\t"
            "vadd.i32 q0, q0, %[zero]\n\t"
            "vadd.i32 q1, q1, %[zero]\n\t"
            "vmax.s32 q0, q0, %q[lo]\n\t"
            "vmax.s32 q1, q1, %q[lo]\n\t"
            "vmin.s32 q0, q0, %q[hi]\n\t"
            "vmin.s32 q1, q1, %q[hi]\n\t"
            "vstrb.32 q0, [%[y0]], #4\n\t"
            "vstrb.32 q1, [%[y1]], #4\n\t"
            "le lr, 1b"
            : [a] "+r"(pa), [b] "+r"(pb), [m] "+r"(pm), [s] "+r"(ps), [y0] "+l"(p0), [y1] "+l"(p1)
            : [blocks] "r"(blocks), [zero] "r"(zero), [lo] "w"(lo), [hi] "w"(hi)
            : "lr", "q0", "q1", "q2", "q3", "memory");
        o = n & ~3;
    }
#else
    (void)right;
#endif
    for (; o < n; o++) {
        const int32_t *a = acc + o / 4 * 8 + o % 4;
        y0[o] = nn_output_s8(a[0] + bias[o], mult[o], shift[o], zero, min, max);
        y1[o] = nn_output_s8(a[4] + bias[o], mult[o], shift[o], zero, min, max);
    }
}
#endif
