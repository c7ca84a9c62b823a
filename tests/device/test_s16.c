// int16 activations with int8 weights, against naive loops written from TensorFlow Lite's definitions, to the bit.
// Logistic, tanh and softmax are compared with LiteRT's outputs in tests/golden.
#include "one.h"

// MultiplyByQuantizedMultiplier of int64.
static int64_t spec_wide(int64_t x, double real)
{
    int shift = 0;
    int64_t mult = llround(frexp(real, &shift) * (double)(1ll << 31));
    if (mult == 1ll << 31) mult /= 2, shift++;
    const int64_t reduced = mult < 0x7fff0000 ? (mult + (1 << 15)) >> 16 : 0x7fff;
    return (int32_t)((x * reduced + (1ll << (14 - shift))) >> (15 - shift));
}

static int16_t finish(int64_t v, enum act act, float scale)
{
    const int64_t lo = act == ACT_NONE ? -32768 : 0, six = (int64_t)roundf(6 / scale);
    const int64_t hi = act == ACT_RELU6 && six < 32767 ? six : 32767;
    return (int16_t)(v < lo ? lo : v > hi ? hi : v);
}

struct layer_case {
    enum op op;
    int h, w, c, kh, kw, out, stride, dil, pad;
    enum act act;
};
static const struct layer_case layers[] = {
    {OP_CONV_2D, 1, 20, 6, 1, 5, 8, 1, 1, 0, ACT_RELU},
    {OP_CONV_2D, 1, 21, 3, 1, 3, 5, 2, 1, 1, ACT_NONE},           // channels that fill no block
    {OP_CONV_2D, 5, 7, 2, 3, 4, 9, 1, 2, 2, ACT_RELU6},           // two dimensions, dilated
    {OP_CONV_2D, 1, 3, 300, 1, 3, 5, 1, 1, 1, ACT_NONE},          // runs longer than 32 bits hold
    {OP_DEPTHWISE_CONV_2D, 1, 20, 6, 1, 3, 6, 1, 1, 1, ACT_RELU}, //
    {OP_DEPTHWISE_CONV_2D, 4, 9, 2, 3, 2, 6, 2, 2, 2, ACT_NONE},  // a multiplier of 3
    {OP_DENSE, 3, 1, 37, 1, 1, 11, 1, 1, 0, ACT_NONE},
    {OP_DENSE, 1, 1, 1500, 1, 1, 3, 1, 1, 0, ACT_RELU},
};

static int64_t sum_of(const struct layer_case *c, const int16_t *x, const int8_t *w, int oy, int ox, int o)
{
    const int mul = c->out / c->c;
    int64_t sum = 0;
    for (int ky = 0; ky < c->kh; ky++)
        for (int kx = 0; kx < c->kw; kx++) {
            const int iy = oy * c->stride - (c->kh > 1 ? c->pad : 0) + ky * c->dil;
            const int ix = ox * c->stride - c->pad + kx * c->dil;
            if (iy < 0 || iy >= c->h || ix < 0 || ix >= c->w) continue;
            const int16_t *in = x + (iy * c->w + ix) * c->c;
            if (c->op == OP_DEPTHWISE_CONV_2D)
                sum += (int64_t)in[o / mul] * w[(ky * c->kw + kx) * c->out + o];
            else
                for (int i = 0; i < c->c; i++)
                    sum += (int64_t)in[i] * w[((o * c->kh + ky) * c->kw + kx) * c->c + i];
        }
    return sum;
}

