// Every gradient against differences of the forward pass, one case a row.
#include "../../src/base/rng.h"
#include "../../src/train/gemm.h"
#include "../../src/train/grad.h"
#include "../test.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { N = 3 }; // windows in the batch

struct grad_case {
    const char *why;
    enum op op;
    int32_t x[4]; // (1, h, w, c)
    int32_t w[4]; // weights, as the op stores them; w[0] == 0: none
    bool bias, training;
    int32_t out[4]; // RESHAPE
    struct node as;
};
#define CONV(sx, dx, l, r, a)                                                                                \
    {                                                                                                        \
        .as.conv = { {1, sx}, {1, dx}, {0, l, 0, r}, a }                                                     \
    }
#define POOL(k, s, l, r)                                                                                     \
    {                                                                                                        \
        .as.pool = { {1, k}, {1, s}, {0, l, 0, r}, ACT_NONE }                                                \
    }

static const struct grad_case cases[] = {
    {"over time, valid", OP_CONV_2D, {1, 1, 9, 3}, {4, 1, 3, 3}, true, true, {0}, CONV(1, 1, 0, 0, ACT_NONE)},
    {"stride, no bias",
     OP_CONV_2D,
     {1, 1, 10, 2},
     {5, 1, 4, 2},
     false,
     true,
     {0},
     CONV(2, 1, 0, 0, ACT_NONE)},
    {"uneven padding, relu",
     OP_CONV_2D,
     {1, 1, 8, 2},
     {3, 1, 5, 2},
     true,
     true,
     {0},
     CONV(2, 1, 1, 2, ACT_RELU)},
    {"padding over kernel",
     OP_CONV_2D,
     {1, 1, 2, 1},
     {2, 1, 2, 1},
     true,
     true,
     {0},
     CONV(1, 1, 3, 3, ACT_NONE)},
    {"dilation", OP_CONV_2D, {1, 1, 12, 2}, {3, 1, 3, 2}, true, true, {0}, CONV(1, 3, 2, 1, ACT_NONE)},
    {"two dimensions",
     OP_CONV_2D,
     {1, 5, 6, 2},
     {3, 3, 2, 2},
     true,
     true,
     {0},
     {.as.conv = {{2, 1}, {1, 2}, {1, 0, 1, 1}, ACT_RELU6}}},
    {"1x1: no patches", OP_CONV_2D, {1, 1, 7, 4}, {3, 1, 1, 4}, true, true, {0}, CONV(1, 1, 0, 0, ACT_RELU)},
    {"over time",
     OP_DEPTHWISE_CONV_2D,
     {1, 1, 9, 4},
     {1, 1, 3, 4},
     true,
     true,
     {0},
     CONV(1, 1, 0, 0, ACT_NONE)},
    {"stride, padding, dilation",
     OP_DEPTHWISE_CONV_2D,
     {1, 4, 9, 3},
     {1, 2, 3, 3},
     false,
     true,
     {0},
     {.as.conv = {{1, 2}, {2, 1}, {1, 1, 1, 2}, ACT_RELU}}},
    {"rows", OP_DENSE, {1, 1, 1, 7}, {4, 7}, true, true, {0}, {.as.dense = {ACT_NONE, false}}},
    {"relu, no bias", OP_DENSE, {1, 1, 2, 5}, {3, 5}, false, true, {0}, {.as.dense = {ACT_RELU, false}}},
    {"of the batch", OP_BATCH_NORM, {1, 1, 6, 4}, {0}, false, true, {0}, {.as.batch_norm = {1e-3f, false}}},
    {"its own", OP_BATCH_NORM, {1, 1, 6, 4}, {0}, false, false, {0}, {.as.batch_norm = {1e-3f, false}}},
    {"frozen", OP_BATCH_NORM, {1, 1, 6, 4}, {0}, false, true, {0}, {.as.batch_norm = {1e-3f, true}}},
    {"overlapping", OP_MAX_POOL_2D, {1, 1, 9, 3}, {0}, false, true, {0}, POOL(3, 2, 0, 0)},
    {"padded", OP_MAX_POOL_2D, {1, 1, 6, 2}, {0}, false, true, {0}, POOL(3, 2, 1, 1)},
    {"overlapping", OP_AVERAGE_POOL_2D, {1, 1, 9, 3}, {0}, false, true, {0}, POOL(4, 2, 0, 0)},
    {"padding does not count", OP_AVERAGE_POOL_2D, {1, 1, 5, 2}, {0}, false, true, {0}, POOL(3, 2, 1, 1)},
    {"global average", OP_MEAN, {1, 2, 5, 3}, {0}, false, true, {0}, {.as.reduce = {2, {1, 2}, false}}},
    {"one axis", OP_MEAN, {1, 3, 4, 2}, {0}, false, true, {0}, {.as.reduce = {1, {2}, true}}},
    {"residual, relu", OP_ADD, {1, 1, 5, 3}, {0}, false, true, {0}, {.as.binary = {ACT_RELU}}},
    {"a node", OP_RELU, {1, 1, 5, 3}, {0}, false, true, {0}, {.op = OP_RELU}},
    {"clips at both ends", OP_RELU6, {1, 1, 9, 9}, {0}, false, true, {0}, {.op = OP_RELU6}},
    {"not the last", OP_SOFTMAX, {1, 1, 3, 5}, {0}, false, true, {0}, {.as.softmax = {1.5f}}},
    {"mask of this batch", OP_DROPOUT, {1, 1, 6, 5}, {0}, false, true, {0}, {.as.dropout = {0.4f}}},
    {"not training", OP_DROPOUT, {1, 1, 6, 5}, {0}, false, false, {0}, {.as.dropout = {0.4f}}},
#define CELL(kind, ...)                                                                                      \
    OP_RECURRENT, {1, 5, 3},                                                                                 \
        {4, kind == RECURRENT_LSTM  ? 4                                                                      \
            : kind == RECURRENT_GRU ? 3                                                                      \
                                    : 1},                                                                    \
        true, true, {0},                                                                                     \
    {                                                                                                        \
        .as.recurrent = { kind, __VA_ARGS__ }                                                                \
    }
    {"lstm, last", CELL(RECURRENT_LSTM, CELL_TANH, CELL_LOGISTIC)},
    {"lstm, sequences", CELL(RECURRENT_LSTM, CELL_TANH, CELL_LOGISTIC, true)},
    {"lstm, backwards", CELL(RECURRENT_LSTM, CELL_TANH, CELL_LOGISTIC, true, true)},
    {"lstm, relu, hard", CELL(RECURRENT_LSTM, CELL_RELU, CELL_HARD_5)},
    {"lstm, linear, hard", CELL(RECURRENT_LSTM, CELL_LINEAR, CELL_HARD_6, false, true)},
    {"gru, reset after", CELL(RECURRENT_GRU, CELL_TANH, CELL_LOGISTIC, .reset_after = true)},
    {"gru, reset after, sequences",
     CELL(RECURRENT_GRU, CELL_TANH, CELL_LOGISTIC, true, true, .reset_after = true)},
    {"gru, reset before", CELL(RECURRENT_GRU, CELL_TANH, CELL_LOGISTIC)},
    {"gru, reset before, sequences", CELL(RECURRENT_GRU, CELL_TANH, CELL_LOGISTIC, true)},
    {"rnn, sequences", CELL(RECURRENT_RNN, CELL_TANH, CELL_LOGISTIC, true)},
    {"rnn, backwards", CELL(RECURRENT_RNN, CELL_LOGISTIC, CELL_LOGISTIC, false, true)},
    {"lstm, recurrent dropout", CELL(RECURRENT_LSTM, CELL_TANH, CELL_LOGISTIC, true, .dropout = 0.4f)},
    {"gru, recurrent dropout",
     CELL(RECURRENT_GRU, CELL_TANH, CELL_LOGISTIC, true, .reset_after = true, .dropout = 0.4f)},
    {"gru, reset before, recurrent dropout",
     CELL(RECURRENT_GRU, CELL_TANH, CELL_LOGISTIC, .backwards = true, .dropout = 0.4f)},
    {"rnn, recurrent dropout", CELL(RECURRENT_RNN, CELL_TANH, CELL_LOGISTIC, .dropout = 0.4f)},
    {"attention: x by x transposed",
     OP_BATCH_MATMUL,
     {1, 2, 3, 4},
     {0},
     false,
     true,
     {0},
     {.as.matmul = {false, true}}},
    {"transposed by x", OP_BATCH_MATMUL, {1, 2, 3, 4}, {0}, false, true, {0}, {.as.matmul = {true, false}}},
    {"square", OP_BATCH_MATMUL, {1, 2, 3, 3}, {0}, false, true, {0}, {.as.matmul = {false, false}}},
    {"square, both transposed",
     OP_BATCH_MATMUL,
     {1, 2, 3, 3},
     {0},
     false,
     true,
     {0},
     {.as.matmul = {true, true}}},
    {"channels to rows", OP_TRANSPOSE, {1, 2, 5, 3}, {0}, false, true, {0}, {.as.transpose = {{0, 3, 2, 1}}}},
    {"a cycle", OP_TRANSPOSE, {1, 2, 5, 3}, {0}, false, true, {0}, {.as.transpose = {{0, 2, 3, 1}}}},
    {"both directions", OP_CONCATENATION, {1, 1, 5, 3}, {0}, false, true, {0}, {.as.axis = {3}}},
    {"flatten", OP_RESHAPE, {1, 1, 6, 5}, {0}, false, true, {1, 1, 1, 30}, {.op = OP_RESHAPE}},
};

