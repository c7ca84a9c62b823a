// int8 layers on cores with the DSP extension (Cortex-M4, M7, M33): SMLAD multiplies two pairs of halfwords and adds
// both products, one instruction for two taps.
//   inputs   are widened to int16 once a position, in scratch: a patch of NN_PATCH positions, taps in pairs,
//            [pair][position][2], so that one LDM brings a pair of every position;
//   weights  of two channels a and b are one number, a + 256 * b, a halfword a tap: [out / 2][pair][2], the last pair
//            filled up with 0 (layout.conv_s8 = 2, group = 2). SMLAD of such halfwords as they are sums x * a +
//            256 * x * b; SXTB16 takes their low bytes, a, whose SMLAD sums x * a. The difference of both sums is
//            256 * (x * b): one instruction less a pair than taking the bytes apart. It holds b's sum, with where it
//            starts, as long as that is below 2^23, which the lowering sees to.
// Nine instructions serve twelve products. Without the extension (on the host, in tests) plain C does the same.
#ifndef NN_PAIR_S8_H
#define NN_PAIR_S8_H
#include "../nn_math.h"

enum { NN_PATCH = 3 };
enum { NN_PAIR_RUN = 496 }; // taps of a dense layer whose sum of any weights is below 2^23; a multiple of 16

typedef struct
    nn_pair_job { // two channels after another at NN_PATCH positions; the assembly knows the places
    const int16_t *patch;
    const int8_t *w; // moves on
    int32_t loops;
    const int32_t *bias; // moves on
    const void *entry;
    const int32_t *mult, *shift; // move on
    int8_t *y;                   // moves on; positions are `step` bytes apart
    int32_t step, zero;          // zero: 2 * y_zero + 1
    const int8_t *end;           // y of the block behind the last
} nn_pair_job;

#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__)
#ifdef __clang__
#define NN_ASM static __attribute__((naked, noinline, unused))
#else // the compiler may conclude nothing from the body: it reads and writes memory
#define NN_ASM static __attribute__((naked, noipa, unused))
#endif
#define NN_PAIR /* 36 bytes; a in r4-r6, a + 256 b in r7-r9, for three positions */                          \
    "ldr lr, [r2], #4\n\t"                                                                                   \
    "ldm r1!, {r10, r11, r12}\n\t"                                                                           \
    "sxtb16 r0, lr\n\t"                                                                                      \
    "smlad r7, lr, r10, r7\n\t"                                                                              \
    "smlad r8, lr, r11, r8\n\t"                                                                              \
    "smlad r9, lr, r12, r9\n\t"                                                                              \
    "smlad r4, r0, r10, r4\n\t"                                                                              \
    "smlad r5, r0, r11, r5\n\t"                                                                              \
    "smlad r6, r0, r12, r6\n\t"
#define NN_PAIRS NN_PAIR NN_PAIR NN_PAIR NN_PAIR NN_PAIR NN_PAIR NN_PAIR NN_PAIR
// r1: pairs. The loop of eight is entered so that it ends with the last: r2 = address, r3 = turns.
#define NN_PAIR_ENTRY                                                                                        \
    "adds r3, r1, #7\n\t"                                                                                    \
    "lsrs r3, r3, #3\n\t"                                                                                    \
    "rsb r1, r1, r3, lsl #3\n\t"                                                                             \
    "movs r2, #36\n\t"                                                                                       \
    "muls r1, r2, r1\n\t"                                                                                    \
    "adr r2, 1f\n\t"                                                                                         \
    "add r2, r2, r1\n\t"                                                                                     \
    "adds r2, #1\n\t" // Thumb

// acc[o][position] += sums over the pairs, o < 2. A function of its own with its own registers: the core has 14.
NN_ASM void nn_pair_sums(int32_t *acc, int32_t pairs, const int16_t *patch, const int8_t *w)
{
    (void)acc, (void)pairs, (void)patch, (void)w;
    __asm__ volatile("push {r0, r4-r11, lr}\n\t"
                     "mov r10, r2\n\t"
                     "mov r11, r3\n\t"
                     "ldm r0, {r4-r9}\n\t"
                     "add r7, r4, r7, lsl #8\n\t"
                     "add r8, r5, r8, lsl #8\n\t"
                     "add r9, r6, r9, lsl #8\n\t" NN_PAIR_ENTRY "mov r12, r2\n\t"
                     "mov r1, r10\n\t"
                     "mov r2, r11\n\t"
                     "bx r12\n\t"
                     ".balign 4\n"
                     "1:\n\t" NN_PAIRS "subs r3, #1\n\t"
                     "bne 1b\n\t"
                     "subs r7, r7, r4\n\t"
                     "sub r8, r8, r5\n\t"
                     "sub r9, r9, r6\n\t"
                     "asrs r7, r7, #8\n\t"
                     "asr r8, r8, #8\n\t"
                     "asr r9, r9, #8\n\t"
                     "pop {r0}\n\t"
                     "stm r0, {r4-r9}\n\t"
                     "pop {r4-r11, pc}");
}

