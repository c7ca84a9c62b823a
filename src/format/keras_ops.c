// Functions between layers: Keras 3's keras.ops (and x + y, x[:, -1]), Keras 2's TFOpLambda and
// SlicingOpLambda. They have no weights; parameters are in the config (3) or in the call (2).
#include "keras.h"
#include <math.h>
#include <string.h>

struct function {
    const char *keras, *tensorflow; // class of keras.ops; function of TFOpLambda; either may be NULL
    bool (*call)(struct keras *k, struct keras_layer *l, const struct function *f);
    enum op op;
    const char *text; // an activation's name; for others the keyword of the second operand
};

// A parameter: of the config, or given to the call by place or keyword.
static const json_t *param(const struct keras_layer *l, int place, const char *const *name)
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
static int whole_numbers(const json_t *v, int most, int64_t *out)
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
static bool operand(struct keras *k, struct keras_layer *l, int place, const char *name, struct value *v)
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
    return operand(k, l, 0, NULL, &l->out) && !value_is_const(&l->out)
               ? build_unary(k, l, f->op, NULL, &l->out)
               : layer_fail(k, l, "its operand is not an output of a layer");
}

static bool identity(struct keras *k, struct keras_layer *l, const struct function *f)
{
    (void)f;
    return operand(k, l, 0, NULL, &l->out);
}

static bool binary(struct keras *k, struct keras_layer *l, const struct function *f)
{
    struct value x, y;
    return operand(k, l, 0, NULL, &x) && operand(k, l, 1, f->text, &y) &&
           (!value_is_const(&x) || !value_is_const(&y) || layer_fail(k, l, "both operands are constants")) &&
           build_binary(k, l, f->op, NULL, &x, &y, &l->out);
}

static bool activation(struct keras *k, struct keras_layer *l, const struct function *f)
{
    static const char *const name[] = {"negative_slope", "alpha", "approximate", NULL};
    const json_t *p = param(l, 1, name);
    double number = json_is_boolean(p) ? json_is_true(p) : json_is_number(p) ? json_number_value(p) : NAN;
    if (isnan(number) && !strcmp(f->text, "gelu") && !strcmp(l->type, "Gelu"))
        number = 1; // of keras.ops only
    return operand(k, l, 0, NULL, &l->out) && layer_activation_named(k, l, f->text, number, &l->out);
}

static bool softmax(struct keras *k, struct keras_layer *l, const struct function *f)
{
    static const char *const name[] = {"axis", NULL};
    int64_t axis = -1;
    if (!operand(k, l, 0, NULL, &l->out)) return false;
    if (whole_numbers(param(l, 1, name), 1, &axis) < 0) return layer_fail(k, l, "its axis is not supported");
    if (axis < 0) axis += l->out.rank;
    if (axis < 1 || axis >= l->out.rank) return layer_fail(k, l, "its axis is not possible");
    return build_softmax(k, l, f->op, &l->out, (int)axis);
}

static bool reduce(struct keras *k, struct keras_layer *l, const struct function *f)
{
    static const char *const axis_name[] = {"axis", NULL}, *const keep_name[] = {"keepdims", NULL};
    int64_t axis[VALUE_MAX_RANK];
    unsigned axes = 0;
    if (!operand(k, l, 0, NULL, &l->out)) return false;
    const int n = whole_numbers(param(l, 1, axis_name), VALUE_MAX_RANK, axis);
    for (int i = 0; i < n; i++) {
        if (axis[i] < 0) axis[i] += l->out.rank;
        if (axis[i] < 1 || axis[i] >= l->out.rank)
            return layer_fail(k, l, "axis %lld is not possible", (long long)axis[i]);
        axes |= 1u << axis[i];
    }
    if (n < 1) return layer_fail(k, l, "it reduces over the batch; give it axes of 1 and more");
    return build_reduce(k, l, f->op, NULL, &l->out, axes, json_is_true(param(l, 2, keep_name)));
}

