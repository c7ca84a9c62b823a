// Sums of products on the MAC16 unit of LX6 and LX7 (Xtensa ISA reference, MAC16 option): a
// multiply-accumulate of two halfwords into a 40-bit accumulator can load the next 32 bits on the way, so a
// sum runs at one instruction a product. Elsewhere plain C of the same result, so that these kernels are
// tested on the host, too.
#ifndef NN_MAC16_H
#define NN_MAC16_H
#include "../nn_widen.h"

// acc + sum of x[i] * w[i], i < n; n a multiple of 4, at least 4; both 4-byte aligned. Reads two elements
// beyond both.
NN_INLINE int32_t nn_mac16(int32_t acc, const int16_t *x, const int16_t *w, int32_t n)
{
#ifdef __xtensa__
    const int16_t *px = x - 2, *pw = w - 2; // ldinc adds 4 bytes first, then loads
    int32_t sum;
    __asm__ volatile("wsr.acclo %[acc]\n\t"
                     "ldinc m0, %[x]\n\t"
                     "ldinc m2, %[w]\n\t"
                     "loopnez %[n], .Lnn_mac16_%=\n\t"
                     "mula.dd.ll.ldinc m1, %[x], m0, m2\n\t"
                     "mula.dd.hh.ldinc m3, %[w], m0, m2\n\t"
                     "mula.dd.ll.ldinc m0, %[x], m1, m3\n\t"
                     "mula.dd.hh.ldinc m2, %[w], m1, m3\n"
                     ".Lnn_mac16_%=:\n\t"
                     "rsr.acclo %[sum]"
                     : [sum] "=r"(sum), [x] "+&r"(px), [w] "+&r"(pw)
                     : [acc] "r"(acc), [n] "r"(n / 4)
                     : "acc", "memory");
    return sum;
#else
    for (int32_t i = 0; i < n; i++) acc += x[i] * w[i];
    return acc;
#endif
}

// nn_mac16 of rows of 4 * fours + 2 * twos products (twos is 0 or 1, a constant), for a loop over positions: *x and w
// point two elements before the first; *x is moved on to the next position, `step` bytes from this one.
NN_INLINE int32_t nn_mac16_next(int32_t acc, const int16_t **x, ptrdiff_t step, const int16_t *w,
                                int32_t fours, int32_t twos)
{
#ifdef __xtensa__
    const int16_t *px = *x;
    int32_t sum;
#define NN_MAC16_LOOP                                                                                        \
    "wsr.acclo %[acc]\n\t"                                                                                   \
    "ldinc m0, %[x]\n\t"                                                                                     \
    "ldinc m2, %[w]\n\t"                                                                                     \
    "loopnez %[n], .Lnn_mac16_next_%=\n\t"                                                                   \
    "mula.dd.ll.ldinc m1, %[x], m0, m2\n\t"                                                                  \
    "mula.dd.hh.ldinc m3, %[w], m0, m2\n\t"                                                                  \
    "mula.dd.ll.ldinc m0, %[x], m1, m3\n\t"                                                                  \
    "mula.dd.hh.ldinc m2, %[w], m1, m3\n"                                                                    \
    ".Lnn_mac16_next_%=:\n\t"
    if (twos)
        __asm__ volatile(NN_MAC16_LOOP "mula.dd.ll m0, m2\n\t"
                                       "mula.dd.hh m0, m2\n\t"
                                       "rsr.acclo %[sum]"
                         : [sum] "=r"(sum), [x] "+&r"(px), [w] "+&r"(w)
                         : [acc] "r"(acc), [n] "r"(fours)
                         : "acc", "memory");
    else
        __asm__ volatile(NN_MAC16_LOOP "rsr.acclo %[sum]"
                         : [sum] "=r"(sum), [x] "+&r"(px), [w] "+&r"(w)
                         : [acc] "r"(acc), [n] "r"(fours)
                         : "acc", "memory");
#undef NN_MAC16_LOOP
    *x = (const int16_t *)(const void *)((const char *)px + (step - 4 - 8 * (ptrdiff_t)fours));
    return sum;
#else
    acc = nn_mac16(acc, *x + 2, w + 2, 4 * fours + 2 * twos);
    *x = (const int16_t *)(const void *)((const char *)*x + step);
    return acc;
#endif
}

// The same with int8 weights of any alignment, each used once (dense layers): nothing is gained by widening
// them. n counts real products; x is filled up with zeros to a multiple of 4, w may end anywhere.
NN_INLINE int32_t nn_mac16_s8(int32_t acc, const int16_t *x, const int8_t *w, int32_t n)
{
#ifdef __xtensa__
    if (n >= 4) {
        const int16_t *px = x - 2;
        int32_t sum, a, b;
        __asm__ volatile("wsr.acclo %[acc]\n\t"
                         "ldinc m0, %[x]\n\t"
                         "loopnez %[n], .Lnn_mac16_s8_%=\n\t"
                         "l8ui %[a], %[w], 0\n\t"
                         "l8ui %[b], %[w], 1\n\t"
                         "sext %[a], %[a], 7\n\t"
                         "sext %[b], %[b], 7\n\t"
                         "mula.da.ll.ldinc m1, %[x], m0, %[a]\n\t"
                         "l8ui %[a], %[w], 2\n\t"
                         "mula.da.hl m0, %[b]\n\t"
                         "l8ui %[b], %[w], 3\n\t"
                         "sext %[a], %[a], 7\n\t"
                         "sext %[b], %[b], 7\n\t"
                         "mula.da.ll.ldinc m0, %[x], m1, %[a]\n\t"
                         "addi %[w], %[w], 4\n\t"
                         "mula.da.hl m1, %[b]\n"
                         ".Lnn_mac16_s8_%=:\n\t"
                         "rsr.acclo %[sum]"
                         : [sum] "=r"(sum), [x] "+&r"(px), [w] "+&r"(w), [a] "=&r"(a), [b] "=&r"(b)
                         : [acc] "r"(acc), [n] "r"(n / 4)
                         : "acc", "memory");
        acc = sum;
        x += n & ~3;
    }
    n &= 3;
#endif
    for (int32_t i = 0; i < n; i++) acc += x[i] * w[i];
    return acc;
}
#endif
