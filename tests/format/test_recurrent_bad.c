// Recurrent layers at their edges (one step, 10,000 steps, one unit) through the files, and what is refused by name:
// peepholes, projection, lengths, nothing left to read, weights in another order than the file says, kept states.
#include "../../src/base/file.h"
#include "../../src/compress/compress.h"
#include "../../src/format/flatbuf.h"
#include "../../src/format/format.h"
#include "../../src/format/keras.h"
#include "../../src/format/onnx_read.h"
#include "../../src/format/tflite_schema.h"
#include "../../src/run/run.h"
#include "../test.h"
#include "../tiny.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

// One layer of one unit over (1, steps, 2).
static struct graph *one_unit(struct arena *a, enum recurrent_kind kind, int32_t steps)
{
    struct rng rng = rng_new(7);
    struct err e = {""};
    const int32_t rows = recurrent_gates(kind);
    struct graph *g = graph_new(a, "one");
    struct tensor *x = tensor_new(a, "x", F32, 3, (int32_t[]){1, steps, 2});
    struct node *n = graph_add(g, a, OP_RECURRENT, "rec", 4, 1);
    n->as.recurrent = (struct recurrent){.kind = kind, .gate_act = CELL_LOGISTIC};
    n->in[0] = x;
    n->in[1] = tiny_const(a, &rng, "w", 2, (int32_t[]){rows, 2}, 0.6f);
    n->in[2] = tiny_const(a, &rng, "u", 2, (int32_t[]){rows, 1}, 0.6f);
    n->in[3] = tiny_const(a, &rng, "b", 1, &rows, 0.4f);
    struct tensor *y = graph_apply(g, a, n, &e);
    if (!y) test_fail(__FILE__, __LINE__, "%s", e.text);
    g->in = arena_copy(a, &x, sizeof x), g->nin = 1, g->out = arena_copy(a, &y, sizeof y), g->nout = 1;
    return g;
}

static float execute(const struct graph *g, const float *x, struct arena *a)
{
    struct err e = {""};
    float y = NAN;
    struct plan *p = g ? plan_lower(g, &layout_plain, a, &e) : NULL;
    if (!p)
        test_fail(__FILE__, __LINE__, "%s", e.text);
    else
        run_float(runner_new(p, a), x, &y);
    return y;
}

TEST(recurrent_one_unit)
{
    static const int32_t steps[] = {1, 10000};
    static const struct {
        const char *technique;
        const struct format *file;
        float most;
    } ways[] = {{"lite", &format_tflite, 1e-6f},
                {"lite", &format_onnx, 1e-6f},
                {"dynamic", &format_tflite, 0.02f},
                {"full-integer", &format_tflite, 0.02f}};
    for (int kind = RECURRENT_RNN; kind <= RECURRENT_LSTM; kind++)
        for (int i = 0; i < 2; i++)
            for (int w = 0; w < 4; w++) {
                struct arena a = {0};
                struct err e = {""};
                struct buf bytes = {0};
                struct graph *g = one_unit(&a, (enum recurrent_kind)kind, steps[i]);
                const float *x = tiny_windows(&a, g, 4, 3);
                const struct compress_opt o = {.calibration = x, .ncalibration = 4};
                struct graph *h = technique_find(ways[w].technique)->apply(g, &o, &a, &e);
                h = h && ways[w].file->write(h, &bytes, &e) ? ways[w].file->read(buf_span(&bytes), &a, &e)
                                                            : NULL;
                if (!h || !graph_check(h, &e))
                    test_fail(__FILE__, __LINE__, "kind %d, %d steps, way %d: %s", kind, steps[i], w, e.text);
                else {
                    const float want = execute(g, x, &a), got = execute(h, x, &a);
                    if (!(fabsf(want - got) <= ways[w].most))
                        test_fail(__FILE__, __LINE__, "kind %d, %d steps, way %d: %g, want %g", kind,
                                  steps[i], w, (double)got, (double)want);
                }
                buf_free(&bytes);
                arena_free(&a);
            }
}

// ---- ONNX ----

