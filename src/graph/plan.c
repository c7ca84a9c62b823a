#include "plan.h"
#include "kernels.h"
#include <assert.h>
#include <string.h>

const struct layout layout_plain = {.conv_f32 = 1, .conv_s8 = 1, .dense_f32 = 1, .dense_s8 = 1};
const struct layout layout_host = {.conv_f32 = 16, .conv_s8 = 4, .dense_f32 = 16, .dense_s8 = 4, .group = 4};

void plan_step(struct plan *p, const struct node *n, const struct kernel *k, const void *params,
               const struct ref *buf)
{
    assert(k->nbuf <= KERNEL_MAX_BUF && k->nfield <= STEP_MAX_FIELD);
    p->step = arena_grow(p->arena, p->step, p->nstep, &p->step_cap, sizeof *p->step);
    struct step *s = &p->step[p->nstep++];
    *s = (struct step){.k = k, .node = n};
    s->params = arena_copy(p->arena, params, (size_t)k->nfield * sizeof(int32_t));
    s->buf = arena_copy(p->arena, buf, (size_t)k->nbuf * sizeof *buf);
}

int step_field(const struct step *s, const char *name)
{
    for (int i = 0; i < s->k->nfield; i++)
        if (!strcmp(s->k->field[i], name)) return i;
    assert(0);
    return -1;
}

int step_from(const struct plan *p, int s)
{
    const struct turns *t = p->step[s].turns;
    return t ? s - t->at : s;
}

int step_to(const struct plan *p, int s)
{
    const struct turns *t = p->step[s].turns;
    return t ? s - t->at + t->n - 1 : s;
}

const struct tensor *plan_root(const struct plan *p, const struct tensor *t)
{
    for (int i = p->nalias - 1; i >= 0; i--)
        if (p->alias[i].out == t) return plan_root(p, p->alias[i].in);
    return t;
}

void plan_alias(struct plan *p, const struct tensor *out, const struct tensor *in)
{
    p->alias = arena_grow(p->arena, p->alias, p->nalias, &p->alias_cap, sizeof *p->alias);
    p->alias[p->nalias++] = (struct alias){out, in};
}

void plan_keep(struct plan *p, const struct tensor *t)
{
    p->kept = arena_grow(p->arena, p->kept, p->nkept, &p->kept_cap, sizeof *p->kept);
    p->kept[p->nkept++] = ref_out(t);
}

void plan_rows(struct plan *p, const struct tensor *out, const struct tensor *in, int32_t rows,
               bool backwards)
{
    // this machine's own kernels take several rows at a time
    if (p->layout->group == layout_host.group || tensor_is_const(in) || tensor_is_state(p->g, in)) return;
    for (int i = 0; i < p->noverlap; i++) {
        const struct overlap *o = &p->overlap[i];
        if ((o->low == out && o->high == in) || (o->low == in && o->high == out)) return;
    }
    const int64_t to = tensor_bytes(out) / rows, from = tensor_bytes(in) / rows, less = rows - 1;
    p->overlap = arena_grow(p->arena, p->overlap, p->noverlap, &p->overlap_cap, sizeof *p->overlap);
    // row r of out ends where row r of in starts, or earlier, for the r for which that is hardest
    p->overlap[p->noverlap++] = backwards
                                    ? (struct overlap){in, out, from + (from > to ? (from - to) * less : 0)}
                                    : (struct overlap){out, in, to + (to > from ? (to - from) * less : 0)};
}

struct ref ref_in(const struct tensor *t)
{
    return (struct ref){t, !t ? REF_ABSENT : tensor_is_const(t) ? REF_CONST : 0, 0, false};
}

struct ref ref_out(const struct tensor *t)
{
    return (struct ref){t, 0, 0, true};
}

struct ref ref_scratch(int32_t bytes)
{
    return (struct ref){NULL, 0, bytes, true};
}

static bool lower_node(struct plan *p, int k, struct err *e)
{
    const struct node *n = p->g->node[k];
    const struct opdef *d = op_def(n->op);
    const int before = p->nstep;
    char shape[64];
    if (!d->lower) return fail(e, "node %d %s %s: this operator cannot be executed yet", k, d->name, n->name);
    const bool ok = d->lower(n, p, e);
    plan_keep_tables(p);
    if (!ok) {
        fail_in(e, "node %d %s %s (%s %s)", k, d->name, n->name, dtype_name(n->in[0]->type),
                tensor_shape(n->in[0], shape, sizeof shape));
        return fail_short(e);
    }
    for (int i = before; i < p->nstep; i++)
        if (!p->step[i].node) p->step[i].node = n;
    return true;
}

struct plan *plan_lower(const struct graph *g, const struct layout *l, struct arena *a, struct err *e)
{
    struct plan *p = arena_new(a, struct plan);
    const size_t limit = graph_limit(g, a);
    p->g = g;
    p->layout = l;
    p->arena = a;
    bool ok = true;
    for (int k = 0; k < g->nnode && ok; k++) {
        if (k == g->front) p->front = p->nstep;
        ok = lower_node(p, k, e) && graph_within(g, k, a, limit, e);
    }
    arena_free(&p->notes);
    if (!ok) return NULL;
    for (int i = 0; i < g->nstate; i++) {
        plan_alias(p, g->state[i].after, g->state[i].before);
        plan_keep(p, g->state[i].before);
    }
    // this machine's own run has every value of the graph to show (calibration)
    if (l->group != layout_host.group) plan_affine(p);
    if (!(l->group == layout_host.group ? plan_tile(p, e) : plan_borders(p, e))) return NULL;
    if (!l->group || l->group == layout_host.group) return p;
    struct layout *host = arena_copy(a, &layout_host, sizeof layout_host);
    host->fma = l->fma;
    return (p->host = plan_lower(g, host, a, e)) ? p : NULL;
}

int plan_window_steps(const struct plan *p)
{
    const struct tensor *x = p->g->in[0];
    const struct step *s = p->step;
    if (x->type != F32 || !p->nstep || !s->buf[0].t) return 0;
    const bool affine = s->k == &kernel_nn_affine_s8;
    if (!affine && s->k != &kernel_nn_quantize_s8) return 0;
    if (affine && (x->rank > 1 ? x->dim[x->rank - 1] : 1) % s->params[1]) return 0; // samples differ
    return plan_root(p, s->buf[0].t) == plan_root(p, x) && tensor_count(s->buf[0].t) == tensor_count(x) &&
           graph_uses(p->g, x) == 1 && graph_uses(p->g, s->buf[0].t) == 1;
}

const struct ref *plan_window(const struct plan *p, int *steps)
{
    *steps = plan_window_steps(p);
    return *steps ? &p->step[0].buf[p->step[0].k->nbuf - 1] : &p->in[0];
}

int64_t plan_window_bytes(const struct plan *p, bool overlapping)
{
    int steps;
    const struct ref *r = plan_window(p, &steps);
    return (overlapping && !p->g->stream_window) || r->offset == REF_WINDOW ? tensor_bytes(r->t) : 0;
}
