// What a network is: tensors, nodes, a graph, and what travels with it.
// Layouts are TensorFlow Lite's: activations (n, h, w, c), conv weights (out, kh, kw, in), depthwise weights
// (1, kh, kw, c), dense weights (out, in). A 1-D convolution over time is a 2-D one with h = 1.
#ifndef GRAPH_GRAPH_H
#define GRAPH_GRAPH_H
#include "../base/arena.h"
#include "../base/buf.h"
#include "../base/err.h"
#include <stdint.h>

enum { GRAPH_MAX_RANK = 6 };

enum dtype { F32, I8, I16, I32, I64, U8, BOOL, F16, DTYPE_COUNT };

struct quant { // real = scale[c] * (q - zero[c])
    int n;     // 0: not quantised, 1: per tensor, else one per channel
    int axis;  // the channel dimension when n > 1
    const float *scale;
    const int32_t *zero;
};

struct tensor {
    const char *name;
    enum dtype type;
    int rank;                    // 0: a scalar
    int32_t dim[GRAPH_MAX_RANK]; // the batch is 1 in a graph that is to be executed
    struct quant q;
    const void *data; // constant bytes, little endian, row-major; NULL when computed at run time
    bool half;        // a float32 constant whose values are float16: .tflite files store it so
};

enum op {
#define OP(id, name) OP_##id,
#include "ops.def"
#undef OP
    OP_COUNT
};

enum act { ACT_NONE, ACT_RELU, ACT_RELU6 }; // fused behind an op; others are nodes of their own

struct conv { // CONV_2D, DEPTHWISE_CONV_2D; index 0 is height, 1 is width; out-of-image input counts as 0
    int32_t stride[2], dilation[2];
    int32_t pad[4]; // top, left, bottom, right
    enum act act;
};
struct pool { // MAX_POOL_2D, AVERAGE_POOL_2D; padding is left out of maximum and average
    int32_t kernel[2], stride[2], pad[4];
    enum act act;
};
// LSTM, GRU or simple RNN over time: in x (1, steps, channels), kernel (gates * units, channels), recurrent
// (gates * units, units), bias (gates * units), recurrent bias (gates * units), h before the first step
// (1, units), c likewise (LSTM); all but the first three may be absent (no bias, zeros). Gates stand in the
// order i f g o (LSTM), z r n (GRU), as Keras, ONNX' equations and TensorFlow Lite name them:
//   LSTM  c = f * c + i * g, h = o * act(c); i, f, o are gate_act, g is act of the sums
//   GRU   h = z * h + (1 - z) * n, n = act(Wx + b + r * (Uh + rb)) with reset_after, act(Wx + b + U(r * h))
//   without RNN   h = act(Wx + b + Uh + rb)
// Output (1, steps, units) with sequences, each h at the place of its input, else the last h (1, units).
enum recurrent_kind { RECURRENT_RNN, RECURRENT_GRU, RECURRENT_LSTM };
enum cell_act {
    CELL_TANH,
    CELL_LOGISTIC,
    CELL_RELU,
    CELL_LINEAR,
    CELL_HARD_5,
    CELL_HARD_6
}; // clip(x / 5 or 6 + .5)
struct recurrent {
    enum recurrent_kind kind;
    enum cell_act act, gate_act;
    bool sequences, backwards; // backwards: from the last sample to the first
    bool stateful;             // h and c are kept from one window to the next
    bool reset_after;          // GRU
    bool asymmetric_inputs;    // how a dynamic one quantises
    float dropout;             // in training: of h on its way into the recurrent products
    float cell_clip;           // LSTM: c is kept in +- this; 0: free
    int32_t cell_log2;         // full-integer LSTM: c is int16 of scale 2^cell_log2
};
struct node {
    enum op op;
    const char *name; // for messages; never NULL
    int nin, nout;
    struct tensor **in, **out; // an absent optional input is NULL
    union {
        struct conv conv;
        struct pool pool;
        struct { // DENSE: in (..., k), weights (out, k), bias; asymmetric_inputs: how a dynamic one quantises
            enum act act;
            bool asymmetric_inputs;
        } dense;
        struct { // ADD SUB MUL DIV MAXIMUM MINIMUM POW SQUARED_DIFFERENCE, comparisons, with broadcasting
            enum act act;
        } binary;
        struct { // SOFTMAX over the last dimension
            float beta;
        } softmax;
        struct { // GELU: with tanh (approximate) or the error function
            bool approximate;
        } gelu;
        struct { // BATCH_MATMUL: (..., m, k) by (..., k, n), either with its last two dimensions exchanged
            bool adj_x, adj_y;
        } matmul;
        struct { // TILE
            int32_t times[GRAPH_MAX_RANK];
        } tile;
        struct { // LEAKY_RELU, ELU
            float alpha;
        } alpha;
        struct { // MEAN, SUM, REDUCE_MAX, _MIN, _PROD over a set of axes
            int naxis;
            int32_t axis[GRAPH_MAX_RANK];
            bool keep_dims;
        } reduce;
        struct
        { // CONCATENATION; GATHER: in x, indices (int32); ARG_MAX, ARG_MIN: out int32, without the axis
            int32_t axis;
        } axis;
        struct { // TRANSPOSE: out dim i is in dim perm[i]
            int32_t perm[GRAPH_MAX_RANK];
        } transpose;
        struct { // PAD with zeros (the zero point when quantised)
            int32_t before[GRAPH_MAX_RANK], after[GRAPH_MAX_RANK];
        } pad;
        struct { // STRIDED_SLICE, SLICE
            int32_t begin[GRAPH_MAX_RANK], stride[GRAPH_MAX_RANK];
        } slice;
        struct { // BATCH_NORM: in x, gamma, beta, mean, variance over the last dimension
            float epsilon;
            bool frozen; // the input normalisation: statistics of the data set, not trained
        } batch_norm;
        struct recurrent recurrent;
        struct { // DROPOUT: the identity but in training
            float rate;
        } dropout;
    } as;
};

