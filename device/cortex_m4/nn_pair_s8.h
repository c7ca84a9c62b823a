// int8 layers on cores with the DSP extension (Cortex-M4, M7, M33, M55): SMLAD multiplies two pairs of
// halfwords and adds both products, one instruction for two taps.
//   inputs   are widened to int16 once a position, in scratch: a patch of NN_PATCH positions, taps in pairs,
//            [pair][position][2], so that one LDM brings a pair of every position;
//   weights  in blocks of 2 channels ([out / 2][tap][2], layout.conv_s8 = 2): a word holds two taps of two
//   channels,
//            and SXTB16 takes the even and, rotated, the odd bytes: a pair of taps of either channel.
// Ten instructions serve twelve products. Without the extension (on the host, in tests) plain C does the
// same.
#ifndef NN_PAIR_S8_H
#define NN_PAIR_S8_H
#include "../nn_math.h"

enum { NN_PATCH = 3 };

#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__)
#ifdef __clang__
#define NN_ASM static __attribute__((naked, noinline, unused))
#else // the compiler may conclude nothing from the body: it reads and writes memory
#define NN_ASM static __attribute__((naked, noipa, unused))
#endif
// acc[o][position] += sums over `taps` taps, o < 2. A function of its own with its own registers: the core
// has 14.
NN_ASM void nn_dot_patch(int32_t *acc, const int16_t *patch, const int8_t *w, int32_t taps)
{
    (void)acc, (void)patch, (void)w, (void)taps;
#define NN_PAIR                                                                                              \
    "ldr lr, [r2], #4\n\t"                                                                                   \
    "ldm r1!, {r10, r11, r12}\n\t"                                                                           \
    "sxtb16 r0, lr\n\t"                                                                                      \
    "smlad r4, r0, r10, r4\n\t"                                                                              \
    "smlad r5, r0, r11, r5\n\t"                                                                              \
    "smlad r6, r0, r12, r6\n\t"                                                                              \
    "sxtb16 r0, lr, ror #8\n\t"                                                                              \
    "smlad r7, r0, r10, r7\n\t"                                                                              \
    "smlad r8, r0, r11, r8\n\t"                                                                              \
    "smlad r9, r0, r12, r9\n\t"
    __asm__ volatile("push {r0, r4-r11, lr}\n\t"
                     "ldm r0, {r4-r9}\n\t"
                     "subs r3, #8\n\t"
                     "blt 2f\n"
                     "1:\n\t" NN_PAIR NN_PAIR NN_PAIR NN_PAIR "subs r3, #8\n\t"
                     "bge 1b\n"
                     "2:\n\t"
                     "adds r3, #6\n\t"
                     "blt 4f\n"
                     "3:\n\t" NN_PAIR "subs r3, #2\n\t"
                     "bge 3b\n"
                     "4:\n\t"
                     "adds r3, #1\n\t" // an odd tap is left: 0, else -1
                     "blt 5f\n\t"
                     "ldm r1!, {r10, r11, r12}\n\t"
                     "ldrsb r0, [r2], #1\n\t"
                     "ldrsb lr, [r2], #1\n\t"
                     "smlabb r4, r0, r10, r4\n\t"
                     "smlabb r5, r0, r11, r5\n\t"
                     "smlabb r6, r0, r12, r6\n\t"
                     "smlabb r7, lr, r10, r7\n\t"
                     "smlabb r8, lr, r11, r8\n\t"
                     "smlabb r9, lr, r12, r9\n"
                     "5:\n\t"
                     "pop {r0}\n\t"
                     "stm r0, {r4-r9}\n\t"
                     "pop {r4-r11, pc}");
#undef NN_PAIR
}

