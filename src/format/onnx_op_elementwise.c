// Arithmetic, activations, normalisation and reductions. Values keep the order they lie in where they can.
#include "onnx_read.h"
#include <math.h>
#include <string.h>

// ---- arithmetic with broadcasting ----

static bool broadcast(struct onnx *r, struct onnx_node *n, const struct value *a, const struct value *b,
                      int32_t *dim, int *rank)
{
    *rank = a->rank > b->rank ? a->rank : b->rank;
    for (int i = 0; i < *rank; i++) {
        int ia = i - (*rank - a->rank), ib = i - (*rank - b->rank);
        int32_t p = ia < 0 ? 1 : a->dim[ia], q = ib < 0 ? 1 : b->dim[ib];
        if (p != q && p != 1 && q != 1)
            return node_fail(r, n, "%s and %s do not fit each other: dimension %d is %d and %d", a->name,
                             b->name, i, p, q);
        dim[i] = p == 1 ? q : p;
    }
    int64_t wide[VALUE_MAX_RANK];
    for (int i = 0; i < *rank; i++) wide[i] = dim[i];
    return dims_check(r, n, *rank, wide, dim);
}

// Where element o of a shape is in a constant that is broadcast to it.
static int64_t broadcast_at(const struct value *c, int64_t o, int rank, const int32_t *dim)
{
    int64_t at = 0, stride = 1;
    for (int i = rank - 1; i >= 0; i--) {
        int ci = i - (rank - c->rank);
        if (ci >= 0) {
            if (c->dim[ci] > 1) at += o % dim[i] * stride;
            stride *= c->dim[ci];
        }
        o /= dim[i];
    }
    return at;
}

static float calc(enum op op, float x, float y)
{
    return op == OP_ADD ? x + y : op == OP_SUB ? x - y : op == OP_MUL ? x * y : x / y;
}

static int64_t calc_int(enum op op, int64_t x, int64_t y)
{
    uint64_t p = (uint64_t)x,
             q = (uint64_t)y; // overflow wraps: a hostile file must not be undefined behaviour
    if (op == OP_DIV) return y == 0 ? 0 : y == -1 ? (int64_t)(0 - p) : x / y;
    return (int64_t)(op == OP_ADD ? p + q : op == OP_SUB ? p - q : p * q);
}

static bool fold_binary(struct onnx *r, struct onnx_node *n, enum op op, const struct value *a,
                        const struct value *b)
{
    int32_t dim[VALUE_MAX_RANK];
    int rank;
    float *f;
    int64_t *i;
    if (!broadcast(r, n, a, b, dim, &rank)) return false;
    if (!a->f != !b->f) return node_fail(r, n, "mixes floats and integers; the file is damaged");
    if (!fold_new(r, n, &n->out[0], rank, dim, a->f ? &f : NULL, a->f ? NULL : &i)) return false;
    for (int64_t o = 0, count = value_count(&n->out[0]); o < count; o++) {
        int64_t p = broadcast_at(a, o, rank, dim), q = broadcast_at(b, o, rank, dim);
        if (a->f)
            f[o] = calc(op, a->f[p], b->f[q]);
        else
            i[o] = calc_int(op, a->i[p], b->i[q]);
    }
    return true;
}

static bool same_shape(const struct value *v, int rank, const int32_t *dim)
{
    return v->rank == rank && !memcmp(v->dim, dim, (size_t)rank * sizeof *dim);
}

// The same factors in the same order in memory.
static bool same_order(const struct value *a, const struct value *b)
{
    return a->rank == b->rank && a->nfactor == b->nfactor &&
           !memcmp(a->factor, b->factor, (size_t)a->nfactor * sizeof *a->factor) &&
           !memcmp(a->mem, b->mem, (size_t)a->nfactor * sizeof *a->mem);
}

// b as it broadcasts against a, whose shape is the output's.
static struct tensor *operand_like(struct onnx *r, struct value *a, struct value *b)
{
    if (value_is_const(b)) {
        struct tensor *t = value_const_like(r->a, a, b, &r->fold_left);
        if (!t) fail(r->e, "constant %s would have to be repeated too often", b->name);
        return t;
    }
    int axis[GRAPH_MAX_RANK], n;
    if (same_order(a, b)) { // b takes a's shape by a reshape at most
        struct value v = *b;
        if (b->t->rank == a->t->rank && !memcmp(a->t->dim, b->t->dim, sizeof a->t->dim)) return b->t;
        if (value_axes(a, axis)) return value_tensor(r->g, r->a, &v, a->t->rank, axis, r->e);
    }
    struct tensor *t = value_view(r->g, r->a, a, -1, axis, &n, r->e);
    if (!t) return NULL;
    value_set(a, t, axis, a->rank, a->dim);
    int ahead = a->rank - b->rank;
    for (int i = 0; i < n; i++) axis[i] = axis[i] < ahead ? -1 : axis[i] - ahead;
    return value_tensor(r->g, r->a, b, n, axis, r->e);
}

