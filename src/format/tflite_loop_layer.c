// A WHILE loop that was read as the layer that it is: the cell that its body computes, and what stands in its place.
#include "tflite_loop.h"
#include <string.h>

// An int8 layer computes a step on floats: its input and state are widened, its next state is quantised. NULL: t is
// no such value.
static struct tensor *widened(const struct while_loop *w, const struct tensor *t)
{
    for (int k = 0; k < w->body->nnode; k++)
        if (w->body->node[k]->op == OP_DEQUANTIZE && w->body->node[k]->in[0] == t)
            return w->body->node[k]->out[0];
    return NULL;
}

static void see_through(const struct while_loop *w, const struct tensor *t, struct tensor *as)
{
    for (int k = 0; k < w->body->nnode; k++)
        for (int i = 0; i < w->body->node[k]->nin; i++)
            if (w->body->node[k]->in[i] == t) w->body->node[k]->in[i] = as;
}

static bool same_scale(const struct tensor *a, const struct tensor *b)
{
    return a->type == b->type && a->q.n == 1 && b->q.n == 1 && a->q.scale[0] == b->q.scale[0] &&
           a->q.zero[0] == b->q.zero[0];
}

static bool is_zero(const struct tensor *t)
{
    if (!t->data || t->type != F32) return false;
    for (int64_t i = 0; i < tensor_count(t); i++)
        if (((const float *)t->data)[i] != 0) return false;
    return true;
}

// A step of an int8 layer as one of floats: from and to, its states. A GRU keeps h as int8, which its products see, and
// as floats (*exact); with r in front of the product r * h is rounded to int8, too. What an LSTM keeps beside h is its cell.
static bool widen_step(struct while_loop *w, const struct maker *m, const struct loop_var *h,
                       const struct loop_var **exact, struct tensor **from, struct tensor **to, struct err *e)
{
    const struct node *n = maker_of(m, *to);
    if (!n || n->op != OP_QUANTIZE || (*to)->type != I8 || !same_scale(h->t, *to))
        return fail(e, "it keeps int8 values and is not a layer as wearlite writes them");
    *from = widened(w, h->t);
    *to = n->in[0];
    if (!*from) return fail(e, "it does not widen its int8 state");
    for (int k = 0; k < w->body->nnode; k++) {
        const struct node *again = w->body->node[k], *q = maker_of(m, again->in[0]);
        if (again->op == OP_DEQUANTIZE && q && q->op == OP_QUANTIZE && same_scale(q->out[0], h->t))
            see_through(w, again->out[0], q->in[0]);
    }
    if (*exact && !is_zero((*exact)->outer->t))
        return fail(e, "the floats it keeps beside its int8 state do not begin with zeros");
    if (*exact && maker_root(m, (*exact)->next->t) != maker_root(m, *to)) *exact = NULL;
    if (!*exact) return true;
    see_through(w, *from, (*exact)->t);
    *from = (*exact)->t;
    return true;
}

// The cell between variable h (and c, or NULL) and their next values.
static bool match_state(struct while_loop *w, const struct maker *m, const struct loop_var *h,
                        const struct loop_var *c, struct err *e)
{
    struct tensor *from = h->t, *to = maker_root(m, h->next->t), *x = w->loop.x_t;
    w->out = to;
    if (from->type == I8) {
        const struct loop_var *exact = c;
        if (!widen_step(w, m, h, &exact, &from, &to, e)) return false;
        if (!(x = widened(w, x))) return fail(e, "it does not widen its int8 input");
        if (exact) c = NULL;
    }
    if (!cell_match(m, to, from, c ? c->t : NULL, &w->cell, e)) return false;
    if (c && maker_root(m, c->next->t) != w->cell.c_next)
        return fail(e, "the cell it keeps is not the one that its output comes from");
    return w->cell.x == x || fail(e, "its step reads %s beside its input", w->cell.x->name);
}

