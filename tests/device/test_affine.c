// A product, a sum and a QUANTIZE as one step (src/graph/affine.c, nn_affine): the same bits as one after the other; in
// every layout, and in device/xtensa's plain form.
#define nn_affine_s8 xtensa_affine_s8
#define NN_WINDOW_S8_H // nn_border.h's
#include "../../device/nn_border.h"
#undef NN_WINDOW_S8_H
#include "../../device/xtensa/nn_window_s8.h"
#include "../../device/xtensa/nn_affine_s8.c"
#undef nn_affine_s8
#include "../../src/graph/kernels.h"
#include "device.h"
#include "random.h"
#include <math.h>

enum { STEPS = 20, C = 6 };
static const float edge[] = {0.0f,   -0.0f,    0.5f,     -0.5f,     1.5f,      2.5f,     -2.5f,
                             126.5f, 127.5f,   -128.5f,  255.5f,    -32768.0f, 65536.0f, 1e9f,
                             1e30f,  -3.4e38f, INFINITY, -INFINITY, 1e-40f,    NAN,      -1e-38f};
enum { EDGES = sizeof edge / sizeof *edge };

struct chain { // x -> MUL -> ADD or SUB -> RESHAPE -> QUANTIZE, the first and last perhaps absent
    struct arena a;
    struct rng r;
    struct graph *g;
    struct tensor *x, *y, *product;
    float *factor, *term;
};

static struct tensor *apply(struct chain *c, enum op op, struct tensor *x, struct tensor *other, bool swap)
{
    struct err e = {""};
    struct node *n = graph_add(c->g, &c->a, op, op_def(op)->name, other ? 2 : 1, 1);
    n->in[swap] = x;
    if (other) n->in[!swap] = other;
    if (op == OP_RESHAPE) n->out[0] = tensor_new(&c->a, "joined", F32, 3, (int32_t[]){1, STEPS / 2, 2 * C});
    if (op == OP_QUANTIZE) {
        n->out[0] = tensor_new(&c->a, "y", I8, 0, NULL);
        set_scale(&c->a, n->out[0], 0.037f, 2 - (int)rng_below(&c->r, 100));
    }
    struct tensor *y = graph_apply(c->g, &c->a, n, &e);
    if (!y) test_fail(__FILE__, __LINE__, "%s", e.text);
    return y;
}

static struct chain chain_new(bool mul, enum op sum, bool quantise, int32_t period, uint64_t seed)
{
    struct chain c = {.r = rng_new(seed)};
    c.g = graph_new(&c.a, "chain");
    c.x = c.y = random_input(c.g, &c.a, F32, 3, (int32_t[]){1, STEPS, C}, 0, 0);
    struct tensor *k = random_const(&c.a, &c.r, F32, 1, &period),
                  *t = random_const(&c.a, &c.r, F32, 1, &period);
    c.factor = (float *)(uintptr_t)k->data;
    c.term = (float *)(uintptr_t)t->data;
    if (mul) c.y = c.product = apply(&c, OP_MUL, c.y, k, seed & 1);
    if (sum != OP_COUNT) c.y = apply(&c, sum, c.y, t, sum == OP_ADD && seed & 2);
    if (seed & 4) c.y = apply(&c, OP_RESHAPE, c.y, NULL, false);
    if (quantise) c.y = apply(&c, OP_QUANTIZE, c.y, NULL, false);
    c.g->out = arena_new(&c.a, struct tensor *);
    c.g->out[0] = c.y;
    c.g->nout = 1;
    return c;
}

static const float *numbers(struct chain *c)
{
    float *x = arena_new_n(&c->a, STEPS * C, float);
    for (int i = 0; i < STEPS * C; i++) x[i] = i < 3 * EDGES ? edge[i / 3] : (float)(rng_normal(&c->r) * 3);
    return x;
}

// What the steps one after the other give.
static int8_t quantised(float v, const struct tensor *y)
{
    v /= y->q.scale[0];
    const float lo = (float)(-128 - y->q.zero[0]), hi = (float)(127 - y->q.zero[0]);
    return (int8_t)((int)roundf(!(v > lo) ? lo : v > hi ? hi : v) + y->q.zero[0]);
}

