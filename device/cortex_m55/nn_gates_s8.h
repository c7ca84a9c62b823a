// Sums of the gates of a recurrent layer on Helium: VMLADAVA takes 16 taps of one row at a time. Weights in
// NN_PACK_GROUPS, each row filled up with zeros to a multiple of 16 taps; inputs and h are copied to scratch once a
// step, where a whole vector may be read.
#ifndef NN_GATES_S8_H
#define NN_GATES_S8_H
#include "nn_mve.h"

typedef struct nn_gates { // one matrix
    const int8_t *w;
    int32_t n, groups; // taps a row, groups of 16
} nn_gates;

NN_INLINE nn_gates nn_gates_of(const int8_t *w, int32_t n, int32_t rows, int32_t pack, int32_t widen,
                               int16_t **scratch)
{
    const nn_gates m = {w, n, (n + NN_GROUP - 1) / NN_GROUP};
    (void)rows, (void)pack, (void)widen, (void)scratch;
    return m;
}

// The bytes behind the last meet weights of 0.
NN_INLINE void nn_gates_take(int16_t *wide, const int8_t *x, int32_t n)
{
#if NN_MVE
    __asm__ volatile("wlstp.8 lr, %[n], 2f\n"
                     "1:\n\t"
                     "vldrb.u8 q0, [%[x]], #16\n\t"
                     "vstrb.8 q0, [%[wide]], #16\n\t"
                     "letp lr, 1b\n"
                     "2:"
                     : [x] "+r"(x), [wide] "+r"(wide)
                     : [n] "r"(n)
                     : "lr", "q0", "memory");
#else
    memcpy(wide, x, (size_t)n);
#endif
}

// acc[k] += sum x[i] * w[4 * block + k][i], k < 4, x in `wide`.
NN_INLINE void nn_gates_sum(const nn_gates *m, int32_t block, const int8_t *x, const int16_t *wide,
                            int32_t *acc)
{
    const int8_t *w = m->w + 4 * NN_GROUP * m->groups * block;
    int32_t sum[4];
    (void)x;
    nn_mve_sums1((const int8_t *)wide, w, sum, 1, m->n / NN_GROUP, m->n % NN_GROUP);
    for (int32_t k = 0; k < 4; k++) acc[k] += sum[k];
}

#if NN_MVE
// A gate: s[u] = saturated(s[u] (or 0) + requantised(bias[u] + x * row u)) for all blocks of four units; in the order of
// the registers that the loop keeps them in.
typedef struct nn_mve_gate {
    int16_t *s;
    const int32_t *bias;
    const int8_t *w;
    int32_t bias_step, mult,
        shift; // bytes to the next block's bias, 0: the same for all; a shift to the right, negative
    const int8_t *x;
    int32_t groups, blocks;
} nn_mve_gate;

#define NN_MVE_ROWS(x) /* a group of four rows */                                                            \
    "vldrb.u8 q2, [r2], #16\n\t"                                                                             \
    "vldrb.u8 q3, [r2], #16\n\t"                                                                             \
    "vmladava.s8 r4, " x ", q2\n\t"                                                                          \
    "vldrb.u8 q2, [r2], #16\n\t"                                                                             \
    "vmladava.s8 r6, " x ", q3\n\t"                                                                          \
    "vldrb.u8 q3, [r2], #16\n\t"                                                                             \
    "vmladava.s8 r8, " x ", q2\n\t"                                                                          \
    "vmladava.s8 r10, " x ", q3\n\t"
#define NN_MVE_RIGHT                                                                                         \
    "vqrdmulh.s32 q2, q2, r5\n\t"                                                                            \
    "vshr.s32 q3, q2, #31\n\t" /* half away from zero */                                                     \
    "vadd.i32 q2, q2, q3\n\t"                                                                                \
    "vrshl.s32 q2, r7\n\t"
#define NN_MVE_LEFT                                                                                          \
    "vshl.s32 q2, r7\n\t"                                                                                    \
    "vqrdmulh.s32 q2, q2, r5\n\t"
#define NN_MVE_GATE(take, sums, requantise, adds)                                                            \
    __asm__ volatile("push {r4-r11, lr}\n\t"                                                                 \
                     "ldm r0, {r0, r1, r2, r3, r5, r7, r9, r11, r12}\n\t" take "dls lr, r12\n"               \
                     "1:\n\t"                                                                                \
                     "ldm r1, {r4, r6, r8, r10}\n\t"                                                         \
                     "add r1, r1, r3\n\t" sums "vmov q2[2], q2[0], r4, r8\n\t"                               \
                     "vmov q2[3], q2[1], r6, r10\n\t" requantise adds "vqmovnb.s32 q2, q2\n\t"               \
                     "vstrh.32 q2, [r0], #8\n\t"                                                             \
                     "le lr, 1b\n\t"                                                                         \
                     "pop {r4-r11, pc}")
#define NN_MVE_ADDS                                                                                          \
    "vldrh.s32 q3, [r0]\n\t"                                                                                 \
    "vadd.i32 q2, q2, q3\n\t"
#define NN_MVE_ONE "vldrb.u8 q0, [r9]\n\t"
#define NN_MVE_TWO NN_MVE_ONE "vldrb.u8 q1, [r9, #16]\n\t"
#define NN_MVE_ANY                                                                                           \
    "mov r12, r11\n"                                                                                         \
    "2:\n\t"                                                                                                 \
    "vldrb.u8 q0, [r9], #16\n\t" NN_MVE_ROWS("q0") "subs r12, #1\n\t"                                        \
                                                   "bne 2b\n\t"                                              \
                                                   "sub r9, r9, r11, lsl #4\n\t"
