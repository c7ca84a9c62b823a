// Resource variables: what TensorFlow's converter, and our writer, make of the state that a recurrent layer keeps from one
// window to the next. CALL_ONCE sets them to zeros, a loop reads them as its first state, and its last is assigned to
// them. Whatever else is done with them is refused. Until a loop takes it, a value read is zeros that nobody may use.
#include "tflite_loop.h"
#include <string.h>

enum { MOST = 256 };

struct kept {
    const char *name;
    bool zeros, read, assigned; // set to zeros at the start; then in this order
    struct node *layer;         // whose state it is ...
    int states;                 // ... of so many
};

static struct slot *slot_at(struct reader *r, const struct fb_vec *v, uint32_t i, struct err *e)
{
    const int32_t k = i < v->n ? fb_vec_i32(v, i) : -1;
    if (k < 0 || k >= r->nslot) return FAIL_NULL(e, "names tensor %d, the subgraph has %d", k, r->nslot);
    return &r->slot[k];
}

static struct kept *variable_of(struct reader *r, const struct slot *s, struct err *e)
{
    if (!s) return NULL;
    if (!s->handle) return FAIL_NULL(e, "%s is no variable's handle", s->t->name);
    return &r->kept[s->handle - 1];
}

static bool handle_read(struct reader *r, const struct fb_table *record, struct err *e)
{
    const struct fb_vec out = fb_vec(record, OPERATOR_OUTPUTS, 4);
    const struct fb_table options = fb_sub(record, OPERATOR_OPTIONS);
    const char *name = reader_text(r, &options, VAR_NAME, "(no name)", e);
    struct slot *s = name ? slot_at(r, &out, 0, e) : NULL;
    int k = 0;
    if (!s) return false;
    if (s->made) return fail(e, "output %s is made a second time", s->t->name);
    while (k < r->nkept && strcmp(r->kept[k].name, name)) k++;
    if (k == MOST) return fail(e, "there are more than %d variables", MOST);
    if (!r->kept) r->kept = arena_new_n(r->a, MOST, struct kept);
    if (k == r->nkept) r->kept[r->nkept++] = (struct kept){.name = name};
    s->made = true;
    s->handle = k + 1;
    s->why_not = "is the handle of a variable";
    return true;
}

static bool is_zeros(const struct tensor *t)
{
    const uint8_t *v = t->data, zero = t->type == I8 && t->q.n == 1 ? (uint8_t)t->q.zero[0] : 0;
    for (int64_t i = 0; v && i < tensor_bytes(t); i++)
        if (v[i] != zero) return false;
    return v && (t->type == F32 || t->type == I8);
}

// The subgraph that runs once, in front of all.
static bool once_read(struct reader *r, const struct fb_table *record, struct err *e)
{
    const struct fb_table options = fb_sub(record, OPERATOR_OPTIONS);
    const uint32_t at = fb_u32(&options, CALL_ONCE_SUBGRAPH, 0);
    if (at >= r->subgraphs.n) return fail(e, "names subgraph %u of %u", at, r->subgraphs.n);
    const struct fb_table sub = fb_vec_table(&r->subgraphs, at);
    const struct fb_vec opers = fb_vec(&sub, SUBGRAPH_OPERATORS, 4);
    struct slot *outer = r->slot;
    const int nouter = r->nslot;
    bool good = opers.n <= 2 * MOST || fail(e, "its subgraph has %u operators", opers.n);
    good = good && reader_slots(r, &sub, e);
    for (uint32_t i = 0; good && i < opers.n; i++) {
        const struct fb_table o = fb_vec_table(&opers, i);
        const int builtin = reader_builtin(r, &o);
        const struct fb_vec in = fb_vec(&o, OPERATOR_INPUTS, 4);
        if (builtin == TFL_VAR_HANDLE) {
            good = handle_read(r, &o, e);
        } else if (builtin == TFL_ASSIGN_VARIABLE) {
            struct kept *v = variable_of(r, slot_at(r, &in, 0, e), e);
            const struct slot *value = v ? slot_at(r, &in, 1, e) : NULL;
            good = value != NULL;
            if (good && (value->why_not || !is_zeros(value->t)))
                good = fail(e, "variable %s begins with other values than zeros", v->name);
            if (good) v->zeros = true;
        } else {
            good = fail(e, "its subgraph does more than set variables to zeros");
        }
    }
    r->slot = outer;
    r->nslot = nouter;
    return good;
}

