// Structured pruning: whole output channels of convolutions and dense layers and whole units of recurrent ones are
// removed, so that a smaller dense network is left which any kernel runs (Li et al. 2017, "Pruning filters for
// efficient convnets"). Tensors whose last dimension means the same channels (through batch-norm, activations,
// poolings, residual additions) form a group and lose the same ones: those with the least absolute weight, each layer's
// counted against its own mean. The network must be fine-tuned afterwards.
#include "compress.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct group {
    int parent, n; // channels
    bool frozen;
    float *weight; // (n) importance
    bool *kept;    // (n)
};

struct pruning {
    const struct graph *g;
    struct arena *a;
    const struct tensor **tensor; // computed ones; group i is that of tensor i
    struct group *group;
    int n;
};

static int find(const struct pruning *p, const struct tensor *t)
{
    for (int i = 0; i < p->n; i++)
        if (p->tensor[i] == t) {
            while (p->group[i].parent != i) i = p->group[i].parent;
            return i;
        }
    return -1;
}

static void join(struct pruning *p, const struct tensor *x, const struct tensor *y)
{
    const int a = find(p, x), b = find(p, y);
    if (a < 0 || b < 0 || a == b) return;
    p->group[b].parent = a;
    p->group[a].frozen |= p->group[b].frozen;
}

static void freeze(struct pruning *p, const struct tensor *t)
{
    const int i = find(p, t);
    if (i >= 0) p->group[i].frozen = true;
}

static bool makes_channels(const struct node *n)
{
    return n->op == OP_CONV_2D || n->op == OP_DENSE || n->op == OP_RECURRENT;
}

static bool keeps_last(const struct node *n)
{
    const struct tensor *x = n->in[0], *y = n->out[0];
    switch (n->op) {
    case OP_BATCH_NORM:
    case OP_DEPTHWISE_CONV_2D:
    case OP_RELU:
    case OP_RELU6:
    case OP_LEAKY_RELU:
    case OP_ELU:
    case OP_LOGISTIC:
    case OP_TANH:
    case OP_DROPOUT:
    case OP_MAX_POOL_2D:
    case OP_AVERAGE_POOL_2D:
        return true;
    case OP_MEAN:
        for (int i = 0; i < n->as.reduce.naxis; i++)
            if (n->as.reduce.axis[i] == x->rank - 1) return false;
        return true;
    case OP_RESHAPE: // the same channels, or all of a few times in a row: channel = place % channels
        return y->dim[y->rank - 1] % x->dim[x->rank - 1] == 0;
    case OP_ADD:
        return !tensor_is_const(n->in[1]) && n->in[1]->rank == x->rank &&
               n->in[1]->dim[x->rank - 1] == x->dim[x->rank - 1];
    case OP_CONCATENATION: // parts of one width lose the same channels, so that channel = place % width again
        for (int i = 1; i < n->nin; i++)
            if (n->in[i]->dim[x->rank - 1] != x->dim[x->rank - 1]) return false;
        return n->as.axis.axis == x->rank - 1;
    default:
        return false;
    }
}

static void groups_find(struct pruning *p)
{
    const struct graph *g = p->g;
    int most = g->nin;
    for (int k = 0; k < g->nnode; k++) most += g->node[k]->nout;
    p->tensor = arena_new_n(p->a, (size_t)most, const struct tensor *);
    p->group = arena_new_n(p->a, (size_t)most, struct group);
    for (int i = 0; i < g->nin; i++) p->tensor[p->n++] = g->in[i];
    for (int k = 0; k < g->nnode; k++)
        for (int i = 0; i < g->node[k]->nout; i++) p->tensor[p->n++] = g->node[k]->out[i];
    for (int i = 0; i < p->n; i++) {
        const struct tensor *t = p->tensor[i];
        p->group[i] = (struct group){.parent = i, .n = t->rank ? t->dim[t->rank - 1] : 1};
    }
    for (int i = 0; i < g->nin; i++) freeze(p, g->in[i]);
    for (int i = 0; i < g->nout; i++) freeze(p, g->out[i]);
    for (int k = 0; k < g->nnode; k++) {
        const struct node *n = g->node[k];
        if (makes_channels(n)) continue;
        if (keeps_last(n)) {
            const struct tensor *x = n->in[0], *y = n->out[0];
            join(p, x, y); // the first of a group tells how many channels it has
            for (int i = 1; (n->op == OP_ADD || n->op == OP_CONCATENATION) && i < n->nin; i++)
                join(p, x, n->in[i]);
            continue;
        }
        for (int i = 0; i < n->nin; i++)
            if (n->in[i]) freeze(p, n->in[i]);
        for (int i = 0; i < n->nout; i++) freeze(p, n->out[i]);
    }
}

// Mean absolute weight of the rows of output channel c, over the layer's mean.
static void importance_add(struct pruning *p, const struct node *n)
{
    struct group *q = &p->group[find(p, n->out[0])];
    const int channels = n->op == OP_RECURRENT ? n->in[2]->dim[1] : n->in[1]->dim[0];
    if (q->frozen) return;
    if (!q->weight) q->weight = arena_new_n(p->a, (size_t)q->n, float);
    double mean = 0;
    double *sum = arena_new_n(p->a, (size_t)channels, double);
    for (int i = 1; i < (n->op == OP_RECURRENT ? 3 : 2); i++) { // a recurrent unit has a row in each gate
        const struct tensor *w = n->in[i];
        const int64_t rows = w->dim[0], each = tensor_count(w) / rows;
        for (int64_t r = 0; r < rows; r++)
            for (int64_t k = 0; k < each; k++)
                sum[r % channels] += fabs((double)((const float *)w->data)[r * each + k]);
    }
    for (int c = 0; c < channels; c++) mean += sum[c] / channels;
    for (int c = 0; c < channels && mean > 0; c++) q->weight[c] += (float)(sum[c] / mean);
}

