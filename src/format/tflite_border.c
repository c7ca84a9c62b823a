// Files with uint8 inputs and outputs (TensorFlow's inference_input_type) are int8 inside, with a QUANTIZE at each end
// that only moves the zero by 128. Here the ends become the int8 tensors behind them: the same real numbers.
#include "tflite_read.h"

// Are a (uint8) and b (int8) the same values 128 apart?
static bool is_shifted(const struct tensor *a, const struct tensor *b)
{
    return a->type == U8 && b->type == I8 && a->q.n == 1 && b->q.n == 1 && a->q.scale[0] == b->q.scale[0] &&
           a->q.zero[0] == b->q.zero[0] + 128;
}

static void cut_input(struct graph *g, struct arena *a, int i)
{
    struct node *user = NULL;
    for (int k = 0; k < g->nnode && !user; k++)
        for (int j = 0; j < g->node[k]->nin; j++)
            if (g->node[k]->in[j] == g->in[i]) user = g->node[k];
    if (!user || user->op != OP_QUANTIZE || graph_uses(g, g->in[i]) != 1) return;
    if (!is_shifted(g->in[i], user->out[0])) return;
    graph_note(g, a, "QUANTIZE of input %s is gone: uint8 is int8, 128 lower", g->in[i]->name);
    g->in[i] = user->out[0];
    graph_remove(g, user);
}

static void cut_output(struct graph *g, struct arena *a, int i)
{
    struct node *maker = graph_producer(g, g->out[i]);
    if (!maker || maker->op != OP_QUANTIZE || graph_uses(g, g->out[i]) != 1) return;
    if (!is_shifted(g->out[i], maker->in[0])) return;
    graph_note(g, a, "QUANTIZE of output %s is gone: uint8 is int8, 128 lower", g->out[i]->name);
    g->out[i] = maker->in[0];
    graph_remove(g, maker);
}

void tflite_cut_borders(struct graph *g, struct arena *a)
{
    for (int i = 0; i < g->nin; i++)
        if (g->in[i]->type == U8) cut_input(g, a, i);
    for (int i = 0; i < g->nout; i++)
        if (g->out[i]->type == U8) cut_output(g, a, i);
}
