// Networks in which many layers share one large constant: memory stays within a multiple of the file's bytes, or a
// sentence says which layer is too much.
#include "../../src/compress/compress.h"
#include "../../src/format/keras.h"
#include "../../src/format/tflite.h"
#include "../../src/graph/plan.h"
#include "../../src/target/target.h"
#include "../test.h"
#include "../tiny.h"
#include <string.h>

enum { WIDTH = 160, LAYERS = 400, KERNEL_BYTES = WIDTH * WIDTH * 4 };

// x through dense layers, all with the same weights.
static struct graph *chain(struct arena *a, int layers)
{
    struct rng r = rng_new(7);
    struct err e = {""};
    struct graph *g = graph_new(a, "chain");
    struct tensor *w = tiny_const(a, &r, "w", 2, (int32_t[]){WIDTH, WIDTH}, 0.078f),
                  *t = tensor_new(a, "x", F32, 2, (int32_t[]){1, WIDTH});
    g->in = arena_copy(a, &t, sizeof t);
    g->nin = 1;
    for (int k = 0; k < layers; k++) {
        struct node *n = graph_add(g, a, OP_DENSE, arena_printf(a, "dense %d", k), 2, 1);
        n->in[0] = t;
        n->in[1] = w;
        t = graph_apply(g, a, n, &e);
        CHECK(t != NULL);
    }
    g->out = arena_copy(a, &t, sizeof t);
    g->nout = 1;
    return g;
}

static struct graph *as_file(struct arena *a, const struct graph *g, size_t *bytes)
{
    struct err e = {""};
    struct buf out = {0};
    CHECK(tflite_write(g, &out, &e));
    *bytes = out.n;
    struct span file = {arena_copy(a, out.p, out.n), out.n};
    buf_free(&out);
    struct graph *back = tflite_read(file, a, &e);
    CHECK_STR("", e.text);
    return back;
}

TEST(limit_shared_constant)
{
    static const char *const technique[] = {"lite", "dynamic", "full-integer", "float16"};
    struct arena a = {0};
    size_t bytes;
    const struct graph *g = as_file(&a, chain(&a, LAYERS), &bytes);
    CHECK(bytes < 2 * KERNEL_BYTES);
    CHECK_EQ(KERNEL_BYTES, graph_const_bytes(g));
    for (size_t i = 0; i < sizeof technique / sizeof *technique; i++) {
        struct arena b = {0};
        struct err e = {""};
        const struct compress_opt o = {.calibration = tiny_windows(&b, g, 2, 5), .ncalibration = 2};
        const struct graph *h = technique_find(technique[i])->apply(g, &o, &b, &e);
        const struct plan *p = h ? plan_lower(h, targets[0]->layout, &b, &e) : NULL;
        if (!p) test_fail(__FILE__, __LINE__, "%s: %s", technique[i], e.text);
        // laid out once for the chip and once for this machine; a copy a layer would be 40 MB
        if (p) CHECK(plan_const_bytes(p) < 2 * KERNEL_BYTES + LAYERS * WIDTH * 16);
        if (p) { // laid out once, not only kept once: that takes the time
            const struct tensor *w = NULL;
            for (int s = 0; s < p->nstep; s++)
                for (int k = 0; k < p->step[s].k->nbuf; k++) {
                    const struct ref *r = &p->step[s].buf[k];
                    if (r->offset != -1 || tensor_count(r->t) < WIDTH * WIDTH) continue;
                    CHECK(!w || w == r->t);
                    w = r->t;
                }
            CHECK(w != NULL);
        }
        struct buf file = {0};
        CHECK(h && tflite_write(h, &file, &e));
        CHECK(file.n < 2 * KERNEL_BYTES + LAYERS * WIDTH * 16);
        buf_free(&file);
        CHECK(h && graph_const_bytes(h) < KERNEL_BYTES + LAYERS * WIDTH * 16);
        if (b.bytes > 12 << 20)
            test_fail(__FILE__, __LINE__, "%s takes %zu MB for a file of %zu KB", technique[i], b.bytes >> 20,
                      bytes >> 10);
        arena_free(&b);
    }
    arena_free(&a);
}

