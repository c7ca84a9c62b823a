// Normalisation by the values of one window: LayerNormalization and its relatives, made of means and products.
#include "keras.h"
#include <math.h>
#include <string.h>

// The axes of a layer as bits; lead and negative ones counted in.
static bool axes_of(struct keras *k, const struct keras_layer *l, int rank, unsigned *axes)
{
    const json_t *v = json_object_get(l->config, "axis");
    const size_t n = json_is_array(v) ? json_array_size(v) : 1;
    *axes = 0;
    for (size_t i = 0; i < n; i++) {
        const json_t *one = json_is_array(v) ? json_array_get(v, i) : v;
        int64_t axis = json_is_integer(one) ? json_integer_value(one) : -1;
        if (l->lead && axis > 0) axis++;
        if (axis < 0) axis += rank;
        if ((one && !json_is_null(one) && !json_is_integer(one)) || axis < 1 || axis >= rank)
            return layer_fail(k, l, "its axis is not supported; any but the batch are");
        *axes |= 1u << axis;
    }
    return *axes != 0 || layer_fail(k, l, "it has no axis");
}

// v times gamma plus beta, which have the dimensions of the axes and are broadcast over the others.
static bool scale_and_shift(struct keras *k, struct keras_layer *l, struct value *v, unsigned axes,
                            bool scale, bool center)
{
    static const char *const role[] = {"gamma", "beta"};
    const bool on[] = {scale, center};
    int32_t own[VALUE_MAX_RANK], wide[VALUE_MAX_RANK];
    int n = 0, first = 0, number = 0;
    while (!(axes >> first & 1)) first++;
    for (int d = first; d < v->rank; d++) {
        wide[d - first] = axes >> d & 1 ? v->dim[d] : 1;
        if (axes >> d & 1) own[n++] = v->dim[d];
    }
    for (int i = 0; i < 2; i++) {
        if (!on[i]) continue;
        const float *w = keras_weight(k, l, role[i], number++, n, own);
        if (!w || !build_const(k, l, i ? OP_ADD : OP_MUL, role[i], v, v->rank - first, wide, w)) return false;
    }
    return true;
}

static bool centre(struct keras *k, struct keras_layer *l, struct value *v, unsigned axes)
{
    struct value mean = *v;
    return build_reduce(k, l, OP_MEAN, "mean", &mean, axes, true) &&
           build_binary(k, l, OP_SUB, "centred", v, &mean, v);
}

// v / sqrt(mean(d^2) + epsilon); d is v, or what it is without its mean.
static bool divide_by_deviation(struct keras *k, struct keras_layer *l, struct value *v,
                                const struct value *d, unsigned axes, float epsilon)
{
    struct value variance = *d;
    return build_unary(k, l, OP_SQUARE, "square", &variance) &&
           build_reduce(k, l, OP_MEAN, "variance", &variance, axes, true) &&
           build_number(k, l, OP_ADD, "epsilon", &variance, epsilon) &&
           build_unary(k, l, OP_RSQRT, "rsqrt", &variance) &&
           build_binary(k, l, OP_MUL, "normalised", v, &variance, v);
}

static bool layer_normalization(struct keras *k, struct keras_layer *l)
{
    const bool rms = config_bool(l, "rms_scaling", false); // divides only, by the deviation from the mean
    const float epsilon = (float)config_number(l, "epsilon", 1e-3);
    struct value x = l->in[0], centred = x;
    unsigned axes;
    if (!axes_of(k, l, x.rank, &axes) || !centre(k, l, &centred, axes)) return false;
    l->out = rms ? x : centred;
    return divide_by_deviation(k, l, &l->out, &centred, axes, epsilon) &&
           scale_and_shift(k, l, &l->out, axes, rms || config_bool(l, "scale", true),
                           !rms && config_bool(l, "center", true));
}

static bool rms_normalization(struct keras *k, struct keras_layer *l)
{
    struct value x = l->out = l->in[0];
    const int32_t c = x.dim[x.rank - 1];
    unsigned axes;
    if (!axes_of(k, l, x.rank, &axes)) return false;
    if (axes != 1u << (x.rank - 1)) return layer_fail(k, l, "its axis is not supported; the last one is");
    const float *w = keras_weight(k, l, "scale", 0, 1, &c);
    return w && divide_by_deviation(k, l, &l->out, &x, axes, (float)config_number(l, "epsilon", 1e-6)) &&
           build_const(k, l, OP_MUL, "scale", &l->out, 1, &c, w);
}

// Channels in groups: the mean is over a group's channels and all of space or time.
static bool group_normalization(struct keras *k, struct keras_layer *l)
{
    const struct value x = l->in[0];
    const int last = x.rank - 1;
    const int32_t c = x.dim[last];
    int32_t groups = 32, n = 1;
    const json_t *v = json_object_get(l->config, "groups");
    unsigned axes;
    if (!axes_of(k, l, x.rank, &axes)) return false;
    if (axes != 1u << last || l->lead)
        return layer_fail(k, l, "its axis is not supported; the last one is, outside of TimeDistributed");
    if (json_is_integer(v) && json_integer_value(v) == -1)
        groups = c;
    else if (v && !keras_int(v, 1, &groups))
        return layer_fail(k, l, "groups is not a whole number");
    if (c % groups) return layer_fail(k, l, "%d channels do not make %d groups", c, groups);
    for (int d = 1; d < last; d++) n *= x.dim[d];
    const unsigned inner = 1u << 1 | 1u << 3; // two runs: places, and channels of a group
    l->out = x;
    return build_reshape(k, l, "groups", &l->out, 4, (int32_t[]){1, n, groups, c / groups}) &&
           centre(k, l, &l->out, inner) &&
           divide_by_deviation(k, l, &l->out, &l->out, inner, (float)config_number(l, "epsilon", 1e-3)) &&
           build_reshape(k, l, "channels", &l->out, x.rank, x.dim) &&
           scale_and_shift(k, l, &l->out, axes, config_bool(l, "scale", true),
                           config_bool(l, "center", true));
}

// x / sqrt(max(sum(x^2), 1e-12)).
static bool unit_normalization(struct keras *k, struct keras_layer *l)
{
    struct value norm = l->in[0];
    unsigned axes;
    return axes_of(k, l, norm.rank, &axes) && build_unary(k, l, OP_SQUARE, "square", &norm) &&
           build_reduce(k, l, OP_SUM, "sum", &norm, axes, true) &&
           build_number(k, l, OP_MAXIMUM, "least", &norm, 1e-12f) &&
           build_unary(k, l, OP_RSQRT, "rsqrt", &norm) &&
           build_binary(k, l, OP_MUL, NULL, &l->in[0], &norm, &l->out);
}

const struct keras_entry keras_layers_norm[] = {
    {"LayerNormalization", layer_normalization, MASK_PASSED, false},
    {"RMSNormalization", rms_normalization, MASK_PASSED, false},
    {"GroupNormalization", group_normalization, MASK_USED, false},
    {"UnitNormalization", unit_normalization, MASK_PASSED, false},
    {NULL, NULL, MASK_DROPPED, false},
};
