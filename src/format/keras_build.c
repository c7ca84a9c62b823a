// Pieces that layers are made of: one node each, on values.
#include "keras.h"
#include <string.h>

bool build_unary(struct keras *k, const struct keras_layer *l, enum op op, const char *suffix,
                 struct value *v)
{
    return layer_unary(k, l, layer_node(k, l, op, suffix, 1), v);
}

static struct tensor *number(struct keras *k, const struct node *n, float c)
{
    return tensor_const(k->a, arena_printf(k->a, "%s/number", n->name), F32, 1, (int32_t[]){1},
                        arena_copy(k->a, &c, sizeof c));
}

bool build_number(struct keras *k, const struct keras_layer *l, enum op op, const char *suffix,
                  struct value *v, float c)
{
    struct node *n = layer_node(k, l, op, suffix, 2);
    n->in[1] = number(k, n, c);
    return layer_unary(k, l, n, v);
}

bool build_from(struct keras *k, const struct keras_layer *l, enum op op, const char *suffix, float c,
                struct value *v)
{
    struct node *n = layer_node(k, l, op, suffix, 2);
    n->in[0] = number(k, n, c);
    n->in[1] = v->t;
    return (v->t = layer_done(k, l, n)) != NULL;
}

// x and y in the order of memory of the one that has the result's shape.
static bool broadcast(struct keras *k, const struct keras_layer *l, const struct value *x,
                      const struct value *y, struct tensor **tx, struct tensor **ty, int *order, int *n)
{
    int32_t dim[VALUE_MAX_RANK] = {0};
    for (int d = 0; d < x->rank; d++) {
        if (x->dim[d] != y->dim[d] && x->dim[d] != 1 && y->dim[d] != 1)
            return layer_fail(k, l, "its inputs differ in dimension %d: %d and %d", d, x->dim[d], y->dim[d]);
        dim[d] = x->dim[d] > y->dim[d] ? x->dim[d] : y->dim[d];
    }
    const size_t bytes = (size_t)x->rank * sizeof *dim;
    const bool x_whole = !memcmp(dim, x->dim, bytes), y_whole = !memcmp(dim, y->dim, bytes);
    const struct value *lead = x_whole ? x : y, *rest = x_whole ? y : x;
    struct tensor *t;
    if (x_whole || y_whole)
        t = value_view(k->g, k->a, lead, -1, order, n, k->e);
    else {
        for (*n = 0; *n < x->rank; ++*n) order[*n] = *n;
        t = value_plain(k->g, k->a, lead, k->e);
    }
    struct tensor *other = t ? value_tensor(k->g, k->a, rest, *n, order, k->e) : NULL;
    *tx = x_whole ? t : other;
    *ty = x_whole ? other : t;
    return other != NULL || layer_fail_in(k, l);
}

// v with 1s in front, up to that rank.
static bool widen(struct value *v, int rank)
{
    int32_t dim[VALUE_MAX_RANK] = {0};
    for (int d = 0; d < rank; d++) dim[d] = d < rank - v->rank ? 1 : v->dim[d - (rank - v->rank)];
    return value_reshape(v, rank, dim);
}

bool build_binary(struct keras *k, const struct keras_layer *l, enum op op, const char *suffix,
                  const struct value *x, const struct value *y, struct value *out)
{
    struct value a = *x, b = *y;
    if (value_is_const(x) ||
        value_is_const(y)) { // one of them, of floats: at its place in memory's own order
        struct tensor *t[2];
        for (int i = 0; i < 2; i++) {
            const struct value *v = i ? y : x;
            const char *name = arena_printf(k->a, "%s/constant", l->name);
            t[i] = value_is_const(v) ? tensor_const(k->a, name, F32, v->rank, v->dim, v->f)
                                     : value_plain(k->g, k->a, v, k->e);
            if (!t[i]) return layer_fail_in(k, l);
        }
        struct node *n = layer_node(k, l, op, suffix, 2);
        n->in[0] = t[0];
        n->in[1] = t[1];
        struct tensor *r = layer_done(k, l, n);
        if (r) value_set_plain(out, r);
        return r != NULL;
    }
    const int rank = a.rank > b.rank ? a.rank : b.rank;
    int order[VALUE_MAX_RANK], n;
    struct tensor *ta = NULL, *tb = NULL;
    if (!widen(&a, rank) || !widen(&b, rank)) return layer_fail(k, l, "its inputs do not fit each other");
    if (!broadcast(k, l, &a, &b, &ta, &tb, order, &n)) return false;
    struct node *m = layer_node(k, l, op, suffix, 2);
    m->in[0] = ta;
    m->in[1] = tb;
    struct tensor *t = layer_done(k, l, m);
    if (!t) return false;
    int32_t dim[VALUE_MAX_RANK];
    for (int d = 0; d < rank; d++) dim[d] = a.dim[d] > b.dim[d] ? a.dim[d] : b.dim[d];
    value_set(out, t, order, rank, dim);
    return true;
}

