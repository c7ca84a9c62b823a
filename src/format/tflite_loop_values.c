// Inside of a loop: integers that count, lists that are read and written one element a step, the condition.
// Converters write a list either as TensorFlow's TensorList operators or as slices in front of and behind a place.
#include "tflite_loop.h"
#include <string.h>

struct use { // an operator of the body
    struct reader *r;
    struct fb_table options;
    int builtin;
    const char *custom; // without "Flex"; NULL: a builtin one
    struct slot *in[LOOP_MAX_VARS];
    int nin;
    struct slot *y;
};

struct loop_value *loop_value_new(struct reader *r, enum loop_kind kind)
{
    struct loop_value *v = arena_new(r->a, struct loop_value);
    v->kind = kind;
    v->variable = -1;
    return v;
}

void loop_widened(struct reader *r, const struct tensor *narrow, const struct tensor *wide)
{
    struct loop *l = r->loop;
    if (l->nwide % 16 == 0) {
        struct loop_wide *more = arena_new_n(r->a, (size_t)l->nwide + 16, struct loop_wide);
        if (l->nwide) memcpy(more, l->wide, (size_t)l->nwide * sizeof *more);
        l->wide = more;
    }
    l->wide[l->nwide++] = (struct loop_wide){narrow, wide};
}

struct tensor *loop_plain(const struct slot *s, struct err *e)
{
    if (s->loop)
        return FAIL_NULL(e, "%s counts the steps or is a list, and is used as a plain value", s->t->name);
    if (s->why_not) return FAIL_NULL(e, "tensor %s %s", s->t->name, s->why_not);
    return s->t;
}

static const struct loop_value *value_of(const struct use *u, int i, enum loop_kind kind)
{
    return i < u->nin && u->in[i]->loop && u->in[i]->loop->kind == kind ? u->in[i]->loop : NULL;
}

// Input i as integers, constant ones or such that count.
static bool ints_of(const struct use *u, int i, struct loop_value *v)
{
    const struct loop_value *counting = value_of(u, i, LOOP_INDEX);
    int32_t number[GRAPH_MAX_RANK];
    struct err ignored;
    if (i >= u->nin || (u->in[i]->loop && !counting)) return false;
    if (counting) {
        *v = *counting;
        return true;
    }
    *v = (struct loop_value){.kind = LOOP_INDEX, .variable = -1, .rank = u->in[i]->t->rank};
    v->n = u->in[i]->made ? reader_ints(u->in[i]->t, number, GRAPH_MAX_RANK, &ignored) : -1;
    for (int k = 0; k < v->n; k++) v->at[k] = (struct affine){-1, number[k]};
    return v->n >= 0 && v->rank <= 1;
}

static bool is_fixed(const struct loop_value *v, int k, int32_t want)
{
    return v->at[k].variable < 0 && v->at[k].add == want;
}

static bool is_same(struct affine a, struct affine b, int32_t further)
{
    return a.variable == b.variable && a.add == (int64_t)b.add + further;
}

static bool set_ints(const struct use *u, const struct loop_value *v)
{
    struct loop_value *y = loop_value_new(u->r, LOOP_INDEX);
    memcpy(y->at, v->at, sizeof y->at);
    y->n = v->n;
    y->rank = v->rank;
    u->y->loop = y;
    return true;
}

static bool add(const struct use *u, int sign, struct err *e)
{
    struct loop_value a, b;
    if (!ints_of(u, 0, &a) || !ints_of(u, 1, &b) || (a.n != b.n && b.n != 1))
        return fail(e, "counts in a way that is not understood");
    for (int k = 0; k < a.n; k++) {
        const struct affine *p = &b.at[b.n == 1 ? 0 : k];
        const int64_t sum = (int64_t)a.at[k].add + (int64_t)sign * p->add;
        if ((p->variable >= 0 && (sign < 0 || a.at[k].variable >= 0)) || sum != (int32_t)sum)
            return fail(e, "counts in a way that is not understood");
        if (p->variable >= 0) a.at[k].variable = p->variable;
        a.at[k].add = (int32_t)sum;
    }
    return set_ints(u, &a);
}

static bool reshape(const struct use *u, struct err *e)
{
    struct loop_value a;
    if (!ints_of(u, 0, &a)) return fail(e, "reshapes a list of the loop");
    a.rank = u->y->t->rank;
    return a.rank <= 1 ? set_ints(u, &a) : fail(e, "makes %d dimensions of a counter", a.rank);
}

static bool join_ints(const struct use *u, struct err *e)
{
    struct loop_value y = {.rank = 1}, a;
    for (int i = 0; i < u->nin; i++) {
        if (!ints_of(u, i, &a) || y.n + a.n > GRAPH_MAX_RANK)
            return fail(e, "joins a counter with what is not known");
        memcpy(y.at + y.n, a.at, (size_t)a.n * sizeof *a.at);
        y.n += a.n;
    }
    return set_ints(u, &y);
}