// Tables that differ from layer to layer cannot be shared: 1 to WIDE and back by the same weights, at other scales.
TEST(limit_refused)
{
    enum { WIDE = 20000, PAIRS = 500 };
    struct arena a = {0};
    struct err e = {""};
    int8_t *one = arena_new_n(&a, WIDE, int8_t);
    memset(one, 1, WIDE);
    struct graph *g = graph_new(&a, "wide");
    struct tensor *t = tensor_new(&a, "x", I8, 2, (int32_t[]){1, 1});
    float *scale = arena_new_n(&a, 2 * PAIRS + 1, float);
    int32_t *zero = arena_new_n(&a, 1, int32_t);
    for (int k = 0; k < 2 * PAIRS + 1; k++) scale[k] = 0.1f + (float)k * 1e-4f;
    t->q = (struct quant){1, 0, scale, zero};
    g->in = arena_copy(&a, &t, sizeof t);
    g->nin = 1;
    for (int k = 0; k < 2 * PAIRS; k++) {
        struct node *n = graph_add(g, &a, OP_DENSE, arena_printf(&a, "dense %d", k), 2, 1);
        n->in[0] = t;
        n->in[1] = tensor_const(&a, "w", I8, 2, (int32_t[]){k % 2 ? 1 : WIDE, k % 2 ? WIDE : 1}, one);
        n->in[1]->q = (struct quant){1, 0, scale, zero};
        t = n->out[0] = tensor_new(&a, n->name, I8, 2, (int32_t[]){1, k % 2 ? 1 : WIDE});
        t->q = (struct quant){1, 0, scale + k + 1, zero};
    }
    g->out = arena_copy(&a, &t, sizeof t);
    g->nout = 1;
    struct arena b = {0};
    CHECK(plan_lower(g, &layout_plain, &b, &e) == NULL);
    CHECK_STR("because many layers share large ones", e.text);
    CHECK_STR("FULLY_CONNECTED dense", e.text);
    CHECK(b.bytes < 40 << 20);
    arena_free(&b);
    arena_free(&a);
}

TEST(limit_keras)
{
    enum { CALLS = 900 };
    struct arena a = {0}, scratch = {0};
    struct err e = {""};
    struct rng r = rng_new(3);
    const float *v = tiny_const(&a, &r, "w", 2, (int32_t[]){WIDTH, WIDTH}, 1)->data;
    const char *name[] = {"d/kernel:0"};
    struct h5_data data = {"model_weights/d/d/kernel:0", 2, {WIDTH, WIDTH}, v};
    struct h5_text text = {"model_weights/d", "weight_names", 1, name};
    const struct h5 h5 = {&data, &text, 1, 1};
    struct buf config = {0};
    buf_printf(&config, "{\"class_name\":\"Sequential\",\"config\":{\"name\":\"m\",\"layers\":[");
    for (int i = 0; i < CALLS; i++)
        buf_printf(&config,
                   "%s{\"class_name\":\"Dense\",\"config\":{\"name\":\"d\",\"batch_input_shape\":[null,%d],"
                   "\"units\":%d,\"use_bias\":false,\"activation\":\"linear\"}}",
                   i ? "," : "", WIDTH, WIDTH);
    buf_printf(&config, "]}}");
    json_t *root = json_loadb((const char *)config.p, config.n, 0, NULL);
    CHECK(root != NULL);
    CHECK(keras_read(root, &h5, false, &a, &scratch, &e) == NULL);
    CHECK_STR("layer d (Dense)", e.text);
    CHECK_STR("called many times; call them less often", e.text);
    CHECK(a.bytes < 20 << 20);
    json_decref(root);
    buf_free(&config);
    arena_free(&scratch);
    arena_free(&a);
}
