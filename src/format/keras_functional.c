// A Functional model: its layers are called in the order in which their inputs become known; the references of a call to
// the outputs of others.
#include "keras_model.h"
#include <string.h>

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
    return model_find(m, layer, ncall, nout);
}

static void arg_put(struct model *m, const struct keras_arg *arg)
{
    m->arg = arena_grow(m->k->scratch, m->arg, m->narg, &m->arg_cap, sizeof *m->arg);
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
            if (!model_open_layer(m, json_array_get(layers, j), layers, j, &l)) return false;
            if (!m->self && !model_input(k, &l, model_input_shape(l.config), &v)) return false;
            break;
        }
        if (m->self) v = m->self->in[i];
        if (!v.t) return fail(k->e, "input layer %s is not among the layers; the config is damaged", name);
        if (model_find(m, name, 0, 0))
            return fail(k->e, "input layer %s stands twice; the config is damaged", name);
        model_done(m, name, 0, 0, &v, NULL);
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
bool model_call_functional(struct model *m, const json_t *config, struct output *out, int nout_most,
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
        if (!model_open_layer(m, json_array_get(layers, i), layers, i, &opened[i])) return false;
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
                if (model_find(m, l.name, number, 0)) continue;
                if (!call_inputs(m, &l, json_array_get(calls, c), &ready)) return false;
                left += !ready;
                if (!ready) continue;
                if (!keras_layer_call(k, &l)) return false;
                model_done(m, l.name, number, 0, &l.out, l.mask);
                for (int o = 0; o < l.nmore; o++) model_done(m, l.name, number, 1 + o, &l.more[o], NULL);
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