bool loop_find_cell(struct while_loop *w, struct err *e)
{
    struct maker m;
    int state[2] = {-1, -1}, n = 0;
    const struct loop *l = &w->loop;
    for (int k = 0; k < l->nvar; k++)
        if (l->var[k].t && l->var[k].in_other) {
            if (n == 2) return fail(e, "it keeps more than two values from step to step");
            state[n++] = k;
        }
    if (!n) return fail(e, "it keeps no value from step to step");
    if (!l->x_t) return fail(e, "it reads no input in its steps");
    w->nstate = n;
    maker_build(&m, w->body, w->r->a);
    for (int k = 0; k < n; k++) {
        struct tensor *next = loop_plain(l->var[state[k]].next, e);
        if (!next) return false;
        if (tensor_count(next) != tensor_count(l->var[state[k]].t) ||
            maker_root(&m, next) == l->var[state[k]].t)
            return fail(e, "variable %d is no state of a layer", state[k]);
    }
    for (int k = 0; k < n; k++) {
        const struct loop_var *h = &l->var[state[k]], *c = n == 2 ? &l->var[state[1 - k]] : NULL;
        if (!match_state(w, &m, h, c, e)) continue;
        w->h = state[k];
        w->c = c && w->cell.kind == RECURRENT_LSTM ? state[1 - k] : -1;
        return true;
    }
    return false;
}

// The int8 weights again, where the body widened them.
static void narrow(const struct while_loop *w, struct cell_sum *s)
{
    for (int i = 0; i < s->nterm; i++)
        for (int k = 0; k < w->loop.nwide; k++)
            if (s->term[i].w == w->loop.wide[k].wide) s->term[i].w = w->loop.wide[k].narrow;
}

// A counter that is 0 in the first step.
static bool from_zero(const struct while_loop *w, struct affine at)
{
    return at.variable >= 0 && w->loop.var[at.variable].counts &&
           (int64_t)w->loop.var[at.variable].start + at.add == 0;
}

bool loop_check_input(struct while_loop *w, struct err *e)
{
    const struct loop_var *v = &w->loop.var[w->loop.x_var];
    w->x = v->outer->loop ? v->outer->loop->t : v->outer->t;
    if (!v->invariant) return fail(e, "it changes its input while it runs");
    if (!from_zero(w, w->loop.x_at)) return fail(e, "it does not read its input from the first element on");
    if (w->x->dim[0] != w->steps)
        return fail(e, "it runs %d steps over an input of %d", w->steps, w->x->dim[0]);
    return true;
}

// ---- what stands in its place ----

static struct tensor *reshaped(struct while_loop *w, struct tensor *x, const char *name, int rank,
                               const int32_t *dim, struct err *e)
{
    struct reader *r = w->r;
    struct node *n = graph_add(r->g, r->a, OP_RESHAPE, name, 1, 1);
    n->in[0] = x;
    n->out[0] = tensor_new(r->a, name, x->type, rank, dim);
    n->out[0]->q = x->q;
    return op_def(OP_RESHAPE)->infer(n, e) ? n->out[0] : NULL;
}

static struct tensor *last_of(struct while_loop *w, struct tensor *all, struct err *e)
{
    struct reader *r = w->r;
    struct node *n =
        graph_add(r->g, r->a, OP_STRIDED_SLICE, arena_printf(r->a, "%s/take_last", w->name), 1, 1);
    const int32_t dim[3] = {1, 1, all->dim[2]};
    n->in[0] = all;
    n->out[0] = tensor_new(r->a, n->name, all->type, 3, dim);
    n->out[0]->q = all->q;
    for (int i = 0; i < 3; i++) n->as.slice.stride[i] = 1;
    n->as.slice.begin[1] = w->steps - 1;
    return op_def(OP_STRIDED_SLICE)->infer(n, e) ? n->out[0] : NULL;
}

