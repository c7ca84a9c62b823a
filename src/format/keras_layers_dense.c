// Dense, normalisation by fixed numbers, and activations as layers.
#include "keras.h"
#include <math.h>
#include <string.h>

static bool dense(struct keras *k, struct keras_layer *l)
{
    const struct value *x = &l->in[0];
    int32_t units, in = x->dim[x->rank - 1];
    if (!config_ints(k, l, "units", 1, 1, 0, &units)) return false;
    if (units < 1) return layer_fail(k, l, "units is missing; the config is damaged");
    const float *w = keras_weight(k, l, "kernel", 0, 2, (int32_t[]){in, units}), *b = NULL;
    if (!w || (config_bool(l, "use_bias", true) && !(b = keras_weight(k, l, "bias", 1, 1, &units))))
        return false;
    l->out = *x;
    if (!build_dense(k, l, NULL, &l->out, w, b, units)) return false;
    return layer_activation(k, l, json_object_get(l->config, "activation"), &l->out);
}

// The channels (Keras's dimension `axis`) last in memory, everything else in order.
static struct tensor *channels_last(struct keras *k, const struct value *x, int axis, int *order, int *n)
{
    *n = 0;
    if (value_axes(x, order) && order[x->t->rank - 1] == axis) {
        *n = x->t->rank;
        return x->t;
    }
    for (int d = 0; d < x->rank; d++)
        if (d != axis) order[(*n)++] = d;
    order[(*n)++] = axis;
    return value_tensor(k->g, k->a, x, *n, order, k->e);
}

// The one axis of a BatchNormalization or Normalization, which is a number or a list of one.
static int axis_of(struct keras *k, const struct keras_layer *l, int rank)
{
    const json_t *v = json_object_get(l->config, "axis");
    if (json_is_array(v) && json_array_size(v) == 1) v = json_array_get(v, 0);
    int64_t axis = json_is_integer(v) ? json_integer_value(v) : -1;
    if (l->lead && axis > 0) axis++;
    if (json_is_array(v) || axis < -rank || axis >= rank || (axis += axis < 0 ? rank : 0) == 0) {
        layer_fail(k, l, "its axis is not supported; one axis, not the batch, is");
        return -1;
    }
    return (int)axis;
}

static bool norm(struct keras *k, struct keras_layer *l, int axis, float *const p[4], float epsilon,
                 bool frozen)
{
    static const char *const name[] = {"gamma", "beta", "mean", "variance"};
    const struct value *x = &l->in[0];
    int order[GRAPH_MAX_RANK], rank;
    struct tensor *t = channels_last(k, x, axis, order, &rank);
    if (!t) return layer_fail_in(k, l);
    struct node *n = layer_node(k, l, OP_BATCH_NORM, NULL, 5);
    n->in[0] = t;
    for (int i = 0; i < 4; i++)
        n->in[1 + i] =
            tensor_const(k->a, arena_printf(k->a, "%s/%s", n->name, name[i]), F32, 1, &x->dim[axis], p[i]);
    n->as.batch_norm.epsilon = epsilon;
    n->as.batch_norm.frozen = frozen;
    if (!(t = layer_done(k, l, n))) return false;
    value_set(&l->out, t, order, x->rank, x->dim);
    return true;
}

static bool batch_normalization(struct keras *k, struct keras_layer *l)
{
    const struct value *x = &l->in[0];
    int axis = axis_of(k, l, x->rank), number = 0;
    if (axis < 0) return false;
    static const struct {
        const char *role, *on;
        float otherwise;
    } part[] = {
        {"gamma", "scale", 1}, {"beta", "center", 0}, {"moving_mean", NULL, 0}, {"moving_variance", NULL, 1}};
    float *p[4];
    int32_t c = x->dim[axis];
    for (int i = 0; i < 4; i++) {
        const float *v = NULL;
        if ((!part[i].on || config_bool(l, part[i].on, true)) &&
            !(v = keras_weight(k, l, part[i].role, number++, 1, &c)))
            return false;
        p[i] = arena_new_n(k->a, (size_t)c, float);
        for (int32_t j = 0; j < c; j++) p[i][j] = v ? v[j] : part[i].otherwise;
    }
    return norm(k, l, axis, p, (float)config_number(l, "epsilon", 1e-3), false);
}

