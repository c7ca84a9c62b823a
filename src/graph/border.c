// Which ends of a network stay out of the arena: a float window that is only read can be read where the caller has it,
// float scores can be written there, where the arena gets smaller by it. A window that the first step turns into int8 is
// never there, since samples that are pushed are kept as int8. Samples of any other gather in a buffer of their own:
// overlapping windows have one anyway, where they do not the arena must lose as much.
#include "plan.h"
#include <stdlib.h>

enum { WINDOW = 1, SCORES = 2 };
enum { MOST_STEPS = 400 }; // of a network for which more than one placement is looked at

static bool value_of(const struct plan *p, const struct ref *r, const struct tensor *root)
{
    return r->t && r->offset != REF_CONST && plan_root(p, r->t) == root;
}

// A float value that nothing but steps sees, of as many bytes in each of its shapes.
static bool is_plain(const struct plan *p, const struct tensor *t)
{
    const struct tensor *root = plan_root(p, t);
    for (int i = 0; i < p->nkept; i++)
        if (plan_root(p, p->kept[i].t) == root) return false;
    for (int s = 0; s < p->nstep; s++)
        for (int b = 0; b < p->step[s].k->nbuf; b++) {
            const struct ref *r = &p->step[s].buf[b];
            if (value_of(p, r, root) && tensor_bytes(r->t) != tensor_bytes(t)) return false;
        }
    return t->type == F32 && root->type == F32 && !tensor_is_const(root) &&
           tensor_bytes(root) == tensor_bytes(t);
}

static bool is_written(const struct plan *p, const struct tensor *root)
{
    for (int s = 0; s < p->nstep; s++)
        for (int b = 0; b < p->step[s].k->nbuf; b++)
            if (p->step[s].buf[b].written && value_of(p, &p->step[s].buf[b], root)) return true;
    return false;
}

// What of the two can be outside.
static int possible(const struct plan *p)
{
    const struct graph *g = p->g;
    int can = 0;
    if (g->nin != 1 || g->nout != 1 || plan_root(p, g->in[0]) == plan_root(p, g->out[0])) return 0;
    if (is_plain(p, g->in[0]) && !is_written(p, plan_root(p, g->in[0]))) can |= WINDOW;
    if (is_plain(p, g->out[0]) && !g->stream_window) can |= SCORES;
    return can;
}

static void put_outside(struct plan *p, const struct tensor *t, int32_t where)
{
    for (int s = 0; s < p->nstep; s++)
        for (int b = 0; b < p->step[s].k->nbuf; b++)
            if (value_of(p, &p->step[s].buf[b], plan_root(p, t))) p->step[s].buf[b].offset = where;
}

// The arena with what is in `which` outside; the steps are made anew from `plain`.
static bool place(struct plan *p, const struct step *plain, int which, struct err *e)
{
    p->step = arena_copy(p->arena, plain, (size_t)p->nstep * sizeof *plain);
    p->step_cap = p->nstep;
    for (int s = 0; s < p->nstep; s++)
        p->step[s].buf = arena_copy(p->arena, plain[s].buf, (size_t)plain[s].k->nbuf * sizeof *plain[s].buf);
    p->window_outside = which & WINDOW;
    p->scores_outside = which & SCORES;
    if (which & WINDOW) put_outside(p, p->g->in[0], REF_WINDOW);
    if (which & SCORES) put_outside(p, p->g->out[0], REF_SCORES);
    return plan_tile(p, e);
}

bool plan_borders(struct plan *p, struct err *e)
{
    const struct step *plain = p->step;
    const int can = possible(p), always = can & WINDOW && plan_window_steps(p) ? WINDOW : 0;
    int best = always;
    if (!place(p, plain, always, e)) return false;
    const bool buffer = always || !can || graph_windows_overlap(p->g);
    const int64_t window = buffer ? 0 : plan_aligned(tensor_bytes(p->g->in[0]));
    int64_t least = p->arena_bytes;
    for (int which = always + 1; which <= can && p->nstep <= MOST_STEPS; which++) {
        if ((which & can) != which || (which & always) != always) continue;
        if (which & WINDOW && !always && p->g->stream_window) continue;
        if (!place(p, plain, which, e)) return false;
        const int64_t bytes = p->arena_bytes + (which & WINDOW ? window : 0);
        if (!p->arena_bytes || bytes >= least) continue;
        least = bytes;
        best = which;
    }
    return place(p, plain, best, e);
}
