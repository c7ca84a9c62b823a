// Convolutions, pools and what changes the extent of an image or a window of time. Inside of TimeDistributed
// a 1-D layer works on (n, s, t, c), where every time step s is a row of the image.
#include "keras.h"
#include <math.h>
#include <string.h>

// Where height, width and channels are in Keras's shape: our (n, h, w, c).
struct image {
    int spatial; // 1 or 2
    int axis[4];
    struct tensor *t;
};

static bool image_open(struct keras *k, const struct keras_layer *l, const char *type, struct image *m)
{
    const struct value *x = &l->in[0];
    m->spatial = strstr(type, "1D") ? 1 : 2;
    bool first = channels_first(l);
    if (strstr(type, "3D")) return layer_fail(k, l, "3-D layers are not supported");
    if (m->spatial == 2 && l->lead)
        return layer_fail(k, l, "2-D layers inside of TimeDistributed are not supported");
    if (first && l->lead)
        return layer_fail(k, l, "channels_first inside of TimeDistributed is not supported");
    if (x->rank != 2 + m->spatial + l->lead)
        return layer_fail(k, l, "its input has %d dimensions, want %d", x->rank, 2 + m->spatial + l->lead);
    static const int two_last[] = {0, 1, 2, 3}, two_first[] = {0, 2, 3, 1}, one_last[] = {0, -1, 1, 2},
                     one_first[] = {0, -1, 2, 1};
    const int *axis = m->spatial == 2 || l->lead ? (first ? two_first : two_last)
                      : first                    ? one_first
                                                 : one_last;
    memcpy(m->axis, axis, sizeof m->axis);
    m->t = value_tensor(k->g, k->a, x, 4, m->axis, k->e);
    return m->t != NULL || layer_fail_in(k, l);
}

static bool image_close(struct keras_layer *l, const struct image *m)
{
    if (m->t) layer_set(&l->out, m->t, m->axis, l->in[0].rank);
    return m->t != NULL;
}

// A list of one number a spatial dimension; height is `otherwise` where the layer has only width.
static bool spatial_ints(struct keras *k, const struct keras_layer *l, const struct image *m, const char *key,
                         int32_t otherwise, int32_t *out)
{
    out[0] = out[1] = otherwise;
    return config_ints(k, l, key, m->spatial, 1, otherwise, out + 2 - m->spatial);
}

// pad: top, left, bottom, right, as TensorFlow places it.
static bool padding(struct keras *k, const struct keras_layer *l, const struct image *m,
                    const int32_t *kernel, const int32_t *stride, const int32_t *dilation, int32_t *pad)
{
    const char *how = config_text(l, "padding", "valid");
    memset(pad, 0, 4 * sizeof *pad);
    for (int i = 2 - m->spatial; i < 2; i++) {
        int64_t in = m->t->dim[1 + i], reach = (int64_t)(kernel[i] - 1) * dilation[i] + 1;
        int64_t outs = (in + stride[i] - 1) / stride[i], total = (outs - 1) * stride[i] + reach - in;
        if (total < 0) total = 0;
        if (reach > 1 << 20)
            return layer_fail(k, l, "a kernel that reaches over %lld samples", (long long)reach);
        if (!strcmp(how, "same")) {
            pad[i] = (int32_t)(total / 2);
            pad[i + 2] = (int32_t)(total - total / 2);
        } else if (!strcmp(how, "causal"))
            pad[i] = (int32_t)(reach - 1);
        else if (strcmp(how, "valid"))
            return layer_fail(k, l, "padding %s is not known", how);
    }
    return true;
}

// Keras's (kh, kw, in, out) -> ours (out, kh, kw, in); depthwise (kh, kw, c, m) is ours but for a dimension.
static struct tensor *kernel_turn(struct keras *k, const char *name, const float *v, int32_t taps_h,
                                  int32_t taps_w, int32_t in, int32_t out)
{
    float *w = arena_new_n(k->a, (size_t)taps_h * (size_t)taps_w * (size_t)in * (size_t)out, float);
    int64_t rows = (int64_t)taps_h * taps_w * in;
    for (int64_t r = 0; r < rows; r++)
        for (int32_t o = 0; o < out; o++) w[o * rows + r] = v[r * out + o];
    return tensor_const(k->a, arena_printf(k->a, "%s/kernel", name), F32, 4,
                        (int32_t[]){out, taps_h, taps_w, in}, w);
}

