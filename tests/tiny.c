#include "tiny.h"
#include <stdlib.h>

struct tensor *tiny_const(struct arena *a, struct rng *r, const char *name, int rank, const int32_t *dim,
                          float spread)
{
    struct tensor *t = tensor_const(a, name, F32, rank, dim, NULL);
    float *v = arena_new_n(a, (size_t)tensor_count(t), float);
    for (int64_t i = 0; i < tensor_count(t); i++) v[i] = spread * rng_normal(r);
    t->data = v;
    return t;
}

struct maker {
    struct graph *g;
    struct arena *a;
    struct rng r;
    int n;
};

static struct tensor *apply(struct maker *m, struct node *n)
{
    struct err e = {""};
    struct tensor *y = graph_apply(m->g, m->a, n, &e);
    if (!y) abort();
    return y;
}

static struct tensor *one(struct maker *m, enum op op, const char *name, struct tensor *x)
{
    struct node *n = graph_add(m->g, m->a, op, name, 1, 1);
    n->in[0] = x;
    return apply(m, n);
}

static struct tensor *conv(struct maker *m, enum op op, const char *name, struct tensor *x, int out, int k,
                           int pad)
{
    struct node *n = graph_add(m->g, m->a, op, name, 3, 1);
    int32_t in = x->dim[3], dw = op == OP_DEPTHWISE_CONV_2D;
    n->in[0] = x;
    n->in[1] = tiny_const(m->a, &m->r, arena_printf(m->a, "%s/w", name), 4,
                          (int32_t[]){dw ? 1 : out, 1, k, dw ? out : in}, dw ? 0.5f : 0.3f);
    n->in[2] = tiny_const(m->a, &m->r, arena_printf(m->a, "%s/b", name), 1, (int32_t[]){out}, 0.2f);
    n->as.conv = (struct conv){{1, 1}, {1, 1}, {0, pad, 0, pad}, ACT_NONE};
    return apply(m, n);
}

static struct tensor *batch_norm(struct maker *m, const char *name, struct tensor *x, bool frozen)
{
    struct node *n = graph_add(m->g, m->a, OP_BATCH_NORM, name, 5, 1);
    int32_t c = x->dim[x->rank - 1];
    n->in[0] = x;
    for (int i = 1; i < 5; i++)
        n->in[i] = tiny_const(m->a, &m->r, arena_printf(m->a, "%s/%d", name, i), 1, &c, 0.3f);
    float *gamma = (float *)(uintptr_t)n->in[1]->data, *variance = (float *)(uintptr_t)n->in[4]->data;
    for (int i = 0; i < c; i++) gamma[i] += 1, variance[i] = 0.5f + variance[i] * variance[i];
    n->as.batch_norm.epsilon = 1e-3f;
    n->as.batch_norm.frozen = frozen;
    return apply(m, n);
}

static struct tensor *reshape(struct maker *m, const char *name, struct tensor *x, int rank,
                              const int32_t *dim)
{
    struct node *n = graph_add(m->g, m->a, OP_RESHAPE, name, 1, 1);
    n->in[0] = x;
    n->out[0] = tensor_new(m->a, name, F32, rank, dim);
    return apply(m, n);
}

struct graph *tiny_cnn(struct arena *a, int window, int channels, int classes, uint64_t seed)
{
    struct maker m = {graph_new(a, "tiny"), a, rng_new(seed), 0};
    struct tensor *x = tensor_new(a, "window", F32, 3, (int32_t[]){1, window, channels});
    m.g->in = arena_new_n(a, 1, struct tensor *);
    m.g->in[0] = x;
    m.g->nin = 1;
    x = batch_norm(&m, "normalise", x, true);
    x = reshape(&m, "rows", x, 4, (int32_t[]){1, 1, window, channels});
    x = conv(&m, OP_CONV_2D, "conv1", x, 7, 5, 0);
    x = one(&m, OP_RELU, "relu1", batch_norm(&m, "norm1", x, false));
    struct node *pool = graph_add(m.g, a, OP_MAX_POOL_2D, "pool1", 1, 1);
    pool->in[0] = x;
    pool->as.pool = (struct pool){{1, 2}, {1, 2}, {0}, ACT_NONE};
    x = apply(&m, pool);
    struct tensor *skip = x;
    x = one(&m, OP_RELU6, "relu2", conv(&m, OP_CONV_2D, "conv2", x, 7, 3, 1));
    x = conv(&m, OP_CONV_2D, "conv3", x, 7, 3, 1);
    struct node *sum = graph_add(m.g, a, OP_ADD, "add", 2, 1);
    sum->in[0] = x;
    sum->in[1] = skip;
    x = one(&m, OP_RELU, "relu3", apply(&m, sum));
    x = conv(&m, OP_DEPTHWISE_CONV_2D, "depthwise", x, 7, 3, 1);
    struct node *mean = graph_add(m.g, a, OP_MEAN, "mean", 1, 1);
    mean->in[0] = x;
    mean->as.reduce.naxis = 2;
    mean->as.reduce.axis[0] = 1;
    mean->as.reduce.axis[1] = 2;
    x = apply(&m, mean);
    struct node *drop = graph_add(m.g, a, OP_DROPOUT, "dropout", 1, 1);
    drop->in[0] = x;
    drop->as.dropout.rate = 0.3f;
    x = apply(&m, drop);
    struct node *dense = graph_add(m.g, a, OP_DENSE, "dense", 3, 1);
    dense->in[0] = x;
    dense->in[1] = tiny_const(a, &m.r, "dense/w", 2, (int32_t[]){classes, 7}, 1);
    dense->in[2] = tiny_const(a, &m.r, "dense/b", 1, (int32_t[]){classes}, 0.2f);
    x = apply(&m, dense);
    struct node *softmax = graph_add(m.g, a, OP_SOFTMAX, "softmax", 1, 1);
    softmax->in[0] = x;
    softmax->as.softmax.beta = 1;
    x = apply(&m, softmax);
    m.g->out = arena_new_n(a, 1, struct tensor *);
    m.g->out[0] = x;
    m.g->nout = 1;
    graph_meta_set(m.g, a, META_LABELS, "a,b,c");
    return m.g;
}

float *tiny_windows(struct arena *a, const struct graph *g, int n, uint64_t seed)
{
    struct rng r = rng_new(seed);
    int64_t count = n * tensor_count(g->in[0]);
    float *x = arena_new_n(a, (size_t)count, float);
    for (int64_t i = 0; i < count; i++) x[i] = rng_normal(&r);
    return x;
}