static void check_layer(const struct layer_case *c, int layout, bool per_channel, uint64_t seed)
{
    struct one o = one_new(c->op, 3, seed);
    const bool depthwise = c->op == OP_DEPTHWISE_CONV_2D, dense = c->op == OP_DENSE;
    one_in(&o, 0, I16, dense ? 2 : 4, dense ? (int32_t[]){c->h, c->c} : (int32_t[]){1, c->h, c->w, c->c},
           3e-4f, 0);
    const int32_t wd[4] = {depthwise ? 1 : c->out, c->kh, c->kw, depthwise ? c->out : c->c};
    struct tensor *w = random_const(&o.a, &o.r, I8, dense ? 2 : 4, dense ? (int32_t[]){c->out, c->c} : wd);
    set_scales(&o.a, &o.r, w, per_channel ? c->out : 1, depthwise ? 3 : 0, 0.01f);
    o.n->in[1] = w;
    o.n->in[2] = random_const(&o.a, &o.r, I64, 1, (int32_t[]){c->out});
    if (dense)
        o.n->as.dense.act = c->act;
    else
        o.n->as.conv = (struct conv){.stride = {c->stride, c->stride},
                                     .dilation = {c->dil, c->dil},
                                     .pad = {c->kh > 1 ? c->pad : 0, c->pad, c->kh > 1 ? c->pad : 0, c->pad},
                                     .act = c->act};
    const float ys = 3e-4f * 0.01f * 40 * sqrtf((float)(c->kh * c->kw * c->c));
    struct tensor *y = one_out(&o, I16, ys, 0);
    int16_t *want = arena_new_n(&o.a, (size_t)tensor_count(y), int16_t);
    for (int i = 0; i < (int)tensor_count(y); i++) {
        const int k = i % c->out, at = i / c->out, width = dense ? 1 : y->dim[2];
        const float ws = w->q.scale[per_channel ? k : 0];
        const double in = dense && !per_channel ? (double)(3e-4f * ws) : (double)3e-4f * (double)ws;
        const int64_t sum = sum_of(c, o.x[0], w->data, at / width, at % width, k);
        want[i] =
            finish(spec_wide(sum + ((const int64_t *)o.n->in[2]->data)[k], in / (double)ys), c->act, ys);
    }
    int16_t *got = device_run(o.g, &device_layouts[layout], (const void *const *)o.x, &o.a, &o.e);
    if (!got)
        test_fail(__FILE__, __LINE__, "%s: %s", op_def(c->op)->name, o.e.text);
    else
        check_same(op_def(c->op)->name, y, want, got);
    arena_free(&o.a);
}

TEST(device_s16_layers)
{
    for (int i = 0; i < (int)(sizeof layers / sizeof *layers); i++)
        for (int l = 0; l < device_nlayout; l++)
            check_layer(&layers[i], l, (i + l) % 3 != 0, (uint64_t)(i * 16 + l));
}

TEST(device_s16_layers_take_the_largest_sums)
{
    struct one o = one_new(OP_DENSE, 2, 1);
    enum { TAPS = 1 << 16 };
    one_in(&o, 0, I16, 2, (int32_t[]){1, TAPS}, 1e-4f, 0);
    int8_t *w = arena_alloc(&o.a, 2 * TAPS);
    for (int i = 0; i < TAPS; i++) ((int16_t *)o.x[0])[i] = -32768, w[i] = -127, w[TAPS + i] = 127;
    o.n->in[1] = tensor_const(&o.a, "w", I8, 2, (int32_t[]){2, TAPS}, w);
    set_scale(&o.a, o.n->in[1], 1e-4f, 0);
    const float ys = 1e-8f * 127 * TAPS; // so that the sums are +-32768
    struct tensor *y = one_out(&o, I16, ys, 0);
    const int64_t sum = 32768ll * 127 * TAPS;
    const double real = (double)(1e-4f * 1e-4f) / (double)ys;
    const int16_t want[2] = {finish(spec_wide(sum, real), ACT_NONE, ys),
                             finish(spec_wide(-sum, real), ACT_NONE, ys)};
    check_same("the largest sums", y, want, one_run(&o, false));
    arena_free(&o.a);
}

