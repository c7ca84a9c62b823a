// Constants that the converter left to run time: shapes (SHAPE, STRIDED_SLICE, PACK, ... on small integers),
// reshaped constants, weights stored as float16 or int8 with a DEQUANTIZE behind them.
#include "../base/half.h"
#include "tflite_loop.h"
#include <string.h>

enum { MAX_INTS = 64 }; // of a shape calculation; shapes have at most GRAPH_MAX_RANK numbers

bool reader_room(const struct reader *r, uint64_t n, struct err *e)
{
    if (n <= r->limit && r->a->bytes <= r->limit - n) return true;
    return fail(e, "asks for far more memory than a file of %zu bytes can need; it is damaged", r->fb.file.n);
}

int reader_ints(const struct tensor *t, int32_t *v, int max, struct err *e)
{
    if (!t || !t->data || (t->type != I32 && t->type != I64)) {
        fail(e, "%s is not a constant of integers; export the model with fixed shapes",
             t ? t->name : "an input");
        return -1;
    }
    int64_t n = tensor_count(t);
    if (n > max) {
        fail(e, "%s has %lld values, want at most %d", t->name, (long long)n, max);
        return -1;
    }
    for (int i = 0; i < n; i++) {
        int64_t wide = t->type == I32 ? ((const int32_t *)t->data)[i] : ((const int64_t *)t->data)[i];
        // An end of INT64_MAX means "all"; beyond 32 bits nothing else makes sense.
        v[i] = wide > INT32_MAX ? INT32_MAX : wide < INT32_MIN ? INT32_MIN : (int32_t)wide;
    }
    return (int)n;
}

// Makes the operator's output a constant of n integers of its stated type (int32 or int64).
static bool set_ints(struct reader *r, struct oper *o, const int64_t *v, int rank, int n, struct err *e)
{
    struct tensor *y = o->out[0];
    if (!reader_room(r, (uint64_t)n * 8, e)) return false;
    if (y->type == I64) {
        y->data = arena_copy(r->a, v, (size_t)n * 8);
    } else {
        int32_t *narrow = arena_new_n(r->a, (size_t)n, int32_t);
        for (int i = 0; i < n; i++) narrow[i] = (int32_t)v[i];
        y->data = narrow;
        y->type = I32;
    }
    y->rank = rank;
    y->dim[0] = n;
    return true;
}

static bool fold_shape(struct reader *r, struct oper *o, struct err *e)
{
    int64_t v[GRAPH_MAX_RANK];
    for (int i = 0; i < o->in[0]->rank; i++) v[i] = o->in[0]->dim[i];
    return set_ints(r, o, v, 1, o->in[0]->rank, e);
}

static int32_t clamp(int64_t v, int64_t lo, int64_t hi)
{
    return (int32_t)(v < lo ? lo : v > hi ? hi : v);
}

// x[begin:end:stride] of a vector; with the shrink mask x[begin].
static bool fold_strided_slice(struct reader *r, struct oper *o, bool *done, struct err *e)
{
    int32_t x[MAX_INTS], begin, end, stride;
    int64_t y[MAX_INTS];
    struct err ignored;
    int n = reader_ints(o->in[0], x, MAX_INTS, &ignored);
    if (n < 0 || o->in[0]->rank != 1 || reader_ints(o->in[1], &begin, 1, &ignored) != 1 ||
        reader_ints(o->in[2], &end, 1, &ignored) != 1 || reader_ints(o->in[3], &stride, 1, &ignored) != 1)
        return true;
    if (stride < 1) return true;
    bool shrink = fb_i32(&o->options, SLICE_SHRINK_MASK, 0) & 1;
    if (begin < 0) begin = clamp((int64_t)begin + n, 0, n);
    if (end < 0) end = clamp((int64_t)end + n, 0, n);
    if (fb_i32(&o->options, SLICE_BEGIN_MASK, 0) & 1) begin = 0;
    if (fb_i32(&o->options, SLICE_END_MASK, 0) & 1) end = n;
    if (shrink && begin >= n) return fail(e, "takes element %d of %d", begin, n);
    if (shrink) end = begin + 1, stride = 1;
    int m = 0;
    for (int64_t i = begin; i < end && i < n; i += stride) y[m++] = x[i];
    *done = true;
    return set_ints(r, o, y, shrink ? 0 : 1, m, e);
}

