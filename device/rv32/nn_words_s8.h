// int8 convolutions on 32-bit RISC-V with a multiplier: one MUL for two products. A word holds the inputs of two
// positions, x + 2^16 * z; its product by a weight w is x * w + 2^16 * z * w. Two taps' products add up in such a word,
// d, without meeting, as |x * w| + |x' * w'| < 2^15 where no weight is -128 (the lowering sees to it: group 3). Then
//     d is added to one sum, and (d + 2^15) >> 16, which is z's part, to another;
// in the end the first, less the second times 2^16, is the sum of x's part. Seven instructions for four products instead
// of eight, and half as many loads of inputs.
//   inputs   a patch in scratch, of NN_WORDS positions, [tap][2] words; an odd tap is filled up with 0
//   weights  [out / 4][tap][4], the taps filled up to an even number (layout.conv_s8 = 4, group = 3)
// Elsewhere (on the host, in tests) plain C does the same.
#ifndef NN_WORDS_S8_H
#define NN_WORDS_S8_H
#include "../nn_math.h"

enum { NN_WORDS = 4 }; // positions

typedef struct nn_words_job { // blocks of four channels one after another; the assembly knows the places
    const int32_t *patch, *end;
    const int8_t *w;                    // moves on
    const int32_t *bias, *mult, *shift; // move on
    int8_t *y;                          // moves on; positions are `step` bytes apart
    int32_t step, zero, lo, hi;         // zero: 2 * (y_zero + 128) + 1; lo, hi: min + 128, max + 128
    const int8_t *y_end;
} nn_words_job;

#if defined(__riscv) && __riscv_xlen == 32 && defined(__riscv_mul) && defined(__GNUC__)
#define NN_WORDS_ASM static __attribute__((naked, noinline, unused))
// px a0, pw a1, end a2, 2^15 a3. d in t2, t3 is free.
#define NN_WORDS_ADD(s, h, x0, x1)                                                                           \
    "mul t2, " x0 ", t0\n\t"                                                                                 \
    "mul t3, " x1 ", t1\n\t"                                                                                 \
    "add t2, t2, t3\n\t"                                                                                     \
    "add " s ", " s ", t2\n\t"                                                                               \
    "add t2, t2, a3\n\t"                                                                                     \
    "srai t2, t2, 16\n\t"                                                                                    \
    "add " h ", " h ", t2\n\t"
#define NN_WORDS_CHANNEL(s0, h0, s1, h1, w0, w1)                                                             \
    "lb t0, " w0 "(a1)\n\t"                                                                                  \
    "lb t1, " w1 "(a1)\n\t" NN_WORDS_ADD(s0, h0, "a4", "a6") NN_WORDS_ADD(s1, h1, "a5", "a7")
#define NN_WORDS_TWO(x0, x1, x2, x3, a0, b0, a1, b1, a2, b2, a3, b3) /* taps of all four channels */         \
    "lw a4, " x0 "(a0)\n\t"                                                                                  \
    "lw a5, " x1 "(a0)\n\t"                                                                                  \
    "lw a6, " x2 "(a0)\n\t"                                                                                  \
    "lw a7, " x3 "(a0)\n\t" NN_WORDS_CHANNEL("t4", "t5", "t6", "s0", a0, b0)                                 \
        NN_WORDS_CHANNEL("s1", "s2", "s3", "s4", a1, b1) NN_WORDS_CHANNEL("s5", "s6", "s7", "s8", a2, b2)    \
            NN_WORDS_CHANNEL("s9", "s10", "s11", "ra", a3, b3)
// Twice two taps a turn; an odd number of pairs of taps enters in the middle.
#define NN_WORDS_LOOP                                                                                        \
    "li a3, 0x8000\n\t"                                                                                      \
    "sub t0, a2, a0\n\t"                                                                                     \
    "andi t0, t0, 16\n\t"                                                                                    \
    "beqz t0, 1f\n\t"                                                                                        \
    "addi a0, a0, -16\n\t"                                                                                   \
    "addi a1, a1, -8\n\t"                                                                                    \
    "j 2f\n"                                                                                                 \
    "1:\n\t" NN_WORDS_TWO("0", "4", "8", "12", "0", "4", "1", "5", "2", "6", "3",                            \
                          "7") "2:\n\t" NN_WORDS_TWO("16", "20", "24", "28", "8", "12", "9", "13", "10",     \
                                                     "14", "11", "15") "addi a0, a0, 32\n\t"                 \
                                                                       "addi a1, a1, 16\n\t"                 \
                                                                       "bne a0, a2, 1b\n\t"
