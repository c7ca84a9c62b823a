#include "graph.h"
#include <stdlib.h>
#include <string.h>

struct graph *graph_new(struct arena *a, const char *name)
{
    struct graph *g = arena_new(a, struct graph);
    g->name = name;
    return g;
}

struct node *graph_add(struct graph *g, struct arena *a, enum op op, const char *name, int nin, int nout)
{
    struct node *n = arena_new(a, struct node);
    n->op = op;
    n->name = name;
    n->nin = nin;
    n->nout = nout;
    n->in = arena_new_n(a, (size_t)nin + (size_t)nout, struct tensor *);
    n->out = n->in + nin;
    g->node = arena_grow(a, g->node, g->nnode, &g->node_cap, sizeof *g->node);
    g->node[g->nnode++] = n;
    return n;
}

struct tensor *graph_apply(struct graph *g, struct arena *a, struct node *n, struct err *e)
{
    (void)g;
    for (int i = 0; i < n->nout; i++)
        if (!n->out[i])
            n->out[i] = tensor_new(a, i ? arena_printf(a, "%s:%d", n->name, i) : n->name, F32, 0, NULL);
    if (!op_def(n->op)->infer(n, e)) {
        fail_in(e, "%s %s", op_def(n->op)->name, n->name);
        return NULL;
    }
    return n->out[0];
}

void graph_meta_set(struct graph *g, struct arena *a, const char *key, const char *value)
{
    for (int i = 0; i < g->nmeta; i++)
        if (!strcmp(g->meta[i].key, key)) {
            g->meta[i].value = value;
            return;
        }
    struct meta *more = arena_new_n(a, (size_t)g->nmeta + 1, struct meta);
    if (g->nmeta) memcpy(more, g->meta, (size_t)g->nmeta * sizeof *more);
    more[g->nmeta++] = (struct meta){key, value};
    g->meta = more;
}

bool graph_windows_overlap(const struct graph *g)
{
    const struct tensor *in = g->in[0];
    const char *hop = graph_meta(g, META_HOP);
    const int64_t channels = in->rank > 1 ? in->dim[in->rank - 1] : 1;
    return !graph_stateful(g) && !(hop && atoi(hop) * channels >= tensor_count(in));
}

const char *graph_meta(const struct graph *g, const char *key)
{
    for (int i = 0; i < g->nmeta; i++)
        if (!strcmp(g->meta[i].key, key)) return g->meta[i].value;
    return NULL;
}

// Copies of tensors are found again by position in a table of pairs; graphs have some hundred of them.
struct copies {
    struct pair {
        const struct tensor *from;
        struct tensor *to;
    } * pair;
    int n, cap;
};

static struct tensor *copy_of(struct copies *c, struct arena *a, const struct tensor *t)
{
    if (!t) return NULL;
    for (int i = c->n - 1; i >= 0; i--)
        if (c->pair[i].from == t) return c->pair[i].to;
    c->pair = arena_grow(a, c->pair, c->n, &c->cap, sizeof *c->pair);
    struct tensor *to = arena_copy(a, t, sizeof *t);
    c->pair[c->n++] = (struct pair){t, to};
    return to;
}

struct graph *graph_copy(const struct graph *g, struct arena *a)
{
    struct copies c = {0};
    struct graph *h = graph_new(a, g->name);
    h->nin = g->nin;
    h->nout = g->nout;
    h->in = arena_new_n(a, (size_t)g->nin, struct tensor *);
    h->out = arena_new_n(a, (size_t)g->nout, struct tensor *);
    for (int i = 0; i < g->nin; i++) h->in[i] = copy_of(&c, a, g->in[i]);
    for (int k = 0; k < g->nnode; k++) {
        const struct node *n = g->node[k];
        struct node *m = graph_add(h, a, n->op, n->name, n->nin, n->nout);
        m->as = n->as;
        for (int i = 0; i < n->nin; i++) m->in[i] = copy_of(&c, a, n->in[i]);
        for (int i = 0; i < n->nout; i++) m->out[i] = copy_of(&c, a, n->out[i]);
    }
    for (int i = 0; i < g->nout; i++) h->out[i] = copy_of(&c, a, g->out[i]);
    h->state = arena_new_n(a, (size_t)g->nstate, struct state);
    for (int i = 0; i < g->nstate; i++)
        h->state[i] = (struct state){copy_of(&c, a, g->state[i].before), copy_of(&c, a, g->state[i].after)};
    h->nstate = g->nstate;
    h->front = g->front;
    h->stream_window = g->stream_window;
    h->meta = arena_copy(a, g->meta, (size_t)g->nmeta * sizeof *g->meta);
    h->nmeta = g->nmeta;
    h->note = g->note;
    h->nnote = g->nnote;
    h->note_more = g->note_more;
    return h;
}

struct node *graph_producer(const struct graph *g, const struct tensor *t)
{
    for (int k = 0; k < g->nnode; k++)
        for (int i = 0; i < g->node[k]->nout; i++)
            if (g->node[k]->out[i] == t) return g->node[k];
    return NULL;
}

int graph_uses(const struct graph *g, const struct tensor *t)
{
    int uses = 0;
    for (int k = 0; k < g->nnode; k++)
        for (int i = 0; i < g->node[k]->nin; i++) uses += g->node[k]->in[i] == t;
    for (int i = 0; i < g->nout; i++) uses += g->out[i] == t;
    for (int i = 0; i < g->nstate; i++) uses += g->state[i].after == t;
    return uses;
}

bool tensor_is_state(const struct graph *g, const struct tensor *t)
{
    for (int i = 0; i < g->nstate; i++)
        if (g->state[i].before == t) return true;
    return false;
}

void graph_drop_dead(struct graph *g)
{
    for (int k = g->nnode - 1; k >= 0; k--) {
        int uses = 0;
        for (int i = 0; i < g->node[k]->nout; i++) uses += graph_uses(g, g->node[k]->out[i]);
        if (uses) continue;
        memmove(g->node + k, g->node + k + 1, (size_t)(g->nnode - k - 1) * sizeof *g->node);
        g->nnode--;
    }
}

bool graph_gives_class(const struct graph *g)
{
    const struct tensor *y = g->nout ? g->out[0] : NULL;
    return y && (y->type == I32 || y->type == I64) && !y->q.n && tensor_count(y) == 1;
}

const struct node *graph_stateful(const struct graph *g)
{
    for (int k = 0; k < g->nnode; k++)
        if (g->node[k]->op == OP_RECURRENT && g->node[k]->as.recurrent.stateful) return g->node[k];
    return NULL;
}

int64_t graph_macs(const struct graph *g)
{
    int64_t macs = 0;
    for (int k = 0; k < g->nnode; k++) {
        const struct opdef *d = op_def(g->node[k]->op);
        if (d->macs) macs += d->macs(g->node[k]);
    }
    return macs;
}

int64_t graph_params(const struct graph *g)
{
    int64_t params = 0;
    for (int k = 0; k < g->nnode; k++) {
        enum op op = g->node[k]->op;
        bool trained = op == OP_CONV_2D || op == OP_DEPTHWISE_CONV_2D || op == OP_DENSE ||
                       op == OP_RECURRENT || (op == OP_BATCH_NORM && !g->node[k]->as.batch_norm.frozen);
        for (int i = 1; trained && i < g->node[k]->nin; i++)
            if (g->node[k]->in[i] && tensor_is_const(g->node[k]->in[i]))
                params += tensor_count(g->node[k]->in[i]);
    }
    return params;
}
