// Floats times a factor, plus a term, to int8 by the FPU's multiply-add; contract in ../nn.h.
#ifndef NN_AFFINE_S8_C
#define NN_AFFINE_S8_C
#include "../nn_border.h"

typedef struct nn_affine_run { // one channel's constants
    float f, t, per_4096, half;
    int32_t c;
} nn_affine_run;

// n numbers, until one is so near to a half that the division must decide: how many are left then, that one with them.
// As nn_window_s8, with the zero point in the half; what is rounded before that, is so.
NN_INLINE int32_t nn_affine_fast(const nn_affine_run *q, int32_t n, const float *x, int8_t *y)
{
#ifdef __xtensa__
    float z, v;
    int32_t w = -1, b, left;
    __asm__ volatile(
        "loopnez %[n], .Lnn_affine_%=\n\t"
        "lsi %[z], %[x], 0\n\t"
        "mov.s %[v], %[half]\n\t"
        "mul.s %[z], %[z], %[f]\n\t"
        "add.s %[z], %[z], %[t]\n\t"
        "madd.s %[v], %[z], %[per]\n\t"
        "addx4 %[x], %[c], %[x]\n\t"
        "trunc.s %[b], %[v], 0\n\t"
        "addi %[w], %[b], 4\n\t"
        "srai %[b], %[b], 12\n\t"
        "bnone %[w], %[mask], .Lnn_affine_%=\n\t"
        "clamps %[b], %[b], 7\n\t"
        "s8i %[b], %[y], 0\n\t"
        "add %[y], %[y], %[c]\n"
        ".Lnn_affine_%=:\n\t"
        "rsr.lcount %[left]"
        : [x] "+r"(x), [y] "+r"(y), [w] "+&r"(w), [b] "=&r"(b), [left] "=r"(left), [z] "=&f"(z), [v] "=&f"(v)
        : [n] "r"(n), [c] "r"(q->c), [f] "f"(q->f), [t] "f"(q->t), [per] "f"(q->per_4096),
          [half] "f"(q->half), [mask] "r"(0xff8)
        : "memory");
    return w & 0xff8 ? 0 : left + 1;
#else
    for (; n > 0; n--, x += q->c, y += q->c) {
        const float v = NN_MADD(*x * q->f + q->t, q->per_4096, q->half);
        const int32_t w = v > -1e9f && v < 1e9f ? (int32_t)v : INT32_MAX;
        if (!((w + 4u) & 0xff8u)) return n;
        *y = (int8_t)nn_clamp(w >> 12, -128, 127);
    }
    return 0;
#endif
}

NN_API void nn_affine_s8(const nn_affine *p, const float *x, const float *factor, const float *term,
                         int8_t *y)
{
    const float scale = nn_float(p->scale_bits), half = 2048.0f + 4096.0f * (float)p->zero;
    const int32_t rows = p->rows, c = p->c, zero = p->zero;
    for (int32_t k = 0; k < c; k++) {
        const nn_affine_run q = {factor[k], term[k], 4096.0f / scale, half, c};
        for (int32_t n = rows; n > 0; n--) {
            int32_t at = (rows - n) * c + k;
            n = nn_affine_fast(&q, n, x + at, y + at);
            at = (rows - n) * c + k;
            if (n) y[at] = (int8_t)nn_clamp(nn_window_exact(x[at] * q.f + q.t, scale) + zero, -128, 127);
        }
    }
}
#endif
