#include "value.h"
#include <assert.h>
#include <string.h>

int64_t value_count(const struct value *v)
{
    int64_t n = 1;
    for (int i = 0; i < v->rank; i++) n *= v->dim[i]; // below 2^31: checked when the value was made
    return n;
}

void value_set(struct value *v, struct tensor *t, const int *axis, int rank, const int32_t *dim)
{
    v->t = t;
    v->f = NULL;
    v->i = NULL;
    v->rank = rank;
    memmove(v->dim, dim, (size_t)rank * sizeof *dim);
    v->nfactor = 0;
    for (int d = 0; d < rank; d++)
        if (dim[d] != 1) v->factor[v->nfactor++] = (struct factor){dim[d], d};
    int k = 0;
    for (int i = 0; i < t->rank; i++)
        for (int f = 0; axis[i] >= 0 && f < v->nfactor; f++)
            if (v->factor[f].dim == axis[i]) v->mem[k++] = f;
    assert(k == v->nfactor);
}

void value_set_plain(struct value *v, struct tensor *t)
{
    int axis[GRAPH_MAX_RANK];
    for (int i = 0; i < t->rank; i++) axis[i] = i;
    value_set(v, t, axis, t->rank, t->dim);
}

// Splits factor f into (outer, size / outer); neighbours in memory too.
static bool factor_split(struct value *v, int f, int32_t outer)
{
    if (v->nfactor == VALUE_MAX_FACTOR) return false;
    memmove(v->factor + f + 1, v->factor + f, (size_t)(v->nfactor - f) * sizeof *v->factor);
    v->factor[f].size = outer;
    v->factor[f + 1].size /= outer;
    int k = 0;
    while (v->mem[k] != f) k++;
    for (int i = 0; i < v->nfactor; i++) v->mem[i] += v->mem[i] > f;
    memmove(v->mem + k + 1, v->mem + k, (size_t)(v->nfactor - k) * sizeof *v->mem);
    v->mem[k + 1] = f + 1;
    v->nfactor++;
    return true;
}

bool value_reshape(struct value *v, int rank, const int32_t *dim)
{
    struct value w = *v;
    int f = 0;
    for (int d = 0; d < rank; d++)
        for (int32_t left = dim[d]; left > 1; f++) {
            if (f == w.nfactor) return false;
            int32_t size = w.factor[f].size;
            if (left % size && (size % left || !factor_split(&w, f, left))) return false;
            w.factor[f].dim = d;
            left /= w.factor[f].size;
        }
    if (f != w.nfactor) return false;
    w.rank = rank;
    memcpy(w.dim, dim, (size_t)rank * sizeof *dim);
    *v = w;
    return true;
}

void value_transpose(struct value *v, const int *perm)
{
    struct value w = *v;
    int to[VALUE_MAX_FACTOR], n = 0;
    for (int d = 0; d < v->rank; d++) {
        w.dim[d] = v->dim[perm[d]];
        for (int f = 0; f < v->nfactor; f++)
            if (v->factor[f].dim == perm[d]) {
                w.factor[n] = (struct factor){v->factor[f].size, d};
                to[f] = n++;
            }
    }
    for (int k = 0; k < v->nfactor; k++) w.mem[k] = to[v->mem[k]];
    *v = w;
}

// Number of factors of dimension d when they are neighbours in memory from place k on, in order; else 0.
static int factors_at(const struct value *v, int k, int d)
{
    int f = 0, n = 0;
    while (f < v->nfactor && v->factor[f].dim != d) f++;
    for (; f + n < v->nfactor && v->factor[f + n].dim == d; n++)
        if (k + n >= v->nfactor || v->mem[k + n] != f + n) return 0;
    return n;
}

bool value_axes(const struct value *v, int *axis)
{
    int k = 0;
    for (int i = 0; i < v->t->rank; i++) {
        axis[i] = -1;
        if (v->t->dim[i] == 1) continue;
        if (k == v->nfactor) return false;
        int d = v->factor[v->mem[k]].dim, n = factors_at(v, k, d);
        if (!n || v->t->dim[i] != v->dim[d]) return false;
        axis[i] = d;
        k += n;
    }
    return k == v->nfactor;
}

static bool same_dims(const struct tensor *t, int rank, const int32_t *dim)
{
    return t->rank == rank && !memcmp(t->dim, dim, (size_t)rank * sizeof *dim);
}

// The output of an equal node made shortly before (a residual asks twice), or a new one.
static struct tensor *reshaped(struct graph *g, struct arena *a, struct tensor *t, int rank,
                               const int32_t *dim, struct err *e)
{
    if (same_dims(t, rank, dim)) return t;
    for (int k = g->nnode - 1; k >= 0 && k > g->nnode - 200; k--) {
        struct node *n = g->node[k];
        if (n->op != OP_RESHAPE || n->in[0] != t) continue;
        if (same_dims(n->out[0], rank, dim)) return n->out[0];
    }
    struct node *n = graph_add(g, a, OP_RESHAPE, arena_printf(a, "%s/reshape", t->name), 1, 1);
    n->in[0] = t;
    n->out[0] = tensor_new(a, n->name, t->type, rank, dim);
    n->out[0]->q = t->q;
    return graph_apply(g, a, n, e);
}