#define NN_WORDS_START(from, s0, h0, s1, h1) /* a6: 2^16 + 1 */                                              \
    "lw " h0 ", " from "\n\t"                                                                                \
    "mul " s0 ", " h0 ", a6\n\t"                                                                             \
    "mv " h1 ", " h0 "\n\t"                                                                                  \
    "mv " s1 ", " s0 "\n\t"
#define NN_WORDS_PART(s0, h0, s1, h1)                                                                        \
    "slli a5, " h0 ", 16\n\t"                                                                                \
    "sub " s0 ", " s0 ", a5\n\t"                                                                             \
    "slli a5, " h1 ", 16\n\t"                                                                                \
    "sub " s1 ", " s1 ", a5\n\t"
#define NN_WORDS_SAVE                                                                                        \
    "addi sp, sp, -64\n\t"                                                                                   \
    "sw ra, 0(sp)\n\tsw s0, 4(sp)\n\tsw s1, 8(sp)\n\tsw s2, 12(sp)\n\tsw s3, 16(sp)\n\tsw s4, 20(sp)\n\t"    \
    "sw s5, 24(sp)\n\tsw s6, 28(sp)\n\tsw s7, 32(sp)\n\tsw s8, 36(sp)\n\tsw s9, 40(sp)\n\tsw s10, "          \
    "44(sp)\n\t"                                                                                             \
    "sw s11, 48(sp)\n\tsw a0, 52(sp)\n\t"
#define NN_WORDS_RESTORE                                                                                     \
    "lw ra, 0(sp)\n\tlw s0, 4(sp)\n\tlw s1, 8(sp)\n\tlw s2, 12(sp)\n\tlw s3, 16(sp)\n\tlw s4, 20(sp)\n\t"    \
    "lw s5, 24(sp)\n\tlw s6, 28(sp)\n\tlw s7, 32(sp)\n\tlw s8, 36(sp)\n\tlw s9, 40(sp)\n\tlw s10, "          \
    "44(sp)\n\t"                                                                                             \
    "lw s11, 48(sp)\n\t"                                                                                     \
    "addi sp, sp, 64\n\t"                                                                                    \
    "ret"

// acc[o][position] = start[o] + sums, o < 4, over the patch.
NN_WORDS_ASM void nn_words_sums(int32_t *acc, const int32_t *start, const int32_t *patch, const int32_t *end,
                                const int8_t *w)
{
    (void)acc, (void)start, (void)patch, (void)end, (void)w;
#define NN_WORDS_PUT(at, s0, h0, s1, h1)                                                                     \
    NN_WORDS_PART(s0, h0, s1, h1)                                                                            \
    "sw " s0 ", " at "(a4)\n\tsw " h0 ", " at "+4(a4)\n\tsw " s1 ", " at "+8(a4)\n\tsw " h1 ", " at          \
    "+12(a4)\n\t"
    __asm__ volatile(
        NN_WORDS_SAVE "li a6, 0x10001\n\t" NN_WORDS_START("0(a1)", "t4", "t5", "t6", "s0")
            NN_WORDS_START("4(a1)", "s1", "s2", "s3", "s4") NN_WORDS_START("8(a1)", "s5", "s6", "s7", "s8")
                NN_WORDS_START("12(a1)", "s9", "s10", "s11",
                               "ra") "mv a0, a2\n\t"
                                     "mv a2, a3\n\t"
                                     "mv a1, a4\n\t" NN_WORDS_LOOP
                                     "lw a4, 52(sp)\n\t" NN_WORDS_PUT("0", "t4", "t5", "t6", "s0")
                                         NN_WORDS_PUT("16", "s1", "s2", "s3",
                                                      "s4") NN_WORDS_PUT("32", "s5", "s6", "s7", "s8")
                                             NN_WORDS_PUT("48", "s9", "s10", "s11", "ra") NN_WORDS_RESTORE);
#undef NN_WORDS_PUT
}

