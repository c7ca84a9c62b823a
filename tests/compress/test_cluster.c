// Clustered weights: how many values they have as int8, and packed ones against those of the plan that was not packed,
// byte for byte in every layout.
#include "../../src/compress/compress.h"
#include "../../src/graph/kernels.h"
#include "../../src/train/train.h"
#include "../device/device.h"
#include "../test.h"
#include "../tiny.h"
#include <math.h>

static bool as_they_are(void *who, struct graph *g, const struct clusters *c, struct arena *a, struct err *e)
{
    (void)who, (void)g, (void)c, (void)a, (void)e;
    return true;
}

// How many layers of the network are packed in the layout; each must unpack to what its kernel had as a constant.
static int packed(const struct graph *g, const struct layout *l, struct arena *a)
{
    struct err e = {""};
    const struct plan *p = plan_lower(g, l, a, &e);
    struct plan *q = plan_lower(g, l, a, &e);
    if (!p || !q || !plan_pack(q, a, &e)) return test_fail(__FILE__, __LINE__, "%s", e.text), 0;
    int n = 0;
    for (int i = 0; i < q->nstep; i++) {
        const struct step *u = &q->step[i];
        if (u->k != &kernel_nn_unpack_codes) continue;
        const struct step *s = &p->step[i - n];
        const int w = u[1].k == &kernel_nn_conv2d_s8 || u[1].k == &kernel_nn_dense_s8 ? 1 : 3;
        CHECK(s->k == u[1].k && u[1].buf[w].t == u->buf[2].t);
        CHECK_EQ(tensor_bytes(s->buf[w].t), tensor_bytes(u->buf[2].t));
        int8_t *y = arena_new_n(a, (size_t)tensor_bytes(u->buf[2].t), int8_t);
        u->k->call(u->params,
                   (void *[]){(void *)(uintptr_t)u->buf[0].t->data, (void *)(uintptr_t)u->buf[1].t->data, y});
        CHECK(!memcmp(y, s->buf[w].t->data, (size_t)tensor_bytes(u->buf[2].t)));
        n++;
    }
    CHECK_EQ(p->nstep + n, q->nstep);
    CHECK(!n || plan_const_bytes(q) < plan_const_bytes(p));
    return n;
}

static struct graph *network(const char *technique, struct arena *a)
{
    static const float mean[6] = {0.1f, -0.2f, 0.9f}, std[6] = {1, 0.5f, 0.7f, 1, 2, 1};
    const struct arch_shape s = {128, 6, 5, mean, std};
    struct rng r = rng_new(7);
    struct err e = {""};
    struct graph *g = arch_find("cnn")->build(&s, &r, a, &e);
    for (int k = 0; k < g->nnode; k++) { // batch-norm as training leaves it: other factors, of both signs
        struct node *n = g->node[k];
        if (n->op != OP_BATCH_NORM || !k) continue;
        float *gamma = arena_copy(a, n->in[1]->data, (size_t)tensor_bytes(n->in[1]));
        for (int c = 0; c < tensor_count(n->in[1]); c++) gamma[c] = rng_uniform(&r, -2, 2);
        n->in[1]->data = gamma;
    }
    const struct compress_opt o = {
        .calibration = tiny_windows(a, g, 16, 6), .ncalibration = 16, .fine_tune = as_they_are};
    g = technique_find(technique)->apply(g, &o, a, &e);
    if (!g) test_fail(__FILE__, __LINE__, "%s: %s", technique, e.text);
    return g;
}

TEST(cluster_leaves_fifteen_values)
{
    static const char *const technique[] = {"clustered-full-integer", "clustered-dynamic"};
    for (int t = 0; t < 2; t++) {
        struct arena a = {0};
        const struct graph *g = network(technique[t], &a);
        int layers = 0, few = 0;
        for (int k = 0; g && k < g->nnode; k++) {
            const struct node *n = g->node[k];
            if (n->op != OP_CONV_2D && n->op != OP_DENSE) continue;
            bool has[256] = {0};
            int values = 0;
            CHECK_EQ(I8, n->in[1]->type);
            for (int64_t i = 0; i < tensor_count(n->in[1]); i++)
                has[((const uint8_t *)n->in[1]->data)[i]] = true;
            for (int i = 0; i < 256; i++) values += has[i];
            layers++;
            few += values <= 15;
            CHECK(values > 8); // and not all the same
        }
        CHECK(layers > 3 && few >= layers - 1); // the first one's inputs are scaled apart
        arena_free(&a);
    }
}

TEST(cluster_says_what_it_cannot)
{
    struct arena a = {0};
    struct err e = {""};
    const struct compress_opt o = {0};
    const struct graph *g = network("none", &a);
    CHECK(!technique_find("clustered")->apply(g, &o, &a, &e));
    CHECK_STR("must be trained further", e.text);
    CHECK(!technique_find("clustered")->apply(network("dynamic", &a), &o, &a, &e));
    CHECK_STR("cluster the float model", e.text);
    arena_free(&a);
}

TEST(cluster_packed_weights_are_the_kernels_own)
{
    static const char *const technique[] = {"clustered-full-integer", "clustered-dynamic", "full-integer",
                                            "dynamic"};
    static const struct layout toom = {.conv_f32 = 4,
                                       .conv_s8 = 4,
                                       .dense_f32 = 4,
                                       .dense_s8 = 4,
                                       .fma = true,
                                       .group = 5,
                                       .gates = GATES_ROWS};
    for (int t = 0; t < 4; t++) {
        struct arena a = {0};
        const struct graph *g = network(technique[t], &a);
        for (int l = 0; g && l <= device_nlayout; l++) {
            const int n = packed(g, l < device_nlayout ? &device_layouts[l] : &toom, &a);
            CHECK(t < 2 ? n > 1 : !n); // weights that are not clustered stay as they are
        }
        arena_free(&a);
    }
}
