// WHILE loops that converters leave of recurrent layers, as RECURRENT nodes. The body is read as a small graph of its
// own from x_t and the state to the next state, in which cell.c finds the equations; what counts, reads the input
// list and writes the output list is followed by tflite_loop_values.c.
#include "cell.h"
#include "tflite_loop.h"
#include <string.h>

struct while_loop {
    struct reader *r;
    struct loop loop;
    struct fb_table sub[2]; // condition and body
    struct fb_vec outputs;  // of the operator
    struct tensor *out;     // the next h in the body
    const char *name;
    struct graph *body;
    struct cell cell;
    int h, c; // variables; -1: none
    const struct tensor *x;
    int32_t steps;
};

// The layer's name: converters call the loop NAME/while.
static const char *loop_name(struct reader *r, const struct tensor *t)
{
    const char *last = strrchr(t->name, ';'), *from = last ? last + 1 : t->name, *at = strstr(from, "/while");
    size_t n = at && at > from ? (size_t)(at - from) : strlen(from);
    return arena_strndup(r->a, from, n < READER_NAME ? n : READER_NAME);
}

static bool ends_of(const struct reader *r, const struct fb_vec *v, struct slot **s, struct err *e)
{
    for (uint32_t i = 0; i < v->n; i++) {
        const int32_t k = fb_vec_i32(v, i);
        if (k < 0 || k >= r->nslot)
            return fail(e, "an end names tensor %d, the subgraph has %d", k, r->nslot);
        s[i] = &r->slot[k];
    }
    return true;
}

// How the body's operators use its variables.
static void scan_uses(struct while_loop *w, const struct fb_vec *in)
{
    struct fb_vec opers = fb_vec(&w->sub[1], SUBGRAPH_OPERATORS, 4);
    for (uint32_t i = 0; i < opers.n; i++) {
        struct fb_table o = fb_vec_table(&opers, i);
        struct fb_vec v = fb_vec(&o, OPERATOR_INPUTS, 4);
        const int builtin = reader_builtin(w->r, &o);
        const bool list = builtin == TFL_SLICE || builtin == TFL_DYNAMIC_UPDATE_SLICE;
        for (uint32_t k = 0; k < v.n && k < LOOP_MAX_VARS; k++)
            for (int j = 0; j < w->loop.nvar; j++)
                if (fb_vec_i32(&v, k) == fb_vec_i32(in, (uint32_t)j))
                    *(list && k == 0 ? &w->loop.var[j].in_list : &w->loop.var[j].in_other) = true;
    }
}

static bool is_int(const struct tensor *t)
{
    return (t->type == I32 || t->type == I64) && t->data && tensor_count(t) == 1;
}

// The body's tensor for variable k: what it stands for.
static bool bind_variable(struct while_loop *w, int k, struct slot *s, struct err *e)
{
    struct loop_var *v = &w->loop.var[k];
    struct tensor *t = v->outer->t;
    const struct loop_value *list = v->outer->loop;
    enum loop_kind kind = LOOP_INDEX;
    int32_t start;
    s->made = true;
    s->t->data = NULL;
    if (list) {
        if (list->kind != LOOP_LIST && list->kind != LOOP_SEQUENCE)
            return fail(e, "variable %d is a list behind a loop", k);
        kind = list->kind;
    } else if (!loop_plain(v->outer, e)) {
        return false;
    } else if (v->invariant) {
        if (t->data || t->rank != 3 || t->dim[1] != 1 || (t->type != F32 && t->type != I8)) {
            s->t = t;
            s->why_not = NULL;
            return true;
        }
        kind = LOOP_SEQUENCE;
    } else if (is_int(t)) {
        if (reader_ints(t, &start, 1, e) != 1) return false;
        v->start = start;
        v->counts = true;
    } else if (t->type != F32 && t->type != I8) {
        return fail(e, "variable %d (%s) is %s", k, t->name, dtype_name(t->type));
    } else if (v->in_list && !v->in_other) {
        kind = LOOP_LIST;
    } else {
        if (!v->t) { // the body's, not the condition's
            v->t = tensor_new(w->r->a, s->t->name, t->type, t->rank, t->dim);
            v->t->q = s->t->q;
        }
        s->t = v->t;
        s->why_not = NULL;
        return true;
    }
    struct loop_value *y = loop_value_new(w->r, kind);
    y->variable = k;
    y->t = kind == LOOP_SEQUENCE ? list ? list->t : t : NULL;
    y->n = 1;
    y->at[0] = (struct affine){k, 0};
    s->loop = y;
    return true;
}

