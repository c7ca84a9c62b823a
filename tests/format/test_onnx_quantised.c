// What quantised ONNX files become: integers at the ends, dynamic layers, activations that are fused.
#include "../../src/base/file.h"
#include "../../src/format/format.h"
#include "../../src/format/onnx_proto.h"
#include "../../src/run/run.h"
#include "../test.h"
#include <math.h>
#include <string.h>

#define QDQ "tests/golden/onnx_qdq_u8_1/model.onnx"

static Onnx__ModelProto *load(const char *path, struct arena *a)
{
    struct span s;
    struct err e = {""};
    Onnx__ModelProto *m = file_read(path, a, &s, &e) ? onnx_unpack(s, a, &e) : NULL;
    if (!m) test_fail(__FILE__, __LINE__, "%s", e.text);
    return m;
}

static struct runner *runner_of(Onnx__ModelProto *m, struct graph **g, struct arena *a)
{
    struct buf bytes = {0};
    struct err e = {""};
    onnx_pack(m, &bytes);
    *g = format_onnx.read(buf_span(&bytes), a, &e);
    buf_free(&bytes);
    const struct plan *p = *g && graph_check(*g, &e) ? plan_lower(*g, &layout_plain, a, &e) : NULL;
    if (!p) test_fail(__FILE__, __LINE__, "%s", e.text);
    return p ? runner_new(p, a) : NULL;
}

static struct npy golden(const char *name, struct arena *a)
{
    struct npy v = {0};
    struct span s;
    struct err e = {""};
    CHECK(file_read(arena_printf(a, "tests/golden/onnx_qdq_u8_1/%s.npy", name), a, &s, &e) &&
          npy_read(s, a, &v, &e));
    return v;
}

// A file that takes and gives 8 bits: the same numbers as with floats at its ends, 128 lower where they are uint8.
TEST(onnx_8_bit_ends)
{
    struct arena a = {0};
    struct graph *g, *h;
    const struct npy x = golden("in", &a);
    const int64_t count = 3 * 32;
    Onnx__ModelProto *m = load(QDQ, &a), *ends = load(QDQ, &a);
    Onnx__GraphProto *p = ends->graph;
    for (size_t i = 0; i < p->n_node; i++) { // without the first QuantizeLinear and the last DequantizeLinear
        Onnx__NodeProto *n = p->node[i];
        if (!strcmp(n->op_type, "DequantizeLinear") && !strcmp(n->input[0], "x_QuantizeLinear_Output"))
            n->input[0] = "x";
        if (strcmp(n->output[0], "x_QuantizeLinear_Output") && strcmp(n->output[0], "y")) continue;
        memmove(p->node + i, p->node + i + 1, (p->n_node - i - 1) * sizeof *p->node);
        p->n_node--;
        i--;
    }
    p->input[0]->type->tensor_type->elem_type = 2;
    p->output[0]->name = "y_QuantizeLinear_Output";
    struct runner *r = runner_of(m, &g, &a), *s = runner_of(ends, &h, &a);
    if (!r || !s) return;
    CHECK_EQ(I8, h->in[0]->type);
    CHECK_EQ(I8, h->out[0]->type);
    CHECK_EQ(120 - 128, h->in[0]->q.zero[0]);
    int8_t in[96], scores[5];
    float want[5];
    const void *one[] = {x.data}, *two[] = {in};
    void *y[] = {want}, *z[] = {scores};
    for (int64_t i = 0; i < count; i++) {
        const int q =
            (int)nearbyintf(((const float *)x.data)[i] / h->in[0]->q.scale[0]) + h->in[0]->q.zero[0];
        in[i] = (int8_t)(q < -128 ? -128 : q > 127 ? 127 : q);
    }
    run_invoke(r, one, y, NULL, NULL);
    run_invoke(s, two, z, NULL, NULL);
    for (int i = 0; i < 5; i++)
        CHECK_NEAR(want[i], h->out[0]->q.scale[0] * (float)(scores[i] - h->out[0]->q.zero[0]), 1e-6);
    arena_free(&a);
}

// Ends in the middle, channels first: what is made of int8 values by laying them out anew knows their scale.
TEST(onnx_8_bit_middle)
{
    struct arena a = {0};
    struct graph *g;
    Onnx__ModelProto *m = load(QDQ, &a);
    m->graph->output[0]->name = "r1_QuantizeLinear_Output";
    m->graph->output[0]->type->tensor_type->shape->n_dim = 0;
    m->graph->output[0]->type->tensor_type->shape = NULL;
    struct runner *r = runner_of(m, &g, &a);
    if (!r) return;
    CHECK_EQ(I8, g->out[0]->type);
    CHECK_EQ(8, g->out[0]->dim[1]);
    CHECK_EQ(1, g->out[0]->q.n);
    arena_free(&a);
}
