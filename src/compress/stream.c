// A network that classifies windows which overlap, as one that takes only the new samples of each: what the
// front of a convolutional network made of the overlap is kept in states instead of being computed again.
//
// Over time, a convolution or pooling of `span` samples and stride s that has seen t samples has made
// floor((t - span) / s) + 1 columns. It keeps the samples behind its last column's start plus s: the next columns need no
// others. Padding makes a column depend on where the window begins, a recurrent layer on all before it: there the
// front ends, and its last columns, as many as a window has, are kept for the rest.
#include "compress.h"
#include <string.h>

struct column { // a value of the front: (..., columns, channels), `axis` is time
    const struct tensor *of;
    struct tensor *fresh; // the new columns alone
    struct tensor *whole; // those of a window; NULL until asked for
    int axis, total, count;
};

struct rewriting {
    const struct graph *g;
    struct graph *h;
    struct arena *a;
    struct err *e;
    struct column *column;
    int ncolumn;
    struct map {
        const struct tensor *from;
        struct tensor *to;
    } * map; // of the rest
    int nmap;
    const char *why; // the first node behind the front, and why it is there
};

static struct column *column_of(const struct rewriting *r, const struct tensor *t)
{
    for (int i = 0; i < r->ncolumn; i++)
        if (r->column[i].of == t) return &r->column[i];
    return NULL;
}

static struct column *column_add(struct rewriting *r, const struct tensor *of, struct tensor *fresh, int axis)
{
    struct column *c = &r->column[r->ncolumn++];
    *c = (struct column){of, fresh, NULL, axis, of->dim[axis], fresh->dim[axis]};
    return c;
}

// t with n columns.
static struct tensor *like(struct rewriting *r, const struct tensor *t, const char *what, int axis, int n)
{
    struct tensor *u = arena_copy(r->a, t, sizeof *t);
    u->name = arena_printf(r->a, "%s/%s", t->name, what);
    u->dim[axis] = n;
    u->data = NULL;
    return u;
}

// out: the last columns of t, as many as it has.
static struct tensor *last_columns(struct rewriting *r, struct tensor *t, struct tensor *out, int axis)
{
    struct node *cut = graph_add(r->h, r->a, OP_STRIDED_SLICE, out->name, 1, 1);
    cut->in[0] = t;
    cut->out[0] = out;
    for (int i = 0; i < t->rank; i++) cut->as.slice.stride[i] = 1;
    cut->as.slice.begin[axis] = t->dim[axis] - out->dim[axis];
    return out;
}

// `keep` old columns in front of the fresh ones; the last `keep` of all are kept for the next time.
static struct tensor *remember(struct rewriting *r, struct tensor *fresh, int axis, int keep)
{
    if (!keep) return fresh;
    struct graph *h = r->h;
    struct tensor *before = like(r, fresh, "kept", axis, keep);
    struct tensor *all = like(r, fresh, "joined", axis, keep + fresh->dim[axis]);
    struct node *join = graph_add(h, r->a, OP_CONCATENATION, all->name, 2, 1);
    join->in[0] = before;
    join->in[1] = fresh;
    join->out[0] = all;
    join->as.axis.axis = axis;
    struct tensor *after = last_columns(r, all, like(r, before, "next", axis, keep), axis);
    struct state *more = arena_new_n(r->a, (size_t)h->nstate + 1, struct state);
    if (h->nstate) memcpy(more, h->state, (size_t)h->nstate * sizeof *more);
    more[h->nstate++] = (struct state){before, after};
    h->state = more;
    return all;
}

static struct node *copied(struct rewriting *r, const struct node *n)
{
    struct node *m = graph_add(r->h, r->a, n->op, n->name, n->nin, n->nout);
    m->as = n->as;
    memcpy(m->in, n->in, (size_t)n->nin * sizeof *n->in);
    return m;
}

// The node with its first input replaced, on as many columns as that has.
static bool apply(struct rewriting *r, const struct node *n, struct tensor *x, int axis)
{
    struct node *m = copied(r, n);
    m->in[0] = x;
    m->out[0] = arena_copy(r->a, n->out[0], sizeof *n->out[0]);
    m->out[0]->rank = 0; // as inferred
    if (!graph_apply(r->h, r->a, m, r->e)) return false;
    column_add(r, n->out[0], m->out[0], axis);
    return true;
}

static const char *windowed_why(const struct node *n, const struct column *c)
{
    const bool pool = n->op == OP_MAX_POOL_2D || n->op == OP_AVERAGE_POOL_2D;
    const int32_t *pad = pool ? n->as.pool.pad : n->as.conv.pad;
    const int s = pool ? n->as.pool.stride[1] : n->as.conv.stride[1];
    const int taps = pool ? n->as.pool.kernel[1] : n->in[1]->dim[2];
    if (c->axis != 2) return "its time is not along the width";
    if (!pool && n->in[1]->type == I8 && n->in[0]->type == F32)
        return "dynamic quantization scales the whole window at once; use full-integer";
    if (pad[1] || pad[3]) return "its padding depends on where the window begins; train it without";
    if (taps < s) return "its stride is longer than its kernel";
    if (c->count % s) return "the hop is no multiple of its stride";
    return NULL;
}

