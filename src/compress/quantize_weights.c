// int8 weights, symmetric, one scale an output channel: scale = max |w| / 127 (TensorFlow Lite's 8-bit
// specification).
#include "compress.h"
#include <math.h>
#include <string.h>

struct tensor *weights_quantized(const struct tensor *w, int axis, struct arena *a)
{
    int channels = w->dim[axis];
    int64_t count = tensor_count(w), inner = 1;
    for (int i = axis + 1; i < w->rank; i++) inner *= w->dim[i];
    const float *from = w->data;
    struct arena fresh = {0};
    float *scale = arena_new_n(&fresh, (size_t)channels, float);
    int8_t *to = arena_new_n(&fresh, (size_t)count, int8_t);
    for (int64_t i = 0; i < count; i++) {
        int64_t c = i / inner % channels;
        scale[c] = fmaxf(scale[c], fabsf(from[i]));
    }
    float most = 0;
    for (int c = 0; c < channels; c++) most = fmaxf(most, scale[c]);
    for (int c = 0; c < channels;
         c++) // a dead channel still has a bias, which needs a scale of the layer's size
        scale[c] = (scale[c] > 0 ? scale[c] : most > 0 ? most : 1) / 127;
    for (int64_t i = 0; i < count; i++) {
        float q = roundf(from[i] / scale[i / inner % channels]);
        to[i] = (int8_t)fmaxf(-127, fminf(127, q));
    }
    // layers that share float weights share these
    struct tensor *t = tensor_const(a, w->name, I8, w->rank, w->dim, arena_once(a, to, (size_t)count));
    const size_t bytes = (size_t)channels * sizeof(float);
    t->q = (struct quant){channels, axis, arena_once(a, scale, bytes),
                          arena_once(a, arena_alloc(&fresh, bytes), bytes)};
    arena_free(&fresh);
    return t;
}

struct tensor *gates_quantized(const struct tensor *w, int gates, struct arena *a)
{
    const int32_t rows = w->dim[0];
    struct tensor flat = *w;
    flat.dim[0] = gates;
    flat.dim[1] = rows / gates * w->dim[1];
    struct tensor *q = weights_quantized(&flat, 0, a);
    float *scale = arena_new_n(a, (size_t)rows, float);
    for (int i = 0; i < rows; i++) scale[i] = q->q.scale[q->q.n > 1 ? i / (rows / gates) : 0];
    memcpy(q->dim, w->dim, sizeof q->dim);
    q->q = (struct quant){rows, 0, scale, arena_new_n(a, (size_t)rows, int32_t)};
    return q;
}

static bool has_input(const struct node *n, int from)
{
    for (int i = from; i < n->nin; i++)
        if (n->in[i]) return true;
    return false;
}

static const char *lacks_any(const struct node *n)
{
    for (int i = 1; i < n->nin && i < 5; i++)
        if (n->in[i] && (!tensor_is_const(n->in[i]) || n->in[i]->type != F32))
            return "its weights are computed at run time";
    return NULL;
}

const char *recurrent_lacks_integer(const struct node *n)
{
    const struct recurrent *r = &n->as.recurrent;
    if (r->act != CELL_TANH || (r->kind != RECURRENT_RNN && r->gate_act != CELL_LOGISTIC))
        return "only one with tanh and sigmoid as activations has an integer form";
    if (has_input(n, 5)) return "it does not start from zeros";
    if (r->kind == RECURRENT_LSTM && has_input(n, 4)) return "it has two biases; add them up";
    return lacks_any(n);
}

// LiteRT's hybrid LSTM is what the file can say; for the others there is no operator, and no limit.
const char *recurrent_lacks_dynamic(const struct node *n)
{
    return n->as.recurrent.kind == RECURRENT_LSTM ? recurrent_lacks_integer(n) : lacks_any(n);
}

void quantize_weights(struct graph *g, struct arena *a)
{
    for (int k = 0; k < g->nnode; k++) {
        struct node *n = g->node[k];
        const bool layer = n->op == OP_CONV_2D || n->op == OP_DEPTHWISE_CONV_2D || n->op == OP_DENSE;
        const char *why = layer                   ? why_float(n, I8)
                          : n->op == OP_RECURRENT ? recurrent_lacks_dynamic(n)
                                                  : NULL;
        if (why) {
            tell_float("dynamic", n, why);
        } else if (layer) {
            n->in[1] = weights_quantized(n->in[1], n->op == OP_DEPTHWISE_CONV_2D ? 3 : 0, a);
            if (n->op == OP_DENSE) n->as.dense.asymmetric_inputs = true;
        } else if (n->op ==
                   OP_RECURRENT) { // inputs and h symmetric; LSTM: a scale a gate, as LiteRT's hybrid one
            for (int i = 1; i < 3; i++)
                n->in[i] = n->as.recurrent.kind == RECURRENT_LSTM ? gates_quantized(n->in[i], 4, a)
                                                                  : weights_quantized(n->in[i], 0, a);
            n->as.recurrent.asymmetric_inputs = false;
        }
    }
}