// Blocks of two channels from their biases to int8 outputs, which are clamped to -128 .. 127; shifts are -20 .. -1.
// `acc` is twice a sum: requantised by SMMLAR, which rounds the high half of acc * mult and adds what rounds the shift,
// and the zero point shifted up; a negative one is rounded away from zero by one less.
NN_ASM void nn_pair_blocks(nn_pair_job *job, int32_t pairs)
{
    (void)job, (void)pairs;
#define NN_PAIR_CHANNEL /* r12 = mult, lr = -shift - 1, r0 = added */                                        \
    "ldr r12, [r1], #4\n\t"                                                                                  \
    "ldr lr, [r2], #4\n\t"                                                                                   \
    "mvn lr, lr\n\t"                                                                                         \
    "lsl r0, r11, lr\n\t"
#define NN_PAIR_PUT(acc, address) /* r4 is free */                                                           \
    "smmlar r4, " acc ", r12, r0\n\t"                                                                        \
    "add r4, r4, " acc ", asr #31\n\t"                                                                       \
    "asr r4, r4, lr\n\t"                                                                                     \
    "ssat r4, #8, r4, asr #1\n\t"                                                                            \
    "strb r4, " address "\n\t"
    __asm__ volatile("push {r0, r4-r11, lr}\n\t" NN_PAIR_ENTRY "str r3, [r0, #8]\n\t"
                     "str r2, [r0, #16]\n"
                     "2:\n\t"
                     "ldm r0, {r1, r2, r3, r10, r11}\n\t"
                     "ldm r10!, {r4, r7}\n\t"
                     "str r10, [r0, #12]\n\t"
                     "add r7, r4, r7, lsl #8\n\t"
                     "mov r5, r4\n\t"
                     "mov r6, r4\n\t"
                     "mov r8, r7\n\t"
                     "mov r9, r7\n\t"
                     "bx r11\n\t"
                     ".balign 4\n"
                     "1:\n\t" NN_PAIRS "subs r3, #1\n\t"
                     "bne 1b\n\t"
                     "ldr r0, [sp]\n\t"
                     "str r2, [r0, #4]\n\t"
                     "adds r0, #20\n\t"
                     "ldm r0, {r1, r2, r3, r10, r11}\n\t" // mult, shift, y, step, zero
                     "subs r7, r7, r4\n\t"
                     "sub r8, r8, r5\n\t"
                     "sub r9, r9, r6\n\t"
                     "lsls r4, r4, #1\n\t"
                     "lsls r5, r5, #1\n\t"
                     "lsls r6, r6, #1\n\t"
                     "asrs r7, r7, #7\n\t"
                     "asr r8, r8, #7\n\t"
                     "asr r9, r9, #7\n\t" NN_PAIR_CHANNEL "smmulr r4, r4, r12\n\t" // no register is free yet
                     "add r4, r4, r4, asr #31\n\t"
                     "add r4, r4, r0\n\t"
                     "asr r4, r4, lr\n\t"
                     "ssat r4, #8, r4, asr #1\n\t"
                     "strb r4, [r3]\n\t" NN_PAIR_PUT("r5", "[r3, r10]") NN_PAIR_PUT("r6", "[r3, r10, lsl #1]")
                         NN_PAIR_CHANNEL "adds r3, #1\n\t" NN_PAIR_PUT("r7", "[r3]")
                             NN_PAIR_PUT("r8", "[r3, r10]")
                                 NN_PAIR_PUT("r9", "[r3, r10, lsl #1]") "adds r3, #1\n\t"
                                                                        "ldr r0, [sp]\n\t"
                                                                        "ldr r4, [r0, #40]\n\t"
                                                                        "str r1, [r0, #20]\n\t"
                                                                        "strd r2, r3, [r0, #24]\n\t"
                                                                        "cmp r3, r4\n\t"
                                                                        "bne 2b\n\t"
                                                                        "pop {r0, r4-r11, pc}");
#undef NN_PAIR_PUT
#undef NN_PAIR_CHANNEL
}

