// Recurrent layers as WHILE loops in .tflite files: every kind written and read back, hostile loops refused by name.
// Loops that TensorFlow's converter left, and what LiteRT says of ours, are in tests/golden/tflite_loop_*,
// tflite_unrolled_* and tflite_written_*.
#include "../../src/base/file.h"
#include "../../src/compress/compress.h"
#include "../../src/format/flatbuf.h"
#include "../../src/format/format.h"
#include "../../src/format/tflite_schema.h"
#include "../../src/run/run.h"
#include "../test.h"
#include "../tiny.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

// One layer over (1, steps, 3), 5 units.
static struct graph *layer(struct arena *a, struct recurrent r, int32_t steps, bool second_bias)
{
    struct rng rng = rng_new(7);
    struct err e = {""};
    const int32_t gates = recurrent_gates(r.kind), rows = gates * 5;
    struct graph *g = graph_new(a, "layer");
    struct tensor *x = tensor_new(a, "x", F32, 3, (int32_t[]){1, steps, 3});
    struct node *n = graph_add(g, a, OP_RECURRENT, "net/layer", second_bias ? 5 : 4, 1);
    n->in[0] = x;
    n->in[1] = tiny_const(a, &rng, "w", 2, (int32_t[]){rows, 3}, 0.6f);
    n->in[2] = tiny_const(a, &rng, "u", 2, (int32_t[]){rows, 5}, 0.6f);
    n->in[3] = tiny_const(a, &rng, "b", 1, &rows, 0.4f);
    if (second_bias) { // only behind r does it matter where it stands
        float *rb = arena_new_n(a, (size_t)rows, float);
        for (int i = 0; i < 5; i++) rb[rows - 5 + i] = 0.1f * (float)(i + 1);
        n->in[4] = tensor_const(a, "rb", F32, 1, &rows, rb);
    }
    n->as.recurrent = r;
    struct tensor *y = graph_apply(g, a, n, &e);
    g->in = arena_copy(a, &x, sizeof x), g->nin = 1, g->out = arena_copy(a, &y, sizeof y), g->nout = 1;
    return g;
}

static float *execute(const struct graph *g, struct arena *a)
{
    struct err e = {""};
    struct rng rng = rng_new(9);
    struct plan *p = plan_lower(g, &layout_plain, a, &e);
    if (!p) test_fail(__FILE__, __LINE__, "%s", e.text);
    if (!p) return NULL;
    float *x = arena_new_n(a, (size_t)tensor_count(g->in[0]), float),
          *y = arena_new_n(a, (size_t)tensor_count(g->out[0]), float);
    for (int64_t i = 0; i < tensor_count(g->in[0]); i++) x[i] = rng_float(&rng) * 2 - 1;
    run_invoke(runner_new(p, a), (const void *const[]){x}, (void *const[]){y}, NULL, NULL);
    return y;
}

static void check_again(struct graph *g, const char *what, struct arena *a)
{
    struct err e = {""};
    struct buf bytes = {0}, first = {0}, second = {0};
    const struct recurrent *r = &g->node[0]->as.recurrent;
    struct graph *h = format_tflite.write(g, &bytes, &e) ? format_tflite.read(buf_span(&bytes), a, &e) : NULL;
    if (!h || !graph_check(h, &e)) {
        test_fail(__FILE__, __LINE__, "%s: %s", what, e.text);
    } else {
        const struct recurrent *q = &h->node[0]->as.recurrent;
        if (h->nnode != 1 || h->node[0]->op != OP_RECURRENT || q->kind != r->kind || q->act != r->act ||
            q->sequences != r->sequences || q->backwards != r->backwards ||
            q->reset_after != r->reset_after || (r->kind != RECURRENT_RNN && q->gate_act != r->gate_act)) {
            struct buf text = {0};
            graph_print(h, &text);
            test_fail(__FILE__, __LINE__, "%s: read back as another layer:\n%s", what, (const char *)text.p);
            buf_free(&text);
        }
        const float *want = execute(g, a), *got = execute(h, a);
        double worst = 0;
        for (int64_t i = 0; want && got && i < tensor_count(g->out[0]); i++)
            worst = fmax(worst, fabs((double)want[i] - (double)got[i]));
        if (!(worst <= 1e-6))
            test_fail(__FILE__, __LINE__, "%s: read back, its outputs differ by %g", what, worst);
        // from here on, writing and reading changes nothing
        CHECK(format_tflite.write(h, &first, &e));
        h = format_tflite.read(buf_span(&first), a, &e);
        CHECK(h && format_tflite.write(h, &second, &e));
        CHECK(first.n == second.n && !memcmp(first.p, second.p, first.n));
    }
    buf_free(&bytes), buf_free(&first), buf_free(&second);
}

