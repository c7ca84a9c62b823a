// When each part of the device's arena is in use, read off a finished plan: for people who want to know where the
// memory goes.
#include "plan.h"
#include <stdlib.h>

static void touch(const struct plan *p, struct live *v, int *n, const struct tensor *t, int32_t offset,
                  int step)
{
    const struct tensor *r = plan_root(p, t);
    int k = 0;
    while (k < *n && v[k].t != r) k++;
    if (k == *n) v[(*n)++] = (struct live){r, step, step, 0, offset};
    if (step < v[k].first) v[k].first = step;
    if (step > v[k].last) v[k].last = step;
    const int32_t bytes = (int32_t)plan_aligned(tensor_bytes(t));
    if (bytes > v[k].bytes) v[k].bytes = bytes;
}

static int by_address(const void *a, const void *b)
{
    const struct live *x = a, *y = b;
    return x->offset != y->offset ? (x->offset > y->offset) - (x->offset < y->offset)
                                  : (x->first > y->first) - (x->first < y->first);
}

const struct live *plan_live(const struct plan *p, struct arena *a, int *n)
{
    const struct graph *g = p->g;
    int most = g->nin + g->nout + p->nkept;
    for (int s = 0; s < p->nstep; s++) most += p->step[s].k->nbuf;
    struct live *v = arena_new_n(a, (size_t)most + 1, struct live);
    *n = 0;
    for (int i = 0; i < g->nin && !p->window_outside; i++) touch(p, v, n, g->in[i], p->in[i].offset, 0);
    for (int s = 0; s < p->nstep; s++)
        for (int i = 0; i < p->step[s].k->nbuf; i++) {
            const struct ref *r = &p->step[s].buf[i];
            if (r->offset < 0) continue;
            if (!r->t) {
                v[(*n)++] = (struct live){NULL, step_from(p, s), step_to(p, s),
                                          (int32_t)plan_aligned(r->bytes), r->offset};
                continue;
            }
            touch(p, v, n, r->t, r->offset, step_from(p, s));
            touch(p, v, n, r->t, r->offset, step_to(p, s));
        }
    for (int i = 0; i < *n; i++) // states stay from one run to the next
        for (int k = 0; k < p->nkept; k++)
            if (v[i].t && v[i].t == plan_root(p, p->kept[k].t)) v[i].first = 0, v[i].last = p->nstep;
    for (int i = 0; i < g->nout && !p->scores_outside; i++)
        if (!tensor_is_const(g->out[i])) touch(p, v, n, g->out[i], p->out[i].offset, p->nstep);
    qsort(v, (size_t)*n, sizeof *v, by_address);
    return v;
}

int64_t live_at(const struct live *v, int n, int step)
{
    int64_t bytes = 0, end = 0;
    for (int i = 0; i < n; i++) { // by address
        if (v[i].first > step || step > v[i].last) continue;
        const int64_t from = v[i].offset > end ? v[i].offset : end, to = (int64_t)v[i].offset + v[i].bytes;
        if (to > from) bytes += to - from, end = to;
    }
    return bytes;
}

int live_peak(const struct plan *p, const struct live *v, int n)
{
    int peak = 0;
    for (int s = 1; s < p->nstep; s++)
        if (live_at(v, n, s) > live_at(v, n, peak)) peak = s;
    return peak;
}