static void check_binary(enum op op, enum act act, uint64_t seed)
{
    struct one o = one_new(op, 2, seed);
    const float s[2] = {rng_uniform(&o.r, 1e-4f, 1e-3f), rng_uniform(&o.r, 1e-4f, 1e-3f)};
    one_in(&o, 0, I16, 3, (int32_t[]){3, 4, 5}, s[0], 0);
    one_in(&o, 1, I16, 2, (int32_t[]){4, 1}, s[1], 0); // broadcast
    const float ys = op == OP_MUL ? s[0] * s[1] * 20000 : (s[0] + s[1]) * 0.6f;
    o.n->as.binary.act = act;
    struct tensor *y = one_out(&o, I16, ys, 0);
    int16_t want[60];
    const double twice = 2 * (double)fmaxf(s[0], s[1]);
    for (int i = 0; i < 60; i++) {
        const int u = ((int16_t *)o.x[0])[i], v = ((int16_t *)o.x[1])[i / 5 % 4];
        int r;
        if (op == OP_MUL)
            r = spec_multiply(u * v, (double)s[0] * (double)s[1] / (double)ys);
        else {
            const int su = spec_multiply(u * (1 << 15), (double)s[0] / twice);
            const int sv = spec_multiply(v * (1 << 15), (double)s[1] / twice);
            r = spec_multiply(op == OP_ADD ? su + sv : su - sv, twice / ((1 << 15) * (double)ys));
        }
        want[i] = finish(r, act, ys);
    }
    check_same(op_def(op)->name, y, want, one_run(&o, false));
    arena_free(&o.a);
}

TEST(device_s16_binary)
{
    static const enum op ops[] = {OP_ADD, OP_SUB, OP_MUL};
    for (int i = 0; i < 27; i++) check_binary(ops[i % 3], (enum act)(i / 3 % 3), (uint64_t)i);
}

static void check_pool(enum op op, uint64_t seed)
{
    struct one o = one_new(op, 1, seed);
    enum { H = 4, W = 9, C = 3 };
    one_in(&o, 0, I16, 4, (int32_t[]){1, H, W, C}, 2e-4f, 0);
    o.n->as.pool = (struct pool){{2, 3}, {1, 2}, {1, 1, 0, 1}, seed % 2 ? ACT_RELU6 : ACT_NONE};
    struct tensor *y = one_out(&o, I16, 2e-4f, 0);
    int16_t *want = arena_new_n(&o.a, (size_t)tensor_count(y), int16_t);
    for (int i = 0; i < (int)tensor_count(y); i++) {
        const int ch = i % C, ox = i / C % y->dim[2], oy = i / C / y->dim[2];
        int most = -32768, sum = 0, count = 0;
        for (int iy = oy - 1; iy < oy + 1; iy++)
            for (int ix = ox * 2 - 1; ix < ox * 2 + 2; ix++) {
                if (iy < 0 || iy >= H || ix < 0 || ix >= W) continue;
                const int v = ((int16_t *)o.x[0])[(iy * W + ix) * C + ch];
                most = v > most ? v : most;
                sum += v;
                count++;
            }
        const int64_t v = op == OP_MAX_POOL_2D ? most : (int64_t)round((double)sum / count);
        want[i] = finish(v, o.n->as.pool.act, 2e-4f);
    }
    check_same(op_def(op)->name, y, want, one_run(&o, false));
    arena_free(&o.a);
}

TEST(device_s16_pool)
{
    for (uint64_t i = 0; i < 4; i++) {
        check_pool(OP_MAX_POOL_2D, i);
        check_pool(OP_AVERAGE_POOL_2D, i);
    }
}

TEST(device_s16_rescales)
{
    static const struct {
        enum op op;
        float alpha;
    } cases[] = {
        {OP_RELU, 0}, {OP_RELU6, 0}, {OP_LEAKY_RELU, 0.3f}, {OP_LEAKY_RELU, -0.2f}, {OP_QUANTIZE, 0}};
    for (int k = 0; k < 5; k++) {
        struct one o = one_new(cases[k].op, 1, (uint64_t)k);
        enum { N = 65536 };
        const float xs = 3e-4f, ys = 2.3e-4f, r = xs / ys;
        one_in(&o, 0, I16, 1, (int32_t[]){N}, xs, 0);
        for (int i = 0; i < N; i++) ((int16_t *)o.x[0])[i] = (int16_t)(i - 32768);
        if (cases[k].op == OP_LEAKY_RELU) o.n->as.alpha.alpha = cases[k].alpha;
        o.n->out[0] = tensor_new(&o.a, "y", I16, 0, NULL);
        set_scale(&o.a, o.n->out[0], ys, 0);
        struct tensor *y = one_out(&o, I16, ys, 0);
        int16_t *want = arena_new_n(&o.a, N, int16_t);
        for (int i = 0; i < N; i++) {
            const int q = i - 32768;
            const double real = cases[k].op == OP_QUANTIZE ? (double)xs / (double)ys : (double)r;
            int v = spec_multiply(q, real);
            if (cases[k].op == OP_LEAKY_RELU && q < 0) {
                v = spec_multiply(q, fabs((double)(xs * cases[k].alpha / ys)));
                if (cases[k].alpha < 0) v = -v;
            }
            want[i] = finish(v,
                             cases[k].op == OP_RELU    ? ACT_RELU
                             : cases[k].op == OP_RELU6 ? ACT_RELU6
                                                       : ACT_NONE,
                             ys);
        }
        check_same(op_def(cases[k].op)->name, y, want, one_run(&o, false));
        arena_free(&o.a);
    }
}

