// Changing a graph in place.
#include "graph.h"
#include <assert.h>
#include <string.h>

void graph_replace(struct graph *g, const struct tensor *from, struct tensor *to)
{
    for (int k = 0; k < g->nnode; k++)
        for (int i = 0; i < g->node[k]->nin; i++)
            if (g->node[k]->in[i] == from) g->node[k]->in[i] = to;
    for (int i = 0; i < g->nout; i++)
        if (g->out[i] == from) g->out[i] = to;
}

int graph_index(const struct graph *g, const struct node *n)
{
    for (int k = 0; k < g->nnode; k++)
        if (g->node[k] == n) return k;
    return -1;
}

void graph_remove(struct graph *g, const struct node *n)
{
    int k = graph_index(g, n);
    assert(k >= 0);
    memmove(g->node + k, g->node + k + 1, (size_t)(g->nnode - k - 1) * sizeof *g->node);
    g->nnode--;
}

void graph_move_last(struct graph *g, int k)
{
    struct node *n = g->node[g->nnode - 1];
    memmove(g->node + k + 1, g->node + k, (size_t)(g->nnode - 1 - k) * sizeof *g->node);
    g->node[k] = n;
}

struct node *graph_only_user(const struct graph *g, const struct tensor *t)
{
    struct node *user = NULL;
    if (graph_uses(g, t) != 1) return NULL;
    for (int k = 0; k < g->nnode; k++)
        for (int i = 0; i < g->node[k]->nin; i++)
            if (g->node[k]->in[i] == t) user = g->node[k];
    return user;
}
