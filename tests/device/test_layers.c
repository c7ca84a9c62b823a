// Convolution, depthwise convolution and dense, in float, int8 and dynamic: against naive loops written from
// TensorFlow Lite's specification, in every layout, to the bit.
#include "device.h"
#include "random.h"
#include <math.h>
#include <stdio.h>

struct conv_case {
    int h, w, c, kh, kw, out, sh, sw, dh, dw, pad[4];
    enum act act;
    const char *why;
};
static const struct conv_case cases[] = {
    {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, {0}, ACT_NONE, "the smallest"},
    {1, 20, 6, 1, 5, 8, 1, 1, 1, 1, {0}, ACT_RELU, "first layer of a HAR network"},
    {1, 20, 6, 1, 5, 8, 1, 1, 1, 1, {0, 2, 0, 2}, ACT_RELU, "the same with padding"},
    {1, 21, 3, 1, 3, 5, 1, 2, 1, 1, {0, 1, 0, 1}, ACT_NONE, "odd channels, stride, channels fill no block"},
    {1, 17, 2, 1, 3, 7, 1, 1, 1, 4, {0, 4, 0, 4}, ACT_RELU6, "dilated, padding of a whole tap"},
    {1, 9, 1, 1, 4, 3, 1, 3, 1, 2, {0, 0, 0, 5}, ACT_NONE, "padding on one side only"},
    {6, 7, 3, 3, 3, 4, 1, 1, 1, 1, {1, 1, 1, 1}, ACT_RELU, "two dimensions"},
    {5, 5, 2, 2, 4, 6, 2, 1, 2, 1, {1, 0, 0, 3}, ACT_NONE, "unlike in every dimension"},
    {3, 2, 4, 5, 5, 9, 1, 1, 1, 1, {2, 2, 2, 2}, ACT_RELU, "a kernel larger than the image"},
    {1, 4, 8, 1, 1, 17, 1, 1, 1, 1, {0}, ACT_NONE, "pointwise, one channel in the last block"},
    {4, 1, 2, 3, 1, 33, 1, 1, 1, 1, {1, 0, 1, 0}, ACT_RELU6, "width 1, more than two blocks"},
    {1, 6, 2, 1, 2, 4, 1, 1, 1, 1, {0, 3, 0, 3}, ACT_NONE, "windows wholly in the padding"},
    {1, 40, 16, 1, 5, 16, 1, 1, 1, 1, {0}, ACT_RELU, "whole blocks"},
};
enum { NCASE = sizeof cases / sizeof *cases };
enum kind { KIND_F32, KIND_S8, KIND_DYN, NKIND };
static const char *const kind_name[] = {"f32", "s8", "dyn"};

struct row { // an activation quantised on the fly, as LiteRT's PortableAsymmetricQuantizeFloats
    float scale;
    int zero;
    int8_t *q;
};

static struct row quantize_row(struct arena *a, const float *x, int n, bool asymmetric)
{
    struct row r = {1, 0, arena_alloc(a, (size_t)n)};
    float lo = 0, hi = 0;
    for (int i = 0; i < n; i++) lo = fminf(lo, x[i]), hi = fmaxf(hi, x[i]);
    if (lo == hi) return r;
    float inverse;
    if (asymmetric) {
        const double scale = ((double)hi - lo) / (127.0 - -128.0);
        const double from_lo = -128.0 - lo / scale, from_hi = 127.0 - hi / scale;
        const double z = fabs(-128.0) + fabs(lo / scale) < fabs(127.0) + fabs(hi / scale) ? from_lo : from_hi;
        r.zero = z <= -128 ? -128 : z >= 127 ? 127 : (int)round(z);
        r.scale = (float)scale;
        inverse = 1.0f / r.scale;
    } else {
        const float range = fmaxf(-lo, hi);
        r.scale = range / 127;
        inverse = 127 / range;
    }
    for (int i = 0; i < n; i++)
        r.q[i] =
            (int8_t)spec_clamp((int)roundf((float)r.zero + x[i] * inverse), asymmetric ? -128 : -127, 127);
    return r;
}

static float act_f32(float v, enum act act)
{
    return act == ACT_NONE ? v : act == ACT_RELU ? fmaxf(v, 0) : fminf(fmaxf(v, 0), 6);
}