struct meta { // what travels inside the file, as text; see META_* for the keys we use
    const char *key, *value;
};

// A value that is kept from one inference to the next: `after` becomes the next one's `before`, which starts
// with zeros. Nothing reads before once after is made, so that both can have one address.
struct state {
    struct tensor *before, *after;
};

struct graph {
    const char *name;
    struct node **node; // in an order that can be executed
    int nnode, node_cap;
    struct tensor **in, **out;
    int nin, nout;
    struct state *state;
    int nstate;
    int front; // nodes that only move states forward, the first ones; the others may be left out of an inference
    int32_t stream_window; // samples of a window when the input is only the new ones of a hop; else 0
    struct meta *meta;
    int nmeta;
    const char **note;    // what its reader folded away, a sentence each
    int nnote, note_more; // note_more: how many found no room
};

// Keys of metadata. Lists are joined by commas.
#define META_LABELS "labels"     // walking,upstairs,...
#define META_CHANNELS "channels" // acc_x,acc_y,...
#define META_UNITS "units"       // g,g,g,rad/s,...: one a channel
#define META_RATE "rate_hz"      // 50
#define META_HOP "hop"           // samples between windows in training
#define META_STATEFUL "stateful" // yes, in .tflite: its LSTM operators keep their state from window to window
#define META_DATA "data"         // hapt
#define META_ARCH "arch"         // cnn
#define META_TECHNIQUE "technique" // none lite dynamic full-integer
#define META_MEAN                                                                                            \
    "normalisation_mean" // one a channel, for the reader's information: the graph already holds it
#define META_STD "normalisation_std"

#define META_SIGNATURE "signature" // the name of a .tflite's entry point, and of its inputs and outputs
#define META_SIGNATURE_INPUTS "signature_inputs"
#define META_SIGNATURE_OUTPUTS "signature_outputs"

// ---- making and changing graphs ----
struct graph *graph_new(struct arena *a, const char *name);
struct tensor *tensor_new(struct arena *a, const char *name, enum dtype type, int rank, const int32_t *dim);
struct tensor *tensor_const(struct arena *a, const char *name, enum dtype type, int rank, const int32_t *dim,
                            const void *data);
