// A graph laid out for training: all trained numbers in one vector, every layer with buffers for a batch.
#ifndef TRAIN_NET_H
#define TRAIN_NET_H
#include "grad.h"

struct slot { // one constant of the graph within the vector
    struct tensor *t;
    int at, n;
    enum param kind;
};
struct params {
    struct slot *slot;
    int nslot, n; // n: numbers in all
};
// Finds what there is to train; fails with the node's name on an op without gradient, on weights that two
// nodes share, and on a graph that is not a classifier (one float input, SOFTMAX last).
bool params_find(const struct graph *g, struct params *p, struct arena *a, struct err *e);
void params_read(const struct params *p, float *w);                         // graph -> vector
void params_write(const struct params *p, const float *w, struct arena *a); // vector -> graph, new constants

struct net {
    struct layer *layer; // the graph's nodes, in order
    int nlayer, batch;
    struct blob in, logits, out;
    struct sum { // a value with several readers: the gradient from here is added to the others'
        const float *from;
        float *to;
        int layer, n;
    } * sum;
    int nsum;
};
// Buffers for batches of up to `batch` windows. Weights are read from w, gradients go to dw, both laid out
// by p. Nets of the same p share w and nothing else, so several may run at once.
struct net *net_new(const struct graph *g, const struct params *p, float *w, float *dw, int batch,
                    struct arena *a);
// in.x holds n windows; leaves logits and the softmax of them in out.x.
void net_forward(struct net *net, int n, bool training, struct rng *r);
// logits.dx is set by the caller; sets dw.
void net_backward(struct net *net);
#endif
