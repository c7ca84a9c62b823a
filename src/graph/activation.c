// Activations that are part of the op in front of them.
#include "graph.h"

enum act *node_act(struct node *n)
{
    switch (n->op) {
    case OP_CONV_2D:
    case OP_DEPTHWISE_CONV_2D:
        return &n->as.conv.act;
    case OP_DENSE:
        return &n->as.dense.act;
    case OP_ADD:
    case OP_SUB:
    case OP_MUL:
    case OP_DIV:
        return &n->as.binary.act;
    case OP_MAX_POOL_2D:
    case OP_AVERAGE_POOL_2D:
        return &n->as.pool.act;
    default:
        return NULL;
    }
}

void graph_fuse_activations(struct graph *g)
{
    for (int k = 0; k < g->nnode; k++) {
        struct node *n = g->node[k];
        if (n->op != OP_RELU && n->op != OP_RELU6) continue;
        struct node *before = graph_producer(g, n->in[0]);
        enum act *act = before ? node_act(before) : NULL;
        if (!act || *act != ACT_NONE || n->out[0]->type != F32 || graph_uses(g, n->in[0]) != 1) continue;
        *act = n->op == OP_RELU ? ACT_RELU : ACT_RELU6;
        graph_replace(g, n->out[0], n->in[0]); // the layer keeps its name, and its tensor with it
        graph_remove(g, n);
        k--;
    }
}
