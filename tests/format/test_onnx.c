// The ONNX writer and reader: a round trip brings back the same graph and the same bits.
#include "../test.h"
#include "../tiny.h"
#include "../../src/base/file.h"
#include "../../src/format/format.h"
#include "../../src/format/onnx_proto.h"
#include "../../src/run/run.h"
#include "../../src/train/train.h"
#include <math.h>
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

static bool moves(const struct node *n)
{
    return n->op == OP_TRANSPOSE || n->op == OP_RESHAPE;
}

// Where dimensions change places the reader lays values out as it finds best, under names of its own: the nodes that
// compute are the same, with the same constants, in the same order.
static void same_work(const struct graph *g, const struct graph *h)
{
    int j = 0;
    for (int k = 0; k < g->nnode; k++) {
        const struct node *n = g->node[k];
        if (n->op == OP_DROPOUT || moves(n)) continue;
        while (j < h->nnode && moves(h->node[j])) j++;
        if (j == h->nnode || n->op != h->node[j]->op) {
            test_fail(__FILE__, __LINE__, "node %s became %s", n->name,
                      j < h->nnode ? h->node[j]->name : "nothing");
            return;
        }
        const struct node *m = h->node[j++];
        CHECK_EQ(n->nin, m->nin);
        for (int i = 1; i < n->nin && i < m->nin; i++)
            if (!n->in[i] || tensor_is_const(n->in[i])) same_tensor(n->in[i], m->in[i], n->name);
        const bool act = (n->op == OP_ADD && n->as.binary.act) || (n->op == OP_DENSE && n->as.dense.act);
        if (!act) continue; // a fused activation comes back as a node of its own
        while (j < h->nnode && moves(h->node[j])) j++;
        CHECK(j < h->nnode && h->node[j]->op == OP_RELU);
        j++;
    }
    while (j < h->nnode && moves(h->node[j])) j++;
    CHECK_EQ(h->nnode, j);
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
    bool moved = false;
    for (int k = 0; k < g->nnode; k++) moved |= g->node[k]->op == OP_TRANSPOSE;
    (moved ? same_work : same_graph)(g, h);
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

// ---- bad files ----

// Writes tiny, lets change() damage its structure, and reads it again: the message must hold `want`.
static void refused(void (*change)(Onnx__ModelProto *, struct arena *), const char *want)
{
    struct arena a = {0};
    struct err e = {""};
    struct buf good = {0}, bad = {0};
    CHECK(format_onnx.write(tiny_cnn(&a, 20, 3, 2, 1), &good, &e));
    Onnx__ModelProto *m = onnx_unpack(buf_span(&good), &a, &e);
    change(m, &a);
    onnx_pack(m, &bad);
    struct graph *g = format_onnx.read(buf_span(&bad), &a, &e);
    if (g && graph_check(g, &e))
        test_fail(__FILE__, __LINE__, "not refused: %s", want);
    else
        CHECK_STR(want, e.text);
    buf_free(&good);
    buf_free(&bad);
    arena_free(&a);
}

static Onnx__NodeProto *node_of(Onnx__ModelProto *m, const char *op)
{
    for (size_t i = 0; i < m->graph->n_node; i++)
        if (!strcmp(m->graph->node[i]->op_type, op)) return m->graph->node[i];
    abort();
}

#define CHANGE(name, ...)                                                                                    \
    static void name(Onnx__ModelProto *m, struct arena *a)                                                   \
    {                                                                                                        \
        (void)a;                                                                                             \
        __VA_ARGS__                                                                                          \
    }
CHANGE(to_lstm, node_of(m, "Relu")->op_type = "LSTM";)
CHANGE(to_unknown, node_of(m, "Relu")->op_type = "Hardmax";)
CHANGE(to_loop, node_of(m, "Relu")->op_type = "Loop";)
CHANGE(to_if, node_of(m, "Relu")->op_type = "If";)
CHANGE(to_resize, node_of(m, "Relu")->op_type = "Resize";)
CHANGE(to_transposed, node_of(m, "Relu")->op_type = "ConvTranspose";)
CHANGE(to_einsum, Onnx__NodeProto *n = node_of(m, "Relu"); n->op_type = "Einsum";
       n->attribute = arena_new_n(a, 1, Onnx__AttributeProto *); n->n_attribute = 1;
       n->attribute[0] = arena_new(a, Onnx__AttributeProto); onnx__attribute_proto__init(n->attribute[0]);
       n->attribute[0]->name = "equation"; n->attribute[0]->has_s = 1;
       n->attribute[0]->s.data = (uint8_t *)"i->i"; n->attribute[0]->s.len = 4;)
CHANGE(to_erf, node_of(m, "Relu")->op_type = "Erf";)
CHANGE(new_set, m->opset_import[0]->version = 99;)
CHANGE(new_ir, m->ir_version = 99;)
CHANGE(cycle, node_of(m, "Conv")->input[0] = node_of(m, "Relu")->output[0];)
CHANGE(own_function, Onnx__FunctionProto *f = arena_new(a, Onnx__FunctionProto);
       onnx__function_proto__init(f); f->name = "my_layer"; m->functions = arena_copy(a, &f, sizeof f);
       m->n_functions = 1;)
CHANGE(to_quantized, node_of(m, "Relu")->op_type = "DequantizeLinear";)
CHANGE(to_domain, node_of(m, "Relu")->domain = "com.microsoft";)
CHANGE(old_set, m->opset_import[0]->version = 6;)
CHANGE(no_node_before, node_of(m, "Relu")->input[0] = "nobody";)
CHANGE(no_output, m->graph->output[0]->name = "nobody";)
CHANGE(twice, node_of(m, "Relu")->output[0] = m->graph->input[0]->name;)
CHANGE(external, m->graph->initializer[0]->has_data_location = 1;
       m->graph->initializer[0]->data_location = ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL;)
CHANGE(wrong_count, m->graph->initializer[0]->raw_data.len -= 4;)
CHANGE(huge, m->graph->initializer[0]->dims[0] = 1ll << 60;)
CHANGE(negative, m->graph->initializer[0]->dims[0] = -3;)
CHANGE(strings, m->graph->initializer[0]->data_type = 8;)
CHANGE(free_window, m->graph->input[0]->type->tensor_type->shape->dim[1]->value_case =
                        ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM;
       m->graph->input[0]->type->tensor_type->shape->dim[1]->dim_param = "T";)
CHANGE(integers, m->graph->input[0]->type->tensor_type->elem_type = 7;)
CHANGE(wrong_channels, m->graph->input[0]->type->tensor_type->shape->dim[2]->dim_value = 4;)
CHANGE(computed_weights, node_of(m, "Conv")->input[1] = m->graph->input[0]->name;)
CHANGE(bad_pads, for (size_t i = 0; i < node_of(m, "Conv")->n_attribute;
                      i++) if (!strcmp(node_of(m, "Conv")->attribute[i]->name, "pads")) node_of(m, "Conv")
                     ->attribute[i]
                     ->ints[0] = -1;)
CHANGE(not_finite, static const uint32_t nan = 0x7fc00000;
       memcpy(m->graph->initializer[0]->raw_data.data, &nan, 4);)
CHANGE(bad_perm, node_of(m, "Transpose")->attribute[0]->ints[0] = 1;)
CHANGE(bad_axis, node_of(m, "Softmax")->attribute[0]->i = 7;)

TEST(onnx_refused)
{
    refused(to_lstm, "(LSTM): wants (steps, batch, channels) with a batch of 1");
    refused(to_unknown, "node relu1 (Hardmax): this operator is not supported");
    refused(to_loop, "loops cannot be deployed");
    refused(to_if, "control flow cannot be deployed");
    refused(to_resize, "(Resize): resizing is not supported");
    refused(to_transposed, "(ConvTranspose): transposed convolutions are not supported");
    refused(to_einsum, "i for 3 dimensions");
    refused(to_erf, "the error function is supported in GELU only");
    refused(new_set, "operator set 99 is newer than");
    refused(new_ir, "IR version 99) is newer than");
    refused(own_function, "functions of its own (my_layer)");
    refused(cycle, "is not made by any node before it");
    refused(to_quantized, "(DequantizeLinear): input 1 is missing");
    refused(to_domain, "operator set com.microsoft");
    refused(old_set, "operator set 6 is older than 7");
    refused(no_node_before, "input nobody is not made by any node before it");
    refused(no_output, "output nobody: no node makes it");
    refused(twice, "two values are named window");
    refused(external, "external data");
    refused(wrong_count, "and holds");
    refused(huge, "too large, or damaged");
    refused(negative, "too large, or damaged");
    refused(strings, "is text (type 8 of the standard), which is not supported");
    refused(free_window, "dimension 1 has no fixed size");
    refused(integers, "input window is int64, not of floats or 8 bits");
    refused(wrong_channels, "numbers for 4 channels");
    refused(computed_weights, "is computed in the graph");
    refused(bad_pads, "a padding of -1 is not supported");
    refused(not_finite, "not a finite number");
    refused(bad_perm, "perm is not a permutation");
    refused(bad_axis, "axis 7 of a value with 2 dimensions");
}

TEST(onnx_damaged)
{
    struct arena a = {0};
    struct err e = {""};
    struct buf b = {0}, deep = {0};
    CHECK(format_onnx.write(tiny_cnn(&a, 20, 3, 2, 1), &b, &e));
    CHECK(!format_onnx.read((struct span){b.p, b.n / 2}, &a, &e));
    CHECK_STR("damaged or cut off", e.text);
    CHECK(format_onnx.probe((struct span){b.p, b.n / 2})); // recognised, so that the message is about ONNX
    CHECK(!format_onnx.probe((struct span){(const uint8_t *)"TFL3 and more", 13}));
    // TypeProto.sequence_type.elem_type, 40 times, in graph (7) . input (11) . type (2).
    struct span inner = {NULL, 0};
    uint8_t *p = NULL;
    for (int i = 0; i < 40; i++) { // alternately field 4 (sequence_type) and field 1 (elem_type)
        uint8_t head[3] = {i % 2 ? 0x22 : 0x0a, (uint8_t)(inner.n & 127) | 0x80, (uint8_t)(inner.n >> 7)};
        p = arena_alloc(&a, inner.n + 3);
        memcpy(p, head, 3);
        if (inner.n) memcpy(p + 3, inner.p, inner.n);
        inner = (struct span){p, inner.n + 3};
    }
    uint8_t one[3] = {0x12, (uint8_t)(inner.n & 127) | 0x80, (uint8_t)(inner.n >> 7)};
    uint8_t two[3] = {0x5a, (uint8_t)((inner.n + 3) & 127) | 0x80, (uint8_t)((inner.n + 3) >> 7)};
    uint8_t three[3] = {0x3a, (uint8_t)((inner.n + 6) & 127) | 0x80, (uint8_t)((inner.n + 6) >> 7)};
    buf_put(&deep, three, 3);
    buf_put(&deep, two, 3);
    buf_put(&deep, one, 3);
    buf_put(&deep, inner.p, inner.n);
    CHECK(!format_onnx.read(buf_span(&deep), &a, &e));
    CHECK_STR("nested more than", e.text);
    buf_free(&b);
    buf_free(&deep);
    arena_free(&a);
}

// A quantised graph is not written.
TEST(onnx_write_refused)
{
    struct arena a = {0};
    struct err e = {""};
    struct buf b = {0};
    struct graph *g = tiny_cnn(&a, 20, 3, 2, 1);
    g->node[2]->out[0]->type = I8;
    CHECK(!format_onnx.write(g, &b, &e));
    CHECK_STR("name the file .tflite", e.text);
    buf_free(&b);
    arena_free(&a);
}

// Real models: a pair of the same weights in two formats; a batch of 64 in the file that becomes 1.
TEST(onnx_real_models)
{
    struct arena a = {0};
    struct err e = {""};
    if (!test_shared("models")) {
        test_skip("../shared/models is not here");
        return;
    }
    struct graph *g = model_load(test_shared("models/fall-cnn-polar/polar-window10-lag0-cnn.onnx"), &a, &e);
    struct graph *h = model_load(test_shared("models/fall-cnn-polar/saved_model.tflite"), &a, &e);
    struct graph *dense = model_load(test_shared("models/extrasensory-dense/simple_nn.onnx"), &a, &e);
    if (!g || !h || !dense) {
        test_fail(__FILE__, __LINE__, "%s", e.text);
        return;
    }
    CHECK_EQ(2, g->nout);
    float *x = tiny_windows(&a, g, 4, 5), *y = outputs(g, &a, x, 4);
    int logits =
        tensor_count(h->out[0]) == 2 ? 0 : 1; // the order of its outputs is the other one in one of them
    struct tensor *swap = h->out[0];
    h->out[0] = h->out[logits];
    h->out[logits] = swap;
    float *z = outputs(h, &a, x, 4);
    for (int i = 0; y && z && i < 8; i++) CHECK_NEAR(y[i], z[i], 2e-5 * (1 + fabs(y[i])));
    CHECK_EQ(1, dense->in[0]->dim[0]);
    CHECK_EQ(115, dense->in[0]->dim[1]);
    CHECK_EQ(1, dense->out[0]->dim[0]);
    arena_free(&a);
}