// Steps of 0.11 in random order: none nearer than 0.05 to another or to 0, so a small difference does not
// change which is the largest.
static float *spread(struct rng *r, int n, struct arena *a)
{
    float *x = arena_new_n(a, (size_t)n, float);
    int32_t *order = arena_new_n(a, (size_t)n, int32_t);
    for (int i = 0; i < n; i++) order[i] = i;
    rng_shuffle(r, order, n);
    for (int i = 0; i < n; i++) x[i] = 0.11f * (float)(order[i] - n / 2) + 0.055f;
    return x;
}

static float *normals(struct rng *r, int n, float deviation, struct arena *a)
{
    float *x = arena_new_n(a, (size_t)n, float);
    for (int i = 0; i < n; i++) x[i] = deviation * rng_normal(r);
    return x;
}

static struct blob blob_new(float *x, int n, int all, struct arena *a)
{
    return (struct blob){x, arena_new_n(a, (size_t)all, float), n};
}

static void constant(struct layer *l, int i, int rank, const int32_t *dim, float *v, struct arena *a)
{
    struct tensor *t = tensor_const(a, "constant", F32, rank, dim, v);
    int n = (int)tensor_count(t);
    l->node->in[i] = t;
    l->in[i] = blob_new(v, n, n, a);
}

static bool layer_of(const struct grad_case *c, struct layer *l, struct rng *r, struct arena *a,
                     struct err *e)
{
    struct graph *g = graph_new(a, "case");
    int nin = c->op == OP_BATCH_NORM || c->op == OP_RECURRENT                            ? 5
              : c->op == OP_ADD || c->op == OP_CONCATENATION || c->op == OP_BATCH_MATMUL ? 2
              : c->w[0]                                                                  ? 3
                                                                                         : 1;
    struct node *n = graph_add(g, a, c->op, c->why, nin, 1);
    n->as = c->as.as;
    n->in[0] = tensor_new(a, "x", F32, c->op == OP_RECURRENT ? 3 : 4, c->x);
    int x = (int)tensor_count(n->in[0]), channels = c->x[3];
    bool plain = !c->w[0] && c->op != OP_BATCH_NORM && c->op != OP_SOFTMAX;
    *l = (struct layer){.node = n, .grad = grad_find(c->op), .batch = N, .training = c->training};
    l->in[0] = blob_new(plain ? spread(r, N * x, a) : normals(r, N * x, 1, a), x, N * x, a);
    if (nin == 2) {
        n->in[1] = tensor_new(a, "y", F32, 4, c->x);
        l->in[1] = blob_new(normals(r, N * x, 1, a), x, N * x, a);
    }
    if (c->op == OP_RECURRENT) { // w: units, gates
        int units = c->w[0], rows = units * c->w[1];
        constant(l, 1, 2, (int32_t[]){rows, c->x[2]}, normals(r, rows * c->x[2], 0.5f, a), a);
        constant(l, 2, 2, (int32_t[]){rows, units}, normals(r, rows * units, 0.5f, a), a);
        for (int i = 3; i < 5; i++) constant(l, i, 1, &rows, normals(r, rows, 0.5f, a), a);
    } else if (c->w[0]) {
        int rank = c->op == OP_DENSE ? 2 : 4, out = c->op == OP_DEPTHWISE_CONV_2D ? channels : c->w[0];
        int size = (int)tensor_count(tensor_new(a, "w", F32, rank, c->w));
        constant(l, 1, rank, c->w, normals(r, size, 0.5f, a), a);
        if (c->bias) constant(l, 2, 1, &out, normals(r, out, 0.5f, a), a);
    }
    for (int i = 1; c->op == OP_BATCH_NORM && i < 5; i++) {
        float *v = normals(r, channels, 0.5f, a);
        for (int k = 0; k < channels && i == 4; k++) v[k] = 0.5f + fabsf(v[k]);
        constant(l, i, 1, &channels, v, a);
    }
    if (c->out[0]) n->out[0] = tensor_new(a, "y", F32, 4, c->out);
    if (!graph_apply(g, a, n, e) || (l->grad->check && !l->grad->check(n, e))) return false;
    int y = (int)tensor_count(n->out[0]);
    l->out = blob_new(arena_new_n(a, (size_t)(N * y), float), y, N * y, a);
    if (l->grad->keep) l->keep = arena_new_n(a, (size_t)l->grad->keep(n, N), float);
    return true;
}

