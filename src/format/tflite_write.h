// Between the graph and the file: TensorFlow Lite's operators with their tensors, before numbering.
// Private to tflite_write*.c.
#ifndef FORMAT_TFLITE_WRITE_H
#define FORMAT_TFLITE_WRITE_H
#include "../graph/graph.h"
#include "tflite_schema.h"

struct tfl_field { // one scalar of an operator's options
    int id, bytes; // 4: int32, 1: enum or bool, -4: float
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
};
// Appends what a node becomes: one operator, sometimes with a PAD in front.
bool tflite_lower(struct tfl_list *l, const struct node *n, struct err *e);
// An operator to be filled in; for ops with a file of their own.
struct tfl_op *tflite_op(struct tfl_list *l, int builtin, int options, int nin, int nout);
bool tflite_lower_recurrent(struct tfl_list *l, const struct node *n,
                            struct err *e); // tflite_write_recurrent.c
#endif
