#include "zoo.h"
#include "../tiny.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct zoo {
    struct graph *g;
    struct arena *a;
    struct rng r;
    struct tensor *x; // the value made last
    int n;
};

static struct node *add(struct zoo *z, enum op op, int nin)
{
    struct node *n = graph_add(z->g, z->a, op, arena_printf(z->a, "%s_%d", op_def(op)->name, z->n++), nin, 1);
    n->in[0] = z->x;
    return n;
}

static void done(struct zoo *z, struct node *n)
{
    struct err e = {""};
    z->x = graph_apply(z->g, z->a, n, &e);
    if (!z->x) fprintf(stderr, "zoo: %s: %s\n", n->name, e.text), abort();
}

static struct tensor *constant(struct zoo *z, const char *what, int rank, const int32_t *dim, float spread)
{
    return tiny_const(z->a, &z->r, arena_printf(z->a, "%d/%s", z->n, what), rank, dim, spread);
}

static void convolve(struct zoo *z, enum op op, int out, int kh, int kw, struct conv c)
{
    struct node *n = add(z, op, 3);
    bool depthwise = op == OP_DEPTHWISE_CONV_2D;
    int32_t in = z->x->dim[3];
    n->in[1] = constant(z, "weights", 4, (int32_t[]){depthwise ? 1 : out, kh, kw, depthwise ? out : in},
                        1.2f / (float)(depthwise ? 3 : 1 + in));
    n->in[2] = constant(z, "bias", 1, (int32_t[]){out}, 0.2f);
    n->as.conv = c;
    done(z, n);
}

static void plain(struct zoo *z, enum op op)
{
    struct node *n = add(z, op, 1);
    if (op == OP_LEAKY_RELU) n->as.alpha.alpha = 0.1f;
    if (op == OP_ELU) n->as.alpha.alpha = 1;
    if (op == OP_SOFTMAX) n->as.softmax.beta = 1;
    done(z, n);
}

static void with(struct zoo *z, enum op op, struct tensor *other, enum act act)
{
    struct node *n = add(z, op, 2);
    n->in[1] = other;
    n->as.binary.act = act;
    done(z, n);
}

static void pool(struct zoo *z, enum op op, struct pool p)
{
    struct node *n = add(z, op, 1);
    n->as.pool = p;
    done(z, n);
}

static void reshape(struct zoo *z, int rank, const int32_t *dim)
{
    struct node *n = add(z, OP_RESHAPE, 1);
    n->out[0] = tensor_new(z->a, n->name, F32, rank, dim);
    done(z, n);
}

static void dense(struct zoo *z, int out, enum act act)
{
    struct node *n = add(z, OP_DENSE, 3);
    int32_t k = z->x->dim[z->x->rank - 1];
    n->in[1] = constant(z, "weights", 2, (int32_t[]){out, k}, 1.5f / (float)(k < 8 ? k : k / 4));
    n->in[2] = constant(z, "bias", 1, (int32_t[]){out}, 0.2f);
    n->as.dense.act = act;
    done(z, n);
}

static void batch_norm(struct zoo *z)
{
    struct node *n = add(z, OP_BATCH_NORM, 5);
    int32_t c = z->x->dim[z->x->rank - 1];
    for (int i = 1; i < 5; i++) n->in[i] = constant(z, "norm", 1, &c, 0.3f);
    float *gamma = (float *)(uintptr_t)n->in[1]->data, *variance = (float *)(uintptr_t)n->in[4]->data;
    for (int i = 0; i < c; i++) gamma[i] += 1, variance[i] = 0.5f + variance[i] * variance[i];
    n->as.batch_norm.epsilon = 1e-3f;
    done(z, n);
}

static struct zoo start(struct arena *a, const char *name, int rank, const int32_t *dim, uint64_t seed)
{
    struct zoo z = {graph_new(a, name), a, rng_new(seed), tensor_new(a, "window", F32, rank, dim), 0};
    z.g->in = arena_new_n(a, 1, struct tensor *);
    z.g->in[0] = z.x;
    z.g->nin = 1;
    return z;
}

static struct graph *finish(struct zoo *z)
{
    z->g->out = arena_new_n(z->a, 1, struct tensor *);
    z->g->out[0] = z->x;
    z->g->nout = 1;
    return z->g;
}