static bool windowed(struct rewriting *r, const struct node *n, const struct column *c)
{
    const bool pool = n->op == OP_MAX_POOL_2D || n->op == OP_AVERAGE_POOL_2D;
    const int s = pool ? n->as.pool.stride[1] : n->as.conv.stride[1];
    return apply(r, n, remember(r, c->fresh, 2, c->total - n->out[0]->dim[2] * s), 2);
}

// (..., t, c) -> (..., t / k, k * c), and dimensions of 1 put in or left out: time stays in order.
static const char *reshape_why(const struct node *n, const struct column *c, int *axis)
{
    const struct tensor *x = n->in[0], *y = n->out[0];
    int64_t before = 1, k = 1;
    for (int i = 0; i < c->axis; i++) before *= x->dim[i];
    if (before != 1) return "it mixes time with what stands before it";
    for (*axis = 0; *axis < y->rank && y->dim[*axis] == 1; ++*axis)
        ;
    if (*axis == y->rank || c->total % y->dim[*axis]) return "it takes time apart";
    k = c->total / y->dim[*axis];
    return *axis == y->rank - 1 && x->rank - 1 != c->axis ? "it ends time: the steps become one vector"
           : c->count % k                                 ? "the hop is no multiple of its steps"
                                                          : NULL;
}

static bool reshaped(struct rewriting *r, const struct node *n, const struct column *c, int axis)
{
    struct node *m = copied(r, n);
    m->in[0] = c->fresh;
    m->out[0] = like(r, n->out[0], "new", axis, c->count / (c->total / n->out[0]->dim[axis]));
    if (!graph_apply(r->h, r->a, m, r->e)) return false;
    column_add(r, n->out[0], m->out[0], axis);
    return true;
}

// A constant that is the same at each time.
static bool timeless(const struct tensor *t, const struct column *c, int rank)
{
    const int at = c->axis - (rank - t->rank);
    return tensor_is_const(t) && (at < 0 || t->dim[at] == 1);
}

// Why n cannot be part of the front; NULL: it can, and *axis is the output's dimension of time.
static const char *front_why(const struct rewriting *r, const struct node *n, int *axis)
{
    const struct column *c = n->nin && n->in[0] ? column_of(r, n->in[0]) : NULL;
    if (!c) return "it reads what needs the whole window";
    *axis = c->axis;
    switch (n->op) {
    case OP_CONV_2D:
    case OP_DEPTHWISE_CONV_2D:
    case OP_MAX_POOL_2D:
    case OP_AVERAGE_POOL_2D:
        return windowed_why(n, c);
    case OP_RESHAPE:
        return reshape_why(n, c, axis);
    case OP_RELU:
    case OP_RELU6:
    case OP_LEAKY_RELU:
    case OP_ELU:
    case OP_LOGISTIC:
    case OP_TANH:
    case OP_HARD_SWISH:
    case OP_GELU:
    case OP_QUANTIZE:
    case OP_DEQUANTIZE:
        return NULL;
    case OP_BATCH_NORM:
        return c->axis < n->in[0]->rank - 1 ? NULL : "its channels are the time";
    case OP_DENSE:
        if (n->in[1]->type == I8 && n->in[0]->type == F32)
            return "dynamic quantization of a dense layer is not streamed";
        return c->axis < n->in[0]->rank - 1 ? NULL : "it mixes all times";
    case OP_ADD:
    case OP_SUB:
    case OP_MUL: {
        const struct column *d = column_of(r, n->in[1]);
        if (d && d->axis == c->axis && d->total == c->total && d->count == c->count) return NULL;
        return n->in[0]->rank == n->out[0]->rank && timeless(n->in[1], c, n->in[0]->rank)
                   ? NULL
                   : "its second input is not the same at each time";
    }
    default:
        return n->op == OP_RECURRENT
                   ? "it starts anew with each window, so its steps depend on the window's begin"
                   : "it is not known to work on each time by itself";
    }
}

static bool front_add(struct rewriting *r, const struct node *n, int axis)
{
    const struct column *c = column_of(r, n->in[0]);
    if (n->op == OP_RESHAPE) return reshaped(r, n, c, axis);
    if (n->op == OP_CONV_2D || n->op == OP_DEPTHWISE_CONV_2D || n->op == OP_MAX_POOL_2D ||
        n->op == OP_AVERAGE_POOL_2D)
        return windowed(r, n, c);
    const struct column *d = n->nin > 1 && n->in[1] ? column_of(r, n->in[1]) : NULL;
    if (!apply(r, n, c->fresh, axis)) return false;
    if (d) r->h->node[r->h->nnode - 1]->in[1] = d->fresh;
    return true;
}