static Onnx__NodeProto *rec_of(Onnx__ModelProto *m)
{
    for (size_t i = 0; i < m->graph->n_node; i++)
        if (!strcmp(m->graph->node[i]->op_type, "LSTM")) return m->graph->node[i];
    abort();
}

static Onnx__AttributeProto *attr_new(Onnx__NodeProto *n, const char *name, struct arena *a)
{
    Onnx__AttributeProto **more = arena_new_n(a, n->n_attribute + 1, Onnx__AttributeProto *);
    Onnx__AttributeProto *t = arena_new(a, Onnx__AttributeProto);
    size_t k = 0; // without one of this name
    onnx__attribute_proto__init(t);
    t->name = arena_strndup(a, name, strlen(name));
    for (size_t i = 0; i < n->n_attribute; i++)
        if (strcmp(n->attribute[i]->name, name)) more[k++] = n->attribute[i];
    more[k++] = t;
    n->attribute = more;
    n->n_attribute = k;
    return t;
}

static void text_set(Onnx__AttributeProto *t, const char *s, struct arena *a)
{
    t->has_type = t->has_s = 1;
    t->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING;
    t->s.data = arena_copy(a, s, strlen(s));
    t->s.len = strlen(s);
}

// One more constant of the file: one int32.
static void int_const(Onnx__ModelProto *m, const char *name, int32_t v, struct arena *a)
{
    Onnx__TensorProto *t = arena_new(a, Onnx__TensorProto);
    Onnx__TensorProto **more = arena_new_n(a, m->graph->n_initializer + 1, Onnx__TensorProto *);
    memcpy(more, m->graph->initializer, m->graph->n_initializer * sizeof *more);
    onnx__tensor_proto__init(t);
    t->name = arena_strndup(a, name, strlen(name));
    t->has_data_type = 1;
    t->data_type = ONNX__TENSOR_PROTO__DATA_TYPE__INT32;
    t->n_dims = t->n_int32_data = 1;
    t->dims = arena_copy(a, &(int64_t){1}, sizeof(int64_t));
    t->int32_data = arena_copy(a, &v, sizeof v);
    more[m->graph->n_initializer++] = t;
    m->graph->initializer = more;
}

// Input i of the layer becomes its own weights, which are there.
static void input_set(Onnx__NodeProto *n, size_t i, struct arena *a)
{
    char **in = arena_new_n(a, 8, char *), *none = arena_strndup(a, "", 0);
    for (size_t k = 0; k < 8; k++) in[k] = k < n->n_input ? n->input[k] : none;
    in[i] = n->input[1];
    n->input = in;
    n->n_input = 8;
}

static void onnx_peepholes(Onnx__NodeProto *n, struct arena *a)
{
    input_set(n, 7, a);
}
static void onnx_swapped(Onnx__NodeProto *n, struct arena *a)
{
    input_set(n, 2, a); // the recurrent weights are those of the input
}
static void onnx_coupled(Onnx__NodeProto *n, struct arena *a)
{
    Onnx__AttributeProto *t = attr_new(n, "input_forget", a);
    t->has_type = t->has_i = 1;
    t->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT;
    t->i = 1;
}
static void onnx_units(Onnx__NodeProto *n, struct arena *a)
{
    onnx_coupled(n, a);
    n->attribute[n->n_attribute - 1]->name = arena_strndup(a, "hidden_size", 11);
    n->attribute[n->n_attribute - 1]->i = 3;
    for (size_t i = 0; i + 1 < n->n_attribute; i++) // the one of before goes by another name
        if (!strcmp(n->attribute[i]->name, "hidden_size")) n->attribute[i]->name = arena_strndup(a, "old", 3);
}
static void onnx_sideways(Onnx__NodeProto *n, struct arena *a)
{
    text_set(attr_new(n, "direction", a), "sideways", a);
}
static void onnx_both(Onnx__NodeProto *n, struct arena *a)
{
    text_set(attr_new(n, "direction", a), "bidirectional", a);
}
static void onnx_as_gru(Onnx__NodeProto *n, struct arena *a)
{
    n->op_type = arena_strndup(a, "GRU", 3); // of three gates, with weights of four
}