TEST(device_s16_curves_are_near_the_functions)
{
    static const enum op ops[] = {OP_LOGISTIC, OP_TANH};
    static const float scales[] = {0x1p-12f, 0x1p-11f, 1e-4f, 7e-4f, 0.003f, 0.9f};
    enum { N = 65536 };
    for (int k = 0; k < 12; k++) {
        struct one o = one_new(ops[k % 2], 1, 1);
        const float xs = scales[k / 2];
        one_in(&o, 0, I16, 1, (int32_t[]){N}, xs, 0);
        for (int i = 0; i < N; i++) ((int16_t *)o.x[0])[i] = (int16_t)(i - 32768);
        one_out(&o, I16, 1.0f / 32768, 0);
        const int16_t *y = one_run(&o, false);
        double worst = 0;
        for (int i = 0; i < N; i++) {
            const double v = (double)xs * (i - 32768), f = k % 2 ? tanh(v) : 1 / (1 + exp(-v));
            worst = fmax(worst, fabs(f - y[i] / 32768.0));
        }
        CHECK(worst < 1.5e-4); // the line between entries, 10.7 where it ends, steps of 2^-15
        arena_free(&o.a);
    }
}

TEST(device_s16_softmax_is_near_the_function)
{
    for (int classes = 1; classes < 20; classes++) {
        struct one o = one_new(OP_SOFTMAX, 1, (uint64_t)classes);
        o.n->as.softmax.beta = 1;
        one_in(&o, 0, I16, 2, (int32_t[]){3, classes}, 1.2e-4f, 0);
        one_out(&o, I16, 1.0f / 32768, 0);
        const int16_t *y = one_run(&o, false), *x = o.x[0];
        for (int r = 0; r < 3; r++) {
            double sum = 0;
            for (int i = 0; i < classes; i++) sum += exp((double)1.2e-4f * x[r * classes + i]);
            for (int i = 0; i < classes; i++)
                CHECK_NEAR(exp((double)1.2e-4f * x[r * classes + i]) / sum, y[r * classes + i] / 32768.0,
                           2e-4);
        }
        arena_free(&o.a);
    }
}

TEST(device_s16_refuses)
{
    struct one o = one_new(OP_ADD, 2, 1);
    one_in(&o, 0, I16, 1, (int32_t[]){4}, 0.1f, 0);
    one_in(&o, 1, I16, 1, (int32_t[]){4}, 0.1f, 3);
    one_out(&o, I16, 0.1f, 0);
    one_refused(&o, "int16 with the zero point 3; it must be 0");
    arena_free(&o.a);
    o = one_new(OP_TANH, 1, 1);
    one_in(&o, 0, I16, 1, (int32_t[]){4}, 0.1f, 0);
    one_out(&o, I16, 0.1f, 0);
    one_refused(&o, "its output wants the scale 1/32768");
    arena_free(&o.a);
    o = one_new(OP_ELU, 1, 1);
    one_in(&o, 0, I16, 1, (int32_t[]){4}, 0.1f, 0);
    one_out(&o, I16, 0.1f, 0);
    one_refused(&o, "it has no int16 form");
    arena_free(&o.a);
}
