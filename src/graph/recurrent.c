// What files say around a recurrent node becomes part of it: the last h of a sequence, time reversed in front
// and behind, a second bias. A sequence that nobody keeps costs memory, a reversed copy costs time.
#include "graph.h"
#include <string.h>

// The cell is int16; no step adds more than 1 to it, so after n steps it lies in +-n: its scale is chosen for that, at most
// +-32, where tanh has long been 1. The steps of a layer that keeps its state do not end.
int32_t recurrent_cell_log2(int32_t steps, bool stateful)
{
    int bits = 0;
    while (bits < 5 && (stateful || 1 << bits < steps)) bits++;
    return bits - 15;
}

// A slice that keeps everything but reverses time.
static bool is_reversal(const struct node *n)
{
    if (!n || n->op != OP_STRIDED_SLICE || n->in[0]->rank != 3) return false;
    const int32_t *begin = n->as.slice.begin, *stride = n->as.slice.stride, *x = n->in[0]->dim;
    return begin[0] == 0 && begin[2] == 0 && begin[1] == x[1] - 1 && stride[1] == -1 && stride[0] == 1 &&
           stride[2] == 1 && !memcmp(x, n->out[0]->dim, 3 * sizeof *x);
}

static bool takes_last(const struct node *s, const struct node *n)
{
    const struct tensor *x = n->out[0];
    const int32_t last = n->as.recurrent.backwards ? 0 : x->dim[1] - 1;
    return s && s->op == OP_STRIDED_SLICE && s->out[0]->rank == 3 && s->out[0]->dim[1] == 1 &&
           s->out[0]->dim[2] == x->dim[2] && s->as.slice.begin[1] == last && s->as.slice.begin[2] == 0 &&
           s->as.slice.stride[2] == 1;
}

static void tidy_last(struct graph *g, struct node *n, struct arena *a)
{
    struct node *s = n->as.recurrent.sequences ? graph_only_user(g, n->out[0]) : NULL;
    if (!takes_last(s, n)) return;
    struct tensor *h = arena_copy(a, n->out[0], sizeof *h);
    h->rank = 2;
    h->dim[1] = h->dim[2];
    n->as.recurrent.sequences = false;
    n->out[0] = h;
    s->op = OP_RESHAPE;
    s->in[0] = h;
}

static bool is_plain(const struct graph *g, const struct tensor *t)
{
    for (int i = 0; i < g->nout; i++)
        if (g->out[i] == t) return false;
    return true;
}

// Drops a reversal; what it made is then what it took.
static void drop(struct graph *g, struct node *s)
{
    graph_replace(g, s->out[0], s->in[0]);
    graph_remove(g, s);
}

static void tidy_reversal(struct graph *g, struct node *n)
{
    struct node *before = graph_producer(g, n->in[0]), *after = graph_only_user(g, n->out[0]);
    if (!is_reversal(before)) return;
    if (n->as.recurrent.sequences && !is_reversal(after)) return;
    n->as.recurrent.backwards = !n->as.recurrent.backwards;
    n->in[0] = before->in[0];
    if (graph_uses(g, before->out[0]) == 0) graph_remove(g, before);
    if (!n->as.recurrent.sequences) return;
    if (is_plain(g, after->out[0])) {
        n->out[0]->name = after->out[0]->name; // the one that a file knows
        drop(g, after);
    } else { // an output of the network stays what it is
        n->out[0] = after->out[0];
        graph_remove(g, after);
    }
}

// RESHAPE of RESHAPE is one; one that changes nothing is none.
static void tidy_reshape(struct graph *g, struct node *n)
{
    struct node *before = graph_producer(g, n->in[0]);
    if (before && before->op == OP_RESHAPE && graph_uses(g, n->in[0]) == 1) {
        n->in[0] = before->in[0];
        graph_remove(g, before);
    }
    struct tensor *x = n->in[0], *y = n->out[0];
    if (x->rank != y->rank || memcmp(x->dim, y->dim, (size_t)x->rank * sizeof *x->dim)) return;
    before = graph_producer(g, x);
    const bool layer = before && before->op == OP_RECURRENT;
    if (is_plain(g, y)) {
        if (layer) x->name = y->name; // the name that a file knows
        drop(g, n);
    } else if (layer && graph_uses(g, x) == 1) { // an output of the network stays what it is
        before->out[0] = y;
        graph_remove(g, n);
    }
}

// Two biases are one, their sum, as the kernels add them up; but in the n of a GRU whose reset gate comes between.
static void tidy_biases(struct node *n, struct arena *a)
{
    const struct recurrent *r = &n->as.recurrent;
    if (n->nin < 5 || !n->in[3] || !n->in[4] || (r->kind == RECURRENT_GRU && r->reset_after)) return;
    if (!tensor_is_const(n->in[3]) || !tensor_is_const(n->in[4]) || n->in[3]->type != F32 ||
        n->in[4]->type != F32)
        return;
    struct tensor *sum = arena_copy(a, n->in[3], sizeof *sum);
    struct arena fresh = {0};
    const int64_t count = tensor_count(sum);
    float *v = arena_new_n(&fresh, (size_t)count, float);
    for (int64_t i = 0; i < count; i++)
        v[i] = ((const float *)n->in[3]->data)[i] + ((const float *)n->in[4]->data)[i];
    sum->data = arena_once(a, v, (size_t)count * sizeof *v);
    arena_free(&fresh);
    n->in[3] = sum;
    n->in[4] = NULL;
    if (n->nin == 5) n->nin = 4;
}

void recurrent_tidy(struct graph *g, struct arena *a)
{
    bool any = false;
    for (int k = 0; k < g->nnode; k++) {
        struct node *n = g->node[k];
        if (n->op != OP_RECURRENT) continue;
        any = true;
        tidy_biases(n, a);
        tidy_last(g, n, a);
        tidy_reversal(g, n);
        k = graph_index(g, n);
    }
    for (int k = g->nnode - 1; any && k >= 0; k--)
        if (k < g->nnode && g->node[k]->op == OP_RESHAPE) tidy_reshape(g, g->node[k]);
}