// Blocks of four channels from their biases to int8 outputs; shifts are -20 .. -1. MULHSU by twice the multiplier is the
// high half that nn_mul_high wants; negative values are rounded away from zero by one less.
NN_WORDS_ASM void nn_words_blocks(nn_words_job *job)
{
    (void)job;
// t0 y, t1 y + step, t2 y + 2 step, t3 y + 3 step; a4 2 * mult, a5 -shift, a6 added, a7 lo, a3 hi, a1, a2 free
#define NN_WORDS_OUT(acc, to)                                                                                \
    "mulhsu a1, " acc ", a4\n\t"                                                                             \
    "mul a2, " acc ", a4\n\t"                                                                                \
    "srli a2, a2, 31\n\t"                                                                                    \
    "add a1, a1, a2\n\t"                                                                                     \
    "srai a2, a1, 31\n\t"                                                                                    \
    "add a1, a1, a2\n\t"                                                                                     \
    "add a1, a1, a6\n\t"                                                                                     \
    "sra a1, a1, a5\n\t"                                                                                     \
    "bge a1, a7, 7f\n\t"                                                                                     \
    "mv a1, a7\n"                                                                                            \
    "7:\n\t"                                                                                                 \
    "bge a3, a1, 8f\n\t"                                                                                     \
    "mv a1, a3\n"                                                                                            \
    "8:\n\t"                                                                                                 \
    "sb a1, " to "\n\t"
#define NN_WORDS_FOUR(c, m, n, k, s0, h0, s1, h1) /* m, n: where mult and shift are; k: zero */              \
    NN_WORDS_PART(s0, h0, s1, h1)                                                                            \
    "lw a4, " m "\n\t"                                                                                       \
    "lw a5, " n "\n\t"                                                                                       \
    "slli a4, a4, 1\n\t"                                                                                     \
    "not a1, a5\n\t"                                                                                         \
    "neg a5, a5\n\t"                                                                                         \
    "sll a6, " k ", a1\n\t" NN_WORDS_OUT(s0, c "(t0)") NN_WORDS_OUT(h0, c "(t1)") NN_WORDS_OUT(s1, c "(t2)") \
        NN_WORDS_OUT(h1, c "(t3)")
    __asm__ volatile(
        NN_WORDS_SAVE
        "3:\n\t"
        "lw a4, 12(a0)\n\t"
        "li a6, 0x10001\n\t" NN_WORDS_START("0(a4)", "t4", "t5", "t6", "s0")
            NN_WORDS_START("4(a4)", "s1", "s2", "s3", "s4") NN_WORDS_START("8(a4)", "s5", "s6", "s7", "s8")
                NN_WORDS_START(
                    "12(a4)", "s9", "s10", "s11",
                    "ra") "addi a4, a4, 16\n\t"
                          "sw a4, 12(a0)\n\t"
                          "lw a1, 8(a0)\n\t"
                          "lw a2, 4(a0)\n\t"
                          "lw a0, 0(a0)\n\t" NN_WORDS_LOOP "lw a0, 52(sp)\n\t"
                          "sw a1, 8(a0)\n\t"
                          "lw t0, 24(a0)\n\t"
                          "lw a2, 28(a0)\n\t"
                          "lw a7, 36(a0)\n\t"
                          "lw a3, 40(a0)\n\t"
                          "add t1, t0, a2\n\t"
                          "add t2, t1, a2\n\t"
                          "add t3, t2, a2\n\t"
                          "lw a1, 16(a0)\n\t"
                          "lw a2, 20(a0)\n\t"
                          "lw a6, 32(a0)\n\t" NN_WORDS_FOUR(
                              "0", "0(a1)", "0(a2)", "a6", "t4", "t5", "t6",
                              "s0") "lw t4, 16(a0)\n\t" // free now
                                    "lw t5, 20(a0)\n\t"
                                    "lw t6, 32(a0)\n\t" NN_WORDS_FOUR("1", "4(t4)", "4(t5)", "t6", "s1", "s2",
                                                                      "s3", "s4")
                                        NN_WORDS_FOUR("2", "8(t4)", "8(t5)", "t6", "s5", "s6", "s7", "s8")
                                            NN_WORDS_FOUR("3", "12(t4)", "12(t5)", "t6", "s9", "s10", "s11",
                                                          "ra") "lw a4, 44(a0)\n\t"
                                                                "addi t4, t4, 16\n\t"
                                                                "addi t5, t5, 16\n\t"
                                                                "addi t0, t0, 4\n\t"
                                                                "sw t4, 16(a0)\n\t"
                                                                "sw t5, 20(a0)\n\t"
                                                                "sw t0, 24(a0)\n\t"
                                                                "bne t0, a4, 3b\n\t" NN_WORDS_RESTORE);
#undef NN_WORDS_FOUR
#undef NN_WORDS_OUT
}
#else
NN_INLINE void nn_words_sums(int32_t *acc, const int32_t *start, const int32_t *patch, const int32_t *end,
                             const int8_t *w)
{
    for (int32_t o = 0; o < 4; o++)
        for (int32_t k = 0; k < 2; k++) {
            uint32_t both = 0, high = 0;
            for (int32_t i = 0; patch + 2 * i < end; i += 2) {
                const uint32_t d = (uint32_t)patch[2 * i + k] * (uint32_t)w[4 * i + o] +
                                   (uint32_t)patch[2 * i + 2 + k] * (uint32_t)w[4 * i + 4 + o];
                both += d;
                high += (uint32_t)((int32_t)(d + 0x8000u) >> 16);
            }
            acc[4 * o + 2 * k] = start[o] + (int32_t)(both - (high << 16));
            acc[4 * o + 2 * k + 1] = start[o] + (int32_t)high;
        }
}

