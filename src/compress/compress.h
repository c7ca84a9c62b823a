// The techniques: graph -> graph. One file a technique or rewriting; the table is in compress.c.
#ifndef COMPRESS_COMPRESS_H
#define COMPRESS_COMPRESS_H
#include "../graph/graph.h"

enum range_method { RANGE_MSE, RANGE_PERCENTILE, RANGE_MIN_MAX }; // the default is 0: docs/techniques.md
const char *range_method_name(enum range_method m);
bool range_method_find(const char *name, enum range_method *m);

struct compress_opt {
    const float
        *calibration; // (n, elements of the input), windows of training persons; full-integer needs it
    int ncalibration;
    enum range_method range;
};

struct technique {
    const char *name, *about;
    bool needs_calibration;
    struct graph *(*apply)(const struct graph *g, const struct compress_opt *o, struct arena *a,
                           struct err *e);
};
extern const struct technique *const techniques[]; // none lite dynamic full-integer; NULL at the end
const struct technique *technique_find(const char *name);

// ---- the rewritings that techniques are made of; each changes g in place ----
// Batch normalisation, and the normalisation of the input, become part of the weights of a neighbour where
// that is exact (no padding between them), else a multiplication and an addition.
bool fold_batch_norm(struct graph *g, struct arena *a, struct err *e);
void drop_dropout(struct graph *g);
void fuse_activation(struct graph *g);
// int8 weights, symmetric, one scale an output channel; biases stay. Float inputs stay: executed dynamically.
void quantize_weights(struct graph *g, struct arena *a);
// The int8 form of float weights: axis is the output channel's dimension.
struct tensor *weights_quantized(const struct tensor *w, int axis, struct arena *a);
// The same with one scale for each of `gates` groups of rows, stated for every row: as LiteRT's recurrent ops want it.
struct tensor *gates_quantized(const struct tensor *w, int gates, struct arena *a);
// Whether a recurrent node has int8 forms: an LSTM with tanh and logistic that starts from zeros.
bool is_plain_lstm(const struct node *n);
// The int8 form of a lite graph, given the ranges of its activations.
struct ranges;
struct graph *full_integer(const struct graph *lite, const struct ranges *r, struct arena *a, struct err *e);

// ---- ranges of activations ----
struct range {
    float lo, hi; // lo <= 0 <= hi
};
// Runs the float graph over the calibration windows. One range for each output i of node k at [k][i], those
// of the graph's inputs at the end: see range_of.
struct ranges *calibrate(const struct graph *g, const struct compress_opt *o, struct arena *a, struct err *e);
struct range range_of(const struct ranges *r, const struct tensor *t);
// Scale and zero point of an int8 value that covers r (TFLite's rule: the zero is representable).
struct quant quant_of(struct range r, struct arena *a);
#endif