static bool value_read(struct reader *r, const struct fb_table *record, struct err *e)
{
    const struct fb_vec in = fb_vec(record, OPERATOR_INPUTS, 4), out = fb_vec(record, OPERATOR_OUTPUTS, 4);
    struct kept *v = variable_of(r, slot_at(r, &in, 0, e), e);
    struct slot *s = v ? slot_at(r, &out, 0, e) : NULL;
    if (!s) return false;
    if (!v->zeros) return fail(e, "nothing sets variable %s to zeros before the first window", v->name);
    if (v->read) return fail(e, "variable %s is read twice", v->name);
    if (s->made) return fail(e, "output %s is made a second time", s->t->name);
    if (s->why_not || (s->t->type != F32 && s->t->type != I8))
        return fail(e, "variable %s is no state of a recurrent layer", v->name);
    if (!tensor_check(s->t, e) || !reader_room(r, (uint64_t)tensor_bytes(s->t), e)) return false;
    uint8_t *zeros = arena_alloc(r->a, (size_t)tensor_bytes(s->t));
    if (s->t->type == I8 && s->t->q.n == 1) memset(zeros, s->t->q.zero[0], (size_t)tensor_bytes(s->t));
    s->t->data = zeros;
    s->made = v->read = true;
    s->reads = (int)(v - r->kept) + 1;
    s->why_not = "is a variable that lives from run to run and not the state of a recurrent layer";
    return true;
}

static bool value_assigned(struct reader *r, const struct fb_table *record, struct err *e)
{
    const struct fb_vec in = fb_vec(record, OPERATOR_INPUTS, 4);
    struct kept *v = variable_of(r, slot_at(r, &in, 0, e), e);
    const struct slot *s = v ? slot_at(r, &in, 1, e) : NULL;
    if (!s) return false;
    if (s->next != (int)(v - r->kept) + 1)
        return fail(e, "variable %s becomes what is not the last state of the layer that reads it", v->name);
    if (v->assigned) return fail(e, "variable %s is assigned twice", v->name);
    return v->assigned = true;
}

bool tflite_variable_oper(struct reader *r, const struct fb_table *record, int builtin, bool *taken,
                          struct err *e)
{
    *taken = builtin == TFL_CALL_ONCE || builtin == TFL_VAR_HANDLE || builtin == TFL_READ_VARIABLE ||
             builtin == TFL_ASSIGN_VARIABLE;
    if (!*taken) return true;
    if (r->loop) return fail(e, "variables inside of a loop are not supported");
    if (!reader_room(r, MOST * sizeof(struct kept), e)) return false;
    return builtin == TFL_CALL_ONCE       ? once_read(r, record, e)
           : builtin == TFL_VAR_HANDLE    ? handle_read(r, record, e)
           : builtin == TFL_READ_VARIABLE ? value_read(r, record, e)
                                          : value_assigned(r, record, e);
}

bool variables_open(struct slot *const *before, int nvar, bool open, struct err *e)
{
    for (int k = 0; k < nvar; k++) {
        if (!before[k]->reads) continue;
        for (int j = 0; j < k; j++)
            if (before[j] == before[k]) return fail(e, "variables %d and %d are one", j, k);
        before[k]->why_not =
            open ? NULL : "is a variable that lives from run to run and not the state of a recurrent layer";
    }
    return true;
}

bool variables_bind(struct while_loop *w, struct slot *const *before, struct slot *const *after,
                    struct err *e)
{
    for (int k = 0; k < w->loop.nvar; k++) {
        const int which = before[k]->reads;
        if (!which) continue;
        if (!w->loop.var[k].t || w->loop.var[k].invariant || !w->loop.var[k].in_other)
            return fail(e, "variable %d lives from run to run and is no state of the layer", k);
        w->r->kept[which - 1].layer = w->node;
        w->r->kept[which - 1].states = w->nstate;
        after[k]->next = which;
    }
    return true;
}

bool variables_end(struct reader *r, struct err *e)
{
    for (int k = 0; k < r->nkept; k++) {
        const struct kept *v = &r->kept[k];
        int assigned = 0;
        if (!v->layer && !v->read) continue; // of no use
        if (!v->layer) return fail(e, "variable %s is read by no recurrent layer", v->name);
        for (int i = 0; i < r->nkept; i++) assigned += r->kept[i].layer == v->layer && r->kept[i].assigned;
        if (assigned && assigned != v->states)
            return fail(e, "layer %s keeps %d of its %d states from run to run; all or none can be executed",
                        v->layer->name, assigned, v->states);
        v->layer->as.recurrent.stateful = assigned > 0; // else it begins with zeros each time
    }
    return true;
}