static bool binary(struct onnx *r, struct onnx_node *n, enum op op)
{
    struct value *in[2] = {node_in(r, n, 0), NULL};
    if (!in[0] || !(in[1] = node_in(r, n, 1))) return false;
    if (value_is_const(in[0]) && value_is_const(in[1])) return fold_binary(r, n, op, in[0], in[1]);
    for (int k = 0; k < 2; k++)
        if (in[k]->i) return node_fail(r, n, "mixes floats and integers (%s)", in[k]->name);
    int32_t dim[VALUE_MAX_RANK];
    int rank;
    if (!broadcast(r, n, in[0], in[1], dim, &rank)) return false;
    for (int i = 0; i < rank; i++)
        if (dim[i] < 1) return node_fail(r, n, "its operands are empty");
    struct tensor *t[2] = {0};
    for (int k = 0; k < 2 && !t[0]; k++) { // the operand with the output's shape leads, its order is kept
        struct value lead = *in[k];
        if (value_is_const(&lead) || !same_shape(&lead, rank, dim)) continue;
        if (!(t[!k] = operand_like(r, &lead, in[!k]))) return fail_in(r->e, "node %s (%s)", n->name, n->op);
        t[k] = lead.t;
        struct node *m = node_add(r, n, op, 2);
        m->in[0] = t[0];
        m->in[1] = t[1];
        return node_like(r, n, m, &lead);
    }
    // Both are stretched: in ONNX's own order.
    for (int k = 0; k < 2; k++) {
        if (value_is_const(in[k])) {
            if (in[k]->rank > GRAPH_MAX_RANK)
                return node_fail(r, n, "%s has too many dimensions", in[k]->name);
            t[k] = tensor_const(r->a, in[k]->name, F32, in[k]->rank, in[k]->dim, in[k]->f);
        } else if (!(t[k] = value_plain(r->g, r->a, in[k], r->e)))
            return fail_in(r->e, "node %s (%s)", n->name, n->op);
    }
    struct node *m = node_add(r, n, op, 2);
    m->in[0] = t[0];
    m->in[1] = t[1];
    struct tensor *y = node_done(r, n, m);
    if (!y) return false;
    value_set_plain(&n->out[0], y);
    return true;
}

static bool add(struct onnx *r, struct onnx_node *n)
{
    return binary(r, n, OP_ADD);
}

static bool sub(struct onnx *r, struct onnx_node *n)
{
    return binary(r, n, OP_SUB);
}

static bool mul(struct onnx *r, struct onnx_node *n)
{
    return binary(r, n, OP_MUL);
}

static bool divide(struct onnx *r, struct onnx_node *n)
{
    return binary(r, n, OP_DIV);
}

// ---- activations ----

static bool activation(struct onnx *r, struct onnx_node *n, enum op op, float alpha)
{
    struct value *x = node_computed(r, n, 0);
    if (!x) return false;
    struct node *m = node_add(r, n, op, 1);
    if (op == OP_LEAKY_RELU || op == OP_ELU) m->as.alpha.alpha = alpha;
    return node_unary(r, n, m, x);
}

static bool relu(struct onnx *r, struct onnx_node *n)
{
    return activation(r, n, OP_RELU, 0);
}

static bool leaky_relu(struct onnx *r, struct onnx_node *n)
{
    return activation(r, n, OP_LEAKY_RELU, attr_float(n, "alpha", 0.01f));
}

static bool elu(struct onnx *r, struct onnx_node *n)
{
    return activation(r, n, OP_ELU, attr_float(n, "alpha", 1));
}

static bool sigmoid(struct onnx *r, struct onnx_node *n)
{
    return activation(r, n, OP_LOGISTIC, 0);
}

static bool hyperbolic(struct onnx *r, struct onnx_node *n)
{
    return activation(r, n, OP_TANH, 0);
}

static bool bound(struct onnx *r, struct onnx_node *n, const char *attr, int input, float otherwise,
                  float *out)
{
    *out = attr_float(n, attr, otherwise);
    if (input >= n->nin || !n->in[input]) return true;
    const struct value *v = node_floats(r, n, input);
    if (!v) return false;
    if (value_count(v) != 1) return node_fail(r, n, "bound %s is not one number", v->name);
    *out = v->f[0];
    return true;
}

