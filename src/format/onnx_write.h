// Inside of the ONNX writer: what its files share.
#ifndef FORMAT_ONNX_WRITE_H
#define FORMAT_ONNX_WRITE_H
#include "onnx_proto.h"
#include "../graph/graph.h"

// How ONNX sees a tensor of ours. A 1-D network has h = 1, which ONNX does without.
enum form {
    PLAIN, // as it is: (n, h, w, c), (n, t, c), (n, k)
    FIRST, // channels first: (n, c, h, w), (n, c, t)
    NTC,   // of (n, 1, t, c): (n, t, c)
    NCT,   // of (n, 1, t, c): (n, c, t)
    FORM_COUNT
};
struct forms {
    const struct tensor *t;
    const char *name[FORM_COUNT]; // NULL: not made yet
};

struct writer {
    const struct graph *g;
    struct arena *a;
    struct err *e;
    struct forms *forms;
    int nforms, forms_cap;
    Onnx__NodeProto **node;
    Onnx__TensorProto **init;
    int nnode, node_cap, ninit, init_cap;
    const char **used; // names given out
    int nused, used_cap;
    bool fixed;   // the batch is 1 in the file; else it is free
    bool touched; // some op needs that: its first dimension is no batch
};

// For an op that mixes what stands in the first dimension: false, with the reason, while the batch is free. The file is
// then written again with a batch of 1.
bool batch_fixed(struct writer *w, const char *why);

// ---- nodes, attributes, constants (onnx_write_node.c) ----
// A name that nobody has yet: the wish, or with a number behind it.
const char *onnx_name(struct writer *w, const char *wish);
void onnx_name_claim(struct writer *w, const char *name);
int onnx_type(enum dtype t); // the standard's number; 0: not of float graphs
// One output; in[i] "" where an input is absent.
Onnx__NodeProto *onnx_node(struct writer *w, const char *op, const char *name, int nin, const char *const *in,
                           const char *out);
Onnx__AttributeProto *onnx_attr(struct writer *w, Onnx__NodeProto *n, const char *name, int type);
void onnx_attr_int(struct writer *w, Onnx__NodeProto *n, const char *name, int64_t v);
void onnx_attr_float(struct writer *w, Onnx__NodeProto *n, const char *name, float v);
void onnx_attr_ints(struct writer *w, Onnx__NodeProto *n, const char *name, int count, const int64_t *v);
// A value between the nodes that n becomes: op of nin values; a number of n's; in cut off at lo and hi.
const char *onnx_step(struct writer *w, const struct node *n, const char *op, int nin, const char *const *in);
const char *onnx_number(struct writer *w, const struct node *n, float v);
void onnx_clip(struct writer *w, const char *name, const char *in, float lo, float hi, const char *out);
// An initializer; returns its name. data stays the caller's (the arena's).
const char *onnx_const(struct writer *w, const char *name, int type, int rank, const int64_t *dim,
                       const void *data, size_t bytes);
const char *onnx_const_ints(struct writer *w, const char *name, int count, const int64_t *v);
const char *onnx_const_float(struct writer *w, const char *name, float v);
const char *onnx_const_floats(struct writer *w, const char *name, int rank, const int64_t *dim,
                              const float *v);
// Constant t with dimension i from t's dimension perm[i] (-1: a 1 in front or between); and as it is. Layers that share
// t's data get the same name.
const char *onnx_const_permuted(struct writer *w, const struct tensor *t, int rank, const int *perm);
const char *onnx_const_plain(struct writer *w, const struct tensor *t);
// A place for the name of what was made of constants t and u (NULL: none) in the way `how`, NULL at first; there until
// the next call.
void **onnx_noted(struct writer *w, const struct tensor *t, const struct tensor *u, int how);

// ---- forms (onnx_write_form.c) ----
struct forms *forms_of(struct writer *w, const struct tensor *t); // valid until the next call
bool graph_output_is(const struct writer *w, const struct tensor *t);
// The name of a form of t that is about to be made: the tensor's own for its first form, or, of an output of
// the graph, for the plain one (claimed when the writing began).
const char *form_name(struct writer *w, const struct tensor *t, enum form f);
bool form_fits(const struct tensor *t, enum form f);
// t's value in form f; converts from a form that is there, or from a constant. Shapes begin with 0: the batch is copied.
const char *form_get(struct writer *w, const struct tensor *t, enum form f);
// The form in which t is there already; channels first before others.
enum form form_have(struct writer *w, const struct tensor *t);
// Where our dimension d stands in form f; -1: left out.
int form_axis(const struct tensor *t, enum form f, int d);
int form_rank(const struct tensor *t, enum form f);
// The channels-first form for convolutions and pools: 1-D when height plays no part.
enum form form_spatial(const struct tensor *x, const struct tensor *y, int32_t kernel_h, int32_t pad_h);

// How ops begin that work element by element: the inputs of n in the form that its first computed one has, constants so
// that they broadcast. False when only a batch of 1 broadcasts so.
bool form_inputs(struct writer *w, const struct node *n, enum form *f, const char **in);

// ---- ops: onnx_write_layers.c ----
bool onnx_write_batch_norm(struct writer *w, const struct node *n);
bool onnx_write_conv(struct writer *w, const struct node *n);
bool onnx_write_dense(struct writer *w, const struct node *n);
bool onnx_write_pool(struct writer *w, const struct node *n);
bool onnx_write_binary(struct writer *w, const struct node *n); // with an activation
// ---- onnx_write_recurrent.c ----
bool onnx_write_recurrent(struct writer *w, const struct node *n);
// ---- onnx_write_math.c ----
bool onnx_write_map(struct writer *w, const struct node *n);
bool onnx_write_map2(struct writer *w, const struct node *n);
bool onnx_write_unary(struct writer *w, const struct node *n);
bool onnx_write_select(struct writer *w, const struct node *n);
bool onnx_write_cast(struct writer *w, const struct node *n);
bool onnx_write_matmul(struct writer *w, const struct node *n);
// ---- onnx_write_composed.c ----
bool onnx_write_composed(struct writer *w, const struct node *n);
// ---- onnx_write_reduce.c ----
bool onnx_write_mean(struct writer *w, const struct node *n);
bool onnx_write_reduce(struct writer *w, const struct node *n);
bool onnx_write_arg(struct writer *w, const struct node *n);
// ---- onnx_write_shape.c ----
bool onnx_write_reshape(struct writer *w, const struct node *n);
bool onnx_write_dropout(struct writer *w, const struct node *n);
bool onnx_write_transpose(struct writer *w, const struct node *n);
// ---- onnx_write_part.c ----
bool onnx_write_pad(struct writer *w, const struct node *n);
bool onnx_write_concat(struct writer *w, const struct node *n);
bool onnx_write_slice(struct writer *w, const struct node *n);
bool onnx_write_gather(struct writer *w, const struct node *n);
bool onnx_write_tile(struct writer *w, const struct node *n);
#endif
