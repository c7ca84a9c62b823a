// The kernels of device/xtensa/ in their plain C form against the portable ones, bit for bit, and the high
// half of a product built from halfwords; the assembly itself runs in tests/cross.
#define NN_MUL32_LOW 1
#define nn_conv2d_s8 mac16_conv2d_s8
#define nn_conv2d_dyn mac16_conv2d_dyn
#define nn_dense_s8 mac16_dense_s8
#define nn_dense_dyn mac16_dense_dyn
#include "../../device/xtensa/nn_conv2d_s8.c"
#include "../../device/xtensa/nn_conv2d_dyn.c"
#include "../../device/xtensa/nn_dense_s8.c"
#include "../../device/xtensa/nn_dense_dyn.c"
#undef nn_conv2d_s8
#undef nn_conv2d_dyn
#undef nn_dense_s8
#undef nn_dense_dyn
#include "../../src/graph/kernels.h"
#include "../test.h"
#include "random.h"
#include <stdlib.h>

TEST(device_high_half_from_halfwords)
{
    struct rng r = rng_new(1);
    const int32_t edge[] = {0, 1, -1, 65535, 65536, -65536, 0x7fff8000, INT32_MAX, INT32_MIN, INT32_MIN + 1};
    for (int i = 0; i < 200000; i++) {
        int32_t a = i < 100 ? edge[i / 10] : (int32_t)rng_u32(&r) >> (i % 17);
        int32_t b = i < 100 ? edge[i % 10] : (int32_t)rng_u32(&r) >> (i % 5);
        if (a == INT32_MIN && b == INT32_MIN) continue;
        int32_t want = (int32_t)(((int64_t)a * b + (1 << 30)) >> 31);
        if (nn_mul_high(a, b) != want) {
            CHECK_EQ(want, nn_mul_high(a, b));
            return;
        }
    }
}

struct layer_data {
    int8_t *x, *w;
    float *w_scale, *bias_f;
    int32_t *bias, *mult, *shift, *w_sum;
    int16_t *scratch;
};

static struct layer_data data_new(struct rng *r, int nx, int nw, int out, int scratch)
{
    struct layer_data d = {random_int8(r, nx),     random_int8(r, nw), NULL, NULL, NULL, NULL, NULL, NULL,
                           malloc((size_t)scratch)};
    size_t n = (size_t)(out + 32);
    d.w_scale = malloc(n * 4), d.bias_f = malloc(n * 4), d.bias = malloc(n * 4), d.mult = malloc(n * 4);
    d.shift = malloc(n * 4), d.w_sum = malloc(n * 4);
    for (size_t i = 0; i < n; i++) {
        d.w_scale[i] = rng_float(r) * 0.01f;
        d.bias_f[i] = rng_normal(r);
        d.bias[i] = (int32_t)rng_below(r, 20000) - 10000;
        d.mult[i] = (int32_t)(rng_u32(r) >> 2) + (1 << 30);
        d.shift[i] = -(int32_t)rng_below(r, 12);
        d.w_sum[i] = (int32_t)rng_below(r, 2000) - 1000;
    }
    return d;
}

static void data_free(struct layer_data *d)
{
    free(d->x), free(d->w), free(d->w_scale), free(d->bias_f), free(d->bias), free(d->mult), free(d->shift);
    free(d->w_sum), free(d->scratch);
}

static void compare(const char *what, const void *want, const void *got, size_t n, int seed)
{
    if (memcmp(want, got, n))
        test_fail(__FILE__, __LINE__, "%s differs from the portable kernel, seed %d", what, seed);
}

