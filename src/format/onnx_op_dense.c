// Gemm and MatMul by constant weights become DENSE.
#include "onnx_read.h"

// Weights as ONNX stores them: weight of output o, input k at f[o * out_step + k * in_step], times scale.
struct weights {
    const struct value *v;
    int32_t out, in;
    int64_t out_step, in_step;
    float scale;
};

// y[..][o] = sum over k of x[..][k] * w(o, k) + bias[o]; the shape of out[0] follows from x.
static bool dense(struct onnx *r, struct onnx_node *n, const struct value *x, const struct weights *w,
                  const float *bias)
{
    int last = x->rank - 1;
    if (x->rank < 1 || x->dim[last] != w->in)
        return node_fail(r, n, "weights %s want %d inputs, %s has %d", w->v->name, w->in, x->name,
                         last < 0 ? 1 : x->dim[last]);
    struct value lies = *x; // as x lies in memory, when only the inputs of the weights are out of order there
    const int32_t *order = value_last_order(r->scratch, x, last, &lies);
    struct tensor *t = value_plain(r->g, r->a, &lies, r->e);
    if (!t) return fail_in(r->e, "node %s (%s)", n->name, n->op);

    const float *f = w->v->f;
    bool as_is = w->in_step == 1 && w->out_step == w->in && w->scale == 1;
    for (int32_t k = 0; order && k < w->in && as_is; k++) as_is = order[k] == k;
    if (!as_is) {
        float *p = arena_new_n(r->a, (size_t)w->out * (size_t)w->in, float);
        for (int32_t o = 0; o < w->out; o++)
            for (int32_t k = 0; k < w->in; k++)
                p[(int64_t)o * w->in + k] =
                    f[o * w->out_step + (order ? order[k] : k) * w->in_step] * w->scale;
        f = p;
    }
    struct node *m = node_add(r, n, OP_DENSE, 3);
    m->in[0] = t;
    m->in[1] = tensor_const(r->a, w->v->name, F32, 2, (int32_t[]){w->out, w->in}, f);
    if (bias) m->in[2] = tensor_const(r->a, arena_printf(r->a, "%s/bias", n->name), F32, 1, &w->out, bias);
    if (!(t = node_done(r, n, m))) return false;
    value_set_plain(&n->out[0], t);
    return true;
}

static bool gemm(struct onnx *r, struct onnx_node *n)
{
    struct value *a = node_computed(r, n, 0), *b = a ? node_floats(r, n, 1) : NULL, *c = NULL;
    if (!b) return false;
    if (a->rank != 2 || b->rank != 2 || b->dim[0] < 1 || b->dim[1] < 1)
        return node_fail(r, n, "wants matrices, has %d and %d dimensions", a->rank, b->rank);
    struct value x = *a;
    if (attr_int(n, "transA", 0)) value_transpose(&x, (const int[]){1, 0});
    bool t = attr_int(n, "transB", 0) != 0;
    struct weights w = {
        b, b->dim[!t], b->dim[t], t ? b->dim[1] : 1, t ? 1 : b->dim[1], attr_float(n, "alpha", 1)};
    const float *bias = NULL;
    if (n->nin > 2 && n->in[2]) {
        if (!(c = node_floats(r, n, 2))) return false;
        int64_t count = value_count(c);
        float beta = attr_float(n, "beta", 1);
        bool row = c->rank <= 2 && (c->rank < 2 || c->dim[0] == 1) && (count == 1 || count == w.out);
        if (!row) return node_fail(r, n, "bias %s must be one number an output", c->name);
        bias = c->f;
        if (beta != 1 || count != w.out) {
            float *p = arena_new_n(r->a, (size_t)w.out, float);
            for (int32_t o = 0; o < w.out; o++) p[o] = c->f[count == 1 ? 0 : o] * beta;
            bias = p;
        }
    }
    if (!dense(r, n, &x, &w, bias)) return false;
    if (c && bias == c->f) r->g->node[r->g->nnode - 1]->in[2]->name = c->name;
    return true;
}

static bool matmul(struct onnx *r, struct onnx_node *n)
{
    struct value *a = node_in(r, n, 0), *b = a ? node_in(r, n, 1) : NULL;
    if (!b) return false;
    if (!value_is_const(a) && !value_is_const(b))
        return node_fail(r, n, "multiplies two computed values; attention is not supported yet");
    if (value_is_const(b)) {
        if (!(b = node_floats(r, n, 1))) return false;
        int64_t front = 1;
        for (int i = 0; i < b->rank - 2; i++) front *= b->dim[i];
        if (b->rank < 2 || front != 1 || b->rank > a->rank + (a->rank == 1))
            return node_fail(r, n, "weights %s must be one matrix", b->name);
        int32_t in = b->dim[b->rank - 2], out = b->dim[b->rank - 1];
        if (in < 1 || out < 1) return node_fail(r, n, "weights %s are empty", b->name);
        return dense(r, n, a, &(struct weights){b, out, in, 1, out, 1}, NULL);
    }
    if (!(a = node_floats(r, n, 0))) return false;
    if (a->rank != 2 || b->rank != 2 || a->dim[0] < 1 || a->dim[1] < 1)
        return node_fail(r, n, "weights %s in front must be a matrix, and the input too", a->name);
    struct value x = *b; // A B = (B' A')'
    value_transpose(&x, (const int[]){1, 0});
    if (!dense(r, n, &x, &(struct weights){a, a->dim[0], a->dim[1], a->dim[1], 1, 1}, NULL)) return false;
    value_transpose(&n->out[0], (const int[]){1, 0});
    return true;
}

const struct onnx_op_entry onnx_ops_dense[] = {
    {"Gemm", gemm},
    {"MatMul", matmul},
    {NULL, NULL},
};
