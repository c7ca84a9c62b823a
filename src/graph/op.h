// For op files only: helpers of infer, and the table's entries.
#ifndef GRAPH_OP_H
#define GRAPH_OP_H
#include "graph.h"
#include "plan.h"

#define OP(id, name) extern const struct opdef op_##id;
#include "ops.def"
#undef OP

// Gives output 0 this type and shape. A quantised type that is there already (int8 from a file) stays.
bool infer_out(struct node *n, enum dtype type, int rank, const int32_t *dim, struct err *e);
bool infer_like(struct node *n, const struct tensor *x, struct err *e);
// Two inputs broadcast against each other (op_binary.c).
bool infer_broadcast(struct node *n, enum dtype type, struct err *e);
bool want_inputs(const struct node *n, int least, int most, struct err *e);
bool want_rank(const struct node *n, int input, int rank, struct err *e);
// Output size of a window of `kernel` taps sliding over `in` samples; 0 when it does not fit.
int32_t window_out(int32_t in, int32_t kernel, int32_t stride, int32_t dilation, int32_t pad_before,
                   int32_t pad_after);
// Output height and width of a convolution of x by kh x kw taps (op_conv_2d.c); fails when the kernel does
// not fit.
bool conv_window(const struct conv *c, const struct tensor *x, int32_t kh, int32_t kw, int32_t out[2],
                 struct err *e);
#endif
