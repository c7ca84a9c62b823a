// Addresses in the device's arena: every value that is computed, and every scratch buffer, gets an offset
// such that two that live at the same time never overlap, but where a step works row by row (plan_rows). Greedy placement in several orders, the best kept;
// the orders are those known to do well on network-shaped lifetimes (by size, Pisarchyk and Lee 2020, and by
// time of birth), then repeatable shuffles until the lower bound is met.
#include "../base/rng.h"
#include "plan.h"
#include <stdlib.h>
#include <string.h>

enum {
    ALIGN = 16,
    SHUFFLES = 200,
    MOST_PAIRS = 200 << 20
}; // pairs of blocks looked at: at most 200 shuffles of 1000

struct block {
    const struct tensor *t; // NULL: scratch
    int first, last;        // steps, both ends belong
    int32_t bytes, offset;
    struct pair *pairs; // in which it is the low one
};
struct pair { // an overlap of the plan, its values' blocks
    struct block *low, *high;
    int64_t apart; // how far behind where low starts high must start when both share bytes; -1: they may not
    struct pair *next;
};
struct blocks {
    struct block *v;
    int n;
    struct pair *pair; // p->noverlap
    int64_t *live;     // room for a number a step, and two
};

static struct block *block_of(const struct blocks *b, const struct tensor *t)
{
    for (int i = b->n - 1; i >= 0; i--) // the youngest is the one most often asked for
        if (b->v[i].t == t) return &b->v[i];
    return NULL;
}

int64_t plan_aligned(int64_t bytes)
{
    return (bytes + ALIGN - 1) / ALIGN * ALIGN;
}

static void block_touch(struct plan *p, struct blocks *b, const struct tensor *t, int step)
{
    const int64_t bytes = plan_aligned(tensor_bytes(t));
    t = plan_root(p, t);
    struct block *k = block_of(b, t);
    if (!k) {
        k = &b->v[b->n++];
        *k = (struct block){t, step, step, 0, 0, NULL};
    }
    if (step < k->first) k->first = step;
    if (step > k->last) k->last = step;
    if (bytes > k->bytes) k->bytes = bytes > INT32_MAX / 2 ? INT32_MAX / 2 : (int32_t)bytes;
}

// Where what dies at this step was not yet dead: before the first turn, where it takes turns.
static int born(const struct plan *p, int step)
{
    return step < p->nstep ? step_from(p, step) : step;
}

static void pairs_find(const struct plan *p, struct blocks *b)
{
    b->pair = arena_new_n(p->arena, (size_t)p->noverlap + 1, struct pair);
    for (int i = p->noverlap - 1; i >= 0; i--) {
        const struct overlap *o = &p->overlap[i];
        struct block *low = block_of(b, plan_root(p, o->low)), *high = block_of(b, plan_root(p, o->high));
        struct pair *k = &b->pair[i];
        *k = (struct pair){low, high, -1, low ? low->pairs : NULL};
        if (!low || !high) continue;
        low->pairs = k;
        // one of them dies where the other is born, and neither is a part of something larger
        if ((low->first == born(p, high->last) || high->first == born(p, low->last)) &&
            plan_aligned(tensor_bytes(o->low)) == low->bytes &&
            plan_aligned(tensor_bytes(o->high)) == high->bytes)
            k->apart = plan_aligned(o->apart);
    }
}

static struct blocks blocks_of(struct plan *p)
{
    int most = p->g->nin + p->g->nout + p->nkept;
    for (int s = 0; s < p->nstep; s++) most += p->step[s].k->nbuf;
    struct blocks b = {.v = arena_new_n(p->arena, (size_t)most + 1, struct block)};
    for (int i = 0; i < p->g->nin && !p->window_outside; i++) block_touch(p, &b, p->g->in[i], 0);
    for (int s = 0; s < p->nstep; s++)
        for (int i = 0; i < p->step[s].k->nbuf; i++) {
            struct ref *r = &p->step[s].buf[i];
            if (r->t && r->offset >= 0) {
                block_touch(p, &b, r->t, step_from(p, s));
                block_touch(p, &b, r->t, step_to(p, s));
            }
            if (!r->t && r->offset >= 0) {
                const int32_t bytes = (int32_t)plan_aligned(r->bytes);
                r->offset = b.n; // for now: which block; plan_place turns it into the address
                b.v[b.n++] = (struct block){NULL, step_from(p, s), step_to(p, s), bytes, 0, NULL};
            }
        }
    for (int i = 0; i < p->nkept; i++) { // from the first step to behind the last, so from run to run
        block_touch(p, &b, p->kept[i].t, 0);
        block_touch(p, &b, p->kept[i].t, p->nstep);
    }
    for (int i = 0; i < p->g->nout && !p->scores_outside; i++)
        if (!tensor_is_const(p->g->out[i])) block_touch(p, &b, p->g->out[i], p->nstep);
    pairs_find(p, &b);
    b.live = arena_new_n(p->arena, (size_t)p->nstep + 2, int64_t);
    return b;
}

