// Dynamic quantization: the scale of activations is found while the model runs. DynamicQuantizeLinear leaves the real
// numbers as they are (scale 1, zero point 0), and the integer products behind it become layers with int8 weights over
// floats, which quantise their input themselves; the product's scale, which comes later, then holds the weights' only,
// and onnx_integer.c makes it theirs. So what the file rounds per tensor is rounded per row here.
#include "../graph/trial.h"
#include "onnx_quantize.h"
#include <string.h>

static bool dynamic_quantize(struct onnx *r, struct onnx_node *n)
{
    struct value *x = node_computed(r, n, 0);
    if (!x) return false;
    if (x->t->type != F32) return node_fail(r, n, "input %s is not of floats", x->name);
    r->quantized = true;
    if (n->nout > 1) node_is(r, n, 1, make_number(r, 1));
    if (n->nout > 2) {
        int64_t *zero;
        if (!fold_new(r, n, &n->out[2], 0, NULL, NULL, &zero)) return false;
        n->out[2].elem = UINT8;
    }
    node_same(n, x);
    n->out[0].elem = UINT8; // though they are floats here
    return true;
}

// One scale for each output channel: that is how LiteRT tells asymmetric inputs of a convolution.
static void scale_channels(struct arena *a, struct tensor *w, int axis)
{
    const int out = w->dim[axis];
    if (w->q.n != 1 || out == 1) return;
    float *scale = arena_new_n(a, (size_t)out, float);
    for (int i = 0; i < out; i++) scale[i] = w->q.scale[0];
    w->q = (struct quant){out, axis, scale, arena_new_n(a, (size_t)out, int32_t)};
}

// The nodes from `first` on with weights that were integers get them again, where they can be executed so.
static void weights_int8(struct onnx *r, int first)
{
    for (int k = first; k < r->g->nnode; k++) {
        struct node *n = r->g->node[k], was = *n;
        const bool layer = n->op == OP_CONV_2D || n->op == OP_DEPTHWISE_CONV_2D || n->op == OP_DENSE;
        const int last = layer ? 1 : n->op == OP_RECURRENT ? 2 : 0;
        struct tensor *own[2] = {0};
        const char *why = NULL;
        struct err e = {""};
        for (int i = 1; i <= last && !why; i++) {
            own[i - 1] = n->in[i];
            if (!tensor_is_const(n->in[i]) || n->in[i]->type != F32 || !n->in[i]->q.n)
                why = "its weights are not quantised";
            else if ((n->in[i] = integer_const(r->a, own[i - 1], true, &why)))
                scale_channels(r->a, n->in[i], n->op == OP_DEPTHWISE_CONV_2D ? 3 : 0);
        }
        if (n->op == OP_DENSE) n->as.dense.asymmetric_inputs = true;
        if (last && !why && !trial_lower(r->g, n, &e)) why = e.text;
        if (!last || !why) continue;
        n->as = was.as;
        for (int i = 1; i <= last; i++)
            if (own[i - 1]) n->in[i] = own[i - 1];
        graph_note(r->g, r->a, "%s %s is computed in float: %s", op_def(n->op)->name, n->name, why);
    }
}

// MatMulInteger, ConvInteger: (a - its zero point) by (b - its zero point).
static bool integer_product(struct onnx *r, struct onnx_node *n)
{
    const bool conv = !strcmp(n->op, "ConvInteger");
    struct value *x = node_computed(r, n, 0), *in[2], *w = x ? node_in(r, n, 1) : NULL;
    static const float one = 1;
    if (!w) return false;
    const bool dynamic = x->t->type == F32, both = !conv && !value_is_const(w) && w->t->type == F32;
    if (!both && !(w = node_ints(r, n, 1))) return false;
    if (x->t->type == I8 && !x->t->q.n)
        return node_fail(r, n, "input %s has no scale; put a DynamicQuantizeLinear in front", x->name);
    if (x->t->type == I8) { // quantised by a known scale
        const struct value *zx = n->nin > 2 ? n->in[2] : NULL;
        const float s = x->t->q.scale[0];
        if (zx && (!zx->i || value_count(zx) != 1))
            return node_fail(r, n, "zero point %s is no single constant", zx->name);
        const int64_t own = x->t->q.zero[0] + (x->elem == INT8 ? 0 : 128), zero = zx ? zx->i[0] : 0;
        x = make_binary(r, n, OP_DIV, make_dequantized(r, n, x), make_number(r, s));
        if (own != zero) x = make_binary(r, n, OP_ADD, x, make_number(r, (float)(own - zero)));
    }
    struct scale s = {1, &one, NULL, 0};
    const struct value *z = n->nin > 3 && !both ? n->in[3] : NULL;
    if (z) {
        if (!z->i || (value_count(z) != 1 && value_count(z) != w->dim[w->rank ? w->rank - 1 : 0]))
            return node_fail(r, n, "zero point %s does not fit", z->name);
        s.n = (int)value_count(z);
        s.zero = z->i;
        float *ones = arena_new_n(r->a, (size_t)s.n, float);
        for (int i = 0; i < s.n; i++) ones[i] = 1;
        s.scale = ones;
    }
    in[0] = x;
    in[1] = both ? w : const_dequantized(r, n, w, &s, conv ? 0 : -1);
    const int first = r->g->nnode;
    struct value *y = in[0] && in[1] ? float_op(r, n, conv ? "Conv" : "MatMul", 2, in) : NULL;
    if (y && dynamic && !both) weights_int8(r, first);
    return node_is(r, n, 0, y);
}

