// Ops of single values and pairs, softmax, normalisation, quantising.
#include "one.h"

static const int32_t shapes[][3][4] = {
    // out of rank 4 from a and b; leading zeros of a shape: fewer dimensions
    {{1, 1, 9, 5}, {1, 1, 9, 5}, {1, 1, 9, 5}}, // alike
    {{2, 3, 4, 5}, {0, 0, 0, 5}, {2, 3, 4, 5}}, // a channel's constant
    {{1, 1, 1, 1}, {2, 3, 4, 5}, {2, 3, 4, 5}}, // a scalar first
    {{2, 1, 4, 1}, {1, 3, 1, 5}, {2, 3, 4, 5}}, // every other dimension
    {{2, 3, 1, 5}, {2, 1, 4, 5}, {2, 3, 4, 5}}, // neighbours joined at the end only
};

static void check_binary(int shape, enum op op, enum dtype type, enum act act, uint64_t seed)
{
    struct one o = one_new(op, 2, seed);
    int32_t d[2][4], rank[2];
    float s[3];
    int z[3];
    for (int k = 0; k < 2; k++) {
        rank[k] = 0;
        for (int i = 0; i < 4; i++)
            if (shapes[shape][k][i]) d[k][rank[k]++] = shapes[shape][k][i];
        s[k] = rng_uniform(&o.r, 0.01f, 0.1f);
        z[k] = (int)rng_below(&o.r, 256) - 128;
        one_in(&o, k, type, rank[k], d[k], s[k], z[k]);
    }
    s[2] = op == OP_MUL ? s[0] * s[1] * 90 : (s[0] + s[1]) * 0.6f;
    z[2] = (int)rng_below(&o.r, 256) - 128;
    o.n->as.binary.act = act;
    struct tensor *y = one_out(&o, type, s[2], z[2]);
    const int n = (int)tensor_count(y);
    float *f = arena_new_n(&o.a, (size_t)n, float);
    int8_t *q = arena_new_n(&o.a, (size_t)n, int8_t);
    const double twice = 2 * (double)fmaxf(s[0], s[1]);
    for (int p = 0; p < n; p++) {
        int at[2] = {0, 0}, idx[4], rest = p;
        for (int i = 3; i >= 0; i--) idx[i] = rest % shapes[shape][2][i], rest /= shapes[shape][2][i];
        for (int k = 0; k < 2; k++)
            for (int i = 0; i < 4; i++) {
                const int own = shapes[shape][k][i] ? shapes[shape][k][i] : 1;
                at[k] = at[k] * own + (own == 1 ? 0 : idx[i]);
            }
        if (type == F32) {
            const float u = ((float *)o.x[0])[at[0]], v = ((float *)o.x[1])[at[1]];
            float w = op == OP_ADD ? u + v : op == OP_SUB ? u - v : op == OP_MUL ? u * v : u / v;
            if (act != ACT_NONE) w = w > 0 ? w : 0;
            f[p] = act == ACT_RELU6 && w > 6 ? 6 : w;
            continue;
        }
        const int u = ((int8_t *)o.x[0])[at[0]] - z[0], v = ((int8_t *)o.x[1])[at[1]] - z[1];
        int w;
        if (op == OP_MUL)
            w = spec_multiply(u * v, (double)s[0] * (double)s[1] / (double)s[2]);
        else {
            const int su = spec_multiply(u * (1 << 20), (double)s[0] / twice);
            const int sv = spec_multiply(v * (1 << 20), (double)s[1] / twice);
            w = spec_multiply(op == OP_ADD ? su + sv : su - sv, twice / ((1 << 20) * (double)s[2]));
        }
        const int six = spec_clamp(z[2] + (int)roundf(6 / s[2]), -128, 127);
        q[p] = (int8_t)spec_clamp(w + z[2], act == ACT_NONE ? -128 : z[2], act == ACT_RELU6 ? six : 127);
    }
    check_same(op_def(op)->name, y, type == F32 ? (void *)f : q, one_run(&o, false));
    arena_free(&o.a);
}

TEST(device_binary)
{
    static const enum op ops[] = {OP_ADD, OP_SUB, OP_MUL, OP_DIV};
    for (int i = 0; i < 5 * 4 * 3; i++) {
        check_binary(i / 12, ops[i % 4], F32, (enum act)(i / 4 % 3), (uint64_t)i);
        if (i % 4 < 3) check_binary(i / 12, ops[i % 4], I8, (enum act)(i / 4 % 3), (uint64_t)i + 100);
    }
}

