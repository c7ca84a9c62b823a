// Full-integer GRU, RNN, and LSTM beside one that keeps its state, through a .tflite file: loops of builtin operators around a step of floats.
#include "../../src/format/format.h"
#include "../../src/format/tflite.h"
#include "../../src/run/run.h"
#include "../test.h"
#include "../tiny.h"
#include <string.h>

static struct tensor *weights(struct arena *a, struct rng *r, int rows, int columns, int gates)
{
    int8_t *v = arena_new_n(a, (size_t)(rows * columns), int8_t);
    for (int i = 0; i < rows * columns; i++) v[i] = (int8_t)((int)rng_below(r, 255) - 127);
    struct tensor *t = tensor_const(a, "w", I8, 2, (int32_t[]){rows, columns}, v);
    float *scale = arena_new_n(a, (size_t)rows, float);
    for (int i = 0; i < rows; i++) scale[i] = 0.002f * (float)(1 + i / (rows / gates));
    t->q = (struct quant){rows, 0, scale, arena_new_n(a, (size_t)rows, int32_t)};
    return t;
}

static const float scale[2] = {0.02f, 0x1p-7f};
static const int32_t zero[2] = {3, 0};

static struct graph *graph_of(struct arena *a, struct recurrent kind, struct err *e)
{
    struct rng r = rng_new(4);
    struct graph *g = graph_new(a, "gru");
    struct tensor *x = tensor_new(a, "x", I8, 3, (int32_t[]){1, 9, 3}), *y = tensor_new(a, "y", I8, 0, NULL);
    const int gates = recurrent_gates(kind.kind), rows = gates * 5;
    x->q = (struct quant){1, 0, scale, zero};
    y->q = (struct quant){1, 0, scale + 1, zero + 1};
    struct node *n = graph_add(g, a, OP_RECURRENT, "layer", 5, 1);
    n->as.recurrent = kind;
    n->in[0] = x;
    n->in[1] = weights(a, &r, rows, 3, gates);
    n->in[2] = weights(a, &r, rows, 5, gates);
    int32_t *bias = arena_new_n(a, (size_t)rows, int32_t);
    for (int i = 0; i < rows; i++) bias[i] = (int32_t)rng_below(&r, 400) - 200;
    n->in[3] = tensor_const(a, "b", I32, 1, &rows, bias);
    n->out[0] = y;
    g->in = arena_copy(a, &x, sizeof x);
    g->out = arena_copy(a, &y, sizeof y);
    g->nin = g->nout = 1;
    return graph_apply(g, a, n, e) ? g : NULL;
}

static void run(const struct graph *g, const int8_t *x, int8_t *y, struct arena *a)
{
    struct err e = {""};
    const struct plan *p = plan_lower(g, &layout_host, a, &e);
    CHECK_STR("", e.text);
    if (p) run_invoke(runner_new(p, a), (const void *const[]){x}, (void *const[]){y}, NULL, NULL);
}

// A loop of builtin operators, which is read again as the layer: the same bytes out.
TEST(tflite_loop_int8)
{
    static const struct recurrent kinds[] = {
        {.kind = RECURRENT_GRU, .gate_act = CELL_LOGISTIC, .reset_after = true},
        {.kind = RECURRENT_GRU, .gate_act = CELL_LOGISTIC, .reset_after = true, .sequences = true},
        {.kind = RECURRENT_GRU, .gate_act = CELL_LOGISTIC, .sequences = true, .backwards = true},
        {.kind = RECURRENT_GRU, .gate_act = CELL_LOGISTIC},
        {.kind = RECURRENT_RNN, .gate_act = CELL_LOGISTIC, .sequences = true},
        {.kind = RECURRENT_RNN, .gate_act = CELL_LOGISTIC, .backwards = true}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct arena a = {0};
        struct err e = {""};
        struct graph *g = graph_of(&a, kinds[i], &e);
        struct buf file = {0}, again = {0};
        CHECK(g && tflite_write(g, &file, &e));
        CHECK_STR("", e.text);
        struct graph *h = g ? tflite_read(buf_span(&file), &a, &e) : NULL;
        CHECK_STR("", e.text);
        int8_t x[27], want[45] = {0}, got[45] = {0};
        for (int k = 0; k < 27; k++) x[k] = (int8_t)(k * 37);
        if (h) {
            CHECK(h->nnode == 1 && h->node[0]->op == OP_RECURRENT);
            run(g, x, want, &a);
            run(h, x, got, &a);
            CHECK(!memcmp(want, got, sizeof want));
            CHECK(tflite_write(h, &again, &e));
            h = tflite_read(buf_span(&again), &a, &e); // from here on, writing and reading changes nothing
            file.n = 0;
            CHECK(h && tflite_write(h, &file, &e) && again.n == file.n && !memcmp(again.p, file.p, file.n));
        }
        buf_free(&file), buf_free(&again);
        arena_free(&a);
    }
}