// Reads subgraph `which` with the loop's variables as its inputs.
static bool read_part(struct while_loop *w, int which, struct err *e)
{
    struct fb_vec in = fb_vec(&w->sub[which], SUBGRAPH_INPUTS, 4);
    struct slot *first[LOOP_MAX_VARS];
    if (!reader_slots(w->r, &w->sub[which], e)) return false;
    if ((int)in.n != w->loop.nvar) return fail(e, "takes %u variables, the loop has %d", in.n, w->loop.nvar);
    if (!ends_of(w->r, &in, first, e)) return false;
    if (which) scan_uses(w, &in);
    for (int k = 0; k < w->loop.nvar; k++)
        if (!bind_variable(w, k, first[k], e)) return false;
    return reader_opers(w->r, &w->sub[which], e);
}

static bool read_body(struct while_loop *w, struct err *e)
{
    struct fb_vec in = fb_vec(&w->sub[1], SUBGRAPH_INPUTS, 4), out = fb_vec(&w->sub[1], SUBGRAPH_OUTPUTS, 4);
    struct slot *last[LOOP_MAX_VARS];
    struct loop *l = &w->loop;
    if (in.n != out.n || (int)in.n != l->nvar)
        return fail(e, "takes %u and gives %u variables, the loop has %d", in.n, out.n, l->nvar);
    for (int k = 0; k < l->nvar; k++)
        l->var[k].invariant = fb_vec_i32(&in, (uint32_t)k) == fb_vec_i32(&out, (uint32_t)k);
    if (!read_part(w, 1, e) || !ends_of(w->r, &out, last, e)) return false;
    for (int k = 0; k < l->nvar; k++) {
        struct loop_var *v = &l->var[k];
        v->next = last[k];
        if (!v->next->made) return fail(e, "nothing makes its output %d", k);
        const struct loop_value *y = v->next->loop;
        if (!v->counts) continue;
        if (!y || y->kind != LOOP_INDEX || y->at[0].variable != k || y->at[0].add != 1)
            return fail(e, "variable %d does not count the steps one by one", k);
        v->step = 1;
    }
    return true;
}

// The number of steps: all counters go from their start below their bound.
static bool read_condition(struct while_loop *w, struct err *e)
{
    struct fb_vec out = fb_vec(&w->sub[0], SUBGRAPH_OUTPUTS, 4);
    struct slot *last[LOOP_MAX_VARS];
    if (!read_part(w, 0, e)) return false;
    if (out.n != 1 || !ends_of(w->r, &out, last, e)) return fail(e, "gives %u values, want 1", out.n);
    const struct loop_value *limit = last[0]->loop;
    if (!limit || limit->kind != LOOP_LIMIT) return fail(e, "compares no counter with a number");
    int64_t steps = INT64_MAX;
    for (int i = 0; i < limit->n; i++) {
        const struct loop_var *v = &w->loop.var[limit->at[i].variable];
        const int64_t n = (int64_t)limit->at[i].add - v->start;
        if (!v->counts) return fail(e, "variable %d does not count", limit->at[i].variable);
        steps = n < steps ? n : steps;
    }
    w->steps = steps > INT32_MAX ? INT32_MAX : steps < 0 ? 0 : (int32_t)steps;
    return true;
}

// Reads a subgraph into a graph of its own; the reader is as before afterwards.
static bool read_inside(struct while_loop *w, bool (*read)(struct while_loop *, struct err *),
                        struct graph **g, const char *what, struct err *e)
{
    struct reader *r = w->r, before = *r;
    r->g = graph_new(r->a, what);
    r->loop = &w->loop;
    const bool ok = read(w, e);
    if (g) *g = r->g;
    r->g = before.g;
    r->loop = before.loop;
    r->slot = before.slot;
    r->nslot = before.nslot;
    return ok || fail_in(e, "%s of the loop", what);
}

// ---- what the loop is ----

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
// as floats (exact); with r in front of the product r * h is rounded to int8, too.
static bool widen_step(struct while_loop *w, const struct maker *m, const struct loop_var *h,
                       const struct loop_var *exact, struct tensor **from, struct tensor **to, struct err *e)
{
    const struct node *n = maker_of(m, *to);
    if (!n || n->op != OP_QUANTIZE || (*to)->type != I8 || !same_scale(h->t, *to))
        return fail(e, "it keeps int8 values and is not a GRU or RNN as wearlite writes them");
    *from = widened(w, h->t);
    *to = n->in[0];
    if (!*from) return fail(e, "it does not widen its int8 state");
    for (int k = 0; k < w->body->nnode; k++) {
        const struct node *again = w->body->node[k], *q = maker_of(m, again->in[0]);
        if (again->op == OP_DEQUANTIZE && q && q->op == OP_QUANTIZE && same_scale(q->out[0], h->t))
            see_through(w, again->out[0], q->in[0]);
    }
    if (!exact) return true;
    if (maker_root(m, exact->next->t) != maker_root(m, *to) || !is_zero(exact->outer->t))
        return fail(e, "the floats it keeps beside its int8 state are not the same");
    see_through(w, *from, exact->t);
    *from = exact->t;
    return true;
}

