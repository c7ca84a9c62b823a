// Walks the config of a Sequential or Functional model, calls each layer on its inputs, and makes the graph.
#include "keras_model.h"
#include "format.h"
#include <string.h>

void model_done(struct model *m, const char *layer, int call, int out, const struct value *v,
                const char *mask)
{
    m->done = arena_grow(m->k->scratch, m->done, m->ndone, &m->cap, sizeof *m->done);
    m->done[m->ndone++] = (struct called){layer, call, out, *v, mask};
}

const struct called *model_find(const struct model *m, const char *layer, int call, int out)
{
    for (int i = 0; i < m->ndone; i++)
        if (m->done[i].call == call && m->done[i].out == out && !strcmp(m->done[i].layer, layer))
            return &m->done[i];
    return NULL;
}

// keras.ops of Keras 3, which .h5 files list like layers of the same names: only layers have a dtype.
static bool is_function(const struct keras *k, const struct keras_layer *l)
{
    if (!strcmp(l->type, "TFOpLambda") || !strcmp(l->type, "SlicingOpLambda")) return true;
    if (l->module) return !strncmp(l->module, "keras.src.ops", 13) || !strncmp(l->module, "keras.ops", 9);
    return keras_is_3(k) && !json_object_get(l->config, "dtype") &&
           !json_object_get(l->config, "trainable") && !json_object_get(l->config, "layers");
}

// Fills in name, type, config and where the weights are. used: how often each type was seen in this model.
bool model_open_layer(struct model *m, const json_t *p, const json_t *layers, size_t index,
                      struct keras_layer *l)
{
    struct keras *k = m->k;
    *l = (struct keras_layer){.type = text(p, "class_name"),
                              .module = text(p, "module"),
                              .config = json_object_get(p, "config"),
                              .lead = m->self ? m->self->lead : 0};
    l->name = text(l->config, "name");
    if (!l->name) l->name = text(p, "name");
    if (!l->type || !json_is_object(l->config))
        return fail(k->e, "layer %zu has no class or config; the file is damaged", index);
    if (!l->name) l->name = l->type;
    l->function = is_function(k, l);
    if (!keras_layer_check(k, l, json_object_get(p, "registered_name"))) return false;
    if (k->v3) { // Keras 3 numbers the layers of a type
        int nth = 0;
        char *snake = keras_snake_case(k->scratch, l->type);
        for (size_t i = 0; i < index; i++) {
            const char *type = text(json_array_get(layers, i), "class_name");
            nth += type && !strcmp(type, l->type);
        }
        const char *in = m->self ? arena_printf(k->scratch, "%s/", m->self->path) : "";
        const char *name = nth ? arena_printf(k->scratch, "%s_%d", snake, nth) : snake;
        static const char *const list[] = {"layers",
                                           "_layer_checkpoint_dependencies"}; // Keras 3; the last of Keras 2
        l->path = arena_printf(k->scratch, "%s%s/%s", in, list[0], name);
        const char *old = arena_printf(k->scratch, "%s%s/", in, list[1]);
        for (int i = 0; i < k->h5->ndata; i++)
            if (!strncmp(k->h5->data[i].path, old, strlen(old))) {
                l->path = arena_printf(k->scratch, "%s%s", old, name);
                break;
            }
    } else if (m->self) {
        l->path = m->self->path;
        l->part = l->name;
    } else
        l->path = arena_printf(k->scratch, "model_weights/%s", l->name);
    return true;
}

bool model_input(struct keras *k, const struct keras_layer *l, const json_t *shape, struct value *v)
{
    const char *type = config_text(l, "dtype", "float32");
    int rank = (int)json_array_size(shape);
    int32_t dim[GRAPH_MAX_RANK];
    if (strncmp(type, "float", 5))
        return layer_fail(k, l, "the input is %s; only inputs of floats are supported", type);
    if (config_bool(l, "sparse", false) || config_bool(l, "ragged", false))
        return layer_fail(k, l, "a sparse or ragged input is not supported; use windows of one length");
    if (rank < 2 || rank > GRAPH_MAX_RANK)
        return layer_fail(
            k, l,
            "the input's shape is not in the config, or has %d dimensions; save the model after it was "
            "built",
            rank);
    const json_t *batch = json_array_get(shape, 0);
    if (json_is_integer(batch) && json_integer_value(batch) > 1)
        k->batch = (int)(json_integer_value(batch) < INT32_MAX ? json_integer_value(batch) : INT32_MAX);
    dim[0] = 1;
    for (int i = 1; i < rank; i++)
        if (!keras_int(json_array_get(shape, (size_t)i), 1, &dim[i]))
            return layer_fail(k, l,
                              "dimension %d of the input has no fixed size, or an absurd one; build the "
                              "model with a fixed window length",
                              i);
    value_set_plain(v, tensor_new(k->a, arena_strdup(k->a, l->name), F32, rank, dim));
    if (!tensor_check(v->t, k->e)) return layer_fail_in(k, l);
    k->g->in[k->g->nin++] = v->t;
    return true;
}

const json_t *model_input_shape(const json_t *config)
{
    const json_t *s = json_object_get(config, "batch_shape");
    if (!s) s = json_object_get(config, "batch_input_shape");
    return s;
}

