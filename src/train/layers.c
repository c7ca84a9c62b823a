#include "layers.h"
#include <math.h>
#include <string.h>

static const char *name_of(struct layers *l, const char *kind)
{
    return arena_printf(l->a, "%s%d", kind, l->count);
}

static struct tensor *filled(struct layers *l, const char *name, int n, float v)
{
    float *p = arena_new_n(l->a, (size_t)n, float);
    for (int i = 0; i < n; i++) p[i] = v;
    return tensor_const(l->a, name, F32, 1, (int32_t[]){n}, p);
}

// Normal with variance 2 / inputs (He et al. 2015), or 1 / inputs in front of a softmax.
static struct tensor *drawn(struct layers *l, const char *name, int rank, const int32_t *dim, int inputs,
                            float gain)
{
    struct tensor *t = tensor_new(l->a, name, F32, rank, dim);
    int64_t n = tensor_count(t);
    float *p = arena_new_n(l->a, (size_t)n, float), deviation = sqrtf(gain / (float)inputs);
    for (int64_t i = 0; i < n; i++) p[i] = deviation * rng_normal(l->r);
    t->data = p;
    return t;
}

static struct tensor *one_input(struct layers *l, enum op op, const char *name, struct tensor *x)
{
    struct node *n = graph_add(l->g, l->a, op, name, 1, 1);
    n->in[0] = x;
    return graph_apply(l->g, l->a, n, l->e);
}

static struct tensor *batch_norm(struct layers *l, struct tensor *x, const char *name)
{
    int c = x->dim[x->rank - 1];
    struct node *n = graph_add(l->g, l->a, OP_BATCH_NORM, name, 5, 1);
    static const char *const part[] = {"gamma", "beta", "mean", "variance"};
    n->in[0] = x;
    for (int i = 0; i < 4; i++)
        n->in[1 + i] = filled(l, arena_printf(l->a, "%s/%s", name, part[i]), c, i == 0 || i == 3 ? 1 : 0);
    n->as.batch_norm.epsilon = 1e-3f;
    return graph_apply(l->g, l->a, n, l->e);
}

struct tensor *layers_start(struct layers *l, const char *name, const struct arch_shape *s)
{
    l->g = graph_new(l->a, name);
    struct tensor *x = tensor_new(l->a, "window", F32, 3, (int32_t[]){1, s->window, s->nchannel});
    l->g->in = arena_copy(l->a, &x, sizeof x);
    l->g->nin = 1;
    x = batch_norm(l, x, "normalisation");
    if (!x) return NULL;
    struct node *n = l->g->node[0];
    float *mean = arena_copy(l->a, s->mean, (size_t)s->nchannel * sizeof *mean);
    float *variance = arena_new_n(l->a, (size_t)s->nchannel, float);
    for (int c = 0; c < s->nchannel; c++) variance[c] = s->std[c] * s->std[c];
    n->in[3]->data = mean;
    n->in[4]->data = variance;
    n->as.batch_norm.frozen = true;
    n->as.batch_norm.epsilon = 1e-6f; // a dead channel stays 0
    n = graph_add(l->g, l->a, OP_RESHAPE, "rows", 1, 1);
    n->in[0] = x;
    n->out[0] = tensor_new(l->a, "rows", F32, 4, (int32_t[]){1, 1, s->window, s->nchannel});
    return graph_apply(l->g, l->a, n, l->e);
}

static void same_padding(struct conv *c, int width, int kernel)
{
    int out = (width + c->stride[1] - 1) / c->stride[1], need = (out - 1) * c->stride[1] + kernel - width;
    if (need < 0) need = 0;
    c->pad[1] = need / 2;
    c->pad[3] = need - need / 2;
}

static struct tensor *convolve(struct layers *l, enum op op, struct tensor *x, int out, int kernel,
                               int stride, bool same, bool linear)
{
    if (!x) return NULL;
    int in = x->dim[3];
    bool depthwise = op == OP_DEPTHWISE_CONV_2D;
    l->count++;
    const char *name = name_of(l, depthwise ? "depthwise" : "conv");
    struct node *n = graph_add(l->g, l->a, op, name, 3, 1);
    int32_t dim[2][4] = {{out, 1, kernel, in}, {1, 1, kernel, in}};
    n->as.conv = (struct conv){.stride = {1, stride}, .dilation = {1, 1}};
    if (same) same_padding(&n->as.conv, x->dim[2], kernel);
    n->in[0] = x;
    n->in[1] = drawn(l, arena_printf(l->a, "%s/weights", name), 4, dim[depthwise],
                     depthwise ? kernel : in * kernel, 2);
    x = graph_apply(l->g, l->a, n, l->e); // no bias: the batch-norm behind it has one
    if (x) x = batch_norm(l, x, name_of(l, "norm"));
    return x && !linear ? one_input(l, OP_RELU, name_of(l, "relu"), x) : x;
}

struct tensor *layer_conv(struct layers *l, struct tensor *x, int out, int kernel, int stride, bool same,
                          bool linear)
{
    return convolve(l, OP_CONV_2D, x, out, kernel, stride, same, linear);
}

