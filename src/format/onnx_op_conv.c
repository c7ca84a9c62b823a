// Conv and the pools: (N, C, T) becomes (n, 1, t, c), (N, C, H, W) becomes (n, h, w, c).
#include "onnx_read.h"
#include <float.h>
#include <string.h>

static const int axis_1d[] = {0, -1, 2, 1}, axis_2d[] = {0, 2, 3, 1};

// What Conv and the pools have in common. Index 0 is height, 1 is width; a 1-D op has height 1.
struct window {
    int spatial; // 1 or 2
    const int *axis;
    int32_t kernel[2], stride[2], dilation[2], pad[4], in[2];
};

// Reads an attribute of `spatial` positive integers into v[0..1], which holds the defaults.
static bool window_list(struct onnx *r, struct onnx_node *n, const struct window *w, const char *attr,
                        int32_t *v)
{
    const int64_t *list;
    int count;
    if (!node_list(r, n, attr, -1, &list, &count)) return false;
    if (!list) return true;
    if (count != w->spatial) return node_fail(r, n, "%s has %d entries, want %d", attr, count, w->spatial);
    for (int i = 0; i < count; i++) {
        if (list[i] < 1 || list[i] > 1 << 20) return node_fail(r, n, "%s is %lld", attr, (long long)list[i]);
        v[2 - w->spatial + i] = (int32_t)list[i];
    }
    return true;
}

static bool window_read(struct onnx *r, struct onnx_node *n, const struct value *x, struct window *w)
{
    if (x->rank != 3 && x->rank != 4)
        return node_fail(
            r, n,
            "input %s has %d dimensions; only 1-D and 2-D windows are supported, (n, c, t) or (n, c, h, w)",
            x->name, x->rank);
    w->spatial = x->rank - 2;
    w->axis = w->spatial == 1 ? axis_1d : axis_2d;
    for (int i = 0; i < 2; i++) {
        w->stride[i] = w->dilation[i] = 1;
        w->pad[i] = w->pad[i + 2] = 0;
        w->in[i] = i < 2 - w->spatial ? 1 : x->dim[2 + i - (2 - w->spatial)];
    }
    if (!window_list(r, n, w, "kernel_shape", w->kernel) || !window_list(r, n, w, "strides", w->stride) ||
        !window_list(r, n, w, "dilations", w->dilation))
        return false;
    const int64_t *list;
    int count;
    if (!node_list(r, n, "pads", -1, &list, &count)) return false;
    if (list && count != 2 * w->spatial)
        return node_fail(r, n, "pads has %d entries, want %d", count, 2 * w->spatial);
    for (int i = 0; i < count; i++) {
        if (list[i] < 0 || list[i] > 1 << 20)
            return node_fail(r, n, "a padding of %lld is not supported", (long long)list[i]);
        w->pad[i / w->spatial * 2 + i % w->spatial + 2 - w->spatial] = (int32_t)list[i];
    }
    const char *automatic = attr_text(r, n, "auto_pad", "NOTSET");
    bool upper = !strcmp(automatic, "SAME_UPPER"), lower = !strcmp(automatic, "SAME_LOWER");
    if (!upper && !lower && strcmp(automatic, "NOTSET") && strcmp(automatic, "VALID"))
        return node_fail(r, n, "auto_pad %s is not known", automatic);
    if (!strcmp(automatic, "VALID")) memset(w->pad, 0, sizeof w->pad);
    for (int i = 2 - w->spatial; i < 2; i++) {
        int64_t reach = (int64_t)(w->kernel[i] - 1) * w->dilation[i] + 1;
        if (upper || lower) { // as many outputs as inputs / stride, rounded up
            int64_t outs = ((int64_t)w->in[i] + w->stride[i] - 1) / w->stride[i];
            int64_t total = (outs - 1) * w->stride[i] + reach - w->in[i];
            if (total < 0) total = 0;
            if (total > 1 << 20)
                return node_fail(r, n, "a padding of %lld is not possible", (long long)total);
            w->pad[i] = (int32_t)((upper ? total : total + 1) / 2);
            w->pad[i + 2] = (int32_t)(total - w->pad[i]);
        }
        if (attr_int(n, "ceil_mode", 0)) { // a last window that begins inside, even when it ends outside
            int64_t span = (int64_t)w->in[i] + w->pad[i] + w->pad[i + 2] - reach;
            int64_t over = span > 0 ? span % w->stride[i] : 0, more = over ? w->stride[i] - over : 0;
            if (more && (span / w->stride[i] + 1) * w->stride[i] < w->in[i] + w->pad[i])
                w->pad[i + 2] += (int32_t)more;
        }
    }
    return true;
}

