// `wearlite inspect` as text: ends, layers, what the reader folded away, what each chip says.
#include "inspect.h"
#include <stdio.h>
#include <string.h>

static const char *quant_text(const struct tensor *t, struct arena *a)
{
    if (t->q.n == 1) return arena_printf(a, "%.6g, %d", (double)t->q.scale[0], t->q.zero[0]);
    return t->q.n > 1 ? arena_printf(a, "%d scales", t->q.n) : "-";
}

// The type of the weights, where a node has some: "int8 a channel".
static const char *weights_text(const struct node *n)
{
    const struct tensor *w = n->nin > 1 ? n->in[1] : NULL;
    if (!w || !tensor_is_const(w) || w->type == I32) return "-";
    return w->type == I8 && w->q.n > 1 ? "int8/channel" : dtype_name(w->type);
}

static void print_end(const char *what, const struct tensor *t, struct arena *a, struct buf *out)
{
    char shape[64];
    buf_printf(out, "%-7s %s %s %s", what, t->name, tensor_shape(t, shape, sizeof shape),
               dtype_name(t->type));
    if (t->q.n) buf_printf(out, " (%s)", quant_text(t, a));
    buf_puts(out, "\n");
}

static void print_states(const struct graph *g, struct buf *out)
{
    char list[120] = "";
    for (int k = 0; k < g->nnode; k++)
        if (g->node[k]->op == OP_RECURRENT && g->node[k]->as.recurrent.stateful)
            note_list_add(list, sizeof list, g->node[k]->name);
    if (*list) buf_printf(out, "state   goes on from the window before: %s\n", list);
}

static void print_layers(const struct inspected *m, struct buf *out)
{
    const struct graph *g = m->g;
    char shape[64];
    buf_printf(out, "\n%3s %-22s %-16s %-8s %-18s %-12s %9s %9s %9s %11s  %s\n", "#", "op", "output", "type",
               "scale, zero point", "weights", "params", "const B", "value B", "MACs", "layer");
    for (int k = 0; k < g->nnode; k++) {
        const struct node *n = g->node[k];
        const struct opdef *d = op_def(n->op);
        const struct tensor *y = n->out[0];
        buf_printf(out, "%3d %-22s %-16s %-8s %-18s %-12s %9lld %9lld %9lld %11lld  %s\n", k, d->name,
                   tensor_shape(y, shape, sizeof shape), dtype_name(y->type), quant_text(y, m->a),
                   weights_text(n), (long long)node_params(n), (long long)node_constant_bytes(n),
                   (long long)tensor_bytes(y), (long long)(d->macs ? d->macs(n) : 0), n->name);
    }
    buf_printf(out, "%lld trained parameters, %lld bytes of constants, %lld multiply-accumulates\n",
               (long long)graph_params(g), (long long)graph_const_bytes(g), (long long)graph_macs(g));
}

static void print_verdict(const struct verdict *v, struct arena *a, struct buf *out)
{
    buf_printf(out, "%-12s ", v->target->name);
    if (v->refusal)
        buf_printf(out, "refused: %s%s%s\n", v->refusal, v->remedy ? "; " : "", v->remedy ? v->remedy : "");
    else
        buf_printf(out, "fits: flash %s and code, of %s; RAM %s, of %s\n", kilobytes(v->constant_bytes, a),
                   kilobytes((int64_t)v->target->flash_bytes, a),
                   kilobytes(v->arena_bytes + v->window_bytes, a),
                   kilobytes((int64_t)v->target->ram_bytes, a));
}

void inspect_print(const struct inspected *m, struct buf *out)
{
    const struct graph *g = m->g;
    buf_printf(out, "%s: %s, %lld bytes, network %s\n", m->path, m->format, (long long)m->file_bytes,
               g->name);
    for (int i = 0; i < g->nmeta; i++) buf_printf(out, "  %s: %s\n", g->meta[i].key, g->meta[i].value);
    for (int i = 0; i < g->nin; i++) print_end("input", g->in[i], m->a, out);
    for (int i = 0; i < g->nout; i++) print_end("output", g->out[i], m->a, out);
    print_states(g, out);
    print_layers(m, out);
    if (g->nnote) buf_puts(out, "\nwhat became of the file's operators:\n");
    for (int i = 0; i < g->nnote; i++) buf_printf(out, "  %s\n", g->note[i]);
    if (g->note_more) buf_printf(out, "  and %d more\n", g->note_more);
    buf_printf(out,
               "\nbefore anything is built (constants in flash, beside up to %s of code; values and window "
               "in RAM):\n",
               kilobytes(CODE_BYTES, m->a));
    for (int i = 0; targets[i]; i++) {
        struct arena a = {0}; // of one chip's plan
        struct inspected one = *m;
        one.a = &a;
        const struct verdict v = verdict_of(&one, targets[i]);
        print_verdict(&v, &a, out);
        arena_free(&a);
    }
}
