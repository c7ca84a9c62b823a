#include "../../src/compress/compress.h"
#include "../../src/run/run.h"
#include "../../src/train/train.h"
#include "../test.h"
#include "../tiny.h"
#include <math.h>
#include <string.h>

static struct graph *network(const char *arch, struct arena *a)
{
    static const float mean[6] = {0.1f, -0.2f, 0.9f}, std[6] = {1, 0.5f, 0.7f, 1, 2, 1};
    const struct arch_shape s = {128, 6, 5, mean, std};
    struct rng r = rng_new(7);
    struct err e = {""};
    return arch_find(arch)->build(&s, &r, a, &e);
}

TEST(prune_leaves_a_smaller_network_of_every_architecture)
{
    for (int i = 0; archs[i]; i++) {
        struct arena a = {0};
        struct err e = {""};
        const struct graph *g = network(archs[i]->name, &a);
        struct graph *h = g ? prune(g, 0.5, &a, &e) : NULL;
        if (!h || !graph_check(h, &e)) {
            test_fail(__FILE__, __LINE__, "%s: %s", archs[i]->name, e.text);
            arena_free(&a);
            continue;
        }
        CHECK(graph_macs(h) <= graph_macs(g) / 2);
        CHECK(graph_params(h) < graph_params(g));
        CHECK_EQ(tensor_count(g->out[0]), tensor_count(h->out[0]));
        arena_free(&a);
    }
}

// Channels whose weights are zero go first, and going they change nothing.
TEST(prune_takes_the_lightest_channels)
{
    struct arena a = {0};
    struct err e = {""};
    struct graph *g = network("cnn-small", &a);
    int conv = 0;
    for (int k = 0; k < g->nnode; k++) {
        struct node *n = g->node[k];
        if (n->op != OP_CONV_2D) continue;
        const int32_t each = (int32_t)(tensor_count(n->in[1]) / n->in[1]->dim[0]);
        float *w = arena_copy(&a, n->in[1]->data, (size_t)tensor_bytes(n->in[1]));
        for (int c = 0; c < n->in[1]->dim[0]; c += 2) memset(w + c * each, 0, (size_t)each * sizeof *w);
        n->in[1]->data = w;
        conv++;
    }
    CHECK_EQ(2, conv);
    struct graph *h = prune(g, 0.4, &a, &e); // half of 8 and of 16 channels: half, then a quarter of the work
    CHECK(h && graph_check(h, &e));
    CHECK_STR("", e.text);
    const struct compress_opt none = {0};
    const struct technique *t = technique_find("none");
    struct plan *p = plan_lower(t->apply(g, &none, &a, &e), &layout_host, &a, &e),
                *q = plan_lower(t->apply(h, &none, &a, &e), &layout_host, &a, &e);
    float *x = tiny_windows(&a, g, 20, 5), y[100], z[100];
    CHECK(run_batch(p, x, 20, y, &e) && run_batch(q, x, 20, z, &e));
    for (int i = 0; i < 100; i++) CHECK_NEAR(y[i], z[i], 1e-6);
    arena_free(&a);
}

TEST(prune_says_what_it_cannot)
{
    struct arena a = {0};
    struct err e = {""};
    const struct graph *g = network("cnn", &a);
    CHECK(!prune(g, 1.5, &a, &e));
    CHECK_STR("want 0 to 1", e.text);
    CHECK(!prune(g, 0.0001, &a, &e));
    CHECK_STR("no channels can be removed", e.text);
    const struct compress_opt o = {0};
    CHECK(!technique_find("pruned")->apply(g, &o, &a, &e));
    CHECK_STR("must be trained further", e.text);
    struct graph *q = technique_find("dynamic")->apply(g, &o, &a, &e);
    CHECK(q && !prune(q, 0.5, &a, &e));
    CHECK_STR("prune the float model, then quantise", e.text);
    arena_free(&a);
}
