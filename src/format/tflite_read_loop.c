// WHILE loops that converters leave of recurrent layers, as RECURRENT nodes. The body is read as a small graph of its
// own from x_t and the state to the next state, in which cell.c finds the equations; what counts, reads the input
// list and writes the output list is followed by tflite_loop_values.c.
#include "tflite_loop.h"
#include <string.h>

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
    if (!variables_open(first, w.loop.nvar, true, e) || !read_inside(&w, read_body, &w.body, "body", e) ||
        !read_inside(&w, read_condition, NULL, "condition", e) || !loop_find_cell(&w, e) ||
        !loop_check_input(&w, e) || !loop_replace(&w, y, e) || !variables_bind(&w, first, y, e)) {
        const struct err why = *e;
        return fail(e, "the loop %s is not understood as a layer: %s; give the Keras or ONNX model instead",
                    w.name, why.text);
    }
    variables_open(first, w.loop.nvar, false, e);
    graph_note(r->g, r->a, "WHILE %s became RECURRENT: %s of %d units over %d steps", w.name,
               recurrent_name(w.cell.kind), w.cell.units, w.steps);
    r->rolled = true;
    return true;
}