struct tensor *layer_depthwise(struct layers *l, struct tensor *x, int kernel, int stride, bool same)
{
    return convolve(l, OP_DEPTHWISE_CONV_2D, x, 0, kernel, stride, same, false);
}

static struct tensor *reshaped(struct layers *l, struct tensor *x, int32_t steps, int32_t channels)
{
    l->count++;
    struct node *n = graph_add(l->g, l->a, OP_RESHAPE, name_of(l, "steps"), 1, 1);
    n->in[0] = x;
    n->out[0] = tensor_new(l->a, n->name, F32, 3, (int32_t[]){1, steps, channels});
    return graph_apply(l->g, l->a, n, l->e);
}

struct tensor *layer_stack(struct layers *l, struct tensor *x, int stack)
{
    if (!x) return NULL;
    while (x->dim[2] % stack) stack--;
    struct node *rows = graph_producer(l->g, x);
    if (rows && rows->op == OP_RESHAPE && rows->in[0]->rank == 3 && graph_uses(l->g, x) == 0) { // one will do
        graph_remove(l->g, rows);
        x = rows->in[0];
        return reshaped(l, x, x->dim[1] / stack, x->dim[2] * stack);
    }
    return reshaped(l, x, x->dim[2] / stack, x->dim[3] * stack);
}

struct tensor *layer_steps(struct layers *l, struct tensor *x)
{
    return x ? reshaped(l, x, x->dim[2], x->dim[3]) : NULL;
}

struct tensor *layer_channels_joined(struct layers *l, struct tensor *x)
{
    return x ? reshaped(l, x, x->dim[1], x->dim[2] * x->dim[3]) : NULL;
}

// Kernel: normal of Glorot's variance (2010), recurrent: normal of variance 1 / units, about as wide as
// orthogonal; the LSTM's forget gate starts open (Jozefowicz et al. 2015).
struct tensor *layer_recurrent(struct layers *l, struct tensor *x, enum recurrent_kind kind, int units,
                               bool sequences, bool backwards)
{
    if (!x) return NULL;
    l->count++;
    static const char *const kinds[] = {"rnn", "gru", "lstm"};
    const char *name = name_of(l, kinds[kind]);
    const int gates = recurrent_gates(kind), rows = gates * units, in = x->dim[2];
    struct node *n = graph_add(l->g, l->a, OP_RECURRENT, name, kind == RECURRENT_GRU ? 5 : 4, 1);
    n->as.recurrent = (struct recurrent){.kind = kind,
                                         .act = CELL_TANH,
                                         .gate_act = CELL_LOGISTIC,
                                         .sequences = sequences,
                                         .backwards = backwards,
                                         .reset_after = kind == RECURRENT_GRU};
    n->in[0] = x;
    n->in[1] = drawn(l, arena_printf(l->a, "%s/kernel", name), 2, (int32_t[]){rows, in}, in + units, 2);
    n->in[2] = drawn(l, arena_printf(l->a, "%s/recurrent", name), 2, (int32_t[]){rows, units}, units, 1);
    n->in[3] = filled(l, arena_printf(l->a, "%s/bias", name), rows, 0);
    float *bias = (float *)(uintptr_t)n->in[3]->data;
    for (int i = units; kind == RECURRENT_LSTM && i < 2 * units; i++) bias[i] = 1;
    if (kind == RECURRENT_GRU) n->in[4] = filled(l, arena_printf(l->a, "%s/recurrent_bias", name), rows, 0);
    return graph_apply(l->g, l->a, n, l->e);
}

struct tensor *layer_recurrent_dropout(struct layers *l, struct tensor *x, float rate)
{
    if (x) graph_producer(l->g, x)->as.recurrent.dropout = rate;
    return x;
}

struct tensor *layer_transpose(struct layers *l, struct tensor *x, const int32_t *perm)
{
    if (!x) return NULL;
    l->count++;
    struct node *n = graph_add(l->g, l->a, OP_TRANSPOSE, name_of(l, "transpose"), 1, 1);
    n->in[0] = x;
    memcpy(n->as.transpose.perm, perm, (size_t)x->rank * sizeof *perm);
    return graph_apply(l->g, l->a, n, l->e);
}

struct tensor *layer_dense(struct layers *l, struct tensor *x, int out, bool linear)
{
    if (!x) return NULL;
    l->count++;
    const int k = x->dim[x->rank - 1];
    const char *name = name_of(l, "dense");
    struct node *n = graph_add(l->g, l->a, OP_DENSE, name, 3, 1);
    n->in[0] = x;
    n->in[1] = drawn(l, arena_printf(l->a, "%s/weights", name), 2, (int32_t[]){out, k}, k, linear ? 1 : 2);
    n->in[2] = filled(l, arena_printf(l->a, "%s/bias", name), out, 0);
    n->as.dense.act = linear ? ACT_NONE : ACT_RELU;
    return graph_apply(l->g, l->a, n, l->e);
}

