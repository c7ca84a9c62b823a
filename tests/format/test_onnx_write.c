// Every float graph that a reader makes can be written as ONNX, and read again computes the same bits.
#include "../../src/base/file.h"
#include "../../src/compress/compress.h"
#include "../../src/format/format.h"
#include "../../src/run/run.h"
#include "../test.h"
#include "../tiny.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

// All outputs for one set of inputs, one behind the other; NULL when g cannot be executed.
static uint8_t *outputs(const struct graph *g, const void *const *in, int64_t *bytes, struct arena *a,
                        struct err *e)
{
    const struct plan *p = plan_lower(g, &layout_plain, a, e);
    void **out = arena_new_n(a, (size_t)g->nout, void *);
    int64_t at = 0;
    if (!p) return NULL;
    for (int k = 0; k < g->nout; k++) at += tensor_bytes(g->out[k]);
    uint8_t *all = arena_alloc(a, (size_t)at);
    for (int k = 0, to = 0; k < g->nout; to += (int)tensor_bytes(g->out[k++])) out[k] = all + to;
    run_invoke(runner_new(p, a), in, out, NULL, NULL);
    *bytes = at;
    return all;
}

static const void **inputs(const struct graph *g, struct arena *a, uint64_t seed)
{
    struct rng r = rng_new(seed);
    const void **in = arena_new_n(a, (size_t)g->nin, const void *);
    for (int k = 0; k < g->nin; k++) {
        const int64_t n = tensor_count(g->in[k]);
        void *v = arena_alloc(a, (size_t)tensor_bytes(g->in[k]));
        for (int64_t i = 0; i < n; i++)
            if (g->in[k]->type == F32)
                ((float *)v)[i] = 2 * rng_normal(&r);
            else
                memset(v, 0, (size_t)tensor_bytes(g->in[k]));
        in[k] = v;
    }
    return in;
}

static double largest(const uint8_t *p, const uint8_t *q, int64_t bytes)
{
    double worst = 0;
    for (int64_t i = 0; i + 4 <= bytes; i += 4) {
        float x, y;
        memcpy(&x, p + i, 4);
        memcpy(&y, q + i, 4);
        worst = fmax(worst, fabs((double)x - (double)y));
    }
    return worst;
}

// Empty when g comes back as what it was; else what happened.
static const char *round_trip(const struct graph *g, struct arena *a)
{
    struct err e = {""};
    struct buf bytes = {0};
    int64_t n[2] = {0};
    const void **in = inputs(g, a, 7);
    const char *why = "";
    if (!format_onnx.write(g, &bytes, &e)) return arena_printf(a, "not written: %s", e.text);
    const struct graph *h = format_onnx.read(buf_span(&bytes), a, &e);
    const uint8_t *y = outputs(g, in, &n[0], a, &e),
                  *z = h && graph_check(h, &e) ? outputs(h, in, &n[1], a, &e) : NULL;
    if (!y || !z)
        why = arena_printf(a, "%s: %s", z ? "not executed" : "not read again", e.text);
    else if (n[0] != n[1])
        why = "outputs of other sizes";
    else if (memcmp(y, z, (size_t)n[0]))
        why = arena_printf(a, "other bits, by %g", largest(y, z, n[0]));
    buf_free(&bytes);
    return why;
}

// The committed models of other tools, as floats.
TEST(onnx_writes_golden)
{
    struct arena names = {0};
    int n, done = 0;
    char **folder = dir_list("tests/golden", &names, &n);
    for (int i = 0; i < n; i++) {
        struct arena a = {0};
        struct err e = {""};
        static const char *const ext[] = {"tflite", "onnx", "keras", "h5"};
        const char *path = NULL;
        for (int k = 0; k < 4; k++) {
            const char *p = arena_printf(&a, "tests/golden/%s/model.%s", folder[i], ext[k]);
            if (file_exists(p)) path = p;
        }
        struct graph *g = path ? model_load(path, &a, &e) : NULL;
        if (g && quantised_as(g)) g = dequantize(g, &a, &e);
        if (g) {
            const char *why = round_trip(g, &a); // ONNX has nothing that lives from run to run
            const bool refused =
                strstr(why, "keeps its state from one window to the next, which ONNX") != NULL;
            if (graph_stateful(g) ? !refused : *why) test_fail(path, 0, "%s", why);
            done++;
        } else if (path)
            printf("%s: %s\n", path, e.text);
        arena_free(&a);
    }
    CHECK(done >= 150);
    arena_free(&names);
}

static struct node *add(struct graph *g, struct arena *a, enum op op, const char *name, int nin,
                        struct tensor *x)
{
    struct node *n = graph_add(g, a, op, name, nin, 1);
    n->in[0] = x;
    n->out[0] = tensor_new(a, name, F32, 0, NULL);
    return n;
}