NN_INLINE void nn_words_blocks(nn_words_job *j)
{
    for (; j->y < j->y_end; j->y += 4, j->bias += 4, j->mult += 4, j->shift += 4) {
        int32_t acc[4 * NN_WORDS];
        nn_words_sums(acc, j->bias, j->patch, j->end, j->w);
        j->w += 2 * (j->end - j->patch);
        for (int32_t o = 0; o < 4; o++)
            for (int32_t t = 0; t < NN_WORDS; t++)
                j->y[t * j->step + o] =
                    nn_output_s8(acc[4 * o + t], j->mult[o], j->shift[o], (j->zero - 1) / 2, j->lo, j->hi);
    }
}
#endif

NN_INLINE int32_t nn_words_right(const int32_t *shift, int32_t n)
{
    int32_t right = 1;
    for (int32_t i = 0; i < n; i++) right &= (uint32_t)(shift[i] + 20) < 20u;
    return right;
}

NN_INLINE int32_t nn_words_taps(const nn_conv2d *p) // even
{
    return (p->k_h * p->k_w * p->in_c + 1) & ~1;
}

// The word of positions t and t + 1 of a tap, and of the others.
NN_INLINE int32_t nn_word(int32_t a, int32_t b)
{
    return (int32_t)((uint32_t)a + ((uint32_t)b << 16));
}

// n taps that lie behind each other, at four positions dz apart.
NN_INLINE int32_t *nn_words_run(int32_t *to, const int8_t *x, int32_t n, ptrdiff_t dz)
{
#pragma GCC unroll 4
    for (int32_t i = 0; i < n; i++, to += 2) {
        to[0] = nn_word(x[i], x[i + dz]);
        to[1] = nn_word(x[i + 2 * dz], x[i + 3 * dz]);
    }
    return to;
}

// The patch of outputs (oy, ox) .. (oy, ox + 3), of which those from out_w on are not used; first .. last - 1 have all
// their taps inside in x.
NN_INLINE void nn_words_patch(const nn_conv2d *p, int32_t *to, const int8_t *x, int32_t zero, int32_t oy,
                              int32_t ox, int32_t first, int32_t last)
{
    const int32_t iy = oy * p->stride_h - p->pad_top, ix = ox * p->stride_w - p->pad_left, c = p->in_c;
    const int32_t inside = ox >= first && ox + NN_WORDS <= last;
    for (int32_t ky = 0; ky < p->k_h; ky++) {
        const int32_t y = iy + ky * p->dil_h, step = p->dil_w == 1 ? p->k_w : 1;
        const int8_t *row = x + (ptrdiff_t)y * p->in_w * c;
        if (inside && y >= 0 && y < p->in_h) {
            for (int32_t kx = 0; kx < p->k_w; kx += step)
                to = nn_words_run(to, row + (ix + kx * p->dil_w) * c, step * c, (ptrdiff_t)p->stride_w * c);
            continue;
        }
        for (int32_t kx = 0; kx < p->k_w; kx++)
            for (int32_t i = 0; i < c; i++, to += 2) {
                int32_t v[NN_WORDS];
                for (int32_t t = 0; t < NN_WORDS; t++) {
                    const int32_t at = ix + t * p->stride_w + kx * p->dil_w;
                    v[t] = y >= 0 && y < p->in_h && at >= 0 && at < p->in_w ? row[at * c + i] : zero;
                }
                to[0] = nn_word(v[0], v[1]);
                to[1] = nn_word(v[2], v[3]);
            }
    }
    if (p->k_h * p->k_w * c & 1) to[0] = to[1] = 0;
}

// acc[o][position] = start[o] + the sums of channels o .. o + 3. Weights of which one is -128 (group 1): product by
// product.
NN_INLINE void nn_words_any(const nn_conv2d *p, int32_t *acc, const int32_t *start, const int32_t *patch,
                            const int8_t *w, int32_t o)
{
    const int32_t taps = nn_words_taps(p);
    if (p->group == 3) {
        nn_words_sums(acc, start, patch, patch + 2 * taps, w + o * taps);
        return;
    }
    const int32_t n = p->k_h * p->k_w * p->in_c;
    for (int32_t i = 0; i < 4 * NN_WORDS; i++) acc[i] = start[i / NN_WORDS];
    for (int32_t i = 0; i < n; i++)
        for (int32_t t = 0; t < NN_WORDS; t++) {
            const uint32_t word = (uint32_t)patch[2 * i + t / 2];
            const int32_t low = (int16_t)(word & 0xffffu),
                          v = t % 2 ? (int32_t)(word - (uint32_t)low) >> 16 : low;
            for (int32_t k = 0; k < 4; k++) acc[NN_WORDS * k + t] += v * w[(o * n) + 4 * i + k];
        }
}
#endif
