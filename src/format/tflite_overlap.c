// Constants of a file may be the same bytes, never a part of each other's: then one of two offsets is damaged.
#include "tflite_read.h"
#include <stdlib.h>

struct range {
    const uint8_t *from, *to;
    const char *name;
};

static int by_place(const void *a, const void *b)
{
    const struct range *x = a, *y = b;
    return x->from != y->from ? (x->from > y->from) - (x->from < y->from) : (x->to > y->to) - (x->to < y->to);
}

bool tflite_check_overlap(struct reader *r, struct err *e)
{
    if (!reader_room(r, (uint64_t)r->nslot * sizeof(struct range), e)) return false;
    struct range *v = arena_new_n(r->a, (size_t)r->nslot, struct range);
    int n = 0;
    for (int i = 0; i < r->nslot; i++) {
        const struct slot *s = &r->slot[i];
        if (s->n) v[n++] = (struct range){s->bytes, s->bytes + s->n, s->t->name};
    }
    qsort(v, (size_t)n, sizeof *v, by_place);
    for (int i = 1; i < n; i++) {
        const bool same = v[i].from == v[i - 1].from && v[i].to == v[i - 1].to;
        if (!same && v[i].from < v[i - 1].to)
            return fail(e, "tensor %s: its constant overlaps that of %s; the file is damaged", v[i].name,
                        v[i - 1].name);
    }
    return true;
}
