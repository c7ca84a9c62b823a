// The two directions of the .tflite format; its table entry is in tflite.c.
#ifndef FORMAT_TFLITE_H
#define FORMAT_TFLITE_H
#include "../base/buf.h"
#include "../graph/graph.h"

struct graph *tflite_read(struct span bytes, struct arena *a, struct err *e);
bool tflite_write(const struct graph *g, struct buf *out, struct err *e);

// Our entry in the model's metadata: lines of key=value, with \n for a line break and a backslash doubled
// (tflite_meta.c). The names of the signature are not among them.
bool tflite_has_meta(const struct graph *g);
void tflite_meta_print(const struct graph *g, struct buf *text);
bool tflite_meta_parse(struct graph *g, struct arena *a, struct span text, struct err *e);
#endif
