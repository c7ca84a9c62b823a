// Inside of the ONNX reader: what its op files share. The op tables are at the end of each
// onnx_op_<family>.c.
#ifndef FORMAT_ONNX_READ_H
#define FORMAT_ONNX_READ_H
#include "onnx_proto.h"
#include "value.h"

enum { ONNX_MAX_ERF = 256 };

struct onnx {
    struct graph *g;
    struct arena *a;       // what the graph keeps
    struct arena *scratch; // ends with the reading
    struct err *e;
    int64_t opset;
    bool as_is;
    int64_t fold_left;   // elements that folded constants may still take
    int32_t fixed_batch; // the batch of the file that was set to 1; 1: none
    struct value **slot; // open addressing by name
    size_t nslot;
    struct node *erf[ONNX_MAX_ERF]; // GELU nodes that stand for an error function (onnx_fuse.c)
    int nerf;
    const struct node **apart; // sums that are no biases (onnx_model.c)
    int napart;
    size_t most_bytes; // that the graph and what is needed to read it may take
    bool quantized;    // some values are integers, or constants that were integers
};

// One node being read. in[i] is NULL where the input is absent or has no name.
struct onnx_node {
    const Onnx__NodeProto *p;
    const char *name, *op;
    int nin, nout;
    struct value **in;
    struct value *out; // (nout) filled in by the op; registered by the driver
    enum op as;        // what the op table says: one function reads several operators
    int first;         // the graph's nodes from here on were made by it
};

typedef bool onnx_op(struct onnx *r, struct onnx_node *n);
struct onnx_op_entry {
    const char *op;
    onnx_op *read;
    enum op as;
};
extern const struct onnx_op_entry onnx_ops_conv[], onnx_ops_dense[], onnx_ops_binary[], onnx_ops_activation[],
    onnx_ops_norm[], onnx_ops_reduce[], onnx_ops_shape[], onnx_ops_join[], onnx_ops_slice[],
    onnx_ops_gather[], onnx_ops_pad[], onnx_ops_choose[], onnx_ops_fold[], onnx_ops_recurrent[],
    onnx_ops_matmul[], onnx_ops_quantize[], onnx_ops_dynamic[], onnx_ops_microsoft[],
    onnx_ops_microsoft_dynamic[];

// The place of the value of this name; *place is NULL where there is none. Registering fails on a second one.
struct value **onnx_slot(struct onnx *r, const char *name);
bool onnx_register(struct onnx *r, struct value *v);
bool onnx_node_read(struct onnx *r, const Onnx__NodeProto *p);
// False, with a message, when what was read takes more memory than a file of its size may.
bool onnx_memory_check(struct onnx *r, const char *op, const char *name);
bool onnx_op_read(struct onnx *r, struct onnx_node *n); // by the standard operator n->op

