#include "../../src/run/run.h"
#include "../../src/train/train.h"
#include "../test.h"
#include "../tiny.h"
#include "apply.h"
#include <math.h>
#include <string.h>

TEST(compress_lite_folds_all_and_changes_nothing)
{
    struct arena a = {0};
    struct compress_opt o = {0};
    struct graph *g = tiny_cnn(&a, 32, 6, 3, 1), *none = apply("none", g, &o, &a),
                 *lite = apply("lite", g, &o, &a);
    float *x = tiny_windows(&a, g, 40, 2);
    CHECK(worst(outputs(none, x, 40, &a), outputs(lite, x, 40, &a), 120) < 2e-5f);
    CHECK_EQ(0,
             count(lite, OP_BATCH_NORM) + count(lite, OP_MUL) + count(lite, OP_RELU) + count(lite, OP_RELU6));
    CHECK_EQ(2, count(g, OP_BATCH_NORM)); // the original stays as it was
    CHECK(!strcmp("lite", graph_meta(lite, META_TECHNIQUE)));
    arena_free(&a);
}

TEST(compress_normalisation_in_front_of_padding_is_not_folded)
{
    struct arena a = {0};
    struct compress_opt o = {0};
    struct graph *g = tiny_cnn(&a, 32, 6, 3, 1);
    for (int k = 0; k < g->nnode; k++)
        if (g->node[k]->op == OP_CONV_2D && !strcmp(g->node[k]->name, "conv1")) {
            g->node[k]->as.conv.pad[1] = 2, g->node[k]->as.conv.pad[3] = 2;
        }
    struct err e = {""};
    for (int k = 0; k < g->nnode; k++)
        if (g->node[k]->op != OP_RESHAPE) CHECK(op_def(g->node[k]->op)->infer(g->node[k], &e));
    struct graph *none = apply("none", g, &o, &a), *lite = apply("lite", g, &o, &a);
    float *x = tiny_windows(&a, g, 40, 2);
    CHECK(worst(outputs(none, x, 40, &a), outputs(lite, x, 40, &a), 120) < 2e-5f);
    CHECK_EQ(1, count(lite, OP_MUL));
    arena_free(&a);
}

TEST(compress_input_scale_is_the_first_layer)
{
    struct arena a = {0};
    struct err e = {""};
    struct compress_opt o = {0};
    struct graph *g = tiny_cnn(&a, 32, 6, 3, 1), *h = graph_copy(g, &a), *lite;
    const float scale[] = {1e-3f, 1e-3f, 1e-3f, 0.1f, 0.1f, -0.1f}, offset[] = {0, 500, 0, 3, 0, 1};
    float *x = tiny_windows(&a, g, 40, 2), *raw = arena_new_n(&a, 40 * 32 * 6, float);
    for (int i = 0; i < 40 * 32 * 6; i++) raw[i] = x[i] / scale[i % 6] + offset[i % 6];
    CHECK(scale_input(h, 6, scale, offset, &a, &e) && graph_check(h, &e));
    lite = apply("lite", h, &o, &a);
    CHECK_EQ(0, count(lite, OP_BATCH_NORM) + count(lite, OP_MUL));
    CHECK(worst(outputs(apply("none", g, &o, &a), x, 40, &a), outputs(lite, raw, 40, &a), 120) < 1e-3f);
    CHECK(!scale_input(h, 5, scale, offset, &a, &e));
    CHECK_STR("has 6 channels, the scale has 5", e.text);
    arena_free(&a);
}

TEST(compress_dynamic_and_full_integer_stay_near)
{
    struct arena a = {0};
    struct graph *g = tiny_cnn(&a, 32, 6, 3, 1);
    float *x = tiny_windows(&a, g, 100, 2), *want = outputs(g, x, 100, &a);
    struct compress_opt o = {.calibration = x, .ncalibration = 100, .range = RANGE_MIN_MAX};
    CHECK(worst(want, outputs(apply("dynamic", g, &o, &a), x, 100, &a), 300) < 0.04f);
    for (int m = RANGE_AUTO; m <= RANGE_MIN_MAX; m++) {
        o.range = (enum range_method)m;
        struct graph *full = apply("full-integer", g, &o, &a);
        CHECK_EQ(I8, full->in[0]->type);
        CHECK_EQ(I8, full->out[0]->type);
        for (int k = 0; k < full->nnode; k++) CHECK_EQ(I8, full->node[k]->out[0]->type);
        // A percentile saturates a few values by design: all outputs together are as near, a single one need not be.
        const float *got = outputs(full, x, 100, &a);
        float sum = 0;
        for (int i = 0; i < 300; i++) sum += fabsf(want[i] - got[i]);
        CHECK(sum < 300 * 0.01f);
        CHECK(worst(want, got, 300) < (m == RANGE_MSE || m == RANGE_MIN_MAX ? 0.12f : 0.2f));
    }
    arena_free(&a);
}

TEST(compress_full_integer_leaves_ops_without_int8_form_in_float)
{
    struct arena a = {0};
    struct graph *g = tiny_cnn(&a, 32, 6, 3, 1);
    for (int k = 0; k < g->nnode; k++)
        if (g->node[k]->op == OP_RELU && !strcmp(g->node[k]->name, "relu3")) {
            g->node[k]->op = OP_ELU;
            g->node[k]->as.alpha.alpha = 1;
        }
    float *x = tiny_windows(&a, g, 20, 2);
    struct compress_opt o = {.calibration = x, .ncalibration = 20, .range = RANGE_MIN_MAX};
    struct graph *full = apply("full-integer", g, &o, &a);
    CHECK_EQ(1, count(full, OP_QUANTIZE));
    CHECK_EQ(1, count(full, OP_DEQUANTIZE));
    arena_free(&a);
}

