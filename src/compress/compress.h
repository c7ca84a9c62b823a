// The techniques: graph -> graph. One file a technique or rewriting; the table is in compress.c.
#ifndef COMPRESS_COMPRESS_H
#define COMPRESS_COMPRESS_H
#include "../graph/graph.h"

// auto, the default: percentile at 8 bits, mse at 16 (docs/techniques.md says why)
enum range_method { RANGE_AUTO, RANGE_PERCENTILE, RANGE_MSE, RANGE_MIN_MAX };
const char *range_method_name(enum range_method m);
bool range_method_find(const char *name, enum range_method *m);

struct clusters; // which weights share a value (cluster.c)
struct compress_opt {
    const float
        *calibration; // (n, elements of the input), windows of training persons; full-integer needs it
    int ncalibration;
    enum range_method range;
    double keep; // pruned: share of the multiply-accumulates that stay; 0: 0.4
    // pruned, clustered: trains a graph that lost channels or (c not NULL) whose weights share values, which stay shared;
    // who is handed through. The floors above train; here it is only called.
    bool (*fine_tune)(void *who, struct graph *g, const struct clusters *c, struct arena *a, struct err *e);
    void *who;
};

struct technique {
    const char *name, *about;
    bool needs_calibration;
    bool needs_training; // fine_tune is called, so the whole data set is needed
    struct graph *(*apply)(const struct graph *g, const struct compress_opt *o, struct arena *a,
                           struct err *e);
};
extern const struct technique *const techniques[]; // none lite dynamic full-integer ...; NULL at the end
const struct technique *technique_find(const char *name);
// False, with the remedy, when g is quantised already and the technique starts from float: all but none do.
bool starts_float(const struct graph *g, const char *technique, struct err *e);

// ---- the rewritings that techniques are made of; each changes g in place ----
// Batch normalisation, and the normalisation of the input, become part of the weights of a neighbour where
// that is exact (no padding between them), else a multiplication and an addition. lacks: of recurrent layers that
// will be int8 unless it names a reason (NULL: none will); the normalisation of the input stays apart from them.
bool fold_batch_norm(struct graph *g, const char *(*lacks)(const struct node *n), struct arena *a,
                     struct err *e);
// The scaling (x - offset) * scale of each channel in front of everything: the model then takes samples as they are.
bool scale_input(struct graph *g, int channels, const float *scale, const float *offset, struct arena *a,
                 struct err *e);
void drop_dropout(struct graph *g);
// int8 weights, symmetric, one scale an output channel; biases stay. Float inputs stay: executed dynamically.
void quantize_weights(struct graph *g, struct arena *a);
// The int8 form of float weights: axis is the output channel's dimension.
struct tensor *weights_quantized(const struct tensor *w, int axis, struct arena *a);
// The same with one scale for each of `gates` groups of rows, stated for every row: as LiteRT's recurrent ops want it.
struct tensor *gates_quantized(const struct tensor *w, int gates, struct arena *a);
// Why a recurrent node has no full-integer, or no dynamic, form; NULL: it has one.
const char *recurrent_lacks_integer(const struct node *n);
const char *recurrent_lacks_dynamic(const struct node *n);
// Its int8 weights and int32 biases, given the scales of its input and output; changes n (quantize_recurrent.c).
bool quantize_recurrent(struct node *n, struct arena *a, struct err *e);
// A bias as integers (I32 or I64) at its scales; NULL with a message when one is too large (full_integer.c).
struct tensor *bias_quantized(const struct tensor *t, float *scale, enum dtype type, const char *node,
                              struct arena *a, struct err *e);

// Constants rounded to float16, stored so by .tflite files; and back to plain float32.
void float16_weights(struct graph *g, struct arena *a);
void float32_weights(struct graph *g);
// The technique by which a graph is quantised already; NULL: it is float.
const char *quantised_as(const struct graph *g);
// A quantised graph in float again.
struct graph *dequantize(const struct graph *q, struct arena *a, struct err *e);

// ---- integer activations ----
// Where the scale of an op's output comes from: its own range, that of the inputs (which then share one), or
// what TensorFlow Lite fixes for 0 .. 1, for -1 .. 1, and for the logarithm of a softmax, -16 .. 0.
enum scale_rule { SCALE_OWN, SCALE_INPUT, SCALE_UNIT, SCALE_SIGNED, SCALE_LOG };
struct form {
    bool s8, s16; // there are kernels for int8, int16 activations
    enum scale_rule scale;
    const char *(*lacks)(const struct node *n); // why this node has no form all the same; NULL: it has
};
const struct form *form_of(enum op op); // forms.c
// Why n stays float when activations are of the type; NULL: it has that form.
const char *why_float(const struct node *n, enum dtype type);
// Tells that a node stays as it was, and why.
void tell_float(const char *technique, const struct node *n, const char *why);
// A lite graph with activations of the type (int8 or int16), given their ranges.
struct ranges;
struct graph *full_integer(const struct graph *lite, const struct ranges *r, enum dtype type, struct arena *a,
                           struct err *e);

// A smaller network with at most the given share of the multiply-accumulates: whole channels and units of a float
// model, as it came from training, are left out (prune.c). It must be fine-tuned. Fails when nothing can go.
struct graph *prune(const struct graph *g, double macs, struct arena *a, struct err *e);
// Codes for the weights of a float model's convolutions and dense layers, as it came from training; NULL: it has none to
// cluster. They belong to g's tensors.
struct clusters *clusters_find(const struct graph *g, struct arena *a);
// Makes w, the numbers of g's tensor t at some time of training, share values again; others than weights stay.
void clusters_hold(const struct clusters *c, const struct tensor *t, float *w);
// The same for the graph itself, with values that int8 has, too; at the end.
void clusters_finish(const struct clusters *c, struct arena *a);
// The network as one that takes `hop` new samples and keeps what it made of the others (stream.c); its scores are
// those of g on the last window's samples, bit for bit, from the ceil(window / hop)-th inference on. *rest: where the
// front ends, and why. Fails when nothing can be kept, with the reason.
struct graph *stream_graph(const struct graph *g, int hop, struct arena *a, const char **rest, struct err *e);

// ---- ranges of activations ----
struct range {
    float lo, hi; // lo <= 0 <= hi
};
// Runs the float graph over the calibration windows, for activations of the type (int8 or int16): see range_of.
struct ranges *calibrate(const struct graph *g, const struct compress_opt *o, enum dtype type,
                         struct arena *a, struct err *e);
struct range range_of(const struct ranges *r, const struct tensor *t);
// Scale and zero point that cover r (TFLite's rules): int8 with a zero point, int16 symmetric.
struct quant quant_of(struct range r, enum dtype type, struct arena *a);
#endif
