// Sums of the gates of a recurrent layer on cores with the DSP extension: SMLAD multiplies two pairs of halfwords and
// adds both products. Weights in NN_PACK_PAIRS: a halfword of 256 * odd + even holds a tap of two rows, so that
//     SMLAD of the word itself       sums 256 * odd + even,
//     SMLAD of its even bytes (SXTB16) sums even,
// and the difference, shifted, is the sum of the odd row: 12 instructions serve 16 products. Inputs and h are widened
// to int16 once a step, and doubled, as the requantisation wants its sums; the odd sum must then fit 24 bits, so at most
// 256 taps go at a time.
#ifndef NN_GATES_S8_H
#define NN_GATES_S8_H
#include "../nn_dot_s8.h"
#include "nn_pair_s8.h"

typedef struct nn_gates { // one matrix
    const int8_t *w;
    int32_t n, pack; // taps a row; NN_PACK_PAIRS, NN_PACK_FOURS where they do not allow it
} nn_gates;

NN_INLINE nn_gates nn_gates_of(const int8_t *w, int32_t n, int32_t rows, int32_t pack, int32_t widen,
                               int16_t **scratch)
{
    const nn_gates m = {w, n, pack};
    (void)rows, (void)widen, (void)scratch;
    return m;
}

// Four int8 (anywhere), doubled, as two pairs of int16 (on words).
NN_INLINE void nn_double4(const int8_t *x, int16_t *wide)
{
#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__)
    int32_t v, even, odd;
    memcpy(&v, x, sizeof v);
    __asm__("sxtb16 %0, %2\n\tsxtb16 %1, %2, ror #8" : "=&r"(even), "=r"(odd) : "r"(v));
    __asm__("sadd16 %0, %0, %0\n\tsadd16 %1, %1, %1" : "+r"(even), "+r"(odd));
    __asm__("pkhbt %0, %1, %2, lsl #16" : "=r"(v) : "r"(even), "r"(odd));
    memcpy(wide, &v, sizeof v);
    __asm__("pkhtb %0, %1, %2, asr #16" : "=r"(v) : "r"(odd), "r"(even));
    memcpy(wide + 2, &v, sizeof v);
#else
    for (int32_t i = 0; i < 4; i++) wide[i] = (int16_t)(2 * x[i]);
#endif
}

NN_INLINE void nn_gates_take(int16_t *wide, const int8_t *x, int32_t n)
{
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC unroll 4
#endif
    for (; n >= 4; n -= 4, x += 4, wide += 4) nn_double4(x, wide);
    for (; n > 0; n -= 2, x += 2, wide += 2) {
        wide[0] = (int16_t)(2 * x[0]);
        wide[1] = (int16_t)(n > 1 ? 2 * x[1] : 0);
    }
}

#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__)
// r4 .. r7: sums of word 0, its even rows, word 1, its even rows, over r3 (even, at most 256) taps of x in r1 and w in
// r2; changes r8 .. lr.
#define NN_TWO(even, odd, x)                                                                                 \
    "smlad r4, " even ", " x ", r4\n\t"                                                                      \
    "sxtb16 " even ", " even "\n\t"                                                                          \
    "smlad r5, " even ", " x ", r5\n\t"                                                                      \
    "smlad r6, " odd ", " x ", r6\n\t"                                                                       \
    "sxtb16 " odd ", " odd "\n\t"                                                                            \
    "smlad r7, " odd ", " x ", r7\n\t"
#define NN_FOUR                                                                                              \
    "ldm r2!, {r8, r9, r10, r11}\n\t"                                                                        \
    "ldm r1!, {r12, lr}\n\t" NN_TWO("r8", "r9", "r12") NN_TWO("r10", "r11", "lr")