// One position, inputs in order, `taps` even: acc[o] += sums, o < 2.
NN_ASM void nn_pair_row(int32_t *acc, const int16_t *x, const int8_t *w, int32_t taps)
{
    (void)acc, (void)x, (void)w, (void)taps;
#define NN_WORD(w, x)                                                                                        \
    "smlad r5, " w ", " x ", r5\n\t"                                                                         \
    "sxtb16 r0, " w "\n\t"                                                                                   \
    "smlad r4, r0, " x ", r4\n\t"
#define NN_EIGHT                                                                                             \
    "ldm r2!, {r6, r7, r8, r9}\n\t"                                                                          \
    "ldm r1!, {r10, r11, r12, lr}\n\t" NN_WORD("r6", "r10") NN_WORD("r7", "r11") NN_WORD("r8", "r12")        \
        NN_WORD("r9", "lr")
    __asm__ volatile("push {r0, r4-r11, lr}\n\t"
                     "movs r4, #0\n\t"
                     "movs r5, #0\n\t"
                     "subs r3, #16\n\t"
                     "blt 2f\n"
                     "1:\n\t" NN_EIGHT NN_EIGHT "subs r3, #16\n\t"
                     "bge 1b\n"
                     "2:\n\t"
                     "adds r3, #14\n\t"
                     "blt 4f\n"
                     "3:\n\t"
                     "ldr r6, [r2], #4\n\t"
                     "ldr r10, [r1], #4\n\t" NN_WORD("r6", "r10") "subs r3, #2\n\t"
                                                                  "bge 3b\n"
                                                                  "4:\n\t"
                                                                  "sub r5, r5, r4\n\t"
                                                                  "pop {r0}\n\t"
                                                                  "ldm r0, {r6, r7}\n\t"
                                                                  "add r6, r6, r4\n\t"
                                                                  "add r7, r7, r5, asr #8\n\t"
                                                                  "stm r0, {r6, r7}\n\t"
                                                                  "pop {r4-r11, pc}");
#undef NN_EIGHT
#undef NN_WORD
}

// n & ~3 taps, int8 anywhere, to pairs of int16 a pair of which is `step` / 2 int16 apart (a constant).
NN_INLINE void nn_pair_spread(int16_t *to, const int8_t *x, int32_t n, const int32_t step)
{
    const int8_t *end = x + (n & ~3);
    for (; x != end; x += 4, to += step) {
        int32_t v, even, odd;
        memcpy(&v, x, sizeof v);
        __asm__("sxtb16 %0, %2\n\tsxtb16 %1, %2, ror #8" : "=&r"(even), "=r"(odd) : "r"(v));
        __asm__("pkhbt %0, %1, %2, lsl #16" : "=r"(v) : "r"(even), "r"(odd));
        memcpy(to, &v, sizeof v);
        __asm__("pkhtb %0, %1, %2, asr #16" : "=r"(v) : "r"(odd), "r"(even));
        memcpy(to + step / 2, &v, sizeof v);
    }
}

// (int16_t)a | b << 16
NN_INLINE int32_t nn_pair(int32_t a, int32_t b)
{
    int32_t r;
    __asm__("pkhbt %0, %1, %2, lsl #16" : "=r"(r) : "r"(a), "r"(b));
    return r;
}
#else
// The sums of both channels over `pairs`, x of a pair's taps `step` int16 apart from the next's.
NN_INLINE void nn_pair_plain(int32_t *a, int32_t *b, const int16_t *x, int32_t step, const int8_t *w,
                             int32_t pairs)
{
    uint32_t low = 0, both = 0;
    for (int32_t i = 0; i < 2 * pairs; i++) {
        const int32_t v = x[i / 2 * step + i % 2];
        low += (uint32_t)(v * w[2 * i]);
        both += (uint32_t)(v * (int16_t)((uint8_t)w[2 * i] | (uint8_t)w[2 * i + 1] << 8));
    }
    *a += (int32_t)low;
    *b += (int32_t)(both - low) >> 8;
}

NN_INLINE void nn_pair_sums(int32_t *acc, int32_t pairs, const int16_t *patch, const int8_t *w)
{
    for (int32_t t = 0; t < NN_PATCH; t++)
        nn_pair_plain(acc + t, acc + NN_PATCH + t, patch + 2 * t, 2 * NN_PATCH, w, pairs);
}

NN_INLINE void nn_pair_row(int32_t *acc, const int16_t *x, const int8_t *w, int32_t taps)
{
    nn_pair_plain(acc, acc + 1, x, 2, w, taps / 2);
}