static bool sequential_call(struct model *m, const json_t *config, struct output *out)
{
    struct keras *k = m->k;
    const json_t *layers = json_is_array(config) ? config : json_object_get(config, "layers");
    bool have = m->self != NULL;
    struct value *v = &out->v;
    out->mask = NULL;
    if (have && (m->self->nin != 1 || !m->self->in[0].t))
        return layer_fail(k, m->self, "has one input and is given %d", m->self->nin);
    if (have) *v = m->self->in[0];
    for (size_t i = 0; i < json_array_size(layers); i++) {
        struct keras_layer l;
        if (!model_open_layer(m, json_array_get(layers, i), layers, i, &l)) return false;
        bool input = !strcmp(l.type, "InputLayer");
        if (!have) { // an input layer, or the first layer knows the shape, or the whole model does
            const json_t *shape = model_input_shape(l.config);
            if (!shape) shape = json_object_get(config, "build_input_shape");
            k->g->in = arena_new(k->a, struct tensor *);
            if (!model_input(k, &l, shape, v)) return false;
            if (!input) v->t->name = "input";
            have = true;
        }
        if (input) continue;
        l.in = arena_copy(k->scratch, v, sizeof *v);
        l.nin = 1;
        struct keras_arg arg = {.v = l.in, .mask = out->mask};
        l.arg = arena_copy(k->scratch, &arg, sizeof arg);
        l.narg = 1;
        if (!keras_layer_call(k, &l)) return false;
        if (l.nmore) return layer_fail(k, &l, "it has several outputs, which a Sequential model cannot have");
        *v = l.out;
        out->mask = l.mask;
    }
    return have || fail(k->e, "the model has no layers");
}

enum { MAX_OUTPUTS = 64 };

static bool model_call(struct model *m, const char *type, const json_t *config, struct output *out, int most,
                       int *nout)
{
    const json_t *layers = json_is_array(config) ? config : json_object_get(config, "layers");
    if (!json_is_array(layers) || json_array_size(layers) > MAX_LAYERS)
        return fail(m->k->e,
                    "a %s without layers, or with more than %d; subclassed models cannot be read, convert "
                    "the model to "
                    ".tflite and give that",
                    type, MAX_LAYERS);
    *nout = 1;
    if (!strcmp(type, "Sequential")) return sequential_call(m, config, out);
    if (!strcmp(type, "Functional") || !strcmp(type, "Model"))
        return model_call_functional(m, config, out, most, nout);
    return fail(m->k->e,
                "a model of class %s cannot be read, only Sequential and Functional; convert it to .tflite",
                type);
}

bool keras_model_call(struct keras *k, struct keras_layer *l)
{
    struct model m = {.k = k, .self = l};
    struct output *out = arena_new_n(k->scratch, MAX_OUTPUTS, struct output);
    int nout;
    if (!model_call(&m, l->type, l->config, out, MAX_OUTPUTS, &nout))
        return fail_in(k->e, "model %s", l->name);
    l->out = out[0].v;
    l->mask = out[0].mask;
    l->nmore = nout - 1;
    l->more = arena_new_n(k->scratch, (size_t)nout, struct value);
    for (int i = 1; i < nout; i++) l->more[i - 1] = out[i].v;
    return true;
}

static bool model_read(struct keras *k, const json_t *root)
{
    struct output *out = arena_new_n(k->scratch, MAX_OUTPUTS, struct output);
    struct model m = {.k = k};
    const char *type = text(root, "class_name");
    const json_t *config = json_object_get(root, "config");
    int n;
    if (!type || !config) return fail(k->e, "the config names no model; the file is damaged");
    k->g->name = arena_strdup(k->a, text(config, "name") ? text(config, "name") : "model");
    if (!model_call(&m, type, config, out, MAX_OUTPUTS, &n)) return false;
    k->g->out = arena_new_n(k->a, (size_t)n, struct tensor *);
    for (int i = 0; i < n; i++)
        if (!(k->g->out[k->g->nout++] = value_plain(k->g, k->a, &out[i].v, k->e))) return false;
    graph_drop_dead(k->g);
    return true;
}

struct graph *keras_read(const json_t *root, const struct h5 *h5, bool v3, struct arena *a,
                         struct arena *scratch, struct err *e)
{
    struct keras k = {.g = graph_new(a, "model"),
                      .a = a,
                      .scratch = scratch,
                      .e = e,
                      .h5 = h5,
                      .v3 = v3,
                      .most_bytes = a->bytes + KERAS_PER_BYTE * scratch->bytes + KERAS_ROOM};
    return model_read(&k, root) ? k.g : NULL;
}

static struct graph *read_format(struct span bytes, struct arena *a, struct err *e)
{
    struct arena scratch = {0};
    json_t *root = NULL;
    bool v3;
    const struct h5 *h5 = keras_open(bytes, &root, &v3, &scratch, e);
    struct graph *g = h5 ? keras_read(root, h5, v3, a, &scratch, e) : NULL;
    json_decref(root);
    arena_free(&scratch);
    return g;
}

static bool probe_zip(struct span bytes)
{
    return bytes.n >= 4 && !memcmp(bytes.p, "PK\3\4", 4);
}

const struct format format_keras = {"keras",   ".keras",    "Keras 3 (and late Keras 2) models",
                                    probe_zip, read_format, NULL};
const struct format format_h5 = {"h5",     ".h5",       "Keras models in HDF5 (.h5, .hdf5)",
                                 h5_probe, read_format, NULL};
