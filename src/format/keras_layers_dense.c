// Dense, normalisation and activations as layers.
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
    float *turned = arena_new_n(k->a, (size_t)in * (size_t)units, float);
    for (int32_t i = 0; i < in; i++)
        for (int32_t o = 0; o < units; o++) turned[(int64_t)o * in + i] = w[(int64_t)i * units + o];
    struct tensor *t = value_plain(k->g, k->a, x, k->e);
    if (!t) return layer_fail_in(k, l);
    struct node *n = layer_node(k, l, OP_DENSE, NULL, 3);
    n->in[0] = t;
    n->in[1] =
        tensor_const(k->a, arena_printf(k->a, "%s/kernel", n->name), F32, 2, (int32_t[]){units, in}, turned);
    if (b)
        n->in[2] = tensor_const(k->a, arena_printf(k->a, "%s/bias", n->name), F32, 1, &units,
                                arena_copy(k->a, b, (size_t)units * sizeof *b));
    if (!(t = layer_done(k, l, n))) return false;
    value_set_plain(&l->out, t);
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

// Numbers of the config for c channels: one for all or a list, possibly nested in lists of one.
static bool config_floats(const json_t *v, int32_t c, float *out)
{
    while (json_is_array(v) && json_array_size(v) == 1 && (c == 1 || json_is_array(json_array_get(v, 0))))
        v = json_array_get(v, 0);
    if (json_is_array(v) && json_array_size(v) != (size_t)c) return false;
    for (int32_t i = 0; i < c; i++) {
        const json_t *one = json_is_array(v) ? json_array_get(v, (size_t)i) : v;
        if (!json_is_number(one)) return false;
        out[i] = (float)json_number_value(one);
    }
    return true;
}

// y = (x - mean) / max(sqrt(variance), 1e-7).
static bool normalization(struct keras *k, struct keras_layer *l)
{
    const struct value *x = &l->in[0];
    int axis = axis_of(k, l, x->rank);
    if (axis < 0) return false;
    if (config_bool(l, "invert", false)) return layer_fail(k, l, "invert=True is not supported");
    if (json_is_null(json_object_get(l->config, "axis")))
        return layer_fail(k, l, "axis=None is not supported; use axis=-1");
    int32_t c = x->dim[axis];
    float *p[4];
    for (int i = 0; i < 4; i++) p[i] = arena_new_n(k->a, (size_t)c, float);
    const json_t *mean = json_object_get(l->config, "mean"),
                 *variance = json_object_get(l->config, "variance");
    if (mean && !json_is_null(mean)) {
        if (!config_floats(mean, c, p[2]) || !config_floats(variance, c, p[3]))
            return layer_fail(k, l, "its mean and variance are not %d numbers", c);
    } else {
        const float *m = keras_weight(k, l, "mean", 0, 1, &c),
                    *v = m ? keras_weight(k, l, "variance", 1, 1, &c) : NULL;
        if (!v) return false;
        memcpy(p[2], m, (size_t)c * sizeof *m);
        memcpy(p[3], v, (size_t)c * sizeof *v);
    }
    for (int32_t i = 0; i < c; i++) {
        p[0][i] = 1;
        if (!(p[3][i] > 1e-14f)) p[3][i] = 1e-14f;
    }
    return norm(k, l, axis, p, 0, true);
}

// y = scale * x + offset.
static bool rescaling(struct keras *k, struct keras_layer *l)
{
    l->out = l->in[0];
    static const char *const key[] = {"scale", "offset"};
    for (int i = 0; i < 2; i++) {
        const json_t *v = json_object_get(l->config, key[i]);
        float number = (float)config_number(l, key[i], i ? 0 : 1);
        if (v && !json_is_number(v))
            return layer_fail(k, l, "a %s that is not one number is not supported; use Normalization",
                              key[i]);
        if (number == (i ? 0.0f : 1.0f)) continue;
        struct node *n = layer_node(k, l, i ? OP_ADD : OP_MUL, key[i], 2);
        n->in[1] =
            tensor_const(k->a, n->name, F32, 1, (int32_t[]){1}, arena_copy(k->a, &number, sizeof number));
        if (!layer_unary(k, l, n, &l->out)) return false;
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

static bool relu(struct keras *k, struct keras_layer *l)
{
    double most = config_number(l, "max_value", INFINITY), slope = config_number(l, "negative_slope", 0);
    if (config_number(l, "threshold", 0) != 0 || (slope != 0 && !isinf(most)) || (!isinf(most) && most != 6))
        return layer_fail(k, l, "only max_value none or 6, threshold 0 are supported");
    if (slope != 0) return alpha_layer(k, l, OP_LEAKY_RELU, (float)slope);
    return alpha_layer(k, l, isinf(most) ? OP_RELU : OP_RELU6, 0);
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

static bool softmax(struct keras *k, struct keras_layer *l)
{
    const json_t *axis = json_object_get(l->config, "axis");
    if (axis && !(json_is_integer(axis) &&
                  (json_integer_value(axis) == -1 || json_integer_value(axis) == l->in[0].rank - 1)))
        return layer_fail(k, l, "a softmax over another axis than the last is not supported");
    json_t *name = json_string("softmax");
    l->out = l->in[0];
    bool ok = layer_activation(k, l, name, &l->out);
    json_decref(name);
    return ok;
}

const struct keras_entry keras_layers_dense[] = {
    {"Dense", dense},
    {"BatchNormalization", batch_normalization},
    {"BatchNormalizationV1", batch_normalization},
    {"SyncBatchNormalization", batch_normalization},
    {"Normalization", normalization},
    {"Rescaling", rescaling},
    {"Activation", activation},
    {"ReLU", relu},
    {"LeakyReLU", leaky_relu},
    {"ELU", elu},
    {"Softmax", softmax},
    {NULL, NULL},
};
