#include "net.h"
#include <assert.h>
#include <string.h>

static enum param param_of(const struct node *n, int i)
{
    const struct grad *g = grad_find(n->op);
    if (i >= GRAD_MAX_IN || !n->in[i] || !tensor_is_const(n->in[i])) return PARAM_NONE;
    return n->op == OP_BATCH_NORM && n->as.batch_norm.frozen ? PARAM_NONE : g->param[i];
}

static bool node_check(const struct node *n, struct arena *a, struct err *e)
{
    const struct grad *g = grad_find(n->op);
    if (!g)
        return fail(e, "%s %s cannot be trained; these can: %s", op_def(n->op)->name, n->name, grad_names(a));
    if (n->nin > GRAD_MAX_IN || n->nout != 1)
        return fail(e, "%s %s: %d inputs and %d outputs cannot be trained", op_def(n->op)->name, n->name,
                    n->nin, n->nout);
    for (int i = 0; i < n->nin; i++)
        if (n->in[i] && n->in[i]->type != F32)
            return fail(e,
                        "%s %s: %s is %s; only float32 can be trained, give the model before its conversion",
                        op_def(n->op)->name, n->name, n->in[i]->name, dtype_name(n->in[i]->type));
    for (int i = 1; i < n->nin; i++)
        if (g->param[i] && n->in[i] && !tensor_is_const(n->in[i]))
            return fail(e, "%s %s: its weights are computed; only constants can be trained",
                        op_def(n->op)->name, n->name);
    return !g->check || g->check(n, e);
}

static bool classifier_check(const struct graph *g, struct err *e)
{
    const struct node *last = g->nnode ? g->node[g->nnode - 1] : NULL;
    if (g->nin != 1 || g->nout != 1 || !last || last->op != OP_SOFTMAX || last->out[0] != g->out[0] ||
        last->as.softmax.beta != 1 || graph_uses(g, last->in[0]) != 1)
        return fail(e, "only a classifier can be trained: one input, and a SOFTMAX as its last layer");
    if (g->in[0]->dim[0] != 1 || g->out[0]->rank != 2)
        return fail(e, "the input's first dimension must be a batch of 1, the output (1, classes)");
    return true;
}

bool params_find(const struct graph *g, struct params *p, struct arena *a, struct err *e)
{
    int constants = 0;
    if (!classifier_check(g, e)) return false;
    for (int k = 0; k < g->nnode; k++) constants += g->node[k]->nin;
    *p = (struct params){arena_new_n(a, (size_t)constants, struct slot), 0, 0};
    for (int k = 0; k < g->nnode; k++) {
        struct node *n = g->node[k];
        if (!node_check(n, a, e)) return false;
        for (int i = 0; i < n->nin; i++) {
            enum param kind = param_of(n, i);
            if (kind == PARAM_NONE) continue;
            for (int j = 0; j < p->nslot; j++)
                if (p->slot[j].t == n->in[i])
                    return fail(e, "%s: two layers share these weights, which cannot be trained",
                                n->in[i]->name);
            int count = (int)tensor_count(n->in[i]);
            p->slot[p->nslot++] = (struct slot){n->in[i], p->n, count, kind};
            p->n += count;
        }
    }
    if (!p->n) return fail(e, "the network has no weights to train");
    return true;
}

void params_read(const struct params *p, float *w)
{
    for (int i = 0; i < p->nslot; i++)
        memcpy(w + p->slot[i].at, p->slot[i].t->data, (size_t)p->slot[i].n * sizeof *w);
}

void params_write(const struct params *p, const float *w, struct arena *a)
{
    for (int i = 0; i < p->nslot; i++) {
        p->slot[i].t->data = arena_copy(a, w + p->slot[i].at, (size_t)p->slot[i].n * sizeof *w);
        p->slot[i].t->half = false;
    }
}

// ---- layout ----

struct value { // a computed tensor
    const struct tensor *t;
    struct blob blob;
    bool trained; // something before it is trained, so its gradient is wanted
    bool has_dx;  // a later reader has set dx already
};
struct values {
    struct value *v;
    int n, batch;
};

static struct value *value_find(struct values *vs, const struct tensor *t)
{
    for (int i = vs->n - 1; i >= 0; i--)
        if (vs->v[i].t == t) return &vs->v[i];
    return NULL;
}

