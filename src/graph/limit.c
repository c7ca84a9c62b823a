// How much memory the constants of a graph may take when they are laid out or quantised anew.
#include "graph.h"

// Blocks of 16 channels filled up with zeros, for the device and for this machine, are the most that a real layer
// takes; small graphs have room.
enum { PER_BYTE = 64, PER_NODE = 4096, ROOM = 16 << 20 };

size_t graph_limit(const struct graph *g, const struct arena *a)
{
    return a->bytes + PER_BYTE * (size_t)graph_const_bytes(g) + PER_NODE * (size_t)g->nnode + ROOM;
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