static int8_t output_s8(int32_t acc, const struct node *n, int o)
{
    const struct tensor *x = n->in[0], *w = n->in[1], *y = n->out[0];
    const enum act act = n->op == OP_DENSE ? n->as.dense.act : n->as.conv.act;
    const float ws = w->q.scale[w->q.n > 1 ? o : 0], ys = y->q.scale[0];
    const double in =
        n->op == OP_DENSE && w->q.n == 1 ? (double)(x->q.scale[0] * ws) : (double)x->q.scale[0] * ws;
    const int zero = y->q.zero[0], v = spec_multiply(acc, in / (double)ys) + zero;
    const int lo = act == ACT_NONE ? -128 : zero, six = zero + (int)roundf(6 / ys);
    return (int8_t)spec_clamp(v, lo, act == ACT_RELU6 && six < 127 ? six : 127);
}

// One output channel from its products: n pairs (x, w) that lie inside the image, in order.
struct sum {
    float f;
    int32_t i;
};
static void sum_add(struct sum *s, enum kind kind, bool fma_, float xf, int xq, const void *w, size_t at)
{
    if (kind == KIND_F32) {
        const float wf = ((const float *)w)[at];
        if (fma_)
            s->f = fmaf(xf, wf, s->f);
        else
            s->f += xf * wf;
    } else
        s->i += xq * ((const int8_t *)w)[at];
}

static void finish(const struct node *n, enum kind kind, bool fma_, struct sum s, int o, float x_scale,
                   void *y, size_t at)
{
    const enum act act = n->op == OP_DENSE ? n->as.dense.act : n->as.conv.act;
    if (kind == KIND_F32) ((float *)y)[at] = act_f32(s.f, act);
    if (kind == KIND_S8) ((int8_t *)y)[at] = output_s8(s.i, n, o);
    if (kind == KIND_DYN) {
        const float ws = n->in[1]->q.scale[n->in[1]->q.n > 1 ? o : 0], b = ((const float *)n->in[2]->data)[o];
        const float m = n->op == OP_DENSE ? (float)s.i : (float)s.i * ws;
        const float k = n->op == OP_DENSE ? x_scale * ws : x_scale;
        ((float *)y)[at] = act_f32(fma_ ? fmaf(m, k, b) : m * k + b, act);
    }
}

static void naive_conv(const struct node *n, enum kind kind, bool fma_, const void *x, void *y,
                       struct arena *a)
{
    const struct tensor *tx = n->in[0], *w = n->in[1], *ty = n->out[0];
    const struct conv *c = &n->as.conv;
    const bool deep = n->op == OP_DEPTHWISE_CONV_2D;
    const int H = tx->dim[1], W = tx->dim[2], C = tx->dim[3], O = ty->dim[3], ci = deep ? 1 : C;
    for (int b = 0; b < tx->dim[0]; b++) {
        const size_t first = (size_t)b * (size_t)(H * W * C);
        struct row r = {1, 0, NULL};
        if (kind == KIND_DYN) r = quantize_row(a, (const float *)x + first, H * W * C, deep || w->q.n > 1);
        for (int oy = 0; oy < ty->dim[1]; oy++)
            for (int ox = 0; ox < ty->dim[2]; ox++)
                for (int o = 0; o < O; o++) {
                    struct sum s = {kind == KIND_F32 ? ((const float *)n->in[2]->data)[o] : 0,
                                    kind == KIND_S8 ? ((const int32_t *)n->in[2]->data)[o] : 0};
                    for (int ky = 0; ky < w->dim[1]; ky++)
                        for (int kx = 0; kx < w->dim[2]; kx++)
                            for (int i = 0; i < ci; i++) {
                                const int iy = oy * c->stride[0] - c->pad[0] + ky * c->dilation[0];
                                const int ix = ox * c->stride[1] - c->pad[1] + kx * c->dilation[1];
                                if (iy < 0 || iy >= H || ix < 0 || ix >= W) continue;
                                const size_t p = (size_t)((iy * W + ix) * C + (deep ? o / (O / C) : i));
                                const int q = kind == KIND_S8 ? ((const int8_t *)x)[first + p] - tx->q.zero[0]
                                              : kind == KIND_DYN ? r.q[p] - r.zero
                                                                 : 0;
                                const int tap = ky * w->dim[2] + kx;
                                sum_add(
                                    &s, kind, fma_, kind == KIND_F32 ? ((const float *)x)[first + p] : 0, q,
                                    w->data,
                                    (size_t)(deep ? tap * O + o : (o * w->dim[1] * w->dim[2] + tap) * C + i));
                            }
                    finish(n, kind, fma_, s, o, r.scale, y,
                           (size_t)(((b * ty->dim[1] + oy) * ty->dim[2] + ox) * O + o));
                }
    }
}