// The loss is a fixed random weighting of the outputs.
static double loss(struct layer *l, const float *dy)
{
    double sum = 0;
    l->rng = rng_new(5);
    l->grad->forward(l);
    for (int i = 0; i < N * l->out.n; i++) sum += (double)dy[i] * (double)l->out.x[i];
    return sum;
}

static double difference(struct layer *l, const float *dy, float *x, float h)
{
    float was = *x, up = was + h, down = was - h;
    *x = up;
    double more = loss(l, dy);
    *x = down;
    double less = loss(l, dy);
    *x = was;
    return (more - less) / ((double)up - (double)down);
}

static void check_input(const struct grad_case *c, struct layer *l, int k, const float *dy, struct arena *a)
{
    int n = l->grad->param[k] != PARAM_NONE ? l->in[k].n : N * l->in[k].n;
    float *dx = arena_copy(a, l->in[k].dx, (size_t)n * sizeof *dx), top = 0;
    for (int i = 0; i < n; i++) top = fmaxf(top, fabsf(dx[i]));
    CHECK(top > 0 || c->op == OP_RELU6);
    for (int i = 0; i < n; i++) {
        double want = 0;
        bool near = false; // a difference may reach over a corner of relu: then a shorter one does not
        for (float h = 0.02f; h > 0.001f && !near; h /= 4) {
            want = difference(l, dy, &l->in[k].x[i], h);
            near = fabs(want - (double)dx[i]) <= 1e-3 + 5e-3 * (double)top;
        }
        if (near) continue;
        test_fail(__FILE__, __LINE__, "%s (%s): d loss / d input %d [%d]: differences give %g, backward %g",
                  op_def(c->op)->name, c->why, k, i, want, (double)dx[i]);
        return;
    }
}