struct graph *zoo_graph(struct arena *a, uint64_t seed)
{
    struct zoo z = start(a, "zoo", 4, (int32_t[]){1, 9, 7, 3}, seed);
    convolve(&z, OP_CONV_2D, 6, 3, 2, (struct conv){{2, 1}, {1, 1}, {1, 0, 1, 1}, ACT_NONE}); // 5x7x6
    batch_norm(&z);
    plain(&z, OP_LEAKY_RELU);
    convolve(&z, OP_CONV_2D, 5, 2, 2, (struct conv){{1, 1}, {2, 3}, {2, 1, 0, 2}, ACT_RELU6}); // 5x7x5
    struct tensor *early = z.x;
    convolve(&z, OP_DEPTHWISE_CONV_2D, 10, 3, 3,
             (struct conv){{1, 1}, {1, 2}, {1, 2, 1, 2}, ACT_NONE}); // 5x7x10
    plain(&z, OP_TANH);
    convolve(&z, OP_CONV_2D, 5, 1, 1, (struct conv){{1, 1}, {1, 1}, {0}, ACT_RELU}); // pointwise
    with(&z, OP_ADD, early, ACT_RELU);
    pool(&z, OP_AVERAGE_POOL_2D, (struct pool){{2, 3}, {1, 2}, {1, 1, 0, 1}, ACT_NONE}); // 5x4x5
    struct tensor *gate = z.x;
    plain(&z, OP_LOGISTIC);
    with(&z, OP_MUL, gate, ACT_NONE);
    with(&z, OP_SUB, constant(&z, "offset", 1, (int32_t[]){5}, 0.2f), ACT_NONE);
    struct tensor *divisor = constant(&z, "divisor", 1, (int32_t[]){5}, 0.1f);
    for (int i = 0; i < 5; i++) ((float *)(uintptr_t)divisor->data)[i] += 0.7f;
    with(&z, OP_DIV, divisor, ACT_NONE);
    plain(&z, OP_ELU);
    struct node *n = add(&z, OP_PAD, 1);
    memcpy(n->as.pad.before, (int32_t[]){0, 1, 0, 0}, 16);
    memcpy(n->as.pad.after, (int32_t[]){0, 0, 2, 0}, 16);
    done(&z, n); // 6x6x5
    n = add(&z, OP_TRANSPOSE, 1);
    memcpy(n->as.transpose.perm, (int32_t[]){0, 2, 1, 3}, 16);
    done(&z, n);
    n = add(&z, OP_STRIDED_SLICE, 1);
    memcpy(n->as.slice.begin, (int32_t[]){0, 1, 0, 0}, 16);
    memcpy(n->as.slice.stride, (int32_t[]){1, 1, 2, 1}, 16);
    n->out[0] = tensor_new(a, "slice", F32, 4, (int32_t[]){1, 4, 3, 5});
    done(&z, n);
    struct tensor *left = z.x;
    plain(&z, OP_RELU);
    n = add(&z, OP_CONCATENATION, 2);
    n->in[1] = left;
    n->as.axis.axis = 3;
    done(&z, n); // 4x3x10
    plain(&z, OP_RELU6);
    pool(&z, OP_MAX_POOL_2D, (struct pool){{2, 2}, {2, 1}, {0, 1, 0, 0}, ACT_NONE}); // 2x3x10
    struct tensor *maps = z.x;
    n = add(&z, OP_MEAN, 1);
    n->as.reduce.naxis = 2;
    n->as.reduce.axis[0] = 1;
    n->as.reduce.axis[1] = 2;
    n->as.reduce.keep_dims = true;
    done(&z, n);
    with(&z, OP_ADD, maps, ACT_NONE); // the mean, broadcast
    reshape(&z, 2, (int32_t[]){1, 60});
    dense(&z, 11, ACT_RELU);
    dense(&z, 5, ACT_NONE);
    plain(&z, OP_SOFTMAX);
    return finish(&z);
}

struct graph *shapes_graph(struct arena *a, uint64_t seed)
{
    struct zoo z = start(a, "shapes", 4, (int32_t[]){1, 1, 128, 9}, seed);
    const struct conv valid = {{1, 1}, {1, 1}, {0}, ACT_RELU};
    convolve(&z, OP_CONV_2D, 64, 1, 3, valid);
    convolve(&z, OP_CONV_2D, 64, 1, 3, valid);
    pool(&z, OP_MAX_POOL_2D, (struct pool){{1, 2}, {1, 2}, {0}, ACT_NONE});
    reshape(&z, 2, (int32_t[]){1, 3968});
    dense(&z, 128, ACT_RELU);
    dense(&z, 6, ACT_NONE);
    plain(&z, OP_SOFTMAX);
    const char *const names[] = {"conv9", "conv64", "pool", "flatten", "dense", "dense6", "softmax"};
    for (int i = 0; i < z.g->nnode; i++) z.g->node[i]->name = names[i];
    return finish(&z);
}