// The numbers in nested lists, in order; how many there are, or more than c.
static int64_t numbers(const json_t *v, int64_t c, float *out, int64_t n)
{
    if (json_is_number(v)) {
        if (n < c) out[n] = (float)json_number_value(v);
        return n + 1;
    }
    for (size_t i = 0; i < json_array_size(v) && n <= c; i++) {
        const json_t *one = json_array_get(v, i);
        n = json_is_number(one) || json_is_array(one) ? numbers(one, c, out, n) : c + 1;
    }
    return n;
}

// Numbers of the config for c places: one for all or a list, possibly of lists.
static bool config_floats(const json_t *v, int32_t c, float *out)
{
    const int64_t n = numbers(v, c, out, 0);
    for (int32_t i = 1; json_is_number(v) && i < c; i++) out[i] = out[0];
    return n == c || json_is_number(v);
}

// The shape of a Normalization's mean: the dimensions of its axes; a list of several axes, or none at all.
static bool norm_shape(struct keras *k, const struct keras_layer *l, int32_t *dim, int *n, bool *last)
{
    const struct value *x = &l->in[0];
    const json_t *v = json_object_get(l->config, "axis");
    const size_t axes = json_is_array(v) ? json_array_size(v) : json_is_null(v) ? 0 : 1;
    unsigned seen = 0;
    *n = 0;
    *last = axes == 1;
    for (size_t i = 0; i < axes; i++) {
        const json_t *one = json_is_array(v) ? json_array_get(v, i) : v;
        int64_t axis = json_is_integer(one) ? json_integer_value(one) : -1;
        if (axis < 0) axis += x->rank;
        if (axis < 1 || axis >= x->rank) return layer_fail(k, l, "its axis is not possible");
        seen |= 1u << axis;
        *last &= axis == x->rank - 1;
    }
    for (int d = 1; d < x->rank; d++)
        if (seen >> d & 1) dim[(*n)++] = x->dim[d];
    for (int d = x->rank - 1; d > 0 && *n > 1; d--)
        if (!(seen >> d & 1) && seen >> d) return layer_fail(k, l, "axes in this order are not supported");
    return true;
}

// y = (x - mean) / max(sqrt(variance), 1e-7), or the way back.
static bool normalization(struct keras *k, struct keras_layer *l)
{
    const struct value *x = &l->in[0];
    int32_t dim[VALUE_MAX_RANK], own[VALUE_MAX_RANK] = {0};
    bool last;
    int n, rank = 0;
    if (l->lead) return layer_fail(k, l, "inside of TimeDistributed it is not supported");
    if (!norm_shape(k, l, own, &n, &last)) return false;
    int64_t c = 1;
    for (int i = 0; i < n; i++) c *= own[i];
    const json_t *mean = json_object_get(l->config, "mean"),
                 *variance = json_object_get(l->config, "variance");
    float *p[4];
    const int32_t each = n ? (int32_t)c : x->dim[x->rank - 1];
    for (int i = 0; i < 4; i++) p[i] = arena_new_n(k->a, (size_t)each, float);
    if (mean && !json_is_null(mean)) {
        if (!config_floats(mean, (int32_t)c, p[2]) || !config_floats(variance, (int32_t)c, p[3]))
            return layer_fail(k, l, "its mean and variance are not %lld numbers", (long long)c);
    } else {
        const float *m = keras_weight(k, l, "mean", 0, n, own),
                    *v = m ? keras_weight(k, l, "variance", 1, n, own) : NULL;
        if (!v) return false;
        memcpy(p[2], m, (size_t)c * sizeof *m);
        memcpy(p[3], v, (size_t)c * sizeof *v);
    }
    for (int32_t i = 0; i < each; i++) {
        if (!n && i) p[2][i] = p[2][0], p[3][i] = p[3][0];
        p[0][i] = 1;
        if (!(p[3][i] > 1e-14f)) p[3][i] = 1e-14f;
        if (config_bool(l, "invert", false)) { // y = x s + m = (x + m / s) / (1 / s)
            p[2][i] /= -sqrtf(p[3][i]);
            p[3][i] = 1 / p[3][i];
        }
    }
    if (last || !n) return norm(k, l, x->rank - 1, p, 0, true);
    int axis = x->rank - 1; // one number a place of several axes, or of another than the last
    if (n == 1) {
        axis = axis_of(k, l, x->rank);
        return axis > 0 && norm(k, l, axis, p, 0, true);
    }
    float *scale = p[0], *offset = p[1];
    for (int32_t i = 0; i < each; i++) {
        scale[i] = 1 / sqrtf(p[3][i]);
        offset[i] = -p[2][i] * scale[i];
    }
    for (int i = 0; i < n; i++) dim[rank++] = own[i];
    l->out = *x;
    return build_const(k, l, OP_MUL, "scale", &l->out, rank, dim, scale) &&
           build_const(k, l, OP_ADD, "offset", &l->out, rank, dim, offset);
}