static bool reshape(struct keras *k, struct keras_layer *l, const struct function *f)
{
    static const char *const name[] = {"newshape", "shape", NULL};
    int64_t want[GRAPH_MAX_RANK], known = 1;
    int32_t dim[GRAPH_MAX_RANK];
    (void)f;
    if (!operand(k, l, 0, NULL, &l->out)) return false;
    const int n = whole_numbers(param(l, 1, name), GRAPH_MAX_RANK, want);
    const int64_t count = value_count(&l->out);
    int open = -1;
    if (n < 1) return layer_fail(k, l, "its shape cannot be read");
    for (int i = 0; i < n; i++)
        if (want[i] == -1 && open < 0)
            open = i;
        else if (want[i] < 1 || want[i] > count || (known *= want[i]) > count)
            return layer_fail(k, l, "%lld values do not fit its shape", (long long)count);
    if (open >= 0) want[open] = count / known;
    if (open >= 0 ? count % known : known != count)
        return layer_fail(k, l, "%lld values do not fit its shape", (long long)count);
    for (int i = 0; i < n; i++) dim[i] = (int32_t)want[i];
    if (dim[0] != 1)
        return layer_fail(k, l, "its shape mixes windows of a batch; let it begin with -1 for the batch");
    return build_reshape(k, l, NULL, &l->out, n, dim);
}

static bool transpose(struct keras *k, struct keras_layer *l, const struct function *f)
{
    static const char *const name[] = {"axes", "perm", NULL};
    int64_t axis[VALUE_MAX_RANK];
    int perm[VALUE_MAX_RANK];
    unsigned seen = 0;
    (void)f;
    if (!operand(k, l, 0, NULL, &l->out)) return false;
    const int n = whole_numbers(param(l, 1, name), VALUE_MAX_RANK, axis);
    if (n != l->out.rank) return layer_fail(k, l, "its axes are not those of its input");
    for (int i = 0; i < n; i++) {
        perm[i] = (int)(axis[i] < 0 ? axis[i] + n : axis[i]);
        if (axis[i] < -n || axis[i] >= n || seen & 1u << perm[i] || (!i && perm[i]))
            return layer_fail(k, l, "its axes are not a permutation that leaves the batch first");
        seen |= 1u << perm[i];
    }
    value_transpose(&l->out, perm);
    return true;
}

// EXPAND: a dimension of 1 more at each axis; else those of 1 there go.
static bool dims_of_one(struct keras *k, struct keras_layer *l, bool expand)
{
    static const char *const name[] = {"axis", "squeeze_dims", NULL};
    int64_t axis[VALUE_MAX_RANK];
    int32_t dim[VALUE_MAX_RANK];
    unsigned at = 0;
    if (!operand(k, l, 0, NULL, &l->out)) return false;
    const int given = whole_numbers(param(l, 1, name), VALUE_MAX_RANK, axis),
              rank = l->out.rank + (expand ? given : 0);
    int n = 0, from = 0;
    for (int i = 0; i < given; i++) {
        if (axis[i] < 0) axis[i] += rank;
        if (axis[i] < 1 || axis[i] >= rank || rank > GRAPH_MAX_RANK)
            return layer_fail(k, l, "its axis is not possible");
        if (at >> axis[i] & 1) return layer_fail(k, l, "it names an axis twice");
        at |= 1u << axis[i];
    }
    if (expand && given < 1) return layer_fail(k, l, "its axis is missing");
    for (int d = 0; d < rank; d++)
        if (expand && at >> d & 1)
            dim[n++] = 1;
        else if (expand)
            dim[n++] = l->out.dim[from++];
        else if (given ? !(at >> d & 1) : !d || l->out.dim[d] != 1)
            dim[n++] = l->out.dim[d];
        else if (l->out.dim[d] != 1)
            return layer_fail(k, l, "dimension %d is %d, not 1", d, l->out.dim[d]);
    return build_reshape(k, l, NULL, &l->out, n, dim);
}

static bool expand_dims(struct keras *k, struct keras_layer *l, const struct function *f)
{
    (void)f;
    return dims_of_one(k, l, true);
}

