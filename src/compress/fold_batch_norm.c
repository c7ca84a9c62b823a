// y = s * x + t a channel, s = gamma / sqrt(variance + epsilon), t = beta - mean * s (Ioffe and Szegedy 2015,
// eq. 3). Behind a layer: its weights times s, its bias times s plus t. In front of one without padding:
// weights times s of the input channel, the bias gains the sum of weight * t. In front of padding it is not
// the same unless t is 0: outside the image the layer sees 0, not t; then it becomes MUL and ADD. So does the
// normalisation of the input in front of a recurrent layer that will be int8: its channels share one scale, and raw
// sensor units have ranges too different for that (docs/recurrent.md).
#include "compress.h"
#include <math.h>
#include <string.h>

struct affine {
    int n;
    float *s, *t;
};

static struct affine affine_of(const struct node *n, struct arena *a)
{
    const float *gamma = n->in[1]->data, *beta = n->in[2]->data, *mean = n->in[3]->data,
                *var = n->in[4]->data;
    struct affine f = {(int)tensor_count(n->in[1]), NULL, NULL};
    f.s = arena_new_n(a, (size_t)f.n, float);
    f.t = arena_new_n(a, (size_t)f.n, float);
    for (int c = 0; c < f.n; c++) {
        double s = (double)gamma[c] / sqrt((double)var[c] + (double)n->as.batch_norm.epsilon);
        f.s[c] = (float)s;
        f.t[c] = (float)((double)beta[c] - (double)mean[c] * s);
    }
    return f;
}

static bool has_weights(const struct node *n)
{
    return n && (n->op == OP_CONV_2D || n->op == OP_DEPTHWISE_CONV_2D || n->op == OP_DENSE ||
                 n->op == OP_RECURRENT);
}

static struct tensor *copy_const(const struct tensor *t, struct arena *a)
{
    struct tensor *c = arena_copy(a, t, sizeof *t);
    c->data = arena_copy(a, t->data, (size_t)tensor_bytes(t));
    c->half = false;
    return c;
}

static int bias_at(const struct node *n)
{
    return n->op == OP_RECURRENT ? 3 : 2;
}

// The layer's own copies of weights and bias (zeros when it had none), which may be changed.
static void own_weights(struct node *n, struct arena *a, float **w, float **b)
{
    int channels = n->op == OP_DEPTHWISE_CONV_2D ? n->in[1]->dim[3] : n->in[1]->dim[0], at = bias_at(n);
    if (n->nin < at + 1) {
        struct tensor **in = arena_new_n(a, (size_t)at + 1, struct tensor *);
        memcpy(in, n->in, (size_t)n->nin * sizeof *in);
        n->in = in;
        n->nin = at + 1;
    }
    n->in[1] = copy_const(n->in[1], a);
    n->in[at] = n->in[at] ? copy_const(n->in[at], a)
                          : tensor_const(a, arena_printf(a, "%s/bias", n->name), F32, 1,
                                         (int32_t[]){channels}, arena_new_n(a, (size_t)channels, float));
    *w = (float *)(uintptr_t)n->in[1]->data;
    *b = (float *)(uintptr_t)n->in[at]->data;
}

static void fold_back(struct node *n, const struct affine *f, struct arena *a)
{
    float *w, *b;
    own_weights(n, a, &w, &b);
    int64_t count = tensor_count(n->in[1]), per = count / f->n;
    for (int64_t i = 0; i < count; i++) w[i] *= f->s[n->op == OP_DEPTHWISE_CONV_2D ? i % f->n : i / per];
    for (int c = 0; c < f->n; c++) b[c] = b[c] * f->s[c] + f->t[c];
}

static void fold_forward(struct node *n, const struct affine *f, struct arena *a)
{
    float *w, *b;
    own_weights(n, a, &w, &b);
    int64_t count = tensor_count(n->in[1]), channels = tensor_count(n->in[bias_at(n)]),
            per = count / channels;
    double *gain = arena_new_n(a, (size_t)channels, double);
    for (int64_t i = 0; i < count; i++) {
        bool dw = n->op == OP_DEPTHWISE_CONV_2D;
        int64_t out = dw ? i % channels : i / per,
                in = dw ? out / (channels / n->in[0]->dim[3]) % f->n : i % f->n;
        gain[out] += (double)w[i] * (double)f->t[in];
        w[i] *= f->s[in];
    }
    for (int64_t c = 0; c < channels; c++) b[c] = (float)((double)b[c] + gain[c]);
}

static bool padded(const struct node *n)
{
    const int32_t *p = n->as.conv.pad; // of a convolution
    return n->op != OP_DENSE && n->op != OP_RECURRENT && (p[0] || p[1] || p[2] || p[3]);
}