// The same for one position, inputs in order: acc[o] += sums, o < 2.
NN_ASM void nn_dot_row(int32_t *acc, const int16_t *x, const int8_t *w, int32_t taps)
{
    (void)acc, (void)x, (void)w, (void)taps;
#define NN_WORD(w, x)                                                                                        \
    "sxtb16 r0, " w "\n\t"                                                                                   \
    "smlad r4, r0, " x ", r4\n\t"                                                                            \
    "sxtb16 r0, " w ", ror #8\n\t"                                                                           \
    "smlad r5, r0, " x ", r5\n\t"
#define NN_EIGHT                                                                                             \
    "ldr r6, [r2], #4\n\t"                                                                                   \
    "ldr r7, [r2], #4\n\t"                                                                                   \
    "ldr r8, [r2], #4\n\t"                                                                                   \
    "ldr r9, [r2], #4\n\t"                                                                                   \
    "ldm r1!, {r10, r11, r12, lr}\n\t" NN_WORD("r6", "r10") NN_WORD("r7", "r11") NN_WORD("r8", "r12")        \
        NN_WORD("r9", "lr")
    // where every block starts on a word, LDM loads the weights, too
#define NN_EIGHT_ALIGNED                                                                                     \
    "ldm r2!, {r6, r7, r8, r9}\n\t"                                                                          \
    "ldm r1!, {r10, r11, r12, lr}\n\t" NN_WORD("r6", "r10") NN_WORD("r7", "r11") NN_WORD("r8", "r12")        \
        NN_WORD("r9", "lr")
    __asm__ volatile("push {r0, r4-r11, lr}\n\t"
                     "ldm r0, {r4, r5}\n\t"
                     "tst r2, #3\n\t"
                     "bne 6f\n\t"
                     "subs r3, #16\n\t"
                     "blt 8f\n"
                     "7:\n\t" NN_EIGHT_ALIGNED NN_EIGHT_ALIGNED "subs r3, #16\n\t"
                     "bge 7b\n"
                     "8:\n\t"
                     "adds r3, #16\n"
                     "6:\n\t"
                     "subs r3, #8\n\t"
                     "blt 2f\n"
                     "1:\n\t" NN_EIGHT "subs r3, #8\n\t"
                     "bge 1b\n"
                     "2:\n\t"
                     "adds r3, #6\n\t"
                     "blt 4f\n"
                     "3:\n\t"
                     "ldr r6, [r2], #4\n\t"
                     "ldr r10, [r1], #4\n\t" NN_WORD("r6", "r10") "subs r3, #2\n\t"
                                                                  "bge 3b\n"
                                                                  "4:\n\t"
                                                                  "adds r3, #1\n\t"
                                                                  "blt 5f\n\t"
                                                                  "ldrsh r10, [r1], #2\n\t"
                                                                  "ldrsb r0, [r2], #1\n\t"
                                                                  "ldrsb lr, [r2], #1\n\t"
                                                                  "smlabb r4, r0, r10, r4\n\t"
                                                                  "smlabb r5, lr, r10, r5\n"
                                                                  "5:\n\t"
                                                                  "pop {r0}\n\t"
                                                                  "stm r0, {r4, r5}\n\t"
                                                                  "pop {r4-r11, pc}");
#undef NN_EIGHT_ALIGNED
#undef NN_EIGHT
#undef NN_WORD
}

// Four int8 (anywhere) to two pairs of int16 (on words).
NN_INLINE void nn_widen4(const int8_t *x, int16_t *a, int16_t *b)
{
    int32_t v, even, odd;
    memcpy(&v, x, sizeof v);
    __asm__("sxtb16 %0, %2\n\tsxtb16 %1, %2, ror #8" : "=&r"(even), "=r"(odd) : "r"(v));
    __asm__("pkhbt %0, %1, %2, lsl #16" : "=r"(v) : "r"(even), "r"(odd));
    memcpy(a, &v, sizeof v);
    __asm__("pkhtb %0, %1, %2, asr #16" : "=r"(v) : "r"(odd), "r"(even));
    memcpy(b, &v, sizeof v);
}

// (int16_t)a | b << 16
NN_INLINE int32_t nn_pair(int32_t a, int32_t b)
{
    int32_t r;
    __asm__("pkhbt %0, %1, %2, lsl #16" : "=r"(r) : "r"(a), "r"(b));
    return r;
}
#else
NN_INLINE void nn_dot_patch(int32_t *acc, const int16_t *patch, const int8_t *w, int32_t taps)
{
    for (int32_t i = 0; i < taps; i++)
        for (int32_t o = 0; o < 2; o++)
            for (int32_t t = 0; t < NN_PATCH; t++)
                acc[o * NN_PATCH + t] += patch[(i / 2 * NN_PATCH + t) * 2 + i % 2] * w[2 * i + o];
}

