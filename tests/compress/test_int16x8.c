// int16 activations, and what the table of forms decides for both integer types.
#include "../../src/format/format.h"
#include "../../src/run/run.h"
#include "../test.h"
#include "../tiny.h"
#include "apply.h"
#include <math.h>
#include <string.h>

TEST(compress_int16x8_is_nearer_than_full_integer)
{
    struct arena a = {0};
    struct graph *g = tiny_cnn(&a, 32, 6, 3, 1);
    float *x = tiny_windows(&a, g, 100, 2);
    struct compress_opt o = {.calibration = x, .ncalibration = 100};
    for (int m = RANGE_AUTO; m <= RANGE_MIN_MAX; m++) {
        o.range = (enum range_method)m;
        struct graph *wide = apply("int16x8", g, &o, &a), *dyn = apply("dynamic", g, &o, &a);
        for (int k = 0; k < wide->nnode; k++) CHECK_EQ(I16, wide->node[k]->out[0]->type);
        CHECK(!strcmp("int16x8", quantised_as(wide)));
        // the weights' rounding is what is left
        struct err e = {""};
        float *want = outputs(dequantize(dyn, &a, &e), x, 100, &a);
        if (m == RANGE_MIN_MAX) CHECK(worst(want, outputs(wide, x, 100, &a), 300) < 2e-3f);
    }
    arena_free(&a);
}

TEST(compress_int16x8_through_a_file)
{
    struct arena a = {0};
    struct err e = {""};
    struct buf b = {0};
    struct graph *g = tiny_cnn(&a, 32, 6, 3, 1);
    float *x = tiny_windows(&a, g, 30, 2);
    struct compress_opt o = {.calibration = x, .ncalibration = 30};
    struct graph *wide = apply("int16x8", g, &o, &a);
    CHECK(format_tflite.write(wide, &b, &e));
    struct graph *again = format_tflite.read(buf_span(&b), &a, &e);
    if (!again) test_fail(__FILE__, __LINE__, "%s", e.text);
    CHECK(!memcmp(outputs(wide, x, 30, &a), outputs(again, x, 30, &a), 90 * sizeof(float)));
    CHECK(!technique_find("dynamic")->apply(again, &o, &a, &e));
    CHECK_STR("quantised already (int16x8) and dynamic starts from float; add --dequantize", e.text);
    CHECK(!quantised_as(dequantize(again, &a, &e)));
    buf_free(&b);
    arena_free(&a);
}

// x -> TANH -> a, x -> RELU -> b, then CONCATENATION: relu's values go beyond what tanh's fixed scale can hold.
static struct graph *mixed(struct arena *a, enum op last)
{
    struct err e = {""};
    struct graph *g = graph_new(a, "mixed");
    struct tensor *x = tensor_new(a, "x", F32, 2, (int32_t[]){1, 8}), *y[2];
    g->in = arena_new(a, struct tensor *);
    g->in[0] = x;
    g->nin = 1;
    for (int i = 0; i < 2; i++) {
        struct node *n = graph_add(g, a, i ? OP_RELU : OP_TANH, i ? "relu" : "tanh", 1, 1);
        n->in[0] = x;
        y[i] = graph_apply(g, a, n, &e);
    }
    struct node *n = graph_add(g, a, last, "both", 2, 1);
    n->in[0] = y[0];
    n->in[1] = y[1];
    if (last == OP_CONCATENATION) n->as.axis.axis = 1;
    g->out = arena_new(a, struct tensor *);
    g->out[0] = graph_apply(g, a, n, &e);
    g->nout = 1;
    return g;
}

TEST(compress_fixed_scales_are_requantised_where_others_do_not_fit)
{
    static const char *const techniques_[] = {"full-integer", "int16x8"};
    for (int i = 0; i < 2; i++) {
        struct arena a = {0};
        struct graph *g = mixed(&a, OP_CONCATENATION);
        float x[80];
        for (int k = 0; k < 80; k++) x[k] = (float)(k - 40) / 10;
        struct compress_opt o = {.calibration = x, .ncalibration = 10, .range = RANGE_MIN_MAX};
        struct graph *q = apply(techniques_[i], g, &o, &a);
        CHECK_EQ(1, count(q, OP_QUANTIZE));
        CHECK(worst(outputs(g, x, 10, &a), outputs(q, x, 10, &a), 160) < (i ? 3e-4f : 0.05f));
        arena_free(&a);
    }
}

TEST(compress_values_between_float_ops_stay_float)
{
    static const char *const techniques_[] = {"full-integer", "int16x8"};
    for (int i = 0; i < 2; i++) {
        struct arena a = {0};
        struct err e = {""};
        struct graph *g = mixed(&a, OP_DIV); // no integer form, and neither has the ELU behind it
        struct node *n = graph_add(g, &a, OP_ELU, "elu", 1, 1);
        n->as.alpha.alpha = 1;
        n->in[0] = g->out[0];
        g->out[0] = graph_apply(g, &a, n, &e);
        float x[80];
        for (int k = 0; k < 80; k++) x[k] = 0.5f + (float)k / 40;
        struct compress_opt o = {.calibration = x, .ncalibration = 10, .range = RANGE_MIN_MAX};
        struct graph *q = apply(techniques_[i], g, &o, &a);
        CHECK_EQ(2, count(q, OP_DEQUANTIZE)); // both inputs of DIV
        CHECK_EQ(1, count(q, OP_QUANTIZE));   // the graph's output
        CHECK(q->out[0]->type == (i ? I16 : I8));
        CHECK(worst(outputs(g, x, 10, &a), outputs(q, x, 10, &a), 80) < 0.03f);
        arena_free(&a);
    }
}
