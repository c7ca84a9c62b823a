// float16 weights, and the way back from integers to float.
#include "../../src/base/half.h"
#include "../../src/format/format.h"
#include "../../src/run/run.h"
#include "../test.h"
#include "../tiny.h"
#include "apply.h"
#include <math.h>
#include <string.h>

static struct graph *through_file(const struct graph *g, size_t *bytes, struct arena *a)
{
    struct err e = {""};
    struct buf b = {0};
    struct graph *h = NULL;
    if (format_tflite.write(g, &b, &e)) {
        uint8_t *copy = arena_copy(a, b.p, b.n);
        h = format_tflite.read((struct span){copy, b.n}, a, &e);
    }
    if (!h) test_fail(__FILE__, __LINE__, "%s", e.text);
    *bytes = b.n;
    buf_free(&b);
    return h;
}

TEST(half_rounds_to_nearest_even)
{
    static const struct {
        float v;
        uint16_t h;
    } known[] = {{0, 0},
                 {-0.0f, 0x8000},
                 {1, 0x3c00},
                 {65504, 0x7bff},
                 {65519, 0x7bff},
                 {65520, 0x7c00},
                 {0x1p-24f, 1},
                 {0x1p-25f, 0},
                 {0x3p-25f, 2},
                 {0x1.ff8p-15f, 0x3ff},
                 {0x1.ffcp-15f, 0x400},
                 {0x1.ffep-15f, 0x400},
                 {1 + 0x1p-11f, 0x3c00},
                 {-2.5f, 0xc100},
                 {1 + 0x3p-11f, 0x3c02},
                 {0x1p-40f, 0},
                 {-INFINITY, 0xfc00}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) CHECK_EQ(known[i].h, half_nearest(known[i].v));
    for (int h = 0; h < 0x7c00; h++) CHECK_EQ(h, half_nearest(half_value((uint16_t)h)));
}

TEST(compress_float16_halves_the_file_and_keeps_its_values)
{
    struct arena a = {0};
    struct compress_opt o = {0};
    size_t bytes[3];
    struct graph *g = tiny_cnn(&a, 32, 6, 3, 1), *lite = apply("lite", g, &o, &a),
                 *half = apply("float16", g, &o, &a);
    float *x = tiny_windows(&a, g, 40, 2), *want = outputs(half, x, 40, &a);
    CHECK(worst(outputs(lite, x, 40, &a), want, 120) < 2e-3f);
    CHECK(worst(outputs(lite, x, 40, &a), want, 120) > 0);
    through_file(lite, &bytes[0], &a);
    struct graph *again = through_file(half, &bytes[1], &a);
    CHECK(bytes[1] < bytes[0]); // by 2 bytes a parameter, less what each DEQUANTIZE takes
    CHECK(!memcmp(want, outputs(again, x, 40, &a), 120 * sizeof *want));
    // a second time nothing changes; lite makes them plain again
    struct graph *twice = through_file(apply("float16", again, &o, &a), &bytes[2], &a);
    CHECK_EQ((int)bytes[1], (int)bytes[2]);
    CHECK(!memcmp(want, outputs(twice, x, 40, &a), 120 * sizeof *want));
    through_file(apply("lite", again, &o, &a), &bytes[2], &a);
    CHECK(bytes[2] > bytes[1]);
    arena_free(&a);
}

TEST(compress_float16_leaves_what_is_too_large)
{
    struct arena a = {0};
    struct compress_opt o = {0};
    struct graph *g = tiny_cnn(&a, 32, 6, 3, 1);
    for (int k = 0; k < g->nnode; k++)
        if (g->node[k]->op == OP_DENSE) ((float *)(uintptr_t)g->node[k]->in[2]->data)[0] = 70000;
    struct graph *h = apply("float16", g, &o, &a);
    for (int k = 0; k < h->nnode; k++)
        if (h->node[k]->op == OP_DENSE) CHECK(h->node[k]->in[1]->half && !h->node[k]->in[2]->half);
    arena_free(&a);
}

TEST(compress_dequantize_gives_floats_near_the_integers)
{
    static const char *const from[] = {"dynamic", "full-integer"};
    for (int i = 0; i < 2; i++) {
        struct arena a = {0};
        struct err e = {""};
        size_t bytes;
        struct graph *g = tiny_cnn(&a, 32, 6, 3, 1);
        float *x = tiny_windows(&a, g, 60, 2);
        struct compress_opt o = {.calibration = x, .ncalibration = 60, .range = RANGE_MIN_MAX};
        struct graph *q = through_file(apply(from[i], g, &o, &a), &bytes, &a);
        CHECK_STR(from[i], quantised_as(q));
        struct graph *f = dequantize(q, &a, &e);
        if (!f || !graph_check(f, &e)) test_fail(__FILE__, __LINE__, "%s", e.text);
        CHECK(!quantised_as(f));
        CHECK_EQ(F32, f->in[0]->type);
        CHECK(worst(outputs(q, x, 60, &a), outputs(f, x, 60, &a), 180) < 0.1f);
        // its weights are on int8's grid already: they are the same in each technique
        struct graph *d = apply("dynamic", f, &o, &a), *r = dequantize(d, &a, &e);
        CHECK(worst(outputs(f, x, 60, &a), outputs(r, x, 60, &a), 180) < 1e-4f);
        struct graph *full = apply("full-integer", f, &o, &a);
        CHECK(worst(outputs(f, x, 60, &a), outputs(full, x, 60, &a), 180) < 0.12f);
        arena_free(&a);
    }
}

TEST(compress_refuses_quantised_models_with_the_remedy)
{
    struct arena a = {0};
    struct err e = {""};
    struct graph *g = tiny_cnn(&a, 32, 6, 3, 1);
    float *x = tiny_windows(&a, g, 20, 2);
    struct compress_opt o = {.calibration = x, .ncalibration = 20, .range = RANGE_MIN_MAX};
    struct graph *full = apply("full-integer", g, &o, &a), *dyn = apply("dynamic", g, &o, &a);
    CHECK(!technique_find("lite")->apply(full, &o, &a, &e));
    CHECK_STR("quantised already (full-integer) and lite starts from float; add --dequantize", e.text);
    CHECK(!technique_find("full-integer")->apply(full, &o, &a, &e));
    CHECK_STR("the model is full-integer already; use it as it is, or add --dequantize", e.text);
    CHECK(!technique_find("float16")->apply(dyn, &o, &a, &e));
    CHECK_STR("add --dequantize", e.text);
    arena_free(&a);
}
