// MultiHeadAttention, Attention, AdditiveAttention: products of matrices and a softmax.
#include "keras.h"
#include <math.h>
#include <string.h>

// Adds -1e9 (as Keras has it) to the scores (..., steps, values) of values behind the own step.
static bool causal(struct keras *k, struct keras_layer *l, struct value *scores)
{
    const int32_t dim[] = {scores->dim[scores->rank - 2], scores->dim[scores->rank - 1]};
    float *m = arena_new_n(k->scratch, (size_t)dim[0] * (size_t)dim[1], float);
    for (int32_t i = 0; i < dim[0]; i++)
        for (int32_t j = i + 1; j < dim[1]; j++) m[i * dim[1] + j] = -1e9f;
    return build_const(k, l, OP_ADD, "causal", scores, 2, dim, m);
}

static bool flag(const struct keras_layer *l, const char *name)
{
    const struct keras_arg *arg = call_arg(l, -2, name);
    return arg && arg->json && json_is_true(arg->json);
}

// Keywords that these layers have beside their inputs; masks are refused.
static bool masks_refused(struct keras *k, const struct keras_layer *l)
{
    static const char *const mask[] = {"attention_mask", "query_mask", "value_mask", "key_mask", "mask"};
    for (size_t i = 0; i < sizeof mask / sizeof *mask; i++) {
        const struct keras_arg *arg = call_arg(l, -2, mask[i]);
        if (arg && (arg->v || (arg->json && !json_is_null(arg->json))))
            return layer_fail(k, l, "it is called with %s=, which is not supported; train without masks",
                              mask[i]);
    }
    return true;
}

// Output 1 on request: the scores behind the softmax.
static void more_scores(struct keras *k, struct keras_layer *l, const struct value *scores)
{
    l->more = arena_copy(k->scratch, scores, sizeof *scores);
    l->nmore = 1;
}

// ---- MultiHeadAttention ----

// One of the projections: weights (from, heads, size) and bias (heads, size), or, of the output,
// (heads, size, to...) and (to...). In .h5 and .keras they have other names.
static bool project(struct keras *k, struct keras_layer *l, const char *part, const int32_t *dim, int rank,
                    int inner, float scale, struct value *v)
{
    struct keras_layer m = *l;
    m.sub = !strcmp(part, "output") ? "attention_output" : part;
    if (k->v3) {
        m.path = arena_printf(k->scratch, "%s/_%s_dense", l->path, part); // Keras 2
        if (!h5_data_find(k->h5, arena_printf(k->scratch, "%s/vars/0", m.path)))
            m.path = arena_printf(k->scratch, "%s/%s_dense", l->path, part);
    }
    m.name = arena_printf(k->a, "%s/%s", l->name, part);
    int64_t in = 1, units = 1;
    for (int i = 0; i < inner; i++) in *= dim[i];
    for (int i = inner; i < rank; i++) units *= dim[i];
    if (units > 1 << 20 || in > 1 << 20) return layer_fail(k, l, "its %s is too large", part);
    const float *w = keras_weight(k, &m, "kernel", 0, rank, dim), *b = NULL;
    if (!w || (config_bool(l, "use_bias", true) &&
               !(b = keras_weight(k, &m, "bias", 1, rank - inner, dim + inner))))
        return false;
    if (scale != 1) {
        float *ws = arena_new_n(k->scratch, (size_t)(in * units), float),
              *bs = arena_new_n(k->scratch, (size_t)units, float);
        for (int64_t i = 0; i < in * units; i++) ws[i] = w[i] * scale;
        for (int64_t i = 0; b && i < units; i++) bs[i] = b[i] * scale;
        w = ws;
        b = b ? bs : NULL;
    }
    return build_dense(k, &m, NULL, v, w, b, (int32_t)units);
}

// (1, steps, heads * size) -> (1, heads, steps, size), a relabelling.
static bool heads_apart(struct value *v, int32_t heads)
{
    const int32_t steps = v->dim[1], size = v->dim[2] / heads;
    if (!value_reshape(v, 4, (int32_t[]){1, steps, heads, size})) return false;
    value_transpose(v, (int[]){0, 2, 1, 3});
    return true;
}