TEST(device_mac16_conv2d)
{
    for (int seed = 0; seed < 300; seed++) {
        struct rng r = rng_new((uint64_t)seed);
        nn_conv2d p = {.batch = PICK(1, 2),
                       .in_h = PICK(1, 4),
                       .in_w = PICK(1, 20),
                       .in_c = PICK(1, 9),
                       .out_c = PICK(1, 9),
                       .k_h = PICK(1, 3),
                       .k_w = PICK(1, 5),
                       .stride_h = PICK(1, 2),
                       .stride_w = PICK(1, 3),
                       .dil_h = PICK(1, 2),
                       .dil_w = PICK(1, 2),
                       .pad_top = PICK(0, 2),
                       .pad_left = PICK(0, 3),
                       .block = PICK(0, 1) ? 1 : 4,
                       .act = PICK(0, 2),
                       .x_zero = PICK(-128, 127),
                       .y_zero = PICK(-128, 127),
                       .min = -128,
                       .max = 127};
        const int32_t h = p.in_h + p.pad_top + PICK(0, 2) - (p.k_h - 1) * p.dil_h - 1;
        const int32_t w = p.in_w + p.pad_left + PICK(0, 3) - (p.k_w - 1) * p.dil_w - 1;
        if (h < 0 || w < 0) continue;
        p.out_h = h / p.stride_h + 1, p.out_w = w / p.stride_w + 1;
        const int nx = p.batch * p.in_h * p.in_w * p.in_c, ny = p.batch * p.out_h * p.out_w * p.out_c;
        const int nw = (p.out_c + p.block - 1) / p.block * p.block * p.k_h * p.k_w * p.in_c;
        struct layer_data d = data_new(&r, nx, nw, p.out_c, nn_conv2d_widened(&p, 1));
        int8_t *want = malloc((size_t)ny), *got = malloc((size_t)ny);
        nn_conv2d_s8_call(&p, (void *[]){d.x, d.w, d.bias, d.mult, d.shift, want, NULL});
        mac16_conv2d_s8(&p, d.x, d.w, d.bias, d.mult, d.shift, got, d.scratch);
        compare("conv2d_s8", want, got, (size_t)ny, seed);
        nn_conv2d q = p; // widened ahead, as the lowering does it
        q.group = NN_WIDE_AHEAD;
        const int row = nn_widen_weights(&p), taps = p.k_h * p.k_w * p.in_c;
        int16_t *wide = calloc((size_t)(p.out_c * row + NN_WIDEN_SLACK), sizeof *wide);
        for (int o = 0; o < p.out_c; o++)
            nn_conv2d_widen_weights(&p, nn_block_weights(d.w, o, taps, p.block), p.block, wide + o * row);
        int16_t *room = calloc(1, (size_t)nn_conv2d_widened(&p, 0));
        memset(got, 0, (size_t)ny);
        mac16_conv2d_s8(&q, d.x, (const int8_t *)wide, d.bias, d.mult, d.shift, got, room);
        compare("conv2d_s8 widened ahead", want, got, (size_t)ny, seed);
        float *want_f = malloc((size_t)ny * 4), *got_f = malloc((size_t)ny * 4), xs[2] = {0.02f, 0.3f};
        int32_t xz[2] = {PICK(-128, 127), PICK(-128, 127)};
        nn_conv2d_dyn_call(&p, (void *[]){d.x, xs, xz, d.w, d.w_scale, d.w_sum, d.bias_f, want_f, NULL});
        mac16_conv2d_dyn(&p, d.x, xs, xz, d.w, d.w_scale, d.w_sum, d.bias_f, got_f, d.scratch);
        compare("conv2d_dyn", want_f, got_f, (size_t)ny * 4, seed);
        memset(got_f, 0, (size_t)ny * 4);
        mac16_conv2d_dyn(&q, d.x, xs, xz, (const int8_t *)wide, d.w_scale, d.w_sum, d.bias_f, got_f, room);
        compare("conv2d_dyn widened ahead", want_f, got_f, (size_t)ny * 4, seed);
        free(wide), free(room);
        data_free(&d);
        free(want), free(got), free(want_f), free(got_f);
    }
}