static struct tensor *batch_matmul(struct layers *l, struct tensor *x, struct tensor *y, bool adj_y)
{
    if (!x || !y) return NULL;
    l->count++;
    struct node *n = graph_add(l->g, l->a, OP_BATCH_MATMUL, name_of(l, "matmul"), 2, 1);
    n->in[0] = x;
    n->in[1] = y;
    n->as.matmul.adj_y = adj_y;
    return graph_apply(l->g, l->a, n, l->e);
}

static struct tensor *softmax(struct layers *l, struct tensor *x, const char *name)
{
    if (!x) return NULL;
    struct node *n = graph_add(l->g, l->a, OP_SOFTMAX, name, 1, 1);
    n->in[0] = x;
    n->as.softmax.beta = 1;
    return graph_apply(l->g, l->a, n, l->e);
}

struct tensor *layer_attention(struct layers *l, struct tensor *x)
{
    if (!x) return NULL;
    // the question's weights are free to learn the usual factor of 1 / sqrt(c)
    struct tensor *question = layer_dense(l, x, x->dim[x->rank - 1], true);
    struct tensor *weight = softmax(l, batch_matmul(l, question, x, true), name_of(l, "attention"));
    // the mean first: readers of the file then lay the sum out as the products are
    return layer_add(l, batch_matmul(l, weight, x, false), x);
}

struct tensor *layer_attention_pool(struct layers *l, struct tensor *x)
{
    struct tensor *score = layer_dense(l, x, 1, true);
    if (!score) return NULL;
    score = softmax(l, reshaped(l, score, 1, x->dim[1]), name_of(l, "attention"));
    struct tensor *mean = batch_matmul(l, score, x, false);
    if (!mean) return NULL;
    struct node *n = graph_add(l->g, l->a, OP_RESHAPE, name_of(l, "flat"), 1, 1);
    n->in[0] = mean;
    n->out[0] = tensor_new(l->a, n->name, F32, 2, (int32_t[]){1, x->dim[2]});
    return graph_apply(l->g, l->a, n, l->e);
}

struct tensor *layer_concat(struct layers *l, struct tensor *x, struct tensor *y)
{
    if (!x || !y) return NULL;
    l->count++;
    struct node *n = graph_add(l->g, l->a, OP_CONCATENATION, name_of(l, "both"), 2, 1);
    n->in[0] = x;
    n->in[1] = y;
    n->as.axis.axis = x->rank - 1;
    return graph_apply(l->g, l->a, n, l->e);
}

struct tensor *layer_max_pool(struct layers *l, struct tensor *x, int size)
{
    if (!x) return NULL;
    struct node *n = graph_add(l->g, l->a, OP_MAX_POOL_2D, name_of(l, "pool"), 1, 1);
    n->in[0] = x;
    n->as.pool = (struct pool){.kernel = {1, size}, .stride = {1, size}};
    return graph_apply(l->g, l->a, n, l->e);
}

struct tensor *layer_add(struct layers *l, struct tensor *x, struct tensor *y)
{
    if (!x || !y) return NULL;
    struct node *n = graph_add(l->g, l->a, OP_ADD, name_of(l, "add"), 2, 1);
    n->in[0] = x;
    n->in[1] = y;
    n->as.binary.act = ACT_RELU;
    return graph_apply(l->g, l->a, n, l->e);
}

struct tensor *layer_dropout(struct layers *l, struct tensor *x, float rate)
{
    if (!x) return NULL;
    struct node *n = graph_add(l->g, l->a, OP_DROPOUT, name_of(l, "dropout"), 1, 1);
    n->in[0] = x;
    n->as.dropout.rate = rate;
    return graph_apply(l->g, l->a, n, l->e);
}

struct tensor *layer_global_average(struct layers *l, struct tensor *x)
{
    if (!x) return NULL;
    struct node *n = graph_add(l->g, l->a, OP_MEAN, "average", 1, 1);
    n->in[0] = x;
    n->as.reduce.naxis = 2;
    n->as.reduce.axis[0] = 1;
    n->as.reduce.axis[1] = 2;
    return graph_apply(l->g, l->a, n, l->e);
}

struct graph *layers_end(struct layers *l, struct tensor *x, int nclass)
{
    if (!x) return NULL;
    int k = x->dim[x->rank - 1];
    struct node *n = graph_add(l->g, l->a, OP_DENSE, "dense", 3, 1);
    n->in[0] = x;
    n->in[1] = drawn(l, "dense/weights", 2, (int32_t[]){nclass, k}, k, 1);
    n->in[2] = filled(l, "dense/bias", nclass, 0);
    if (!(x = graph_apply(l->g, l->a, n, l->e))) return NULL;
    n = graph_add(l->g, l->a, OP_SOFTMAX, "scores", 1, 1);
    n->in[0] = x;
    n->as.softmax.beta = 1;
    if (!(x = graph_apply(l->g, l->a, n, l->e))) return NULL;
    l->g->out = arena_copy(l->a, &x, sizeof x);
    l->g->nout = 1;
    return l->g;
}