// Keras's bias, copied: what it read ends with the reading.
static struct tensor *bias_of(struct keras *k, struct keras_layer *l, int number, int32_t out, bool *ok)
{
    if (!config_bool(l, "use_bias", true)) return NULL;
    const float *b = keras_weight(k, l, "bias", number, 1, &out);
    if (!b) *ok = false;
    return b ? tensor_const(k->a, arena_printf(k->a, "%s/bias", l->name), F32, 1, &out,
                            arena_copy(k->a, b, (size_t)out * sizeof *b))
             : NULL;
}

static bool convolve(struct keras *k, struct keras_layer *l, struct image *m, enum op op, const char *suffix,
                     struct tensor *w, struct tensor *b, const int32_t *stride, const int32_t *dilation,
                     const int32_t *pad)
{
    struct node *n = layer_node(k, l, op, suffix, 3);
    n->in[0] = m->t;
    n->in[1] = w;
    n->in[2] = b;
    memcpy(n->as.conv.stride, stride, 2 * sizeof *stride);
    memcpy(n->as.conv.dilation, dilation, 2 * sizeof *dilation);
    memcpy(n->as.conv.pad, pad, 4 * sizeof *pad);
    return (m->t = layer_done(k, l, n)) != NULL;
}

// Groups of channels: one a channel is a depthwise convolution, else slices, each by its own convolution. w is
// (taps, channels of a group, filters).
static bool convolve_groups(struct keras *k, struct keras_layer *l, struct image *m, const float *w,
                            struct tensor *b, int32_t groups, int32_t filters, const int32_t *size,
                            const int32_t *stride, const int32_t *dilation, const int32_t *pad)
{
    const int32_t in = m->t->dim[3] / groups, out = filters / groups;
    const size_t taps = (size_t)size[0] * (size_t)size[1];
    if (in == 1) {
        struct tensor *t = tensor_const(k->a, arena_printf(k->a, "%s/kernel", l->name), F32, 4,
                                        (int32_t[]){1, size[0], size[1], filters},
                                        arena_copy(k->a, w, taps * (size_t)filters * sizeof *w));
        return convolve(k, l, m, OP_DEPTHWISE_CONV_2D, NULL, t, b, stride, dilation, pad);
    }
    struct value *part = arena_new_n(k->scratch, (size_t)groups, struct value), x;
    value_set_plain(&x, m->t);
    for (int32_t g = 0; g < groups; g++) {
        float *own = arena_new_n(k->scratch, taps * (size_t)in * (size_t)out, float);
        for (size_t r = 0; r < taps * (size_t)in; r++)
            memcpy(own + r * (size_t)out, w + r * (size_t)filters + g * out, (size_t)out * sizeof *w);
        const char *name = arena_printf(k->a, "group_%d", g);
        struct value v = x;
        if (!build_slice(k, l, arena_printf(k->a, "%s/channels", name), &v, 3, g * in, 1, in)) return false;
        struct image one = {.t = value_plain(k->g, k->a, &v, k->e)};
        struct tensor *bias = b ? tensor_const(k->a, arena_printf(k->a, "%s/%s/bias", l->name, name), F32, 1,
                                               &out, (const float *)b->data + g * out)
                                : NULL;
        if (!one.t || !convolve(k, l, &one, OP_CONV_2D, name,
                                kernel_turn(k, arena_printf(k->a, "%s/%s", l->name, name), own, size[0],
                                            size[1], in, out),
                                bias, stride, dilation, pad))
            return false;
        value_set_plain(&part[g], one.t);
    }
    return build_concat(k, l, NULL, groups, part, 3, &x) &&
           (m->t = value_plain(k->g, k->a, &x, k->e)) != NULL;
}

