// Inside of the ONNX writer: what an op with a file of its own needs from onnx_write.c.
#ifndef FORMAT_ONNX_WRITE_H
#define FORMAT_ONNX_WRITE_H
#include "onnx_proto.h"
#include "../graph/graph.h"

struct writer;
bool onnx_fail(struct writer *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
struct arena *onnx_arena(struct writer *w);
// The name of t's value in our own order of dimensions; and that under which the output t is to be written
// so.
const char *onnx_plain(struct writer *w, const struct tensor *t);
const char *onnx_plain_out(struct writer *w, const struct tensor *t);
const char *onnx_name(struct writer *w, const char *wish); // a value between nodes
// One output; in[i] "" where an input is absent.
Onnx__NodeProto *onnx_node(struct writer *w, const char *op, const char *name, int nin, const char *const *in,
                           const char *out);
Onnx__AttributeProto *onnx_attr(struct writer *w, Onnx__NodeProto *n, const char *name, int type);
void onnx_attr_ints(struct writer *w, Onnx__NodeProto *n, const char *name, int count, const int64_t *v);
const char *onnx_const_ints(struct writer *w, const char *name, int count, const int64_t *v);
const char *onnx_const_floats(struct writer *w, const char *name, int rank, const int64_t *dim,
                              const float *v);

bool onnx_write_recurrent(struct writer *w, const struct node *n); // onnx_write_recurrent.c
#endif
