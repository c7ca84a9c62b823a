// The ONNX writer and reader: a round trip brings back the same graph and the same bits.
#include "../test.h"
#include "../tiny.h"
#include "../../src/base/file.h"
#include "../../src/format/format.h"
#include "../../src/run/run.h"
#include "../../src/train/train.h"
#include <stdlib.h>
#include <string.h>

// Outputs of g for n inputs, or NULL when it does not lower.
static float *outputs(const struct graph *g, struct arena *a, const float *x, int n)
{
    struct err e = {""};
    const struct plan *p = plan_lower(g, &layout_host, a, &e);
    float *y = arena_new_n(a, (size_t)(n * tensor_count(g->out[0])), float);
    if (!p || !run_batch(p, x, n, y, &e)) {
        test_fail(__FILE__, __LINE__, "%s", e.text);
        return NULL;
    }
    return y;
}

static void same_tensor(const struct tensor *p, const struct tensor *q, const char *where)
{
    if (!p || !q) {
        if (p != q) test_fail(__FILE__, __LINE__, "%s: an input is there only once", where);
        return;
    }
    CHECK_EQ(p->rank, q->rank);
    if (memcmp(p->dim, q->dim, (size_t)p->rank * sizeof *p->dim))
        test_fail(__FILE__, __LINE__, "%s: other shape", where);
    CHECK_EQ(tensor_is_const(p), tensor_is_const(q));
    if (tensor_is_const(p) && tensor_is_const(q) && memcmp(p->data, q->data, (size_t)tensor_bytes(p)))
        test_fail(__FILE__, __LINE__, "%s: constant %s has other bits", where, p->name);
}

// Node for node; DROPOUT is not written, a fused activation comes back as a node of its own.
static void same_graph(const struct graph *g, const struct graph *h)
{
    int j = 0;
    for (int k = 0; k < g->nnode; k++) {
        const struct node *n = g->node[k];
        if (n->op == OP_DROPOUT) continue;
        if (j >= h->nnode) {
            test_fail(__FILE__, __LINE__, "node %s is missing", n->name);
            return;
        }
        const struct node *m = h->node[j++];
        if (n->op != m->op || n->nin != m->nin) {
            test_fail(__FILE__, __LINE__, "node %s: %s with %d inputs became %s %s with %d", n->name,
                      op_def(n->op)->name, n->nin, op_def(m->op)->name, m->name, m->nin);
            return;
        }
        for (int i = 0; i < n->nin; i++) same_tensor(n->in[i], m->in[i], n->name);
        same_tensor(n->out[0], m->out[0], n->name);
        bool fused = n->op == OP_ADD && n->as.binary.act;
        if (fused) {
            CHECK_EQ(OP_RELU, h->node[j]->op);
            j++;
        } else if (n->op != OP_RESHAPE)
            CHECK(!memcmp(&n->as, &m->as, sizeof n->as));
        if (n->op != OP_RESHAPE) CHECK(!strcmp(n->name, m->name));
    }
    CHECK_EQ(h->nnode, j);
    CHECK_EQ(g->nmeta, h->nmeta);
    for (int i = 0; i < g->nmeta && i < h->nmeta; i++) CHECK(!strcmp(g->meta[i].value, h->meta[i].value));
}

static void round_trip(const struct graph *g, struct arena *a, const float *x, int n)
{
    struct err e = {""};
    struct buf bytes = {0}, again = {0};
    if (!format_onnx.write(g, &bytes, &e)) {
        test_fail(__FILE__, __LINE__, "%s", e.text);
        return;
    }
    CHECK(format_onnx.probe(buf_span(&bytes)));
    struct graph *h = format_onnx.read(buf_span(&bytes), a, &e);
    if (!h || !graph_check(h, &e)) {
        test_fail(__FILE__, __LINE__, "%s", e.text);
        return;
    }
    same_graph(g, h);
    CHECK(format_onnx.write(g, &again, &e));
    CHECK(bytes.n == again.n && !memcmp(bytes.p, again.p, bytes.n)); // the same bytes each time
    float *y = outputs(g, a, x, n), *z = outputs(h, a, x, n);
    if (y && z) CHECK(!memcmp(y, z, (size_t)(n * tensor_count(g->out[0])) * sizeof *y));
    buf_free(&bytes);
    buf_free(&again);
}

TEST(onnx_round_trip)
{
    struct arena a = {0};
    struct graph *g = tiny_cnn(&a, 40, 5, 3, 7);
    round_trip(g, &a, tiny_windows(&a, g, 4, 9), 4);
    arena_free(&a);
}

TEST(onnx_round_trip_archs)
{
    float mean[] = {0.1f, -0.3f, 1, 0, 0.5f, 2}, std[] = {1, 2, 0.5f, 3, 1, 0.1f};
    struct arch_shape s = {128, 6, 6, mean, std};
    for (int i = 0; archs[i]; i++) {
        struct arena a = {0};
        struct err e = {""};
        struct rng r = rng_new(3);
        struct graph *g = archs[i]->build(&s, &r, &a, &e);
        if (g)
            round_trip(g, &a, tiny_windows(&a, g, 2, 9), 2);
        else
            test_fail(__FILE__, __LINE__, "%s", e.text);
        arena_free(&a);
    }
}

// For tests/referee/onnx_run.py: WEARLITE_REFEREE=DIR keeps models with inputs and our outputs there.
TEST(onnx_referee_files)
{
    const char *dir = getenv("WEARLITE_REFEREE");
    if (!dir) {
        test_skip("WEARLITE_REFEREE is not set; see tests/referee/onnx_run.py");
        return;
    }
    float mean[] = {0.1f, -0.3f, 1, 0, 0.5f, 2}, std[] = {1, 2, 0.5f, 3, 1, 0.1f};
    struct arch_shape s = {128, 6, 6, mean, std};
    for (int i = -1; i < 0 || archs[i]; i++) {
        struct arena a = {0};
        struct err e = {""};
        struct rng r = rng_new(3);
        enum { N = 64 };
        struct graph *g = i < 0 ? tiny_cnn(&a, 40, 5, 3, 7) : archs[i]->build(&s, &r, &a, &e);
        const char *name = i < 0 ? "tiny" : archs[i]->name;
        float *x = tiny_windows(&a, g, N, 9), *y = outputs(g, &a, x, N);
        struct npy in = {.type = F32, .rank = g->in[0]->rank, .data = x},
                   out = {.type = F32, .rank = 2, .data = y};
        memcpy(in.dim, g->in[0]->dim, sizeof in.dim);
        memcpy(out.dim, g->out[0]->dim, sizeof out.dim);
        in.dim[0] = out.dim[0] = N;
        struct buf b[2] = {{0}, {0}};
        npy_write(&in, &b[0]);
        npy_write(&out, &b[1]);
        CHECK(model_save(g, arena_printf(&a, "%s/%s.onnx", dir, name), &e));
        CHECK(file_write(arena_printf(&a, "%s/%s-in.npy", dir, name), buf_span(&b[0]), &e));
        CHECK(file_write(arena_printf(&a, "%s/%s-out.npy", dir, name), buf_span(&b[1]), &e));
        buf_free(&b[0]);
        buf_free(&b[1]);
        arena_free(&a);
    }
}