// Keeps the heaviest channels of each group: a share of them, in fours, at least four.
static void choose(struct pruning *p, double share)
{
    for (int i = 0; i < p->n; i++) {
        struct group *q = &p->group[i];
        if (q->parent != i) continue;
        q->kept = arena_new_n(p->a, (size_t)q->n, bool);
        int keep = (int)lround(share * q->n / 4) * 4;
        if (keep < 4) keep = 4;
        if (q->frozen || !q->weight || keep > q->n) keep = q->n;
        for (int c = 0; c < q->n; c++) {
            int heavier = 0;
            for (int d = 0; keep < q->n && d < q->n; d++)
                heavier += q->weight[d] > q->weight[c] || (d < c && !(q->weight[d] < q->weight[c]));
            q->kept[c] = heavier < keep;
        }
    }
}

// w without the indices of dimension `axis` that are not kept; index i is channel i % n.
static struct tensor *without(struct pruning *p, const struct tensor *w, int axis, const struct group *q)
{
    int64_t outer = 1, inner = 1;
    int32_t left = 0;
    for (int i = 0; i < axis; i++) outer *= w->dim[i];
    for (int i = axis + 1; i < w->rank; i++) inner *= w->dim[i];
    for (int i = 0; i < w->dim[axis]; i++) left += q->kept[i % q->n];
    if (left == w->dim[axis]) return (struct tensor *)(uintptr_t)w;
    struct tensor *t = arena_copy(p->a, w, sizeof *w);
    t->dim[axis] = left;
    float *to = arena_new_n(p->a, (size_t)tensor_count(t), float);
    t->data = to;
    for (int64_t o = 0; o < outer; o++)
        for (int i = 0; i < w->dim[axis]; i++) {
            if (!q->kept[i % q->n]) continue;
            memcpy(to, (const float *)w->data + (o * w->dim[axis] + i) * inner, (size_t)inner * sizeof *to);
            to += inner;
        }
    return t;
}

// Node n of the original as m of the copy: its constants lose the channels of its input and output.
static void node_shrink(struct pruning *p, const struct node *n, struct node *m)
{
    const struct group *x = &p->group[find(p, n->in[0])], *y = &p->group[find(p, n->out[0])];
    switch (n->op) {
    case OP_CONV_2D:
    case OP_DENSE:
        m->in[1] = without(p, without(p, m->in[1], n->op == OP_DENSE ? 1 : 3, x), 0, y);
        if (m->nin > 2 && m->in[2]) m->in[2] = without(p, m->in[2], 0, y);
        break;
    case OP_DEPTHWISE_CONV_2D:
        m->in[1] = without(p, m->in[1], 3, y);
        if (m->nin > 2 && m->in[2]) m->in[2] = without(p, m->in[2], 0, y);
        break;
    case OP_BATCH_NORM:
        for (int i = 1; i < 5; i++) m->in[i] = without(p, m->in[i], 0, y);
        break;
    case OP_RECURRENT: // rows of each gate, columns of the input and of h
        m->in[1] = without(p, without(p, m->in[1], 1, x), 0, y);
        m->in[2] = without(p, without(p, m->in[2], 1, y), 0, y);
        for (int i = 3; i < m->nin; i++)
            if (m->in[i]) m->in[i] = without(p, m->in[i], m->in[i]->rank - 1, y);
        break;
    case OP_RESHAPE: {
        int32_t kept = 0, last = n->out[0]->dim[n->out[0]->rank - 1];
        for (int i = 0; i < last; i++) kept += y->kept[i % y->n];
        m->out[0]->dim[n->out[0]->rank - 1] = kept;
        break;
    }
    default:
        break;
    }
}

static struct graph *shrink(struct pruning *p, double share, struct err *e)
{
    choose(p, share);
    struct graph *h = graph_copy(p->g, p->a);
    for (int k = 0; k < h->nnode; k++) {
        struct node *m = h->node[k];
        node_shrink(p, p->g->node[k], m);
        if (!op_def(m->op)->infer(m, e)) return fail_in(e, "%s %s", op_def(m->op)->name, m->name), NULL;
    }
    return h;
}

struct graph *prune(const struct graph *g, double macs, struct arena *a, struct err *e)
{
    struct pruning p = {.g = g, .a = a};
    const double whole = (double)graph_macs(g);
    if (!(macs > 0 && macs < 1))
        return FAIL_NULL(e, "a share of %g of the multiply-accumulates; want 0 to 1", macs);
    for (int k = 0; k < g->nnode; k++)
        for (int i = 1; i < g->node[k]->nin; i++)
            if (g->node[k]->in[i] && tensor_is_const(g->node[k]->in[i]) && g->node[k]->in[i]->type == I8)
                return FAIL_NULL(e, "layer %s is quantised; prune the float model, then quantise",
                                 g->node[k]->name);
    groups_find(&p);
    for (int k = 0; k < g->nnode; k++)
        if (makes_channels(g->node[k])) importance_add(&p, g->node[k]);
    struct graph *best = NULL;
    double low = 0, high = 1; // shares of channels
    for (int i = 0; i < 12; i++) {
        const double share = (low + high) / 2;
        struct graph *h = shrink(&p, share, e);
        if (!h) return NULL;
        const bool fits = (double)graph_macs(h) <= macs * whole;
        if (fits) best = h;
        *(fits ? &low : &high) = share;
    }
    if (!best)
        return FAIL_NULL(e, "no channels can be removed until %g of the multiply-accumulates are left", macs);
    return best;
}
