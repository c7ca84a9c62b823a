// CONV_2D whose weights see only some of the input's channels: a convolution in groups (Keras' groups=). It becomes a
// slice of the channels and a convolution for each group, and a CONCATENATION.
#include "tflite_read.h"
#include <string.h>

enum { MAX_GROUPS = 256 };

// Output channels k * n .. of a constant whose first dimension they are, with their scales.
static struct tensor *part_of(struct reader *r, const struct tensor *t, int32_t k, int32_t n)
{
    struct tensor *p = arena_copy(r->a, t, sizeof *t);
    p->name = arena_printf(r->a, "%.*s/group_%d", READER_NAME / 2, t->name, k);
    p->dim[0] = n;
    p->data = (const uint8_t *)t->data + (size_t)k * (size_t)tensor_bytes(p);
    if (t->q.n > 1) {
        p->q.n = n;
        p->q.scale = t->q.scale + (ptrdiff_t)k * n;
        p->q.zero = t->q.zero + (ptrdiff_t)k * n;
    }
    return p;
}

static struct tensor *channels_of(struct reader *r, struct oper *o, int32_t k, int32_t n, struct err *e)
{
    struct tensor *x = o->in[0], *t = reader_between(r, x, "group");
    tensor_set_dims(t, 4, x->dim);
    t->dim[3] = n;
    struct node *m = graph_add(r->g, r->a, OP_STRIDED_SLICE, t->name, 1, 1);
    m->in[0] = x;
    m->out[0] = t;
    for (int i = 0; i < 4; i++) m->as.slice.stride[i] = 1;
    m->as.slice.begin[3] = k * n;
    return reader_finish(o, m, e) ? t : NULL;
}

bool grouped_conv(struct reader *r, struct oper *o, const struct conv *c, enum op after, struct err *e)
{
    const struct tensor *x = o->in[0], *w = o->in[1], *b = o->nin > 2 ? o->in[2] : NULL;
    const int32_t in = w->dim[3], groups = x->dim[3] / in, out = w->dim[0] / groups;
    if (w->dim[0] % groups || (w->q.n > 1 && w->q.n != w->dim[0]) || (b && tensor_count(b) != w->dim[0]) ||
        (b && b->q.n > 1 && b->q.n != w->dim[0]))
        return fail(e, "%d filters for %d groups", w->dim[0], groups);
    if (groups > MAX_GROUPS || after != OP_COUNT)
        return fail(e, "is a convolution in %d groups; at most %d, without tanh, are supported", groups,
                    MAX_GROUPS);
    if (!reader_room(r, 4096 * (uint64_t)groups, e)) return false;
    struct tensor *part[MAX_GROUPS];
    for (int32_t k = 0; k < groups; k++) {
        struct tensor *t = channels_of(r, o, k, in, e);
        if (!t) return false;
        part[k] = reader_between(r, o->out[0], "part");
        struct node *n = graph_add(r->g, r->a, OP_CONV_2D, part[k]->name, 3, 1);
        n->in[0] = t;
        n->in[1] = part_of(r, w, k, out);
        n->in[2] = b ? part_of(r, b, k, out) : NULL;
        n->out[0] = part[k];
        n->as.conv = *c;
        if (!reader_finish(o, n, e)) return false;
    }
    struct node *n = graph_add(r->g, r->a, OP_CONCATENATION, o->name, groups, 1);
    memcpy(n->in, part, (size_t)groups * sizeof *part);
    n->out[0] = o->out[0];
    n->as.axis.axis = 3;
    return reader_finish(o, n, e);
}
