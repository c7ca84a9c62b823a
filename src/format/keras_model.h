// Between keras_model.c, the walk over a model's config, and keras_functional.c.
#ifndef FORMAT_KERAS_MODEL_H
#define FORMAT_KERAS_MODEL_H
#include "keras.h"

enum { MAX_LAYERS = 1000 }; // what a config can make the walk do grows with the cube of it

static inline const char *text(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

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

void model_done(struct model *m, const char *layer, int call, int out, const struct value *v,
                const char *mask);
// NULL: not computed yet.
const struct called *model_find(const struct model *m, const char *layer, int call, int out);
// Fills in name, type, config and where the weights are.
bool model_open_layer(struct model *m, const json_t *p, const json_t *layers, size_t index,
                      struct keras_layer *l);
bool model_input(struct keras *k, const struct keras_layer *l, const json_t *shape, struct value *v);
const json_t *model_input_shape(const json_t *config);
// keras_functional.c: calls every layer; *nout outputs.
bool model_call_functional(struct model *m, const json_t *config, struct output *out, int nout_most,
                           int *nout);
#endif