// Convolutions over time as nn_conv2d_toom.h takes them: strides of 1 and 2, kernels of 9, 5, 4 and 3, padding, odd widths.
struct graph *signal_graph(struct arena *a, uint64_t seed)
{
    struct zoo z = start(a, "signal", 4, (int32_t[]){1, 1, 46, 6}, seed);
    convolve(&z, OP_CONV_2D, 8, 1, 9, (struct conv){{1, 2}, {1, 1}, {0}, ACT_RELU});            // 19
    convolve(&z, OP_CONV_2D, 12, 1, 5, (struct conv){{1, 1}, {1, 1}, {0, 2, 0, 1}, ACT_RELU6}); // 18
    convolve(&z, OP_CONV_2D, 16, 1, 4, (struct conv){{1, 1}, {1, 1}, {0, 1, 0, 1}, ACT_RELU});  // 17
    convolve(&z, OP_CONV_2D, 7, 1, 3, (struct conv){{1, 1}, {1, 1}, {0, 1, 0, 1}, ACT_NONE});   // 17
    reshape(&z, 2, (int32_t[]){1, 119});
    dense(&z, 5, ACT_NONE);
    plain(&z, OP_SOFTMAX);
    return finish(&z);
}

struct graph *pooled_graph(struct arena *a, uint64_t seed)
{
    struct zoo z = start(a, "pooled", 4, (int32_t[]){1, 24, 16, 3}, seed);
    convolve(&z, OP_CONV_2D, 8, 3, 3, (struct conv){{1, 1}, {1, 1}, {1, 1, 1, 1}, ACT_RELU});
    pool(&z, OP_MAX_POOL_2D, (struct pool){{2, 2}, {2, 2}, {0}, ACT_NONE});
    reshape(&z, 4, (int32_t[]){1, 1, 96, 8});
    convolve(&z, OP_CONV_2D, 32, 1, 10, (struct conv){{1, 1}, {1, 1}, {0}, ACT_NONE}); // 87
    pool(&z, OP_AVERAGE_POOL_2D, (struct pool){{1, 3}, {1, 3}, {0}, ACT_NONE});
    convolve(&z, OP_CONV_2D, 32, 1, 3, (struct conv){{1, 1}, {1, 1}, {0, 1, 0, 1}, ACT_RELU});
    pool(&z, OP_MAX_POOL_2D, (struct pool){{1, 2}, {1, 2}, {0}, ACT_NONE}); // 14 of 29
    reshape(&z, 2, (int32_t[]){1, 448});
    dense(&z, 5, ACT_NONE);
    plain(&z, OP_SOFTMAX);
    return finish(&z);
}

struct graph *separable_graph(struct arena *a, uint64_t seed)
{
    struct zoo z = start(a, "separable", 4, (int32_t[]){1, 1, 128, 9}, seed);
    const struct conv point = {{1, 1}, {1, 1}, {0}, ACT_RELU};
    convolve(&z, OP_CONV_2D, 24, 1, 1, point);
    convolve(&z, OP_DEPTHWISE_CONV_2D, 24, 1, 7, (struct conv){{1, 1}, {1, 1}, {0, 3, 0, 3}, ACT_RELU});
    convolve(&z, OP_CONV_2D, 32, 1, 1, point);
    convolve(&z, OP_DEPTHWISE_CONV_2D, 32, 1, 5, (struct conv){{1, 2}, {1, 1}, {0, 2, 0, 2}, ACT_RELU});
    convolve(&z, OP_DEPTHWISE_CONV_2D, 32, 1, 3, (struct conv){{1, 1}, {1, 1}, {0}, ACT_RELU});
    pool(&z, OP_AVERAGE_POOL_2D, (struct pool){{1, 2}, {1, 2}, {0}, ACT_NONE});
    pool(&z, OP_MAX_POOL_2D, (struct pool){{1, 2}, {1, 2}, {0}, ACT_NONE}); // 15x32
    struct node *n = add(&z, OP_MEAN, 1);
    n->as.reduce.naxis = 2;
    n->as.reduce.axis[0] = 1;
    n->as.reduce.axis[1] = 2;
    done(&z, n);
    dense(&z, 6, ACT_NONE);
    plain(&z, OP_SOFTMAX);
    const char *const names[] = {"conv1",   "dw7", "pw",   "dw5",    "dw3",
                                 "average", "max", "mean", "dense6", "softmax"};
    for (int i = 0; i < z.g->nnode; i++) z.g->node[i]->name = names[i];
    return finish(&z);
}