static void naive_dense(const struct node *n, enum kind kind, bool fma_, const void *x, void *y,
                        struct arena *a)
{
    const struct tensor *tx = n->in[0], *w = n->in[1];
    const int K = w->dim[1], O = w->dim[0], rows = (int)(tensor_count(tx) / K);
    for (int r = 0; r < rows; r++) {
        struct row q = {1, 0, NULL};
        if (kind == KIND_DYN) q = quantize_row(a, (const float *)x + r * K, K, n->as.dense.asymmetric_inputs);
        for (int o = 0; o < O; o++) {
            struct sum s = {kind == KIND_F32 ? ((const float *)n->in[2]->data)[o] : 0,
                            kind == KIND_S8 ? ((const int32_t *)n->in[2]->data)[o] : 0};
            for (int i = 0; i < K; i++)
                sum_add(&s, kind, fma_, kind == KIND_F32 ? ((const float *)x)[r * K + i] : 0,
                        kind == KIND_S8    ? ((const int8_t *)x)[r * K + i] - tx->q.zero[0]
                        : kind == KIND_DYN ? q.q[i] - q.zero
                                           : 0,
                        w->data, (size_t)(o * K + i));
            finish(n, kind, fma_, s, o, q.scale, y, (size_t)(r * O + o));
        }
    }
}

typedef void naive_fn(const struct node *, enum kind, bool, const void *, void *, struct arena *);

// Gives the node its weights, bias, output; runs it in every layout.
static void check_layer(struct graph *g, struct node *n, struct arena *a, struct rng *r, enum kind kind,
                        int rank, const int32_t *wdim, int out, int axis, int taps, naive_fn *naive,
                        const char *why)
{
    struct err e = {""};
    n->in[1] = random_const(a, r, kind == KIND_F32 ? F32 : I8, rank, wdim);
    n->in[2] = random_const(a, r, kind == KIND_S8 ? I32 : F32, 1, (int32_t[]){out});
    if (kind != KIND_F32 && !rng_below(r, 4)) // no converter writes -128; such weights are taken, too
        for (int64_t i = 0; i < tensor_count(n->in[1]); i++)
            if (!rng_below(r, 3)) ((int8_t *)(uintptr_t)n->in[1]->data)[i] = -128;
    if (kind != KIND_F32) set_scales(a, r, n->in[1], rng_below(r, 3) ? out : 1, axis, 0.01f);
    n->out[0] = tensor_new(a, "y", kind == KIND_S8 ? I8 : F32, 0, NULL);
    // about one value in six saturates
    if (kind == KIND_S8)
        set_scale(a, n->out[0], 0.02f * 0.01f * 80.0f * sqrtf((float)taps), (int)rng_below(r, 200) - 100);
    if (!op_def(n->op)->infer(n, &e)) test_fail(__FILE__, __LINE__, "%s: %s", why, e.text);
    g->out = arena_new(a, struct tensor *);
    g->out[0] = n->out[0];
    g->nout = 1;
    const void *x = random_bytes(a, r, n->in[0]);
    if (kind != KIND_S8 && !rng_below(r, 8))
        memset((void *)(uintptr_t)x, 0, (size_t)tensor_bytes(n->in[0])); // no range
    void *want = arena_alloc(a, (size_t)tensor_bytes(n->out[0]));
    for (int l = 0; l < device_nlayout; l++) {
        const struct layout *layout = &device_layouts[l];
        char what[160];
        snprintf(what, sizeof what, "%s %s, layout %d (%s)", op_def(n->op)->name, kind_name[kind], l, why);
        naive(n, kind, layout->fma, x, want, a);
        void *got = device_run(g, layout, &x, a, &e);
        if (!got) {
            test_fail(__FILE__, __LINE__, "%s: %s", what, e.text);
            return;
        }
        check_same(what, n->out[0], want, got);
    }
}

