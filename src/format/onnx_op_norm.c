// Softmax and normalisations; all but batch normalisation are compositions.
#include "onnx_read.h"
#include <math.h>
#include <string.h>

// Over one axis, which is brought to the end.
struct value *make_softmax(struct onnx *r, struct onnx_node *n, enum op op, struct value *x, int axis)
{
    if (!x) return NULL;
    int order[GRAPH_MAX_RANK], rank, k = 0;
    struct tensor *t = value_view(r->g, r->a, x, axis, order, &rank, r->e);
    if (t && order[rank - 1] != axis) {
        for (int i = 0; i < rank; i++)
            if (order[i] != axis) order[k++] = order[i];
        order[k] = axis;
        t = value_tensor(r->g, r->a, x, rank, order, r->e);
    }
    if (!t) return fail_in(r->e, "node %s (%s)", n->name, n->op), NULL;
    struct node *m = make_node(r, n, op, 1);
    m->in[0] = t;
    if (op == OP_SOFTMAX) m->as.softmax.beta = 1;
    struct value *y = make_value(r, n);
    if (!(t = node_done(r, n, m))) return NULL;
    value_set(y, t, order, x->rank, x->dim);
    return y;
}

static bool softmax(struct onnx *r, struct onnx_node *n)
{
    struct value *x = node_computed(r, n, 0);
    if (!x) return false;
    const int axis = node_axis(r, n, attr_int(n, "axis", r->opset < 13 ? 1 : -1), x->rank);
    if (axis < 0) return false;
    if (r->opset >= 13 || axis == x->rank - 1) return node_is(r, n, 0, make_softmax(r, n, n->as, x, axis));
    int32_t flat[2] = {1, 1}; // over all dimensions from axis on, as one
    for (int i = 0; i < x->rank; i++) flat[i >= axis] *= x->dim[i];
    struct value *y = make_softmax(r, n, n->as, make_shape(r, n, x, 2, flat), 1);
    return node_is(r, n, 0, make_shape(r, n, y, x->rank, x->dim));
}

// ---- normalisation ----

static bool batch_normalization(struct onnx *r, struct onnx_node *n)
{
    struct value *x = node_computed(r, n, 0), *p[4];
    if (!x) return false;
    if (attr_int(n, "training_mode", 0))
        return node_fail(r, n, "is in training mode; export the model for inference");
    if (!attr_int(n, "spatial", 1)) return node_fail(r, n, "spatial=0 is not supported");
    if (x->rank < 2) return node_fail(r, n, "its input has %d dimensions", x->rank);
    int32_t c = x->dim[1];
    for (int i = 0; i < 4; i++) {
        if (!(p[i] = node_floats(r, n, 1 + i))) return false;
        if (value_count(p[i]) != c)
            return node_fail(r, n, "%s has %lld numbers for %d channels", p[i]->name,
                             (long long)value_count(p[i]), c);
    }
    // Channels last in memory, whole or as the factors that a flatten left behind; else they are brought
    // there.
    struct value v = *x, lies;
    const int32_t *order = value_last_order(r->scratch, &v, 1, &lies);
    if (!order || v.t->dim[v.t->rank - 1] != c) {
        int axis[GRAPH_MAX_RANK], rank = 0;
        if (v.rank > GRAPH_MAX_RANK) return node_fail(r, n, "its input has %d dimensions", v.rank);
        for (int d = 0; d < v.rank; d++)
            if (d != 1) axis[rank++] = d;
        axis[rank++] = 1;
        struct tensor *t = value_tensor(r->g, r->a, order ? &lies : &v, rank, axis, r->e);
        if (!t) return fail_in(r->e, "node %s (%s)", n->name, n->op);
        if (order)
            v.t = t;
        else
            value_set(&v, t, axis, v.rank, v.dim);
    }
    struct node *m = node_add(r, n, OP_BATCH_NORM, 5);
    for (int i = 0; i < 4; i++) {
        const float *f = p[i]->f;
        float *moved = arena_new_n(r->a, (size_t)c, float);
        for (int32_t k = 0; k < c; k++) moved[k] = f[order ? order[k] : k];
        m->in[1 + i] = tensor_const(r->a, p[i]->name, F32, 1, &c, moved);
    }
    m->as.batch_norm.epsilon = attr_float(n, "epsilon", 1e-5f);
    m->as.batch_norm.frozen = n->p->doc_string && !strncmp(n->p->doc_string, "frozen", 6);
    return node_unary(r, n, m, &v);
}

