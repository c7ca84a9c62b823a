// Pools and means against naive loops, to the bit.
#include "one.h"

struct pool_case {
    int h, w, c, kh, kw, sh, sw, pad[4];
    enum act act;
};
static const struct pool_case cases[] = {
    {1, 20, 5, 1, 2, 1, 2, {0}, ACT_NONE},          // a HAR network's pool
    {1, 21, 3, 1, 2, 1, 2, {0, 0, 0, 1}, ACT_RELU}, // the last window is half outside
    {5, 6, 2, 3, 3, 1, 1, {1, 1, 1, 1}, ACT_NONE},  // corners of 2 x 2
    {4, 7, 1, 2, 3, 2, 3, {1, 2, 0, 1}, ACT_RELU6}, // unlike on every side
    {1, 1, 1, 1, 1, 1, 1, {0}, ACT_NONE},           // the smallest
    {3, 9, 4, 3, 9, 1, 1, {0}, ACT_NONE},           // everything into one
};

static void check_pool(const struct pool_case *c, enum op op, enum dtype type, uint64_t seed)
{
    struct one o = one_new(op, 1, seed);
    const int zero = (int)rng_below(&o.r, 60) - 30;
    one_in(&o, 0, type, 4, (int32_t[]){2, c->h, c->w, c->c}, 0.05f, zero);
    o.n->as.pool =
        (struct pool){{c->kh, c->kw}, {c->sh, c->sw}, {c->pad[0], c->pad[1], c->pad[2], c->pad[3]}, c->act};
    struct tensor *y = one_out(&o, type, 0.05f, zero);
    const int64_t n = tensor_count(y);
    float *f = arena_new_n(&o.a, (size_t)n, float);
    int8_t *q = arena_new_n(&o.a, (size_t)n, int8_t);
    int64_t at = 0;
    for (int b = 0; b < 2; b++)
        for (int oy = 0; oy < y->dim[1]; oy++)
            for (int ox = 0; ox < y->dim[2]; ox++)
                for (int ch = 0; ch < c->c; ch++, at++) {
                    float most = -INFINITY, sum = 0;
                    int qmost = -128, qsum = 0, count = 0;
                    for (int iy = oy * c->sh - c->pad[0]; iy < oy * c->sh - c->pad[0] + c->kh; iy++)
                        for (int ix = ox * c->sw - c->pad[1]; ix < ox * c->sw - c->pad[1] + c->kw; ix++) {
                            if (iy < 0 || iy >= c->h || ix < 0 || ix >= c->w) continue;
                            const int p = ((b * c->h + iy) * c->w + ix) * c->c + ch;
                            count++;
                            if (type == F32)
                                most = fmaxf(most, ((float *)o.x[0])[p]), sum += ((float *)o.x[0])[p];
                            if (type == I8) qsum += ((int8_t *)o.x[0])[p];
                            if (type == I8 && ((int8_t *)o.x[0])[p] > qmost) qmost = ((int8_t *)o.x[0])[p];
                        }
                    float v = op == OP_MAX_POOL_2D ? most : sum / (float)count;
                    if (c->act != ACT_NONE) v = fmaxf(v, 0);
                    f[at] = c->act == ACT_RELU6 ? fminf(v, 6) : v;
                    const int mean = (int)round((double)qsum / count);
                    const int six = spec_clamp(zero + (int)roundf(6 / 0.05f), -128, 127);
                    q[at] =
                        (int8_t)spec_clamp(op == OP_MAX_POOL_2D ? qmost : mean,
                                           c->act == ACT_NONE ? -128 : zero, c->act == ACT_RELU6 ? six : 127);
                }
    check_same(op_def(op)->name, y, type == F32 ? (void *)f : q, one_run(&o, false));
    arena_free(&o.a);
}

TEST(device_pool)
{
    for (int i = 0; i < (int)(sizeof cases / sizeof *cases); i++)
        for (int k = 0; k < 4; k++)
            check_pool(&cases[i], k & 1 ? OP_MAX_POOL_2D : OP_AVERAGE_POOL_2D, k & 2 ? I8 : F32,
                       (uint64_t)(i * 4 + k));
}