// ---- DynamicQuantizeLSTM of com.microsoft ----

// Weights (directions, channels, 4 units) with a scale a direction, or a row: (directions, 4 units, channels) floats.
static struct value *lstm_weights(struct onnx *r, struct onnx_node *n, int input, int scale, int zero)
{
    const struct value *q = node_ints(r, n, input);
    struct scale s;
    struct value *y = make_value(r, n), *v = q && scale < n->nin ? n->in[scale] : NULL, flat;
    float *f;
    if (!q) return NULL;
    if (!v || q->rank != 3)
        return node_fail(r, n, "its weights have no scale, or not three dimensions"), NULL;
    const int32_t directions = q->dim[0], in = q->dim[1], rows = q->dim[2];
    for (int i = scale; i <= zero && i < n->nin; i++) { // as lists
        if (!n->in[i] || !value_is_const(n->in[i])) continue;
        flat = *n->in[i];
        flat.dim[0] = (int32_t)value_count(&flat);
        flat.rank = 1;
        n->in[i] = arena_copy(r->scratch, &flat, sizeof flat);
    }
    if (!scale_read(r, n, scale, zero, &s)) return NULL;
    if (s.n != directions && s.n != directions * (int64_t)rows)
        return node_fail(r, n, "%d scales for %d rows of weights", s.n, rows), NULL;
    if (!fold_new(r, n, y, 3, (int32_t[]){directions, rows, in}, &f, NULL)) return NULL;
    const int64_t all = (int64_t)directions * rows;
    if (all > r->fold_left) return node_fail(r, n, "its weights are too large"), NULL;
    r->fold_left -= all;
    float *each = arena_new_n(r->a, (size_t)all, float);
    for (int64_t row = 0; row < all; row++) {
        const int64_t d = row / rows, at = s.n == directions ? d : row;
        each[row] = s.scale[at];
        for (int32_t k = 0; k < in; k++)
            f[row * in + k] =
                (float)((double)q->i[(d * in + k) * rows + row % rows] - (s.zero ? (double)s.zero[at] : 0)) *
                s.scale[at];
    }
    y->q = (struct quant){(int)all, 1, each, arena_new_n(r->a, (size_t)all, int32_t)};
    y->name = q->name;
    return y;
}

static bool dynamic_lstm(struct onnx *r, struct onnx_node *n)
{
    struct onnx_node m = *n;
    const int first = r->g->nnode;
    struct value *w = lstm_weights(r, n, 1, 8, 9), *u = w ? lstm_weights(r, n, 2, 10, 11) : NULL;
    if (!u) return false;
    m.op = "LSTM";
    m.nin = n->nin < 8 ? n->nin : 8;
    m.in = arena_copy(r->scratch, n->in, (size_t)n->nin * sizeof *n->in);
    m.in[1] = w;
    m.in[2] = u;
    r->quantized = true;
    if (!onnx_op_read(r, &m)) return false;
    weights_int8(r, first);
    return true;
}

const struct onnx_op_entry onnx_ops_dynamic[] = {
    {"DynamicQuantizeLinear", dynamic_quantize, OP_QUANTIZE},
    {"MatMulInteger", integer_product, OP_DENSE},
    {"ConvInteger", integer_product, OP_CONV_2D},
    {NULL, NULL, OP_COUNT},
};

const struct onnx_op_entry onnx_ops_microsoft_dynamic[] = {
    {"DynamicQuantizeLSTM", dynamic_lstm, OP_RECURRENT},
    {NULL, NULL, OP_COUNT},
};
