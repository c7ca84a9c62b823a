// Padding: with zeros PAD, with other numbers or what stands at the border CONCATENATION.
#include "onnx_read.h"
#include <string.h>

struct pads {
    int32_t before[VALUE_MAX_RANK], after[VALUE_MAX_RANK];
};

static bool pads_read(struct onnx *r, struct onnx_node *n, const struct value *x, struct pads *p)
{
    const int64_t *list, *axes;
    int count, naxes;
    if (!node_list(r, n, attr_find(n, "paddings") ? "paddings" : "pads", 1, &list, &count) ||
        !node_list(r, n, NULL, 3, &axes, &naxes))
        return false;
    if (!axes) naxes = x->rank;
    if (count != 2 * naxes) return node_fail(r, n, "pads has %d entries, want %d", count, 2 * naxes);
    for (int i = 0; i < naxes; i++) {
        int d = axes ? node_axis(r, n, axes[i], x->rank) : i;
        if (d < 0) return false;
        if (list[i] < -x->dim[d] || list[i + naxes] < -x->dim[d] || list[i] > 1 << 20 ||
            list[i + naxes] > 1 << 20)
            return node_fail(r, n, "padding of %lld and %lld is not supported", (long long)list[i],
                             (long long)list[i + naxes]);
        p->before[d] = (int32_t)list[i];
        p->after[d] = (int32_t)list[i + naxes];
        if (x->dim[d] > 1 << 24) return node_fail(r, n, "its input is too large");
    }
    return true;
}

// Negative padding cuts.
static struct value *cut(struct onnx *r, struct onnx_node *n, struct value *x, struct pads *p)
{
    const int rank = x->rank;
    for (int d = 0; d < rank && x; d++) {
        const int32_t from = p->before[d] < 0 ? -p->before[d] : 0, to = p->after[d] < 0 ? -p->after[d] : 0;
        if (!from && !to) continue;
        if (x->dim[d] - from - to < 1) return node_fail(r, n, "nothing is left of dimension %d", d), NULL;
        x = make_along(r, n, x, d, from, 1, x->dim[d] - from - to);
        if (from) p->before[d] = 0;
        if (to) p->after[d] = 0;
    }
    return x;
}

static struct value *zeros(struct onnx *r, struct onnx_node *n, struct value *x, const struct pads *p)
{
    int order[GRAPH_MAX_RANK], rank, one = -1;
    int32_t dim[VALUE_MAX_RANK];
    bool grows = false;
    for (int d = 0; d < x->rank; d++) {
        dim[d] = x->dim[d] + p->before[d] + p->after[d];
        grows |= dim[d] != x->dim[d];
        if (x->dim[d] == 1 && dim[d] > 1) one = d;
    }
    if (!grows) return x;
    struct tensor *t = value_view(r->g, r->a, x, one, order, &rank, r->e);
    if (!t) return fail_in(r->e, "node %s (%s)", n->name, n->op), NULL;
    struct node *m = make_node(r, n, OP_PAD, 1);
    m->in[0] = t;
    for (int d = 0, done = 0; d < x->rank; d++, done = 0) {
        for (int i = 0; i < rank; i++)
            if (order[i] == d) {
                m->as.pad.before[i] = p->before[d];
                m->as.pad.after[i] = p->after[d];
                done = 1;
            }
        if (!done && dim[d] != x->dim[d])
            return node_fail(r, n, "pads more than one dimension of size 1"), NULL;
    }
    if (!(t = node_done(r, n, m))) return NULL;
    struct value *y = make_value(r, n);
    value_set(y, t, order, x->rank, dim);
    return y;
}

// count numbers along dimension d beside x, all of them v.
static struct value *filled(struct onnx *r, struct onnx_node *n, const struct value *x, int d, int32_t count,
                            float v)
{
    struct value *y = make_value(r, n);
    int32_t dim[VALUE_MAX_RANK];
    int64_t wide[VALUE_MAX_RANK];
    float *f;
    for (int i = 0; i < x->rank; i++) wide[i] = i == d ? count : x->dim[i];
    if (!dims_check(r, n, x->rank, wide, dim) || !fold_new(r, n, y, x->rank, dim, &f, NULL)) return NULL;
    for (int64_t k = 0, all = value_count(y); k < all; k++) f[k] = v;
    return y;
}