static struct tensor *transposed(struct graph *g, struct arena *a, struct tensor *t, const int32_t *perm,
                                 struct err *e)
{
    for (int k = g->nnode - 1; k >= 0 && k > g->nnode - 200; k--) {
        struct node *n = g->node[k];
        if (n->op != OP_TRANSPOSE || n->in[0] != t) continue;
        if (!memcmp(n->as.transpose.perm, perm, (size_t)t->rank * sizeof *perm)) return n->out[0];
    }
    struct node *n = graph_add(g, a, OP_TRANSPOSE, arena_printf(a, "%s/transpose", t->name), 1, 1);
    n->in[0] = t;
    memcpy(n->as.transpose.perm, perm, (size_t)t->rank * sizeof *perm);
    n->out[0] = tensor_new(a, n->name, t->type, 0, NULL);
    n->out[0]->q = t->q;
    return graph_apply(g, a, n, e);
}

struct tensor *value_tensor(struct graph *g, struct arena *a, const struct value *v, int n, const int *axis,
                            struct err *e)
{
    int32_t dim[GRAPH_MAX_RANK] = {0};
    int want[VALUE_MAX_FACTOR], place[VALUE_MAX_FACTOR], nwant = 0;
    assert(v->t && n <= GRAPH_MAX_RANK);
    for (int i = 0; i < n; i++) {
        dim[i] = axis[i] < 0 ? 1 : v->dim[axis[i]];
        for (int f = 0; axis[i] >= 0 && f < v->nfactor; f++)
            if (v->factor[f].dim == axis[i]) want[nwant++] = f;
    }
    assert(nwant == v->nfactor);
    if (!memcmp(want, v->mem, (size_t)nwant * sizeof *want)) return reshaped(g, a, v->t, n, dim, e);

    // Runs of wanted factors that are neighbours in memory stay together: blocks, in the wanted order.
    for (int k = 0; k < nwant; k++) place[v->mem[k]] = k;
    struct {
        int32_t size;
        int place; // of its first factor, in memory
    } block[VALUE_MAX_FACTOR];
    int nblock = 0;
    for (int k = 0; k < nwant; k++)
        if (k && place[want[k]] == place[want[k - 1]] + 1)
            block[nblock - 1].size *= v->factor[want[k]].size;
        else {
            block[nblock].size = v->factor[want[k]].size;
            block[nblock++].place = place[want[k]];
        }
    if (nblock > GRAPH_MAX_RANK)
        return FAIL_NULL(e, "%s: a transpose of %d dimensions is not possible (at most %d)", v->name, nblock,
                         GRAPH_MAX_RANK);
    int32_t in_memory[GRAPH_MAX_RANK] = {1}, perm[GRAPH_MAX_RANK] = {0};
    int batch = nblock < GRAPH_MAX_RANK; // a leading 1 stands for the batch
    for (int i = 0; i < nblock; i++) {
        int to = batch;
        for (int j = 0; j < nblock; j++) to += block[j].place < block[i].place;
        perm[batch + i] = to;
        in_memory[to] = block[i].size;
    }
    struct tensor *t = reshaped(g, a, v->t, batch + nblock, in_memory, e);
    if (t) t = transposed(g, a, t, perm, e);
    return t ? reshaped(g, a, t, n, dim, e) : NULL;
}

struct tensor *value_plain(struct graph *g, struct arena *a, const struct value *v, struct err *e)
{
    int axis[VALUE_MAX_RANK], n = 0;
    int drop = v->rank > GRAPH_MAX_RANK ? v->rank - GRAPH_MAX_RANK : 0; // leading 1s at most
    for (int d = 0; d < v->rank; d++)
        if (d < drop && v->dim[d] != 1)
            return FAIL_NULL(e, "%s has %d dimensions; at most %d are possible", v->name, v->rank,
                             GRAPH_MAX_RANK);
        else if (d >= drop)
            axis[n++] = d;
    return value_tensor(g, a, v, n, axis, e);
}

