// Convolutions along one dimension by Toom and Cook's products of polynomials (Winograd's minimal filtering): the same
// int32 sums, exactly, of fewer products. Sums are exact modulo 2^32, so no order and no grouping changes a bit.
//
// kernel 5, four outputs of eight inputs, at the points 0, 1, -1, 2, -2, 1/2, -1/2, infinity: 8 products for 20
//   360 y = A (G w * B x)      rows of B below; |B x| <= 50 * 128, |G w| <= 100 * 128: both fit int16
// kernel 3, two outputs of four inputs, at 0, 1, -1, infinity: 4 products for 6
//   2 y = A (G w * B x)        |B x| <= 2 * 128, |G w| <= 3 * 128
// kernel 3, six outputs of eight inputs, at the points of kernel 5 and with its B: 8 products for 18; its G is too dear
// but for weights transformed ahead
//
// 360 y is taken modulo 2^32; times the inverse of 45 it is 8 y, exactly, while |8 y| < 2^31: the lowering takes this
// form only where the layer's weights and biases keep |y| < 2^28. A kernel of 4 has a inverse tap of zero; with a stride
// of 2 two samples are one of twice the channels, and the kernel of 9 one of 5.
//
// The transforms work on two channels in a word, c + 2^16 d: sums and multiples of such words are those of both
// channels as long as they are numbers of 32 bits; at the end 2^15 is added to each half and its highest bit turned,
// which leaves two int16. Bytes come with 128 added (x here, the weights in flash), the even ones in one word, the odd
// ones in the next: the channels of both copies lie in the order 0 2 1 3.
#ifndef NN_CONV2D_TOOM_H
#define NN_CONV2D_TOOM_H
#include "nn_mac16.h"

// nn_conv2d.group: weights [out_c][k_w][in_c] + 128, k_w 5 or 3; or G w of them, transformed ahead by
// nn_toom_columns, [out_c][points][in_c] int16 in the order above, with NN_WIDEN_SLACK more that are read, not used;
// the same with k_w 3 and six outputs a tile
enum { NN_TOOM = 5, NN_TOOM_AHEAD = 6, NN_TOOM_WIDE = 7 };

#ifdef __GNUC__
typedef uint32_t __attribute__((may_alias)) nn_word;
typedef int16_t __attribute__((may_alias)) nn_half;
#else
typedef uint32_t nn_word;
typedef int16_t nn_half;
#endif

NN_INLINE int32_t nn_toom_points(const nn_conv2d *p)
{
    return p->k_w == 5 || p->group == NN_TOOM_WIDE ? 8 : 4;
}

NN_INLINE int32_t nn_toom_outputs(const nn_conv2d *p)
{
    return p->k_w == 5 ? 4 : p->group == NN_TOOM_WIDE ? 6 : 2;
}

// What nn_toom_tile returns is y * 2^bits.
NN_INLINE int32_t nn_toom_bits(const nn_conv2d *p)
{
    return nn_toom_points(p) == 8 ? 3 : 1;
}

NN_INLINE int32_t nn_toom_tiles(const nn_conv2d *p)
{
    return (p->out_w + nn_toom_outputs(p) - 1) / nn_toom_outputs(p);
}

// The last tile ends with the output; it may make some of the one before again.
NN_INLINE int32_t nn_toom_at(const nn_conv2d *p, int32_t tile)
{
    return nn_min(tile * nn_toom_outputs(p), p->out_w - nn_toom_outputs(p));
}

NN_INLINE int32_t nn_toom_input(const nn_conv2d *p)
{
    return nn_toom_tiles(p) * nn_toom_points(p) * p->in_c + NN_WIDEN_SLACK;
}

// int16 of one channel's transformed weights in scratch.
NN_INLINE int32_t nn_toom_weights(const nn_conv2d *p)
{
    return p->group != NN_TOOM ? 0 : nn_toom_points(p) * p->in_c + NN_WIDEN_SLACK;
}

// Bytes of scratch: the transformed input, the weights of one channel, a tile with padding.
NN_INLINE int32_t nn_toom_scratch(const nn_conv2d *p)
{
    return 2 * (nn_toom_input(p) + nn_toom_weights(p)) + nn_toom_points(p) * p->in_c;
}

// int16 of all weights transformed ahead.
NN_INLINE int64_t nn_toom_ahead(const nn_conv2d *p)
{
    return (int64_t)p->out_c * nn_toom_points(p) * p->in_c + NN_WIDEN_SLACK;
}

