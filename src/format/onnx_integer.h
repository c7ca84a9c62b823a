// Between onnx_integer.c, which walks over the nodes, and onnx_integer_node.c, which makes an integer one of a float one.
#ifndef FORMAT_ONNX_INTEGER_H
#define FORMAT_ONNX_INTEGER_H
#include "../graph/trial.h"
#include "onnx_read.h"

struct flow { // a value of the graph as it was
    const struct tensor *t;
    int uses;               // as inputs of nodes and outputs of the graph
    struct node *user;      // the last of them
    int quantizers;         // those that are QUANTIZE, by this scale
    const struct quant *q;  // NULL: none
    struct tensor *integer; // the int8 values that t is the real numbers of; NULL: none
    struct tensor *instead; // takes t's place
    struct node *dynamic;   // the layer with int8 weights that makes t; NULL: another node
};

struct integer {
    struct onnx *r;
    struct graph *to;  // the nodes as they become
    struct flow *slot; // open addressing by t
    size_t nslot;
    int done, left; // nodes that became integer, and that stayed float
};

struct flow *flow_of(struct integer *z, const struct tensor *t);
const struct quant *flow_quant(struct integer *z, const struct tensor *t);
bool quant_same(const struct quant *a, const struct quant *b);

struct node *integer_node(struct integer *z, const struct node *n); // a copy of n
struct tensor *integer_tensor(struct integer *z, const struct tensor *like, const char *suffix,
                              const struct quant *q);
struct tensor *integer_rescaled(struct integer *z, struct tensor *x, const struct quant *q);
void integer_stands_for(struct integer *z, struct tensor *x, struct tensor *y);
bool integer_done(struct integer *z, struct node *m, const char **why); // false: it has no kernels so

// Ops that only move values or choose among them: the same on integers as on what they stand for.
bool integer_moves(enum op op);
// Appends n on integers and what makes its float output of them; false, with the reason, when it has no such form.
bool integer_convert(struct integer *z, struct node *n, const char **why);
// ---- onnx_integer_depthwise.c ----
// An average m whose output has another scale becomes a convolution; false: it stays what it is.
bool integer_average(struct integer *z, struct node *m, const struct quant *q);
// A BATCH_NORM n likewise, as integer_convert.
bool integer_normalise(struct integer *z, const struct node *n, const char **why);
#endif
