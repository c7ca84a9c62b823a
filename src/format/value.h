// A value of a foreign graph (ONNX, Keras) while it is read: a constant, or a computed tensor together with
// how its file sees it. Comments say ONNX, where most of the differences are.
//
// ONNX wants channels first, we compute with channels last. Instead of inserting a transpose for every op, a
// computed value remembers the order in which its dimensions lie in memory: Transpose, Reshape, Squeeze and
// Flatten then only relabel, and an op that needs another order asks for it. Each ONNX dimension is a product
// of factors (1s are left out), so that Flatten behind a convolution is a relabelling too and the following
// Gemm can permute its weights instead of the activations.
#ifndef FORMAT_VALUE_H
#define FORMAT_VALUE_H
#include "../graph/graph.h"

enum { VALUE_MAX_RANK = 8, VALUE_MAX_FACTOR = 16 };

struct value {
    const char *name;
    int rank;
    int32_t dim[VALUE_MAX_RANK]; // as ONNX sees it
    // A constant: exactly one of them, row-major; integers of any width and booleans are int64.
    const float *f;
    const int64_t *i;
    int elem; // ONNX's number of the integers' type; 0: not known. Of a computed one, how the file has its int8 values
    struct quant
        q; // of floats that are integers times a scale: one, or one for each index of an axis; n 0: not known
    // Computed: each dimension of t is a product of factors that are neighbours in memory.
    struct tensor *t;
    int nfactor;
    struct factor {
        int32_t size; // > 1
        int dim;      // the ONNX dimension it belongs to; factors stand in ONNX's order
    } factor[VALUE_MAX_FACTOR];
    int mem[VALUE_MAX_FACTOR]; // mem[k]: the factor that is k-th in memory, outermost first
};

static inline bool value_is_const(const struct value *v)
{
    return v->f || v->i;
}
int64_t value_count(const struct value *v);

// v describes t whose dimension i is ONNX's dimension axis[i]; -1: a 1 that ONNX does not have. dim: ONNX's
// shape.
void value_set(struct value *v, struct tensor *t, const int *axis, int rank, const int32_t *dim);
void value_set_plain(struct value *v, struct tensor *t); // in ONNX's own order
// The same bytes seen with another shape or order of dimensions; false when that is no mere relabelling.
bool value_reshape(struct value *v, int rank, const int32_t *dim);
void value_transpose(struct value *v, const int *perm);

// Finds axis[] for t as value_set has it; false when some ONNX dimension is scattered.
bool value_axes(const struct value *v, int *axis);
// v's elements as a tensor whose dimension i is ONNX's dimension axis[i] (-1: 1); appends RESHAPE and
// TRANSPOSE where memory differs. NULL when it would need too many dimensions.
struct tensor *value_tensor(struct graph *g, struct arena *a, const struct value *v, int n, const int *axis,
                            struct err *e);
// A tensor for v as it lies, with its axes: no transpose where none is needed. want: a dimension that must be
// among them even when it is 1, or -1. *n is its rank.
struct tensor *value_view(struct graph *g, struct arena *a, const struct value *v, int want, int *axis,
                          int *n, struct err *e);
// In ONNX's own order and shape.
struct tensor *value_plain(struct graph *g, struct arena *a, const struct value *v, struct err *e);
// The constant c, broadcast by ONNX's rule against v, laid out so that it broadcasts against v->t. Floats
// only. Takes what it allocates from *left (elements); NULL when that is not enough.
struct tensor *value_const_like(struct arena *a, const struct value *v, const struct value *c, int64_t *left);
// order[k]: which element of ONNX's dimension d is k-th in memory, when d's factors come last in memory and
// all others are in ONNX's order; NULL when they do not. With this, weights are permuted and not activations.
// *lies is v with that dimension counted as it lies in memory.
const int32_t *value_last_order(struct arena *a, const struct value *v, int d, struct value *lies);
#endif