TEST(device_pool_scales)
{
    struct one o = one_new(OP_MAX_POOL_2D, 1, 1);
    one_in(&o, 0, I8, 4, (int32_t[]){1, 1, 4, 1}, 0.05f, 3);
    o.n->as.pool = (struct pool){{1, 2}, {1, 2}, {0}, ACT_NONE};
    one_out(&o, I8, 0.06f, 3);
    one_refused(&o, "differ in scale");
    arena_free(&o.a);
}

// TensorFlow Lite puts 1 / n into the multiplier, cut off below.
static int8_t mean_s8(int sum, int count, int xz, float xs, float ys, int yz)
{
    int shift = 0;
    int64_t mult = llround(frexp((double)xs / (double)ys, &shift) * 2147483648.0);
    int bits = (int)floor(log2(count));
    if (bits > 31 + shift) bits = 31 + shift;
    mult = (mult << bits) / count;
    const int64_t p = (int64_t)(sum - count * xz) * mult, high = (p + (1 << 30)) >> 31;
    const int64_t k = bits - shift;
    if (k <= 0) return (int8_t)spec_clamp((int)(high << -k) + yz, -128, 127);
    const int64_t big = high < 0 ? -high : high, q = (big + (1ll << (k - 1))) >> k;
    return (int8_t)spec_clamp((int)(high < 0 ? -q : q) + yz, -128, 127);
}

TEST(device_mean)
{
    static const struct {
        int d[4], naxis, axis[2];
    } mean[] = {{{2, 1, 30, 7}, 2, {1, 2}}, {{1, 5, 6, 3}, 2, {1, 2}}, {{1, 1, 29, 64}, 1, {2}},
                {{3, 4, 1, 5}, 1, {3}},     {{1, 1, 1, 1}, 2, {1, 2}}, {{2, 3, 4, 5}, 2, {0, 1}}};
    for (int i = 0; i < 12; i++) {
        struct one o = one_new(OP_MEAN, 1, (uint64_t)(100 + i));
        const enum dtype type = i < 6 ? F32 : I8;
        const int32_t *d = mean[i % 6].d;
        const float xs = rng_uniform(&o.r, 0.01f, 0.1f), ys = rng_uniform(&o.r, 0.005f, 0.1f);
        const int xz = (int)rng_below(&o.r, 256) - 128, yz = (int)rng_below(&o.r, 256) - 128;
        one_in(&o, 0, type, 4, d, xs, xz);
        o.n->as.reduce.naxis = mean[i % 6].naxis;
        for (int k = 0; k < 2; k++) o.n->as.reduce.axis[k] = mean[i % 6].axis[k];
        struct tensor *y = one_out(&o, type, ys, yz);
        const int n = (int)tensor_count(y), count = (int)tensor_count(o.n->in[0]) / n;
        float *f = arena_new_n(&o.a, (size_t)n, float);
        int *s = arena_new_n(&o.a, (size_t)n, int);
        int8_t *q = arena_new_n(&o.a, (size_t)n, int8_t);
        int at[4];
        for (int p = 0; p < count * n; p++) {
            int rest = p, to = 0;
            for (int k = 3; k >= 0; k--) at[k] = rest % d[k], rest /= d[k];
            for (int k = 0; k < 4; k++) {
                bool gone = false;
                for (int j = 0; j < mean[i % 6].naxis; j++) gone |= mean[i % 6].axis[j] == k;
                if (!gone) to = to * d[k] + at[k];
            }
            if (type == F32)
                f[to] += ((float *)o.x[0])[p];
            else
                s[to] += ((int8_t *)o.x[0])[p];
        }
        for (int k = 0; k < n; k++)
            f[k] /= (float)count, q[k] = type == I8 ? mean_s8(s[k], count, xz, xs, ys, yz) : 0;
        check_same("mean", y, type == F32 ? (void *)f : q, one_run(&o, false));
        arena_free(&o.a);
    }
}