// x op number, or number op x, as an intermediate value; returns its tensor.
static struct tensor *with_number(struct onnx *r, struct onnx_node *n, enum op op, struct tensor *x, float v,
                                  bool front)
{
    struct node *m = node_add(r, n, op, op == OP_RELU ? 1 : 2);
    m->out[0]->name = arena_printf(r->a, "%s/%d", n->out[0].name, r->g->nnode);
    if (op != OP_RELU)
        m->in[!front] = tensor_const(r->a, "bound", F32, 1, (int32_t[]){1}, arena_copy(r->a, &v, sizeof v));
    m->in[op == OP_RELU ? 0 : front] = x;
    return node_done(r, n, m);
}

// [0, infinity) and [0, 6] are ops; other bounds are made of rectifiers: lo + relu(x - lo), hi - relu(hi -
// x).
static bool clip(struct onnx *r, struct onnx_node *n)
{
    struct value *x = node_computed(r, n, 0);
    float lo, hi;
    if (!x || !bound(r, n, "min", 1, -INFINITY, &lo) || !bound(r, n, "max", 2, INFINITY, &hi)) return false;
    if (lo == 0 && hi == 6) return activation(r, n, OP_RELU6, 0);
    if (lo == 0 && hi > 3.4e38f) return activation(r, n, OP_RELU, 0);
    if (!(lo <= hi)) return node_fail(r, n, "bounds %g and %g", lo, hi);
    struct tensor *t = x->t;
    if (lo > -3.4e38f) {
        if (lo != 0) t = with_number(r, n, OP_SUB, t, lo, false);
        if (t) t = with_number(r, n, OP_RELU, t, 0, false);
        if (t && lo != 0) t = with_number(r, n, OP_ADD, t, lo, false);
    }
    if (hi < 3.4e38f) {
        if (t) t = with_number(r, n, OP_SUB, t, hi, true);
        if (t) t = with_number(r, n, OP_RELU, t, 0, false);
        if (t) t = with_number(r, n, OP_SUB, t, hi, true);
    }
    if (t && t != x->t) t->name = n->out[0].name;
    node_same(n, x);
    n->out[0].t = t;
    return t != NULL;
}

// Over one axis, which is brought to the end.
static bool softmax(struct onnx *r, struct onnx_node *n)
{
    struct value *x = node_computed(r, n, 0);
    if (!x) return false;
    int axis = node_axis(r, n, attr_int(n, "axis", r->opset < 13 ? 1 : -1), x->rank), order[GRAPH_MAX_RANK],
        k = 0;
    if (axis < 0) return false;
    struct value v = *x;
    if (r->opset < 13) { // over all dimensions from axis on, as one
        int32_t flat[2] = {1, 1};
        for (int i = 0; i < v.rank; i++) flat[i >= axis] *= v.dim[i];
        if (axis != v.rank - 1) {
            struct tensor *t = value_plain(r->g, r->a, &v, r->e);
            if (!t) return fail_in(r->e, "node %s (%s)", n->name, n->op);
            value_set_plain(&v, t);
            int32_t dim[VALUE_MAX_RANK];
            memcpy(dim, v.dim, sizeof dim);
            int rank = v.rank;
            value_reshape(&v, 2, flat);
            if (!(t = value_plain(r->g, r->a, &v, r->e)))
                return fail_in(r->e, "node %s (%s)", n->name, n->op);
            value_set_plain(&v, t);
            struct node *m = node_add(r, n, OP_SOFTMAX, 1);
            m->as.softmax.beta = 1;
            return node_unary(r, n, m, &v) && value_reshape(&n->out[0], rank, dim);
        }
    }
    int rank;
    struct tensor *t = value_view(r->g, r->a, &v, axis, order, &rank, r->e);
    if (t && order[rank - 1] != axis) {
        for (int i = 0; i < rank; i++)
            if (order[i] != axis) order[k++] = order[i];
        order[k] = axis;
        t = value_tensor(r->g, r->a, &v, rank, order, r->e);
    }
    if (!t) return fail_in(r->e, "node %s (%s)", n->name, n->op);
    value_set(&v, t, order, v.rank, v.dim);
    struct node *m = node_add(r, n, OP_SOFTMAX, 1);
    m->as.softmax.beta = 1;
    return node_unary(r, n, m, &v);
}

// ---- normalisation ----

