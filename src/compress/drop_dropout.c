// Dropout is the identity outside of training.
#include "compress.h"

void drop_dropout(struct graph *g)
{
    for (int k = g->nnode - 1; k >= 0; k--) {
        struct node *n = g->node[k];
        if (n->op != OP_DROPOUT) continue;
        graph_replace(g, n->out[0], n->in[0]);
        graph_remove(g, n);
    }
}