#define NN_SUMS                                                                                              \
    "movs r4, #0\n\t"                                                                                        \
    "movs r5, #0\n\t"                                                                                        \
    "movs r6, #0\n\t"                                                                                        \
    "movs r7, #0\n\t"                                                                                        \
    "subs r3, #16\n\t"                                                                                       \
    "blt 2f\n"                                                                                               \
    "1:\n\t" NN_FOUR NN_FOUR NN_FOUR NN_FOUR "subs r3, #16\n\t"                                              \
    "bge 1b\n"                                                                                               \
    "2:\n\t"                                                                                                 \
    "lsls r3, r3, #29\n\t" /* 8 in the carry, 4 in the sign: -16 has neither */                              \
    "bcc 3f\n\t" NN_FOUR NN_FOUR "3:\n\t"                                                                    \
    "tst r3, r3\n\t"                                                                                         \
    "bpl 4f\n\t" NN_FOUR "4:\n\t"                                                                            \
    "lsls r3, r3, #1\n\t"                                                                                    \
    "bpl 5f\n\t"                                                                                             \
    "ldm r2!, {r8, r9}\n\t"                                                                                  \
    "ldr r12, [r1]\n\t" NN_TWO("r8", "r9", "r12") "5:\n\t"                                                   \
                                                  "subs r4, r4, r5\n\t"                                      \
                                                  "subs r6, r6, r7\n\t"

// acc[k] += sums over `taps` taps.
NN_ASM void nn_dot_pairs(int32_t *acc, const int16_t *x, const int8_t *w, int32_t taps)
{
    (void)acc, (void)x, (void)w, (void)taps;
    __asm__ volatile("push {r4-r11, lr}\n\t" NN_SUMS //
                     "ldm r0, {r8, r9, r10, r11}\n\t"
                     "add r8, r8, r5, asr #1\n\t"
                     "add r9, r9, r4, asr #9\n\t"
                     "add r10, r10, r7, asr #1\n\t"
                     "add r11, r11, r6, asr #9\n\t"
                     "stm r0, {r8, r9, r10, r11}\n\t"
                     "pop {r4-r11, pc}");
}

// Gates one after the other: s[u] = saturated(s[u] (or 0) + requantised(bias[u] + x * row u)). The assembly knows the
// places.
typedef struct nn_pairs_gates {
    int32_t mult, half, shift; // this gate's: 1 << (shift - 1), to the right; or to the left
    int16_t *s;
    const int16_t *end; // of s of this gate
    const int16_t *x;
    int32_t loops;         // of 32 taps, beside the first, which starts at `entry`
    int32_t entry, second; // bytes behind the unrolled loop's start; in front of it two taps, then `second`
    int32_t behind, tail;  // where the loop's end goes, and what comes when all taps are done
    int32_t left, right;   // tails
    const int32_t *bias;
    int32_t bias_step; // bytes to the next block's, 0: the same for all
    const int32_t *mults, *shifts;
    int32_t gates, bytes; // of s a gate
    int32_t place, mode;  // of `behind` or `tail` in here; tails: with bias, adding, both
} nn_pairs_gates;
enum { NN_QUAD = 56, NN_STUB = 36 }; // bytes of four taps, of the two in front

// (2 v * mult + 2^31) >> 32, half away from zero when shifted: the sign of the product is v's
#define NN_RIGHT(v, t)                                                                                       \
    "smmlar " t ", " v ", r8, r9\n\t"                                                                        \
    "add " t ", " t ", " v ", asr #31\n\t"                                                                   \
    "asr " t ", " t ", r10\n\t"
#define NN_LEFT(v, t)                                                                                        \
    "lsl " v ", " v ", r10\n\t"                                                                              \
    "smmulr " t ", " v ", r8\n\t"
#define NN_BIAS                                                                                              \
    "ldrd r1, r3, [r0, #52]\n\t"                                                                             \
    "ldm r1, {r8, r9, r10, r11}\n\t"                                                                         \
    "add r1, r1, r3\n\t"                                                                                     \
    "str r1, [r0, #52]\n\t"                                                                                  \
    "add r5, r5, r8, lsl #1\n\t"                                                                             \
    "add r4, r4, r9, lsl #1\n\t"                                                                             \
    "add r7, r7, r10, lsl #1\n\t"                                                                            \
    "add r6, r6, r11, lsl #1\n\t"