// y = scale * x + offset, of numbers or of one a channel.
static bool rescaling(struct keras *k, struct keras_layer *l)
{
    l->out = l->in[0];
    static const char *const key[] = {"scale", "offset"};
    const int32_t c = l->out.dim[l->out.rank - 1];
    for (int i = 0; i < 2; i++) {
        const json_t *v = json_object_get(l->config, key[i]);
        const enum op op = i ? OP_ADD : OP_MUL;
        if (json_is_array(v)) {
            float *each = arena_new_n(k->scratch, (size_t)c, float);
            if (!config_floats(v, c, each))
                return layer_fail(k, l, "%s is not a number, and not %d numbers", key[i], c);
            if (!build_const(k, l, op, key[i], &l->out, 1, &c, each)) return false;
            continue;
        }
        const float number = (float)config_number(l, key[i], i ? 0 : 1);
        if (v && !json_is_number(v) && !json_is_null(v))
            return layer_fail(k, l, "its %s cannot be read; use a number or Normalization", key[i]);
        if (number != (i ? 0.0f : 1.0f) && !build_number(k, l, op, key[i], &l->out, number)) return false;
    }
    return true;
}

// ---- activations as layers ----

static bool activation(struct keras *k, struct keras_layer *l)
{
    l->out = l->in[0];
    return layer_activation(k, l, json_object_get(l->config, "activation"), &l->out);
}

static bool alpha_layer(struct keras *k, struct keras_layer *l, enum op op, float alpha)
{
    struct node *n = layer_node(k, l, op, NULL, 1);
    if (op == OP_LEAKY_RELU || op == OP_ELU) n->as.alpha.alpha = alpha;
    l->out = l->in[0];
    return layer_unary(k, l, n, &l->out);
}

