// Bytes of constants, those that layers share counted once: of a graph, of a plan.
#include "plan.h"
#include <stdlib.h>

struct constant {
    const void *data;
    int64_t bytes;
};

static int by_address(const void *a, const void *b)
{
    const struct constant *x = a, *y = b;
    if (x->data != y->data) return x->data < y->data ? -1 : 1;
    return (x->bytes > y->bytes) - (x->bytes < y->bytes);
}

// Of those at one address the longest counts.
static int64_t bytes_once(struct constant *c, size_t n)
{
    int64_t bytes = 0;
    qsort(c, n, sizeof *c, by_address);
    for (size_t i = 0; i < n; i++)
        if (i + 1 == n || c[i + 1].data != c[i].data) bytes += c[i].bytes;
    return bytes;
}

int64_t graph_const_bytes(const struct graph *g)
{
    struct arena scratch = {0};
    size_t most = 0, n = 0;
    for (int k = 0; k < g->nnode; k++) most += (size_t)g->node[k]->nin;
    struct constant *c = arena_new_n(&scratch, most, struct constant);
    for (int k = 0; k < g->nnode; k++)
        for (int i = 0; i < g->node[k]->nin; i++) {
            const struct tensor *t = g->node[k]->in[i];
            if (t && tensor_is_const(t)) c[n++] = (struct constant){t->data, tensor_bytes(t)};
        }
    const int64_t bytes = bytes_once(c, n);
    arena_free(&scratch);
    return bytes;
}

int64_t plan_const_bytes(const struct plan *p)
{
    struct arena scratch = {0};
    struct constant *c = arena_new_n(&scratch, (size_t)p->nstep * KERNEL_MAX_BUF, struct constant);
    size_t n = 0;
    for (int s = 0; s < p->nstep; s++)
        for (int b = 0; b < p->step[s].k->nbuf; b++) {
            const struct ref *r = &p->step[s].buf[b];
            if (r->offset == -1) c[n++] = (struct constant){r->t->data, tensor_bytes(r->t)};
        }
    const int64_t bytes = bytes_once(c, n);
    arena_free(&scratch);
    return bytes;
}
