// Full-integer recurrent layers: weights with a scale a gate, biases int32 at the scale of their product
// (docs/recurrent.md).
#include "scales.h"

static struct tensor *bias_at(const struct node *n, const char *name, const float *bias,
                              const struct tensor *w, float x_scale, struct arena *a, struct err *e)
{
    const int32_t rows = w->dim[0];
    float *scale = arena_new_n(a, (size_t)rows, float);
    for (int i = 0; i < rows; i++) scale[i] = x_scale * w->q.scale[i];
    return bias_quantized(tensor_const(a, name, F32, 1, &rows, bias), scale, I32, n->name, a, e);
}

// The recurrent bias joins the other but in the n of a GRU with reset_after, where the reset gate comes between.
static bool quantize_biases(struct node *n, struct arena *a, struct err *e)
{
    const struct recurrent *r = &n->as.recurrent;
    const struct tensor *b = n->nin > 3 ? n->in[3] : NULL, *rb = n->nin > 4 ? n->in[4] : NULL;
    const int32_t rows = n->in[1]->dim[0], units = n->in[2]->dim[1];
    if (!b && !rb) return true;
    float *sum = arena_new_n(a, (size_t)rows, float), *apart = arena_new_n(a, (size_t)rows, float);
    bool any = false;
    for (int32_t i = 0; i < rows; i++) {
        const float rec = rb ? ((const float *)rb->data)[i] : 0;
        const bool keep = r->kind == RECURRENT_GRU && r->reset_after && i >= 2 * units;
        sum[i] = (b ? ((const float *)b->data)[i] : 0) + (keep ? 0 : rec);
        apart[i] = keep ? rec : 0;
        any = any || apart[i] != 0;
    }
    const struct tensor *x = n->in[0];
    const float h_scale = scale_fixed(n, I8)->scale[0]; // of h, the output
    n->in[3] = bias_at(n, b ? b->name : rb->name, sum, n->in[1], x->q.scale[0], a, e);
    if (!n->in[3]) return false;
    if (n->nin > 4) n->in[4] = any ? bias_at(n, rb->name, apart, n->in[2], h_scale, a, e) : NULL;
    return n->nin <= 4 || !any || n->in[4];
}

bool quantize_recurrent(struct node *n, struct arena *a, struct err *e)
{
    const int gates = recurrent_gates(n->as.recurrent.kind);
    for (int i = 1; i < 3; i++) n->in[i] = gates_quantized(n->in[i], gates, a);
    n->as.recurrent.cell_log2 = n->as.recurrent.kind == RECURRENT_LSTM
                                    ? recurrent_cell_log2(n->in[0]->dim[1], n->as.recurrent.stateful)
                                    : 0;
    return quantize_biases(n, a, e);
}