// x in threshold .. most, most above, slope * (x - threshold) below.
static bool relu(struct keras *k, struct keras_layer *l)
{
    const double most = config_number(l, "max_value", INFINITY),
                 threshold = config_number(l, "threshold", config_number(l, "theta", 0)),
                 slope = config_number(l, "negative_slope", 0);
    struct value *v = &l->out, below = *v = l->in[0], above = below;
    if (threshold == 0 && slope != 0 && isinf(most)) return alpha_layer(k, l, OP_LEAKY_RELU, (float)slope);
    if (threshold == 0 && slope == 0 && (isinf(most) || most == 6))
        return alpha_layer(k, l, isinf(most) ? OP_RELU : OP_RELU6, 0);
    if (threshold == 0) {
        if (!build_unary(k, l, OP_RELU, "relu", v)) return false;
    } else { // x * (x > threshold)
        if (!build_number(k, l, OP_GREATER, "above", &above, (float)threshold)) return false;
        struct node *cast = layer_node(k, l, OP_CAST, "cast", 1);
        cast->out[0] = tensor_new(k->a, cast->name, F32, above.t->rank, above.t->dim);
        if (!layer_unary(k, l, cast, &above) || !build_binary(k, l, OP_MUL, "relu", v, &above, v))
            return false;
    }
    if (!isinf(most) && !build_number(k, l, OP_MINIMUM, "most", v, (float)most)) return false;
    if (slope == 0) return true;
    return (threshold == 0 || build_number(k, l, OP_SUB, "shifted", &below, (float)threshold)) &&
           build_number(k, l, OP_MINIMUM, "below", &below, 0) &&
           build_number(k, l, OP_MUL, "slope", &below, (float)slope) &&
           build_binary(k, l, OP_ADD, "sum", v, &below, v);
}

static bool leaky_relu(struct keras *k, struct keras_layer *l)
{
    return alpha_layer(k, l, OP_LEAKY_RELU,
                       (float)config_number(l, "negative_slope", config_number(l, "alpha", 0.3)));
}

static bool elu(struct keras *k, struct keras_layer *l)
{
    return alpha_layer(k, l, OP_ELU, (float)config_number(l, "alpha", 1));
}

// A slope each for the dimensions that are not shared.
static bool prelu(struct keras *k, struct keras_layer *l)
{
    const struct value *x = &l->in[0];
    const json_t *shared = json_object_get(l->config, "shared_axes");
    int32_t dim[VALUE_MAX_RANK];
    if (l->lead) return layer_fail(k, l, "inside of TimeDistributed it is not supported");
    for (int d = 1; d < x->rank; d++) {
        dim[d - 1] = x->dim[d];
        for (size_t i = 0; i < json_array_size(shared); i++)
            if (json_integer_value(json_array_get(shared, i)) == d) dim[d - 1] = 1;
    }
    const float *w = keras_weight(k, l, "alpha", 0, x->rank - 1, dim);
    l->out = *x;
    return w && build_const(k, l, OP_PRELU, NULL, &l->out, x->rank - 1, dim, w);
}

static bool softmax(struct keras *k, struct keras_layer *l)
{
    const json_t *v = json_object_get(l->config, "axis");
    if (json_is_array(v) && json_array_size(v) == 1) v = json_array_get(v, 0);
    int64_t axis = json_is_integer(v) ? json_integer_value(v) : -1;
    if (axis < 0)
        axis += l->in[0].rank;
    else
        axis += l->lead;
    if ((v && !json_is_integer(v)) || axis < 1 || axis >= l->in[0].rank)
        return layer_fail(k, l, "a softmax over several axes, or over the batch, is not supported");
    l->out = l->in[0];
    return build_softmax(k, l, OP_SOFTMAX, &l->out, (int)axis);
}

const struct keras_entry keras_layers_dense[] = {
    {"Dense", dense, MASK_PASSED, false},
    {"BatchNormalization", batch_normalization, MASK_PASSED, false},
    {"BatchNormalizationV1", batch_normalization, MASK_PASSED, false},
    {"SyncBatchNormalization", batch_normalization, MASK_PASSED, false},
    {"Normalization", normalization, MASK_PASSED, false},
    {"Rescaling", rescaling, MASK_PASSED, false},
    {"Activation", activation, MASK_PASSED, false},
    {"ReLU", relu, MASK_PASSED, false},
    {"ThresholdedReLU", relu, MASK_PASSED, false},
    {"LeakyReLU", leaky_relu, MASK_PASSED, false},
    {"PReLU", prelu, MASK_PASSED, false},
    {"ELU", elu, MASK_PASSED, false},
    {"Softmax", softmax, MASK_USED, false},
    {NULL, NULL, MASK_DROPPED, false},
};
