// Is a graph what everyone later takes for granted? Importers call this on what foreign files gave.
#include "graph.h"
#include <math.h>
#include <string.h>

static bool quant_check(const struct tensor *t, struct err *e)
{
    const struct quant *q = &t->q;
    if (q->n == 0) return true;
    if (q->n > 1 && (q->axis < 0 || q->axis >= t->rank || t->dim[q->axis] != q->n))
        return fail(e, "tensor %s: %d scales do not fit dimension %d", t->name, q->n, q->axis);
    for (int i = 0; i < q->n; i++) {
        if (!(q->scale[i] > 0) || !isfinite(q->scale[i]))
            return fail(e, "tensor %s: scale %d is %g; it must be positive and finite", t->name, i,
                        q->scale[i]);
        int32_t lo = t->type == I8 ? -128 : t->type == U8 ? 0 : t->type == I16 ? -32768 : INT32_MIN;
        int32_t hi = t->type == I8 ? 127 : t->type == U8 ? 255 : t->type == I16 ? 32767 : INT32_MAX;
        if (q->zero[i] < lo || q->zero[i] > hi)
            return fail(e, "tensor %s: zero point %d is outside of %s", t->name, q->zero[i],
                        dtype_name(t->type));
    }
    return true;
}

static bool const_check(const struct tensor *t, struct err *e)
{
    if (!tensor_is_const(t) || t->type != F32) return true;
    const float *v = t->data;
    for (int64_t i = 0, n = tensor_count(t); i < n; i++)
        if (!isfinite(v[i]))
            return fail(
                e,
                "tensor %s: value %lld is not a finite number; the training diverged or the file is damaged",
                t->name, (long long)i);
    return true;
}

static bool made_before(const struct graph *g, int k, const struct tensor *t)
{
    if (tensor_is_const(t)) return true;
    if (tensor_is_state(g, t)) return true;
    for (int i = 0; i < g->nin; i++)
        if (g->in[i] == t) return true;
    for (int j = 0; j < k; j++)
        for (int i = 0; i < g->node[j]->nout; i++)
            if (g->node[j]->out[i] == t) return true;
    return false;
}

static bool node_check(const struct graph *g, int k, struct err *e)
{
    struct node *n = g->node[k];
    if (n->nin < 1 || !n->in[0]) return fail(e, "has no input");
    for (int i = 0; i < n->nin; i++) {
        if (!n->in[i]) continue;
        if (!tensor_check(n->in[i], e) || !quant_check(n->in[i], e) || !const_check(n->in[i], e))
            return false;
        if (!made_before(g, k, n->in[i]))
            return fail(e,
                        "input %s is used before anything makes it (a cycle, or a missing node or constant)",
                        n->in[i]->name);
    }
    struct tensor *said = n->out[0], want = *said;
    if (!op_def(n->op)->infer(n, e)) return false;
    for (int i = 0; i < n->nout; i++)
        if (!tensor_check(n->out[i], e) || !quant_check(n->out[i], e)) return false;
    char a[64], b[64];
    if (want.rank &&
        (want.rank != said->rank || memcmp(want.dim, said->dim, (size_t)said->rank * sizeof said->dim[0])))
        return fail(e, "the file says its output is %s, its inputs give %s", tensor_shape(&want, a, sizeof a),
                    tensor_shape(said, b, sizeof b));
    return true;
}

bool graph_check(const struct graph *g, struct err *e)
{
    if (!g->nin || !g->nout) return fail(e, "the graph has no %s", g->nin ? "output" : "input");
    if (!g->nnode) return fail(e, "the graph has no operators");
    for (int i = 0; i < g->nin; i++)
        if (!tensor_check(g->in[i], e) || !quant_check(g->in[i], e)) return fail_in(e, "graph input");
    for (int k = 0; k < g->nnode; k++)
        if (!node_check(g, k, e))
            return fail_in(e, "node %d %s %s", k, op_def(g->node[k]->op)->name, g->node[k]->name);
    for (int i = 0; i < g->nout; i++)
        if (tensor_is_const(g->out[i]) || !made_before(g, g->nnode, g->out[i]))
            return fail(e, "graph output %s: nothing makes it", g->out[i]->name);
    return true;
}