NN_INLINE void nn_pair_blocks(nn_pair_job *j, int32_t pairs)
{
    for (; j->y < j->end; j->w += 4 * pairs, j->bias += 2, j->mult += 2, j->shift += 2, j->y += 2) {
        int32_t acc[2 * NN_PATCH];
        for (int32_t i = 0; i < 2 * NN_PATCH; i++) acc[i] = j->bias[i / NN_PATCH];
        nn_pair_sums(acc, pairs, j->patch, j->w);
        for (int32_t o = 0; o < 2; o++)
            for (int32_t t = 0; t < NN_PATCH; t++)
                j->y[t * j->step + o] = nn_output_s8(acc[o * NN_PATCH + t], j->mult[o], j->shift[o],
                                                     (j->zero - 1) / 2, -128, 127);
    }
}

NN_INLINE void nn_pair_spread(int16_t *to, const int8_t *x, int32_t n, const int32_t step)
{
    for (int32_t i = 0; i < (n & ~3); i++) to[i / 2 * (step / 2) + i % 2] = x[i];
}

NN_INLINE int32_t nn_pair(int32_t a, int32_t b)
{
    return (int32_t)(((uint32_t)a & 0xffffu) | (uint32_t)b << 16);
}
#endif

// The same with weights as plain bytes, [tap][2]: layers that do not fit into pairs (group 1).
NN_INLINE void nn_bytes_sums(int32_t *acc, const int16_t *x, int32_t step, int32_t positions, const int8_t *w,
                             int32_t taps)
{
    for (int32_t i = 0; i < taps; i++)
        for (int32_t o = 0; o < 2; o++)
            for (int32_t t = 0; t < positions; t++)
                acc[o * positions + t] += x[i / 2 * step + 2 * t + i % 2] * w[2 * i + o];
}

// Whether nn_pair_blocks serves a layer's outputs.
NN_INLINE int32_t nn_pair_plain_outputs(const int32_t *shift, int32_t n, int32_t min, int32_t max)
{
    int32_t small = min == -128 && max == 127;
    for (int32_t i = 0; i < n; i++) small &= (uint32_t)(shift[i] + 20) < 20u;
    return small;
}

// A row of int8 to int16, an even number of them; x + 2 at most is set behind n.
NN_INLINE void nn_pair_widen(int16_t *to, const int8_t *x, int32_t n)
{
    nn_pair_spread(to, x, n, 4);
    for (int32_t i = n & ~3; i < n; i++) to[i] = x[i];
}

// acc[o][position] += the sums of channels o and o + 1 of a convolution over a patch.
NN_INLINE void nn_pair_conv2d(int32_t taps, int32_t group, int32_t *acc, const int16_t *patch,
                              const int8_t *w, int32_t o)
{
    const int32_t pairs = (taps + 1) / 2;
    if (group == 2)
        nn_pair_sums(acc, pairs, patch, w + 2 * o * pairs);
    else
        nn_bytes_sums(acc, patch, 2 * NN_PATCH, NN_PATCH, w + o * taps, taps);
}

// acc[o] += the sums of channels o and o + 1 of a dense layer.
NN_INLINE void nn_pair_dense(const nn_dense *p, int32_t *acc, const int16_t *x, const int8_t *w, int32_t o)
{
    int32_t taps = (p->in_c + 1) & ~1;
    if (p->group != 2) {
        nn_bytes_sums(acc, x, 2, 1, w + o * p->in_c, p->in_c);
        return;
    }
    for (w += o * taps; taps > 0; taps -= NN_PAIR_RUN, x += NN_PAIR_RUN, w += 2 * NN_PAIR_RUN)
        nn_pair_row(acc, x, w, nn_min(taps, NN_PAIR_RUN));
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
    nn_pair_spread(to, x, n, 4 * NN_PATCH);
    to += (n & ~3) * NN_PATCH;
    x += n & ~3;
    for (n &= 3; n >= 2; n -= 2, x += 2, to += 2 * NN_PATCH) {
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
    if (p->k_h == 1 && p->dil_w == 1 && kx1 - kx0 == p->k_w && iy >= 0 && iy < p->in_h) {
        nn_patch_run(&k, x + (iy * p->in_w + ix) * c, p->k_w * c);
        if (p->k_w * c & 1) k.to[1] = 0; // its weights are 0
        return;
    }
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
    if (k.odd) nn_patch_tap(&k, 0);
}

// n <= NN_PATCH positions from (oy, ox) on, which become the next.
NN_INLINE void nn_patch_next(const nn_conv2d *p, int16_t *patch, int32_t n, const int8_t *x, int32_t zero,
                             int32_t *oy, int32_t *ox)
{
    for (int32_t t = 0; t < n; t++) {
        nn_patch_fill(p, patch, t, x, zero, *oy, *ox);
        if (++*ox == p->out_w) {
            *ox = 0;
            ++*oy;
        }
    }
}
#endif
