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
};
struct tfl_list {
    struct arena *a; // scratch of the writer
    struct tfl_op *op;
    int n, cap;
};
// Appends what a node becomes: one operator, sometimes with a PAD in front.
bool tflite_lower(struct tfl_list *l, const struct node *n, struct err *e);
#endif