static void recurrent(struct zoo *z, int units, struct recurrent r)
{
    struct node *n = add(z, OP_RECURRENT, 5);
    const int32_t rows = recurrent_gates(r.kind) * units, in = z->x->dim[2];
    n->as.recurrent = r;
    n->in[1] = constant(z, "kernel", 2, (int32_t[]){rows, in}, 1.0f);
    n->in[2] = constant(z, "recurrent", 2, (int32_t[]){rows, units}, 0.6f);
    n->in[3] = constant(z, "bias", 1, &rows, 0.3f);
    if (r.kind == RECURRENT_LSTM && r.gate_act == CELL_LOGISTIC)
        n->nin = 4; // has int8 forms
    else
        n->in[4] = constant(z, "recurrent_bias", 1, &rows, 0.3f);
    done(z, n);
}

struct graph *recurrent_graph(struct arena *a, uint64_t seed)
{
    struct zoo z = start(a, "recurrent", 3, (int32_t[]){1, 11, 3}, seed);
    recurrent(&z, 7,
              (struct recurrent){.kind = RECURRENT_LSTM, .gate_act = CELL_LOGISTIC, .sequences = true});
    recurrent(&z, 33, // more taps than an unrolled loop has, and two groups of 16 and one
              (struct recurrent){.kind = RECURRENT_LSTM, .gate_act = CELL_LOGISTIC, .sequences = true});
    recurrent(&z, 2, // fewer taps than a block
              (struct recurrent){.kind = RECURRENT_LSTM, .gate_act = CELL_LOGISTIC, .sequences = true});
    recurrent(&z, 20,
              (struct recurrent){.kind = RECURRENT_LSTM, .gate_act = CELL_LOGISTIC, .sequences = true});
    recurrent(&z, 5,
              (struct recurrent){.kind = RECURRENT_GRU,
                                 .gate_act = CELL_LOGISTIC,
                                 .sequences = true,
                                 .backwards = true,
                                 .reset_after = true});
    recurrent(&z, 6, (struct recurrent){.kind = RECURRENT_GRU, .gate_act = CELL_HARD_5, .sequences = true});
    recurrent(&z, 5, (struct recurrent){.kind = RECURRENT_RNN, .sequences = true});
    recurrent(&z, 4, (struct recurrent){.kind = RECURRENT_LSTM, .gate_act = CELL_HARD_6, .backwards = true});
    dense(&z, 5, ACT_NONE);
    plain(&z, OP_SOFTMAX);
    return finish(&z);
}

struct graph *normalised_graph(struct arena *a, uint64_t seed)
{
    struct zoo z = start(a, "normalised", 3, (int32_t[]){1, 40, 6}, seed);
    with(&z, OP_MUL, constant(&z, "scale", 1, (int32_t[]){6}, 2.0f), ACT_NONE);
    with(&z, OP_ADD, constant(&z, "shift", 1, (int32_t[]){6}, 0.5f), ACT_NONE);
    reshape(&z, 3, (int32_t[]){1, 20, 12});
    recurrent(&z, 9, (struct recurrent){.kind = RECURRENT_LSTM, .gate_act = CELL_LOGISTIC});
    dense(&z, 5, ACT_NONE);
    plain(&z, OP_SOFTMAX);
    const char *const names[] = {"scale", "normalisation", "reshape", "lstm9", "dense5", "softmax"};
    for (int i = 0; i < z.g->nnode; i++) z.g->node[i]->name = names[i];
    return finish(&z);
}

struct graph *stateful_graph(struct arena *a, uint64_t seed)
{
    struct graph *g = recurrent_graph(a, seed);
    for (int k = 0; k < g->nnode; k++)
        if (g->node[k]->op == OP_RECURRENT) g->node[k]->as.recurrent.stateful = true;
    return g;
}

static void named(struct zoo *z, enum op op, struct tensor *x)
{
    z->x = x;
    plain(z, op);
}

static struct tensor *scalar(struct zoo *z, float v)
{
    float *to = arena_new(z->a, float);
    *to = v;
    return tensor_const(z->a, arena_printf(z->a, "%d/scalar", z->n), F32, 0, NULL, to);
}