// An LSTM that begins anew, behind one that goes on: the fused operator, whose state nobody resets, and a loop from zeros.
// Read again they are both layers: the same bytes out, over several windows.
TEST(tflite_loop_int8_lstm_beside_stateful)
{
    const struct recurrent lstm = {.kind = RECURRENT_LSTM, .gate_act = CELL_LOGISTIC, .sequences = true};
    struct arena a = {0};
    struct err e = {""};
    struct rng r = rng_new(5);
    struct recurrent first = lstm;
    first.stateful = true;
    first.cell_log2 = recurrent_cell_log2(9, true);
    struct graph *g = graph_of(&a, first, &e);
    struct node *n = graph_add(g, &a, OP_RECURRENT, "anew", 4, 1);
    g->node[0]->nin = 4;
    n->as.recurrent = lstm;
    n->as.recurrent.cell_log2 = recurrent_cell_log2(9, false);
    n->in[0] = g->out[0];
    n->in[1] = weights(&a, &r, 20, 5, 4);
    n->in[2] = weights(&a, &r, 20, 5, 4);
    int32_t *bias = arena_new_n(&a, 20, int32_t);
    for (int i = 0; i < 20; i++) bias[i] = (int32_t)rng_below(&r, 400) - 200;
    n->in[3] = tensor_const(&a, "bias", I32, 1, (int32_t[]){20}, bias);
    n->out[0] = tensor_new(&a, "z", I8, 0, NULL);
    n->out[0]->q = g->out[0]->q;
    CHECK(graph_apply(g, &a, n, &e) != NULL);
    g->out[0] = n->out[0];
    struct buf file = {0};
    CHECK(tflite_write(g, &file, &e));
    CHECK_STR("", e.text);
    struct graph *h = tflite_read(buf_span(&file), &a, &e);
    CHECK_STR("", e.text);
    const struct plan *p = plan_lower(g, &layout_host, &a, &e),
                      *q = h ? plan_lower(h, &layout_host, &a, &e) : NULL;
    CHECK(p && q && h->nnode == 2 && h->node[0]->as.recurrent.stateful && !h->node[1]->as.recurrent.stateful);
    if (p && q) {
        struct runner *want = runner_new(p, &a), *got = runner_new(q, &a);
        runner_reset(want), runner_reset(got);
        int8_t x[27], y[2][45] = {{0}}, before[45];
        for (int w = 0; w < 4; w++) {
            for (int k = 0; k < 27; k++) x[k] = (int8_t)(k * 37 + w * 11);
            memcpy(before, y[0], sizeof before);
            run_invoke(want, (const void *const[]){x}, (void *const[]){y[0]}, NULL, NULL);
            run_invoke(got, (const void *const[]){x}, (void *const[]){y[1]}, NULL, NULL);
            CHECK(!memcmp(y[0], y[1], sizeof y[0]) && memcmp(before, y[0], sizeof before));
        }
    }
    n->as.recurrent.cell_log2++; // of which no loop tells
    file.n = 0;
    CHECK(!tflite_write(g, &file, &e) && strstr(e.text, "anew"));
    buf_free(&file);
    arena_free(&a);
}
