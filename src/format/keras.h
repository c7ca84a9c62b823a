// Inside of the Keras reader: what its files share. Layer tables are at the end of keras_layers_*.c.
#ifndef FORMAT_KERAS_H
#define FORMAT_KERAS_H
#include "h5.h"
#include "value.h"
#include <jansson.h>

enum { KERAS_MAX_CALLS = 10000, KERAS_PER_BYTE = 32, KERAS_ROOM = 16 << 20 };

struct keras {
    struct graph *g;
    struct arena *a, *scratch; // what the graph keeps; ends with the reading
    struct err *e;
    const struct h5 *h5;
    bool v3;           // weights are numbered (.keras), not named (.h5)
    int batch;         // that the input's shape states; 1 when it is open
    int calls;         // layers called so far: bounds hostile nesting
    size_t most_bytes; // of a: a layer that is called again gets its weights laid out again
};

// What a call gives a layer: outputs of others, and numbers, by place or by keyword. A list of outputs is
// several arguments of the same place or name.
struct keras_arg {
    const char *name;      // of the keyword; NULL: by place
    int place;             // 0, 1 ...; -1: by keyword
    const struct value *v; // an output, or NULL and
    const json_t *json;    // anything else
    const char *mask;      // the Masking layer whose mask came along with v, or NULL
};

struct keras_layer {
    const char *type, *name; // "Conv1D", "conv1d_3"
    const char *module;      // "keras.layers"; NULL in .h5
    const json_t *config;
    const char *path; // of its weights: "layers/conv1d_1", or the group "model_weights/conv1d_3"
    const char *part; // .h5, inside of a nested model: the layer's name within the group; else NULL
    const char *sub;  // .h5: the part of a layer whose weights are meant ("query"), or NULL
    int lead;         // 1 inside of TimeDistributed: a dimension of time behind the batch
    bool function;    // Keras 3's keras.ops, Keras 2's TFOpLambda: not a layer
    int nin;
    struct value *in; // (nin) the outputs among the arguments by place
    int narg;
    const struct keras_arg *arg;
    const char *mask; // the Masking layer whose mask the output carries on, or NULL
    struct value out;
    int nmore;          // outputs 1, 2 ... of the few layers that have them
    struct value *more; // t is NULL where we cannot make it
};

// What becomes of a mask (of the layer Masking) at a layer, as Keras has it.
enum keras_mask { MASK_DROPPED, MASK_PASSED, MASK_USED };
typedef bool keras_call(struct keras *k, struct keras_layer *l);
struct keras_entry {
    const char *type;
    keras_call *call;
    enum keras_mask mask;
    bool keywords; // knows what to do with outputs given by keyword
};
extern const struct keras_entry keras_layers_conv[], keras_layers_dense[], keras_layers_norm[],
    keras_layers_shape[], keras_layers_merge[], keras_layers_attention[], keras_layers_recurrent[];
bool keras_model_call(struct keras *k,
                      struct keras_layer *l); // Sequential, Functional, Model inside of another
bool keras_layer_call(struct keras *k, struct keras_layer *l);    // finds the type's entry
bool keras_function_call(struct keras *k, struct keras_layer *l); // keras.ops and TFOpLambda (keras_ops.c)
bool keras_einsum_dense(struct keras *k, struct keras_layer *l);
// Refuses classes of the user's own and what Keras quantised; registered: what stands beside the class.
bool keras_layer_check(struct keras *k, const struct keras_layer *l, const json_t *registered);

// ---- the file (keras_file.c) ----
// The config and all weights of a file; v3: weights are numbered. *root is the caller's to release, also on
// failure.
const struct h5 *keras_open(struct span bytes, json_t **root, bool *v3, struct arena *scratch, struct err *e);
// The graph of a config with its weights.
struct graph *keras_read(const json_t *root, const struct h5 *h5, bool v3, struct arena *a,
                         struct arena *scratch, struct err *e);
// The weight with this role ("kernel"), or number in Keras 3's order; NULL with a message when it is not
// there or has another shape; dim < 0: any size.
const float *keras_weight(struct keras *k, const struct keras_layer *l, const char *role, int number,
                          int rank, const int32_t *dim);
// "MaxPooling1D" -> "max_pooling1d", as Keras names groups of weights.
char *keras_snake_case(struct arena *a, const char *type);