static void reduce(struct zoo *z, enum op op, int axis, int other)
{
    struct node *n = add(z, op, 1);
    n->as.reduce.naxis = other < 0 ? 1 : 2;
    n->as.reduce.axis[0] = axis;
    n->as.reduce.axis[1] = other;
    n->as.reduce.keep_dims = true;
    done(z, n);
}

// As the converters leave it: mean, squared difference, 1 / sqrt.
static void layer_norm(struct zoo *z)
{
    struct tensor *x = z->x;
    const int32_t c = x->dim[x->rank - 1];
    reduce(z, OP_MEAN, x->rank - 1, -1);
    struct tensor *mean = z->x;
    z->x = x;
    with(z, OP_SQUARED_DIFFERENCE, mean, ACT_NONE);
    reduce(z, OP_MEAN, x->rank - 1, -1);
    with(z, OP_ADD, scalar(z, 1e-3f), ACT_NONE);
    plain(z, OP_RSQRT);
    struct tensor *inverse = z->x;
    z->x = x;
    with(z, OP_SUB, mean, ACT_NONE);
    with(z, OP_MUL, inverse, ACT_NONE);
    with(z, OP_MUL, constant(z, "gamma", 1, &c, 1), ACT_NONE);
    with(z, OP_ADD, constant(z, "beta", 1, &c, 0.2f), ACT_NONE);
}

// (1, 12, 8) to heads (1, 2, 12, 4).
static struct tensor *heads(struct zoo *z, struct tensor *x)
{
    z->x = x;
    dense(z, 8, ACT_NONE);
    reshape(z, 4, (int32_t[]){1, 12, 2, 4});
    struct node *n = add(z, OP_TRANSPOSE, 1);
    memcpy(n->as.transpose.perm, (int32_t[]){0, 2, 1, 3}, 16);
    done(z, n);
    return z->x;
}

static void multiply(struct zoo *z, struct tensor *other, bool adj_y)
{
    struct node *n = add(z, OP_BATCH_MATMUL, 2);
    n->in[1] = other;
    n->as.matmul.adj_y = adj_y;
    done(z, n);
}

static void gelu(struct zoo *z, bool approximate)
{
    struct node *n = add(z, OP_GELU, 1);
    n->as.gelu.approximate = approximate;
    done(z, n);
}

struct graph *attention_graph(struct arena *a, uint64_t seed)
{
    struct zoo z = start(a, "attention", 3, (int32_t[]){1, 12, 3}, seed);
    dense(&z, 8, ACT_NONE);
    struct tensor *x = z.x;
    layer_norm(&z);
    struct tensor *normal = z.x, *q = heads(&z, normal), *k = heads(&z, normal), *v = heads(&z, normal);
    z.x = q;
    multiply(&z, k, true);
    with(&z, OP_MUL, scalar(&z, 0.5f), ACT_NONE);
    plain(&z, OP_SOFTMAX);
    multiply(&z, v, false);
    struct node *n = add(&z, OP_TRANSPOSE, 1);
    memcpy(n->as.transpose.perm, (int32_t[]){0, 2, 1, 3}, 16);
    done(&z, n);
    reshape(&z, 3, (int32_t[]){1, 12, 8});
    multiply(&z, constant(&z, "projection", 2, (int32_t[]){8, 8}, 0.6f), false);
    with(&z, OP_ADD, x, ACT_NONE);
    x = z.x;
    layer_norm(&z);
    dense(&z, 14, ACT_NONE);
    gelu(&z, false);
    dense(&z, 8, ACT_NONE);
    gelu(&z, true);
    with(&z, OP_ADD, x, ACT_NONE);
    reduce(&z, OP_MEAN, 1, -1);
    reshape(&z, 2, (int32_t[]){1, 8});
    dense(&z, 5, ACT_NONE);
    plain(&z, OP_LOG_SOFTMAX);
    return finish(&z);
}

