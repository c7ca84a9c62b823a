// Addresses in the device's arena: every value that is computed, and every scratch buffer, gets an offset
// such that two that live at the same time never overlap, but where a step works row by row (plan_rows). Greedy placement in several orders, the best kept;
// the orders are those known to do well on network-shaped lifetimes (by size, Pisarchyk and Lee 2020, and by
// time of birth), then repeatable shuffles until the lower bound is met.
#include "../base/rng.h"
#include "plan.h"
#include <stdlib.h>
#include <string.h>

enum { ALIGN = 16, SHUFFLES = 200 };

struct block {
    const struct tensor *t; // NULL: scratch
    int first, last;        // steps, both ends belong
    int32_t bytes, offset;
};
struct blocks {
    struct block *v;
    int n;
};

static struct block *block_of(const struct blocks *b, const struct tensor *t)
{
    for (int i = 0; i < b->n; i++)
        if (b->v[i].t == t) return &b->v[i];
    return NULL;
}

static int64_t aligned(int64_t bytes)
{
    return (bytes + ALIGN - 1) / ALIGN * ALIGN;
}

static void block_touch(struct plan *p, struct blocks *b, const struct tensor *t, int step)
{
    const int64_t bytes = aligned(tensor_bytes(t));
    t = plan_root(p, t);
    struct block *k = block_of(b, t);
    if (!k) {
        k = &b->v[b->n++];
        *k = (struct block){t, step, step, 0, 0};
    }
    if (step < k->first) k->first = step;
    if (step > k->last) k->last = step;
    if (bytes > k->bytes) k->bytes = bytes > INT32_MAX / 2 ? INT32_MAX / 2 : (int32_t)bytes;
}

static struct blocks blocks_of(struct plan *p)
{
    int most = p->g->nin + p->g->nout + p->nkept;
    for (int s = 0; s < p->nstep; s++) most += p->step[s].k->nbuf;
    struct blocks b = {arena_new_n(p->arena, (size_t)most + 1, struct block), 0};
    for (int i = 0; i < p->g->nin; i++) block_touch(p, &b, p->g->in[i], 0);
    for (int s = 0; s < p->nstep; s++)
        for (int i = 0; i < p->step[s].k->nbuf; i++) {
            struct ref *r = &p->step[s].buf[i];
            if (r->t && r->offset >= 0) {
                block_touch(p, &b, r->t, step_from(p, s));
                block_touch(p, &b, r->t, step_to(p, s));
            }
            if (!r->t && r->offset >= 0) {
                const int32_t bytes = (int32_t)aligned(r->bytes);
                r->offset = b.n; // for now: which block; plan_place turns it into the address
                b.v[b.n++] = (struct block){NULL, step_from(p, s), step_to(p, s), bytes, 0};
            }
        }
    for (int i = 0; i < p->nkept; i++) { // from the first step to behind the last, so from run to run
        block_touch(p, &b, p->kept[i].t, 0);
        block_touch(p, &b, p->kept[i].t, p->nstep);
    }
    for (int i = 0; i < p->g->nout; i++)
        if (!tensor_is_const(p->g->out[i])) block_touch(p, &b, p->g->out[i], p->nstep);
    return b;
}

// How far behind where a starts b must start when both may share bytes; -1: they may not.
static int64_t apart(const struct plan *p, const struct blocks *b, const struct block *low,
                     const struct block *high)
{
    for (int i = 0; i < p->noverlap; i++) {
        const struct overlap *o = &p->overlap[i];
        if (block_of(b, plan_root(p, o->low)) != low || block_of(b, plan_root(p, o->high)) != high) continue;
        // one of them dies where the other is born, and neither is a part of something larger
        if (low->first != high->last && high->first != low->last) continue;
        if (aligned(tensor_bytes(o->low)) == low->bytes && aligned(tensor_bytes(o->high)) == high->bytes)
            return aligned(o->apart);
    }
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
static struct taken taken_by(const struct plan *p, const struct blocks *b, const struct block *x,
                             const struct block *y)
{
    struct taken t = {(int64_t)y->offset - x->bytes, (int64_t)y->offset + y->bytes};
    if (!p->noverlap || !x->t || !y->t) return t;
    const int64_t below = apart(p, b, x, y), above = apart(p, b, y, x);
    if (below >= 0 && below < x->bytes) t.from = y->offset - below;
    if (above >= 0 && above < y->bytes) t.to = y->offset + above;
    return t;
}

// Each block in the given order goes to the lowest place that is free; returns the arena's size.
static int64_t place(const struct plan *p, const struct blocks *b, struct block **order, struct taken *near)
{
    int64_t top = 0;
    for (int i = 0; i < b->n; i++) {
        int m = 0;
        for (int j = 0; j < i; j++)
            if (together(order[i], order[j])) near[m++] = taken_by(p, b, order[i], order[j]);
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

// Bytes that two blocks can share at step s.
static int64_t shared(const struct plan *p, const struct blocks *b, const struct overlap *o, int s)
{
    const struct block *low = block_of(b, plan_root(p, o->low)), *high = block_of(b, plan_root(p, o->high));
    if (!low || !high || s < low->first || s > low->last || s < high->first || s > high->last) return 0;
    const int64_t by = apart(p, b, low, high), both = (int64_t)low->bytes + high->bytes;
    if (by < 0 || by >= low->bytes) return 0;
    return both - (by + high->bytes > low->bytes ? by + high->bytes : low->bytes);
}

// Bytes from where k starts to the end of the last block that lies over it, over one that does, and so on.
static int64_t reach(const struct plan *p, const struct blocks *b, const struct block *k, uint32_t used,
                     int depth)
{
    int64_t most = k->bytes;
    for (int i = 0; i < p->noverlap && depth < p->noverlap; i++) {
        if (!(used >> i & 1) || block_of(b, plan_root(p, p->overlap[i].low)) != k) continue;
        const struct block *high = block_of(b, plan_root(p, p->overlap[i].high));
        const int64_t by = high ? apart(p, b, k, high) : -1;
        if (by < 0 || by >= k->bytes) continue;
        const int64_t far = by + reach(p, b, high, used, depth + 1);
        if (far > most) most = far;
    }
    return most;
}

// The least that any placement needs in which just the pairs `used` share bytes.
static int64_t bound_with(const struct plan *p, const struct blocks *b, uint32_t used, bool chains)
{
    int64_t most = 0;
    for (int s = 0; s <= p->nstep; s++) {
        int64_t live = 0;
        for (int i = 0; i < b->n; i++)
            if (b->v[i].first <= s && s <= b->v[i].last) live += b->v[i].bytes;
        for (int i = 0; i < p->noverlap; i++)
            if (i >= 32 || used >> i & 1) live -= shared(p, b, &p->overlap[i], s);
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
    for (int k = 0; k < NORDER + SHUFFLES && least > bound; k++) {
        if (k < NORDER) qsort(order, n, sizeof *order, orders[k]);
        for (int i = b->n - 1; k >= NORDER && i > 0; i--) {
            uint32_t j = rng_below(&r, (uint32_t)i + 1);
            struct block *t = order[i];
            order[i] = order[j];
            order[j] = t;
        }
        int64_t top = place(p, b, order, near);
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
    for (int i = 0; i < p->g->nin; i++) p->in[i] = ref_placed(p, &b, p->g->in[i]);
    for (int i = 0; i < p->g->nout; i++) p->out[i] = ref_placed(p, &b, p->g->out[i]);
    return true;
}
