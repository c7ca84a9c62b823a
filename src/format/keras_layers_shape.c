// Layers that relabel, repeat or leave values as they are.
#include "keras.h"
#include <string.h>

static bool identity(struct keras *k, struct keras_layer *l)
{
    (void)k;
    l->out = l->in[0];
    return true;
}

// Trained with noise or dropped values; at inference the identity.
static bool dropout(struct keras *k, struct keras_layer *l)
{
    return identity(k, l);
}

static bool view(struct keras *k, struct keras_layer *l, const struct value *x, int rank, const int32_t *dim)
{
    l->out = *x;
    return build_reshape(k, l, NULL, &l->out, rank, dim);
}

static bool flatten(struct keras *k, struct keras_layer *l)
{
    struct value x = l->in[0];
    int keep = 1 + l->lead, perm[VALUE_MAX_RANK], n = 0;
    if (channels_first(l) && x.rank > keep + 1) { // Keras flattens with channels last whatever the format is
        for (int d = 0; d < x.rank; d++)
            if (d != keep) perm[n++] = d;
        perm[n] = keep;
        value_transpose(&x, perm);
    }
    int32_t dim[3] = {1, 1, 1};
    for (int d = 0; d < x.rank; d++) dim[d < keep ? d : keep] *= x.dim[d];
    return view(k, l, &x, keep + 1, dim);
}

static bool reshape(struct keras *k, struct keras_layer *l)
{
    const json_t *target = json_object_get(l->config, "target_shape");
    int rank = 1 + l->lead, unknown = -1;
    int64_t dim[VALUE_MAX_RANK] = {1}, known = 1, count = 1;
    int32_t out[VALUE_MAX_RANK];
    const struct value *x = &l->in[0];
    if (l->lead) dim[1] = x->dim[1];
    for (int d = 1 + l->lead; d < x->rank; d++) count *= x->dim[d];
    if (!json_is_array(target) || (int)json_array_size(target) + rank > GRAPH_MAX_RANK)
        return layer_fail(k, l, "target_shape is missing or has more than %d dimensions",
                          GRAPH_MAX_RANK - rank);
    for (size_t i = 0; i < json_array_size(target); i++, rank++) {
        int64_t v = json_integer_value(json_array_get(target, i));
        if (v == -1 && unknown < 0)
            unknown = rank;
        else if (v < 1 || v > INT32_MAX || (known *= v) > INT32_MAX)
            return layer_fail(k, l, "target_shape has %lld in it", (long long)v);
        dim[rank] = v;
    }
    if (unknown >= 0) dim[unknown] = count % known ? 0 : count / known;
    if (unknown >= 0 ? count % known != 0 : known != count)
        return layer_fail(k, l, "%lld numbers do not fit target_shape", (long long)count);
    for (int i = 0; i < rank; i++) out[i] = (int32_t)dim[i];
    return view(k, l, x, rank, out);
}

static bool permute(struct keras *k, struct keras_layer *l)
{
    int32_t dims[VALUE_MAX_RANK];
    int perm[VALUE_MAX_RANK] = {0}, from = l->lead;
    const struct value *x = &l->in[0];
    int n = x->rank - 1 - from;
    unsigned seen = 0;
    if (!config_ints(k, l, "dims", n, 1, 0, dims)) return false;
    for (int d = 0; d <= from; d++) perm[d] = d;
    for (int i = 0; i < n; i++) {
        if (dims[i] < 1 || dims[i] > n || seen & 1u << dims[i])
            return layer_fail(k, l, "dims is not a permutation");
        seen |= 1u << dims[i];
        perm[1 + from + i] = dims[i] + from;
    }
    l->out = *x;
    value_transpose(&l->out, perm);
    return true;
}