bool build_const(struct keras *k, const struct keras_layer *l, enum op op, const char *suffix,
                 struct value *v, int rank, const int32_t *dim, const float *c)
{
    struct value y = {.name = suffix, .rank = rank};
    int64_t n = 1;
    for (int d = 0; d < rank; d++) n *= y.dim[d] = dim[d];
    y.f = arena_copy(k->a, c, (size_t)n * sizeof *c);
    return build_binary(k, l, op, suffix, v, &y, v);
}

// A value of which all dimensions are there, in order.
static struct tensor *plain(struct keras *k, const struct keras_layer *l, const struct value *v)
{
    struct tensor *t = value_plain(k->g, k->a, v, k->e);
    if (!t) layer_fail_in(k, l);
    return t;
}

bool build_reduce(struct keras *k, const struct keras_layer *l, enum op op, const char *suffix,
                  struct value *v, unsigned axes, bool keep)
{
    // One node a run of neighbours, from the last on; so that earlier dimensions keep their numbers.
    for (int d = v->rank - 1; d >= 0; d--) {
        if (!(axes >> d & 1)) continue;
        struct tensor *t = plain(k, l, v);
        if (!t) return false;
        struct node *n = layer_node(k, l, op, suffix, 1);
        n->in[0] = t;
        int first = d;
        while (first > 0 && axes >> (first - 1) & 1) first--;
        for (int i = first; i <= d; i++) n->as.reduce.axis[n->as.reduce.naxis++] = i;
        n->as.reduce.keep_dims = keep;
        if (!(t = layer_done(k, l, n))) return false;
        value_set_plain(v, t);
        d = first;
    }
    return true;
}

bool build_reshape(struct keras *k, const struct keras_layer *l, const char *suffix, struct value *v,
                   int rank, const int32_t *dim)
{
    if (value_reshape(v, rank, dim)) return true;
    struct tensor *t = plain(k, l, v);
    if (!t) return false;
    struct node *n = layer_node(k, l, OP_RESHAPE, suffix, 1);
    n->in[0] = t;
    n->out[0] = tensor_new(k->a, n->name, F32, rank, dim);
    if (!(t = layer_done(k, l, n))) return false;
    value_set_plain(v, t);
    return true;
}

bool build_slice(struct keras *k, const struct keras_layer *l, const char *suffix, struct value *v, int d,
                 int32_t begin, int32_t stride, int32_t count)
{
    struct tensor *t = plain(k, l, v);
    if (!t) return false;
    struct node *n = layer_node(k, l, OP_STRIDED_SLICE, suffix, 1);
    n->in[0] = t;
    n->out[0] = tensor_new(k->a, n->name, t->type, t->rank, t->dim);
    for (int i = 0; i < t->rank; i++) n->as.slice.stride[i] = 1;
    n->as.slice.begin[d] = begin;
    n->as.slice.stride[d] = stride;
    n->out[0]->dim[d] = count;
    if (!(t = layer_done(k, l, n))) return false;
    value_set_plain(v, t);
    return true;
}