// (out, in, spatial...) -> (out, kh, kw, in), or for depthwise (c, 1, spatial...) -> (1, kh, kw, c); outputs
// from..from + count of it.
static struct tensor *weights(struct onnx *r, const struct value *w, bool depthwise, int32_t from,
                              int32_t count)
{
    int32_t kh = w->rank == 4 ? w->dim[2] : 1, kw = w->dim[w->rank - 1], in = w->dim[1];
    int64_t taps = (int64_t)kh * kw;
    float *v = arena_new_n(r->a, (size_t)(count * taps * in), float);
    const float *p = w->f + from * taps * in;
    for (int32_t o = 0; o < count; o++)
        for (int32_t i = 0; i < in; i++)
            for (int64_t k = 0; k < taps; k++) {
                float x = p[(o * (int64_t)in + i) * taps + k];
                if (depthwise)
                    v[k * count + o] = x;
                else
                    v[(o * taps + k) * in + i] = x;
            }
    int32_t dim[] = {depthwise ? 1 : count, kh, kw, depthwise ? count : in};
    struct tensor *t = tensor_const(r->a, w->name, F32, 4, dim, v);
    if (w->q.n == 1) t->q = w->q;
    if (w->q.n > 1 && w->q.axis == 0)
        t->q = (struct quant){count, depthwise ? 3 : 0, w->q.scale + from, w->q.zero + from};
    return t;
}

static struct tensor *conv_one(struct onnx *r, struct onnx_node *n, const struct window *win,
                               struct tensor *x, struct tensor *w, struct tensor *b, bool depthwise)
{
    struct node *m = node_add(r, n, depthwise ? OP_DEPTHWISE_CONV_2D : OP_CONV_2D, 3);
    m->in[0] = x;
    m->in[1] = w;
    m->in[2] = b;
    memcpy(m->as.conv.stride, win->stride, sizeof win->stride);
    memcpy(m->as.conv.dilation, win->dilation, sizeof win->dilation);
    memcpy(m->as.conv.pad, win->pad, sizeof win->pad);
    return node_done(r, n, m);
}

// Groups that are neither one nor one a channel: slices of the input, each by its own convolution, joined
// again.
static struct tensor *conv_groups(struct onnx *r, struct onnx_node *n, const struct window *win,
                                  struct tensor *x, const struct value *w, const struct value *b,
                                  int32_t groups)
{
    int32_t in = w->dim[1], out = w->dim[0] / groups;
    struct tensor **part = arena_new_n(r->scratch, (size_t)groups, struct tensor *);
    const char *name = n->out[0].name;
    for (int32_t k = 0; k < groups; k++) {
        n->out[0].name = arena_printf(r->a, "%s/group%d", name, k);
        struct node *s = node_add(r, n, OP_STRIDED_SLICE, 1);
        s->in[0] = x;
        s->out[0]->name = arena_printf(r->a, "%s/slice", n->out[0].name);
        s->out[0]->rank = 4;
        for (int i = 0; i < 4; i++) {
            s->out[0]->dim[i] = i == 3 ? in : x->dim[i];
            s->as.slice.begin[i] = i == 3 ? k * in : 0;
            s->as.slice.stride[i] = 1;
        }
        struct tensor *t = node_done(r, n, s), *bias = NULL;
        if (b) bias = tensor_const(r->a, b->name, F32, 1, &out, b->f + (int64_t)k * out);
        if (t) t = conv_one(r, n, win, t, weights(r, w, false, k * out, out), bias, false);
        if (!(part[k] = t)) return NULL;
    }
    n->out[0].name = name;
    struct node *m = node_add(r, n, OP_CONCATENATION, groups);
    memcpy(m->in, part, (size_t)groups * sizeof *part);
    m->as.axis.axis = 3;
    return node_done(r, n, m);
}