// dims of the output behind the batch and the steps: output_shape, or the query's.
static int output_dims(struct keras *k, const struct keras_layer *l, int32_t own, int32_t *dim)
{
    const json_t *v = json_object_get(l->config, "output_shape");
    const int n = json_is_array(v) ? (int)json_array_size(v) : 1;
    if (n < 1 || n > 3) return layer_fail(k, l, "output_shape has %d entries", n), 0;
    dim[0] = own;
    for (int i = 0; v && !json_is_null(v) && i < n; i++)
        if (!keras_int(json_is_array(v) ? json_array_get(v, (size_t)i) : v, 1, &dim[i]))
            return layer_fail(k, l, "output_shape is not made of whole numbers"), 0;
    return n;
}

static bool multi_head_attention(struct keras *k, struct keras_layer *l)
{
    static const char *const role[] = {"query", "value", "key"};
    struct value in[3], scores, out;
    int32_t heads, size, value_size, dim[6] = {0};
    int n = 0;
    if (l->lead) return layer_fail(k, l, "inside of TimeDistributed it is not supported");
    for (int i = 0; i < 3; i++) {
        const struct keras_arg *arg = call_arg(l, i, role[i]);
        if (!arg && i < 2) return layer_fail(k, l, "it is called without %s", role[i]);
        if (arg && arg->v)
            in[i] = *arg->v;
        else if (arg && !json_is_null(arg->json))
            return layer_fail(k, l, "its %s is not an output of a layer", role[i]);
        else
            in[i] = in[1];
        if (!in[i].t || in[i].rank != 3)
            return layer_fail(k, l, "its %s has %d dimensions, want 3 (batch, steps, features)", role[i],
                              in[i].rank);
    }
    const json_t *axes = json_object_get(l->config, "attention_axes");
    const json_t *axis = json_is_array(axes) ? json_array_get(axes, 0) : axes;
    if (axes && !json_is_null(axes) &&
        (json_array_size(axes) > 1 || !json_is_integer(axis) || json_integer_value(axis) != 1))
        return layer_fail(k, l, "attention over other axes than 1 is not supported");
    if (config_bool(l, "use_gate", false) || json_is_integer(json_object_get(l->config, "sliding_window")))
        return layer_fail(k, l, "use_gate and sliding_window are not supported");
    if (!masks_refused(k, l) || !config_ints(k, l, "num_heads", 1, 1, 0, &heads) ||
        !config_ints(k, l, "key_dim", 1, 1, 0, &size) ||
        !config_ints(k, l, "value_dim", 1, 1, size, &value_size))
        return false;
    if (heads < 1 || size < 1 || heads > 1024 || size > 1 << 16 || value_size > 1 << 16)
        return layer_fail(k, l, "num_heads %d, key_dim %d, value_dim %d are not possible", heads, size,
                          value_size);
    if (in[1].dim[1] != in[2].dim[1])
        return layer_fail(k, l, "key and value have %d and %d steps", in[2].dim[1], in[1].dim[1]);
    const int32_t features = in[0].dim[2], steps = in[0].dim[1];
    for (int i = 0; i < 3; i++) // Keras divides the query by sqrt(key_dim); its weights do that here
        if (!project(k, l, role[i], (int32_t[]){in[i].dim[2], heads, i == 1 ? value_size : size}, 3, 1,
                     i ? 1 : 1 / sqrtf((float)size), &in[i]) ||
            !heads_apart(&in[i], heads))
            return false;
    if (!build_matmul(k, l, "scores", &in[0], &in[2], true, &scores) ||
        (flag(l, "use_causal_mask") && !causal(k, l, &scores)) ||
        !build_softmax(k, l, OP_SOFTMAX, &scores, 3) ||
        !build_matmul(k, l, "weighted", &scores, &in[1], false, &out))
        return false;
    value_transpose(&out, (int[]){0, 2, 1, 3});
    if (!build_reshape(k, l, "heads", &out, 3, (int32_t[]){1, steps, heads * value_size})) return false;
    dim[0] = heads;
    dim[1] = value_size;
    if (!(n = output_dims(k, l, features, dim + 2)) || !project(k, l, "output", dim, 2 + n, 2, 1, &out))
        return false;
    int32_t shape[6] = {1, steps};
    memcpy(shape + 2, dim + 2, (size_t)n * sizeof *dim);
    if (flag(l, "return_attention_scores")) more_scores(k, l, &scores);
    l->out = out;
    return build_reshape(k, l, NULL, &l->out, 2 + n, shape);
}