// t as the rest of the network sees it: all columns of the window where it comes from the front.
static struct tensor *rest_of(struct rewriting *r, struct tensor *t)
{
    struct column *c = t ? column_of(r, t) : NULL;
    if (c) {
        if (!c->whole && c->total < c->count) // a long hop over a window that has few columns here
            c->whole = last_columns(r, c->fresh, like(r, c->fresh, "last", c->axis, c->total), c->axis);
        if (!c->whole) c->whole = remember(r, c->fresh, c->axis, c->total - c->count);
        return c->whole;
    }
    for (int i = 0; i < r->nmap; i++)
        if (r->map[i].from == t) return r->map[i].to;
    return t;
}

static int tensors_of(const struct graph *g)
{
    int n = g->nin;
    for (int k = 0; k < g->nnode; k++) n += g->node[k]->nout;
    return n;
}

static bool rewrite(struct rewriting *r, int hop)
{
    const struct graph *g = r->g;
    bool *rest = arena_new_n(r->a, (size_t)g->nnode, bool);
    const struct tensor *x = g->in[0];
    struct tensor *fresh = like(r, x, "new", x->rank - 2, hop);
    fresh->name = x->name;
    r->h->in = arena_copy(r->a, &fresh, sizeof fresh);
    r->h->nin = 1;
    column_add(r, x, fresh, x->rank - 2);
    int64_t macs = 0;
    for (int k = 0; k < g->nnode; k++) {
        const struct node *n = g->node[k];
        int axis = 0;
        const char *why = front_why(r, n, &axis);
        rest[k] = why != NULL;
        if (why && !r->why) r->why = arena_printf(r->a, "%s %s: %s", op_def(n->op)->name, n->name, why);
        if (!why && !front_add(r, n, axis)) return false;
        if (!why && op_def(n->op)->macs) macs += op_def(n->op)->macs(n);
    }
    if (!macs)
        return fail(r->e, "nothing of the overlap can be kept: %s", r->why ? r->why : "it computes nothing");
    for (int k = 0; k < g->nnode; k++) // what is kept for the rest belongs to the front
        for (int i = 0; rest[k] && i < g->node[k]->nin; i++) rest_of(r, g->node[k]->in[i]);
    r->h->front = r->h->nnode;
    for (int k = 0; k < g->nnode; k++) {
        if (!rest[k]) continue;
        struct node *m = copied(r, g->node[k]);
        for (int i = 0; i < m->nin; i++) m->in[i] = rest_of(r, m->in[i]);
        for (int i = 0; i < m->nout; i++) {
            m->out[i] = arena_copy(r->a, g->node[k]->out[i], sizeof *m->out[i]);
            r->map[r->nmap++] = (struct map){g->node[k]->out[i], m->out[i]};
        }
    }
    if (column_of(r, g->out[0])) return fail(r->e, "it has an output for each time, not one for each window");
    struct tensor *y = rest_of(r, g->out[0]);
    r->h->out = arena_copy(r->a, &y, sizeof y);
    r->h->nout = 1;
    return true;
}

struct graph *stream_graph(const struct graph *g, int hop, struct arena *a, const char **rest, struct err *e)
{
    if (g->nin != 1 || g->nout != 1 || g->in[0]->rank < 2)
        return FAIL_NULL(e, "streaming takes models with one input (window, channels) and one output");
    const struct tensor *x = g->in[0];
    const int window = x->dim[x->rank - 2];
    for (int i = 0; i < x->rank - 2; i++)
        if (x->dim[i] != 1)
            return FAIL_NULL(e, "the input has %d dimensions before its samples", x->rank - 2);
    if (hop < 1 || hop >= window)
        return FAIL_NULL(e, "a hop of %d samples: windows of %d do not overlap; choose 1 to %d", hop, window,
                         window - 1);
    const struct node *keeps = graph_stateful(g);
    if (keeps)
        return FAIL_NULL(
            e,
            "layer %s keeps its state from one window to the next, so each sample is given once and "
            "windows do not overlap; emit it without --stream",
            keeps->name);
    if (g->stream_window) return FAIL_NULL(e, "the model takes the samples of a hop already");
    const size_t n = (size_t)tensors_of(g);
    struct rewriting r = {.g = g, .h = graph_new(a, g->name), .a = a, .e = e};
    r.column = arena_new_n(a, n, struct column);
    r.map = arena_new_n(a, n, struct map);
    if (!rewrite(&r, hop)) return NULL;
    if (graph_macs(r.h) >= graph_macs(g))
        return FAIL_NULL(
            e, "at a hop of %d the overlap is too short: streaming would compute more than whole windows",
            hop);
    r.h->meta = arena_copy(a, g->meta, (size_t)g->nmeta * sizeof *g->meta);
    r.h->nmeta = g->nmeta;
    graph_meta_set(r.h, a, META_HOP, arena_printf(a, "%d", hop));
    r.h->stream_window = window;
    if (rest) *rest = r.why;
    return r.h;
}