TEST(compress_refuses_what_cannot_be)
{
    struct arena a = {0};
    struct err e = {""};
    struct graph *g = tiny_cnn(&a, 32, 6, 3, 1);
    struct compress_opt o = {0};
    CHECK(!technique_find("full-integer")->apply(g, &o, &a, &e));
    CHECK_STR("needs calibration windows", e.text);
    struct graph *dyn = apply("dynamic", g, &o, &a);
    CHECK(!technique_find("dynamic")->apply(dyn, &o, &a, &e));
    CHECK_STR("the model is dynamic already", e.text);
    CHECK(!technique_find("pruning"));
    float *x = tiny_windows(&a, g, 2, 2);
    x[5] = INFINITY;
    o = (struct compress_opt){.calibration = x, .ncalibration = 2, .range = RANGE_MSE};
    CHECK(!technique_find("full-integer")->apply(g, &o, &a, &e));
    CHECK_STR("not finite", e.text);
    arena_free(&a);
}

// Channels of very different range in front of an LSTM: one int8 scale for raw samples would lose the small ones.
TEST(compress_normalisation_stays_in_front_of_an_integer_recurrent_layer)
{
    struct arena a = {0};
    struct err e = {""};
    enum { WINDOWS = 40, STEPS = 32, CHANNELS = 6, CLASSES = 3 };
    const float mean[CHANNELS] = {0, 300, 0, 0, -200, 0}, std[CHANNELS] = {0.1f, 100, 0.1f, 0.1f, 100, 0.1f};
    const struct arch_shape s = {STEPS, CHANNELS, CLASSES, mean, std};
    struct rng r = rng_new(3);
    struct graph *g = arch_find("lstm")->build(&s, &r, &a, &e);
    float *x = tiny_windows(&a, g, WINDOWS, 2);
    for (int i = 0; i < WINDOWS * STEPS * CHANNELS; i++) x[i] = mean[i % CHANNELS] + std[i % CHANNELS] * x[i];
    const struct compress_opt o = {.calibration = x, .ncalibration = WINDOWS};
    struct graph *lite = apply("lite", g, &o, &a), *dynamic = apply("dynamic", g, &o, &a),
                 *integer = apply("full-integer", g, &o, &a);
    CHECK_EQ(0, count(lite, OP_MUL)); // exact in float: folded
    CHECK_EQ(1, count(dynamic, OP_MUL));
    CHECK_EQ(1, count(integer, OP_MUL));
    CHECK_EQ(F32, integer->in[0]->type);
    CHECK_EQ(OP_QUANTIZE, integer->node[2]->op); // behind MUL and ADD
    CHECK_EQ(I8, integer->out[0]->type);
    const float *want = outputs(lite, x, WINDOWS, &a);
    CHECK(worst(want, outputs(dynamic, x, WINDOWS, &a), WINDOWS * CLASSES) < 0.01f);
    CHECK(worst(want, outputs(integer, x, WINDOWS, &a), WINDOWS * CLASSES) < 0.02f);
    arena_free(&a);
}

// As PyTorch exports an LSTM: a bias beside the inputs and one beside h.
TEST(compress_two_biases_are_their_sum)
{
    struct arena a = {0};
    struct err e = {""};
    enum { WINDOWS = 20, STEPS = 32, CHANNELS = 6, CLASSES = 3 };
    static const float mean[CHANNELS], std[CHANNELS] = {1, 1, 1, 1, 1, 1};
    const struct arch_shape s = {STEPS, CHANNELS, CLASSES, mean, std};
    struct rng r = rng_new(3);
    struct graph *g = arch_find("lstm")->build(&s, &r, &a, &e);
    struct node *n = NULL;
    for (int k = 0; k < g->nnode; k++)
        if (g->node[k]->op == OP_RECURRENT) n = g->node[k];
    struct tensor *in[5] = {n->in[0], n->in[1], n->in[2], tiny_const(&a, &r, "bias", 1, n->in[1]->dim, 0.5f),
                            tiny_const(&a, &r, "recurrent bias", 1, n->in[1]->dim, 0.5f)};
    n->in = arena_copy(&a, in, sizeof in);
    n->nin = 5;
    const float *x = tiny_windows(&a, g, WINDOWS, 2), *two = outputs(g, x, WINDOWS, &a);
    recurrent_tidy(g, &a);
    CHECK_EQ(4, n->nin);
    CHECK(worst(two, outputs(g, x, WINDOWS, &a), WINDOWS * CLASSES) == 0);
    const struct compress_opt o = {.calibration = x, .ncalibration = WINDOWS};
    struct graph *small[] = {apply("dynamic", g, &o, &a), apply("full-integer", g, &o, &a)};
    for (int i = 0; i < 2; i++)
        for (int k = 0; k < small[i]->nnode; k++)
            if (small[i]->node[k]->op == OP_RECURRENT) CHECK_EQ(I8, small[i]->node[k]->in[1]->type);
    arena_free(&a);
}