TEST(train_grad_against_differences)
{
    gemm_init();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct arena a = {0};
        struct err e = {""};
        struct rng r = rng_new(17);
        struct layer l;
        if (layer_of(&cases[i], &l, &r, &a, &e)) {
            float *dy = normals(&r, N * l.out.n, 1, &a);
            loss(&l, dy);
            memcpy(l.out.dx, dy, (size_t)(N * l.out.n) * sizeof *dy);
            l.grad->backward(&l);
            for (int k = 0; k < l.node->nin; k++)
                if (l.in[k].dx && l.grad->param[k] != PARAM_STAT) check_input(&cases[i], &l, k, dy, &a);
        } else
            test_fail(__FILE__, __LINE__, "%s (%s): %s", op_def(cases[i].op)->name, cases[i].why, e.text);
        arena_free(&a);
    }
}

TEST(train_grad_every_op_has_a_case)
{
    for (int op = 0; op < OP_COUNT; op++) {
        int rows = 0;
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) rows += cases[i].op == (enum op)op;
        if (grad_find((enum op)op) && !rows)
            test_fail(__FILE__, __LINE__, "%s has a gradient but no case", op_def((enum op)op)->name);
    }
}

// In training, what a batch-norm found in the batch lies in dx of its running statistics.
TEST(train_batch_norm_reports_the_batch)
{
    struct arena a = {0};
    struct err e = {""};
    struct rng r = rng_new(3);
    struct layer l;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (cases[i].op != OP_BATCH_NORM || strcmp(cases[i].why, "of the batch")) continue;
        CHECK(layer_of(&cases[i], &l, &r, &a, &e));
        l.grad->forward(&l);
        int c = l.in[1].n, rows = N * l.in[0].n / c;
        double mean = 0, var = 0;
        for (int k = 0; k < rows; k++) mean += (double)l.in[0].x[k * c] / rows;
        for (int k = 0; k < rows; k++) var += pow((double)l.in[0].x[k * c] - mean, 2) / rows;
        CHECK_NEAR(mean, l.in[3].dx[0], 1e-5);
        CHECK_NEAR(var, l.in[4].dx[0], 1e-5);
    }
    arena_free(&a);
}