// ---- reading an element ----

static bool set_element(const struct use *u, const struct loop_value *sequence, struct affine at, int rank,
                        struct err *e)
{
    struct loop *l = u->r->loop;
    const struct tensor *x = sequence->t;
    const int32_t dim[3] = {1, 1, x->dim[2]};
    if (l->x_t && (l->x_var != sequence->variable || !is_same(l->x_at, at, 0)))
        return fail(
            e, "reads a second element in a step; a layer reads one sequence, one element after the other");
    if (!l->x_t) {
        l->x_t = tensor_new(u->r->a, u->y->t->name, x->type, 2, dim + 1);
        l->x_t->q = x->q;
        l->x_var = sequence->variable;
        l->x_at = at;
    }
    if (rank == 2) {
        u->y->t = l->x_t;
        return true;
    }
    tensor_set_dims(u->y->t, rank, dim);
    return op_def(OP_RESHAPE)->infer(reader_reshape(u->r, l->x_t, u->y->t), e);
}

// x[i], from GATHER, TensorListGetItem, STRIDED_SLICE or SLICE
static bool read_element(const struct use *u, const struct loop_value *x, struct err *e)
{
    struct loop_value at, size;
    if (!ints_of(u, 1, &at) || at.n < 1) return fail(e, "reads its input at a place that is not understood");
    if (u->custom) return set_element(u, x, at.at[0], 2, e);
    if (u->builtin == TFL_GATHER && at.n == 1 && !fb_i32(&u->options, GATHER_AXIS, 0) &&
        !fb_i32(&u->options, GATHER_BATCH_DIMS, 0))
        return set_element(u, x, at.at[0], 2 + at.rank, e);
    if (u->builtin == TFL_SLICE && at.n == 3 && ints_of(u, 2, &size) && size.n == 3 &&
        is_fixed(&size, 0, 1) && is_fixed(&at, 1, 0) && is_fixed(&at, 2, 0) &&
        (is_fixed(&size, 1, -1) || is_fixed(&size, 1, 1)) &&
        (is_fixed(&size, 2, -1) || is_fixed(&size, 2, x->t->dim[2])))
        return set_element(u, x, at.at[0], 3, e);
    if (u->builtin == TFL_STRIDED_SLICE && at.n == 1 && fb_i32(&u->options, SLICE_SHRINK_MASK, 0) == 1 &&
        !fb_i32(&u->options, SLICE_BEGIN_MASK, 0))
        return set_element(u, x, at.at[0], 2, e);
    return fail(
        e, "reads its input in a way that is not understood; one element of the first dimension a step is");
}

// ---- writing an element ----

static bool set_written(const struct use *u, int variable, struct affine at, struct tensor *item)
{
    struct loop_value *y = loop_value_new(u->r, LOOP_WRITTEN);
    y->variable = variable;
    y->at[0] = at;
    y->t = item;
    u->y->loop = y;
    return item != NULL;
}

// TensorListSetItem has (list, place, element), DYNAMIC_UPDATE_SLICE (list, element, place)
static bool write_element(const struct use *u, const struct loop_value *list, struct err *e)
{
    struct loop_value at;
    const int place = u->custom ? 1 : 2;
    if (!ints_of(u, place, &at) || at.n < 1)
        return fail(e, "writes its output at a place that is not understood");
    for (int k = 1; k < at.n; k++)
        if (!is_fixed(&at, k, 0)) return fail(e, "writes a part of an element");
    return set_written(u, list->variable, at.at[0], loop_plain(u->in[3 - place], e));
}

// The elements in front of a place, or from it on.
static bool part_of_list(const struct use *u, const struct loop_value *list, struct err *e)
{
    struct loop_value begin, size;
    if (!ints_of(u, 1, &begin) || !ints_of(u, 2, &size) || begin.n < 1 || begin.n != size.n)
        return fail(e, "takes a part of a list that is not understood");
    for (int k = 1; k < begin.n; k++)
        if (!is_fixed(&begin, k, 0) || !is_fixed(&size, k, -1)) return fail(e, "takes a part of an element");
    const bool tail = is_fixed(&size, 0, -1);
    if (!tail && !is_fixed(&begin, 0, 0)) return fail(e, "takes elements from the middle of a list");
    struct loop_value *y = loop_value_new(u->r, tail ? LOOP_TAIL : LOOP_HEAD);
    y->variable = list->variable;
    y->at[0] = tail ? begin.at[0] : size.at[0];
    u->y->loop = y;
    return true;
}