// Weights of the plain layout [out][tap] as nn_conv2d_toom.h has them: 128 added, a channel filled up to `toom` zeros.
static int8_t *toom_weights(const int8_t *w, int out, int taps, int toom)
{
    int8_t *to = malloc((size_t)out * (size_t)toom + 3);
    for (int o = 0; o < out; o++)
        for (int t = 0; t < toom; t++) to[o * toom + t] = (int8_t)(t < taps ? w[o * taps + t] ^ 0x80 : 0x80);
    return to;
}

// The same, transformed as the lowering does it.
static int16_t *toom_ahead(const nn_conv2d *q, const int8_t *w)
{
    const int32_t row = nn_toom_points(q) * q->in_c;
    int16_t *to = calloc((size_t)nn_toom_ahead(q), sizeof *to);
    for (int32_t o = 0; o < q->out_c; o++) nn_toom_columns(q, w + o * q->k_w * q->in_c, 1, to + o * row);
    return to;
}

// The products of polynomials, at strides of 1 and 2, odd widths, padding, and where all weights, inputs and zero
// points lie at the ends of their ranges.
TEST(device_mac16_conv2d_toom)
{
    int used = 0, ahead[NN_TOOM_WIDE + 1] = {0};
    for (int seed = 0; seed < 600; seed++) {
        struct rng r = rng_new((uint64_t)seed + 5000);
        const int32_t stride = PICK(1, 2), kernel[2][3] = {{5, 4, 3}, {9, 10, 5}};
        nn_conv2d p = {.batch = PICK(1, 2),
                       .in_h = 1,
                       .in_w = PICK(4, 24) * stride,
                       .in_c = PICK(1, 6) * 4 / stride,
                       .out_h = 1,
                       .out_c = PICK(1, 5),
                       .k_h = 1,
                       .k_w = kernel[stride - 1][PICK(0, 2)],
                       .stride_h = 1,
                       .stride_w = stride,
                       .dil_h = 1,
                       .dil_w = 1,
                       .pad_left = PICK(0, 2) * stride,
                       .block = 1,
                       .act = PICK(0, 2),
                       .x_zero = seed % 3   ? PICK(-128, 127)
                                 : seed % 2 ? -128
                                            : 127,
                       .y_zero = PICK(-128, 127),
                       .min = -128,
                       .max = 127};
        const int32_t w = p.in_w + p.pad_left + PICK(0, 3) - p.k_w;
        if (w < 0) continue;
        p.out_w = w / p.stride_w + 1;
        nn_conv2d q = p;
        q.group = NN_TOOM, q.in_w /= stride, q.in_c *= stride, q.pad_left /= stride, q.stride_w = 1;
        q.k_w = (p.k_w + stride - 1) / stride;
        q.k_w = q.k_w == 4 ? 5 : q.k_w;
        if ((q.k_w != 5 && q.k_w != 3) || q.out_w < nn_toom_outputs(&q)) continue;
        used++;
        const int taps = p.k_w * p.in_c, ny = p.batch * p.out_w * p.out_c;
        struct layer_data d =
            data_new(&r, p.batch * p.in_w * p.in_c, p.out_c * taps, p.out_c, nn_toom_scratch(&q));
        if (seed % 4 == 0) { // all sums at their ends
            memset(d.x, seed & 8 ? 127 : -128, (size_t)(p.batch * p.in_w * p.in_c));
            for (int i = 0; i < p.out_c * taps; i++)
                d.w[i] = (int8_t)(seed & 16 ? -128 : seed & 32 ? 127 : i % 2 ? -128 : 127);
        }
        int8_t *toom = toom_weights(d.w, p.out_c, taps, q.k_w * q.in_c);
        int8_t *want = malloc((size_t)ny), *got = malloc((size_t)ny);
        nn_conv2d_s8_call(&p, (void *[]){d.x, d.w, d.bias, d.mult, d.shift, want, NULL});
        mac16_conv2d_s8(&q, d.x, toom, d.bias, d.mult, d.shift, got, d.scratch);
        compare("conv2d_s8 by Toom and Cook", want, got, (size_t)ny, seed);
        float *want_f = malloc((size_t)ny * 4), *got_f = malloc((size_t)ny * 4), xs[2] = {0.02f, 0.3f};
        int32_t xz[2] = {PICK(-128, 127), seed % 2 ? -128 : 127};
        nn_conv2d_dyn_call(&p, (void *[]){d.x, xs, xz, d.w, d.w_scale, d.w_sum, d.bias_f, want_f, NULL});
        mac16_conv2d_dyn(&q, d.x, xs, xz, toom, d.w_scale, d.w_sum, d.bias_f, got_f, d.scratch);
        compare("conv2d_dyn by Toom and Cook", want_f, got_f, (size_t)ny * 4, seed);
        for (q.group = NN_TOOM_AHEAD; q.group <= NN_TOOM_WIDE; q.group++) { // weights transformed ahead
            if (q.group == NN_TOOM_WIDE && (q.k_w != 3 || q.out_w < nn_toom_outputs(&q))) continue;
            ahead[q.group]++;
            int16_t *w_ahead = toom_ahead(&q, toom), *scratch = malloc((size_t)nn_toom_scratch(&q));
            memset(got, 1, (size_t)ny), memset(got_f, 1, (size_t)ny * 4);
            mac16_conv2d_s8(&q, d.x, (const int8_t *)w_ahead, d.bias, d.mult, d.shift, got, scratch);
            compare("conv2d_s8 with transformed weights", want, got, (size_t)ny, seed);
            mac16_conv2d_dyn(&q, d.x, xs, xz, (const int8_t *)w_ahead, d.w_scale, d.w_sum, d.bias_f, got_f,
                             scratch);
            compare("conv2d_dyn with transformed weights", want_f, got_f, (size_t)ny * 4, seed);
            free(w_ahead), free(scratch);
        }
        data_free(&d);
        free(toom), free(want), free(got), free(want_f), free(got_f);
    }
    CHECK(used > 300 && ahead[NN_TOOM_AHEAD] == used && ahead[NN_TOOM_WIDE] > 50);
}