struct tensor *value_view(struct graph *g, struct arena *a, const struct value *v, int want, int *axis,
                          int *n, struct err *e)
{
    bool there = want < 0;
    if (value_axes(v, axis)) {
        *n = v->t->rank;
        for (int i = 0; i < *n; i++) there |= axis[i] == want;
        for (int i = *n - 1; i >= 0 && !there; i--)
            if (axis[i] < 0) {
                axis[i] = want;
                there = true;
            }
        if (!there && *n < GRAPH_MAX_RANK) { // a dimension of 1 may stand anywhere
            memmove(axis + 1, axis, (size_t)*n * sizeof *axis);
            axis[0] = want;
            ++*n;
            there = true;
        }
        if (there) return value_tensor(g, a, v, *n, axis, e);
    }
    *n = 0;
    for (int d = 0; d < v->rank; d++)
        if (v->dim[d] != 1 || d == want || v->rank <= GRAPH_MAX_RANK) {
            if (*n == GRAPH_MAX_RANK)
                return FAIL_NULL(e, "%s has %d dimensions; at most %d are possible", v->name, v->rank,
                                 GRAPH_MAX_RANK);
            axis[(*n)++] = d;
        }
    return value_tensor(g, a, v, *n, axis, e);
}

struct tensor *value_const_like(struct arena *a, const struct value *v, const struct value *c, int64_t *left)
{
    // How far c moves when a factor of v counts up by one.
    int64_t step[VALUE_MAX_FACTOR], stride = 1;
    assert(c->f && c->rank <= v->rank);
    for (int d = v->rank - 1, f = v->nfactor - 1; d >= 0; d--) {
        int cd = d - (v->rank - c->rank);
        int32_t size = cd < 0 ? 1 : c->dim[cd];
        assert(size == 1 || size == v->dim[d]);
        int64_t inner = 1;
        for (; f >= 0 && v->factor[f].dim == d; f--) {
            step[f] = size == 1 ? 0 : stride * inner;
            inner *= v->factor[f].size;
        }
        stride *= size;
    }
    // A dimension of t is kept whole when c moves with any of its factors.
    int32_t dim[GRAPH_MAX_RANK];
    bool used[VALUE_MAX_FACTOR] = {0};
    int rank = 0, k = 0;
    int64_t total = 1;
    for (int i = 0; i < v->t->rank; i++) {
        int32_t rest = v->t->dim[i];
        int from = k;
        bool moves = false;
        for (; rest > 1; k++) {
            rest /= v->factor[v->mem[k]].size;
            moves |= step[v->mem[k]] != 0;
        }
        for (; from < k; from++) used[from] = moves;
        if (moves || rank) dim[rank++] = moves ? v->t->dim[i] : 1;
        if (moves) total *= v->t->dim[i];
    }
    if (!rank) dim[rank++] = 1;
    if (total == value_count(c) && rank == 1 && v->nfactor && step[v->mem[v->nfactor - 1]] <= 1) {
        bool in_order = true; // the common case, a number a channel in the file's own order: share the bytes
        int64_t expect = 1;
        for (k = v->nfactor - 1; k >= 0 && used[k]; k--) {
            in_order &= step[v->mem[k]] == expect;
            expect *= v->factor[v->mem[k]].size;
        }
        if (in_order && expect == total) return tensor_const(a, c->name, F32, rank, dim, c->f);
    }
    if (total > *left) return NULL;
    *left -= total;
    float *out = arena_new_n(a, (size_t)total, float);
    for (int64_t o = 0; o < total; o++) {
        int64_t rest = o, from = 0;
        for (k = v->nfactor - 1; k >= 0; k--) {
            if (!used[k]) continue;
            const struct factor *f = &v->factor[v->mem[k]];
            from += rest % f->size * step[v->mem[k]];
            rest /= f->size;
        }
        out[o] = c->f[from];
    }
    return tensor_const(a, c->name, F32, rank, dim, out);
}

const int32_t *value_last_order(struct arena *a, const struct value *v, int d, struct value *lies)
{
    int k = 0, last = -1;
    for (; k < v->nfactor && v->factor[v->mem[k]].dim != d; k++) {
        if (v->mem[k] < last) return NULL;
        last = v->mem[k];
    }
    int first = k;
    for (; k < v->nfactor; k++)
        if (v->factor[v->mem[k]].dim != d) return NULL;
    *lies = *v;
    for (k = first; k < v->nfactor; k++)
        for (int f = 0, nth = 0; f < v->nfactor; f++)
            if (v->factor[f].dim == d && nth++ == k - first) {
                lies->factor[f] = v->factor[v->mem[k]];
                lies->mem[k] = f;
            }
    int64_t step[VALUE_MAX_FACTOR], stride = 1;
    for (int f = v->nfactor - 1; f >= 0; f--)
        if (v->factor[f].dim == d) {
            step[f] = stride;
            stride *= v->factor[f].size;
        }
    int32_t *order = arena_new_n(a, (size_t)v->dim[d], int32_t);
    for (int32_t o = 0; o < v->dim[d]; o++) {
        int32_t left = o;
        for (k = v->nfactor - 1; k >= first; k--) {
            const struct factor *f = &v->factor[v->mem[k]];
            order[o] += (int32_t)(left % f->size * step[v->mem[k]]);
            left /= f->size;
        }
    }
    return order;
}
