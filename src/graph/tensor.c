#include "graph.h"
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    int size;
} dtypes[DTYPE_COUNT] = {
    [F32] = {"float32", 4}, [I8] = {"int8", 1},  [I16] = {"int16", 2}, [I32] = {"int32", 4},
    [I64] = {"int64", 8},   [U8] = {"uint8", 1}, [BOOL] = {"bool", 1}, [F16] = {"float16", 2},
};

const char *dtype_name(enum dtype t)
{
    return dtypes[t].name;
}

int dtype_size(enum dtype t)
{
    return dtypes[t].size;
}

struct tensor *tensor_const(struct arena *a, const char *name, enum dtype type, int rank, const int32_t *dim,
                            const void *data)
{
    struct tensor *t = arena_new(a, struct tensor);
    t->name = name;
    t->type = type;
    t->rank = rank;
    if (rank) memcpy(t->dim, dim, (size_t)rank * sizeof *dim);
    t->data = data;
    return t;
}

struct tensor *tensor_new(struct arena *a, const char *name, enum dtype type, int rank, const int32_t *dim)
{
    return tensor_const(a, name, type, rank, dim, NULL);
}

int64_t tensor_count(const struct tensor *t)
{
    int64_t n = 1;
    for (int i = 0; i < t->rank; i++) n *= t->dim[i];
    return n;
}

int64_t tensor_bytes(const struct tensor *t)
{
    return tensor_count(t) * dtype_size(t->type);
}

bool tensor_is_const(const struct tensor *t)
{
    return t->data != NULL;
}

bool tensor_check(const struct tensor *t, struct err *e)
{
    int64_t n = dtype_size(t->type);
    if (t->rank < 0 || t->rank > GRAPH_MAX_RANK)
        return fail(e, "tensor %s: %d dimensions, at most %d are supported", t->name, t->rank,
                    GRAPH_MAX_RANK);
    for (int i = 0; i < t->rank; i++) {
        if (t->dim[i] < 1)
            return fail(e, "tensor %s: dimension %d is %d; every size must be fixed and at least 1", t->name,
                        i, t->dim[i]);
        if (n > INT32_MAX / t->dim[i])
            return fail(e, "tensor %s: larger than 2 GiB; no device holds it", t->name);
        n *= t->dim[i];
    }
    return true;
}

char *tensor_shape(const struct tensor *t, char *s, size_t n)
{
    size_t at = 0;
    if (n) s[0] = 0;
    for (int i = 0; i < t->rank && at < n; i++)
        at += (size_t)snprintf(s + at, n - at, "%s%d", i ? "x" : "", t->dim[i]);
    if (!t->rank) snprintf(s, n, "scalar");
    return s;
}
