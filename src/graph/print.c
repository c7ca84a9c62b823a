#include "graph.h"
#include <stdio.h>
#include <string.h>

static void print_quant(const struct tensor *t, struct buf *out)
{
    if (t->q.n == 1) buf_printf(out, " (%.6g, %d)", t->q.scale[0], t->q.zero[0]);
    if (t->q.n > 1) buf_printf(out, " (%d scales)", t->q.n);
}

static int64_t const_bytes(const struct node *n)
{
    int64_t bytes = 0;
    for (int i = 0; i < n->nin; i++)
        if (n->in[i] && tensor_is_const(n->in[i])) bytes += tensor_bytes(n->in[i]);
    return bytes;
}

void graph_print(const struct graph *g, struct buf *out)
{
    char shape[64];
    buf_printf(out, "%s\n", g->name);
    for (int i = 0; i < g->nmeta; i++) buf_printf(out, "  %s: %s\n", g->meta[i].key, g->meta[i].value);
    for (int i = 0; i < g->nin; i++) {
        buf_printf(out, "input  %s %s %s", g->in[i]->name, tensor_shape(g->in[i], shape, sizeof shape),
                   dtype_name(g->in[i]->type));
        print_quant(g->in[i], out);
        buf_puts(out, "\n");
    }
    buf_printf(out, "%3s %-22s %-16s %-8s %9s %11s  %s\n", "#", "op", "output", "type", "const B", "MACs",
               "layer");
    for (int k = 0; k < g->nnode; k++) {
        const struct node *n = g->node[k];
        const struct opdef *d = op_def(n->op);
        buf_printf(out, "%3d %-22s %-16s %-8s %9lld %11lld  %s", k, d->name,
                   tensor_shape(n->out[0], shape, sizeof shape), dtype_name(n->out[0]->type),
                   (long long)const_bytes(n), (long long)(d->macs ? d->macs(n) : 0), n->name);
        print_quant(n->out[0], out);
        buf_puts(out, "\n");
    }
    for (int i = 0; i < g->nout; i++)
        buf_printf(out, "output %s %s %s\n", g->out[i]->name, tensor_shape(g->out[i], shape, sizeof shape),
                   dtype_name(g->out[i]->type));
    buf_printf(out, "%lld parameters, %lld MACs\n", (long long)graph_params(g), (long long)graph_macs(g));
}
