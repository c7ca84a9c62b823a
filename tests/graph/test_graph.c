#include "../../src/graph/plan.h"
#include "../test.h"
#include "../tiny.h"
#include <math.h>
#include <string.h>

TEST(graph_of_a_cnn_checks_and_counts)
{
    struct arena a = {0};
    struct err e = {""};
    struct graph *g = tiny_cnn(&a, 32, 6, 3, 1);
    CHECK(graph_check(g, &e));
    // conv1 28x7x5x6, conv2 and conv3 14x7x3x7, depthwise 14x7x3, dense 3x7
    CHECK_EQ(28 * 7 * 30 + 2 * 14 * 7 * 21 + 14 * 7 * 3 + 21, graph_macs(g));
    struct graph *h = graph_copy(g, &a);
    CHECK(graph_check(h, &e) && h->nnode == g->nnode && h->node[3] != g->node[3]);
    struct buf out = {0};
    graph_print(h, &out);
    CHECK_STR("FULLY_CONNECTED", (char *)out.p);
    buf_free(&out);
    arena_free(&a);
}

TEST(graph_check_names_what_is_wrong)
{
    struct arena a = {0};
    struct err e = {""};
    struct graph *g = tiny_cnn(&a, 32, 6, 3, 1);
    float *w = (float *)(uintptr_t)g->node[2]->in[1]->data;
    w[4] = NAN;
    CHECK(!graph_check(g, &e));
    CHECK_STR("CONV_2D conv1: tensor conv1/w: value 4 is not a finite number", e.text);
    w[4] = 0;
    struct node *first = g->node[0];
    g->node[0] = g->node[1], g->node[1] = first;
    CHECK(!graph_check(g, &e));
    CHECK_STR("used before anything makes it", e.text);
    g->node[1] = g->node[0], g->node[0] = first;
    g->node[2]->in[1]->dim[3] = 5;
    CHECK(!graph_check(g, &e));
    CHECK_STR("the input has 6 channels, the weights want 5", e.text);
    g->node[2]->in[1]->dim[3] = 6;
    struct tensor *x = g->in[0];
    x->dim[1] = 1 << 30;
    CHECK(!graph_check(g, &e));
    CHECK_STR("larger than 2 GiB", e.text);
    x->dim[1] = -1;
    CHECK(!graph_check(g, &e));
    CHECK_STR("tensor window: dimension 1 is -1", e.text);
    arena_free(&a);
}

TEST(graph_window_too_short_for_the_network)
{
    struct arena a = {0};
    struct err e = {""};
    struct graph *g = graph_new(&a, "g");
    struct rng r = rng_new(1);
    struct node *n = graph_add(g, &a, OP_CONV_2D, "conv", 2, 1);
    n->in[0] = tensor_new(&a, "x", F32, 4, (int32_t[]){1, 1, 4, 6});
    n->in[1] = tiny_const(&a, &r, "w", 4, (int32_t[]){8, 1, 5, 6}, 1);
    n->as.conv = (struct conv){{1, 1}, {1, 1}, {0}, ACT_NONE};
    CHECK(!graph_apply(g, &a, n, &e));
    CHECK_STR("does not fit an input of 1x4", e.text);
    arena_free(&a);
}