// PACK of scalars, CONCATENATION of vectors.
static bool fold_join(struct reader *r, struct oper *o, bool *done, struct err *e)
{
    int64_t y[MAX_INTS];
    int m = 0;
    for (int k = 0; k < o->nin; k++) {
        int32_t x[MAX_INTS];
        struct err ignored;
        const struct tensor *t = o->in[k];
        if (!t || t->rank != (o->builtin == TFL_PACK ? 0 : 1)) return true;
        int n = reader_ints(t, x, MAX_INTS - m, &ignored);
        if (n < 0) return true;
        for (int i = 0; i < n; i++) y[m++] = x[i];
    }
    *done = true;
    return set_ints(r, o, y, 1, m, e);
}

static bool fold_gather(struct reader *r, struct oper *o, bool *done, struct err *e)
{
    int32_t x[MAX_INTS], at[MAX_INTS];
    int64_t y[MAX_INTS];
    struct err ignored;
    if (o->in[0]->rank != 1 || o->in[1]->rank > 1) return true;
    int n = reader_ints(o->in[0], x, MAX_INTS, &ignored), m = reader_ints(o->in[1], at, MAX_INTS, &ignored);
    if (n < 0 || m < 0) return true;
    for (int i = 0; i < m; i++) {
        if (at[i] < 0 || at[i] >= n) return fail(e, "takes element %d of %d", at[i], n);
        y[i] = x[at[i]];
    }
    *done = true;
    return set_ints(r, o, y, o->in[1]->rank, m, e);
}

// ADD, SUB, MUL of a vector or scalar with as many values or one.
static bool fold_binary(struct reader *r, struct oper *o, bool *done, struct err *e)
{
    int32_t a[MAX_INTS], b[MAX_INTS];
    int64_t y[MAX_INTS];
    struct err ignored;
    if (o->in[0]->rank > 1 || o->in[1]->rank > 1) return true;
    int n = reader_ints(o->in[0], a, MAX_INTS, &ignored), m = reader_ints(o->in[1], b, MAX_INTS, &ignored);
    if (n < 1 || m < 1 || (n != m && n != 1 && m != 1)) return true;
    int out = n > m ? n : m;
    for (int i = 0; i < out; i++) {
        int64_t p = a[n == 1 ? 0 : i], q = b[m == 1 ? 0 : i];
        y[i] = o->builtin == TFL_ADD ? p + q : o->builtin == TFL_SUB ? p - q : p * q;
        if (y[i] != (int32_t)y[i])
            return fail(e, "its result of %lld is no size of a tensor", (long long)y[i]);
    }
    *done = true;
    return set_ints(r, o, y, o->in[0]->rank > o->in[1]->rank ? o->in[0]->rank : o->in[1]->rank, out, e);
}

static bool fold_reduce_prod(struct reader *r, struct oper *o, bool *done, struct err *e)
{
    int32_t x[MAX_INTS];
    struct err ignored;
    int n = reader_ints(o->in[0], x, MAX_INTS, &ignored);
    if (n < 0 || o->in[0]->rank > 1) return true;
    int64_t y = 1;
    for (int i = 0; i < n; i++) {
        y *= x[i];
        if (y != (int32_t)y) return fail(e, "its result is no size of a tensor");
    }
    *done = true;
    return set_ints(r, o, &y, fb_u8(&o->options, REDUCE_KEEP_DIMS, 0) ? 1 : 0, 1, e);
}

static bool fold_cast(struct reader *r, struct oper *o, bool *done, struct err *e)
{
    int32_t x[MAX_INTS];
    int64_t y[MAX_INTS];
    struct err ignored;
    int n =
        o->out[0]->type == I32 || o->out[0]->type == I64 ? reader_ints(o->in[0], x, MAX_INTS, &ignored) : -1;
    if (n < 0 || o->in[0]->rank > 1) return true;
    for (int i = 0; i < n; i++) y[i] = x[i];
    *done = true;
    return set_ints(r, o, y, o->in[0]->rank, n, e);
}