TEST(tflite_loop_kinds)
{
    static const enum cell_act acts[] = {CELL_TANH, CELL_LOGISTIC, CELL_RELU, CELL_HARD_5, CELL_HARD_6};
    for (int kind = 0; kind < 3; kind++)
        for (int form = 0; form < 8; form++)
            for (int k = 0; k < 5; k++) {
                struct arena a = {0};
                const bool after = kind == RECURRENT_GRU && form & 4;
                struct recurrent r = {.kind = (enum recurrent_kind)kind,
                                      .act = kind == RECURRENT_LSTM && k > 2 ? CELL_TANH : acts[k],
                                      .gate_act = k > 2 ? acts[k] : CELL_LOGISTIC,
                                      .sequences = form & 1,
                                      .backwards = form & 2,
                                      .reset_after = after};
                if (form & 4 && !after) continue;
                check_again(layer(&a, r, 6, after),
                            arena_printf(&a, "kind %d, form %d, activation %d", kind, form, k), &a);
                arena_free(&a);
            }
}

TEST(tflite_loop_lengths)
{
    static const int32_t steps[] = {1, 2, 10000};
    for (int i = 0; i < 3; i++)
        for (int sequences = 0; sequences < 2; sequences++) {
            struct arena a = {0};
            const struct recurrent r = {
                .kind = RECURRENT_GRU, .gate_act = CELL_LOGISTIC, .sequences = sequences};
            check_again(layer(&a, r, steps[i], false), arena_printf(&a, "%d steps", steps[i]), &a);
            arena_free(&a);
        }
}

// TensorFlow Lite Micro refuses an LSTM whose intermediates, which only say a scale, have elements.
TEST(tflite_lstm_intermediates)
{
    struct arena a = {0};
    struct err e = {""};
    struct buf out = {0};
    struct graph *g =
        layer(&a, (struct recurrent){.kind = RECURRENT_LSTM, .gate_act = CELL_LOGISTIC}, 8, false);
    const struct compress_opt o = {.calibration = tiny_windows(&a, g, 8, 3), .ncalibration = 8};
    g = technique_find("full-integer")->apply(g, &o, &a, &e);
    CHECK(g && format_tflite.write(g, &out, &e));
    struct fb fb = {.file = buf_span(&out)};
    struct fb_table model = fb_root(&fb);
    struct fb_vec subs = fb_vec(&model, MODEL_SUBGRAPHS, 4);
    struct fb_table sub = fb_vec_table(&subs, 0);
    struct fb_vec ops = fb_vec(&sub, SUBGRAPH_OPERATORS, 4), tensors = fb_vec(&sub, SUBGRAPH_TENSORS, 4);
    int seen = 0;
    for (uint32_t i = 0; i < ops.n; i++) {
        struct fb_table op = fb_vec_table(&ops, i);
        struct fb_vec between = fb_vec(&op, OPERATOR_INTERMEDIATES, 4);
        for (uint32_t k = 0; k < between.n; k++, seen++) {
            struct fb_table t = fb_vec_table(&tensors, (uint32_t)fb_vec_i32(&between, k));
            struct fb_vec shape = fb_vec(&t, TENSOR_SHAPE, 4);
            CHECK_EQ(1, shape.n);
            CHECK_EQ(0, shape.n ? fb_vec_i32(&shape, 0) : -1);
        }
    }
    CHECK_EQ(LSTM_INTERMEDIATES, seen);
    CHECK(!fb.bad);
    buf_free(&out);
    arena_free(&a);
}