static struct value *value_add(struct values *vs, const struct tensor *t, bool trained, struct arena *a)
{
    size_t n = (size_t)tensor_count(t), all = n * (size_t)vs->batch;
    struct blob b = {arena_new_n(a, all, float), trained ? arena_new_n(a, all, float) : NULL, (int)n};
    vs->v[vs->n] = (struct value){t, b, trained, false};
    return &vs->v[vs->n++];
}

static struct blob constant(const struct params *p, const struct tensor *t, float *w, float *dw,
                            struct arena *a)
{
    for (int i = 0; i < p->nslot; i++)
        if (p->slot[i].t == t)
            return (struct blob){w + p->slot[i].at, dw ? dw + p->slot[i].at : NULL, p->slot[i].n};
    size_t n = (size_t)tensor_count(t);
    return (struct blob){arena_copy(a, t->data, n * sizeof(float)), NULL, (int)n};
}

static void layer_init(struct layer *l, struct node *n, const struct params *p, struct values *vs, float *w,
                       float *dw, struct arena *a)
{
    bool trained = false;
    l->node = n;
    l->grad = grad_find(n->op);
    for (int i = 0; i < n->nin; i++) {
        if (!n->in[i]) continue;
        struct value *v = value_find(vs, n->in[i]);
        l->in[i] = v ? v->blob : constant(p, n->in[i], w, dw, a);
        trained |= l->in[i].dx != NULL;
    }
    l->out = value_add(vs, n->out[0], trained, a)->blob;
    if (l->grad->keep) l->keep = arena_new_n(a, (size_t)l->grad->keep(n, vs->batch), float);
}

// From the last layer to the first: the first reader met sets a value's gradient, the others write beside it.
static void share_gradients(struct net *net, struct values *vs, struct arena *a)
{
    for (int k = net->nlayer - 1; k >= 0; k--) {
        struct layer *l = &net->layer[k];
        struct value *out = value_find(vs, l->node->out[0]);
        if (!out->has_dx && k < net->nlayer - 1) l->out.dx = NULL; // nobody reads it
        for (int i = 0; i < l->node->nin && l->out.dx; i++) {
            struct value *v = l->node->in[i] ? value_find(vs, l->node->in[i]) : NULL;
            if (!v || !v->trained) continue;
            if (v->has_dx) {
                float *beside = arena_new_n(a, (size_t)v->blob.n * (size_t)vs->batch, float);
                net->sum[net->nsum++] = (struct sum){beside, v->blob.dx, k, v->blob.n};
                l->in[i].dx = beside;
            }
            v->has_dx = true;
        }
    }
}

struct net *net_new(const struct graph *g, const struct params *p, float *w, float *dw, int batch,
                    struct arena *a)
{
    struct values vs = {arena_new_n(a, (size_t)g->nnode + 1, struct value), 0, batch};
    struct net *net = arena_new(a, struct net);
    net->batch = batch;
    net->nlayer = g->nnode;
    net->layer = arena_new_n(a, (size_t)g->nnode, struct layer);
    net->sum = arena_new_n(a, (size_t)g->nnode * GRAD_MAX_IN, struct sum);
    net->in = value_add(&vs, g->in[0], false, a)->blob;
    for (int k = 0; k < g->nnode; k++) layer_init(&net->layer[k], g->node[k], p, &vs, w, dw, a);
    net->logits = net->layer[g->nnode - 1].in[0];
    net->out = net->layer[g->nnode - 1].out;
    if (dw) share_gradients(net, &vs, a);
    return net;
}

void net_forward(struct net *net, int n, bool training, struct rng *r)
{
    assert(n >= 0 && n <= net->batch);
    for (int k = 0; k < net->nlayer; k++) {
        struct layer *l = &net->layer[k];
        l->batch = n;
        l->training = training;
        if (training && l->node->op == OP_DROPOUT) l->rng = rng_fork(r);
        l->grad->forward(l);
    }
}

// The last layer is left out: loss.c goes from the scores to the gradient of the logits in one step.
void net_backward(struct net *net)
{
    int sum = 0;
    for (int k = net->nlayer - 1; k >= 0; k--) {
        struct layer *l = &net->layer[k];
        if (l->out.dx && k < net->nlayer - 1) l->grad->backward(l);
        for (; sum < net->nsum && net->sum[sum].layer == k; sum++) {
            const float *restrict from = net->sum[sum].from;
            float *restrict to = net->sum[sum].to;
            for (int64_t i = 0, n = (int64_t)net->sum[sum].n * l->batch; i < n; i++) to[i] += from[i];
        }
    }
}