static void onnx_clipped(Onnx__NodeProto *n, struct arena *a)
{
    Onnx__AttributeProto *t = attr_new(n, "clip", a);
    t->has_type = t->has_f = 1;
    t->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT;
    t->f = 1;
}
static void onnx_lengths(Onnx__NodeProto *n, struct arena *a)
{
    onnx_peepholes(n, a);
    n->input[4] = arena_strndup(a, "lengths", 7);
    n->input[7] = arena_strndup(a, "", 0);
}

TEST(recurrent_onnx_refused)
{
    static const struct {
        void (*spoil)(Onnx__NodeProto *, struct arena *);
        const char *says;
    } bad[] = {
        {onnx_peepholes, "(LSTM): peepholes are not supported; train an LSTM without"},
        {onnx_coupled, "coupled input and forget gates are not supported; train an LSTM with both"},
        {onnx_clipped, "clipped sums are not supported; train it without clip"},
        {onnx_lengths, "sequences of 3 of 4 steps; export without lengths or masks"},
        {onnx_swapped, "do not fit 2 channels and 1 direction"},
        {onnx_units, "do not fit 2 channels and 1 direction"},
        {onnx_sideways, "direction sideways is not known; want forward, reverse or bidirectional"},
        {onnx_both, "do not fit 2 channels and 2 directions"},
        {onnx_as_gru, "(GRU): weights 1x4x2 and 1x4x1 do not fit"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct arena a = {0};
        struct err e = {""};
        struct buf was = {0}, is = {0};
        CHECK(format_onnx.write(one_unit(&a, RECURRENT_LSTM, 4), &was, &e));
        Onnx__ModelProto *m = onnx_unpack(buf_span(&was), &a, &e);
        int_const(m, "lengths", 3, &a);
        bad[i].spoil(rec_of(m), &a);
        onnx_pack(m, &is);
        struct graph *g = format_onnx.read(buf_span(&is), &a, &e);
        if (g && graph_check(g, &e))
            test_fail(__FILE__, __LINE__, "not refused: %s", bad[i].says);
        else
            CHECK_STR(bad[i].says, e.text);
        buf_free(&was), buf_free(&is);
        arena_free(&a);
    }
}

// A slice in front of the layer that leaves no step.
TEST(recurrent_onnx_nothing_left)
{
    struct arena a = {0};
    struct err e = {""};
    struct buf was = {0}, is = {0};
    CHECK(format_onnx.write(one_unit(&a, RECURRENT_LSTM, 4), &was, &e));
    Onnx__ModelProto *m = onnx_unpack(buf_span(&was), &a, &e);
    Onnx__NodeProto *rec = rec_of(m), *cut = arena_new(&a, Onnx__NodeProto);
    Onnx__NodeProto **more = arena_new_n(&a, m->graph->n_node + 1, Onnx__NodeProto *);
    char *in[] = {rec->input[0], "begin", "begin", "axis"}, *out[] = {"nothing"};
    onnx__node_proto__init(cut);
    int_const(m, "begin", 2, &a);
    int_const(m, "axis", 0, &a);
    cut->op_type = cut->name = "Slice";
    cut->n_input = 4, cut->n_output = 1;
    cut->input = in, cut->output = out;
    size_t k = 0;
    for (size_t i = 0; i < m->graph->n_node; i++) {
        if (m->graph->node[i] == rec) more[k++] = cut;
        more[k++] = m->graph->node[i];
    }
    rec->input[0] = out[0];
    m->graph->node = more, m->graph->n_node = k;
    onnx_pack(m, &is);
    struct graph *g = format_onnx.read(buf_span(&is), &a, &e);
    CHECK(!g || !graph_check(g, &e));
    CHECK_STR("node Slice (Slice): nothing is left of dimension 0", e.text);
    buf_free(&was), buf_free(&is);
    arena_free(&a);
}

// ---- .tflite ----

// The fused LSTM's input `to` becomes its input `from`.
TEST(recurrent_tflite_refused)
{
    static const struct {
        uint32_t to, from;
        bool both; // the recurrent weights as well
        const char *says;
    } bad[] = {
        {LSTM_PEEPHOLE, LSTM_BIAS, false, "has peepholes, which is not supported; train an LSTM without"},
        {LSTM_PROJECTION, LSTM_KERNEL, false,
         "has a projection, which is not supported; train an LSTM without"},
        {LSTM_KERNEL + 1, LSTM_RECURRENT, false, "differs from"},
        {LSTM_KERNEL, LSTM_PEEPHOLE, true, "couples input and forget gate, which is not supported"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct arena a = {0};
        struct err e = {""};
        struct buf bytes = {0};
        CHECK(format_tflite.write(one_unit(&a, RECURRENT_LSTM, 4), &bytes, &e));
        struct fb fb = {.file = buf_span(&bytes)};
        struct fb_table model = fb_root(&fb);
        struct fb_vec subs = fb_vec(&model, MODEL_SUBGRAPHS, 4);
        struct fb_table sub = fb_vec_table(&subs, 0);
        struct fb_vec ops = fb_vec(&sub, SUBGRAPH_OPERATORS, 4);
        int seen = 0;
        for (uint32_t k = 0; k < ops.n; k++) {
            struct fb_table op = fb_vec_table(&ops, k);
            struct fb_vec in = fb_vec(&op, OPERATOR_INPUTS, 4);
            if (in.n <= LSTM_CELL) continue;
            memcpy((uint8_t *)(uintptr_t)in.p + 4 * bad[i].to, in.p + 4 * bad[i].from, 4);
            if (bad[i].both)
                memcpy((uint8_t *)(uintptr_t)in.p + 4 * LSTM_RECURRENT, in.p + 4 * bad[i].from, 4);
            seen++;
        }
        CHECK_EQ(1, seen);
        struct graph *g = format_tflite.read(buf_span(&bytes), &a, &e);
        if (g && graph_check(g, &e))
            test_fail(__FILE__, __LINE__, "not refused: %s", bad[i].says);
        else
            CHECK_STR(bad[i].says, e.text);
        buf_free(&bytes);
        arena_free(&a);
    }
}

// A window of no samples.
TEST(recurrent_no_steps)
{
    struct arena a = {0};
    struct err e = {""};
    struct buf bytes = {0}, onnx = {0};
    CHECK(format_tflite.write(one_unit(&a, RECURRENT_LSTM, 4), &bytes, &e));
    struct fb fb = {.file = buf_span(&bytes)};
    struct fb_table model = fb_root(&fb);
    struct fb_vec subs = fb_vec(&model, MODEL_SUBGRAPHS, 4);
    struct fb_table sub = fb_vec_table(&subs, 0);
    struct fb_vec in = fb_vec(&sub, SUBGRAPH_INPUTS, 4), tensors = fb_vec(&sub, SUBGRAPH_TENSORS, 4);
    struct fb_table t = fb_vec_table(&tensors, (uint32_t)fb_vec_i32(&in, 0));
    struct fb_vec shape = fb_vec(&t, TENSOR_SHAPE, 4);
    CHECK_EQ(3, shape.n);
    memset((uint8_t *)(uintptr_t)shape.p + 4, 0, 4);
    struct graph *g = format_tflite.read(buf_span(&bytes), &a, &e);
    CHECK(!g || !graph_check(g, &e));
    CHECK_STR("dimension 1 is 0", e.text);
    CHECK(format_onnx.write(one_unit(&a, RECURRENT_LSTM, 4), &onnx, &e));
    Onnx__ModelProto *m = onnx_unpack(buf_span(&onnx), &a, &e);
    m->graph->input[0]->type->tensor_type->shape->dim[1]->dim_value = 0;
    buf_free(&bytes);
    onnx_pack(m, &bytes);
    g = format_onnx.read(buf_span(&bytes), &a, &e);
    CHECK(!g || !graph_check(g, &e));
    CHECK_STR("dimension 1 has no fixed size", e.text);
    buf_free(&bytes), buf_free(&onnx);
    arena_free(&a);
}

// ---- states that are kept ----

// ONNX cannot say it, so it is not written there: it would compute something else than the model. A .tflite file can, of
// an LSTM by its operator's own states, of others by variables.
TEST(recurrent_stateful_written)
{
    for (int kind = RECURRENT_RNN; kind <= RECURRENT_LSTM; kind++) {
        struct arena a = {0};
        struct err e = {""};
        struct buf out = {0};
        struct graph *g = one_unit(&a, (enum recurrent_kind)kind, 4);
        g->node[0]->as.recurrent.stateful = true;
        CHECK(!format_onnx.write(g, &out, &e));
        CHECK_STR("rec: it keeps its state from one window to the next, which ONNX' ", e.text);
        CHECK_STR("stateful=False", e.text);
        buf_free(&out), out = (struct buf){0};
        e = (struct err){""};
        struct graph *h =
            format_tflite.write(g, &out, &e) ? format_tflite.read(buf_span(&out), &a, &e) : NULL;
        CHECK_STR("", e.text);
        CHECK(h && graph_stateful(h));
        buf_free(&out);
        arena_free(&a);
    }
}

// Every word of such a file one more, one less, and zero: what else is done with variables is refused by name.
TEST(recurrent_stateful_damaged)
{
    static const char *const want[] = {
        "begins with other values than zeros",
        "becomes what is not the last state of the layer",
        "is no variable's handle",
        "keeps 1 of its 2 states from run to run",

        "nothing sets variable",
        "does more than set variables to zeros",
    };
    bool seen[sizeof want / sizeof *want] = {false};
    struct arena a = {0};
    struct err e = {""};
    struct buf out = {0};
    struct graph *g = one_unit(&a, RECURRENT_LSTM, 4);
    g->node[0]->as.recurrent.stateful = true;
    g->node[0]->as.recurrent.gate_act = CELL_HARD_5; // a loop, with two states
    CHECK(format_tflite.write(g, &out, &e));
    for (size_t i = 0; i + 4 <= out.n; i += 4)
        for (int how = 0; how < 4; how++) {
            struct arena b = {0};
            int32_t before, v;
            memcpy(&before, out.p + i, 4);
            v = how == 3 ? 0 : how == 2 ? before + 0x100 : before + 2 * how - 1;
            memcpy(out.p + i, &v, 4);
            e = (struct err){""};
            struct graph *h = format_tflite.read(buf_span(&out), &b, &e);
            for (size_t k = 0; !h && k < sizeof want / sizeof *want; k++)
                seen[k] |= strstr(e.text, want[k]) != NULL;
            memcpy(out.p + i, &before, 4);
            arena_free(&b);
        }
    for (size_t k = 0; k < sizeof want / sizeof *want; k++)
        if (!seen[k]) test_fail(__FILE__, __LINE__, "nothing is refused by '%s'", want[k]);
    buf_free(&out);
    arena_free(&a);
}

// Keras' stateful=True, with a batch of 1 or more.
TEST(recurrent_stateful_keras)
{
    struct arena a = {0};
    struct err e = {""};
    struct span bytes;
    json_t *root = NULL;
    bool v3;
    CHECK(file_read("tests/golden/keras_lstm_keras/model.keras", &a, &bytes, &e));
    const struct h5 *h5 = keras_open(bytes, &root, &v3, &a, &e);
    char *text = json_dumps(root, JSON_COMPACT), *at = text ? strstr(text, "\"stateful\":false") : NULL;
    json_decref(root);
    if (!h5 || !at)
        test_fail(__FILE__, __LINE__, "no stateful in its config");
    else {
        memcpy(at, "\"stateful\":true ", 16);
        root = json_loads(text, 0, NULL);
        struct graph *g = keras_read(root, h5, v3, &a, &a, &e);
        CHECK(g && graph_check(g, &e));
        CHECK(g && graph_stateful(g) && plan_lower(g, &layout_host, &a, &e));
        CHECK_STR("", e.text);
        if ((at = strstr(text, "\"batch_shape\":[null"))) memcpy(at + 15, "32  ", 4);
        json_t *batch = json_loads(text, 0, NULL);
        CHECK(at && !keras_read(batch, h5, v3, &a, &a, &e));
        CHECK_STR("a stateful layer with a batch", e.text);
        CHECK_STR("batch_shape=(1, ...)", e.text);
        json_decref(batch);
        json_decref(root);
    }
    free(text);
    arena_free(&a);
}