static bool repeat_vector(struct keras *k, struct keras_layer *l)
{
    int32_t n;
    if (!config_ints(k, l, "n", 1, 1, 0, &n)) return false;
    if (n > 4096 || n < 1) return layer_fail(k, l, "repeats %d times", n);
    struct value v = l->in[0];
    if (v.rank != 2) return layer_fail(k, l, "its input is not a vector");
    l->out = v;
    return build_reshape(k, l, "step", &l->out, 3, (int32_t[]){1, 1, v.dim[1]}) &&
           build_repeat(k, l, NULL, &l->out, 1, n);
}

// Masking: a sample whose channels all equal mask_value becomes zeros; later layers leave it out, which those
// that would refuse to (keras_layer_call).
static bool masking(struct keras *k, struct keras_layer *l)
{
    struct value on = l->in[0];
    l->mask = l->name;
    if (!build_number(k, l, OP_NOT_EQUAL, "differs", &on, (float)config_number(l, "mask_value", 0)))
        return false;
    struct node *cast = layer_node(k, l, OP_CAST, "cast", 1);
    cast->out[0] = tensor_new(k->a, cast->name, F32, on.t->rank, on.t->dim);
    return layer_unary(k, l, cast, &on) &&
           build_reduce(k, l, OP_REDUCE_MAX, "any", &on, 1u << (on.rank - 1), true) &&
           build_binary(k, l, OP_MUL, NULL, &l->in[0], &on, &l->out);
}

// Every step (1-D), or every row and column, several times.
static bool up_sampling(struct keras *k, struct keras_layer *l)
{
    const bool two = strstr(l->type, "2D") != NULL;
    int32_t size[2] = {1, 1};
    struct value x = l->in[0];
    if (l->lead || x.rank != 3 + two) return layer_fail(k, l, "its input has %d dimensions", x.rank);
    if (channels_first(l)) return layer_fail(k, l, "channels_first is not supported");
    if (strcmp(config_text(l, "interpolation", "nearest"), "nearest"))
        return layer_fail(k, l, "only interpolation=\"nearest\" is supported");
    if (!config_ints(k, l, "size", two ? 2 : 1, 1, 2, size)) return false;
    for (int i = 0; i < 1 + two; i++) {
        if (size[i] > 64) return layer_fail(k, l, "repeats %d times", size[i]);
        int32_t dim[VALUE_MAX_RANK];
        int n = 0;
        for (int d = 0; d < x.rank; d++) {
            dim[n++] = x.dim[d];
            if (d == 1 + i) dim[n++] = 1;
        }
        if (!build_reshape(k, l, "steps", &x, n, dim) ||
            !build_repeat(k, l, two && !i ? "rows" : NULL, &x, 2 + i, size[i]))
            return false;
        memcpy(dim, l->in[0].dim, sizeof dim);
        for (int j = 0; j <= i; j++) dim[1 + j] *= size[j];
        if (!build_reshape(k, l, "repeated", &x, l->in[0].rank, dim)) return false;
    }
    l->out = x;
    return true;
}

const struct keras_entry keras_layers_shape[] = {
    {"Flatten", flatten, MASK_DROPPED, false},
    {"Reshape", reshape, MASK_DROPPED, false},
    {"Permute", permute, MASK_DROPPED, false},
    {"RepeatVector", repeat_vector, MASK_DROPPED, false},
    {"UpSampling1D", up_sampling, MASK_DROPPED, false},
    {"UpSampling2D", up_sampling, MASK_DROPPED, false},
    {"Masking", masking, MASK_USED, false},
    {"Identity", identity, MASK_PASSED, false},
    {"Dropout", dropout, MASK_PASSED, false},
    {"SpatialDropout1D", dropout, MASK_PASSED, false},
    {"SpatialDropout2D", dropout, MASK_PASSED, false},
    {"SpatialDropout3D", dropout, MASK_PASSED, false},
    {"GaussianNoise", dropout, MASK_PASSED, false},
    {"GaussianDropout", dropout, MASK_PASSED, false},
    {"AlphaDropout", dropout, MASK_PASSED, false},
    {"ActivityRegularization", identity, MASK_PASSED, false},
    {NULL, NULL, MASK_DROPPED, false},
};