// The shape of a kernel as Keras stores it: 1-D kernels have no height.
static const float *kernel_get(struct keras *k, struct keras_layer *l, const struct image *m,
                               const char *role, int number, const int32_t *size, int32_t in, int32_t out)
{
    int32_t dim[] = {size[0], size[1], in, out};
    return keras_weight(k, l, role, number, 2 + m->spatial, dim + 2 - m->spatial);
}

static bool conv(struct keras *k, struct keras_layer *l)
{
    struct image m;
    int32_t filters, size[2], stride[2], dilation[2], pad[4], groups;
    bool ok = true;
    if (!image_open(k, l, l->type, &m) || !config_ints(k, l, "filters", 1, 1, 0, &filters) ||
        !config_ints(k, l, "groups", 1, 1, 1, &groups) || !spatial_ints(k, l, &m, "kernel_size", 1, size) ||
        !spatial_ints(k, l, &m, "strides", 1, stride) ||
        !spatial_ints(k, l, &m, "dilation_rate", 1, dilation) ||
        !padding(k, l, &m, size, stride, dilation, pad))
        return false;
    if (filters < 1) return layer_fail(k, l, "filters is missing; the config is damaged");
    int32_t c = m.t->dim[3];
    if (c % groups || filters % groups || groups > 1024)
        return layer_fail(k, l, "%d channels and %d filters do not make %d groups", c, filters, groups);
    const float *w = kernel_get(k, l, &m, "kernel", 0, size, c / groups, filters);
    struct tensor *b = w ? bias_of(k, l, 1, filters, &ok) : NULL;
    if (groups > 1) {
        if (!w || !ok || !convolve_groups(k, l, &m, w, b, groups, filters, size, stride, dilation, pad))
            return false;
    } else if (!w || !ok ||
               !convolve(k, l, &m, OP_CONV_2D, NULL, kernel_turn(k, l->name, w, size[0], size[1], c, filters),
                         b, stride, dilation, pad))
        return false;
    return image_close(l, &m) && layer_activation(k, l, json_object_get(l->config, "activation"), &l->out);
}

// DepthwiseConv, and the first half of SeparableConv.
static bool depthwise_part(struct keras *k, struct keras_layer *l, struct image *m, bool separable,
                           int32_t *channels)
{
    int32_t times, size[2], stride[2], dilation[2], pad[4];
    bool ok = true;
    if (!config_ints(k, l, "depth_multiplier", 1, 1, 1, &times) ||
        !spatial_ints(k, l, m, "kernel_size", 1, size) || !spatial_ints(k, l, m, "strides", 1, stride) ||
        !spatial_ints(k, l, m, "dilation_rate", 1, dilation) ||
        !padding(k, l, m, size, stride, dilation, pad))
        return false;
    int32_t c = m->t->dim[3];
    if (times > 1024) return layer_fail(k, l, "depth_multiplier=%d", times);
    *channels = c * times;
    const char *role = k->v3 ? "kernel" : "depthwise_kernel"; // .h5 of Keras 3 says kernel for DepthwiseConv
    if (!k->v3 && !separable && l->path) {
        const struct h5_text *names = h5_text_find(k->h5, l->path, "weight_names");
        for (int i = 0; names && i < names->n; i++)
            if (!strstr(names->v[i], "depthwise_kernel") && strstr(names->v[i], "kernel")) role = "kernel";
    }
    const float *w = kernel_get(k, l, m, role, 0, size, c, times);
    if (!w) return false;
    struct tensor *b = separable ? NULL : bias_of(k, l, 1, *channels, &ok);
    size_t bytes = (size_t)size[0] * (size_t)size[1] * (size_t)*channels * sizeof *w;
    struct tensor *t = tensor_const(k->a, arena_printf(k->a, "%s/depthwise_kernel", l->name), F32, 4,
                                    (int32_t[]){1, size[0], size[1], *channels}, arena_copy(k->a, w, bytes));
    return ok && convolve(k, l, m, OP_DEPTHWISE_CONV_2D, separable ? "depthwise" : NULL, t, b, stride,
                          dilation, pad);
}

