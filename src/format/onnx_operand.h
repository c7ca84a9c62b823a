// Between the readers of ops whose inputs broadcast: onnx_op_binary.c, onnx_op_choose.c.
#ifndef FORMAT_ONNX_OPERAND_H
#define FORMAT_ONNX_OPERAND_H
#include "onnx_read.h"

bool operands_shape(struct onnx *r, struct onnx_node *n, const struct value *a, const struct value *b,
                    int32_t *dim, int *rank);
// Where element o of a shape is in a constant that is broadcast to it.
int64_t operand_at(const struct value *c, int64_t o, int rank, const int32_t *dim);
bool operand_fits(const struct value *v, int rank, const int32_t *dim); // has this shape
// Two or three operands laid out so that they broadcast; type[k]: of operand k. *y has the output's shape and
// order; y->t is not set.
bool operands(struct onnx *r, struct onnx_node *n, int count, struct value **in, const enum dtype *type,
              struct tensor **t, struct value *y);
// Infers m and makes *y, as operands() laid it out, its output.
bool operands_done(struct onnx *r, struct onnx_node *n, struct node *m, struct value *y);
#endif
