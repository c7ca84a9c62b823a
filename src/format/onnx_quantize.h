// Between the readers of quantised operators: onnx_op_quantize.c, onnx_op_dynamic.c.
#ifndef FORMAT_ONNX_QUANTIZE_H
#define FORMAT_ONNX_QUANTIZE_H
#include "onnx_read.h"

enum { UINT8 = 2, INT8 = 3 }; // the standard's numbers of types

struct scale {
    int n; // one, or one a slice of a dimension
    const float *scale;
    const int64_t *zero; // n of them; NULL: zeros
    int elem;            // the zero point's type; 0: not said
};
bool scale_read(struct onnx *r, struct onnx_node *n, int scale, int zero, struct scale *s);
// (c - zero) * scale as floats, which remember the scale.
struct value *const_dequantized(struct onnx *r, struct onnx_node *n, const struct value *c,
                                const struct scale *s, int64_t axis);
// Runs the float operator `op` on these inputs, with n's attributes; its output 0.
struct value *float_op(struct onnx *r, struct onnx_node *n, const char *op, int nin, struct value **in);
#endif
