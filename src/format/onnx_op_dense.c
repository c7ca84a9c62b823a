// Gemm, and products by constant weights, become DENSE.
#include "onnx_read.h"

// Weights as ONNX stores them: weight of output o, input k at f[o * out_step + k * in_step], times scale.
struct weights {
    const struct value *v;
    int32_t out, in;
    int64_t out_step, in_step;
    float scale;
};

// The scales of weights that were integers; n is 0 when they are not one a unit.
static struct quant scales(struct onnx *r, const struct weights *w)
{
    const struct quant *q = &w->v->q;
    int64_t step = 1;
    for (int i = q->axis + 1; i < w->v->rank; i++) step *= w->v->dim[i];
    if (!q->n || !(w->scale > 0) || (q->n > 1 && (q->n != w->out || step != w->out_step)))
        return (struct quant){0};
    float *scale = arena_new_n(r->a, (size_t)q->n, float);
    for (int i = 0; i < q->n; i++) scale[i] = q->scale[i] * w->scale;
    return (struct quant){q->n, 0, scale, q->zero};
}

// y[..][o] = sum over k of x[..][k] * w(o, k) + bias[o]; the shape of out[0] follows from x.
static struct value *dense(struct onnx *r, struct onnx_node *n, const struct value *x,
                           const struct weights *w, const float *bias)
{
    int last = x->rank - 1;
    if (x->rank < 1 || x->dim[last] != w->in)
        return node_fail(r, n, "weights %s want %d inputs, %s has %d", w->v->name, w->in, x->name,
                         last < 0 ? 1 : x->dim[last]),
               NULL;
    if (x->t->type != F32) return node_fail(r, n, "%s is not of floats", x->name), NULL;
    struct value lies = *x; // as x lies in memory, when only the inputs of the weights are out of order there
    const int32_t *order = value_last_order(r->scratch, x, last, &lies);
    struct tensor *t = value_plain(r->g, r->a, &lies, r->e);
    if (!t) return fail_in(r->e, "node %s (%s)", n->name, n->op), NULL;

    const float *f = w->v->f;
    bool in_order = true;
    for (int32_t k = 0; order && k < w->in && in_order; k++) in_order = order[k] == k;
    if (in_order) order = NULL;
    if (order || w->in_step != 1 || w->out_step != w->in || w->scale != 1) {
        struct {
            const float *f;
            int32_t in, out, in_step, out_step;
            float scale;
            int32_t none; // without padding
        } key = {f, w->in, w->out, w->in_step, w->out_step, w->scale, 0};
        void *own = NULL, **made = order ? &own : arena_noted(r->scratch, &key, sizeof key);
        float *p = *made; // of another layer with the same matrix
        if (!p) {
            p = *made = arena_new_n(r->a, (size_t)w->out * (size_t)w->in, float);
            for (int32_t o = 0; o < w->out; o++)
                for (int32_t k = 0; k < w->in; k++)
                    p[(int64_t)o * w->in + k] =
                        f[o * w->out_step + (order ? order[k] : k) * w->in_step] * w->scale;
        }
        f = p;
    }
    struct node *m = make_node(r, n, OP_DENSE, 3);
    m->in[0] = t;
    m->in[1] = tensor_const(r->a, w->v->name, F32, 2, (int32_t[]){w->out, w->in}, f);
    m->in[1]->q = scales(r, w);
    if (bias) m->in[2] = tensor_const(r->a, arena_printf(r->a, "%s/bias", n->name), F32, 1, &w->out, bias);
    if (!(t = node_done(r, n, m))) return NULL;
    struct value *y = make_value(r, n);
    value_set_plain(y, t);
    return y;
}

struct value *make_dense(struct onnx *r, struct onnx_node *n, struct value *x, struct value *w)
{
    if (!x || !w) return NULL;
    const int32_t in = w->dim[w->rank - 2], out = w->dim[w->rank - 1];
    if (in < 1 || out < 1) return node_fail(r, n, "weights %s are empty", w->name), NULL;
    return dense(r, n, x, &(struct weights){w, out, in, 1, out, 1}, NULL);
}

// The bias of a Gemm as one number an output; NULL when it is something else.
static const float *row_bias(struct onnx *r, const struct value *c, int32_t outs, float beta)
{
    const int64_t count = value_count(c);
    if (!c->f || c->rank > 2 || (c->rank == 2 && c->dim[0] != 1) || (count != 1 && count != outs))
        return NULL;
    if (beta == 1 && count == outs) return c->f;
    float *p = arena_new_n(r->a, (size_t)outs, float);
    for (int32_t o = 0; o < outs; o++) p[o] = c->f[count == 1 ? 0 : o] * beta;
    return p;
}

static bool gemm(struct onnx *r, struct onnx_node *n)
{
    struct value *a = node_in(r, n, 0), *b = a ? node_in(r, n, 1) : NULL;
    if (!b) return false;
    if (a->rank != 2 || b->rank != 2 || b->dim[0] < 1 || b->dim[1] < 1)
        return node_fail(r, n, "wants matrices, has %d and %d dimensions", a->rank, b->rank);
    static const int swap[] = {1, 0};
    const float alpha = attr_float(n, "alpha", 1), beta = attr_float(n, "beta", 1);
    const bool t = attr_int(n, "transB", 0) != 0;
    struct value *c = n->nin > 2 && beta != 0 ? n->in[2] : NULL, *y;
    if (attr_int(n, "transA", 0)) a = make_transpose(r, n, a, swap);
    if (!a) return false;
    if (b->f && !value_is_const(a)) {
        struct weights w = {b, b->dim[!t], b->dim[t], t ? b->dim[1] : 1, t ? 1 : b->dim[1], alpha};
        const float *bias = c ? row_bias(r, c, w.out, beta) : NULL;
        if (!(y = dense(r, n, a, &w, bias))) return false;
        if (bias) {
            if (bias == c->f) r->g->node[r->g->nnode - 1]->in[2]->name = c->name;
            return node_is(r, n, 0, y);
        }
    } else {
        y = make_matmul(r, n, a, t ? make_transpose(r, n, b, swap) : b);
        if (alpha != 1) y = make_binary(r, n, OP_MUL, y, make_number(r, alpha));
    }
    if (c && beta != 1) c = make_binary(r, n, OP_MUL, c, make_number(r, beta));
    return node_is(r, n, 0, c ? make_binary(r, n, OP_ADD, y, c) : y);
}

const struct onnx_op_entry onnx_ops_dense[] = {
    {"Gemm", gemm, OP_DENSE},
    {NULL, NULL, OP_COUNT},
};