// (x - mean) / sqrt(variance + epsilon) over the dimensions `axes`, as TensorFlow's converter composes it.
// stats: mean and factor; NULL: nobody asks.
static struct value *standardised(struct onnx *r, struct onnx_node *n, struct value *x, unsigned axes,
                                  float epsilon, struct value **stats)
{
    struct value *mean = make_reduce(r, n, OP_MEAN, x, axes, true);
    struct value *square = make_binary(r, n, OP_SQUARED_DIFFERENCE, x, mean);
    struct value *variance = make_reduce(r, n, OP_MEAN, square, axes, true);
    struct value *factor =
        make_unary(r, n, OP_RSQRT, make_binary(r, n, OP_ADD, variance, make_number(r, epsilon)));
    if (stats) {
        stats[0] = mean;
        stats[1] = factor;
    }
    return make_binary(r, n, OP_MUL, make_binary(r, n, OP_SUB, x, mean), factor);
}

// x * scale + bias; input `scale` and the one behind it, either absent, seen as rank dimensions (NULL: their
// own).
static struct value *scaled(struct onnx *r, struct onnx_node *n, struct value *x, int scale, int rank,
                            const int32_t *dim)
{
    for (int k = 0; k < 2; k++) {
        if (scale + k >= n->nin || !n->in[scale + k]) continue;
        struct value *v = n->in[scale + k];
        if (dim) {
            int64_t count = 1;
            for (int i = 0; i < rank; i++) count *= dim[i];
            if (value_count(v) != count)
                return node_fail(r, n, "%s has %lld numbers for %lld channels", v->name,
                                 (long long)value_count(v), (long long)count),
                       NULL;
            v = make_shape(r, n, v, rank, dim);
        }
        x = make_binary(r, n, k ? OP_ADD : OP_MUL, x, v);
    }
    return x;
}

static bool layer_normalization(struct onnx *r, struct onnx_node *n)
{
    struct value *x = node_computed(r, n, 0);
    if (!x) return false;
    const int axis = node_axis(r, n, attr_int(n, "axis", -1), x->rank);
    if (axis < 0) return false;
    const unsigned axes = ((1u << x->rank) - 1) & ~((1u << axis) - 1);
    struct value *stats[2], *y = standardised(r, n, x, axes, attr_float(n, "epsilon", 1e-5f), stats);
    for (int k = 1; k < 3 && k < n->nout && y; k++)
        if (*n->out[k].name && !node_is(r, n, k, stats[k - 1])) return false;
    return node_is(r, n, 0, scaled(r, n, y, 1, 0, NULL));
}

static bool rms_normalization(struct onnx *r, struct onnx_node *n)
{
    struct value *x = node_computed(r, n, 0);
    if (!x) return false;
    const int axis = node_axis(r, n, attr_int(n, "axis", -1), x->rank);
    if (axis < 0) return false;
    const unsigned axes = ((1u << x->rank) - 1) & ~((1u << axis) - 1);
    struct value *mean = make_reduce(r, n, OP_MEAN, make_unary(r, n, OP_SQUARE, x), axes, true);
    mean = make_binary(r, n, OP_ADD, mean, make_number(r, attr_float(n, "epsilon", 1e-5f)));
    struct value *y = make_binary(r, n, OP_MUL, x, make_unary(r, n, OP_RSQRT, mean));
    return node_is(r, n, 0, scaled(r, n, y, 1, 0, NULL));
}

static bool instance_normalization(struct onnx *r, struct onnx_node *n)
{
    struct value *x = node_computed(r, n, 0);
    if (!x) return false;
    if (x->rank < 3) return node_fail(r, n, "its input has %d dimensions", x->rank);
    int32_t channels[VALUE_MAX_RANK];
    for (int d = 1; d < x->rank; d++) channels[d - 1] = d == 1 ? x->dim[1] : 1;
    struct value *y =
        standardised(r, n, x, ((1u << x->rank) - 1) & ~3u, attr_float(n, "epsilon", 1e-5f), NULL);
    return node_is(r, n, 0, scaled(r, n, y, 1, x->rank - 1, channels));
}