#define NN_ADD                                                                                               \
    "ldrd r3, lr, [r11]\n\t"                                                                                 \
    "sxtah r1, r1, r3\n\t"                                                                                   \
    "sxtah r5, r5, r3, ror #16\n\t"                                                                          \
    "sxtah r4, r4, lr\n\t"                                                                                   \
    "sxtah r7, r7, lr, ror #16\n\t"
#define NN_TAIL(label, biases, requantise, adds)                                                             \
    label ":\n\t"                                                                                            \
          "subs r4, r4, r5\n\t"                                                                              \
          "subs r6, r6, r7\n\t"                                                                              \
          "asrs r4, r4, #8\n\t"                                                                              \
          "asrs r6, r6, #8\n\t" biases "ldm r0, {r8, r9, r10, r11, r12}\n\t" requantise("r5", "r1")          \
              requantise("r4", "r5") requantise("r7", "r4") requantise("r6", "r7") adds                      \
        "ssat r1, #16, r1\n\t"                                                                               \
        "ssat r5, #16, r5\n\t"                                                                               \
        "ssat r4, #16, r4\n\t"                                                                               \
        "ssat r7, #16, r7\n\t"                                                                               \
        "pkhbt r1, r1, r5, lsl #16\n\t"                                                                      \
        "pkhbt r4, r4, r7, lsl #16\n\t"                                                                      \
        "strd r1, r4, [r11], #8\n\t"                                                                         \
        "str r11, [r0, #12]\n\t"                                                                             \
        "cmp r11, r12\n\t"                                                                                   \
        "bne 6b\n\t"                                                                                         \
        "b 9f\n"
NN_ASM void nn_gates_pairs(nn_pairs_gates *g, int32_t unused, const int8_t *w)
{
    (void)g, (void)unused, (void)w;
    __asm__ volatile(
        "push {r4-r11, lr}\n\t"
        "adr r6, 1f\n\t"
        "adds r6, #1\n\t"
        "ldrd r4, r5, [r0, #28]\n\t"
        "add r4, r4, r6\n\t"
        "add r5, r5, r6\n\t"
        "strd r4, r5, [r0, #28]\n\t"
        "addw r4, r6, #452\n\t"
        "str r4, [r0, #36]\n\t" // 5, unless it is the tail
        "adr r7, 7f\n\t"
        "ldr r4, [r0, #80]\n\t"
        "add r7, r7, r4, lsl #3\n\t"
        "ldrd r4, r5, [r7]\n\t"
        "add r4, r4, r6\n\t"
        "add r5, r5, r6\n\t"
        "strd r4, r5, [r0, #44]\n"
        "8:\n\t" // a gate
        "ldrd r4, r5, [r0, #60]\n\t"
        "ldr r6, [r4], #4\n\t"
        "ldr r7, [r5], #4\n\t"
        "strd r4, r5, [r0, #60]\n\t"
        "ldr r10, [r0, #12]\n\t"
        "ldrd r11, r4, [r0, #72]\n\t"
        "add r11, r11, r10\n\t"
        "ldrd r3, r12, [r0, #44]\n\t"
        "cmp r7, #0\n\t"
        "itttt lt\n\t"
        "movlt r3, r12\n\t"
        "mvnlt r8, r7\n\t"
        "movlt r9, #1\n\t"
        "lsllt r8, r9, r8\n\t"
        "it lt\n\t"
        "rsblt r7, r7, #0\n\t"
        "str r3, [r0, r4]\n\t"
        "str r11, [r0, #16]\n\t"
        "str r6, [r0]\n\t"
        "strd r8, r7, [r0, #4]\n"
        "6:\n\t" // a block
        "ldrd r1, r3, [r0, #20]\n\t"
        "movs r4, #0\n\t"
        "movs r5, #0\n\t"
        "movs r6, #0\n\t"
        "movs r7, #0\n\t"
        "ldr pc, [r0, #28]\n\t"
        ".align 2\n\t"
        "ldm r2!, {r8, r9}\n\t"
        "ldr r12, [r1], #4\n\t" NN_TWO(
            "r8", "r9", "r12") "ldr pc, [r0, #32]\n"
                               "1:\n\t" NN_FOUR NN_FOUR NN_FOUR NN_FOUR NN_FOUR NN_FOUR NN_FOUR NN_FOUR
                               "ldr.w pc, [r0, #36]\n"
                               "5:\n\t"
                               "subs r3, #1\n\t"
                               "bpl 1b\n\t"
                               "ldr pc, [r0, #40]\n" /* */
        NN_TAIL("20", NN_BIAS, NN_LEFT, "") NN_TAIL("21", "", NN_LEFT, NN_ADD)
            NN_TAIL("22", NN_BIAS, NN_LEFT, NN_ADD) NN_TAIL("23", NN_BIAS, NN_RIGHT, "")
                NN_TAIL("24", "", NN_RIGHT, NN_ADD)
                    NN_TAIL("25", NN_BIAS, NN_RIGHT,
                            NN_ADD) "9:\n\t"
                                    "ldr r3, [r0, #68]\n\t"
                                    "subs r3, #1\n\t"
                                    "str r3, [r0, #68]\n\t"
                                    "bne 8b\n\t"
                                    "pop {r4-r11, pc}\n\t"
                                    ".align 2\n"
                                    "7:\n\t"
                                    ".word 20b - 1b, 23b - 1b, 21b - 1b, 24b - 1b, 22b - 1b, 25b - 1b");
}
#undef NN_TAIL
#undef NN_ADD
#undef NN_BIAS
#undef NN_LEFT
#undef NN_RIGHT
#undef NN_SUMS
#undef NN_FOUR
#undef NN_TWO