// Whether the form fits (stride 1, one row), and is less work than nn_mac16: weights that are transformed anew for each
// window take about 26 (kernel 3: 10) instructions, widened in 3.
NN_INLINE int32_t nn_toom_fits(const nn_conv2d *p)
{
    if (p->in_h != 1 || p->out_h != 1 || p->k_h != 1 || p->stride_w != 1 || p->dil_w != 1) return 0;
    if ((p->k_w != 5 && p->k_w != 3) || p->in_c % 4 || p->in_c > 1024) return 0;
    if (p->out_w < nn_toom_outputs(p)) return 0;
    const int32_t direct = p->k_w * (p->out_w + 3);
    const int32_t weights = p->group != NN_TOOM ? 0 : p->k_w == 5 ? 26 : 10;
    return nn_toom_tiles(p) * nn_toom_points(p) + weights < direct;
}

// ---- two channels in a word ----

#define NN_LANES(v) ((uint32_t)(v)*0x10001u)

// Xtensa has 14 registers for this: its compiler shall not begin the next results before these are stored.
#ifdef __xtensa__
#define NN_APART __asm__ volatile("" ::: "memory")
#else
#define NN_APART (void)0
#endif

typedef struct nn_lanes { // what all of a transform use
    uint32_t low, high;   // 0x00ff00ff, 0x80008000
    uint32_t flip;        // turned in the bytes: their highest bits, or 0 where 128 is there already
    int32_t words;        // from one column to the next
} nn_lanes;

// The even channels of a word, or the odd ones.
NN_INLINE uint32_t nn_lanes_load(const nn_lanes *k, const nn_word *from, int32_t column, int32_t odd)
{
    const uint32_t v = from[column * k->words] ^ k->flip;
    return (odd ? v >> 8 : v) & k->low;
}

// As two int16: 2^15 was added to both.
NN_INLINE void nn_lanes_store(const nn_lanes *k, nn_word *to, int32_t row, uint32_t v)
{
    to[2 * row * k->words] = v ^ k->high;
}

// Rows `row` and row + 1: e + o, e - o.
NN_INLINE void nn_lanes_pair(const nn_lanes *k, nn_word *to, int32_t row, uint32_t e, uint32_t o)
{
    nn_lanes_store(k, to, row, e + o);
    nn_lanes_store(k, to, row + 1, e - o);
    NN_APART;
}

NN_INLINE void nn_toom5_input(const nn_lanes *k, const nn_word *from, int32_t odd, nn_word *to)
{
#define NN_D(i) nn_lanes_load(k, from, i, odd)
    const uint32_t half = NN_LANES(1 << 15), d0 = NN_D(0), d7 = NN_D(7);
    const uint32_t d1 = NN_D(1), d2 = NN_D(2), d3 = NN_D(3), d4 = NN_D(4), d5 = NN_D(5), d6 = NN_D(6);
#undef NN_D
    nn_lanes_store(k, to, 0, 4 * (d0 - d6) + 21 * (d4 - d2) + half);
    nn_lanes_store(k, to, 7, 4 * (d7 - d1) + 21 * (d3 - d5) + half);
    NN_APART;
    nn_lanes_pair(k, to, 1, 4 * (d2 + d6) - 17 * d4 + NN_LANES((1 << 15) + 9 * 128),
                  4 * (d1 + d5) - 17 * d3 + NN_LANES(9 * 128));
    nn_lanes_pair(k, to, 3, d2 + 4 * d6 - 5 * d4 + half, 2 * (d1 + 4 * d5 - 5 * d3));
    nn_lanes_pair(k, to, 5, 2 * (4 * d2 + d6 - 5 * d4) + half, 4 * d1 + d5 - 5 * d3);
}

NN_INLINE void nn_toom5_weights(const nn_lanes *k, const nn_word *from, int32_t odd, nn_word *to)
{
#define NN_G(i) nn_lanes_load(k, from, i, odd)
    const uint32_t g0 = NN_G(0), g1 = NN_G(1), g2 = NN_G(2), g3 = NN_G(3), g4 = NN_G(4);
#undef NN_G
    nn_lanes_store(k, to, 0, 90 * g0 + NN_LANES((1 << 15) - 90 * 128));
    nn_lanes_store(k, to, 7, 90 * g4 + NN_LANES((1 << 15) - 90 * 128));
    NN_APART;
    nn_lanes_pair(k, to, 1, 20 * (g0 + g2 + g4) + NN_LANES((1 << 15) - 20 * 3 * 128),
                  20 * (g1 + g3) - NN_LANES(20 * 2 * 128));
    nn_lanes_pair(k, to, 3, g0 + 4 * (g2 + 4 * g4) + NN_LANES((1 << 15) - 21 * 128),
                  2 * (g1 + 4 * g3 - NN_LANES(5 * 128)));
    nn_lanes_pair(k, to, 5, g4 + 4 * (g2 + 4 * g0) + NN_LANES((1 << 15) - 21 * 128),
                  2 * (g3 + 4 * g1 - NN_LANES(5 * 128)));
}