static bool batch_normalization(struct onnx *r, struct onnx_node *n)
{
    struct value *x = node_computed(r, n, 0), *p[4];
    if (!x) return false;
    if (attr_int(n, "training_mode", 0))
        return node_fail(r, n, "is in training mode; export the model for inference");
    if (!attr_int(n, "spatial", 1)) return node_fail(r, n, "spatial=0 is not supported");
    if (x->rank < 2) return node_fail(r, n, "its input has %d dimensions", x->rank);
    int32_t c = x->dim[1];
    for (int i = 0; i < 4; i++) {
        if (!(p[i] = node_floats(r, n, 1 + i))) return false;
        if (value_count(p[i]) != c)
            return node_fail(r, n, "%s has %lld numbers for %d channels", p[i]->name,
                             (long long)value_count(p[i]), c);
    }
    // Channels last in memory, whole or as the factors that a flatten left behind; else they are brought
    // there.
    struct value v = *x, lies;
    const int32_t *order = value_last_order(r->scratch, &v, 1, &lies);
    if (!order || v.t->dim[v.t->rank - 1] != c) {
        int axis[GRAPH_MAX_RANK], rank = 0;
        if (v.rank > GRAPH_MAX_RANK) return node_fail(r, n, "its input has %d dimensions", v.rank);
        for (int d = 0; d < v.rank; d++)
            if (d != 1) axis[rank++] = d;
        axis[rank++] = 1;
        struct tensor *t = value_tensor(r->g, r->a, order ? &lies : &v, rank, axis, r->e);
        if (!t) return fail_in(r->e, "node %s (%s)", n->name, n->op);
        if (order)
            v.t = t;
        else
            value_set(&v, t, axis, v.rank, v.dim);
    }
    struct node *m = node_add(r, n, OP_BATCH_NORM, 5);
    for (int i = 0; i < 4; i++) {
        const float *f = p[i]->f;
        float *moved = arena_new_n(r->a, (size_t)c, float);
        for (int32_t k = 0; k < c; k++) moved[k] = f[order ? order[k] : k];
        m->in[1 + i] = tensor_const(r->a, p[i]->name, F32, 1, &c, moved);
    }
    m->as.batch_norm.epsilon = attr_float(n, "epsilon", 1e-5f);
    m->as.batch_norm.frozen = n->p->doc_string && !strncmp(n->p->doc_string, "frozen", 6);
    return node_unary(r, n, m, &v);
}

// ---- reductions ----

static bool reduce_mean(struct onnx *r, struct onnx_node *n)
{
    struct value *x = node_computed(r, n, 0);
    const int64_t *list;
    int count, order[GRAPH_MAX_RANK], rank, one = -1;
    if (!x || !node_list(r, n, "axes", 1, &list, &count)) return false;
    if (!count && attr_int(n, "noop_with_empty_axes", 0)) return node_same(n, x);
    bool gone[VALUE_MAX_RANK] = {0}, keep = attr_int(n, "keepdims", 1) != 0;
    for (int i = 0; i < count; i++) {
        int axis = node_axis(r, n, list[i], x->rank);
        if (axis < 0) return false;
        gone[axis] = true;
        if (x->dim[axis] == 1 || one < 0) one = axis;
    }
    if (!count)
        for (int i = 0; i < x->rank; i++) gone[i] = true;
    struct tensor *t = value_view(r->g, r->a, x, one, order, &rank, r->e);
    if (!t) return fail_in(r->e, "node %s (%s)", n->name, n->op);
    int32_t dim[VALUE_MAX_RANK];
    int left[GRAPH_MAX_RANK], nleft = 0, out_of[VALUE_MAX_RANK], outs = 0;
    bool moves = false;
    for (int d = 0; d < x->rank; d++)
        if (keep || !gone[d]) {
            out_of[d] = outs;
            dim[outs++] = gone[d] ? 1 : x->dim[d];
        } else
            out_of[d] = -1;
    for (int i = 0; i < rank; i++) moves |= order[i] >= 0 && gone[order[i]] && x->dim[order[i]] > 1;
    if (!moves) { // the mean of one
        node_same(n, x);
        return value_reshape(&n->out[0], outs, dim);
    }
    struct node *m = node_add(r, n, OP_MEAN, 1);
    m->in[0] = t;
    m->as.reduce.keep_dims = keep;
    for (int i = 0; i < rank; i++) { // the height that a 1-D network does not have goes with the axes that go
        bool goes = order[i] < 0 ? !keep && i > 0 : gone[order[i]];
        if (goes) m->as.reduce.axis[m->as.reduce.naxis++] = i;
        if (!goes || keep) left[nleft++] = order[i] < 0 ? -1 : out_of[order[i]];
    }
    if (!(t = node_done(r, n, m))) return false;
    value_set(&n->out[0], t, left, outs, dim);
    return true;
}

const struct onnx_op_entry onnx_ops_elementwise[] = {
    {"Add", add},
    {"Sub", sub},
    {"Mul", mul},
    {"Div", divide},
    {"Relu", relu},
    {"LeakyRelu", leaky_relu},
    {"Elu", elu},
    {"Sigmoid", sigmoid},
    {"Tanh", hyperbolic},
    {"Clip", clip},
    {"Softmax", softmax},
    {"BatchNormalization", batch_normalization},
    {"ReduceMean", reduce_mean},
    {NULL, NULL},
};
