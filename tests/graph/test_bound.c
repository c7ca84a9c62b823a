// The arena of every network that we have is within 5 % of the bound, in each technique and each target's layout;
// models of others: tests/emit/test_shared_models.c.
#include "../../src/compress/compress.h"
#include "../../src/train/train.h"
#include "../bound.h"
#include "../cross/zoo.h"
#include "../test.h"
#include "../tiny.h"
#include <stdio.h>

static const char *const techniques_here[] = {"lite", "dynamic", "full-integer"};
enum { NTECHNIQUE = sizeof techniques_here / sizeof *techniques_here };

static struct graph *tiny(struct arena *a, uint64_t seed)
{
    return tiny_cnn(a, 128, 6, 6, seed);
}

static void network_check(const char *name, struct graph *g, struct arena *a)
{
    const struct compress_opt o = {.calibration = tiny_windows(a, g, 2, 6), .ncalibration = 2};
    for (int k = 0; k < NTECHNIQUE; k++) {
        struct err e = {""};
        const struct graph *h = technique_find(techniques_here[k])->apply(g, &o, a, &e);
        if (!h) {
            test_fail(name, 0, "%s: %s", techniques_here[k], e.text);
            continue;
        }
        const double over = bound_check(name, h, a);
        if (over > 0) printf("     %s %s: %.2f %% above the bound\n", name, techniques_here[k], over);
    }
}

TEST(bound_of_test_networks)
{
    static const struct {
        const char *name;
        struct graph *(*build)(struct arena *a, uint64_t seed);
    } networks[] = {{"tiny", tiny},
                    {"zoo", zoo_graph},
                    {"recurrent", recurrent_graph},
                    {"attention", attention_graph},
                    {"choices", choices_graph},
                    {"signal", signal_graph},
                    {"shapes", shapes_graph},
                    {"separable", separable_graph},
                    {"edgemark", edgemark_graph}};
    for (size_t i = 0; i < sizeof networks / sizeof *networks; i++) {
        struct arena a = {0};
        network_check(networks[i].name, networks[i].build(&a, 7), &a);
        arena_free(&a);
    }
}

TEST(bound_of_architectures)
{
    static const float zero[6], one[6] = {1, 1, 1, 1, 1, 1};
    for (int i = 0; archs[i]; i++) {
        struct arena a = {0};
        struct err e = {""};
        struct rng r = rng_new(1);
        const struct arch_shape s = {.window = 128, .nchannel = 6, .nclass = 6, .mean = zero, .std = one};
        struct graph *g = archs[i]->build(&s, &r, &a, &e);
        if (g)
            network_check(archs[i]->name, g, &a);
        else
            test_fail(archs[i]->name, 0, "%s", e.text);
        arena_free(&a);
    }
}