TEST(device_mac16_dense)
{
    for (int seed = 0; seed < 200; seed++) {
        struct rng r = rng_new((uint64_t)seed + 1000);
        nn_dense p = {.rows = PICK(1, 3),
                      .in_c = PICK(1, 40),
                      .out_c = PICK(1, 9),
                      .block = 1,
                      .act = PICK(0, 2),
                      .x_zero = 0,
                      .y_zero = PICK(-128, 127),
                      .min = -128,
                      .max = 127};
        const int ny = p.rows * p.out_c;
        struct layer_data d = data_new(&r, p.rows * p.in_c, p.in_c * p.out_c, p.out_c, nn_dense_widened(&p));
        int8_t *want = malloc((size_t)ny), *got = malloc((size_t)ny);
        nn_dense_s8_call(&p, (void *[]){d.x, d.w, d.bias, d.mult, d.shift, want, NULL});
        mac16_dense_s8(&p, d.x, d.w, d.bias, d.mult, d.shift, got, d.scratch);
        compare("dense_s8", want, got, (size_t)ny, seed);
        float *want_f = malloc((size_t)ny * 4), *got_f = malloc((size_t)ny * 4), xs[3] = {0.02f, 0.3f, 1};
        int32_t xz[3] = {PICK(-128, 127), PICK(-128, 127), 0};
        nn_dense_dyn_call(&p, (void *[]){d.x, xs, xz, d.w, d.w_scale, d.w_sum, d.bias_f, want_f, NULL});
        mac16_dense_dyn(&p, d.x, xs, xz, d.w, d.w_scale, d.w_sum, d.bias_f, got_f, d.scratch);
        compare("dense_dyn", want_f, got_f, (size_t)ny * 4, seed);
        data_free(&d);
        free(want), free(got), free(want_f), free(got_f);
    }
}
