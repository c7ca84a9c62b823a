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
            return layer_fail(k, l, "%s is not a whole number of at least %d and at most %d", key, least,
                              1 << 24);
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

const struct keras_arg *call_arg(const struct keras_layer *l, int place, const char *name)
{
    for (int i = 0; i < l->narg; i++)
        if (l->arg[i].name ? name && !strcmp(l->arg[i].name, name) : l->arg[i].place == place)
            return &l->arg[i];
    return NULL;
}

bool keras_is_3(const struct keras *k)
{
    const struct h5_text *version = h5_text_find(k->h5, "", "keras_version");
    return version && version->n && version->v[0][0] == '3';
}

// ---- one layer ----

static bool time_distributed(struct keras *k, struct keras_layer *l)
{
    const json_t *inner = json_object_get(l->config, "layer");
    struct keras_layer m = *l;
    m.type = json_string_value(json_object_get(inner, "class_name"));
    m.module = json_string_value(json_object_get(inner, "module"));
    m.config = json_object_get(inner, "config");
    m.lead = 1;
    m.function = false;
    if (k->v3) m.path = arena_printf(k->scratch, "%s/layer", l->path);
    if (!m.type || !m.config || l->lead)
        return layer_fail(k, l, "what it repeats is not a layer that can be read");
    if (!keras_layer_check(k, &m, json_object_get(inner, "registered_name")) || !keras_layer_call(k, &m))
        return fail_in(k->e, "layer %s", l->name);
    l->out = m.out;
    return true;
}

