// Walks the config of a Sequential or Functional model, calls each layer on its inputs, and makes the graph.
#include "keras.h"
#include "format.h"
#include <string.h>

enum { MAX_LAYERS = 1000 }; // what a config can make the walk do grows with the cube of it

// A model being called: its layers' outputs by name, number of the call and of the output.
struct called {
    const char *layer;
    int call, out;
    struct value v;
    const char *mask;
};
struct model {
    struct keras *k;
    struct keras_layer *self; // NULL: the outermost
    struct called *done;
    int ndone, cap;
    struct keras_arg *arg; // of the call that is being looked at
    int narg, arg_cap;
};
struct output { // of a model
    struct value v;
    const char *mask;
};

static const char *text(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static void done_add(struct model *m, const char *layer, int call, int out, const struct value *v,
                     const char *mask)
{
    if (m->ndone == m->cap) {
        struct called *more =
            arena_new_n(m->k->scratch, (size_t)(m->cap = m->cap ? 2 * m->cap : 16), struct called);
        if (m->ndone) memcpy(more, m->done, (size_t)m->ndone * sizeof *more);
        m->done = more;
    }
    m->done[m->ndone++] = (struct called){layer, call, out, *v, mask};
}

static const struct called *done_find(const struct model *m, const char *layer, int call, int out)
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
static bool layer_open(struct model *m, const json_t *p, const json_t *layers, size_t index,
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

static bool input_new(struct keras *k, const struct keras_layer *l, const json_t *shape, struct value *v)
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
    dim[0] = 1;
    for (int i = 1; i < rank; i++)
        if (!keras_int(json_array_get(shape, (size_t)i), 1, &dim[i]))
            return layer_fail(
                k, l,
                "dimension %d of the input has no fixed size; build the model with a fixed window length", i);
    value_set_plain(v, tensor_new(k->a, arena_strdup(k->a, l->name), F32, rank, dim));
    if (!tensor_check(v->t, k->e)) return layer_fail_in(k, l);
    k->g->in[k->g->nin++] = v->t;
    return true;
}

static const json_t *input_shape(const json_t *config)
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
        if (!layer_open(m, json_array_get(layers, i), layers, i, &l)) return false;
        bool input = !strcmp(l.type, "InputLayer");
        if (!have) { // an input layer, or the first layer knows the shape, or the whole model does
            const json_t *shape = input_shape(l.config);
            if (!shape) shape = json_object_get(config, "build_input_shape");
            k->g->in = arena_new(k->a, struct tensor *);
            if (!input_new(k, &l, shape, v)) return false;
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

// A reference to an output: ["layer", call, output], or Keras 3's object around it.
static bool is_reference(const json_t *p)
{
    if (json_is_object(p)) {
        const char *type = text(p, "class_name");
        return type && !strcmp(type, "__keras_tensor__");
    }
    return json_is_string(json_array_get(p, 0)) && json_is_integer(json_array_get(p, 1)) &&
           strcmp(json_string_value(json_array_get(p, 0)), "_CONSTANT_VALUE");
}

// NULL: not computed yet, or (*damaged) not readable.
static const struct called *reference(struct model *m, const json_t *p, bool *damaged)
{
    if (json_is_object(p)) p = json_object_get(json_object_get(p, "config"), "keras_history");
    const char *layer = json_string_value(json_array_get(p, 0));
    const json_t *call = json_array_get(p, 1), *out = json_array_get(p, 2);
    int32_t ncall, nout;
    if (!layer || !keras_int(call, 0, &ncall) || !keras_int(out, 0, &nout)) {
        *damaged = true;
        return NULL;
    }
    return done_find(m, layer, ncall, nout);
}

static void arg_put(struct model *m, const struct keras_arg *arg)
{
    if (m->narg == m->arg_cap) {
        struct keras_arg *more = arena_new_n(
            m->k->scratch, (size_t)(m->arg_cap = m->arg_cap ? 2 * m->arg_cap : 16), struct keras_arg);
        if (m->narg) memcpy(more, m->arg, (size_t)m->narg * sizeof *more);
        m->arg = more;
    }
    m->arg[m->narg++] = *arg;
}

// p by place or name; of a list with outputs in it, each entry. *ready: whether all were computed.
static bool arg_add(struct model *m, const struct keras_layer *l, const char *name, int place,
                    const json_t *p, bool inside, bool *ready)
{
    struct keras_arg arg = {.name = name, .place = place, .json = p};
    bool damaged = false, some = false;
    if (is_reference(p)) {
        const struct called *c = reference(m, p, &damaged);
        if (damaged)
            return layer_fail(m->k, l, "its inputs cannot be read; the config is damaged, or made by code");
        arg.json = NULL;
        arg.v = c ? &c->v : NULL;
        arg.mask = c ? c->mask : NULL;
        if (!c) *ready = false;
        if (c && !c->v.t)
            return layer_fail(m->k, l, "it is called with %s, which is not supported", c->v.name);
    } else if (json_is_array(p) && json_is_string(json_array_get(p, 0)) &&
               !strcmp(json_string_value(json_array_get(p, 0)), "_CONSTANT_VALUE"))
        arg.json = json_array_get(p, 2);
    else if (json_is_array(p) && !inside) {
        for (size_t i = 0; i < json_array_size(p); i++) some |= is_reference(json_array_get(p, i));
        for (size_t i = 0; some && i < json_array_size(p); i++)
            if (!arg_add(m, l, name, place, json_array_get(p, i), true, ready)) return false;
    }
    if (!some) arg_put(m, &arg);
    return true;
}

static bool keywords_add(struct model *m, const struct keras_layer *l, const json_t *object, bool *ready)
{
    for (void *it = json_object_iter((json_t *)object); it; it = json_object_iter_next((json_t *)object, it))
        if (!arg_add(m, l, json_object_iter_key(it), -1, json_object_iter_value(it), false, ready))
            return false;
    return true;
}

// The arguments of one call; *ready tells whether all were computed.
static bool call_inputs(struct model *m, struct keras_layer *l, const json_t *call, bool *ready)
{
    *ready = true;
    m->narg = 0;
    if (json_is_object(call)) { // Keras 3: args and kwargs
        const json_t *args = json_object_get(call, "args");
        for (size_t i = 0; i < json_array_size(args); i++)
            if (!arg_add(m, l, NULL, (int)i, json_array_get(args, i), false, ready)) return false;
        if (!keywords_add(m, l, json_object_get(call, "kwargs"), ready)) return false;
    } else { // Keras 2: references with the keywords as a fourth entry, in a list or one without
        const bool one = json_is_string(json_array_get(call, 0));
        for (size_t i = 0; i < (one ? 1 : json_array_size(call)); i++) {
            const json_t *p = one ? call : json_array_get(call, i);
            if (!json_is_array(p) || !json_is_string(json_array_get(p, 0)))
                return layer_fail(m->k, l,
                                  "its inputs cannot be read; the config is damaged, or made by code");
            if (!arg_add(m, l, NULL, (int)i, p, false, ready)) return false;
            if (!i && !keywords_add(m, l, json_array_get(p, 3), ready)) return false;
        }
    }
    if (!*ready) return true;
    l->narg = m->narg;
    l->arg = arena_copy(m->k->scratch, m->arg, (size_t)m->narg * sizeof *m->arg);
    l->in = arena_new_n(m->k->scratch, (size_t)m->narg + 1, struct value);
    l->nin = 0;
    for (int i = 0; i < m->narg; i++)
        if (!m->arg[i].name && m->arg[i].v) l->in[l->nin++] = *m->arg[i].v;
    return true;
}

// references: ["layer", 0, 0], a list of them, or an object of them (models with named outputs).
static size_t reference_count(const json_t *p)
{
    return json_is_array(p) && is_reference(p) ? 1
           : json_is_object(p)                 ? json_object_size(p)
                                               : json_array_size(p);
}

static const json_t *reference_at(const json_t *p, size_t i)
{
    if (json_is_array(p)) return is_reference(p) ? p : json_array_get(p, i);
    void *it = json_object_iter((json_t *)p);
    while (i--) it = json_object_iter_next((json_t *)p, it);
    return json_object_iter_value(it);
}

static bool functional_inputs(struct model *m, const json_t *config, const json_t *layers)
{
    struct keras *k = m->k;
    const json_t *ins = json_object_get(config, "input_layers");
    size_t n = reference_count(ins);
    if (!n || n > MAX_LAYERS) return fail(k->e, "the model has no input layers; the config is damaged");
    if (m->self && (size_t)m->self->nin != n)
        return layer_fail(k, m->self, "has %zu inputs and is given %d", n, m->self->nin);
    if (!m->self) k->g->in = arena_new_n(k->a, n, struct tensor *);
    for (size_t i = 0; i < n; i++) {
        const char *name = json_string_value(json_array_get(reference_at(ins, i), 0));
        struct value v = {0};
        if (!name) return fail(k->e, "input layer %zu cannot be read; the config is damaged", i);
        for (size_t j = 0; j < json_array_size(layers); j++) {
            struct keras_layer l;
            const char *own = text(json_object_get(json_array_get(layers, j), "config"), "name");
            if (!own || strcmp(own, name)) continue;
            if (!layer_open(m, json_array_get(layers, j), layers, j, &l)) return false;
            if (!m->self && !input_new(k, &l, input_shape(l.config), &v)) return false;
            break;
        }
        if (m->self) v = m->self->in[i];
        if (!v.t) return fail(k->e, "input layer %s is not among the layers; the config is damaged", name);
        if (done_find(m, name, 0, 0))
            return fail(k->e, "input layer %s stands twice; the config is damaged", name);
        done_add(m, name, 0, 0, &v, NULL);
    }
    return true;
}

// Does anything in p refer to call `call` of the layer?
static bool referred(const json_t *p, const char *layer, int call)
{
    const char *name = json_string_value(json_array_get(p, 0));
    if (name && !strcmp(name, layer) && json_is_integer(json_array_get(p, 1)))
        return json_integer_value(json_array_get(p, 1)) == call;
    for (size_t i = 0; i < json_array_size(p); i++)
        if (referred(json_array_get(p, i), layer, call)) return true;
    for (void *it = json_object_iter((json_t *)p); it; it = json_object_iter_next((json_t *)p, it))
        if (referred(json_object_iter_value(it), layer, call)) return true;
    return false;
}

// The number of a layer's first call: Keras 2 counts the making of a model inside of a model as call 0.
static int first_call(const json_t *config, const json_t *layers, const struct keras_layer *l)
{
    if (strcmp(l->type, "Sequential") && strcmp(l->type, "Functional") && strcmp(l->type, "Model")) return 0;
    if (referred(json_object_get(config, "output_layers"), l->name, 0)) return 0;
    for (size_t i = 0; i < json_array_size(layers); i++)
        if (referred(json_object_get(json_array_get(layers, i), "inbound_nodes"), l->name, 0)) return 0;
    return 1;
}

// Calls every layer whose inputs are there, until nothing is left.
static bool functional_call(struct model *m, const json_t *config, struct output *out, int nout_most,
                            int *nout)
{
    struct keras *k = m->k;
    const json_t *layers = json_object_get(config, "layers"),
                 *outs = json_object_get(config, "output_layers");
    size_t n = json_array_size(layers), left = SIZE_MAX, before = 0;
    struct keras_layer *opened = arena_new_n(k->scratch, n, struct keras_layer);
    int *first = arena_new_n(k->scratch, n, int);
    if (!functional_inputs(m, config, layers)) return false;
    for (size_t i = 0; i < n; i++) {
        if (!layer_open(m, json_array_get(layers, i), layers, i, &opened[i])) return false;
        first[i] = first_call(config, layers, &opened[i]);
    }
    while (left && left != before) {
        before = left;
        left = 0;
        for (size_t i = 0; i < n; i++) {
            const json_t *p = json_array_get(layers, i), *calls = json_object_get(p, "inbound_nodes");
            for (size_t c = 0; c < json_array_size(calls); c++) {
                struct keras_layer l = opened[i];
                bool ready = false;
                int number = (int)c + first[i];
                if (done_find(m, l.name, number, 0)) continue;
                if (!call_inputs(m, &l, json_array_get(calls, c), &ready)) return false;
                left += !ready;
                if (!ready) continue;
                if (!keras_layer_call(k, &l)) return false;
                done_add(m, l.name, number, 0, &l.out, l.mask);
                for (int o = 0; o < l.nmore; o++) done_add(m, l.name, number, 1 + o, &l.more[o], NULL);
            }
        }
    }
    *nout = (int)reference_count(outs);
    if (*nout < 1 || *nout > nout_most)
        return fail(k->e, "the model has %d outputs; at most %d are possible here", *nout, nout_most);
    for (int i = 0; i < *nout; i++) {
        bool damaged = false;
        const struct called *c = reference(m, reference_at(outs, (size_t)i), &damaged);
        if (!c)
            return fail(
                k->e, "output %d: no layer makes it (a cycle, or a missing layer); the config is damaged", i);
        if (!c->v.t) return fail(k->e, "output %d is %s, which is not supported", i, c->v.name);
        out[i] = (struct output){c->v, c->mask};
    }
    return true;
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
        return functional_call(m, config, out, most, nout);
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
    struct keras k = {.g = graph_new(a, "model"), .a = a, .scratch = scratch, .e = e, .h5 = h5, .v3 = v3};
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