static void check_chain(bool mul, enum op sum, bool quantise, int32_t period, uint64_t seed)
{
    struct chain c = chain_new(mul, sum, quantise, period, seed);
    const float *x = numbers(&c);
    float f[STEPS * C];
    int8_t q[STEPS * C];
    for (int i = 0; i < STEPS * C; i++) {
        f[i] = mul ? x[i] * c.factor[i % period] : x[i];
        if (sum == OP_ADD) f[i] = f[i] + c.term[i % period];
        if (sum == OP_SUB) f[i] = f[i] - c.term[i % period];
        if (quantise) q[i] = quantised(f[i], c.y);
    }
    for (int l = 0; l < device_nlayout; l++) {
        struct err e = {""};
        const struct plan *p = plan_lower(c.g, &device_layouts[l], &c.a, &e);
        CHECK_EQ(p->nstep,
                 device_layouts[l].group == layout_host.group ? mul + (sum != OP_COUNT) + quantise : 1);
        const void *got = device_run(c.g, &device_layouts[l], (const void *const[]){x}, &c.a, &e);
        for (int i = 0; i < STEPS * C; i++) // of one NaN there is one; which, no kernel says
            if (quantise ? ((const int8_t *)got)[i] != q[i]
                         : memcmp((const float *)got + i, &f[i], 4) &&
                               !(f[i] != f[i] && ((const float *)got)[i] != ((const float *)got)[i]))
                test_fail(__FILE__, __LINE__, "layout %d, number %d of seed %d: %g", l, i, (int)seed,
                          (double)x[i]);
    }
    arena_free(&c.a);
}

TEST(device_affine)
{
    for (uint64_t seed = 0; seed < 8; seed++)
        for (int32_t period = 1; period <= C; period += C - 1) {
            check_chain(true, OP_ADD, true, period, seed);
            check_chain(true, OP_SUB, true, period, seed + 100);
            check_chain(true, OP_ADD, false, period, seed + 200);
            check_chain(true, OP_COUNT, true, period, seed + 300);
            check_chain(false, OP_SUB, true, period, seed + 400);
        }
}

// Somebody else reads what is in between: three steps.
TEST(device_affine_only_reader)
{
    struct chain c = chain_new(true, OP_ADD, true, C, 1);
    struct err e = {""};
    c.g->out = arena_new_n(&c.a, 2, struct tensor *);
    c.g->out[0] = c.y, c.g->out[1] = c.product;
    c.g->nout = 2;
    const struct plan *p = plan_lower(c.g, &layout_plain, &c.a, &e);
    CHECK_EQ(p->nstep, 2); // ADD and QUANTIZE alone
    CHECK(p->step[0].k == &kernel_nn_mul_f32 && p->step[1].k == &kernel_nn_affine_s8);
    arena_free(&c.a);
}

// A pushed sample is kept as int8 where its numbers do not depend on which sample it is.
TEST(device_affine_window)
{
    for (int i = 0; i < 2; i++) {
        struct chain c = chain_new(true, OP_ADD, true, C, 4);
        struct err e = {""};
        int steps;
        if (i) c.g->in[0]->dim[1] = 2 * STEPS, c.g->in[0]->dim[2] = C / 2;
        const struct plan *p = plan_lower(c.g, &layout_plain, &c.a, &e);
        CHECK_EQ(plan_window(p, &steps)->t->type, i ? F32 : I8);
        CHECK_EQ(steps, i ? 0 : 1);
        CHECK_EQ(plan_window_bytes(p, true), (i ? 4 : 1) * STEPS * C);
        arena_free(&c.a);
    }
}

TEST(device_affine_xtensa)
{
    for (int seed = 0; seed < 300; seed++) {
        struct rng r = rng_new((uint64_t)seed);
        const float scale = ldexpf(rng_uniform(&r, 0.5f, 1.0f), PICK(-8, 2));
        nn_affine p = {PICK(1, 40), PICK(1, 9), 0, PICK(-128, 127)};
        memcpy(&p.scale_bits, &scale, sizeof scale);
        const int n = p.rows * p.c;
        float *x = malloc((size_t)n * 4), factor[9], term[9];
        int8_t *want = malloc((size_t)n), *got = malloc((size_t)n);
        for (int k = 0; k < 9; k++) factor[k] = k ? rng_normal(&r) : scale, term[k] = k ? rng_normal(&r) : 0;
        for (int i = 0; i < n; i++)
            x[i] = PICK(0, 3)   ? rng_normal(&r) * 2
                   : PICK(0, 1) ? (float)PICK(-300, 300) / 2
                                : edge[PICK(0, EDGES - 1)];
        nn_affine_s8_call(&p, (void *[]){x, factor, term, want});
        xtensa_affine_s8(&p, x, factor, term, got);
        for (int i = 0; i < n; i++)
            if (want[i] != got[i])
                test_fail(__FILE__, __LINE__, "seed %d: %g gives %d, not %d", seed, (double)x[i], got[i],
                          want[i]);
        free(x), free(want), free(got);
    }
}
