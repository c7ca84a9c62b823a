// How much memory the constants of a graph may take when they are laid out or quantised anew.
#include "graph.h"
#include <stdlib.h>

// Blocks of 16 channels filled up with zeros, for the device and for this machine, are the most that a real layer
// takes; small graphs have room.
enum { PER_BYTE = 64, PER_NODE = 4096, ROOM = 16 << 20 };

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

size_t graph_limit(const struct graph *g, const struct arena *a)
{
    struct arena scratch = {0};
    size_t most = 0, n = 0, bytes = 0;
    for (int k = 0; k < g->nnode; k++) most += (size_t)g->node[k]->nin;
    struct constant *c = arena_new_n(&scratch, most, struct constant);
    for (int k = 0; k < g->nnode; k++)
        for (int i = 0; i < g->node[k]->nin; i++) {
            const struct tensor *t = g->node[k]->in[i];
            if (t && tensor_is_const(t)) c[n++] = (struct constant){t->data, tensor_bytes(t)};
        }
    qsort(c, n, sizeof *c, by_address);
    for (size_t i = 0; i < n; i++)
        if (i + 1 == n || c[i + 1].data != c[i].data)
            bytes += (size_t)c[i].bytes; // the longest at this address
    arena_free(&scratch);
    return a->bytes + PER_BYTE * bytes + PER_NODE * (size_t)g->nnode + ROOM;
}

bool graph_within(const struct graph *g, int k, const struct arena *a, size_t limit, struct err *e)
{
    return a->bytes <= limit ||
           fail(
               e,
               "node %d %s %s: the constants made for the layers up to here take more than %d times what the "
               "file has, because many layers share large ones; split the network, or call the shared layer "
               "less often",
               k, op_def(g->node[k]->op)->name, g->node[k]->name, PER_BYTE);
}