static bool squeeze(struct keras *k, struct keras_layer *l, const struct function *f)
{
    (void)f;
    return dims_of_one(k, l, false);
}

// Concatenate; stack: of a new dimension.
static bool join(struct keras *k, struct keras_layer *l, const struct function *f)
{
    static const char *const name[] = {"axis", NULL};
    const bool stack = f->op == OP_RESHAPE;
    int64_t axis = stack ? 0 : -1;
    int n = 0;
    struct value *part = arena_new_n(k->scratch, (size_t)l->narg + 1, struct value);
    for (int i = 0; i < l->narg; i++)
        if (l->arg[i].v && l->arg[i].v->t) part[n++] = *l->arg[i].v;
    if (n < 1 || whole_numbers(param(l, 1, name), 1, &axis) < 0)
        return layer_fail(k, l, "its axis or inputs cannot be read");
    const int rank = part[0].rank + stack;
    if (axis < 0) axis += rank;
    if (axis < 1 || axis >= rank || rank > GRAPH_MAX_RANK)
        return layer_fail(k, l, "its axis is not possible");
    for (int i = 0; stack && i < n; i++) {
        int32_t dim[VALUE_MAX_RANK];
        for (int d = 0, from = 0; d < rank; d++) dim[d] = d == axis ? 1 : part[i].dim[from++];
        if (part[i].rank != rank - 1) return layer_fail(k, l, "its inputs do not fit each other");
        if (!build_reshape(k, l, "part", &part[i], rank, dim)) return false;
    }
    return build_concat(k, l, NULL, n, part, (int)axis, &l->out);
}

// In as many equal parts, or at those places.
static bool split(struct keras *k, struct keras_layer *l, const struct function *f)
{
    static const char *const parts_name[] = {"indices_or_sections", "num_or_size_splits", NULL},
                             *const axis_name[] = {"axis", NULL};
    int64_t axis = 0, at[64];
    struct value x;
    (void)f;
    if (!operand(k, l, 0, NULL, &x)) return false;
    const json_t *p = param(l, 1, parts_name);
    int n = whole_numbers(p, 63, at);
    if (whole_numbers(param(l, 2, axis_name), 1, &axis) < 0 || n < 1)
        return layer_fail(k, l, "its parts or axis cannot be read");
    if (axis < 0) axis += x.rank;
    if (axis < 1 || axis >= x.rank) return layer_fail(k, l, "its axis is not possible");
    const int32_t size = x.dim[axis];
    const bool equal = json_is_integer(p), sizes = !keras_is_3(k);
    if (equal && (at[0] < 1 || at[0] > 63 || size % at[0]))
        return layer_fail(k, l, "%d does not make %lld parts", size, (long long)at[0]);
    const int parts = equal ? (int)at[0] : sizes ? n : n + 1;
    l->more = arena_new_n(k->scratch, (size_t)parts, struct value);
    l->nmore = parts - 1;
    for (int64_t i = 0, begin = 0; i < parts; i++) {
        const int64_t end = equal ? begin + size / parts : sizes ? begin + at[i] : i < n ? at[i] : size;
        struct value *y = i ? &l->more[i - 1] : &l->out;
        if (end <= begin || end > size) return layer_fail(k, l, "its parts do not fit %d", size);
        *y = x;
        if (!build_slice(k, l, arena_printf(k->a, "part_%d", (int)i), y, (int)axis, (int32_t)begin, 1,
                         (int32_t)(end - begin)))
            return false;
        begin = end;
    }
    return true;
}

static bool matmul(struct keras *k, struct keras_layer *l, const struct function *f)
{
    struct value x, y;
    static const char *const turn[] = {"transpose_b", NULL}, *const turn_x[] = {"transpose_a", NULL};
    if (!operand(k, l, 0, NULL, &x) || !operand(k, l, 1, f->text, &y)) return false;
    if (value_is_const(&x) || value_is_const(&y))
        return layer_fail(k, l, "a product with a constant is not supported; use Dense");
    if (x.rank < 3 || y.rank < 3)
        return layer_fail(k, l, "products of inputs of %d and %d dimensions mix windows of a batch", x.rank,
                          y.rank);
    if (json_is_true(param(l, -1, turn_x)))
        return layer_fail(k, l, "transpose_a is not supported; transpose before");
    return build_matmul(k, l, NULL, &x, &y, json_is_true(param(l, -1, turn)), &l->out);
}

