// Functions between layers that move values: reshape, transpose, expand_dims, concatenate, split, flip, x[...].
#include "keras_ops.h"
#include <string.h>

bool function_reshape(struct keras *k, struct keras_layer *l, const struct function *f)
{
    static const char *const name[] = {"newshape", "shape", NULL};
    int64_t want[GRAPH_MAX_RANK], known = 1;
    int32_t dim[GRAPH_MAX_RANK];
    (void)f;
    if (!function_operand(k, l, 0, NULL, &l->out)) return false;
    const int n = function_whole_numbers(function_param(l, 1, name), GRAPH_MAX_RANK, want);
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

bool function_transpose(struct keras *k, struct keras_layer *l, const struct function *f)
{
    static const char *const name[] = {"axes", "perm", NULL};
    int64_t axis[VALUE_MAX_RANK];
    int perm[VALUE_MAX_RANK];
    unsigned seen = 0;
    (void)f;
    if (!function_operand(k, l, 0, NULL, &l->out)) return false;
    const int n = function_whole_numbers(function_param(l, 1, name), VALUE_MAX_RANK, axis);
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
    if (!function_operand(k, l, 0, NULL, &l->out)) return false;
    const int given = function_whole_numbers(function_param(l, 1, name), VALUE_MAX_RANK, axis),
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

bool function_expand_dims(struct keras *k, struct keras_layer *l, const struct function *f)
{
    (void)f;
    return dims_of_one(k, l, true);
}

bool function_squeeze(struct keras *k, struct keras_layer *l, const struct function *f)
{
    (void)f;
    return dims_of_one(k, l, false);
}

// Concatenate; stack: of a new dimension.
bool function_join(struct keras *k, struct keras_layer *l, const struct function *f)
{
    static const char *const name[] = {"axis", NULL};
    const bool stack = f->op == OP_RESHAPE;
    int64_t axis = stack ? 0 : -1;
    int n = 0;
    struct value *part = arena_new_n(k->scratch, (size_t)l->narg + 1, struct value);
    for (int i = 0; i < l->narg; i++)
        if (l->arg[i].v && l->arg[i].v->t) part[n++] = *l->arg[i].v;
    if (n < 1 || function_whole_numbers(function_param(l, 1, name), 1, &axis) < 0)
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
bool function_split(struct keras *k, struct keras_layer *l, const struct function *f)
{
    static const char *const parts_name[] = {"indices_or_sections", "num_or_size_splits", NULL},
                             *const axis_name[] = {"axis", NULL};
    int64_t axis = 0, at[64];
    struct value x;
    (void)f;
    if (!function_operand(k, l, 0, NULL, &x)) return false;
    const json_t *p = function_param(l, 1, parts_name);
    int n = function_whole_numbers(p, 63, at);
    if (function_whole_numbers(function_param(l, 2, axis_name), 1, &axis) < 0 || n < 1)
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

bool function_flip(struct keras *k, struct keras_layer *l, const struct function *f)
{
    static const char *const name[] = {"axis", NULL};
    int64_t axis = 0;
    (void)f;
    if (!function_operand(k, l, 0, NULL, &l->out)) return false;
    if (function_whole_numbers(function_param(l, 1, name), 1, &axis) != 1)
        return layer_fail(k, l, "it needs one axis");
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

bool function_get_item(struct keras *k, struct keras_layer *l, const struct function *f)
{
    static const char *const name[] = {"slice_spec", "key", NULL};
    const json_t *spec = function_param(l, 1, name);
    (void)f;
    if (json_is_object(spec) && json_object_get(spec, "class_name") &&
        json_is_array(json_object_get(json_object_get(spec, "config"), "value")))
        spec = json_object_get(json_object_get(spec, "config"), "value"); // a tuple
    if (!function_operand(k, l, 0, NULL, &l->out)) return false;
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