// Why a type that Keras has is not read, and what to do.
static bool refuse(struct keras *k, const struct keras_layer *l)
{
    static const struct {
        const char *type, *why;
    } known[] = {
        {"ConvLSTM1D", "this recurrent layer is not supported; use LSTM, GRU or SimpleRNN"},
        {"ConvLSTM2D", "this recurrent layer is not supported; use LSTM, GRU or SimpleRNN"},
        {"CuDNNLSTM", "this recurrent layer is not supported; load it in Keras and save it with LSTM"},
        {"CuDNNGRU", "this recurrent layer is not supported; load it in Keras and save it with GRU"},
        {"Lambda", "it holds Python code, which cannot be read; write it with layers (Rescaling, Permute, "
                   "Reshape ...) or with keras.ops, or convert the model to .tflite and give that"},
        {"TensorFlowOpLayer", "an operation of TensorFlow in an old form; load and save the model with "
                              "TensorFlow 2.5 or later"},
        {"Embedding", "it looks up whole numbers (words, categories); inputs here are samples of sensors"},
        {"LocallyConnected1D", "weights of its own for each place are not supported; use Conv1D"},
        {"Conv1DTranspose", "transposed convolutions are not supported; use UpSampling1D and Conv1D"},
        {"Conv2DTranspose", "transposed convolutions are not supported; use UpSampling2D and Conv2D"},
        {"GroupQueryAttention", "it is not supported; use MultiHeadAttention"},
        {"GroupedQueryAttention", "it is not supported; use MultiHeadAttention"},
        {"TFSMLayer", "it holds a TensorFlow SavedModel; convert that to .tflite and give that"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!strcmp(l->type, known[i].type)) return layer_fail(k, l, "%s", known[i].why);
    return layer_fail(
        k, l, "this layer is not supported; replace it, or convert the model to .tflite and give that");
}

// A class of the user's own, also when it is called like one of Keras.
static bool is_custom(const struct keras_layer *l, const json_t *registered)
{
    static const char *const own[] = {"keras", "tf_keras", "tensorflow", "builtins"};
    for (size_t i = 0; l->module && i < sizeof own / sizeof *own; i++) {
        const size_t n = strlen(own[i]);
        if (!strncmp(l->module, own[i], n) && (!l->module[n] || l->module[n] == '.')) return false;
    }
    const char *name = json_string_value(registered);
    return l->module != NULL || strchr(l->type, '>') || (name && strchr(name, '>'));
}

bool keras_layer_check(struct keras *k, const struct keras_layer *l, const json_t *registered)
{
    const json_t *dtype = json_object_get(l->config, "dtype");
    const char *policy = json_string_value(json_object_get(dtype, "class_name"));
    if (is_custom(l, registered))
        return layer_fail(k, l,
                          "a layer of your own (%s) holds Python code, which cannot be read; build the "
                          "model of Keras's layers, or convert it to .tflite and give that",
                          l->module ? l->module : l->type);
    if ((policy && strstr(policy, "Quantized")) ||
        json_is_object(json_object_get(l->config, "quantization_config")))
        return layer_fail(k, l, "Keras quantised it; save the model before quantize(), wearlite quantises");
    if (json_object_get(l->config, "nb_filter") || json_object_get(l->config, "output_dim"))
        if (!json_object_get(l->config, "filters") && !json_object_get(l->config, "units") &&
            strcmp(l->type, "Embedding"))
            return layer_fail(k, l, "a file of Keras 1; load and save it with Keras 2");
    return true;
}

// Keras gives masks on, or layers use them or drop them. Nothing here knows how to leave samples out.
static bool mask_check(struct keras *k, struct keras_layer *l, const struct keras_entry *p)
{
    const char *mask = NULL;
    for (int i = 0; i < l->narg; i++)
        if (l->arg[i].v && l->arg[i].mask) mask = l->arg[i].mask;
    if (mask && p->mask == MASK_USED)
        return layer_fail(k, l,
                          "it leaves out the samples that layer %s (Masking) masks, which is not "
                          "supported; train with windows of one length, without Masking",
                          mask);
    l->mask = mask && p->mask == MASK_PASSED ? mask : NULL;
    return true;
}

// Outputs given by keyword to a layer that has no use for them.
static bool keywords_check(struct keras *k, const struct keras_layer *l)
{
    for (int i = 0; i < l->narg; i++)
        if (l->arg[i].name && l->arg[i].v && strcmp(l->arg[i].name, "inputs"))
            return layer_fail(k, l,
                              "it is called with %s=, an output of another layer, which is not supported",
                              l->arg[i].name);
    return true;
}

// What became of the layer, for inspect: layers that leave nothing behind, or several operators.
static void note(struct keras *k, const struct keras_layer *l, int first)
{
    char ops[160];
    note_list_ops(ops, sizeof ops, k->g, first);
    if (k->g->nnode == first)
        graph_note(k->g, k->a, "%.100s %.200s: needs no operator", l->type, l->name);
    else if (k->g->nnode > first + 1)
        graph_note(k->g, k->a, "%.100s %.200s became %s", l->type, l->name, ops);
}

bool keras_layer_call(struct keras *k, struct keras_layer *l)
{
    static const struct keras_entry *const tables[] = {
        keras_layers_conv,  keras_layers_dense,     keras_layers_norm,     keras_layers_shape,
        keras_layers_merge, keras_layers_attention, keras_layers_recurrent};
    static const struct keras_entry repeated = {"TimeDistributed", time_distributed, MASK_USED, false};
    if (++k->calls > KERAS_MAX_CALLS)
        return layer_fail(k, l, "more than %d calls of layers", KERAS_MAX_CALLS);
    if (l->function) return keras_function_call(k, l);
    if (!l->nin && !l->narg) return layer_fail(k, l, "it has no input");
    if (!strcmp(l->type, "Sequential") || !strcmp(l->type, "Functional") || !strcmp(l->type, "Model"))
        return mask_check(k, l, &repeated) && keras_model_call(k, l);
    const struct keras_entry *entry = strcmp(l->type, "TimeDistributed") ? NULL : &repeated;
    for (size_t t = 0; !entry && t < sizeof tables / sizeof *tables; t++)
        for (const struct keras_entry *p = tables[t]; !entry && p->type; p++)
            if (!strcmp(p->type, l->type)) entry = p;
    if (!entry) return refuse(k, l);
    if (!mask_check(k, l, entry) || (!entry->keywords && !keywords_check(k, l))) return false;
    if (!l->nin && !entry->keywords) return layer_fail(k, l, "it has no input");
    for (int i = 0; i < l->nin; i++) {
        if (value_is_const(&l->in[i]) || !l->in[i].t)
            return layer_fail(k, l, "one of its inputs is not computed by a layer");
        if (l->in[i].rank < 2 + l->lead)
            return layer_fail(k, l, "its input has %d dimensions", l->in[i].rank);
    }
    const int first = k->g->nnode;
    if (!entry->call(k, l)) return false;
    if (k->a->bytes > k->most_bytes)
        return layer_fail(
            k, l,
            "up to here the network takes %zu times the memory of its weights, as the same layers are "
            "called many times; call them less often",
            (size_t)KERAS_PER_BYTE);
    note(k, l, first);
    return true;
}