// Registers t (n, h, w, c) as output 0.
static bool window_out(struct onnx_node *n, struct tensor *t, const struct window *w)
{
    if (!t) return false;
    int32_t dim[4] = {t->dim[0], t->dim[3], t->dim[w->spatial == 1 ? 2 : 1], t->dim[2]};
    value_set(&n->out[0], t, w->axis, 2 + w->spatial, dim);
    return true;
}

static bool conv(struct onnx *r, struct onnx_node *n)
{
    struct value *x = node_computed(r, n, 0), *w = x ? node_floats(r, n, 1) : NULL, *b = NULL;
    if (!w) return false;
    if (n->nin > 2 && n->in[2] && !(b = node_floats(r, n, 2))) return false;
    struct window win;
    if (w->rank < 3 || w->rank != x->rank)
        return node_fail(r, n, "weights %s have %d dimensions, the input has %d", w->name, w->rank, x->rank);
    for (int i = 0; i < w->rank; i++)
        if (w->dim[i] < 1) return node_fail(r, n, "weights %s are empty", w->name);
    win.kernel[0] = w->rank == 4 ? w->dim[2] : 1;
    win.kernel[1] = w->dim[w->rank - 1];
    int32_t real[2] = {win.kernel[0], win.kernel[1]};
    if (!window_read(r, n, x, &win)) return false;
    if (real[0] != win.kernel[0] || real[1] != win.kernel[1])
        return node_fail(r, n, "kernel_shape differs from the shape of the weights %s", w->name);
    int64_t groups = attr_int(n, "group", 1);
    int32_t c = x->dim[1];
    if (groups < 1 || groups > c || c % groups || w->dim[0] % groups || w->dim[1] != c / groups)
        return node_fail(r, n, "weights %s do not fit %d channels in %lld groups", w->name, c,
                         (long long)groups);
    if (b && value_count(b) != w->dim[0])
        return node_fail(r, n, "%lld biases for %d channels", (long long)value_count(b), w->dim[0]);
    struct tensor *t = value_tensor(r->g, r->a, x, 4, win.axis, r->e), *bias = NULL;
    if (!t) return fail_in(r->e, "node %s (%s)", n->name, n->op);
    bool depthwise = groups == c && c > 1;
    if (b) bias = tensor_const(r->a, b->name, F32, 1, &w->dim[0], b->f);
    if (groups == 1 || depthwise)
        t = conv_one(r, n, &win, t, weights(r, w, depthwise, 0, w->dim[0]), bias, depthwise);
    else
        t = conv_groups(r, n, &win, t, w, b, (int32_t)groups);
    return window_out(n, t, &win);
}

// The largest of the taps, each a slice with the pool's stride.
static bool dilated_max_pool(struct onnx *r, struct onnx_node *n, struct value *x, const struct window *w)
{
    const int taps = w->kernel[0] * w->kernel[1],
              first = 2 - w->spatial; // index of the first spatial dimension
    struct value *y = NULL;
    if (w->kernel[0] > 64 || w->kernel[1] > 64 || taps > 64)
        return node_fail(r, n, "dilated pools of more than 64 taps are not supported");
    for (int s = first; s < 2; s++)
        x = make_padded(r, n, x, 2 + s - first, w->pad[s], w->pad[2 + s], -FLT_MAX);
    for (int k = 0; k < taps && x; k++) {
        const int32_t at[2] = {k / w->kernel[1], k % w->kernel[1]};
        struct value *tap = x;
        for (int s = first; s < 2; s++) {
            const int d = 2 + s - first;
            const int32_t span = (w->kernel[s] - 1) * w->dilation[s] + 1;
            if (x->dim[d] < span) return node_fail(r, n, "its kernel is larger than its input");
            tap = make_along(r, n, tap, d, at[s] * w->dilation[s], w->stride[s],
                             (x->dim[d] - span) / w->stride[s] + 1);
        }
        y = y ? make_binary(r, n, OP_MAXIMUM, y, tap) : tap;
    }
    return node_is(r, n, 0, y);
}