#define NN_GATES_FUSED(m) ((m)->pack == NN_PACK_PAIRS && (m)->n <= 256)
NN_INLINE void nn_gates_fused(const nn_gates *m, int32_t block, int32_t gates, const int32_t *bias,
                              const int16_t *wide, int32_t add, int32_t units, const int32_t *mult,
                              const int32_t *shift, int16_t *s)
{
    static const int32_t zeros[4];
    const int32_t n = (m->n + 1) & ~1, quads = n / 4, entry = (8 - quads % 8) % 8 * NN_QUAD;
    const int8_t *w = m->w + 4 * n * block;
    // no whole four: behind the loop
    const int32_t first = quads ? entry : 8 * NN_QUAD;
    nn_pairs_gates g; // not cleared: that is a call
    g.s = s;
    g.x = wide;
    g.loops = quads ? (quads - 1) / 8 : 0;
    g.entry = n % 4 ? -NN_STUB : first;
    g.second = first;
    g.bias = bias ? bias : zeros;
    g.bias_step = bias ? 16 : 0;
    g.mults = mult;
    g.shifts = shift;
    g.gates = gates;
    g.bytes = 2 * nn_fours(units);
    g.place = g.loops ? 40 : 36;
    g.mode = !add ? 0 : bias ? 2 : 1;
    nn_gates_pairs(&g, 0, w);
}
#else
NN_INLINE void nn_dot_pairs(int32_t *acc, const int16_t *x, const int8_t *w, int32_t taps)
{
    for (int32_t k = 0; k < 4; k += 2) {
        uint32_t both = 0;
        int32_t even = 0;
        for (int32_t i = 0; i < taps; i++) {
            const int8_t *v = w + 8 * (i / 2) + 2 * k + 2 * (i % 2);
            both += (uint32_t)(x[i] * (v[1] * 256 + (uint8_t)v[0]));
            even += x[i] * v[0];
        }
        acc[k] += even >> 1;
        acc[k + 1] += (int32_t)(both - (uint32_t)even) >> 9;
    }
}
#endif

// acc[k] += sum x[i] * w[4 * block + k][i], k < 4, x in `wide`.
NN_INLINE void nn_gates_sum(const nn_gates *m, int32_t block, const int8_t *x, const int16_t *wide,
                            int32_t *acc)
{
    const int32_t n = (m->n + 1) & ~1;
    const int8_t *w = m->w + 4 * n * block;
    if (m->pack == NN_PACK_FOURS) {
        nn_dot4_s8(acc, x, m->w + 4 * m->n * block, m->n);
        return;
    }
    for (int32_t i = 0; i < n; i += 256) nn_dot_pairs(acc, wide + i, w + 4 * i, nn_min(n - i, 256));
}
#endif