// Fails with the node's name and op in front.
bool node_fail(struct onnx *r, const struct onnx_node *n, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
// Input i, which must be there; computed or constant as asked. NULL with a message otherwise.
struct value *node_in(struct onnx *r, struct onnx_node *n, int i);
struct value *node_computed(struct onnx *r, struct onnx_node *n, int i);
struct value *node_floats(struct onnx *r, struct onnx_node *n, int i); // a constant of floats
struct value *node_ints(struct onnx *r, struct onnx_node *n, int i);   // a constant of integers

const Onnx__AttributeProto *attr_find(const struct onnx_node *n, const char *name);
int64_t attr_int(const struct onnx_node *n, const char *name, int64_t otherwise);
float attr_float(const struct onnx_node *n, const char *name, float otherwise);
const char *attr_text(struct onnx *r, const struct onnx_node *n, const char *name, const char *otherwise);
// Integers of an attribute or, in later opsets, of constant input `input`; *count 0 and NULL when absent.
bool node_list(struct onnx *r, struct onnx_node *n, const char *attr, int input, const int64_t **list,
               int *count);
// An axis counted from the end when negative; -1 with a message when out of range.
int node_axis(struct onnx *r, const struct onnx_node *n, int64_t axis, int rank);

// Appends a graph node named after n with inputs x, ... ; the caller sets parameters, then calls graph_apply.
struct node *node_add(struct onnx *r, const struct onnx_node *n, enum op op, int nin);
// Infers; returns the output tensor, named as ONNX names it.
struct tensor *node_done(struct onnx *r, const struct onnx_node *n, struct node *m);
// The output of m has x's shape and lies as x lies; node_unary sets input 0 to x, too.
bool node_like(struct onnx *r, struct onnx_node *n, struct node *m, const struct value *x);
bool node_unary(struct onnx *r, struct onnx_node *n, struct node *m, const struct value *x);

// Makes v a constant of this shape; memory is charged to fold_left. False with a message when too large.
bool fold_new(struct onnx *r, const struct onnx_node *n, struct value *v, int rank, const int32_t *dim,
              float **f, int64_t **i);
// Makes output 0 a constant of v's type; exactly one of *f, *i is then there.
bool fold_like(struct onnx *r, struct onnx_node *n, const struct value *v, int rank, const int32_t *dim,
               float **f, int64_t **i);
// Element o of the output becomes element `from` of constant v.
void fold_move(const struct value *v, float *f, int64_t *i, int64_t o, int64_t from);
// y[index] = v[start + sum of index * step]: slices, transposes and expansions of a constant.
bool fold_strided(struct onnx *r, struct onnx_node *n, struct value *y, const struct value *v, int rank,
                  const int32_t *dim, int64_t start, const int64_t *step);
void fold_strides(const struct value *v, int64_t *step); // of its own dimensions, row-major
bool dims_check(struct onnx *r, const struct onnx_node *n, int rank, const int64_t *dim, int32_t *out);

// Output 0 is v itself under another name.
bool node_same(struct onnx_node *n, const struct value *v);

// ---- operators that become several nodes: each step is a value of its own, NULL with a message. A step of
// NULL is NULL, so that they can be nested. Constants are computed. ----
struct value *make_value(struct onnx *r, const struct onnx_node *n); // with a name made of the output's
struct node *make_node(struct onnx *r, const struct onnx_node *n, enum op op, int nin); // the same
struct value *make_number(struct onnx *r, float v);
struct value *make_unary(struct onnx *r, struct onnx_node *n, enum op op, struct value *x);
struct value *make_binary(struct onnx *r, struct onnx_node *n, enum op op, struct value *a, struct value *b);
struct value *make_cast(struct onnx *r, struct onnx_node *n, struct value *x,
                        enum dtype type); // of a computed one
bool make_where(struct onnx *r, struct onnx_node *n, struct value *c, struct value *a, struct value *b);
// Over the dimensions whose bits are set.
struct value *make_reduce(struct onnx *r, struct onnx_node *n, enum op op, struct value *x, unsigned axes,
                          bool keep);
struct value *make_shape(struct onnx *r, struct onnx_node *n, struct value *x, int rank, const int32_t *dim);
struct value *make_transpose(struct onnx *r, struct onnx_node *n, struct value *x, const int *perm);
// The part of x that starts at begin[d] and takes dim[d] elements every step[d] of dimension d; of one dimension.
struct value *make_part(struct onnx *r, struct onnx_node *n, struct value *x, const int64_t *begin,
                        const int64_t *step, const int32_t *dim);
struct value *make_along(struct onnx *r, struct onnx_node *n, struct value *x, int axis, int64_t begin,
                         int64_t step, int32_t count);
struct value *make_concat(struct onnx *r, struct onnx_node *n, int count, struct value *const *in, int axis);
// before numbers v in front of x along dimension d, and after behind it
struct value *make_padded(struct onnx *r, struct onnx_node *n, struct value *x, int d, int32_t before,
                          int32_t after, float v);
// times[d]: how often dimension d is repeated
struct value *make_tile(struct onnx *r, struct onnx_node *n, struct value *x, const int64_t *times);
// x as floats when it is quantised, and quantised by *q
struct value *make_dequantized(struct onnx *r, struct onnx_node *n, struct value *x);
struct value *make_quantized(struct onnx *r, struct onnx_node *n, struct value *x, const struct quant *q);
// Softmax over dimension axis (op: OP_SOFTMAX or OP_LOG_SOFTMAX).
struct value *make_softmax(struct onnx *r, struct onnx_node *n, enum op op, struct value *x, int axis);
// x (..., k) by the constant w (k, out), which is all there is in w
struct value *make_dense(struct onnx *r, struct onnx_node *n, struct value *x, struct value *w);
// x (..., m, k) by y (..., k, n), as NumPy's matmul
struct value *make_matmul(struct onnx *r, struct onnx_node *n, struct value *x, struct value *y);
// Output k is v, and takes its name.
bool node_is(struct onnx *r, struct onnx_node *n, int k, const struct value *v);
int64_t int_of_float(float v); // 0 where int64 cannot hold it

// Patterns of nodes that are one op here; fails on an error function that is part of none.
bool onnx_fuse(struct onnx *r);

// Float operators between DEQUANTIZE and QUANTIZE become integer ones where they have such a form (onnx_integer.c).
bool onnx_integer(struct onnx *r);
// The float constant t, which holds integers times t->q, as those integers; NULL, with the reason, where they are none.
struct tensor *integer_const(struct arena *a, const struct tensor *t, bool symmetric, const char **why);

const char *onnx_type_name(int type); // of the standard's number
// TensorProto -> constant value.
bool onnx_tensor_read(struct onnx *r, const Onnx__TensorProto *t, const char *name, struct value *v);

// As format_onnx's read; as_is, for the standard's own tests, leaves a fixed batch as it stands in the file
// and lets outputs be constants (integers as I64).
struct graph *onnx_read(struct span bytes, bool as_is, struct arena *a, struct err *e);
#endif
