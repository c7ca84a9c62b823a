// Functions between layers: Keras 3's keras.ops (and x + y, x[:, -1]), Keras 2's TFOpLambda and
// SlicingOpLambda. They have no weights; parameters are in the config (3) or in the call (2).
#include "keras_ops.h"
#include <math.h>
#include <string.h>

// A parameter: of the config, or given to the call by place or keyword.
const json_t *function_param(const struct keras_layer *l, int place, const char *const *name)
{
    for (int i = 0; name[i]; i++) {
        const json_t *v = json_object_get(l->config, name[i]);
        const struct keras_arg *arg = call_arg(l, -2, name[i]);
        if (v) return v;
        if (arg && arg->json) return arg->json;
    }
    const struct keras_arg *arg = place >= 0 ? call_arg(l, place, NULL) : NULL;
    return arg ? arg->json : NULL;
}

// A list of whole numbers, or one; -1 when it is none. null is an empty list.
int function_whole_numbers(const json_t *v, int most, int64_t *out)
{
    if (json_is_object(v)) v = json_object_get(json_object_get(v, "config"), "value"); // a tuple, an array
    if (!v || json_is_null(v)) return 0;
    const size_t n = json_is_array(v) ? json_array_size(v) : 1;
    if (n > (size_t)most) return -1;
    for (size_t i = 0; i < n; i++) {
        const json_t *one = json_is_array(v) ? json_array_get(v, i) : v;
        if (!json_is_integer(one)) return -1;
        out[i] = json_integer_value(one);
    }
    return (int)n;
}

// Floats of nested lists of the same lengths, or (to NULL) only their number; false when they are not.
static bool array_read(const json_t *v, int d, struct value *out, float *to, int64_t *n, int64_t most)
{
    if (json_is_number(v)) {
        if (d != out->rank || *n == most) return false;
        if (to) to[*n] = (float)json_number_value(v);
        ++*n;
        return true;
    }
    if (!json_is_array(v) || d >= out->rank || json_array_size(v) != (size_t)out->dim[d]) return false;
    for (size_t i = 0; i < json_array_size(v); i++)
        if (!array_read(json_array_get(v, i), d + 1, out, to, n, most)) return false;
    return true;
}

// An operand: an output of a layer, a number, or an array that the config holds.
bool function_operand(struct keras *k, struct keras_layer *l, int place, const char *name, struct value *v)
{
    static const char *const also[] = {"x", "x1", "x2", "y", "b", "a"};
    const struct keras_arg *arg = call_arg(l, place, name);
    for (size_t i = 0; !arg && place == 0 && i < sizeof also / sizeof *also; i += 2)
        arg = call_arg(l, -2, also[i]);
    for (size_t i = 1; !arg && place == 1 && i < sizeof also / sizeof *also; i += 1)
        arg = call_arg(l, -2, also[i]);
    if (arg && arg->v) {
        *v = *arg->v;
        return v->t != NULL || layer_fail(k, l, "%s is used, which is not supported", v->name);
    }
    const json_t *p = arg ? arg->json : NULL;
    if (json_is_object(p)) p = json_object_get(json_object_get(p, "config"), "value");
    *v = (struct value){.name = "constant"};
    int64_t count = 1, n = 0;
    for (const json_t *q = p; json_is_array(q); q = json_array_get(q, 0)) {
        const size_t size = json_array_size(q);
        if (!size || size > 1 << 20 || v->rank == GRAPH_MAX_RANK || (count *= (int64_t)size) > 1 << 24)
            return layer_fail(k, l, "it is given an array that is too large");
        v->dim[v->rank++] = (int32_t)size;
    }
    if (!p || !array_read(p, 0, v, NULL, &n, count) || n != count)
        return layer_fail(k, l, "operand %d is neither an output of a layer nor a number", place + 1);
    float *f = arena_new_n(k->a, (size_t)count, float);
    n = 0;
    array_read(p, 0, v, f, &n, count);
    v->f = f;
    return true;
}

static bool unary(struct keras *k, struct keras_layer *l, const struct function *f)
{
    return function_operand(k, l, 0, NULL, &l->out) && !value_is_const(&l->out)
               ? build_unary(k, l, f->op, NULL, &l->out)
               : layer_fail(k, l, "its operand is not an output of a layer");
}

static bool identity(struct keras *k, struct keras_layer *l, const struct function *f)
{
    (void)f;
    return function_operand(k, l, 0, NULL, &l->out);
}

static bool binary(struct keras *k, struct keras_layer *l, const struct function *f)
{
    struct value x, y;
    return function_operand(k, l, 0, NULL, &x) && function_operand(k, l, 1, f->text, &y) &&
           (!value_is_const(&x) || !value_is_const(&y) || layer_fail(k, l, "both operands are constants")) &&
           build_binary(k, l, f->op, NULL, &x, &y, &l->out);
}

