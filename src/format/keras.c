// The Keras reader: what layers are made of. Config and weights are read directly; no converter of Keras is
// involved.
#include "keras.h"
#include <string.h>

bool layer_fail(struct keras *k, const struct keras_layer *l, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fail(k->e, "%s", arena_vprintf(k->scratch, fmt, ap));
    va_end(ap);
    return layer_fail_in(k, l);
}

bool layer_fail_in(struct keras *k, const struct keras_layer *l)
{
    return fail_in(k->e, "layer %s (%s)", l->name, l->type);
}

// ---- config ----

const char *config_text(const struct keras_layer *l, const char *key, const char *otherwise)
{
    const char *s = json_string_value(json_object_get(l->config, key));
    return s ? s : otherwise;
}

bool config_bool(const struct keras_layer *l, const char *key, bool otherwise)
{
    const json_t *v = json_object_get(l->config, key);
    return json_is_boolean(v) ? json_is_true(v) : otherwise;
}

double config_number(const struct keras_layer *l, const char *key, double otherwise)
{
    const json_t *v = json_object_get(l->config, key);
    if (json_is_object(v))
        v = json_object_get(v, "value"); // LeakyReLU's alpha of some versions is an array in an object
    return json_is_number(v) ? json_number_value(v) : otherwise;
}

bool keras_int(const json_t *v, int32_t least, int32_t *out)
{
    if (!json_is_integer(v) || json_integer_value(v) < least || json_integer_value(v) > 1 << 24) return false;
    *out = (int32_t)json_integer_value(v);
    return true;
}

bool config_ints(struct keras *k, const struct keras_layer *l, const char *key, int n, int32_t least,
                 int32_t otherwise, int32_t *out)
{
    const json_t *v = json_object_get(l->config, key);
    bool list = json_is_array(v), absent = !v || json_is_null(v);
    if (list && (int)json_array_size(v) != n)
        return layer_fail(k, l, "%s has %zu entries, want %d", key, json_array_size(v), n);
    for (int i = 0; i < n; i++)
        if (absent)
            out[i] = otherwise;
        else if (!keras_int(list ? json_array_get(v, (size_t)i) : v, least, &out[i]))
            return layer_fail(k, l, "%s is not a whole number of at least %d", key, least);
    return true;
}

bool channels_first(const struct keras_layer *l)
{
    return !strcmp(config_text(l, "data_format", "channels_last"), "channels_first");
}

// ---- nodes ----

struct node *layer_node(struct keras *k, const struct keras_layer *l, enum op op, const char *suffix, int nin)
{
    const char *name = suffix ? arena_printf(k->a, "%s/%s", l->name, suffix) : arena_strdup(k->a, l->name);
    return graph_add(k->g, k->a, op, name, nin, 1);
}

struct tensor *layer_done(struct keras *k, const struct keras_layer *l, struct node *n)
{
    struct tensor *t = graph_apply(k->g, k->a, n, k->e);
    if (t && !tensor_check(t, k->e)) t = NULL;
    if (!t) layer_fail_in(k, l);
    return t;
}

void layer_set(struct value *v, struct tensor *t, const int *axis, int rank)
{
    int32_t dim[VALUE_MAX_RANK];
    for (int d = 0; d < rank; d++) dim[d] = 1;
    for (int i = 0; i < t->rank; i++)
        if (axis[i] >= 0) dim[axis[i]] = t->dim[i];
    value_set(v, t, axis, rank, dim);
}

bool layer_unary(struct keras *k, const struct keras_layer *l, struct node *n, struct value *v)
{
    n->in[0] = v->t;
    return (v->t = layer_done(k, l, n)) != NULL;
}

static bool softmax_last(struct keras *k, const struct keras_layer *l, struct value *v)
{
    int order[GRAPH_MAX_RANK], n, last = v->rank - 1, m = 0;
    struct tensor *t = value_view(k->g, k->a, v, last, order, &n, k->e);
    if (t && order[n - 1] != last) {
        for (int i = 0; i < n; i++)
            if (order[i] != last) order[m++] = order[i];
        order[m] = last;
        t = value_tensor(k->g, k->a, v, n, order, k->e);
    }
    if (!t) return layer_fail_in(k, l);
    value_set(v, t, order, v->rank, v->dim);
    struct node *s = layer_node(k, l, OP_SOFTMAX, "softmax", 1);
    s->as.softmax.beta = 1;
    return layer_unary(k, l, s, v);
}