// The layers behind t that can take a scale and shift of each of `channels`, looking through reshapes that
// keep them, or that put several samples side by side: the channel is then the index modulo channels. Their
// number; -1 when somebody behind t cannot, or there are more than `most`.
static int takers(const struct graph *g, const struct tensor *t, int channels, bool shifts,
                  struct node **taker, int most)
{
    int found = 0;
    for (int i = 0; i < g->nout; i++)
        if (g->out[i] == t) return -1;
    for (int k = 0; k < g->nnode; k++) {
        struct node *n = g->node[k];
        for (int i = 0; i < n->nin; i++) {
            if (n->in[i] != t) continue;
            const struct tensor *y = n->out[0];
            if (n->op == OP_RESHAPE && y->rank && y->dim[y->rank - 1] % channels == 0) {
                const int more = takers(g, y, channels, shifts, taker + found, most - found);
                if (more < 0) return -1;
                found += more;
            } else if (i == 0 && found < most && has_weights(n) && !(shifts && padded(n)) &&
                       tensor_is_const(n->in[1]) && n->in[1]->type == F32)
                taker[found++] = n;
            else
                return -1;
        }
    }
    return found;
}

// Of two in a row the second does what both did; n is the first, f its scale and shift.
static bool compose(struct graph *g, const struct node *n, const struct affine *f, struct arena *a)
{
    struct node *next = graph_only_user(g, n->out[0]);
    if (!next || next->op != OP_BATCH_NORM || tensor_count(next->in[1]) != f->n) return false;
    const struct affine h = affine_of(next, a);
    for (int i = 1; i <= 4; i++) {
        float *v = arena_new_n(a, (size_t)f->n, float);
        for (int c = 0; c < f->n; c++)
            v[c] = i == 1 ? f->s[c] * h.s[c] : i == 2 ? f->t[c] * h.s[c] + h.t[c] : i == 4;
        next->in[i] = copy_const(next->in[i], a);
        next->in[i]->data = v;
    }
    next->as.batch_norm.epsilon = 0;
    return true;
}

static bool to_multiply_add(struct graph *g, struct node *n, const struct affine *f, struct arena *a,
                            struct err *e)
{
    int k = graph_index(g, n);
    struct tensor *v = n->in[0];
    const enum op op[2] = {OP_MUL, OP_ADD};
    const float *data[2] = {f->s, f->t};
    for (int i = 0; i < 2; i++) {
        struct node *m =
            graph_add(g, a, op[i], arena_printf(a, "%s/%s", n->name, i ? "shift" : "scale"), 2, 1);
        m->in[0] = v;
        m->in[1] = tensor_const(a, arena_printf(a, "%s/%s", n->name, i ? "t" : "s"), F32, 1,
                                (int32_t[]){f->n}, data[i]);
        if (!(v = graph_apply(g, a, m, e))) return false;
        graph_move_last(g, k + 1 + i);
    }
    graph_replace(g, n->out[0], v);
    graph_remove(g, n);
    return true;
}

// Whether n normalises an input of the network in front of a recurrent layer that `lacks` nothing to become int8.
static bool stays_apart(const struct graph *g, const struct node *n, struct node *const *after, int nafter,
                        const char *(*lacks)(const struct node *n))
{
    for (int i = 0; lacks && !graph_producer(g, n->in[0]) && i < nafter; i++)
        if (after[i]->op == OP_RECURRENT && !lacks(after[i])) return true;
    return false;
}

bool fold_batch_norm(struct graph *g, const char *(*lacks)(const struct node *n), struct arena *a,
                     struct err *e)
{
    const size_t limit = graph_limit(g, a);
    for (int k = 0; k < g->nnode; k++) {
        struct node *n = g->node[k];
        if (n->op != OP_BATCH_NORM) continue;
        if (!graph_within(g, k, a, limit, e)) return false;
        struct affine f = affine_of(n, a);
        struct node *before = graph_producer(g, n->in[0]);
        struct node *after[8];
        bool shifts = false;
        for (int c = 0; c < f.n; c++) shifts |= f.t[c] != 0;
        const int nafter = takers(g, n->out[0], f.n, shifts, after, 8);
        bool back = has_weights(before) && before->op != OP_RECURRENT && graph_uses(g, n->in[0]) == 1 &&
                    before->in[1]->type == F32 &&
                    (before->op == OP_DENSE ? before->as.dense.act : before->as.conv.act) == ACT_NONE;
        if (!back && compose(g, n, &f, a)) {
            graph_replace(g, n->out[0], n->in[0]);
            graph_remove(g, n);
            k--;
            continue;
        }
        if (!back && (nafter < 1 || stays_apart(g, n, after, nafter, lacks))) {
            if (!to_multiply_add(g, n, &f, a, e)) return fail_in(e, "fold %s", n->name);
            k--;
            continue;
        }
        if (back) fold_back(before, &f, a);
        for (int i = 0; !back && i < nafter; i++) fold_forward(after[i], &f, a);
        graph_replace(g, n->out[0], n->in[0]);
        graph_remove(g, n);
        k--;
    }
    return true;
}