TEST(tflite_loop_refuses)
{
    struct arena a = {0};
    struct err e = {""};
    struct buf out = {0};
    struct recurrent r = {.kind = RECURRENT_LSTM, .gate_act = CELL_HARD_6, .sequences = true, .cell_clip = 2};
    CHECK(!format_tflite.write(layer(&a, r, 6, false), &out, &e));
    CHECK_STR("net/layer: a clipped cell is written only with sigmoid gates", e.text);
    buf_free(&out);
    arena_free(&a);
}

// ---- a good file, spoiled in one place ----

struct file {
    struct fb fb;
    struct fb_table sub[3]; // network, condition, body
};

static void file_open(struct file *f, const char *path, struct arena *a)
{
    struct err e = {""};
    struct span bytes = {NULL, 0};
    CHECK(file_read(path, a, &bytes, &e));
    f->fb = (struct fb){.file = {arena_copy(a, bytes.p, bytes.n), bytes.n}};
    struct fb_table model = fb_root(&f->fb);
    struct fb_vec subs = fb_vec(&model, MODEL_SUBGRAPHS, 4);
    for (uint32_t i = 0; i < 3 && i < subs.n; i++) f->sub[i] = fb_vec_table(&subs, i);
}

static uint8_t *element(const struct fb_table *t, int id, uint32_t i)
{
    struct fb_vec v = fb_vec(t, id, 4);
    CHECK(i < v.n);
    return (uint8_t *)(uintptr_t)v.p + i * 4;
}

static void put(uint8_t *p, int32_t v)
{
    memcpy(p, &v, 4);
}

// The k-th operator of a kind in a subgraph.
static struct fb_table oper(struct file *f, int sub, int builtin, int k)
{
    struct fb_table model = fb_root(&f->fb), none = {0};
    struct fb_vec codes = fb_vec(&model, MODEL_OPERATOR_CODES, 4),
                  opers = fb_vec(&f->sub[sub], SUBGRAPH_OPERATORS, 4);
    for (uint32_t i = 0; i < opers.n; i++) {
        struct fb_table o = fb_vec_table(&opers, i);
        struct fb_table c = fb_vec_table(&codes, fb_u32(&o, OPERATOR_CODE, 0));
        if (fb_i32(&c, CODE_BUILTIN, 0) == builtin && k-- == 0) return o;
    }
    CHECK(!"an operator of that kind");
    return none;
}

// The bytes of the constant that is input i of an operator.
static uint8_t *constant(struct file *f, int sub, const struct fb_table *o, uint32_t i)
{
    struct fb_table model = fb_root(&f->fb);
    struct fb_vec in = fb_vec(o, OPERATOR_INPUTS, 4), tensors = fb_vec(&f->sub[sub], SUBGRAPH_TENSORS, 4);
    struct fb_table t = fb_vec_table(&tensors, (uint32_t)fb_vec_i32(&in, i));
    struct fb_vec buffers = fb_vec(&model, MODEL_BUFFERS, 4);
    struct fb_table b = fb_vec_table(&buffers, fb_u32(&t, TENSOR_BUFFER, 0));
    struct fb_vec data = fb_vec(&b, BUFFER_DATA, 1);
    CHECK(data.n >= 4);
    return (uint8_t *)(uintptr_t)data.p;
}

static int32_t input_of(const struct fb_table *o, uint32_t i)
{
    struct fb_vec v = fb_vec(o, OPERATOR_INPUTS, 4);
    return fb_vec_i32(&v, i);
}

static int32_t output_of(const struct fb_table *o)
{
    struct fb_vec v = fb_vec(o, OPERATOR_OUTPUTS, 4);
    return fb_vec_i32(&v, 0);
}

enum { MAIN, CONDITION, BODY };