NN_INLINE void nn_dot_row(int32_t *acc, const int16_t *x, const int8_t *w, int32_t taps)
{
    for (int32_t i = 0; i < taps; i++)
        for (int32_t o = 0; o < 2; o++) acc[o] += x[i] * w[2 * i + o];
}

NN_INLINE void nn_widen4(const int8_t *x, int16_t *a, int16_t *b)
{
    a[0] = x[0];
    a[1] = x[1];
    b[0] = x[2];
    b[1] = x[3];
}

NN_INLINE int32_t nn_pair(int32_t a, int32_t b)
{
    return (int32_t)(((uint32_t)a & 0xffffu) | (uint32_t)b << 16);
}
#endif

// nn_output_s8 of n accumulators, |acc| < 2^30, of one channel; y is `step` bytes further for each.
NN_INLINE void nn_put_pair(const int32_t *acc, int32_t n, int32_t mult, int32_t shift, int32_t zero,
                           int32_t min, int32_t max, int8_t *y, ptrdiff_t step)
{
    if (shift >= 0) {
        for (int32_t t = 0; t < n; t++, y += step) *y = nn_output_s8(acc[t], mult, shift, zero, min, max);
        return;
    }
    const int32_t half = (int32_t)(1u << (-shift - 1));
#pragma GCC unroll 3
    for (int32_t t = 0; t < n; t++, y += step) {
        int32_t v = nn_mul_high_small(acc[t], mult);
        v = ((v + (v >> 31) + half) >> -shift) + zero; // half away from zero
        v = nn_saturate_s8(v);
        if (min > -128) v = nn_max(v, min);
        if (max < 127) v = nn_min(v, max);
        *y = (int8_t)v;
    }
}

// One position of a patch being filled: tap after tap.
typedef struct nn_patch {
    int16_t *to;
    int32_t odd; // the next tap is the second of its pair
} nn_patch;

NN_INLINE void nn_patch_tap(nn_patch *k, int32_t v)
{
    k->to[k->odd] = (int16_t)v;
    if (k->odd) k->to += 2 * NN_PATCH;
    k->odd ^= 1;
}

NN_INLINE void nn_patch_run(nn_patch *k, const int8_t *x, int32_t n)
{
    if (k->odd && n > 0) {
        nn_patch_tap(k, *x++);
        n--;
    }
    int16_t *to = k->to;
    for (; n >= 4; n -= 4, x += 4, to += 4 * NN_PATCH) nn_widen4(x, to, to + 2 * NN_PATCH);
    for (; n >= 2; n -= 2, x += 2, to += 2 * NN_PATCH) {
        const int32_t pair = nn_pair(x[0], x[1]);
        memcpy(to, &pair, sizeof pair);
    }
    k->to = to;
    if (n > 0) nn_patch_tap(k, *x);
}

NN_INLINE void nn_patch_same(nn_patch *k, int32_t v, int32_t n)
{
    for (; n > 0; n--) nn_patch_tap(k, v);
}

// The taps of output position (oy, ox) into column t; those in the padding are `zero`.
NN_INLINE void nn_patch_fill(const nn_conv2d *p, int16_t *patch, int32_t t, const int8_t *x, int32_t zero,
                             int32_t oy, int32_t ox)
{
    const int32_t iy = oy * p->stride_h - p->pad_top, ix = ox * p->stride_w - p->pad_left, c = p->in_c;
    const int32_t kx0 = nn_min(nn_tap_first(ix, p->dil_w), p->k_w);
    const int32_t kx1 = nn_max(kx0, nn_tap_last(ix, p->dil_w, p->k_w, p->in_w));
    nn_patch k = {patch + 2 * t, 0};
    for (int32_t ky = 0; ky < p->k_h; ky++) {
        const int32_t y = iy + ky * p->dil_h;
        if (y < 0 || y >= p->in_h) {
            nn_patch_same(&k, zero, p->k_w * c);
            continue;
        }
        nn_patch_same(&k, zero, kx0 * c);
        if (p->dil_w == 1 && kx1 > kx0)
            nn_patch_run(&k, x + (y * p->in_w + ix + kx0) * c, (kx1 - kx0) * c);
        else
            for (int32_t kx = kx0; kx < kx1; kx++)
                nn_patch_run(&k, x + (y * p->in_w + ix + kx * p->dil_w) * c, c);
        nn_patch_same(&k, zero, (p->k_w - kx1) * c);
    }
}
#endif
