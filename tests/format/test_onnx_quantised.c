// What quantised ONNX files become: integers at the ends, dynamic layers, activations that are fused.
#include "../../src/base/file.h"
#include "../../src/format/format.h"
#include "../../src/run/run.h"
#include "../test.h"
#include "onnx_file.h"
#include <math.h>
#include <string.h>

#define QDQ "tests/golden/onnx_qdq_u8_1/model.onnx"

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
    Onnx__ModelProto *m = onnx_file(QDQ, &a), *ends = onnx_file(QDQ, &a);
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
    Onnx__ModelProto *m = onnx_file(QDQ, &a);
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

// The committed layers (golden_onnx compares them with onnxruntime's, within a step) are computed in integers.
TEST(onnx_layers_are_integer)
{
    static const char *const name[] = {"chain_qdq", "chain_qop", "branches_qdq", "branches_qop"};
    static const enum op layer[] = {
        OP_CONV_2D, OP_DEPTHWISE_CONV_2D, OP_DENSE,      OP_MAX_POOL_2D,   OP_AVERAGE_POOL_2D, OP_MEAN,
        OP_SOFTMAX, OP_LOGISTIC,          OP_LEAKY_RELU, OP_CONCATENATION, OP_BATCH_NORM,      OP_RELU};
    for (int f = 0; f < 4; f++) {
        struct arena a = {0};
        struct err e = {""};
        struct graph *g =
            model_load(arena_printf(&a, "tests/golden/onnx_layers_%s/model.onnx", name[f]), &a, &e);
        int found = 0;
        if (!g) test_fail(__FILE__, __LINE__, "%s", e.text);
        for (int k = 0; g && k < g->nnode; k++)
            for (size_t i = 0; i < sizeof layer / sizeof *layer; i++) {
                const struct node *n = g->node[k];
                if (n->op != layer[i] || n->out[0] == g->out[0]) continue; // the last one joins the results
                if (n->out[0]->type == F32 && n->op == OP_BATCH_NORM && f == 1)
                    continue; // QOperator: in front of QUANTIZE
                if (n->out[0]->type != I8)
                    test_fail(__FILE__, __LINE__, "%s: %s computes in float", name[f], n->name);
                found++;
            }
        CHECK(found >= 8);
        arena_free(&a);
    }
}

// Dynamic layers: int8 weights, bias and activation within; nothing of the file's arithmetic on scales is left.
TEST(onnx_dynamic_layers)
{
    struct arena a = {0};
    struct err e = {""};
    struct graph *g = model_load("tests/golden/onnx_chain_dyn_s8_1/model.onnx", &a, &e);
    static const enum op want[] = {OP_BATCH_NORM, OP_RESHAPE,         OP_CONV_2D, OP_MAX_POOL_2D,
                                   OP_CONV_2D,    OP_AVERAGE_POOL_2D, OP_RESHAPE, OP_DENSE,
                                   OP_LOGISTIC,   OP_DENSE,           OP_SOFTMAX};
    if (!g) {
        test_fail(__FILE__, __LINE__, "%s", e.text);
        return;
    }
    CHECK_EQ(sizeof want / sizeof *want, g->nnode);
    for (int k = 0; k < g->nnode && k < (int)(sizeof want / sizeof *want); k++) {
        const struct node *n = g->node[k];
        CHECK_EQ(want[k], n->op);
        if (n->op != OP_CONV_2D && n->op != OP_DENSE) continue;
        CHECK_EQ(I8, n->in[1]->type);
        CHECK(n->nin > 2 && n->in[2]);
        if (n->op == OP_CONV_2D) CHECK_EQ(ACT_RELU, n->as.conv.act);
    }
    arena_free(&a);
}

// DynamicQuantizeLSTM holds weights as (directions, channels, 4 units) in the order i o f c; here they are rows, in the order
// i f c o, each with its scale.
static void lstm_same(const struct node *n, Onnx__ModelProto *m, int direction, bool per_row)
{
    static const char *const name[] = {NULL, "w", "r"};
    static const int theirs[] = {0, 2, 3, 1}; // our gate is their which
    for (int w = 1; w <= 2; w++) {
        const Onnx__TensorProto *q = NULL, *s = NULL;
        for (size_t i = 0; i < m->graph->n_initializer; i++) {
            const Onnx__TensorProto *t = m->graph->initializer[i];
            if (t->name[0] != name[w][0] || t->name[1] != '_') continue;
            if (!strcmp(t->name + 1, "_quantized")) q = t;
            if (!strcmp(t->name + 1, "_scale")) s = t;
        }
        const struct tensor *t = n->in[w];
        CHECK_EQ(I8, t->type);
        CHECK_EQ(32, t->dim[0]);
        CHECK_EQ(w == 1 ? 3 : 8, t->dim[1]);
        CHECK_EQ(32, t->q.n);
        for (int row = 0; row < 32; row++) {
            const int their = theirs[row / 8] * 8 + row % 8;
            CHECK(t->q.scale[row] == s->float_data[per_row ? direction * 32 + their : direction]);
            CHECK_EQ(0, t->q.zero[row]);
            for (int k = 0; k < t->dim[1]; k++)
                CHECK_EQ((int8_t)q->raw_data.data[(direction * t->dim[1] + k) * 32 + their],
                         ((const int8_t *)t->data)[row * t->dim[1] + k]);
        }
    }
}

TEST(onnx_dynamic_lstm)
{
    for (int per_row = 0; per_row < 2; per_row++) {
        struct arena a = {0};
        struct graph *g;
        Onnx__ModelProto *m =
            onnx_file(arena_printf(&a, "tests/golden/onnx_lstm_dyn_s8_%d/model.onnx", per_row), &a);
        if (!runner_of(m, &g, &a)) return;
        CHECK_EQ(5, g->nnode);
        for (int d = 0; d < 2; d++) {
            CHECK_EQ(OP_RECURRENT, g->node[d]->op);
            CHECK_EQ(d, g->node[d]->as.recurrent.backwards);
            lstm_same(g->node[d], m, d, per_row);
        }
        arena_free(&a);
    }
}