NN_INLINE void nn_toom3_input(const nn_lanes *k, const nn_word *from, int32_t odd, nn_word *to)
{
    const uint32_t half = NN_LANES(1 << 15), d1 = nn_lanes_load(k, from, 1, odd),
                   d2 = nn_lanes_load(k, from, 2, odd);
    nn_lanes_store(k, to, 0, nn_lanes_load(k, from, 0, odd) - d2 + half);
    nn_lanes_store(k, to, 1, d2 + d1 + NN_LANES((1 << 15) - 2 * 128));
    nn_lanes_store(k, to, 2, d2 - d1 + half);
    nn_lanes_store(k, to, 3, nn_lanes_load(k, from, 3, odd) - d1 + half);
    NN_APART;
}

NN_INLINE void nn_toom3_weights(const nn_lanes *k, const nn_word *from, int32_t odd, nn_word *to)
{
    const uint32_t less = NN_LANES((1 << 15) - 2 * 128), g0 = nn_lanes_load(k, from, 0, odd);
    const uint32_t g1 = nn_lanes_load(k, from, 1, odd), g2 = nn_lanes_load(k, from, 2, odd);
    nn_lanes_store(k, to, 0, 2 * g0 + less);
    nn_lanes_store(k, to, 3, 2 * g2 + less);
    nn_lanes_pair(k, to, 1, g0 + g2 + less, g1 - NN_LANES(128));
}

// Kernel 3 at the points of kernel 5.
NN_INLINE void nn_toom3_wide_weights(const nn_lanes *k, const nn_word *from, int32_t odd, nn_word *to)
{
    const uint32_t g0 = nn_lanes_load(k, from, 0, odd), g1 = nn_lanes_load(k, from, 1, odd),
                   g2 = nn_lanes_load(k, from, 2, odd);
    nn_lanes_store(k, to, 0, 90 * g0 + NN_LANES((1 << 15) - 90 * 128));
    nn_lanes_store(k, to, 7, 90 * g2 + NN_LANES((1 << 15) - 90 * 128));
    nn_lanes_pair(k, to, 1, 20 * (g0 + g2) + NN_LANES((1 << 15) - 20 * 2 * 128),
                  20 * g1 - NN_LANES(20 * 128));
    nn_lanes_pair(k, to, 3, g0 + 4 * g2 + NN_LANES((1 << 15) - 5 * 128), 2 * g1 - NN_LANES(2 * 128));
    nn_lanes_pair(k, to, 5, g2 + 4 * g0 + NN_LANES((1 << 15) - 5 * 128), 2 * g1 - NN_LANES(2 * 128));
}

// Columns of in_c bytes in turn to rows of in_c int16. weights: which transform.
NN_INLINE void nn_toom_columns(const nn_conv2d *p, const int8_t *x, int32_t weights, int16_t *to)
{
    const nn_word *from = (const nn_word *)(const void *)x;
    nn_word *out = (nn_word *)(void *)to;
    nn_lanes k = {0x00ff00ffu, 0x80008000u, weights ? 0 : 0x80808080u, p->in_c / 4};
#ifdef __xtensa__
    __asm__("" : "+r"(k.low), "+r"(k.high)); // registers', not constants to be loaded anew
    if (!weights) __asm__("" : "+r"(k.flip));
#endif
    int32_t left = k.words;
    do {
#pragma GCC unroll 2
        for (int32_t odd = 0; odd < 2; odd++, out++)
            if (weights && p->k_w == 5)
                nn_toom5_weights(&k, from, odd, out);
            else if (weights && p->group == NN_TOOM_WIDE)
                nn_toom3_wide_weights(&k, from, odd, out);
            else if (weights)
                nn_toom3_weights(&k, from, odd, out);
            else if (nn_toom_points(p) == 8)
                nn_toom5_input(&k, from, odd, out);
            else
                nn_toom3_input(&k, from, odd, out);
        from++;
    } while (--left);
}

// One batch row; `edge`: room for a tile, where columns in the padding are `zero`.
NN_INLINE void nn_toom_transform_input(const nn_conv2d *p, const int8_t *x, int32_t zero, int8_t *edge,
                                       int16_t *to)
{
    const int32_t tiles = nn_toom_tiles(p), points = nn_toom_points(p), in_c = p->in_c;
    const int32_t columns = nn_toom_outputs(p) + p->k_w - 1;
    for (int32_t t = 0; t < tiles; t++, to += points * in_c) {
        const int32_t at = nn_toom_at(p, t) - p->pad_left;
        const int8_t *from = edge;
        if (at >= 0 && at + columns <= p->in_w)
            from = x + at * in_c;
        else
            for (int32_t i = 0; i < columns; i++)
                if (at + i < 0 || at + i >= p->in_w)
                    memset(edge + i * in_c, zero, (size_t)in_c);
                else
                    memcpy(edge + i * in_c, x + (at + i) * in_c, (size_t)in_c);
        nn_toom_columns(p, from, 0, to);
    }
}

