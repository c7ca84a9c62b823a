// Inside of the Keras reader: what its files share. Layer tables are at the end of keras_layers_*.c.
#ifndef FORMAT_KERAS_H
#define FORMAT_KERAS_H
#include "h5.h"
#include "value.h"
#include <jansson.h>

enum { KERAS_MAX_CALLS = 10000 };

struct keras {
    struct graph *g;
    struct arena *a, *scratch; // what the graph keeps; ends with the reading
    struct err *e;
    const struct h5 *h5;
    bool v3;   // weights are numbered (.keras), not named (.h5)
    int calls; // layers called so far: bounds hostile nesting
};

struct keras_layer {
    const char *type, *name; // "Conv1D", "conv1d_3"
    const json_t *config;
    const char *path; // of its weights: "layers/conv1d_1", or the group "model_weights/conv1d_3"
    const char *part; // .h5, inside of a nested model: the layer's name within the group; else NULL
    int lead;         // 1 inside of TimeDistributed: a dimension of time behind the batch
    int nin;
    struct value *in; // (nin)
    struct value out;
};

typedef bool keras_call(struct keras *k, struct keras_layer *l);
struct keras_entry {
    const char *type;
    keras_call *call;
};
extern const struct keras_entry keras_layers_conv[], keras_layers_dense[], keras_layers_shape[],
    keras_layers_recurrent[];
bool keras_model_call(struct keras *k,
                      struct keras_layer *l); // Sequential, Functional, Model inside of another
bool keras_layer_call(struct keras *k, struct keras_layer *l); // finds the type's entry

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
// The activation that a config names (text, or Keras 3's object) behind v.
bool layer_activation(struct keras *k, const struct keras_layer *l, const json_t *act, struct value *v);
#endif