// max(min(x, most), least).
static bool clip(struct keras *k, struct keras_layer *l, const struct function *f)
{
    static const char *const least[] = {"x_min", "clip_value_min", NULL}, *const most[] = {"x_max",
                                                                                           "clip_value_max",
                                                                                           NULL};
    const json_t *low = param(l, 1, least), *high = param(l, 2, most);
    (void)f;
    if (!operand(k, l, 0, NULL, &l->out)) return false;
    if (!json_is_number(low) || !json_is_number(high)) return layer_fail(k, l, "its limits are not numbers");
    return build_number(k, l, OP_MINIMUM, "most", &l->out, (float)json_number_value(high)) &&
           build_number(k, l, OP_MAXIMUM, NULL, &l->out, (float)json_number_value(low));
}

static bool flip(struct keras *k, struct keras_layer *l, const struct function *f)
{
    static const char *const name[] = {"axis", NULL};
    int64_t axis = 0;
    (void)f;
    if (!operand(k, l, 0, NULL, &l->out)) return false;
    if (whole_numbers(param(l, 1, name), 1, &axis) != 1) return layer_fail(k, l, "it needs one axis");
    if (axis < 0) axis += l->out.rank;
    if (axis < 1 || axis >= l->out.rank) return layer_fail(k, l, "its axis is not possible");
    const int32_t n = l->out.dim[axis];
    return n == 1 || build_slice(k, l, NULL, &l->out, (int)axis, n - 1, -1, n);
}

// ---- x[...] ----

static bool is_slice(const json_t *p, const json_t **bounds)
{
    const char *type = json_string_value(json_object_get(p, "class_name"));
    *bounds = type ? json_object_get(p, "config") : p; // Keras 3; 2
    return json_is_object(p) && (!type || !strcmp(type, "__slice__"));
}

static bool is_ellipsis(const json_t *p)
{
    const char *type = json_string_value(json_object_get(p, "class_name"));
    return type && (!strcmp(type, "__ellipsis__"));
}

// Python's rule for one bound of a slice; absent: otherwise.
static bool bound(const json_t *bounds, const char *key, int64_t size, int64_t least, int64_t otherwise,
                  int64_t *out)
{
    const json_t *v = json_object_get(bounds, key);
    *out = otherwise;
    if (!v || json_is_null(v)) return true;
    if (!json_is_integer(v)) return false;
    *out = json_integer_value(v);
    if (*out < 0) *out += size;
    const int64_t most = least < 0 ? size - 1 : size;
    *out = *out < least ? least : *out > most ? most : *out;
    return true;
}

// One entry of x[...] over dimension d of what is left.
static bool item(struct keras *k, struct keras_layer *l, const json_t *p, int d, bool *drop)
{
    const json_t *bounds;
    struct value *v = &l->out;
    const int32_t size = v->dim[d];
    *drop = false;
    if (json_is_integer(p)) {
        int64_t at = json_integer_value(p);
        if (at < 0) at += size;
        if (d == 0) return layer_fail(k, l, "it picks one window of a batch");
        if (at < 0 || at >= size)
            return layer_fail(k, l, "element %lld of %d", (long long)json_integer_value(p), size);
        *drop = true;
        return build_slice(k, l, arena_printf(k->a, "item_%d", d), v, d, (int32_t)at, 1, 1);
    }
    if (!is_slice(p, &bounds))
        return layer_fail(k, l, "it is indexed with other things than numbers and slices");
    const json_t *s = json_object_get(bounds, "step");
    const int64_t step = json_is_integer(s) ? json_integer_value(s) : 1;
    int64_t begin, end;
    if ((s && !json_is_integer(s) && !json_is_null(s)) || step == 0 || step < -(1 << 24) || step > 1 << 24)
        return layer_fail(k, l, "its step is not possible");
    const int64_t least = step < 0 ? -1 : 0;
    if (!bound(bounds, "start", size, least, step < 0 ? size - 1 : 0, &begin) ||
        !bound(bounds, "stop", size, least, step < 0 ? -1 : size, &end))
        return layer_fail(k, l, "its bounds are not whole numbers");
    const int64_t count = step > 0 ? (end - begin + step - 1) / step : (begin - end - step - 1) / -step;
    if (begin == 0 && step == 1 && count == size) return true;
    if (d == 0) return layer_fail(k, l, "it picks some windows of a batch");
    if (count < 1) return layer_fail(k, l, "nothing is left of dimension %d", d);
    return build_slice(k, l, arena_printf(k->a, "items_%d", d), v, d, (int32_t)begin, (int32_t)step,
                       (int32_t)count);
}