bool build_concat(struct keras *k, const struct keras_layer *l, const char *suffix, int n,
                  const struct value *part, int d, struct value *out)
{
    const struct value *x = &part[0];
    int order[VALUE_MAX_RANK], rank;
    int64_t sum = 0;
    for (int i = 0; i < n; i++) {
        bool fits = part[i].rank == x->rank && !value_is_const(&part[i]);
        for (int j = 0; fits && j < x->rank; j++) fits = j == d || part[i].dim[j] == x->dim[j];
        if (!fits) return layer_fail(k, l, "its inputs do not fit each other");
        sum += part[i].dim[d];
    }
    if (sum > 1 << 28) return layer_fail(k, l, "its output is too large");
    struct tensor *t = value_view(k->g, k->a, x, d, order, &rank, k->e);
    struct tensor **piece = arena_new_n(k->scratch, (size_t)n, struct tensor *);
    for (int i = 0; i < n && t; i++)
        t = piece[i] = i ? value_tensor(k->g, k->a, &part[i], rank, order, k->e) : t;
    if (!t) return layer_fail_in(k, l);
    struct node *m = layer_node(k, l, OP_CONCATENATION, suffix, n);
    memcpy(m->in, piece, (size_t)n * sizeof *piece);
    while (order[m->as.axis.axis] != d) m->as.axis.axis++;
    if (!(t = layer_done(k, l, m))) return false;
    int32_t dim[VALUE_MAX_RANK];
    memcpy(dim, x->dim, sizeof dim);
    dim[d] = (int32_t)sum;
    value_set(out, t, order, x->rank, dim);
    return true;
}

bool build_repeat(struct keras *k, const struct keras_layer *l, const char *suffix, struct value *v, int d,
                  int times)
{
    struct tensor *t = plain(k, l, v);
    if (!t) return false;
    struct node *n = layer_node(k, l, OP_CONCATENATION, suffix, times);
    for (int i = 0; i < times; i++) n->in[i] = t;
    n->as.axis.axis = d;
    if (!(t = layer_done(k, l, n))) return false;
    value_set_plain(v, t);
    return true;
}

bool build_softmax(struct keras *k, const struct keras_layer *l, enum op op, struct value *v, int d)
{
    int order[VALUE_MAX_RANK], n, m = 0;
    struct tensor *t = value_view(k->g, k->a, v, d, order, &n, k->e);
    if (t && order[n - 1] != d) {
        for (int i = 0; i < n; i++)
            if (order[i] != d) order[m++] = order[i];
        order[m] = d;
        t = value_tensor(k->g, k->a, v, n, order, k->e);
    }
    if (!t) return layer_fail_in(k, l);
    value_set(v, t, order, v->rank, v->dim);
    struct node *s = layer_node(k, l, op, op == OP_SOFTMAX ? "softmax" : "log_softmax", 1);
    if (op == OP_SOFTMAX) s->as.softmax.beta = 1;
    return layer_unary(k, l, s, v);
}

bool build_matmul(struct keras *k, const struct keras_layer *l, const char *suffix, const struct value *x,
                  const struct value *y, bool turn_y, struct value *out)
{
    struct tensor *a = plain(k, l, x), *b = a ? plain(k, l, y) : NULL;
    if (!b) return false;
    struct node *n = layer_node(k, l, OP_BATCH_MATMUL, suffix, 2);
    n->in[0] = a;
    n->in[1] = b;
    n->as.matmul.adj_y = turn_y;
    struct tensor *t = layer_done(k, l, n);
    if (t) value_set_plain(out, t);
    return t != NULL;
}

bool build_dense(struct keras *k, const struct keras_layer *l, const char *suffix, struct value *v,
                 const float *w, const float *b, int32_t units)
{
    const int32_t in = v->dim[v->rank - 1];
    float *turned = arena_new_n(k->a, (size_t)in * (size_t)units, float);
    for (int32_t i = 0; i < in; i++)
        for (int32_t o = 0; o < units; o++) turned[(int64_t)o * in + i] = w[(int64_t)i * units + o];
    struct tensor *t = plain(k, l, v);
    if (!t) return false;
    struct node *n = layer_node(k, l, OP_DENSE, suffix, 3);
    n->in[0] = t;
    n->in[1] =
        tensor_const(k->a, arena_printf(k->a, "%s/kernel", n->name), F32, 2, (int32_t[]){units, in}, turned);
    if (b)
        n->in[2] = tensor_const(k->a, arena_printf(k->a, "%s/bias", n->name), F32, 1, &units,
                                arena_copy(k->a, b, (size_t)units * sizeof *b));
    if (!(t = layer_done(k, l, n))) return false;
    value_set_plain(v, t);
    return true;
}