// The cell between variable h (and c, or NULL) and their next values.
static bool match_state(struct while_loop *w, const struct maker *m, const struct loop_var *h,
                        const struct loop_var *c, struct err *e)
{
    struct tensor *from = h->t, *to = maker_root(m, h->next->t), *x = w->loop.x_t;
    w->out = to;
    if (from->type == I8) {
        if (!widen_step(w, m, h, c, &from, &to, e)) return false;
        if (!(x = widened(w, x))) return fail(e, "it does not widen its int8 input");
        c = NULL;
    }
    if (!cell_match(m, to, from, c ? c->t : NULL, &w->cell, e)) return false;
    if (c && maker_root(m, c->next->t) != w->cell.c_next)
        return fail(e, "the cell it keeps is not the one that its output comes from");
    return w->cell.x == x || fail(e, "its step reads %s beside its input", w->cell.x->name);
}

static bool find_cell(struct while_loop *w, struct err *e)
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

static bool check_input(struct while_loop *w, struct err *e)
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

static bool replace(struct while_loop *w, struct slot **y, struct err *e)
{
    struct reader *r = w->r;
    if (!reader_room(r, cell_bytes(&w->cell), e)) return false;
    for (int k = 0; k < 4 && w->x->type == I8; k++) narrow(w, &w->cell.gate[k]);
    if (w->x->type == I8) narrow(w, &w->cell.rec);
    struct tensor *x = batch_first(w, e);
    struct node *n = x ? cell_node(r->g, r->a, &w->cell, w->name, x, w->out, w->loop.var[w->h].outer->t,
                                   w->c >= 0 ? w->loop.var[w->c].outer->t : NULL, e)
                       : NULL;
    return n && set_outputs(w, y, n->out[0], e);
}

static bool open_parts(struct while_loop *w, const struct fb_table *record, struct err *e)
{
    static const char *const part[] = {"condition", "body"};
    const struct fb_table options = fb_sub(record, OPERATOR_OPTIONS);
    for (int i = 0; i < 2; i++) {
        const uint32_t at = fb_u32(&options, i ? WHILE_BODY : WHILE_CONDITION, 0);
        if (at >= w->r->subgraphs.n)
            return fail(e, "its %s is subgraph %u of %u", part[i], at, w->r->subgraphs.n);
        w->sub[i] = fb_vec_table(&w->r->subgraphs, at);
    }
    return true;
}

bool tflite_read_while(struct reader *r, const struct fb_table *record, struct err *e)
{
    struct while_loop w = {.r = r, .h = -1, .c = -1, .outputs = fb_vec(record, OPERATOR_OUTPUTS, 4)};
    struct fb_vec in = fb_vec(record, OPERATOR_INPUTS, 4);
    struct slot *first[LOOP_MAX_VARS], *y[LOOP_MAX_VARS];
    if (r->loop) return fail(e, "a loop inside of a loop is not supported");
    if (in.n != w.outputs.n || in.n < 1 || in.n > LOOP_MAX_VARS)
        return fail(e, "has %u inputs and %u outputs; as many of each, at most %d, are supported", in.n,
                    w.outputs.n, LOOP_MAX_VARS);
    if (!ends_of(r, &in, first, e) || !ends_of(r, &w.outputs, y, e) || !open_parts(&w, record, e))
        return false;
    w.loop.nvar = (int)in.n;
    w.name = loop_name(r, y[0]->t);
    for (int k = 0; k < w.loop.nvar; k++) w.loop.var[k].outer = first[k];
    if (!read_inside(&w, read_body, &w.body, "body", e) ||
        !read_inside(&w, read_condition, NULL, "condition", e) || !find_cell(&w, e) || !check_input(&w, e) ||
        !replace(&w, y, e)) {
        const struct err why = *e;
        return fail(e, "the loop %s is not understood as a layer: %s; give the Keras or ONNX model instead",
                    w.name, why.text);
    }
    graph_note(r->g, r->a, "WHILE %s became RECURRENT: %s of %d units over %d steps", w.name,
               recurrent_name(w.cell.kind), w.cell.units, w.steps);
    r->rolled = true;
    return true;
}