// x + x: the same buffer twice, and not in place.
TEST(device_add_self)
{
    struct one o = one_new(OP_ADD, 2, 3);
    one_in(&o, 0, F32, 1, (int32_t[]){7}, 0, 0);
    o.n->in[1] = o.n->in[0];
    struct tensor *y = one_out(&o, F32, 0, 0);
    float want[7];
    for (int i = 0; i < 7; i++) want[i] = 2 * ((float *)o.x[0])[i];
    check_same("x + x", y, want, one_run(&o, false));
    arena_free(&o.a);
}

static double real(enum op op, double v, double alpha)
{
    switch (op) {
    case OP_RELU:
        return v > 0 ? v : 0;
    case OP_RELU6:
        return v > 6 ? 6 : v > 0 ? v : 0;
    case OP_LEAKY_RELU:
        return v > 0 ? v : alpha * v;
    case OP_ELU:
        return v > 0 ? v : alpha * expm1(v);
    case OP_LOGISTIC:
        return 1 / (1 + exp(-v));
    default:
        return tanh(v);
    }
}

TEST(device_unary)
{
    static const enum op ops[] = {OP_RELU, OP_RELU6, OP_LEAKY_RELU, OP_ELU, OP_LOGISTIC, OP_TANH};
    for (int i = 0; i < 24; i++) {
        const enum op op = ops[i % 6];
        struct one o = one_new(op, 1, (uint64_t)(300 + i));
        const bool s8 = i / 6 % 2, fixed = op == OP_LOGISTIC || op == OP_TANH;
        const float xs = rng_uniform(&o.r, 0.01f, 0.12f), ys = op == OP_LOGISTIC ? 1.0f / 256
                                                               : fixed           ? 1.0f / 128
                                                                                 : 0.05f;
        const int xz = (int)rng_below(&o.r, 256) - 128, yz = op == OP_LOGISTIC ? -128 : fixed ? 0 : -7;
        if (op == OP_LEAKY_RELU || op == OP_ELU) o.n->as.alpha.alpha = 0.3f;
        one_in(&o, 0, s8 ? I8 : F32, 2, (int32_t[]){3, 100}, xs, xz);
        struct tensor *y = one_out(&o, s8 ? I8 : F32, ys, yz);
        const void *got = one_run(&o, i >= 12);
        for (int k = 0; k < 300; k++) {
            const double v = s8 ? (((int8_t *)o.x[0])[k] - xz) * (double)xs : (double)((float *)o.x[0])[k];
            const double want = real(op, v, (double)o.n->as.alpha.alpha);
            if (s8) // within one step of the real function; the fixed-point ones may be two off
                CHECK_NEAR(spec_clamp((int)round(want / (double)ys) + yz, -128, 127),
                           ((const int8_t *)got)[k], fixed ? 2 : 1);
            else
                CHECK_NEAR(want, (double)((const float *)got)[k], 3e-7 * (1 + fabs(want)));
        }
        (void)y;
        arena_free(&o.a);
    }
}

TEST(device_softmax)
{
    for (int i = 0; i < 8; i++) {
        struct one o = one_new(OP_SOFTMAX, 1, (uint64_t)(400 + i));
        const bool s8 = i & 1;
        const float beta = i & 4 ? 0.7f : 1, xs = i == 7 ? 0.9f : 0.08f; // 0.9: most differences vanish
        one_in(&o, 0, s8 ? I8 : F32, 2, (int32_t[]){4, i < 4 ? 6 : 13}, xs, 5);
        o.n->as.softmax.beta = beta;
        one_out(&o, s8 ? I8 : F32, 1.0f / 256, -128);
        const void *got = one_run(&o, i & 2);
        const int c = o.n->in[0]->dim[1];
        for (int r = 0; r < 4; r++) {
            double e[16], sum = 0, most = -1e9;
            for (int k = 0; k < c; k++) {
                const int p = r * c + k;
                e[k] =
                    (double)beta * (s8 ? ((int8_t *)o.x[0])[p] * (double)xs : (double)((float *)o.x[0])[p]);
                most = fmax(most, e[k]);
            }
            for (int k = 0; k < c; k++) sum += e[k] = exp(e[k] - most);
            for (int k = 0; k < c; k++)
                if (s8)
                    CHECK_NEAR(spec_clamp((int)round(e[k] / sum * 256) - 128, -128, 127),
                               ((const int8_t *)got)[r * c + k], 1);
                else
                    CHECK_NEAR(e[k] / sum, (double)((const float *)got)[r * c + k], 4e-7);
        }
        arena_free(&o.a);
    }
}

