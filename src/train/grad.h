// Gradients: for every op that can be trained, its forward and backward pass over a batch.
#ifndef TRAIN_GRAD_H
#define TRAIN_GRAD_H
#include "../base/rng.h"
#include "../graph/graph.h"

enum { GRAD_MAX_IN = 5 };

// What the optimizer does with a constant.
enum param {
    PARAM_NONE,   // leave it
    PARAM_WEIGHT, // train, with weight decay
    PARAM_OFFSET, // train, without: biases, gamma and beta
    PARAM_STAT    // a running statistic: dx holds the batch's value, x moves towards it
};

struct blob {      // the numbers of one tensor: (batch, n) when computed, (n) when constant
    float *x, *dx; // dx: d loss / d x; NULL when nobody wants it
    int n;         // numbers a window, or of the constant
};

struct layer { // one node over a batch
    const struct node *node;
    const struct grad *grad;
    struct blob in[GRAD_MAX_IN], out; // an absent input has x == NULL
    float *keep;                      // what forward leaves for backward
    int batch;                        // windows now, at most what the buffers were made for
    bool training;                    // batch statistics and dropout, or as the finished model
    struct rng rng;                   // this layer's stream for this batch
};

struct grad { // one file each, grad_<op>.c; the table is in grad.c
    enum op op;
    enum param param[GRAD_MAX_IN]; // of constant inputs
    // What of this node cannot be trained; NULL: anything goes.
    bool (*check)(const struct node *n, struct err *e);
    int64_t (*keep)(const struct node *n, int64_t batch); // floats of layer.keep; NULL: none
    void (*forward)(struct layer *l);                     // sets out.x
    // Sets (not adds to) in[i].dx where it is not NULL, from out.dx, which it may overwrite.
    void (*backward)(struct layer *l);
};
const struct grad *grad_find(enum op op); // NULL: cannot be trained
// The names of the ops that have one, joined by blanks.
const char *grad_names(struct arena *a);

// Fused activations: y = act(y); dy *= act'(y), told from the result y since both are flat where they clip.
void act_forward(enum act act, float *y, int64_t n);
void act_backward(enum act act, const float *y, float *dy, int64_t n);
// y (rows, n) += b (n); db (n) = column sums of dy (rows, n), in row order.
void bias_forward(float *y, const float *b, int64_t rows, int n);
void bias_backward(const float *dy, float *db, int64_t rows, int n);
#endif
