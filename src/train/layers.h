// Layers of an untrained network, for the architectures: weights drawn, batch-norm at rest. Every function
// appends its nodes and returns the last output, NULL when the shapes do not fit (the error is kept; more
// calls with a NULL input are allowed and do nothing, so an architecture checks once, at its end).
#ifndef TRAIN_LAYERS_H
#define TRAIN_LAYERS_H
#include "train.h"

struct layers {
    struct graph *g;
    struct arena *a;
    struct rng *r;
    struct err *e;
    int count; // for names
};

// Raw sensor units (1, window, nchannel) -> normalised (1, 1, window, nchannel).
struct tensor *layers_start(struct layers *l, const char *name, const struct arch_shape *s);
// Convolution over time without bias, batch-norm, and relu unless linear. same: padded to ceil(w / stride).
struct tensor *layer_conv(struct layers *l, struct tensor *x, int out, int kernel, int stride, bool same,
                          bool linear);
struct tensor *layer_depthwise(struct layers *l, struct tensor *x, int kernel, int stride, bool same);
// Steps of `stack` samples each (fewer when the window's length is no multiple): a quarter of the steps costs
// a quarter of the time, and nothing is lost. (1, 1, w, c) -> (1, w / stack, stack * c).
struct tensor *layer_stack(struct layers *l, struct tensor *x, int stack);
// (1, 1, w, c) -> (1, w, c), and for what comes behind a recurrent layer, back again.
struct tensor *layer_steps(struct layers *l, struct tensor *x);
struct tensor *layer_channels_joined(struct layers *l, struct tensor *x); // (1, w, n, c) -> (1, w, n * c)
// LSTM, GRU or RNN: tanh and logistic; every h with sequences, else the last.
struct tensor *layer_recurrent(struct layers *l, struct tensor *x, enum recurrent_kind kind, int units,
                               bool sequences, bool backwards);
// The LSTM that x comes from forgets this part of h on its way into the recurrent products (training only).
struct tensor *layer_recurrent_dropout(struct layers *l, struct tensor *x, float rate);
struct tensor *layer_transpose(struct layers *l, struct tensor *x, const int32_t *perm);
// Dense over the last dimension; relu unless linear.
struct tensor *layer_dense(struct layers *l, struct tensor *x, int out, bool linear);
// (..., n, c) -> the same shape: each of the n rows plus a mean of all, weighted by how they answer its question
// (self-attention, Vaswani et al. 2017, one head, rows are their own keys and values); relu behind.
struct tensor *layer_attention(struct layers *l, struct tensor *x);
// (1, steps, c) -> (1, c): the mean of the steps, weighted by a learned score of each.
struct tensor *layer_attention_pool(struct layers *l, struct tensor *x);
struct tensor *layer_concat(struct layers *l, struct tensor *x, struct tensor *y); // over the last dimension
struct tensor *layer_max_pool(struct layers *l, struct tensor *x, int size);
struct tensor *layer_add(struct layers *l, struct tensor *x, struct tensor *y); // and relu
struct tensor *layer_dropout(struct layers *l, struct tensor *x, float rate);
struct tensor *layer_global_average(struct layers *l, struct tensor *x);
// Dense with softmax: the output of the graph.
struct graph *layers_end(struct layers *l, struct tensor *x, int nclass);
#endif