static bool depthwise_conv(struct keras *k, struct keras_layer *l)
{
    struct image m;
    int32_t c;
    return image_open(k, l, l->type, &m) && depthwise_part(k, l, &m, false, &c) && image_close(l, &m) &&
           layer_activation(k, l, json_object_get(l->config, "activation"), &l->out);
}

static bool separable_conv(struct keras *k, struct keras_layer *l)
{
    struct image m;
    int32_t c, filters, one[2] = {1, 1}, none[4] = {0};
    bool ok = true;
    if (!image_open(k, l, l->type, &m) || !config_ints(k, l, "filters", 1, 1, 0, &filters) ||
        !depthwise_part(k, l, &m, true, &c))
        return false;
    if (filters < 1) return layer_fail(k, l, "filters is missing; the config is damaged");
    const float *w = kernel_get(k, l, &m, "pointwise_kernel", 1, one, c, filters);
    struct tensor *b = w ? bias_of(k, l, 2, filters, &ok) : NULL;
    if (!w || !ok ||
        !convolve(k, l, &m, OP_CONV_2D, NULL, kernel_turn(k, l->name, w, 1, 1, c, filters), b, one, one,
                  none))
        return false;
    return image_close(l, &m) && layer_activation(k, l, json_object_get(l->config, "activation"), &l->out);
}

static bool pool(struct keras *k, struct keras_layer *l)
{
    struct image m;
    bool max = !strncmp(l->type, "Max", 3);
    struct pool p = {.kernel = {1, 1}};
    const int32_t one[] = {1, 1};
    const char *length = json_object_get(l->config, "pool_size") ? "pool_size" : "pool_length"; // Keras 1
    if (!image_open(k, l, l->type, &m) || !spatial_ints(k, l, &m, length, 2, p.kernel)) return false;
    if (m.spatial == 1) p.kernel[0] = 1;
    memcpy(p.stride, p.kernel, sizeof p.stride);
    if (!json_is_null(json_object_get(l->config, "strides")) && json_object_get(l->config, "strides") &&
        !spatial_ints(k, l, &m, "strides", 1, p.stride))
        return false;
    if (!padding(k, l, &m, p.kernel, p.stride, one, p.pad)) return false;
    struct node *n = layer_node(k, l, max ? OP_MAX_POOL_2D : OP_AVERAGE_POOL_2D, NULL, 1);
    n->in[0] = m.t;
    n->as.pool = p;
    m.t = layer_done(k, l, n);
    return image_close(l, &m);
}

static bool global_pool(struct keras *k, struct keras_layer *l)
{
    struct image m;
    if (!image_open(k, l, l->type, &m)) return false;
    bool max = strstr(l->type, "Max") != NULL;
    struct node *n = layer_node(k, l, max ? OP_MAX_POOL_2D : OP_MEAN, NULL, 1);
    n->in[0] = m.t;
    if (max)
        n->as.pool = (struct pool){.kernel = {l->lead ? 1 : m.t->dim[1], m.t->dim[2]}, .stride = {1, 1}};
    else {
        if (!l->lead) n->as.reduce.axis[n->as.reduce.naxis++] = 1;
        n->as.reduce.axis[n->as.reduce.naxis++] = 2;
        n->as.reduce.keep_dims = true;
    }
    if (!config_bool(l, "keepdims", false)) {
        if (!max) { // the dimensions go: (n, c), or (n, s, c)
            n->as.reduce.keep_dims = false;
            struct tensor *t = layer_done(k, l, n);
            if (t) value_set_plain(&l->out, t);
            return t != NULL;
        }
        struct tensor *t = layer_done(k, l, n);
        static const int all[] = {0, -1, -1, 1}, steps[] = {0, 1, -1, 2};
        if (t) layer_set(&l->out, t, l->lead ? steps : all, 2 + l->lead);
        return t != NULL;
    }
    m.t = layer_done(k, l, n);
    return image_close(l, &m);
}