TEST(device_batch_norm)
{
    for (int k = 0; k < 2; k++) {
        struct one o = one_new(OP_BATCH_NORM, 5, 500);
        one_in(&o, 0, F32, 3, (int32_t[]){2, 9, 5}, 0, 0);
        for (int i = 1; i < 5; i++) o.n->in[i] = random_const(&o.a, &o.r, F32, 1, (int32_t[]){5});
        float *var = (float *)(uintptr_t)o.n->in[4]->data;
        for (int i = 0; i < 5; i++) var[i] = var[i] * var[i];
        o.n->as.batch_norm.epsilon = 1e-3f;
        struct tensor *y = one_out(&o, F32, 0, 0);
        float want[90];
        for (int i = 0; i < 90; i++) {
            const float *v[5];
            for (int j = 1; j < 5; j++) v[j] = (const float *)o.n->in[j]->data + i % 5;
            const double s = (double)*v[1] / sqrt((double)*v[4] + (double)1e-3f);
            const float scale = (float)s, offset = (float)((double)*v[2] - (double)*v[3] * s),
                        x = ((float *)o.x[0])[i];
            want[i] = k ? fmaf(x, scale, offset) : x * scale + offset;
        }
        check_same("batch norm", y, want, one_run(&o, k));
        arena_free(&o.a);
    }
}

TEST(device_quantize)
{
    struct one o = one_new(OP_QUANTIZE, 1, 600);
    one_in(&o, 0, F32, 1, (int32_t[]){500}, 0, 0);
    float *x = o.x[0];
    const float edge[] = {0.5f, -0.5f, 1.5f,     -1.5f,     0.49999997f, -0.49999997f,
                          1e9f, -1e9f, INFINITY, -INFINITY, 0,           -0.0f};
    for (int i = 0; i < 12; i++) x[i] = edge[i] * 0.125f; // scale 1/8: ties are exact
    struct tensor *y = one_out(&o, I8, 0.125f, 3);
    int8_t want[500];
    for (int i = 0; i < 500; i++) {
        const float q = roundf(x[i] / 0.125f) + 3;
        want[i] = q > 127 ? 127 : q >= -128 ? (int8_t)q : -128;
    }
    check_same("quantize", y, want, one_run(&o, false));
    arena_free(&o.a);

    o = one_new(OP_DEQUANTIZE, 1, 601);
    one_in(&o, 0, I8, 1, (int32_t[]){256}, 0.3f, -9);
    y = one_out(&o, F32, 0, 0);
    float back[256];
    for (int i = 0; i < 256; i++) back[i] = (float)(((int8_t *)o.x[0])[i] + 9) * 0.3f;
    check_same("dequantize", y, back, one_run(&o, false));
    arena_free(&o.a);

    o = one_new(OP_QUANTIZE, 1, 602); // int8 to int8 of another scale
    one_in(&o, 0, I8, 1, (int32_t[]){256}, 0.3f, -9);
    y = one_out(&o, I8, 0.21f, 40);
    for (int i = 0; i < 256; i++)
        want[i] = (int8_t)spec_clamp(
            spec_multiply(((int8_t *)o.x[0])[i] + 9, (double)0.3f / (double)0.21f) + 40, -128, 127);
    check_same("requantize", y, want, one_run(&o, false));
    arena_free(&o.a);
}

TEST(device_refusals)
{
    struct one o = one_new(OP_ADD, 2, 1);
    one_in(&o, 0, F32, 1, (int32_t[]){4}, 0, 0);
    one_in(&o, 1, I8, 1, (int32_t[]){4}, 0.1f, 0);
    one_out(&o, F32, 0, 0);
    one_refused(&o, "quantize or dequantize is missing");
    arena_free(&o.a);
    o = one_new(OP_RELU, 1, 1);
    one_in(&o, 0, I8, 1, (int32_t[]){4}, 0.1f, 0);
    one_out(&o, I8, 0.1f, 1000);
    one_refused(&o, "zero point 1000");
    arena_free(&o.a);
    o = one_new(OP_SOFTMAX, 1, 1);
    one_in(&o, 0, I8, 1, (int32_t[]){4}, 0.1f, 0);
    o.n->as.softmax.beta = 1;
    one_out(&o, I8, 0.1f, 0);
    one_refused(&o, "wants the scale 1/256");
    arena_free(&o.a);
    o = one_new(OP_RELU, 1, 1);
    one_in(&o, 0, I32, 1, (int32_t[]){4}, 0, 0);
    one_out(&o, I32, 0, 0);
    one_refused(&o, "float32 and int8 can be executed");
    arena_free(&o.a);
}
