// The two directions of the .tflite format; its table entry is in tflite.c.
#ifndef FORMAT_TFLITE_H
#define FORMAT_TFLITE_H
#include "../base/buf.h"
#include "../graph/graph.h"

struct graph *tflite_read(struct span bytes, struct arena *a, struct err *e);
bool tflite_write(const struct graph *g, struct buf *out, struct err *e);
#endif