static bool pool(struct onnx *r, struct onnx_node *n, enum op op)
{
    struct value *x = node_computed(r, n, 0);
    struct window w = {.kernel = {1, 1}};
    if (!x || !window_read(r, n, x, &w)) return false;
    if (!attr_find(n, "kernel_shape")) return node_fail(r, n, "kernel_shape is missing");
    const bool dilated = w.dilation[0] != 1 || w.dilation[1] != 1;
    if (dilated && op == OP_AVERAGE_POOL_2D)
        return node_fail(r, n, "dilated average pools are not supported");
    if (n->nout > 1 && *n->out[1].name) n->out[1].t = NULL; // Indices: refused when somebody uses it
    if (dilated) return dilated_max_pool(r, n, x, &w);
    struct tensor *t = value_tensor(r->g, r->a, x, 4, w.axis, r->e);
    if (!t) return fail_in(r->e, "node %s (%s)", n->name, n->op);
    bool padded = w.pad[0] || w.pad[1] || w.pad[2] || w.pad[3];
    if (op == OP_AVERAGE_POOL_2D && padded && attr_int(n, "count_include_pad", 0)) {
        if (attr_int(n, "ceil_mode", 0))
            return node_fail(
                r, n, "ceil_mode together with count_include_pad is not supported; pad the input explicitly");
        struct node *m = node_add(r, n, OP_PAD, 1);
        m->in[0] = t;
        m->out[0]->name = arena_printf(r->a, "%s/pad", n->out[0].name);
        for (int i = 0; i < 2; i++) {
            m->as.pad.before[1 + i] = w.pad[i];
            m->as.pad.after[1 + i] = w.pad[2 + i];
        }
        if (!(t = node_done(r, n, m))) return false;
        memset(w.pad, 0, sizeof w.pad);
    }
    struct node *m = node_add(r, n, op, 1);
    m->in[0] = t;
    memcpy(m->as.pool.kernel, w.kernel, sizeof w.kernel);
    memcpy(m->as.pool.stride, w.stride, sizeof w.stride);
    memcpy(m->as.pool.pad, w.pad, sizeof w.pad);
    return window_out(n, node_done(r, n, m), &w);
}

static bool max_pool(struct onnx *r, struct onnx_node *n)
{
    return pool(r, n, OP_MAX_POOL_2D);
}

static bool average_pool(struct onnx *r, struct onnx_node *n)
{
    return pool(r, n, OP_AVERAGE_POOL_2D);
}

static bool global_average_pool(struct onnx *r, struct onnx_node *n)
{
    struct value *x = node_computed(r, n, 0);
    struct window w = {.kernel = {1, 1}};
    if (!x || !window_read(r, n, x, &w)) return false;
    struct tensor *t = value_tensor(r->g, r->a, x, 4, w.axis, r->e);
    if (!t) return fail_in(r->e, "node %s (%s)", n->name, n->op);
    struct node *m = node_add(r, n, OP_MEAN, 1);
    m->in[0] = t;
    m->as.reduce.naxis = 2;
    m->as.reduce.axis[0] = 1;
    m->as.reduce.axis[1] = 2;
    m->as.reduce.keep_dims = true;
    return window_out(n, node_done(r, n, m), &w);
}

static bool global_max_pool(struct onnx *r, struct onnx_node *n)
{
    struct value *x = node_computed(r, n, 0);
    struct window w = {.kernel = {1, 1}};
    if (!x || !window_read(r, n, x, &w)) return false;
    struct tensor *t = value_tensor(r->g, r->a, x, 4, w.axis, r->e);
    if (!t) return fail_in(r->e, "node %s (%s)", n->name, n->op);
    struct node *m = node_add(r, n, OP_MAX_POOL_2D, 1);
    m->in[0] = t;
    for (int i = 0; i < 2; i++) {
        m->as.pool.kernel[i] = w.in[i];
        m->as.pool.stride[i] = 1;
    }
    return window_out(n, node_done(r, n, m), &w);
}

const struct onnx_op_entry onnx_ops_conv[] = {
    {"Conv", conv, OP_COUNT},
    {"MaxPool", max_pool, OP_COUNT},
    {"AveragePool", average_pool, OP_COUNT},
    {"GlobalAveragePool", global_average_pool, OP_COUNT},
    {"GlobalMaxPool", global_max_pool, OP_COUNT},
    {NULL, NULL, OP_COUNT},
};