// ---- products ----

// The transformed weights of channel o: made in scratch, or ahead.
NN_INLINE const nn_half *nn_toom_channel(const nn_conv2d *p, const int8_t *w, int32_t o, int16_t *scratch)
{
    if (p->group != NN_TOOM) return (const nn_half *)(const void *)w + o * nn_toom_points(p) * p->in_c;
    nn_toom_columns(p, w + o * p->k_w * p->in_c, 1, scratch);
    return scratch;
}

NN_INLINE void nn_toom_start(const int16_t **x, const nn_half **w)
{
#ifdef __xtensa__
    *x -= 2; // ldinc adds 4 bytes first, then loads
    *w -= 2;
    __asm__ volatile("ldinc m0, %0\n\tldinc m2, %1" : "+r"(*x), "+r"(*w)::"memory");
#else
    (void)x;
    (void)w;
#endif
}

// The sum of one point, 4 * fours products; the pointers go on to the next, whose first operands are loaded already.
NN_INLINE int32_t nn_toom_point(const int16_t **x, const nn_half **w, int32_t fours)
{
#ifdef __xtensa__
    int32_t sum;
    // a loop even of three turns: QEMU 7.2 takes an old m0 where one block of instructions loads it twice
    __asm__ volatile("wsr.acclo %[zero]\n\t"
                     "loopnez %[n], .Lnn_toom_%=\n\t"
                     "mula.dd.ll.ldinc m1, %[x], m0, m2\n\t"
                     "mula.dd.hh.ldinc m3, %[w], m0, m2\n\t"
                     "mula.dd.ll.ldinc m0, %[x], m1, m3\n\t"
                     "mula.dd.hh.ldinc m2, %[w], m1, m3\n"
                     ".Lnn_toom_%=:\n\t"
                     "rsr.acclo %[sum]"
                     : [sum] "=r"(sum), [x] "+r"(*x), [w] "+r"(*w)
                     : [zero] "r"(0), [n] "r"(fours)
                     : "acc", "memory");
    return sum;
#else
    uint32_t sum = 0;
    for (int32_t i = 0; i < 4 * fours; i++) sum += (uint32_t)((*x)[i] * (*w)[i]);
    *x += 4 * fours;
    *w += 4 * fours;
    return (int32_t)sum;
#endif
}

// y * 2^bits of a tile, y[0 .. outputs - 1]; *x goes on to the next tile.
NN_INLINE void nn_toom_tile(const nn_conv2d *p, const int16_t **x, const nn_half *w, uint32_t *y)
{
    const int32_t fours = p->in_c / 4;
    nn_toom_start(x, &w);
#define NN_POINT (uint32_t) nn_toom_point(x, &w, fours)
    if (nn_toom_points(p) == 4) {
        const uint32_t m0 = NN_POINT, m1 = NN_POINT, m2 = NN_POINT, m3 = NN_POINT;
        y[0] = m0 + m1 + m2;
        y[1] = m1 - m2 + m3;
    } else {
        const uint32_t inverse = 2767867813u; // the inverse of 45
        const uint32_t m0 = NN_POINT, m1 = NN_POINT, m2 = NN_POINT, a = m1 + m2, b = m1 - m2;
        const uint32_t m3 = NN_POINT, m4 = NN_POINT, c = m3 + m4, d = m3 - m4;
        const uint32_t m5 = NN_POINT, m6 = NN_POINT, e = m5 + m6, f = m5 - m6, m7 = NN_POINT;
        if (p->k_w == 3) {
            y[0] = (32 * e + (c + m0 - a)) * inverse;
            y[1] = (2 * (8 * f + d) - b) * inverse;
            y[2] = (4 * (2 * e + c) - a) * inverse;
            y[3] = (4 * (2 * d + f) - b) * inverse;
            y[4] = (2 * (8 * c + e) - a) * inverse;
            y[5] = (32 * d + (f - b + m7)) * inverse;
            return;
        }
        y[0] = (8 * e + (c + m0 - a)) * inverse;
        y[1] = (4 * f + 2 * d - b) * inverse;
        y[2] = (4 * c + 2 * e - a) * inverse;
        y[3] = (8 * d + f - b + m7) * inverse;
    }
#undef NN_POINT
}
#endif