static bool activation(struct keras *k, struct keras_layer *l, const struct function *f)
{
    static const char *const name[] = {"negative_slope", "alpha", "approximate", NULL};
    const json_t *p = function_param(l, 1, name);
    double number = json_is_boolean(p) ? json_is_true(p) : json_is_number(p) ? json_number_value(p) : NAN;
    if (isnan(number) && !strcmp(f->text, "gelu") && !strcmp(l->type, "Gelu"))
        number = 1; // of keras.ops only
    return function_operand(k, l, 0, NULL, &l->out) && layer_activation_named(k, l, f->text, number, &l->out);
}

static bool softmax(struct keras *k, struct keras_layer *l, const struct function *f)
{
    static const char *const name[] = {"axis", NULL};
    int64_t axis = -1;
    if (!function_operand(k, l, 0, NULL, &l->out)) return false;
    if (function_whole_numbers(function_param(l, 1, name), 1, &axis) < 0)
        return layer_fail(k, l, "its axis is not supported");
    if (axis < 0) axis += l->out.rank;
    if (axis < 1 || axis >= l->out.rank) return layer_fail(k, l, "its axis is not possible");
    return build_softmax(k, l, f->op, &l->out, (int)axis);
}

static bool reduce(struct keras *k, struct keras_layer *l, const struct function *f)
{
    static const char *const axis_name[] = {"axis", NULL}, *const keep_name[] = {"keepdims", NULL};
    int64_t axis[VALUE_MAX_RANK];
    unsigned axes = 0;
    if (!function_operand(k, l, 0, NULL, &l->out)) return false;
    const int n = function_whole_numbers(function_param(l, 1, axis_name), VALUE_MAX_RANK, axis);
    for (int i = 0; i < n; i++) {
        if (axis[i] < 0) axis[i] += l->out.rank;
        if (axis[i] < 1 || axis[i] >= l->out.rank)
            return layer_fail(k, l, "axis %lld is not possible", (long long)axis[i]);
        axes |= 1u << axis[i];
    }
    if (n < 1) return layer_fail(k, l, "it reduces over the batch; give it axes of 1 and more");
    return build_reduce(k, l, f->op, NULL, &l->out, axes, json_is_true(function_param(l, 2, keep_name)));
}

static bool matmul(struct keras *k, struct keras_layer *l, const struct function *f)
{
    struct value x, y;
    static const char *const turn[] = {"transpose_b", NULL}, *const turn_x[] = {"transpose_a", NULL};
    if (!function_operand(k, l, 0, NULL, &x) || !function_operand(k, l, 1, f->text, &y)) return false;
    if (value_is_const(&x) || value_is_const(&y))
        return layer_fail(k, l, "a product with a constant is not supported; use Dense");
    if (x.rank < 3 || y.rank < 3)
        return layer_fail(k, l, "products of inputs of %d and %d dimensions mix windows of a batch", x.rank,
                          y.rank);
    if (json_is_true(function_param(l, -1, turn_x)))
        return layer_fail(k, l, "transpose_a is not supported; transpose before");
    return build_matmul(k, l, NULL, &x, &y, json_is_true(function_param(l, -1, turn)), &l->out);
}

// max(min(x, most), least).
static bool clip(struct keras *k, struct keras_layer *l, const struct function *f)
{
    static const char *const least[] = {"x_min", "clip_value_min", NULL}, *const most[] = {"x_max",
                                                                                           "clip_value_max",
                                                                                           NULL};
    const json_t *low = function_param(l, 1, least), *high = function_param(l, 2, most);
    (void)f;
    if (!function_operand(k, l, 0, NULL, &l->out)) return false;
    if (!json_is_number(low) || !json_is_number(high)) return layer_fail(k, l, "its limits are not numbers");
    return build_number(k, l, OP_MINIMUM, "most", &l->out, (float)json_number_value(high)) &&
           build_number(k, l, OP_MAXIMUM, NULL, &l->out, (float)json_number_value(low));
}

