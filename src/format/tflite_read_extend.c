// Operators whose output is larger than their input: padding, repeating.
#include "tflite_read.h"
#include <float.h>
#include <math.h>
#include <string.h>

// What stands before and behind each dimension; returns false when there is nothing sensible.
static bool read_paddings(const struct oper *o, int32_t *before, int32_t *after, struct err *e)
{
    int32_t table[2 * GRAPH_MAX_RANK];
    const int rank = o->in[0]->rank, count = reader_ints(o->in[1], table, 2 * GRAPH_MAX_RANK, e);
    if (count < 0) return false;
    if (count != 2 * rank) return fail(e, "has %d paddings for %d dimensions", count, rank);
    for (int i = 0; i < rank; i++) {
        before[i] = table[2 * i];
        after[i] = table[2 * i + 1];
        if (before[i] < 0 || after[i] < 0 || before[i] > 1 << 24 || after[i] > 1 << 24)
            return fail(e, "padding %d and %d: not possible", before[i], after[i]);
    }
    return true;
}

static bool oper_pad(struct reader *r, struct oper *o, struct err *e)
{
    struct node *n = reader_node(r, o, OP_PAD, 1);
    return read_paddings(o, n->as.pad.before, n->as.pad.after, e) && reader_finish(o, n, e);
}

// count elements along a dimension, all of them the value: a constant to be put beside x.
static struct tensor *filled(struct reader *r, const struct tensor *x, int axis, int32_t count,
                             const uint8_t *value, struct err *e)
{
    struct tensor *t = reader_between(r, x, "padding");
    tensor_set_dims(t, x->rank, x->dim);
    t->dim[axis] = count;
    if (!tensor_check(t, e) || !reader_room(r, (uint64_t)tensor_bytes(t), e)) return NULL;
    const size_t size = (size_t)dtype_size(t->type);
    uint8_t *v = arena_alloc(r->a, (size_t)tensor_bytes(t));
    for (int64_t i = 0; i < tensor_count(t); i++) memcpy(v + (size_t)i * size, value, size);
    t->data = v;
    return t;
}

// `count` elements of x from `from` on, backwards: what a mirror shows.
static struct tensor *mirrored(struct reader *r, struct oper *o, struct tensor *x, int axis, int32_t from,
                               int32_t count, struct err *e)
{
    struct tensor *t = reader_between(r, x, "mirror");
    tensor_set_dims(t, x->rank, x->dim);
    t->dim[axis] = count;
    struct node *n = graph_add(r->g, r->a, OP_STRIDED_SLICE, t->name, 1, 1);
    n->in[0] = x;
    n->out[0] = t;
    for (int i = 0; i < x->rank; i++) n->as.slice.stride[i] = 1;
    n->as.slice.begin[axis] = from;
    n->as.slice.stride[axis] = -1;
    return reader_finish(o, n, e) ? t : NULL;
}

// front, x, behind as one along a dimension; either of the others may be absent.
static struct tensor *joined(struct reader *r, struct oper *o, struct tensor *front, struct tensor *x,
                             struct tensor *behind, int axis, struct err *e)
{
    struct tensor *part[3];
    int n = 0;
    if (front) part[n++] = front;
    part[n++] = x;
    if (behind) part[n++] = behind;
    struct tensor *y = reader_between(r, o->out[0], "padded");
    struct node *m = graph_add(r->g, r->a, OP_CONCATENATION, y->name, n, 1);
    memcpy(m->in, part, (size_t)n * sizeof *part);
    m->out[0] = y;
    m->as.axis.axis = axis;
    return reader_finish(o, m, e) ? y : NULL;
}

// The last tensor of a chain takes the operator's name and place.
static bool end_as_output(struct reader *r, struct oper *o, struct tensor *t, struct err *e)
{
    if (t == o->in[0]) {
        tensor_set_dims(o->out[0], t->rank, t->dim);
        return reader_finish(o, reader_reshape(r, t, o->out[0]), e);
    }
    struct node *n = r->g->node[r->g->nnode - 1];
    n->out[0] = o->out[0];
    n->name = o->name;
    return reader_finish(o, n, e);
}