// ZeroPadding, Cropping: how much before and after, height then width. 2-D takes 1, [h, w] or [[top, bottom],
// [left, right]].
static bool border(struct keras *k, struct keras_layer *l, const struct image *m, const char *key,
                   int32_t v[2][2])
{
    const json_t *p = json_object_get(l->config, key);
    memset(v, 0, 4 * sizeof(int32_t));
    if (m->spatial == 1) return config_ints(k, l, key, 2, 0, 1, v[1]);
    struct keras_layer part = *l;
    for (int i = 0; i < 2; i++) {
        const json_t *one = json_is_array(p) ? json_array_get(p, (size_t)i) : p;
        json_t *object = json_pack("{s:O?}", key, one);
        part.config = object;
        bool ok = config_ints(k, &part, key, 2, 0, 1, v[i]);
        json_decref(object);
        if (!ok) return false;
    }
    return true;
}

static bool zero_padding(struct keras *k, struct keras_layer *l)
{
    struct image m;
    int32_t v[2][2];
    if (!image_open(k, l, l->type, &m) || !border(k, l, &m, "padding", v)) return false;
    struct node *n = layer_node(k, l, OP_PAD, NULL, 1);
    n->in[0] = m.t;
    for (int i = 0; i < 2; i++) {
        n->as.pad.before[1 + i] = v[i][0];
        n->as.pad.after[1 + i] = v[i][1];
    }
    m.t = layer_done(k, l, n);
    return image_close(l, &m);
}

static bool cropping(struct keras *k, struct keras_layer *l)
{
    struct image m;
    int32_t v[2][2];
    if (!image_open(k, l, l->type, &m) || !border(k, l, &m, "cropping", v)) return false;
    struct node *n = layer_node(k, l, OP_STRIDED_SLICE, NULL, 1);
    n->in[0] = m.t;
    n->out[0] = tensor_new(k->a, n->name, F32, 4, m.t->dim);
    for (int i = 0; i < 4; i++) n->as.slice.stride[i] = 1;
    for (int i = 0; i < 2; i++) {
        n->as.slice.begin[1 + i] = v[i][0];
        n->out[0]->dim[1 + i] -= v[i][0] + v[i][1];
        if (n->out[0]->dim[1 + i] < 1) return layer_fail(k, l, "nothing is left of %d", m.t->dim[1 + i]);
    }
    m.t = layer_done(k, l, n);
    return image_close(l, &m);
}

const struct keras_entry keras_layers_conv[] = {
    {"Conv1D", conv, MASK_DROPPED, false},
    {"Conv2D", conv, MASK_DROPPED, false},
    {"Convolution1D", conv, MASK_DROPPED, false},
    {"Convolution2D", conv, MASK_DROPPED, false},
    {"DepthwiseConv1D", depthwise_conv, MASK_DROPPED, false},
    {"DepthwiseConv2D", depthwise_conv, MASK_DROPPED, false},
    {"SeparableConv1D", separable_conv, MASK_DROPPED, false},
    {"SeparableConv2D", separable_conv, MASK_DROPPED, false},
    {"MaxPooling1D", pool, MASK_DROPPED, false},
    {"MaxPooling2D", pool, MASK_DROPPED, false},
    {"AveragePooling1D", pool, MASK_DROPPED, false},
    {"AveragePooling2D", pool, MASK_DROPPED, false},
    {"GlobalAveragePooling1D", global_pool, MASK_USED, false},
    {"GlobalAveragePooling2D", global_pool, MASK_DROPPED, false},
    {"GlobalMaxPooling1D", global_pool, MASK_DROPPED, false},
    {"GlobalMaxPooling2D", global_pool, MASK_DROPPED, false},
    {"ZeroPadding1D", zero_padding, MASK_DROPPED, false},
    {"ZeroPadding2D", zero_padding, MASK_DROPPED, false},
    {"Cropping1D", cropping, MASK_DROPPED, false},
    {"Cropping2D", cropping, MASK_DROPPED, false},
    {NULL, NULL, MASK_DROPPED, false},
};
