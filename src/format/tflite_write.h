// Between the graph and the file: TensorFlow Lite's operators with their tensors, before numbering.
// Private to tflite_write*.c.
#ifndef FORMAT_TFLITE_WRITE_H
#define FORMAT_TFLITE_WRITE_H
#include "../graph/graph.h"
#include "tflite_schema.h"

struct tfl_field { // one scalar of an operator's options, or a text
    int id, bytes; // 4: int32, 1: enum or bool, -4: float, 0: text
    const char *text;
    int32_t v, otherwise;
    float f;
};
struct tfl_op {
    int builtin, version, options;
    struct tfl_field field[8];
    int nfield;
    const struct tensor **in, **out; // NULL: an optional input that is absent
    int nin, nout;
    const struct tensor **between; // intermediates: tensors that only say a scale
    int nbetween;
};
struct tfl_list {
    struct arena *a; // scratch of the writer
    struct tfl_op *op;
    int n, cap;
    const struct tensor **variable; // tensors that keep their value from one operator call to the next
    int nvariable;
    bool stateful;         // some layer keeps its state from window to window
    struct tfl_part *part; // conditions and bodies of loops: subgraphs 1, 2, ... of the file
    int npart;
    int once; // the part that sets variables to zeros before the first run, from 1; 0: none
};
struct tfl_part {
    const char *name;
    const struct tensor **in, **out;
    int nin, nout;
    struct tfl_list ops;
};
// Appends what a node becomes: one operator, sometimes with others in front or behind.
bool tflite_lower(struct tfl_list *l, const struct node *n, struct err *e);

// How a node becomes operators; the versions are those for int8 and int16 inputs, others have 1.
struct tfl_def {
    enum op op;
    int builtin, options, version_int8, version_int16;
    bool (*write)(struct tfl_list *l, const struct tfl_def *d, const struct node *n, struct err *e);
};
// Tables of families of nodes, one a file tflite_write_<family>.c; each ends with .write NULL.
extern const struct tfl_def writes_layers[], writes_elementwise[], writes_reduce[], writes_shape[],
    writes_recurrent[];

// RECURRENT for which TensorFlow Lite has no fused operator, as a WHILE loop of builtin ones over x (1, steps, channels);
// all: (1, steps, units), or NULL, last: (1, units), or NULL.
bool tflite_write_loop(struct tfl_list *l, const struct node *n, const struct tensor *x,
                       const struct tensor *all, const struct tensor *last, struct err *e);

// A variable that begins with zeros, named as `value`, which is read from it; returns its handle (tflite_write_variable.c).
const struct tensor *tflite_variable(struct tfl_list *l, const struct tensor *value);
void tflite_assign(struct tfl_list *l, const struct tensor *handle, const struct tensor *value);

// ---- for those files: an operator to be filled in ----
struct tfl_part *tflite_part_new(struct tfl_list *l, const char *name, int nin, int nout);
struct tfl_op *tflite_op(struct tfl_list *l, int builtin, int options, int nin, int nout);
// The node as it stands: its inputs and outputs in order, the version by the type of the first input.
struct tfl_op *tflite_op_node(struct tfl_list *l, const struct tfl_def *d, const struct node *n);
// The node's first input, with room for `extra` tables of numbers as the inputs after it.
struct tfl_op *tflite_op_with(struct tfl_list *l, const struct tfl_def *d, const struct node *n, int extra);
int tflite_version(const struct tfl_def *d, const struct tensor *t);
// Its options.
void field_int(struct tfl_op *o, int id, int32_t v, int32_t otherwise);
void field_byte(struct tfl_op *o, int id, int v);
void field_float(struct tfl_op *o, int id, float v);
void field_text(struct tfl_op *o, int id, const char *v);
int act_to(enum act a);
// A table of numbers as a constant int32 tensor of rank 0, 1 or (with columns) 2.
const struct tensor *tflite_ints(struct tfl_list *l, const struct node *n, const char *what, const int32_t *v,
                                 int count, int rank, int columns);
// float16 constants, once everything is lowered.
void tflite_store_halves(struct tfl_list *l);
#endif