// Weights stored small become the float weights that they stand for.
static bool fold_dequantize(struct reader *r, struct oper *o, bool *done, struct err *e)
{
    const struct tensor *x = o->in[0];
    struct tensor *y = o->out[0];
    const struct quant *q = &x->q;
    int64_t n = tensor_count(x), inner = 1;
    if (!x->data || y->type != F32 || (x->type != F16 && x->type != I8)) return true;
    if (x->type == I8 && (q->n < 1 || (q->n > 1 && (q->axis >= x->rank || x->dim[q->axis] != q->n))))
        return true;
    if (!reader_room(r, (uint64_t)n * 4, e)) return false;
    float *v = arena_new_n(r->a, (size_t)n, float);
    for (int i = q->axis + 1; q->n > 1 && i < x->rank; i++) inner *= x->dim[i];
    for (int64_t i = 0; i < n; i++) {
        if (x->type == F16) {
            v[i] = half_value(((const uint16_t *)x->data)[i]);
            continue;
        }
        int64_t c = q->n > 1 ? i / inner % q->n : 0;
        v[i] = q->scale[c] * (float)((int64_t)((const int8_t *)x->data)[i] - q->zero[c]);
    }
    y->rank = x->rank;
    memcpy(y->dim, x->dim, sizeof y->dim);
    y->q = (struct quant){0};
    y->data = v;
    if (r->loop) loop_widened(r, x, y);
    y->half = x->type == F16;
    *done = true;
    return true;
}

// FILL and ZEROS_LIKE: as many equal values as the shape says; the state in front of a loop.
static bool set_equal(struct reader *r, struct oper *o, int rank, const int32_t *dim, const void *value,
                      bool *done, struct err *e)
{
    struct tensor *y = o->out[0];
    for (int i = 0; i < rank; i++)
        if (dim[i] < 1) return fail(e, "dimension %d has a size of %d", i, dim[i]);
    tensor_set_dims(y, rank, dim);
    if (!tensor_check(y, e) || !reader_room(r, (uint64_t)tensor_bytes(y), e)) return false;
    const int64_t n = tensor_count(y);
    const size_t size = (size_t)dtype_size(y->type);
    uint8_t *data = arena_alloc(r->a, (size_t)n * size);
    for (int64_t i = 0; i < n; i++) memcpy(data + size * (size_t)i, value, size);
    y->data = data;
    *done = true;
    return reader_same_output(o, y, e);
}

static bool fold_fill(struct reader *r, struct oper *o, bool *done, struct err *e)
{
    const struct tensor *v = o->in[1];
    int32_t dim[GRAPH_MAX_RANK];
    struct err ignored;
    const int rank = reader_ints(o->in[0], dim, GRAPH_MAX_RANK, &ignored);
    if (rank < 0 || !v->data || tensor_count(v) != 1 || v->type != o->out[0]->type) return true;
    return set_equal(r, o, rank, dim, v->data, done, e);
}

static bool fold_zeros(struct reader *r, struct oper *o, bool *done, struct err *e)
{
    const struct tensor *x = o->in[0];
    if (dtype_size(x->type) != 4 || x->type != o->out[0]->type) return true;
    return set_equal(r, o, x->rank, x->dim, "\0\0\0", done, e);
}

bool tflite_fold(struct reader *r, struct oper *o, bool *done, struct err *e)
{
    *done = false;
    for (int i = 0; i < o->nin; i++)
        if (!o->in[i]) return true;
    switch (o->builtin) {
    case TFL_SHAPE:
        *done = true;
        return fold_shape(r, o, e);
    case TFL_STRIDED_SLICE:
        return fold_strided_slice(r, o, done, e);
    case TFL_PACK:
    case TFL_CONCATENATION:
        return fold_join(r, o, done, e);
    case TFL_GATHER:
        return fold_gather(r, o, done, e);
    case TFL_ADD:
    case TFL_SUB:
    case TFL_MUL:
        return fold_binary(r, o, done, e);
    case TFL_REDUCE_PROD:
        return fold_reduce_prod(r, o, done, e);
    case TFL_FILL:
        return fold_fill(r, o, done, e);
    case TFL_ZEROS_LIKE:
        return fold_zeros(r, o, done, e);
    case TFL_CAST:
        return fold_cast(r, o, done, e);
    case TFL_DEQUANTIZE:
        return fold_dequantize(r, o, done, e);
    default:
        return true;
    }
}