bool layer_activation(struct keras *k, const struct keras_layer *l, const json_t *act, struct value *v)
{
    static const struct {
        const char *name;
        enum op op;
        float alpha;
    } known[] = {{"relu", OP_RELU, 0},        {"relu6", OP_RELU6, 0},
                 {"elu", OP_ELU, 1},          {"leaky_relu", OP_LEAKY_RELU, 0.2f},
                 {"sigmoid", OP_LOGISTIC, 0}, {"tanh", OP_TANH, 0},
                 {NULL, OP_COUNT, 0}};
    if (!act || json_is_null(act)) return true;
    const char *name = json_string_value(act);
    if (!name) { // an object: a function by name in "config", or a layer by its class
        name = json_string_value(json_object_get(act, "config"));
        const char *type = json_string_value(json_object_get(act, "class_name"));
        if (!name)
            name = type && !strcmp(type, "ReLU")      ? "relu"
                   : type && !strcmp(type, "Softmax") ? "softmax"
                                                      : type;
    }
    if (!name) return layer_fail(k, l, "its activation is not a name; custom functions are not supported");
    if (!strcmp(name, "linear")) return true;
    if (!strcmp(name, "softmax")) return softmax_last(k, l, v);
    for (int i = 0; known[i].name; i++) {
        if (strcmp(known[i].name, name)) continue;
        struct node *n = layer_node(k, l, known[i].op, name, 1);
        if (known[i].alpha) n->as.alpha.alpha = known[i].alpha;
        return layer_unary(k, l, n, v);
    }
    return layer_fail(
        k, l, "activation %s is not supported; use relu, relu6, elu, leaky_relu, sigmoid, tanh or softmax",
        name);
}

// ---- one layer ----

static bool time_distributed(struct keras *k, struct keras_layer *l)
{
    const json_t *inner = json_object_get(l->config, "layer");
    struct keras_layer m = *l;
    m.type = json_string_value(json_object_get(inner, "class_name"));
    m.config = json_object_get(inner, "config");
    m.lead = 1;
    if (k->v3) m.path = arena_printf(k->scratch, "%s/layer", l->path);
    if (!m.type || !m.config || l->lead)
        return layer_fail(k, l, "what it repeats is not a layer that can be read");
    if (!keras_layer_call(k, &m)) return fail_in(k->e, "layer %s", l->name);
    l->out = m.out;
    return true;
}

static bool refuse(struct keras *k, const struct keras_layer *l)
{
    static const char *const recurrent[] = {"RNN", "ConvLSTM1D", "ConvLSTM2D", "CuDNNLSTM", "CuDNNGRU", NULL};
    for (int i = 0; recurrent[i]; i++)
        if (!strcmp(l->type, recurrent[i]))
            return layer_fail(k, l, "this recurrent layer is not supported; use LSTM, GRU or SimpleRNN");
    return layer_fail(
        k, l, "this layer is not supported; replace it, or convert the model to .tflite and give that");
}

bool keras_layer_call(struct keras *k, struct keras_layer *l)
{
    static const struct keras_entry *const tables[] = {keras_layers_conv, keras_layers_dense,
                                                       keras_layers_shape, keras_layers_recurrent};
    if (++k->calls > KERAS_MAX_CALLS)
        return layer_fail(k, l, "more than %d calls of layers", KERAS_MAX_CALLS);
    if (!l->nin) return layer_fail(k, l, "it has no input");
    if (!strcmp(l->type, "TimeDistributed")) return time_distributed(k, l);
    if (!strcmp(l->type, "Sequential") || !strcmp(l->type, "Functional") || !strcmp(l->type, "Model"))
        return l->lead ? layer_fail(k, l, "a model inside of TimeDistributed is not supported")
                       : keras_model_call(k, l);
    for (int t = 0; t < 4; t++)
        for (const struct keras_entry *p = tables[t]; p->type; p++)
            if (!strcmp(p->type, l->type)) {
                for (int i = 0; i < l->nin; i++)
                    if (l->in[i].rank < 2 + l->lead)
                        return layer_fail(k, l, "its input has %d dimensions", l->in[i].rank);
                return p->call(k, l);
            }
    return refuse(k, l);
}
