// Layers that relabel, join or leave values as they are.
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
    if (value_reshape(&l->out, rank, dim)) return true;
    struct tensor *t = value_plain(k->g, k->a, x, k->e);
    if (!t) return layer_fail_in(k, l);
    struct node *n = layer_node(k, l, OP_RESHAPE, NULL, 1);
    n->in[0] = t;
    n->out[0] = tensor_new(k->a, n->name, F32, rank, dim);
    if (!(t = layer_done(k, l, n))) return false;
    value_set_plain(&l->out, t);
    return true;
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
    struct keras_layer m = *l;
    int32_t dim[] = {1, 1, l->in[0].dim[l->in[0].rank - 1]};
    if (l->in[0].rank != 2 || !view(k, &m, &l->in[0], 3, dim))
        return layer_fail(k, l, "its input is not a vector");
    struct tensor *t = value_plain(k->g, k->a, &m.out, k->e);
    if (!t) return layer_fail_in(k, l);
    struct node *c = layer_node(k, l, OP_CONCATENATION, NULL, n);
    for (int i = 0; i < n; i++) c->in[i] = t;
    c->as.axis.axis = 1;
    if (!(t = layer_done(k, l, c))) return false;
    value_set_plain(&l->out, t);
    return true;
}

// Two operands, broadcast; the one with the result's shape keeps its order in memory.
static bool merge_two(struct keras *k, struct keras_layer *l, enum op op, const char *suffix,
                      const struct value *a, const struct value *b, struct value *out)
{
    int32_t dim[VALUE_MAX_RANK];
    int order[GRAPH_MAX_RANK], n;
    if (a->rank != b->rank) return layer_fail(k, l, "its inputs have %d and %d dimensions", a->rank, b->rank);
    for (int d = 0; d < a->rank; d++) {
        if (a->dim[d] != b->dim[d] && a->dim[d] != 1 && b->dim[d] != 1)
            return layer_fail(k, l, "its inputs differ in dimension %d: %d and %d", d, a->dim[d], b->dim[d]);
        dim[d] = a->dim[d] > b->dim[d] ? a->dim[d] : b->dim[d];
    }
    bool a_whole = !memcmp(dim, a->dim, (size_t)a->rank * sizeof *dim),
         b_whole = !memcmp(dim, b->dim, (size_t)a->rank * sizeof *dim);
    const struct value *lead = a_whole ? a : b;
    struct tensor *t = NULL;
    if (a_whole || b_whole)
        t = value_view(k->g, k->a, lead, -1, order, &n, k->e);
    else {
        for (n = 0; n < a->rank; n++) order[n] = n;
        t = value_plain(k->g, k->a, lead, k->e);
    }
    struct tensor *other = t ? value_tensor(k->g, k->a, lead == a ? b : a, n, order, k->e) : NULL;
    if (!other) return layer_fail_in(k, l);
    struct node *m = layer_node(k, l, op, suffix, 2);
    m->in[0] = lead == a ? t : other;
    m->in[1] = lead == a ? other : t;
    if (!(t = layer_done(k, l, m))) return false;
    value_set(out, t, order, a->rank, dim);
    return true;
}

static bool merge(struct keras *k, struct keras_layer *l)
{
    enum op op = !strcmp(l->type, "Subtract") ? OP_SUB : !strcmp(l->type, "Multiply") ? OP_MUL : OP_ADD;
    if (l->nin < 2) return layer_fail(k, l, "it has one input");
    if (op == OP_SUB && l->nin != 2) return layer_fail(k, l, "it has %d inputs", l->nin);
    l->out = l->in[0];
    for (int i = 1; i < l->nin; i++) {
        struct value x = l->out;
        const char *suffix = i + 1 < l->nin ? arena_printf(k->a, "%d", i) : NULL;
        if (!merge_two(k, l, op, suffix, &x, &l->in[i], &l->out)) return false;
    }
    if (strcmp(l->type, "Average")) return true;
    float share = 1.0f / (float)l->nin;
    struct node *n = layer_node(k, l, OP_MUL, "share", 2);
    n->in[1] = tensor_const(k->a, n->name, F32, 1, (int32_t[]){1}, arena_copy(k->a, &share, sizeof share));
    return layer_unary(k, l, n, &l->out);
}

static bool concatenate(struct keras *k, struct keras_layer *l)
{
    const struct value *x = &l->in[0];
    int64_t axis =
        json_object_get(l->config, "axis") ? json_integer_value(json_object_get(l->config, "axis")) : -1;
    int order[GRAPH_MAX_RANK], n;
    if (axis < 0) axis += x->rank;
    if (axis < 1 || axis >= x->rank) return layer_fail(k, l, "its axis is not possible");
    int64_t sum = 0;
    for (int i = 0; i < l->nin; i++) {
        const struct value *v = &l->in[i];
        bool fits = v->rank == x->rank;
        for (int d = 0; fits && d < x->rank; d++) fits = d == axis || v->dim[d] == x->dim[d];
        if (!fits) return layer_fail(k, l, "its inputs do not fit each other");
        sum += v->dim[axis];
    }
    if (sum > 1 << 28) return layer_fail(k, l, "its output is too large");
    struct tensor *t = value_view(k->g, k->a, x, (int)axis, order, &n, k->e);
    struct tensor **part = arena_new_n(k->scratch, (size_t)l->nin, struct tensor *);
    for (int i = 0; i < l->nin && t; i++)
        t = part[i] = i ? value_tensor(k->g, k->a, &l->in[i], n, order, k->e) : t;
    if (!t) return layer_fail_in(k, l);
    struct node *m = layer_node(k, l, OP_CONCATENATION, NULL, l->nin);
    memcpy(m->in, part, (size_t)l->nin * sizeof *part);
    while (order[m->as.axis.axis] != axis) m->as.axis.axis++;
    if (!(t = layer_done(k, l, m))) return false;
    int32_t dim[VALUE_MAX_RANK];
    memcpy(dim, x->dim, sizeof dim);
    dim[axis] = (int32_t)sum;
    value_set(&l->out, t, order, x->rank, dim);
    return true;
}

const struct keras_entry keras_layers_shape[] = {
    {"Flatten", flatten},
    {"Reshape", reshape},
    {"Permute", permute},
    {"RepeatVector", repeat_vector},
    {"Dropout", dropout},
    {"SpatialDropout1D", dropout},
    {"SpatialDropout2D", dropout},
    {"GaussianNoise", dropout},
    {"GaussianDropout", dropout},
    {"AlphaDropout", dropout},
    {"ActivityRegularization", identity},
    {"Add", merge},
    {"Subtract", merge},
    {"Multiply", merge},
    {"Average", merge},
    {"Concatenate", concatenate},
    {NULL, NULL},
};