// ---- Attention, AdditiveAttention ----

// The sum over features of tanh(query + key), weighted: (1, steps, values).
static bool additive_scores(struct keras *k, struct keras_layer *l, const struct value *q,
                            const struct value *key, const float *before, const float *behind,
                            int32_t nbehind, struct value *scores)
{
    struct value a = *q, b = *key;
    if (!build_reshape(k, l, "query", &a, 4, (int32_t[]){1, q->dim[1], 1, q->dim[2]}) ||
        !build_reshape(k, l, "key", &b, 4, (int32_t[]){1, 1, key->dim[1], key->dim[2]}) ||
        !build_binary(k, l, OP_ADD, "sum", &a, &b, scores))
        return false;
    if (before && !build_number(k, l, OP_MUL, "scale", scores, *before)) return false;
    if (!build_unary(k, l, OP_TANH, "tanh", scores)) return false;
    if (behind && !build_const(k, l, OP_MUL, "weights", scores, 1, &nbehind, behind)) return false;
    return build_reduce(k, l, OP_SUM, "scores", scores, 1u << 3, false);
}

static bool attention(struct keras *k, struct keras_layer *l)
{
    const bool additive = !strcmp(l->type, "AdditiveAttention"),
               scaled = config_bool(l, "use_scale", additive),
               concat = !strcmp(config_text(l, "score_mode", "dot"), "concat");
    const float *scale = NULL, *weight = NULL;
    struct value scores;
    if (l->lead) return layer_fail(k, l, "inside of TimeDistributed it is not supported");
    if (l->nin < 2 || l->nin > 3)
        return layer_fail(k, l, "it has %d inputs, want [query, value, key]", l->nin);
    const struct value q = l->in[0], v = l->in[1], key = l->nin == 3 ? l->in[2] : v;
    if (q.rank != 3 || v.rank != 3 || key.rank != 3)
        return layer_fail(k, l, "its inputs have %d, %d and %d dimensions, want 3", q.rank, v.rank, key.rank);
    if (q.dim[2] != key.dim[2] || v.dim[1] != key.dim[1])
        return layer_fail(k, l, "its query, value and key do not fit each other");
    if (!masks_refused(k, l)) return false;
    const int32_t features = q.dim[2];
    if (scaled && !(scale = keras_weight(k, l, "scale", 0, additive, &features))) return false;
    if (concat && !additive && !(weight = keras_weight(k, l, "concat_score_weight", scaled, 0, NULL)))
        return false;
    if (additive || concat) {
        if (!additive_scores(k, l, &q, &key, additive ? NULL : scale, additive ? scale : weight,
                             additive ? features : 1, &scores))
            return false;
    } else if (!build_matmul(k, l, "scores", &q, &key, true, &scores) ||
               (scale && !build_number(k, l, OP_MUL, "scale", &scores, *scale)))
        return false;
    if ((flag(l, "use_causal_mask") || config_bool(l, "causal", false)) && !causal(k, l, &scores))
        return false;
    if (!build_softmax(k, l, OP_SOFTMAX, &scores, 2)) return false;
    if (flag(l, "return_attention_scores")) more_scores(k, l, &scores);
    return build_matmul(k, l, NULL, &scores, &v, false, &l->out);
}

const struct keras_entry keras_layers_attention[] = {
    {"MultiHeadAttention", multi_head_attention, MASK_USED, true},
    {"Attention", attention, MASK_USED, true},
    {"AdditiveAttention", attention, MASK_USED, true},
    {"EinsumDense", keras_einsum_dense, MASK_DROPPED, false},
    {NULL, NULL, MASK_DROPPED, false},
};