static struct tensor *done(struct graph *g, struct arena *a, struct node *n)
{
    struct err e = {""};
    struct tensor *t = graph_apply(g, a, n, &e);
    if (!t) test_fail(__FILE__, __LINE__, "%s: %s", n->name, e.text);
    return t;
}

// What no converter left in the committed models: five dimensions, integers and truths in channels-first order,
// outputs that stand twice or are inputs, a batch that is repeated.
TEST(onnx_writes_rare)
{
    struct arena a = {0};
    struct rng r = rng_new(3);
    struct graph *g = graph_new(&a, "rare");
    struct tensor *x = tensor_new(&a, "x", F32, 4, (int32_t[]){1, 6, 5, 4}), *y, *two[2];
    struct node *n = add(g, &a, OP_DEPTHWISE_CONV_2D, "conv", 3, x);
    n->in[1] = tiny_const(&a, &r, "w", 4, (int32_t[]){1, 3, 3, 4}, 1);
    n->as.conv = (struct conv){.stride = {1, 1}, .dilation = {1, 1}, .pad = {1, 1, 1, 1}};
    y = done(g, &a, n);
    n = add(g, &a, OP_NOT_EQUAL, "ne", 2, y); // channels first
    n->in[1] = x;
    two[0] = done(g, &a, n);
    n = add(g, &a, OP_LESS, "less", 2, y);
    n->in[1] = tiny_const(&a, &r, "per channel", 1, (int32_t[]){4}, 1);
    two[1] = done(g, &a, n);
    n = add(g, &a, OP_LOGICAL_AND, "and", 2, two[0]);
    n->in[1] = two[1];
    n = add(g, &a, OP_SELECT, "choice", 3, done(g, &a, n));
    n->in[1] = y;
    n->in[2] = tiny_const(&a, &r, "otherwise", 1, (int32_t[]){1}, 1);
    y = done(g, &a, n);
    n = add(g, &a, OP_PRELU, "prelu", 2, y);
    n->in[1] = tiny_const(&a, &r, "slope", 1, (int32_t[]){4}, 1);
    y = done(g, &a, n);
    n = add(g, &a, OP_ARG_MIN, "least", 1, y);
    n->as.axis.axis = 2;
    struct tensor *at = done(g, &a, n);
    n = add(g, &a, OP_CAST, "number", 1, at);
    done(g, &a, n);
    n = add(g, &a, OP_GATHER, "table", 2, tiny_const(&a, &r, "rows", 2, (int32_t[]){5, 3}, 1));
    n->in[1] = at; // 1, 6, 4, 3
    struct tensor *rows = done(g, &a, n);
    n = add(g, &a, OP_RESHAPE, "five", 1, rows);
    n->out[0] = tensor_new(&a, "five", F32, 5, (int32_t[]){1, 3, 2, 4, 3});
    n = add(g, &a, OP_BATCH_NORM, "norm", 5, done(g, &a, n));
    for (int i = 1; i < 5; i++)
        n->in[i] = tiny_const(&a, &r, arena_printf(&a, "n%d", i), 1, (int32_t[]){3}, 1);
    for (int i = 0; i < 3; i++) ((float *)(uintptr_t)n->in[4]->data)[i] = 0.5f + (float)i;
    n->as.batch_norm.epsilon = 1e-3f;
    struct tensor *norm = done(g, &a, n);
    g->in = arena_copy(&a, &x, sizeof x);
    g->nin = 1;
    struct tensor *out[] = {norm, y, norm, x, g->node[7]->out[0]};
    g->out = arena_copy(&a, out, sizeof out);
    g->nout = 5;
    CHECK_STR("CAST", op_def(g->node[7]->op)->name);
    const char *why = round_trip(g, &a);
    if (*why) test_fail(__FILE__, __LINE__, "%s", why);

    n = add(g, &a, OP_TILE, "twice", 1, y); // no batch any more
    for (int i = 0; i < 4; i++) n->as.tile.times[i] = i ? 1 : 2;
    y = done(g, &a, n);
    n = add(g, &a, OP_CONCATENATION, "joined", 2, y);
    n->in[1] = tiny_const(&a, &r, "more", 4, (int32_t[]){3, 6, 5, 4}, 1);
    y = done(g, &a, n);
    n = add(g, &a, OP_SUM, "sum", 1, y);
    n->as.reduce.naxis = 1;
    g->out[1] = done(g, &a, n);
    why = round_trip(g, &a);
    if (*why) test_fail(__FILE__, __LINE__, "%s", why);

    struct err e = {""};
    struct buf b = {0};
    struct state kept = {x, norm};
    g->state = &kept;
    g->nstate = 1;
    CHECK(!format_onnx.write(g, &b, &e));
    CHECK_STR("keeps x from one window to the next, which ONNX cannot say; name the file .tflite", e.text);
    buf_free(&b);
    arena_free(&a);
}