// Channels in groups that are normalised together. Operator set 18 scales by group, 21 by channel.
static bool group_normalization(struct onnx *r, struct onnx_node *n)
{
    struct value *x = node_computed(r, n, 0);
    if (!x) return false;
    const int64_t groups = attr_int(n, "num_groups", 0);
    if (x->rank < 3 || x->rank + 1 > VALUE_MAX_RANK)
        return node_fail(r, n, "its input has %d dimensions", x->rank);
    if (groups < 1 || groups > x->dim[1] || x->dim[1] % groups)
        return node_fail(r, n, "%d channels in %lld groups", x->dim[1], (long long)groups);
    int32_t split[VALUE_MAX_RANK], each[VALUE_MAX_RANK];
    for (int d = 0; d < x->rank; d++) {
        if (d > 1) split[d + 1] = x->dim[d];
        each[d] = 1;
    }
    split[0] = x->dim[0];
    split[1] = (int32_t)groups;
    split[2] = x->dim[1] / split[1];
    struct value *y = make_shape(r, n, x, x->rank + 1, split);
    y = standardised(r, n, y, ((1u << (x->rank + 1)) - 1) & ~3u, attr_float(n, "epsilon", 1e-5f), NULL);
    const bool by_group = n->nin > 1 && n->in[1] && value_count(n->in[1]) == groups && groups != x->dim[1];
    each[0] = by_group ? split[1] : x->dim[1];
    if (by_group) y = scaled(r, n, y, 1, x->rank, each);
    y = make_shape(r, n, y, x->rank, x->dim);
    if (!by_group) y = scaled(r, n, y, 1, x->rank - 1, each);
    return node_is(r, n, 0, y);
}

// (x - mean) / (deviation + 1e-9), the standard's number
static bool mean_variance(struct onnx *r, struct onnx_node *n)
{
    static const int64_t usual[] = {0, 2, 3};
    struct value *x = node_computed(r, n, 0);
    const int64_t *list;
    int count;
    unsigned axes = 0;
    if (!x || !node_list(r, n, "axes", -1, &list, &count)) return false;
    if (!list) {
        list = usual;
        count = 3;
    }
    for (int i = 0; i < count; i++) {
        const int axis = node_axis(r, n, list[i], x->rank);
        if (axis < 0) return false;
        axes |= 1u << axis;
    }
    struct value *mean = make_reduce(r, n, OP_MEAN, x, axes, true);
    struct value *square = make_binary(r, n, OP_SQUARED_DIFFERENCE, x, mean);
    struct value *deviation = make_unary(r, n, OP_SQRT, make_reduce(r, n, OP_MEAN, square, axes, true));
    deviation = make_binary(r, n, OP_ADD, deviation, make_number(r, 1e-9f));
    return node_is(r, n, 0, make_binary(r, n, OP_DIV, make_binary(r, n, OP_SUB, x, mean), deviation));
}

static bool lp_normalization(struct onnx *r, struct onnx_node *n)
{
    struct value *x = node_computed(r, n, 0);
    if (!x) return false;
    const int axis = node_axis(r, n, attr_int(n, "axis", -1), x->rank);
    const int64_t p = attr_int(n, "p", 2);
    if (axis < 0) return false;
    if (p != 1 && p != 2) return node_fail(r, n, "p is %lld", (long long)p);
    struct value *norm = make_unary(r, n, p == 1 ? OP_ABS : OP_SQUARE, x);
    norm = make_reduce(r, n, OP_SUM, norm, 1u << axis, true);
    if (p == 2) norm = make_unary(r, n, OP_SQRT, norm);
    return node_is(r, n, 0, make_binary(r, n, OP_DIV, x, norm));
}

const struct onnx_op_entry onnx_ops_norm[] = {
    {"Softmax", softmax, OP_SOFTMAX},
    {"LogSoftmax", softmax, OP_LOG_SOFTMAX},
    {"BatchNormalization", batch_normalization, OP_BATCH_NORM},
    {"LayerNormalization", layer_normalization, OP_MEAN},
    {"RMSNormalization", rms_normalization, OP_MEAN},
    {"InstanceNormalization", instance_normalization, OP_MEAN},
    {"GroupNormalization", group_normalization, OP_MEAN},
    {"MeanVarianceNormalization", mean_variance, OP_MEAN},
    {"LpNormalization", lp_normalization, OP_DIV},
    {NULL, NULL, OP_COUNT},
};