static const struct function functions[] = {
    {"Add", "__operators__.add", binary, OP_ADD, "y"},
    {NULL, "math.add", binary, OP_ADD, "y"},
    {"Subtract", "math.subtract", binary, OP_SUB, "y"},
    {"Multiply", "math.multiply", binary, OP_MUL, "y"},
    {"TrueDivide", "math.truediv", binary, OP_DIV, "y"},
    {"Divide", "math.divide", binary, OP_DIV, "y"},
    {"Maximum", "math.maximum", binary, OP_MAXIMUM, "y"},
    {"Minimum", "math.minimum", binary, OP_MINIMUM, "y"},
    {"Power", "math.pow", binary, OP_POW, "y"},
    {NULL, "math.squared_difference", binary, OP_SQUARED_DIFFERENCE, "y"},
    {"Negative", "math.negative", unary, OP_NEG, NULL},
    {"Absolute", "math.abs", unary, OP_ABS, NULL},
    {"Abs", NULL, unary, OP_ABS, NULL},
    {"Sqrt", "math.sqrt", unary, OP_SQRT, NULL},
    {"Rsqrt", "math.rsqrt", unary, OP_RSQRT, NULL},
    {"Square", "math.square", unary, OP_SQUARE, NULL},
    {"Exp", "math.exp", unary, OP_EXP, NULL},
    {"Log", "math.log", unary, OP_LOG, NULL},
    {"Sin", "math.sin", unary, OP_SIN, NULL},
    {"Cos", "math.cos", unary, OP_COS, NULL},
    {"Floor", "math.floor", unary, OP_FLOOR, NULL},
    {"Ceil", "math.ceil", unary, OP_CEIL, NULL},
    {"Round", "math.round", unary, OP_ROUND, NULL},
    {"Sign", "math.sign", unary, OP_SIGN, NULL},
    {"Relu", "nn.relu", activation, OP_COUNT, "relu"},
    {"Relu6", "nn.relu6", activation, OP_COUNT, "relu6"},
    {"Elu", "nn.elu", activation, OP_COUNT, "elu"},
    {"LeakyRelu", "nn.leaky_relu", activation, OP_COUNT, "leaky_relu"},
    {"Gelu", "nn.gelu", activation, OP_COUNT, "gelu"},
    {"Selu", "nn.selu", activation, OP_COUNT, "selu"},
    {"Silu", "nn.silu", activation, OP_COUNT, "silu"},
    {"HardSilu", NULL, activation, OP_COUNT, "hard_silu"},
    {"HardSigmoid", NULL, activation, OP_COUNT, "hard_sigmoid"},
    {"HardTanh", NULL, activation, OP_COUNT, "hard_tanh"},
    {"Sigmoid", "math.sigmoid", activation, OP_COUNT, "sigmoid"},
    {NULL, "sigmoid", activation, OP_COUNT, "sigmoid"},
    {"LogSigmoid", "math.log_sigmoid", activation, OP_COUNT, "log_sigmoid"},
    {"Tanh", "math.tanh", activation, OP_COUNT, "tanh"},
    {"Softplus", "math.softplus", activation, OP_COUNT, "softplus"},
    {"Softsign", "nn.softsign", activation, OP_COUNT, "softsign"},
    {"Softmax", "nn.softmax", softmax, OP_SOFTMAX, NULL},
    {"LogSoftmax", "nn.log_softmax", softmax, OP_LOG_SOFTMAX, NULL},
    {"Mean", "math.reduce_mean", reduce, OP_MEAN, NULL},
    {"Sum", "math.reduce_sum", reduce, OP_SUM, NULL},
    {"Max", "math.reduce_max", reduce, OP_REDUCE_MAX, NULL},
    {"Min", "math.reduce_min", reduce, OP_REDUCE_MIN, NULL},
    {"Prod", "math.reduce_prod", reduce, OP_REDUCE_PROD, NULL},
    {"Reshape", "reshape", function_reshape, OP_COUNT, NULL},
    {"Transpose", "transpose", function_transpose, OP_COUNT, NULL},
    {NULL, "compat.v1.transpose", function_transpose, OP_COUNT, NULL},
    {"ExpandDims", "expand_dims", function_expand_dims, OP_COUNT, NULL},
    {"Squeeze", "squeeze", function_squeeze, OP_COUNT, NULL},
    {NULL, "compat.v1.squeeze", function_squeeze, OP_COUNT, NULL},
    {"Concatenate", "concat", function_join, OP_CONCATENATION, NULL},
    {"Stack", "stack", function_join, OP_RESHAPE, NULL},
    {"Split", "split", function_split, OP_COUNT, NULL},
    {"Matmul", "linalg.matmul", matmul, OP_COUNT, "b"},
    {"Clip", "clip_by_value", clip, OP_COUNT, NULL},
    {"Flip", "reverse", function_flip, OP_COUNT, NULL},
    {"GetItem", "__operators__.getitem", function_get_item, OP_COUNT, NULL},
    {"Identity", "identity", identity, OP_COUNT, NULL},
};

bool keras_function_call(struct keras *k, struct keras_layer *l)
{
    const bool tensorflow = !strcmp(l->type, "TFOpLambda") || !strcmp(l->type, "SlicingOpLambda");
    const char *name = tensorflow ? config_text(l, "function", "") : l->type;
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        const struct function *f = &functions[i];
        const char *own = tensorflow ? f->tensorflow : f->keras;
        if (own && !strcmp(own, name)) return f->call(k, l, f);
    }
    return layer_fail(k, l,
                      "function %s is not supported; write it with layers, or convert the model to .tflite "
                      "and give that",
                      name);
}