#define NN_MVE_FUNCTION(name, take, sums, requantise, adds)                                                  \
    NN_ASM void name(const nn_mve_gate *g)                                                                   \
    {                                                                                                        \
        (void)g;                                                                                             \
        NN_MVE_GATE(take, sums, requantise, adds);                                                           \
    }
#define NN_MVE_FUNCTIONS(groups, take, sums)                                                                 \
    NN_MVE_FUNCTION(nn_mve_set_##groups, take, sums, NN_MVE_RIGHT, "")                                       \
    NN_MVE_FUNCTION(nn_mve_add_##groups, take, sums, NN_MVE_RIGHT, NN_MVE_ADDS)                              \
    NN_MVE_FUNCTION(nn_mve_set_left_##groups, take, sums, NN_MVE_LEFT, "")                                   \
    NN_MVE_FUNCTION(nn_mve_add_left_##groups, take, sums, NN_MVE_LEFT, NN_MVE_ADDS)                          \
    NN_INLINE void nn_mve_gate_##groups(const nn_mve_gate *g, int32_t add)                                   \
    {                                                                                                        \
        if (g->shift < 0)                                                                                    \
            add ? nn_mve_add_##groups(g) : nn_mve_set_##groups(g);                                           \
        else                                                                                                 \
            add ? nn_mve_add_left_##groups(g) : nn_mve_set_left_##groups(g);                                 \
    }
NN_MVE_FUNCTIONS(one, NN_MVE_ONE, NN_MVE_ROWS("q0"))
NN_MVE_FUNCTIONS(two, NN_MVE_TWO, NN_MVE_ROWS("q0") NN_MVE_ROWS("q1"))
NN_MVE_FUNCTIONS(any, "", NN_MVE_ANY)
// The same into floats: s[u] = start[u] + scale * (x * row u); s and bias of the struct are those floats, mult the scale's
// bits.
#define NN_MVE_DYN(name, take, sums)                                                                         \
    NN_ASM void name(const nn_mve_gate *g)                                                                   \
    {                                                                                                        \
        (void)g;                                                                                             \
        __asm__ volatile("push {r4-r11, lr}\n\t"                                                             \
                         "ldm r0, {r0, r1, r2, r3, r5, r7, r9, r11, r12}\n\t" take "dls lr, r12\n"           \
                         "1:\n\t"                                                                            \
                         "movs r4, #0\n\t"                                                                   \
                         "movs r6, #0\n\t"                                                                   \
                         "mov r8, #0\n\t"                                                                    \
                         "mov r10, #0\n\t" sums "vmov q2[2], q2[0], r4, r8\n\t"                              \
                         "vmov q2[3], q2[1], r6, r10\n\t"                                                    \
                         "vcvt.f32.s32 q2, q2\n\t"                                                           \
                         "vldrw.u32 q3, [r1], #16\n\t"                                                       \
                         "vfma.f32 q3, q2, r5\n\t"                                                           \
                         "vstrw.32 q3, [r0], #16\n\t"                                                        \
                         "le lr, 1b\n\t"                                                                     \
                         "pop {r4-r11, pc}");                                                                \
    }
NN_MVE_DYN(nn_mve_dyn_one, NN_MVE_ONE, NN_MVE_ROWS("q0"))
NN_MVE_DYN(nn_mve_dyn_two, NN_MVE_TWO, NN_MVE_ROWS("q0") NN_MVE_ROWS("q1"))
NN_MVE_DYN(nn_mve_dyn_any, "", NN_MVE_ANY)
#undef NN_MVE_DYN
#undef NN_MVE_FUNCTIONS
#undef NN_MVE_FUNCTION
#undef NN_MVE_ANY
#undef NN_MVE_TWO
#undef NN_MVE_ONE
#undef NN_MVE_ADDS
#undef NN_MVE_GATE
#undef NN_MVE_LEFT
#undef NN_MVE_RIGHT
#undef NN_MVE_ROWS

#define NN_GATE_FUSED 1
NN_INLINE void nn_gate_fused(const nn_gates *m, int32_t block, const int32_t *bias, const int16_t *wide,
                             int32_t add, int32_t units, int32_t mult, int32_t shift, int16_t *s)
{
    static const int32_t zeros[4];
    const nn_mve_gate g = {s,
                           bias ? bias : zeros,
                           m->w + 4 * NN_GROUP * m->groups * block,
                           bias ? 16 : 0,
                           mult,
                           shift,
                           (const int8_t *)wide,
                           m->groups,
                           nn_fours(units) / 4};
    if (m->groups == 1)
        nn_mve_gate_one(&g, add);
    else if (m->groups == 2)
        nn_mve_gate_two(&g, add);
    else
        nn_mve_gate_any(&g, add);
}

#define NN_GATE_DYN 1
NN_INLINE void nn_gate_dyn(const nn_gates *m, int32_t block, const int16_t *wide, int32_t units, float scale,
                           const float *start, float *s)
{
    nn_mve_gate g = {(int16_t *)(void *)s,
                     (const int32_t *)(const void *)start,
                     m->w + 4 * NN_GROUP * m->groups * block,
                     16,
                     0,
                     0,
                     (const int8_t *)wide,
                     m->groups,
                     nn_fours(units) / 4};
    memcpy(&g.mult, &scale, sizeof scale);
    if (m->groups == 1)
        nn_mve_dyn_one(&g);
    else if (m->groups == 2)
        nn_mve_dyn_two(&g);
    else
        nn_mve_dyn_any(&g);
}
#endif
#endif