// Output k of the loop is a list that its steps wrote.
static bool set_list(struct while_loop *w, int k, struct slot *y, struct tensor *all, struct tensor *last,
                     const struct maker *m, struct err *e)
{
    const struct loop_var *v = &w->loop.var[k];
    const struct loop_value *wrote = v->next->loop, *outer = v->outer->loop;
    const int32_t room = outer ? outer->count : v->outer->t->rank ? v->outer->t->dim[0] : 0;
    const bool one = wrote->at[0].variable < 0 && wrote->at[0].add == 0;
    if (wrote->variable != k) return fail(e, "it mixes up its lists");
    if (maker_root(m, wrote->t) != w->out)
        return fail(e, "it lists %s, which is not its state", wrote->t->name);
    if (!one && !from_zero(w, wrote->at[0]))
        return fail(e, "it does not write its output from the first element on");
    if (room != (one ? 1 : w->steps))
        return fail(e, "it writes %d outputs into a list of %d", one ? 1 : w->steps, room);
    struct tensor *t = one ? last : all;
    if (outer) {
        struct loop_value *done = loop_value_new(w->r, LOOP_DONE);
        done->t = t;
        y->loop = done;
        return true;
    }
    y->t = reshaped(w, t, y->t->name, 3, (int32_t[]){one ? 1 : w->steps, 1, w->cell.units}, e);
    return y->t != NULL;
}

static bool set_outputs(struct while_loop *w, struct slot **y, struct tensor *all, struct err *e)
{
    struct maker m;
    struct reader *r = w->r;
    maker_build(&m, w->body, r->a);
    struct tensor *last = last_of(w, all, e);
    if (!last) return false;
    for (int k = 0; k < w->loop.nvar; k++) {
        const struct loop_var *v = &w->loop.var[k];
        const struct loop_value *value = v->next->loop;
        y[k]->made = true;
        if (v->invariant) {
            y[k]->t = v->outer->t;
            y[k]->loop = v->outer->loop;
            y[k]->why_not = v->outer->why_not;
        } else if (v->counts) {
            y[k]->why_not = "counts the steps of a loop";
        } else if (value && value->kind == LOOP_WRITTEN) {
            if (!set_list(w, k, y[k], all, last, &m, e)) return false;
        } else if (value) {
            return fail(e, "variable %d is of no use that is understood", k);
        } else if (maker_root(&m, v->next->t) == w->out) {
            const struct tensor *t = v->outer->t;
            if (tensor_count(t) != w->cell.units) return fail(e, "variable %d changes its size", k);
            y[k]->t = reshaped(w, last, y[k]->t->name, t->rank, t->dim, e);
            if (!y[k]->t) return false;
        } else {
            y[k]->why_not = "is the cell's state behind a loop; only its output is kept";
        }
    }
    return true;
}

// The input with the batch in front: what it was before converters turned it, or turned back.
static struct tensor *batch_first(struct while_loop *w, struct err *e)
{
    const int32_t dim[3] = {1, w->steps, w->x->dim[2]};
    struct tensor *t = (struct tensor *)(uintptr_t)w->x;
    for (const struct node *n; (n = graph_producer(w->r->g, t)) && n->op == OP_RESHAPE;) {
        t = n->in[0];
        if (t->rank == 3 && !memcmp(t->dim, dim, sizeof dim)) return t;
    }
    return reshaped(w, (struct tensor *)(uintptr_t)w->x, w->x->name, 3, dim, e);
}

bool loop_replace(struct while_loop *w, struct slot **y, struct err *e)
{
    struct reader *r = w->r;
    if (!reader_room(r, cell_bytes(&w->cell), e)) return false;
    for (int k = 0; k < 4 && w->x->type == I8; k++) narrow(w, &w->cell.gate[k]);
    if (w->x->type == I8) narrow(w, &w->cell.rec);
    struct tensor *x = batch_first(w, e);
    struct node *n = x ? cell_node(r->g, r->a, &w->cell, w->name, x, w->out, w->loop.var[w->h].outer->t,
                                   w->c >= 0 ? w->loop.var[w->c].outer->t : NULL, e)
                       : NULL;
    w->node = n;
    return n && set_outputs(w, y, n->out[0], e);
}