// One channel, one unit: matrices of one column are matrices.
// Layers that share a constant share it in the file, and again when it is read.
TEST(onnx_writes_shared_once)
{
    enum { WIDTH = 32, LAYERS = 20, ONCE = 4 * WIDTH * (9 * WIDTH + 8) };
    struct arena a = {0};
    struct rng r = rng_new(5);
    struct err e = {""};
    struct graph *g = graph_new(&a, "shared");
    struct tensor *x = tensor_new(&a, "x", F32, 3, (int32_t[]){1, 4, WIDTH}),
                  *k = tiny_const(&a, &r, "k", 2, (int32_t[]){4 * WIDTH, WIDTH}, 0.1f),
                  *u = tiny_const(&a, &r, "u", 2, (int32_t[]){4 * WIDTH, WIDTH}, 0.1f),
                  *b = tiny_const(&a, &r, "b", 1, (int32_t[]){4 * WIDTH}, 0.1f),
                  *w = tiny_const(&a, &r, "w", 2, (int32_t[]){WIDTH, WIDTH}, 0.1f), *t = x;
    g->in = arena_copy(&a, &x, sizeof x);
    g->nin = 1;
    for (int i = 0; i < 2 * LAYERS; i++) {
        struct node *n = add(g, &a, i < LAYERS ? OP_RECURRENT : OP_DENSE, arena_printf(&a, "layer %d", i),
                             i < LAYERS ? 4 : 2, t);
        n->in[1] = i < LAYERS ? k : w;
        if (i < LAYERS) {
            n->in[2] = u;
            n->in[3] = b;
            n->as.recurrent = (struct recurrent){
                .kind = RECURRENT_LSTM, .act = CELL_TANH, .gate_act = CELL_LOGISTIC, .sequences = true};
        }
        t = done(g, &a, n);
    }
    g->out = arena_copy(&a, &t, sizeof t);
    g->nout = 1;
    struct buf out = {0};
    CHECK(format_onnx.write(g, &out, &e));
    CHECK_STR("", e.text);
    CHECK(out.n > ONCE && out.n < ONCE + 600 * 2 * LAYERS); // each layer's own matrices would be 160 KB
    struct graph *back = format_onnx.read((struct span){arena_copy(&a, out.p, out.n), out.n}, &a, &e);
    CHECK_STR("", e.text);
    CHECK(back != NULL);
    if (back) CHECK_EQ(graph_const_bytes(g), graph_const_bytes(back)); // ONNX' LSTM has two biases
    const char *why = round_trip(g, &a);
    if (*why) test_fail(__FILE__, __LINE__, "%s", why);
    buf_free(&out);
    arena_free(&a);
}

TEST(onnx_writes_narrow_recurrent)
{
    for (int kind = 0; kind < 3; kind++)
        for (int units = 1; units < 4; units += 2) {
            struct arena a = {0};
            struct err e = {""};
            struct buf bytes = {0};
            struct rng r = rng_new(5);
            struct graph *g = graph_new(&a, "narrow");
            struct tensor *x = tensor_new(&a, "x", F32, 3, (int32_t[]){1, 7, 1});
            struct node *n = add(g, &a, OP_RECURRENT, "layer", 5, x);
            n->as.recurrent = (struct recurrent){
                .kind = kind, .gate_act = CELL_LOGISTIC, .reset_after = kind == RECURRENT_GRU};
            const int32_t rows = recurrent_gates(kind) * units;
            n->in[1] = tiny_const(&a, &r, "w", 2, (int32_t[]){rows, 1}, 1);
            n->in[2] = tiny_const(&a, &r, "u", 2, (int32_t[]){rows, units}, 1);
            n->in[3] = tiny_const(&a, &r, "b", 1, &rows, 1);
            n->in[4] = tiny_const(&a, &r, "rb", 1, &rows, 1);
            struct tensor *y = done(g, &a, n);
            g->in = arena_copy(&a, &x, sizeof x);
            g->out = arena_copy(&a, &y, sizeof y);
            g->nin = g->nout = 1;
            const char *why = round_trip(g, &a);
            if (*why) test_fail(__FILE__, __LINE__, "%s of %d: %s", recurrent_name(kind), units, why);
            CHECK(format_onnx.write(g, &bytes, &e));
            const struct graph *h = format_onnx.read(buf_span(&bytes), &a, &e);
            for (int i = 1; h && i < 3; i++) {
                CHECK_EQ(2, h->node[0]->in[i]->rank);
                CHECK_EQ(rows, h->node[0]->in[i]->dim[0]);
                CHECK_EQ(i == 1 ? 1 : units, h->node[0]->in[i]->dim[1]);
            }
            buf_free(&bytes);
            arena_free(&a);
        }
}