struct graph *choices_graph(struct arena *a, uint64_t seed)
{
    static const enum op maps[] = {OP_NEG,  OP_SIN,        OP_SQUARE, OP_COS,  OP_EXP,         OP_FLOOR,
                                   OP_CEIL, OP_HARD_SWISH, OP_ROUND,  OP_SIGN, OP_RELU_N1_TO_1};
    struct zoo z = start(a, "choices", 3, (int32_t[]){1, 6, 5}, seed);
    struct tensor *x = z.x, *row = constant(&z, "row", 1, (int32_t[]){5}, 0.5f), *sum;
    plain(&z, OP_ABS);
    with(&z, OP_ADD, scalar(&z, 0.3f), ACT_NONE);
    struct tensor *positive = z.x;
    plain(&z, OP_SQRT);
    plain(&z, OP_LOG);
    sum = z.x;
    for (int i = 0; i < (int)(sizeof maps / sizeof *maps); i++) {
        named(&z, maps[i], x);
        with(&z, OP_ADD, sum, ACT_NONE);
        sum = z.x;
    }
    z.x = positive;
    with(&z, OP_POW, row, ACT_NONE);
    with(&z, OP_MINIMUM, sum, ACT_NONE);
    with(&z, OP_MAXIMUM, row, ACT_NONE);
    with(&z, OP_PRELU, row, ACT_NONE);
    struct tensor *mixed = z.x;
    with(&z, OP_GREATER, row, ACT_NONE);
    struct tensor *greater = z.x;
    z.x = x;
    with(&z, OP_LESS_EQUAL, positive, ACT_NONE);
    with(&z, OP_LOGICAL_AND, greater, ACT_NONE);
    plain(&z, OP_LOGICAL_NOT);
    with(&z, OP_EQUAL, greater, ACT_NONE);
    struct node *n = add(&z, OP_SELECT, 3);
    n->in[1] = mixed;
    n->in[2] = row;
    done(&z, n);
    struct tensor *chosen = z.x;
    reduce(&z, OP_SUM, 1, -1);
    reduce(&z, OP_REDUCE_PROD, 0, 1);
    with(&z, OP_ADD, chosen, ACT_NONE);
    struct tensor *wide = z.x; // 6x5
    reduce(&z, OP_REDUCE_MAX, 2, 0);
    with(&z, OP_SUB, wide, ACT_NONE);
    n = add(&z, OP_ARG_MAX, 1);
    n->as.axis.axis = 2;
    done(&z, n); // (1, 6), of 0 .. 4
    struct tensor *where = z.x;
    z.x = wide;
    n = add(&z, OP_GATHER, 2);
    n->in[1] = where;
    n->as.axis.axis = 1;
    done(&z, n); // (1, 1, 6, 5)
    reshape(&z, 3, (int32_t[]){1, 6, 5});
    n = add(&z, OP_TILE, 1);
    memcpy(n->as.tile.times, (int32_t[]){1, 2, 1}, 12);
    done(&z, n);
    struct tensor *tiled = z.x; // 12x5
    z.x = greater;
    n = add(&z, OP_CAST, 1);
    n->out[0] = tensor_new(a, "counted", F32, 0, NULL);
    done(&z, n);
    n = add(&z, OP_CONCATENATION, 2);
    n->in[1] = tiled;
    n->as.axis.axis = 1;
    done(&z, n);
    reduce(&z, OP_REDUCE_MIN, 1, -1);
    reshape(&z, 2, (int32_t[]){1, 5});
    return finish(&z);
}

struct graph *gates_graph(struct arena *a, enum recurrent_kind kind, uint64_t seed)
{
    struct zoo z = start(a, "gates", 3, (int32_t[]){1, 28, 28}, seed);
    recurrent(&z, 20, (struct recurrent){.kind = kind, .gate_act = CELL_LOGISTIC, .reset_after = true});
    dense(&z, 10, ACT_NONE);
    plain(&z, OP_SOFTMAX);
    const char *const names[] = {recurrent_name(kind), "dense10", "softmax"};
    for (int i = 0; i < z.g->nnode; i++) z.g->node[i]->name = names[i];
    return finish(&z);
}

struct graph *edgemark_graph(struct arena *a, uint64_t seed)
{
    struct zoo z = start(a, "edgemark", 3, (int32_t[]){1, 100, 32}, seed);
    recurrent(&z, 64,
              (struct recurrent){.kind = RECURRENT_LSTM, .gate_act = CELL_LOGISTIC, .sequences = true});
    dense(&z, 32, ACT_NONE);
    z.g->node[0]->name = "LSTM", z.g->node[1]->name = "dense32";
    return finish(&z);
}

struct graph *sequence_graph(struct arena *a, uint64_t seed)
{
    const struct recurrent lstm = {.kind = RECURRENT_LSTM, .gate_act = CELL_LOGISTIC, .sequences = true};
    struct zoo z = start(a, "sequence", 3, (int32_t[]){1, 50, 4}, seed);
    recurrent(&z, 8, lstm);
    recurrent(&z, 12, lstm);
    dense(&z, 5, ACT_NONE);
    return finish(&z);
}
