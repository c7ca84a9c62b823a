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
struct tensor *layer_max_pool(struct layers *l, struct tensor *x, int size);
struct tensor *layer_add(struct layers *l, struct tensor *x, struct tensor *y); // and relu
struct tensor *layer_dropout(struct layers *l, struct tensor *x, float rate);
struct tensor *layer_global_average(struct layers *l, struct tensor *x);
// Dense with softmax: the output of the graph.
struct graph *layers_end(struct layers *l, struct tensor *x, int nclass);
#endif