static bool join_list(const struct use *u, struct err *e)
{
    const struct loop_value *head = value_of(u, 0, LOOP_HEAD), *tail = value_of(u, 2, LOOP_TAIL);
    struct tensor *item = head && tail ? loop_plain(u->in[1], e) : NULL;
    if (!item || head->variable != tail->variable || !is_same(tail->at[0], head->at[0], 1) ||
        item->dim[0] != 1 || fb_i32(&u->options, CONCAT_AXIS, 0))
        return fail(e, "joins parts of lists in a way that is not one element written");
    return set_written(u, head->variable, head->at[0], item);
}

// ---- the condition ----

// (a < b) as a variable below a bound.
static bool compare(const struct use *u, bool swapped, bool or_equal, struct err *e)
{
    struct loop_value a, b;
    if (!ints_of(u, swapped, &a) || !ints_of(u, !swapped, &b) || a.n != 1 || b.n != 1 ||
        a.at[0].variable < 0 || b.at[0].variable >= 0)
        return fail(e, "compares what is not a counter with a number");
    const int64_t bound = (int64_t)b.at[0].add - a.at[0].add + or_equal;
    struct loop_value *y = loop_value_new(u->r, LOOP_LIMIT);
    if (bound != (int32_t)bound) return fail(e, "a bound of %lld steps", (long long)bound);
    y->n = 1;
    y->at[0] = (struct affine){a.at[0].variable, (int32_t)bound};
    u->y->loop = y;
    return true;
}

static bool both(const struct use *u, struct err *e)
{
    const struct loop_value *a = value_of(u, 0, LOOP_LIMIT), *b = value_of(u, 1, LOOP_LIMIT);
    struct loop_value *y = loop_value_new(u->r, LOOP_LIMIT);
    if (!a || !b || a->n + b->n > LOOP_MAX_LIMITS) return fail(e, "joins conditions that are not understood");
    *y = *a;
    memcpy(y->at + a->n, b->at, (size_t)b->n * sizeof *b->at);
    y->n += b->n;
    u->y->loop = y;
    return true;
}

static bool apply(const struct use *u, struct err *e)
{
    const struct loop_value *sequence = value_of(u, 0, LOOP_SEQUENCE), *list = value_of(u, 0, LOOP_LIST);
    if (u->custom) {
        if (sequence && !strcmp(u->custom, "TensorListGetItem")) return read_element(u, sequence, e);
        if (list && !strcmp(u->custom, "TensorListSetItem") && u->nin == 3) return write_element(u, list, e);
        return fail(e, "does with a list what is not understood");
    }
    if (sequence) return read_element(u, sequence, e);
    switch (u->builtin) {
    case TFL_ADD:
    case TFL_SUB:
        return add(u, u->builtin == TFL_ADD ? 1 : -1, e);
    case TFL_RESHAPE:
    case TFL_EXPAND_DIMS:
    case TFL_SQUEEZE:
    case TFL_CAST:
        return reshape(u, e);
    case TFL_PACK:
        return join_ints(u, e);
    case TFL_CONCATENATION:
        return value_of(u, 0, LOOP_HEAD) ? join_list(u, e) : join_ints(u, e);
    case TFL_SLICE:
        if (list) return part_of_list(u, list, e);
        break;
    case TFL_DYNAMIC_UPDATE_SLICE:
        if (list && u->nin == 3) return write_element(u, list, e);
        break;
    case TFL_LESS:
    case TFL_LESS_EQUAL:
        return compare(u, false, u->builtin == TFL_LESS_EQUAL, e);
    case TFL_GREATER:
    case TFL_GREATER_EQUAL:
        return compare(u, true, u->builtin == TFL_GREATER_EQUAL, e);
    case TFL_LOGICAL_AND:
        return both(u, e);
    }
    return fail(e, "does with a counter or a list what is not understood");
}

bool tflite_loop_value(struct reader *r, const struct fb_table *record, int builtin, const char *custom,
                       struct slot *y, struct err *e)
{
    struct fb_vec in = fb_vec(record, OPERATOR_INPUTS, 4);
    struct use u = {.r = r, .builtin = builtin, .custom = custom, .y = y};
    if (in.n > LOOP_MAX_VARS) return fail(e, "has %u inputs", in.n);
    u.options = fb_u8(record, OPERATOR_OPTIONS_TYPE, OPT_NONE) == OPT_NONE ? (struct fb_table){.fb = &r->fb}
                                                                           : fb_sub(record, OPERATOR_OPTIONS);
    for (u.nin = 0; u.nin < (int)in.n; u.nin++) {
        const int32_t k = fb_vec_i32(&in, (uint32_t)u.nin);
        if (k < 0) return fail(e, "input %d is absent", u.nin);
        u.in[u.nin] = &r->slot[k];
    }
    return apply(&u, e);
}