static void check_conv(const struct conv_case *c, enum kind kind, int batch, int mul, uint64_t seed)
{
    struct arena a = {0};
    struct rng r = rng_new(seed);
    struct graph *g = graph_new(&a, "one");
    struct node *n = graph_add(g, &a, mul ? OP_DEPTHWISE_CONV_2D : OP_CONV_2D, "conv", 3, 1);
    const int out = mul ? c->c * mul : c->out;
    n->in[0] = random_input(g, &a, kind == KIND_S8 ? I8 : F32, 4, (int32_t[]){batch, c->h, c->w, c->c}, 0.02f,
                            (int)rng_below(&r, 256) - 128);
    n->as.conv =
        (struct conv){{c->sh, c->sw}, {c->dh, c->dw}, {c->pad[0], c->pad[1], c->pad[2], c->pad[3]}, c->act};
    if (mul)
        check_layer(g, n, &a, &r, kind, 4, (int32_t[]){1, c->kh, c->kw, out}, out, 3, c->kh * c->kw,
                    naive_conv, c->why);
    else
        check_layer(g, n, &a, &r, kind, 4, (int32_t[]){out, c->kh, c->kw, c->c}, out, 0, c->kh * c->kw * c->c,
                    naive_conv, c->why);
    arena_free(&a);
}

TEST(device_conv2d)
{
    for (int i = 0; i < NCASE; i++)
        for (int k = 0; k < NKIND; k++)
            check_conv(&cases[i], (enum kind)k, 1 + i % 2, 0, (uint64_t)(i * 3 + k));
}

TEST(device_depthwise)
{
    for (int i = 0; i < NCASE; i++)
        for (int k = 0; k < NKIND; k++)
            check_conv(&cases[i], (enum kind)k, 1 + i % 2, 1 + i % 3, (uint64_t)(1000 + i * 3 + k));
}

// Shapes nobody thought of.
TEST(device_conv2d_random)
{
    for (uint64_t seed = 0; seed < 150; seed++) {
        struct rng r = rng_new(seed + 5000);
        struct conv_case c = {.h = PICK(1, 5),
                              .w = PICK(1, 24),
                              .c = PICK(1, 9),
                              .kh = PICK(1, 3),
                              .kw = PICK(1, 5),
                              .out = PICK(1, 37),
                              .sh = PICK(1, 2),
                              .sw = PICK(1, 3),
                              .dh = PICK(1, 2),
                              .dw = PICK(1, 3),
                              .pad = {PICK(0, 2), PICK(0, 4), PICK(0, 2), PICK(0, 4)},
                              .act = (enum act)PICK(0, 2),
                              .why = "random"};
        if ((c.kh - 1) * c.dh >= c.h + c.pad[0] + c.pad[2] || (c.kw - 1) * c.dw >= c.w + c.pad[1] + c.pad[3])
            continue;
        check_conv(&c, (enum kind)PICK(0, 2), 1, PICK(0, 2), seed);
    }
}

TEST(device_dense)
{
    static const struct {
        int rows, k, out;
        enum act act;
        const char *why;
    } dense[] = {
        {1, 1, 1, ACT_NONE, "the smallest"},    {1, 64, 6, ACT_NONE, "a classifier"},
        {3, 7, 5, ACT_RELU, "several rows"},    {1, 33, 17, ACT_RELU6, "one channel in the last block"},
        {2, 128, 32, ACT_RELU, "whole blocks"}, {1, 2048, 4, ACT_NONE, "long"}};
    for (int i = 0; i < (int)(sizeof dense / sizeof *dense); i++)
        for (int k = 0; k < 2 * NKIND; k++) {
            const enum kind kind = (enum kind)(k / 2);
            struct arena a = {0};
            struct rng r = rng_new((uint64_t)(2000 + i * 8 + k));
            struct graph *g = graph_new(&a, "one");
            struct node *n = graph_add(g, &a, OP_DENSE, "dense", 3, 1);
            n->in[0] =
                random_input(g, &a, kind == KIND_S8 ? I8 : F32, 2, (int32_t[]){dense[i].rows, dense[i].k},
                             0.02f, (int)rng_below(&r, 256) - 128);
            n->as.dense.act = dense[i].act;
            n->as.dense.asymmetric_inputs = k % 2;
            check_layer(g, n, &a, &r, kind, 2, (int32_t[]){dense[i].out, dense[i].k}, dense[i].out, 0,
                        dense[i].k, naive_dense, dense[i].why);
            arena_free(&a);
        }
}