// Appends a node with room for its tensors; inputs and outputs are then filled in by the caller.
struct node *graph_add(struct graph *g, struct arena *a, enum op op, const char *name, int nin, int nout);
// Appends a node with one output whose shape and type op_infer finds; returns the output, NULL on error.
struct tensor *graph_apply(struct graph *g, struct arena *a, struct node *n, struct err *e);
void graph_meta_set(struct graph *g, struct arena *a, const char *key, const char *value);
const char *graph_meta(const struct graph *g, const char *key); // NULL when absent
bool graph_windows_overlap(const struct graph *g); // when samples come one by one, as far as META_HOP tells
// For readers: a sentence about what became of something in the file. Beyond 200 they are only counted.
void graph_note(struct graph *g, struct arena *a, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
// "A, B, C" for such sentences: adds a name once; the operators of the nodes from `first` on. Long ones end in "...".
void note_list_add(char *list, size_t size, const char *name);
void note_list_ops(char *list, size_t size, const struct graph *g, int first);
// Slices of the last step and reversals of time around recurrent nodes become part of them.
void recurrent_tidy(struct graph *g, struct arena *a);
// A deep copy of nodes and tensor headers; constant bytes and names are shared.
struct graph *graph_copy(const struct graph *g, struct arena *a);
// Drops nodes whose outputs nobody uses.
void graph_drop_dead(struct graph *g);
// The node that makes t, or NULL; the number of uses of t by nodes and graph outputs.
struct node *graph_producer(const struct graph *g, const struct tensor *t);
int graph_uses(const struct graph *g, const struct tensor *t);
// Every use of `from` (inputs of nodes, outputs of the graph) becomes `to`.
void graph_replace(struct graph *g, const struct tensor *from, struct tensor *to);
void graph_remove(struct graph *g, const struct node *n);
// Moves the last node (as graph_add leaves it) to place k.
void graph_move_last(struct graph *g, int k);
int graph_index(const struct graph *g, const struct node *n); // -1: not in g
// The only node that uses t; NULL when there are several, none, or t is an output of the graph.
struct node *graph_only_user(const struct graph *g, const struct tensor *t);
// Where n's fused activation stands; NULL: its op has none. relu and relu6 of floats become part of what is in front.
enum act *node_act(struct node *n);
void graph_fuse_activations(struct graph *g);

// ---- asking ----
int recurrent_gates(enum recurrent_kind k);                // sums a unit: 1, 3, 4
const char *recurrent_name(enum recurrent_kind k);         // "LSTM"
int32_t recurrent_cell_log2(int32_t steps, bool stateful); // of the scale of a full-integer LSTM's cell
const char *dtype_name(enum dtype t);
int dtype_size(enum dtype t);                 // bytes an element
int64_t tensor_count(const struct tensor *t); // elements
int64_t tensor_bytes(const struct tensor *t);
bool tensor_is_const(const struct tensor *t);
// False, with the tensor's name, on a negative or overflowing size (more than 2^31 - 1 bytes).
bool tensor_check(const struct tensor *t, struct err *e);
// "1x128x6"; returns s.
char *tensor_shape(const struct tensor *t, char *s, size_t n);
int64_t graph_macs(const struct graph *g);
int64_t graph_params(const struct graph *g);                         // trained numbers
int64_t graph_const_bytes(const struct graph *g);                    // what layers share counts once
bool tensor_is_state(const struct graph *g, const struct tensor *t); // some state's before
// The first output is the number of a class (ARG_MAX), one integer, instead of scores.
bool graph_gives_class(const struct graph *g);
// The first recurrent layer that keeps its state from one window to the next; NULL: every window begins anew.
const struct node *graph_stateful(const struct graph *g);
// Whoever makes constants for a graph, node by node, stays within a multiple of the bytes that it has: else a small file
// in which many layers share one large constant takes any amount. False, with node k's name, once a has limit bytes.
size_t graph_limit(const struct graph *g, const struct arena *a); // asked before the first node
bool graph_within(const struct graph *g, int k, const struct arena *a, size_t limit, struct err *e);
// Structure: every input made before it is used, shapes as op_infer says, constants present and finite sizes.
bool graph_check(const struct graph *g, struct err *e);
// A table of the nodes as text (inspect, golden tests).
void graph_print(const struct graph *g, struct buf *out);

// ---- ops: one file each, op_<name>.c; the table is in op.c ----
struct plan;
struct opdef {
    const char *name; // "CONV_2D"
    bool (*infer)(struct node *n,
                  struct err *e); // fills shape and type (unless quantised already) of outputs
    bool (*lower)(const struct node *n, struct plan *p,
                  struct err *e);          // appends steps; NULL: cannot be executed
    int64_t (*macs)(const struct node *n); // NULL: none
};
const struct opdef *op_def(enum op op);
#endif