// ---- helpers (keras.c) ----
bool layer_fail(struct keras *k, const struct keras_layer *l, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
bool layer_fail_in(struct keras *k, const struct keras_layer *l);
const char *config_text(const struct keras_layer *l, const char *key, const char *otherwise);
bool config_bool(const struct keras_layer *l, const char *key, bool otherwise);
double config_number(const struct keras_layer *l, const char *key, double otherwise);
// n integers of at least `least`, given as a list or as one number for all; absent or null: otherwise.
bool config_ints(struct keras *k, const struct keras_layer *l, const char *key, int n, int32_t least,
                 int32_t otherwise, int32_t *out);
bool channels_first(const struct keras_layer *l);
bool keras_int(const json_t *v, int32_t least, int32_t *out); // a whole number of least to 2^24

// A node named after the layer (with "/suffix"), one output; its inputs and parameters are then filled in.
struct node *layer_node(struct keras *k, const struct keras_layer *l, enum op op, const char *suffix,
                        int nin);
struct tensor *layer_done(struct keras *k, const struct keras_layer *l, struct node *n);
// t (dimension i is Keras's axis[i]) becomes v, of that rank; dimensions that t does not have are 1.
void layer_set(struct value *v, struct tensor *t, const int *axis, int rank);
// Puts v through an elementwise op.
bool layer_unary(struct keras *k, const struct keras_layer *l, struct node *n, struct value *v);
// The argument at that place or of that keyword; NULL: not given.
const struct keras_arg *call_arg(const struct keras_layer *l, int place, const char *name);
bool keras_is_3(const struct keras *k); // what wrote the file

// ---- activations (keras_activation.c) ----
// The activation that a config names (text, or Keras 3's object) behind v.
bool layer_activation(struct keras *k, const struct keras_layer *l, const json_t *act, struct value *v);
// The one of that name. param: its first parameter (slope, alpha; gelu: approximate), NAN: as Keras has it.
bool layer_activation_named(struct keras *k, const struct keras_layer *l, const char *name, double param,
                            struct value *v);

// ---- pieces of layers (keras_build.c): each appends a node named "layer/suffix" and sets *v ----
bool build_unary(struct keras *k, const struct keras_layer *l, enum op op, const char *suffix,
                 struct value *v);
// v op c; build_from: c op v.
bool build_number(struct keras *k, const struct keras_layer *l, enum op op, const char *suffix,
                  struct value *v, float c);
bool build_from(struct keras *k, const struct keras_layer *l, enum op op, const char *suffix, float c,
                struct value *v);
// x op y broadcast as NumPy has it; y may be a constant. out may be x or y.
bool build_binary(struct keras *k, const struct keras_layer *l, enum op op, const char *suffix,
                  const struct value *x, const struct value *y, struct value *out);
// v op a constant of that shape, broadcast.
bool build_const(struct keras *k, const struct keras_layer *l, enum op op, const char *suffix,
                 struct value *v, int rank, const int32_t *dim, const float *c);
// MEAN, SUM ... over the axes whose bits are set.
bool build_reduce(struct keras *k, const struct keras_layer *l, enum op op, const char *suffix,
                  struct value *v, unsigned axes, bool keep);
bool build_reshape(struct keras *k, const struct keras_layer *l, const char *suffix, struct value *v,
                   int rank, const int32_t *dim);
// count elements of dimension d from `begin` on, every stride-th.
bool build_slice(struct keras *k, const struct keras_layer *l, const char *suffix, struct value *v, int d,
                 int32_t begin, int32_t stride, int32_t count);
bool build_concat(struct keras *k, const struct keras_layer *l, const char *suffix, int n,
                  const struct value *part, int d, struct value *out);
// v that many times in a row along dimension d.
bool build_repeat(struct keras *k, const struct keras_layer *l, const char *suffix, struct value *v, int d,
                  int times);
bool build_softmax(struct keras *k, const struct keras_layer *l, enum op op, struct value *v, int d);
bool build_matmul(struct keras *k, const struct keras_layer *l, const char *suffix, const struct value *x,
                  const struct value *y, bool turn_y, struct value *out);
// v (..., in) times w (in, units), as Keras has weights, plus b, which may be NULL.
bool build_dense(struct keras *k, const struct keras_layer *l, const char *suffix, struct value *v,
                 const float *w, const float *b, int32_t units);
#endif