// Padding with a value of choice; the usual one, zero, is PAD.
static bool oper_padv2(struct reader *r, struct oper *o, struct err *e)
{
    const struct tensor *c = o->in[2];
    struct tensor *x = o->in[0];
    int32_t before[GRAPH_MAX_RANK] = {0}, after[GRAPH_MAX_RANK] = {0};
    uint8_t value[8] = {0}, zero[8] = {0};
    if (!read_paddings(o, before, after, e)) return false;
    if (!c->data || tensor_count(c) != 1 || c->type != x->type)
        return fail(e, "its value %s is not one constant of its input's type", c->name);
    memcpy(value, c->data, (size_t)dtype_size(c->type));
    if (x->type == F32) { // -inf, as people put in front of a maximum: no constant may be infinite
        float v;
        memcpy(&v, value, sizeof v);
        if (isinf(v)) v = v < 0 ? -FLT_MAX : FLT_MAX;
        memcpy(value, &v, sizeof v);
    }
    if (x->type == I8) zero[0] = x->q.n == 1 ? (uint8_t)x->q.zero[0] : 0;
    if (!memcmp(value, zero, sizeof value)) {
        struct node *n = reader_node(r, o, OP_PAD, 1);
        memcpy(n->as.pad.before, before, sizeof before);
        memcpy(n->as.pad.after, after, sizeof after);
        return reader_finish(o, n, e);
    }
    for (int i = 0; i < o->in[0]->rank; i++) {
        if (!before[i] && !after[i]) continue;
        struct tensor *front = before[i] ? filled(r, x, i, before[i], value, e) : NULL;
        struct tensor *behind = after[i] ? filled(r, x, i, after[i], value, e) : NULL;
        if ((before[i] && !front) || (after[i] && !behind)) return false;
        if (!(x = joined(r, o, front, x, behind, i, e))) return false;
    }
    return end_as_output(r, o, x, e);
}

// REFLECT leaves the element at the edge out, SYMMETRIC repeats it.
static bool oper_mirror_pad(struct reader *r, struct oper *o, struct err *e)
{
    const int edge = fb_i8(&o->options, MIRROR_MODE, MIRROR_REFLECT) == MIRROR_SYMMETRIC;
    struct tensor *x = o->in[0];
    int32_t before[GRAPH_MAX_RANK], after[GRAPH_MAX_RANK];
    if (!read_paddings(o, before, after, e)) return false;
    for (int i = 0; i < o->in[0]->rank; i++) {
        const int32_t n = x->dim[i], most = n - 1 + edge;
        if (!before[i] && !after[i]) continue;
        if (before[i] > most || after[i] > most)
            return fail(e, "mirrors %d and %d elements of %d", before[i], after[i], n);
        struct tensor *front = NULL, *behind = NULL;
        if (before[i] && !(front = mirrored(r, o, x, i, before[i] - edge, before[i], e))) return false;
        if (after[i] && !(behind = mirrored(r, o, x, i, n - 2 + edge, after[i], e))) return false;
        if (!(x = joined(r, o, front, x, behind, i, e))) return false;
    }
    return end_as_output(r, o, x, e);
}

static bool oper_tile(struct reader *r, struct oper *o, struct err *e)
{
    struct node *n = reader_node(r, o, OP_TILE, 1);
    const int count = reader_ints(o->in[1], n->as.tile.times, GRAPH_MAX_RANK, e);
    if (count < 0) return false;
    if (count != o->in[0]->rank) return fail(e, "repeats %d of %d dimensions", count, o->in[0]->rank);
    return reader_finish(o, n, e);
}

// A TILE, behind a RESHAPE when dimensions are put in front.
static bool oper_broadcast_to(struct reader *r, struct oper *o, struct err *e)
{
    struct tensor *x = o->in[0];
    int32_t to[GRAPH_MAX_RANK], from[GRAPH_MAX_RANK];
    const int rank = reader_ints(o->in[1], to, GRAPH_MAX_RANK, e);
    if (rank < 0) return false;
    if (rank < x->rank) return fail(e, "makes %d dimensions of %d", rank, x->rank);
    for (int i = 0; i < rank; i++) {
        from[i] = i < rank - x->rank ? 1 : x->dim[i - (rank - x->rank)];
        if (to[i] < 1 || (from[i] != 1 && from[i] != to[i]))
            return fail(e, "a dimension of %d cannot become %d", from[i], to[i]);
    }
    if (rank > x->rank) {
        struct tensor *wide = reader_between(r, x, "broadcast");
        tensor_set_dims(wide, rank, from);
        wide->data = x->data; // a constant stays one
        if (!x->data && !reader_finish(o, reader_reshape(r, x, wide), e)) return false;
        x = wide;
    }
    struct node *n = reader_node(r, o, OP_TILE, 1);
    n->in[0] = x;
    for (int i = 0; i < rank; i++) n->as.tile.times[i] = to[i] / from[i];
    return reader_finish(o, n, e);
}

const struct oper_def opers_extend[] = {
    {TFL_PAD, OPT_PAD, 4, 2, 2, .read = oper_pad},
    {TFL_PADV2, OPT_PADV2, 4, 3, 3, .read = oper_padv2},
    {TFL_MIRROR_PAD, OPT_MIRROR_PAD, 3, 2, 2, .read = oper_mirror_pad},
    {TFL_TILE, OPT_TILE, 3, 2, 2, .read = oper_tile},
    {TFL_BROADCAST_TO, OPT_BROADCAST_TO, 3, 2, 2, .read = oper_broadcast_to},
    {.read = NULL},
};
