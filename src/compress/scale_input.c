// A model that was trained on (sample - offset) * scale takes the samples themselves: the scaling becomes its
// first layer, which the techniques then fold into the next.
#include "compress.h"

bool scale_input(struct graph *g, int channels, const float *scale, const float *offset, struct arena *a,
                 struct err *e)
{
    struct tensor *x = g->nin ? g->in[0] : NULL;
    if (g->nin != 1) return fail(e, "it has %d inputs; an input's scale is possible for one", g->nin);
    if (x->type != F32)
        return fail(e, "its input %s is %s, its own scale is fixed; scale the float model and convert that",
                    x->name, dtype_name(x->type));
    if (x->rank < 2 || x->dim[x->rank - 1] != channels)
        return fail(e, "its input %s has %d channels, the scale has %d", x->name,
                    x->rank ? x->dim[x->rank - 1] : 0, channels);
    struct node *n = graph_add(g, a, OP_BATCH_NORM, "input_scale", 5, 1);
    const char *const name[] = {"scale", "zero", "offset", "one"};
    for (int i = 0; i < 4; i++) {
        float *v = arena_new_n(a, (size_t)channels, float);
        for (int c = 0; c < channels; c++) v[c] = i == 0 ? scale[c] : i == 2 ? offset[c] : i == 3;
        n->in[1 + i] = tensor_const(a, arena_printf(a, "input_scale/%s", name[i]), F32, 1, &channels, v);
    }
    n->as.batch_norm.frozen = true; // not trained, as a normalisation of the input is not
    struct tensor *own =
        arena_copy(a, x, sizeof *x); // the graph's input from now on; x is what it was made into
    own->name = x->name;
    n->in[0] = own;
    n->out[0] = x;
    x->name = arena_printf(a, "%s/scaled", own->name);
    g->in[0] = own;
    graph_move_last(g, 0);
    return op_def(OP_BATCH_NORM)->infer(n, e);
}