static int64_t apart(const struct block *low, const struct block *high)
{
    for (const struct pair *k = low->pairs; k; k = k->next)
        if (k->high == high && k->apart >= 0) return k->apart;
    return -1;
}

static bool together(const struct block *a, const struct block *b)
{
    return a->first <= b->last && b->first <= a->last;
}

struct taken { // a block may not start behind `from` and before `to`
    int64_t from, to;
};

static int by_from(const void *a, const void *b)
{
    const struct taken *x = a, *y = b;
    return (x->from > y->from) - (x->from < y->from);
}

// Where x may not be because of y, which has its place.
static struct taken taken_by(const struct block *x, const struct block *y)
{
    struct taken t = {(int64_t)y->offset - x->bytes, (int64_t)y->offset + y->bytes};
    const int64_t below = apart(x, y), above = apart(y, x);
    if (below >= 0 && below < x->bytes) t.from = y->offset - below;
    if (above >= 0 && above < y->bytes) t.to = y->offset + above;
    return t;
}

// Each block in the given order goes to the lowest place that is free; returns the arena's size.
static int64_t place(const struct blocks *b, struct block **order, struct taken *near)
{
    int64_t top = 0;
    for (int i = 0; i < b->n; i++) {
        int m = 0;
        for (int j = 0; j < i; j++)
            if (together(order[i], order[j])) near[m++] = taken_by(order[i], order[j]);
        qsort(near, (size_t)m, sizeof *near, by_from);
        int64_t at = 0;
        for (int j = 0; j < m && near[j].from < at; j++)
            if (near[j].to > at) at = near[j].to;
        if (at + order[i]->bytes > INT32_MAX) return INT64_MAX;
        order[i]->offset = (int32_t)at;
        if (at + order[i]->bytes > top) top = at + order[i]->bytes;
    }
    return top;
}

enum { MOST_OVERLAPS = 10 }; // of which every choice is looked at for the bound

// Bytes that a pair can share while both live.
static int64_t shared(const struct pair *k)
{
    const int64_t by = apart(k->low, k->high), both = (int64_t)k->low->bytes + k->high->bytes;
    if (by < 0 || by >= k->low->bytes) return 0;
    return both - (by + k->high->bytes > k->low->bytes ? by + k->high->bytes : k->low->bytes);
}

// Bytes from where k starts to the end of the last block that lies over it, over one that does, and so on.
static int64_t reach(const struct plan *p, const struct blocks *b, const struct block *k, uint32_t used,
                     int depth)
{
    int64_t most = k->bytes;
    for (int i = 0; i < p->noverlap && depth < p->noverlap; i++) {
        const struct pair *q = &b->pair[i];
        if (!(used >> i & 1) || q->low != k) continue;
        const int64_t by = q->high ? apart(k, q->high) : -1;
        if (by < 0 || by >= k->bytes) continue;
        const int64_t far = by + reach(p, b, q->high, used, depth + 1);
        if (far > most) most = far;
    }
    return most;
}

static void live_add(const struct blocks *b, int first, int last, int64_t bytes)
{
    b->live[first] += bytes; // changes, added up later
    b->live[last + 1] -= bytes;
}

// The least that any placement needs in which just the pairs `used` share bytes.
static int64_t bound_with(const struct plan *p, const struct blocks *b, uint32_t used, bool chains)
{
    int64_t most = 0, live = 0;
    memset(b->live, 0, ((size_t)p->nstep + 2) * sizeof *b->live);
    for (int i = 0; i < b->n; i++) live_add(b, b->v[i].first, b->v[i].last, b->v[i].bytes);
    for (int i = 0; i < p->noverlap; i++) {
        const struct pair *k = &b->pair[i];
        if (!k->low || !k->high || !(i >= 32 || used >> i & 1)) continue;
        const int first = k->low->first > k->high->first ? k->low->first : k->high->first;
        const int last = k->low->last < k->high->last ? k->low->last : k->high->last;
        if (first <= last) live_add(b, first, last, -shared(k));
    }
    for (int s = 0; s <= p->nstep; s++) {
        live += b->live[s];
        if (live > most) most = live;
    }
    for (int i = 0; chains && i < b->n; i++) {
        const int64_t far = reach(p, b, &b->v[i], used, 0);
        if (far > most) most = far;
    }
    return most;
}

// The largest set of live bytes.
static int64_t lower_bound(const struct plan *p, const struct blocks *b)
{
    return bound_with(p, b, UINT32_MAX, false);
}