static void counts_less(struct file *f)
{
    struct fb_table o = oper(f, CONDITION, TFL_LESS, 0);
    put(constant(f, CONDITION, &o, 1), 4);
}
static void counts_never(struct file *f)
{
    struct fb_table o = oper(f, CONDITION, TFL_LESS, 0);
    put(constant(f, CONDITION, &o, 1), -7);
}
static void counts_by_two(struct file *f) // the only ADD of integers is the last
{
    struct fb_table o = oper(f, BODY, TFL_ADD, 4);
    put(constant(f, BODY, &o, 1), 2);
}
static void starts_late(struct file *f)
{
    struct fb_table o = oper(f, MAIN, TFL_WHILE, 0);
    put(constant(f, MAIN, &o, 0), 1);
    o = oper(f, CONDITION, TFL_LESS, 0);
    put(constant(f, CONDITION, &o, 1), 6);
}
static void nested(struct file *f)
{
    struct fb_table gather = oper(f, BODY, TFL_GATHER, 0), loop = oper(f, MAIN, TFL_WHILE, 0);
    const uint8_t *entry = f->fb.file.p + gather.vtable + 4 + 2 * OPERATOR_CODE;
    put((uint8_t *)(uintptr_t)f->fb.file.p + gather.at + (entry[0] | entry[1] << 8),
        (int32_t)fb_u32(&loop, OPERATOR_CODE, 0));
}
static void changes_input(struct file *f)
{
    put(element(&f->sub[BODY], SUBGRAPH_OUTPUTS, 1),
        output_of(&(struct fb_table[]){oper(f, BODY, TFL_GATHER, 0)}[0]));
}
static void lists_another(struct file *f) // z instead of h
{
    struct fb_table o = oper(f, BODY, TFL_RESHAPE, 0), z = oper(f, BODY, TFL_LOGISTIC, 0);
    put(element(&o, OPERATOR_INPUTS, 0), output_of(&z));
}
static void keeps_another(struct file *f)
{
    struct fb_table z = oper(f, BODY, TFL_LOGISTIC, 0);
    put(element(&f->sub[BODY], SUBGRAPH_OUTPUTS, 2), output_of(&z));
}
static void other_equation(struct file *f) // 1 - z becomes 1 - r
{
    struct fb_table o = oper(f, BODY, TFL_SUB, 0), r = oper(f, BODY, TFL_LOGISTIC, 1);
    put(element(&o, OPERATOR_INPUTS, 1), output_of(&r));
}
static void not_one(struct file *f) // 1 - z becomes 2 - z
{
    struct fb_table o = oper(f, BODY, TFL_SUB, 0);
    const float two = 2;
    memcpy(constant(f, BODY, &o, 0), &two, 4);
}
static void missing_body(struct file *f)
{
    struct fb_table o = oper(f, MAIN, TFL_WHILE, 0), options = fb_sub(&o, OPERATOR_OPTIONS);
    const uint8_t *entry = f->fb.file.p + options.vtable + 4 + 2 * WHILE_BODY;
    put((uint8_t *)(uintptr_t)f->fb.file.p + options.at + (entry[0] | entry[1] << 8), 77);
}
static void body_is_network(struct file *f)
{
    struct fb_table o = oper(f, MAIN, TFL_WHILE, 0), options = fb_sub(&o, OPERATOR_OPTIONS);
    const uint8_t *entry = f->fb.file.p + options.vtable + 4 + 2 * WHILE_BODY;
    put((uint8_t *)(uintptr_t)f->fb.file.p + options.at + (entry[0] | entry[1] << 8), 0);
}
static void writes_elsewhere(struct file *f) // at (i, 1, 0)
{
    struct fb_table o = oper(f, BODY, TFL_PACK, 0);
    put(constant(f, BODY, &o, 1), 1);
}
static void reads_list(struct file *f) // what is written is read as the input
{
    struct fb_table o = oper(f, BODY, TFL_GATHER, 0), write = oper(f, BODY, TFL_DYNAMIC_UPDATE_SLICE, 0);
    put(element(&o, OPERATOR_INPUTS, 0), input_of(&write, 0));
}

