// Activations by name, as layers' parameters, as layers and as functions: an op each, or made of several.
#include "keras.h"
#include <math.h>
#include <string.h>

static bool silu(struct keras *k, const struct keras_layer *l, struct value *v)
{
    const struct value x = *v;
    return build_unary(k, l, OP_LOGISTIC, "sigmoid", v) && build_binary(k, l, OP_MUL, "swish", &x, v, v);
}

// log(1 + e^x) = max(x, 0) + log(1 + e^-|x|), which does not overflow.
static bool softplus(struct keras *k, const struct keras_layer *l, struct value *v)
{
    struct value positive = *v;
    return build_unary(k, l, OP_RELU, "positive", &positive) && build_unary(k, l, OP_ABS, "abs", v) &&
           build_unary(k, l, OP_NEG, "neg", v) && build_unary(k, l, OP_EXP, "exp", v) &&
           build_number(k, l, OP_ADD, "one", v, 1) && build_unary(k, l, OP_LOG, "log", v) &&
           build_binary(k, l, OP_ADD, "softplus", &positive, v, v);
}

static bool mish(struct keras *k, const struct keras_layer *l, struct value *v)
{
    const struct value x = *v;
    return softplus(k, l, v) && build_unary(k, l, OP_TANH, "tanh", v) &&
           build_binary(k, l, OP_MUL, "mish", &x, v, v);
}

static bool softsign(struct keras *k, const struct keras_layer *l, struct value *v)
{
    const struct value x = *v;
    return build_unary(k, l, OP_ABS, "abs", v) && build_number(k, l, OP_ADD, "one", v, 1) &&
           build_binary(k, l, OP_DIV, "softsign", &x, v, v);
}

// Keras 3: relu6(x + 3) / 6; before: clip(0.2 x + 0.5) to 0 .. 1, which is relu6(1.2 x + 3) / 6.
static bool hard_sigmoid(struct keras *k, const struct keras_layer *l, struct value *v)
{
    if (!keras_is_3(k) && !build_number(k, l, OP_MUL, "slope", v, 1.2f)) return false;
    return build_number(k, l, OP_ADD, "three", v, 3) && build_unary(k, l, OP_RELU6, "relu6", v) &&
           build_number(k, l, OP_MUL, "sixth", v, 1.0f / 6);
}

static bool log_sigmoid(struct keras *k, const struct keras_layer *l, struct value *v)
{
    return build_unary(k, l, OP_NEG, "minus", v) && softplus(k, l, v) &&
           build_unary(k, l, OP_NEG, "log_sigmoid", v);
}

static bool selu(struct keras *k, const struct keras_layer *l, struct value *v)
{
    struct node *n = layer_node(k, l, OP_ELU, "elu", 1);
    n->as.alpha.alpha = 1.6732632423543772848170429916717f;
    return layer_unary(k, l, n, v) &&
           build_number(k, l, OP_MUL, "selu", v, 1.0507009873554804934193349852946f);
}

static bool alpha(struct keras *k, const struct keras_layer *l, enum op op, const char *name, double a,
                  struct value *v)
{
    struct node *n = layer_node(k, l, op, name, 1);
    n->as.alpha.alpha = (float)a;
    return layer_unary(k, l, n, v);
}

bool layer_activation_named(struct keras *k, const struct keras_layer *l, const char *name, double param,
                            struct value *v)
{
    static const struct {
        const char *name;
        enum op op;
    } plain[] = {{"relu", OP_RELU},
                 {"relu6", OP_RELU6},
                 {"sigmoid", OP_LOGISTIC},
                 {"tanh", OP_TANH},
                 {"exponential", OP_EXP},
                 {"hard_tanh", OP_RELU_N1_TO_1},
                 {"hard_silu", OP_HARD_SWISH},
                 {"hard_swish", OP_HARD_SWISH}};
    static const struct {
        const char *name;
        bool (*make)(struct keras *k, const struct keras_layer *l, struct value *v);
    } made[] = {{"silu", silu},         {"swish", silu},
                {"softplus", softplus}, {"mish", mish},
                {"softsign", softsign}, {"hard_sigmoid", hard_sigmoid},
                {"selu", selu},         {"log_sigmoid", log_sigmoid}};
    if (!strcmp(name, "linear")) return true;
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (!strcmp(plain[i].name, name)) return build_unary(k, l, plain[i].op, name, v);
    for (size_t i = 0; i < sizeof made / sizeof *made; i++)
        if (!strcmp(made[i].name, name)) return made[i].make(k, l, v);
    if (!strcmp(name, "softmax")) return build_softmax(k, l, OP_SOFTMAX, v, v->rank - 1);
    if (!strcmp(name, "log_softmax")) return build_softmax(k, l, OP_LOG_SOFTMAX, v, v->rank - 1);
    if (!strcmp(name, "elu")) return alpha(k, l, OP_ELU, name, isnan(param) ? 1 : param, v);
    if (!strcmp(name, "leaky_relu")) return alpha(k, l, OP_LEAKY_RELU, name, isnan(param) ? 0.2 : param, v);
    if (!strcmp(name, "gelu")) {
        struct node *n = layer_node(k, l, OP_GELU, name, 1);
        n->as.gelu.approximate = !isnan(param) && param != 0;
        return layer_unary(k, l, n, v);
    }
    return layer_fail(k, l,
                      "activation %s is not supported; use relu, leaky_relu, elu, gelu, swish, sigmoid, tanh "
                      "or softmax",
                      name);
}

bool layer_activation(struct keras *k, const struct keras_layer *l, const json_t *act, struct value *v)
{
    if (!act || json_is_null(act)) return true;
    const char *name = json_string_value(act);
    double param = NAN;
    if (!name) { // an object: a function by name in "config", or a layer by its class
        static const struct {
            const char *type, *name, *param;
            double otherwise;
        } layer[] = {{"ReLU", "relu", NULL, 0},
                     {"Softmax", "softmax", NULL, 0},
                     {"ELU", "elu", "alpha", 1},
                     {"LeakyReLU", "leaky_relu", "negative_slope", 0.3}};
        const json_t *config = json_object_get(act, "config");
        const char *type = json_string_value(json_object_get(act, "class_name"));
        name = json_string_value(config);
        for (size_t i = 0; !name && type && i < sizeof layer / sizeof *layer; i++) {
            if (strcmp(layer[i].type, type)) continue;
            struct keras_layer inner = *l;
            inner.config = config;
            if (!strcmp(type, "ReLU") && (config_number(&inner, "negative_slope", 0) != 0 ||
                                          config_number(&inner, "threshold", 0) != 0))
                return layer_fail(k, l,
                                  "a ReLU with a slope or a threshold as activation is not supported; "
                                  "make it a layer of its own");
            const double most = config_number(&inner, "max_value", INFINITY);
            if (!strcmp(type, "ReLU") && !isinf(most) && most != 6)
                return layer_fail(k, l,
                                  "a ReLU with max_value as activation is not supported; make it a layer "
                                  "of its own");
            name = !strcmp(type, "ReLU") && most == 6 ? "relu6" : layer[i].name;
            if (layer[i].param)
                param =
                    config_number(&inner, layer[i].param, config_number(&inner, "alpha", layer[i].otherwise));
        }
        if (!name && type) name = type;
    }
    if (!name)
        return layer_fail(k, l,
                          "its activation is not a name; custom functions and lambdas are not supported");
    return layer_activation_named(k, l, name, param, v);
}
