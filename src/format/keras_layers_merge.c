// Layers of several inputs: Add and its relatives, Concatenate, Dot.
#include "keras.h"
#include <string.h>

static bool merge(struct keras *k, struct keras_layer *l)
{
    static const struct {
        const char *type;
        enum op op;
    } kind[] = {{"Subtract", OP_SUB}, {"Multiply", OP_MUL}, {"Maximum", OP_MAXIMUM}, {"Minimum", OP_MINIMUM}};
    enum op op = OP_ADD; // Add, Average
    for (size_t i = 0; i < sizeof kind / sizeof *kind; i++)
        if (!strcmp(kind[i].type, l->type)) op = kind[i].op;
    if (l->nin < 2) return layer_fail(k, l, "it has one input");
    if (op == OP_SUB && l->nin != 2) return layer_fail(k, l, "it has %d inputs", l->nin);
    l->out = l->in[0];
    for (int i = 1; i < l->nin; i++) {
        const struct value x = l->out;
        const char *suffix = i + 1 < l->nin ? arena_printf(k->a, "%d", i) : NULL;
        if (x.rank != l->in[i].rank)
            return layer_fail(k, l, "its inputs have %d and %d dimensions", x.rank, l->in[i].rank);
        if (!build_binary(k, l, op, suffix, &x, &l->in[i], &l->out)) return false;
    }
    return strcmp(l->type, "Average") || build_number(k, l, OP_MUL, "share", &l->out, 1.0f / (float)l->nin);
}

static bool concatenate(struct keras *k, struct keras_layer *l)
{
    const json_t *v = json_object_get(l->config, "axis");
    const int rank = l->in[0].rank;
    int64_t axis = v ? json_integer_value(v) : -1;
    if (axis < 0) axis += rank;
    if (axis < 1 || axis >= rank) return layer_fail(k, l, "its axis is not possible");
    return build_concat(k, l, NULL, l->nin, l->in, (int)axis, &l->out);
}

// x / sqrt(max(sum(x^2), 1e-12)) over dimension d.
static bool normalised(struct keras *k, struct keras_layer *l, struct value *v, int d)
{
    struct value norm = *v;
    return build_unary(k, l, OP_SQUARE, "square", &norm) &&
           build_reduce(k, l, OP_SUM, "sum", &norm, 1u << d, true) &&
           build_number(k, l, OP_MAXIMUM, "least", &norm, 1e-12f) &&
           build_unary(k, l, OP_RSQRT, "rsqrt", &norm) && build_binary(k, l, OP_MUL, "unit", v, &norm, v);
}

// Products summed over one dimension of each: of two vectors a number, of two sequences a matrix.
static bool dot(struct keras *k, struct keras_layer *l)
{
    const json_t *v = json_object_get(l->config, "axes");
    int64_t axis[2];
    if (l->nin != 2) return layer_fail(k, l, "it has %d inputs", l->nin);
    struct value x[2] = {l->in[0], l->in[1]};
    for (int i = 0; i < 2; i++) {
        const json_t *one = json_is_array(v) ? json_array_get(v, (size_t)i) : v;
        axis[i] = json_is_integer(one) ? json_integer_value(one) : 0;
        if (axis[i] < 0) axis[i] += x[i].rank;
        if (axis[i] < 1 || axis[i] >= x[i].rank) return layer_fail(k, l, "its axes are not possible");
        if (x[i].rank > 3) return layer_fail(k, l, "inputs of %d dimensions are not supported", x[i].rank);
        if (config_bool(l, "normalize", false) && !normalised(k, l, &x[i], (int)axis[i])) return false;
    }
    const int32_t terms = x[0].dim[axis[0]];
    if (x[1].dim[axis[1]] != terms)
        return layer_fail(k, l, "it sums over %d and %d products", terms, x[1].dim[axis[1]]);
    if (x[0].rank == 2 && x[1].rank == 2)
        return build_binary(k, l, OP_MUL, "products", &x[0], &x[1], &l->out) &&
               build_reduce(k, l, OP_SUM, NULL, &l->out, 1u << 1, true);
    struct value m[2] = {x[0], x[1]}; // (1, free, terms) each
    for (int i = 0; i < 2; i++) {
        if (m[i].rank == 2)
            value_reshape(&m[i], 3, (int32_t[]){1, 1, terms});
        else if (axis[i] == 1)
            value_transpose(&m[i], (int[]){0, 2, 1});
    }
    int32_t dim[3] = {1};
    int n = 1;
    for (int i = 0; i < 2; i++)
        if (x[i].rank == 3) dim[n++] = m[i].dim[1];
    return build_matmul(k, l, "products", &m[0], &m[1], true, &l->out) &&
           build_reshape(k, l, NULL, &l->out, n, dim);
}

const struct keras_entry keras_layers_merge[] = {
    {"Add", merge, MASK_PASSED, false},
    {"Subtract", merge, MASK_PASSED, false},
    {"Multiply", merge, MASK_PASSED, false},
    {"Average", merge, MASK_PASSED, false},
    {"Maximum", merge, MASK_PASSED, false},
    {"Minimum", merge, MASK_PASSED, false},
    {"Concatenate", concatenate, MASK_PASSED, false},
    {"Dot", dot, MASK_PASSED, false},
    {NULL, NULL, MASK_DROPPED, false},
};