TEST(tflite_loop_hostile)
{
    static const struct {
        void (*spoil)(struct file *);
        const char *says;
    } bad[] = {
        {counts_less, "it runs 4 steps over an input of 5"},
        {counts_never, "it runs 0 steps over an input of 5"},
        {counts_by_two, "does not count the steps one by one"},
        {starts_late, "it does not read its input from the first element on"},
        {nested, "a loop inside of a loop is not supported"},
        {changes_input, "is not understood as a layer"},
        {lists_another, "which is not its state"},
        {keeps_another, "which is not its state"},
        {other_equation, "neither an LSTM nor a GRU nor a simple RNN"},
        {not_one, "neither an LSTM nor a GRU nor a simple RNN"},
        {missing_body, "its body is subgraph 77 of 3"},
        {body_is_network, "takes 1 and gives 1 variables, the loop has 4"},
        {writes_elsewhere, "writes a part of an element"},
        {reads_list, "is not understood as a layer"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct arena a = {0};
        struct err e = {""};
        struct file f;
        file_open(&f, "tests/golden/tflite_written_gru_after_lite/model.tflite", &a);
        CHECK(format_tflite.read(f.fb.file, &a, &e) != NULL);
        bad[i].spoil(&f);
        CHECK(!format_tflite.read(f.fb.file, &a, &e));
        CHECK_STR(bad[i].says, e.text);
        arena_free(&a);
    }
}

// Steps that are not quite the same stay steps.
TEST(tflite_unrolled_kept)
{
    struct arena a = {0};
    struct err e = {""};
    struct file f;
    file_open(&f, "tests/golden/tflite_unrolled_rnn/model.tflite", &a);
    struct graph *g = format_tflite.read(f.fb.file, &a, &e);
    CHECK(g && g->nnode == 1 && g->node[0]->op == OP_RECURRENT);
    // the third step reads the element of the second
    struct fb_table second = oper(&f, MAIN, TFL_FULLY_CONNECTED, 2),
                    third = oper(&f, MAIN, TFL_FULLY_CONNECTED, 4);
    put(element(&third, OPERATOR_INPUTS, 0), input_of(&second, 0));
    g = format_tflite.read(f.fb.file, &a, &e);
    CHECK(g && g->nnode > 10);
    for (int k = 0; g && k < g->nnode; k++) CHECK(g->node[k]->op != OP_RECURRENT);
    arena_free(&a);
}

// Models of others in two formats: what the converter left of the recurrent layers gives what the layers give.
TEST(tflite_loop_shared_pairs)
{
    static const struct {
        const char *loop, *layer;
        double allowed;
    } pair[] = {
        {"models/uci-har-lstm32x2/har_float32.tflite", "models/uci-har-lstm32x2/har_model.keras", 1e-5},
        {"models/uci-har-lstm32x2/har_int8.tflite", "models/uci-har-lstm32x2/har_model.keras", 2e-2},
        {"models/imu-gesture-cnn-lstm/gesture_model.tflite", "models/imu-gesture-cnn-lstm/gesture_model.onnx",
         1e-4},
    };
    for (size_t i = 0; i < sizeof pair / sizeof *pair; i++) {
        const char *loop = test_shared(pair[i].loop), *layer_path = test_shared(pair[i].layer);
        if (!loop || !layer_path) {
            test_skip("%s is absent", pair[i].loop);
            return;
        }
        struct arena a = {0};
        struct err e = {""};
        struct graph *g = model_load(loop, &a, &e), *h = model_load(layer_path, &a, &e);
        if (!g || !h) test_fail(__FILE__, __LINE__, "%s", e.text);
        const float *got = g ? execute(g, &a) : NULL, *want = h ? execute(h, &a) : NULL;
        double worst = 0;
        for (int64_t k = 0; got && want && k < tensor_count(g->out[0]); k++)
            worst = fmax(worst, fabs((double)got[k] - (double)want[k]));
        if (!(worst <= pair[i].allowed))
            test_fail(pair[i].loop, 0, "differs by %g from %s", worst, pair[i].layer);
        arena_free(&a);
    }
}
