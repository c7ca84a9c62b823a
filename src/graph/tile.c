// Steps in turns: each makes some rows, the next takes them, and what is between them is never there as a whole. Steps and
// kernels stay as they are, a turn changes some parameters; so the bits are the same. It is done where the arena gets
// smaller by it.
#include "tile.h"
#include "../../device/nn.h"
#include <string.h>

void step_turn(const struct step *s, int32_t first, int32_t *params, int32_t *moved)
{
    const struct turns *t = s->turns;
    const int32_t n = nn_min(t->rows, t->total - first);
    memcpy(params, s->params, (size_t)s->k->nfield * sizeof *params);
    if (t->in >= 0) params[t->in] = n;
    params[t->out] = (n + t->each - 1) / t->each;
    if (t->pad >= 0) params[t->pad] -= first * t->stride;
    *moved = t->buf >= 0 ? first / t->each * t->bytes : 0;
}

int32_t step_get(const struct step *s, const char *field)
{
    return s->params[step_field(s, field)];
}

bool only_within(const struct plan *p, const struct tensor *t, int i, int n)
{
    t = plan_root(p, t);
    for (int k = 0; k < p->g->nin; k++)
        if (plan_root(p, p->g->in[k]) == t) return false;
    for (int k = 0; k < p->g->nout; k++)
        if (plan_root(p, p->g->out[k]) == t) return false;
    for (int k = 0; k < p->g->nstate; k++)
        if (plan_root(p, p->g->state[k].before) == t) return false;
    for (int s = 0; s < p->nstep; s++)
        for (int b = 0; b < p->step[s].k->nbuf; b++) {
            const struct ref *r = &p->step[s].buf[b];
            if (r->t && r->offset >= 0 && (s < i || s >= i + n) && plan_root(p, r->t) == t) return false;
        }
    return true;
}

struct step step_turning(struct plan *p, const struct step *s, const struct turns *t)
{
    struct step n = *s;
    n.turns = arena_copy(p->arena, t, sizeof *t);
    n.buf = arena_copy(p->arena, s->buf, (size_t)s->k->nbuf * sizeof *s->buf);
    return n;
}

// Exchanges the steps for those that take turns, or back.
static void group_exchange(struct plan *p, struct group *k)
{
    for (int i = 0; i < k->n; i++) {
        const struct step s = p->step[k->at + i];
        p->step[k->at + i] = k->now[i];
        k->now[i] = s;
    }
}

enum { MOST_TRIED = 64 }; // one by one; each is a placement anew

bool plan_tile(struct plan *p, struct err *e)
{
    if (!plan_place(p, e)) return false;
    if (!p->layout->tile) return true;
    struct group *group = arena_new_n(p->arena, (size_t)p->nstep + 1, struct group);
    const int32_t whole = p->arena_bytes;
    int n = 0;
    for (int i = 0; i < p->nstep; i++)
        if (pool_group(p, i, &group[n]) || rows_group(p, i, &group[n])) i += group[n++].n - 1;
    if (!n) return true;
    for (int i = 0; i < n; i++) group_exchange(p, &group[i]);
    if (!plan_place(p, e)) return false;
    const int32_t least = p->arena_bytes;
    const bool saves = least + whole / 32 < whole;
    if (n > MOST_TRIED) {
        for (int i = 0; i < n && !saves; i++) group_exchange(p, &group[i]);
        return plan_place(p, e);
    }
    for (int i = 0; i < n; i++) { // without those that do not matter, all of them where 1/32 is not saved
        group_exchange(p, &group[i]);
        if (!plan_place(p, e)) return false;
        if (saves && p->arena_bytes > least) group_exchange(p, &group[i]);
    }
    return plan_place(p, e);
}