static bool get_item(struct keras *k, struct keras_layer *l, const struct function *f)
{
    static const char *const name[] = {"slice_spec", "key", NULL};
    const json_t *spec = param(l, 1, name);
    (void)f;
    if (json_is_object(spec) && json_object_get(spec, "class_name") &&
        json_is_array(json_object_get(json_object_get(spec, "config"), "value")))
        spec = json_object_get(json_object_get(spec, "config"), "value"); // a tuple
    if (!operand(k, l, 0, NULL, &l->out)) return false;
    if (!spec || value_is_const(&l->out)) return layer_fail(k, l, "what it picks cannot be read");
    const int n = json_is_array(spec) ? (int)json_array_size(spec) : 1, rank = l->out.rank;
    int taken = 0, d = 0, m = 0;
    int32_t dim[2 * VALUE_MAX_RANK];
    for (int i = 0; i < n; i++) {
        const json_t *p = json_is_array(spec) ? json_array_get(spec, (size_t)i) : spec;
        taken += !is_ellipsis(p) && !json_is_null(p);
    }
    if (taken > rank || n > VALUE_MAX_RANK)
        return layer_fail(k, l, "%d indices for %d dimensions", taken, rank);
    for (int i = 0; i < n; i++) {
        const json_t *p = json_is_array(spec) ? json_array_get(spec, (size_t)i) : spec;
        bool drop;
        if (json_is_null(p)) // None, newaxis
            dim[m++] = 1;
        else if (is_ellipsis(p))
            for (int j = taken; j < rank; j++) dim[m++] = l->out.dim[d++];
        else {
            if (d >= rank) return layer_fail(k, l, "more indices than dimensions");
            if (!item(k, l, p, d, &drop)) return false;
            if (!drop) dim[m++] = l->out.dim[d];
            d++;
        }
    }
    while (d < rank) dim[m++] = l->out.dim[d++];
    if (m > GRAPH_MAX_RANK) return layer_fail(k, l, "its output has %d dimensions", m);
    return build_reshape(k, l, "picked", &l->out, m, dim);
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
    {"Reshape", "reshape", reshape, OP_COUNT, NULL},
    {"Transpose", "transpose", transpose, OP_COUNT, NULL},
    {NULL, "compat.v1.transpose", transpose, OP_COUNT, NULL},
    {"ExpandDims", "expand_dims", expand_dims, OP_COUNT, NULL},
    {"Squeeze", "squeeze", squeeze, OP_COUNT, NULL},
    {NULL, "compat.v1.squeeze", squeeze, OP_COUNT, NULL},
    {"Concatenate", "concat", join, OP_CONCATENATION, NULL},
    {"Stack", "stack", join, OP_RESHAPE, NULL},
    {"Split", "split", split, OP_COUNT, NULL},
    {"Matmul", "linalg.matmul", matmul, OP_COUNT, "b"},
    {"Clip", "clip_by_value", clip, OP_COUNT, NULL},
    {"Flip", "reverse", flip, OP_COUNT, NULL},
    {"GetItem", "__operators__.getitem", get_item, OP_COUNT, NULL},
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