struct value *make_padded(struct onnx *r, struct onnx_node *n, struct value *x, int d, int32_t before,
                          int32_t after, float v)
{
    struct value *part[3] = {NULL, x, NULL};
    if (!x || (before && !(part[0] = filled(r, n, x, d, before, v))) ||
        (after && !(part[2] = filled(r, n, x, d, after, v))))
        return NULL;
    return make_concat(r, n, 1 + (before != 0) + (after != 0), part + !before, d);
}

// What stands on one side of x along dimension d: its first or last element again and again; its steps counted from the
// border, without it, or round from the other end.
static struct value *border(struct onnx *r, struct onnx_node *n, struct value *x, int d, int32_t count,
                            bool front, const char *mode)
{
    const int32_t size = x->dim[d];
    if (!strcmp(mode, "edge")) {
        int64_t times[VALUE_MAX_RANK];
        for (int i = 0; i < x->rank; i++) times[i] = i == d ? count : 1;
        struct value *end = make_along(r, n, x, d, front ? 0 : size - 1, 1, 1);
        return end ? make_tile(r, n, end, times) : NULL;
    }
    const bool wrap = !strcmp(mode, "wrap");
    if (count > size - !wrap)
        return node_fail(r, n, "%d elements of padding beside %d are not supported", count, size), NULL;
    if (wrap) return make_along(r, n, x, d, front ? size - count : 0, 1, count);
    return make_along(r, n, x, d, front ? count : size - 2, -1, count);
}

static bool pad(struct onnx *r, struct onnx_node *n)
{
    struct value *x = node_in(r, n, 0);
    struct pads p = {{0}, {0}};
    if (!x || !pads_read(r, n, x, &p)) return false;
    const char *mode = attr_text(r, n, "mode", "constant");
    const bool constant = !strcmp(mode, "constant");
    if (!constant && strcmp(mode, "edge") && strcmp(mode, "reflect") && strcmp(mode, "wrap"))
        return node_fail(r, n, "padding of the kind %.40s is not known; want constant, edge, reflect or wrap",
                         mode);
    float value = attr_float(n, "value", 0);
    if (constant && n->nin > 2 && n->in[2]) {
        const struct value *v = n->in[2];
        if (!value_is_const(v) || value_count(v) != 1)
            return node_fail(r, n, "value %s is no constant number", v->name);
        value = v->f ? v->f[0] : (float)v->i[0];
    }
    if (x->i && constant)
        return node_fail(r, n, "input %s holds integers; only floats are padded with numbers", x->name);
    const int rank = x->rank;
    if (!(x = cut(r, n, x, &p))) return false;
    if (constant && value == 0 && !value_is_const(x)) return node_is(r, n, 0, zeros(r, n, x, &p));
    if (!value_is_const(x) && x->t->type != F32 && constant)
        return node_fail(r, n, "input %s is %s; only floats are padded with other than zeros", x->name,
                         dtype_name(x->t->type));
    for (int d = 0; d < rank && x; d++) {
        if (constant) {
            x = make_padded(r, n, x, d, p.before[d], p.after[d], value);
            continue;
        }
        struct value *part[3] = {NULL, x, NULL};
        if (p.before[d] && !(part[0] = border(r, n, x, d, p.before[d], true, mode))) return false;
        if (p.after[d] && !(part[2] = border(r, n, x, d, p.after[d], false, mode))) return false;
        x = make_concat(r, n, 1 + (part[0] != NULL) + (part[2] != NULL), part + (part[0] == NULL), d);
    }
    return node_is(r, n, 0, x);
}

const struct onnx_op_entry onnx_ops_pad[] = {
    {"Pad", pad, OP_PAD},
    {NULL, NULL, OP_COUNT},
};