// Where a sequence lies over two others, one choice may rule the other out: the best choice of the pairs that share. Looked
// at only where no placement met the plain bound, since choices are many.
static int64_t closer_bound(const struct plan *p, const struct blocks *b)
{
    int64_t least = INT64_MAX;
    for (uint32_t used = 0; used < 1u << p->noverlap; used++) {
        const int64_t need = bound_with(p, b, used, true);
        if (need < least) least = need;
    }
    return least;
}

static int by_size(const void *a, const void *b)
{
    const struct block *x = *(struct block *const *)a, *y = *(struct block *const *)b;
    if (x->bytes != y->bytes) return (x->bytes < y->bytes) - (x->bytes > y->bytes);
    return x->first - y->first;
}

static int by_birth(const void *a, const void *b)
{
    const struct block *x = *(struct block *const *)a, *y = *(struct block *const *)b;
    return x->first != y->first ? x->first - y->first : by_size(a, b);
}

static int by_length(const void *a, const void *b)
{
    const struct block *x = *(struct block *const *)a, *y = *(struct block *const *)b;
    int p = x->last - x->first, q = y->last - y->first;
    return p != q ? q - p : by_size(a, b);
}

static int64_t place_best(struct plan *p, struct blocks *b, int64_t bound)
{
    static int (*const orders[])(const void *, const void *) = {by_size, by_birth, by_length};
    enum { NORDER = sizeof orders / sizeof *orders };
    size_t n = (size_t)b->n;
    struct block **order = arena_new_n(p->arena, n + 1, struct block *);
    struct taken *near = arena_new_n(p->arena, n + 1, struct taken);
    int32_t *best = arena_new_n(p->arena, n + 1, int32_t);
    int64_t least = INT64_MAX;
    struct rng r = rng_new(1);
    for (int i = 0; i < b->n; i++) order[i] = &b->v[i];
    const int64_t most = MOST_PAIRS / ((int64_t)n * b->n),
                  tries = NORDER + (most < SHUFFLES ? most : SHUFFLES);
    for (int k = 0; k < tries && least > bound; k++) {
        if (k < NORDER) qsort(order, n, sizeof *order, orders[k]);
        for (int i = b->n - 1; k >= NORDER && i > 0; i--) {
            uint32_t j = rng_below(&r, (uint32_t)i + 1);
            struct block *t = order[i];
            order[i] = order[j];
            order[j] = t;
        }
        int64_t top = place(b, order, near);
        if (top >= least) continue;
        least = top;
        for (int i = 0; i < b->n; i++) best[i] = b->v[i].offset;
    }
    for (int i = 0; i < b->n && least < INT64_MAX; i++) b->v[i].offset = best[i];
    return least;
}

static struct ref ref_placed(struct plan *p, struct blocks *b, const struct tensor *t)
{
    if (tensor_is_const(t)) return ref_in(t);
    struct block *k = block_of(b, plan_root(p, t));
    return (struct ref){t, k->offset, 0, false};
}

bool plan_place(struct plan *p, struct err *e)
{
    struct blocks b = blocks_of(p);
    int64_t bound = lower_bound(p, &b), top = b.n ? place_best(p, &b, bound) : 0;
    if (top > bound && p->noverlap && p->noverlap <= MOST_OVERLAPS) bound = closer_bound(p, &b);
    if (top > INT32_MAX / 2)
        return fail(e, "its values need %.0f MB at the same time; no device has that", (double)bound / 1e6);
    p->arena_bytes = (int32_t)top;
    p->lower_bound = (int32_t)bound;
    for (int s = 0; s < p->nstep; s++)
        for (int i = 0; i < p->step[s].k->nbuf; i++) {
            struct ref *r = &p->step[s].buf[i];
            if (r->offset < 0) continue;
            r->offset = r->t ? block_of(&b, plan_root(p, r->t))->offset : b.v[r->offset].offset;
        }
    p->in = arena_new_n(p->arena, (size_t)p->g->nin, struct ref);
    p->out = arena_new_n(p->arena, (size_t)p->g->nout, struct ref);
    for (int i = 0; i < p->nkept; i++) p->kept[i] = ref_placed(p, &b, p->kept[i].t);
    for (int i = 0; i < p->g->nin; i++)
        p->in[i] = p->window_outside ? (struct ref){p->g->in[i], REF_WINDOW, 0, false}
                                     : ref_placed(p, &b, p->g->in[i]);
    for (int i = 0; i < p->g->nout; i++)
        p->out[i] = p->scores_outside ? (struct ref){p->g->out[i], REF_SCORES, 0, false}
                                      : ref_placed(p, &b, p->g->out[i]);
    return true;
}
