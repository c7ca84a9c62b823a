// Layers in the ONNX writer: convolutions, pools, dense layers, normalisation, and sums with an activation behind.
#include "onnx_write.h"

// The name under which n's main op is written: with a fused activation behind it, that one gets the output's
// name.
static const char *before_act(struct writer *w, const struct node *n, enum act act, enum form f)
{
    return act == ACT_NONE ? form_name(w, n->out[0], f)
                           : onnx_name(w, arena_printf(w->a, "%s/linear", n->out[0]->name));
}

static void write_act(struct writer *w, const struct node *n, enum act act, enum form f, const char *from)
{
    if (act == ACT_NONE) return;
    const char *out = form_name(w, n->out[0], f);
    if (act == ACT_RELU)
        onnx_node(w, "Relu", arena_printf(w->a, "%s/relu", n->name), 1, &from, out);
    else
        onnx_clip(w, arena_printf(w->a, "%s/relu6", n->name), from, 0, 6, out);
}

// Numbers of height and width; 1-D has width only.
static void attr_hw(struct writer *w, Onnx__NodeProto *p, const char *name, enum form f, int32_t h,
                    int32_t ww)
{
    int64_t v[] = {h, ww};
    onnx_attr_ints(w, p, name, f == NCT ? 1 : 2, f == NCT ? v + 1 : v);
}

static void attr_pads(struct writer *w, Onnx__NodeProto *p, enum form f, const int32_t *pad)
{
    int64_t v[] = {pad[0], pad[1], pad[2], pad[3]}, one[] = {pad[1], pad[3]};
    onnx_attr_ints(w, p, "pads", f == NCT ? 2 : 4, f == NCT ? one : v);
}

bool onnx_write_conv(struct writer *w, const struct node *n)
{
    static const int dense[] = {0, 3, 1, 2}, dense_1d[] = {0, 3, 2}, each[] = {3, 0, 1, 2},
                     each_1d[] = {3, 0, 2};
    bool depthwise = n->op == OP_DEPTHWISE_CONV_2D;
    const struct conv *c = &n->as.conv;
    const struct tensor *x = n->in[0], *k = n->in[1], *b = n->nin > 2 ? n->in[2] : NULL;
    enum form f = form_spatial(x, n->out[0], k->dim[1], c->pad[0] + c->pad[2]);
    const int *perm = f == NCT ? (depthwise ? each_1d : dense_1d) : depthwise ? each : dense;
    const char *in[3] = {form_get(w, x, f), onnx_const_permuted(w, k, f == NCT ? 3 : 4, perm),
                         b ? onnx_const_plain(w, b) : NULL};
    const char *out = before_act(w, n, c->act, f);
    Onnx__NodeProto *p = onnx_node(w, "Conv", n->name, b ? 3 : 2, in, out);
    attr_hw(w, p, "dilations", f, c->dilation[0], c->dilation[1]);
    onnx_attr_int(w, p, "group", depthwise ? x->dim[3] : 1);
    attr_hw(w, p, "kernel_shape", f, k->dim[1], k->dim[2]);
    attr_pads(w, p, f, c->pad);
    attr_hw(w, p, "strides", f, c->stride[0], c->stride[1]);
    write_act(w, n, c->act, f, out);
    return true;
}

bool onnx_write_pool(struct writer *w, const struct node *n)
{
    const struct pool *c = &n->as.pool;
    enum form f = form_spatial(n->in[0], n->out[0], c->kernel[0], c->pad[0] + c->pad[2]);
    const char *in = form_get(w, n->in[0], f), *out = before_act(w, n, c->act, f);
    Onnx__NodeProto *p =
        onnx_node(w, n->op == OP_MAX_POOL_2D ? "MaxPool" : "AveragePool", n->name, 1, &in, out);
    attr_hw(w, p, "kernel_shape", f, c->kernel[0], c->kernel[1]);
    attr_pads(w, p, f, c->pad);
    attr_hw(w, p, "strides", f, c->stride[0], c->stride[1]);
    write_act(w, n, c->act, f, out);
    return true;
}

bool onnx_write_dense(struct writer *w, const struct node *n)
{
    static const int turned[] = {1, 0};
    const struct tensor *b = n->nin > 2 ? n->in[2] : NULL;
    enum act act = n->as.dense.act;
    const char *in[3] = {form_get(w, n->in[0], PLAIN), NULL, b ? onnx_const_plain(w, b) : NULL}, *out;
    if (n->in[0]->rank == 2) {
        in[1] = onnx_const_plain(w, n->in[1]);
        out = before_act(w, n, act, PLAIN);
        onnx_attr_int(w, onnx_node(w, "Gemm", n->name, b ? 3 : 2, in, out), "transB", 1);
    } else {
        in[1] = onnx_const_permuted(w, n->in[1], 2, turned);
        out = b ? onnx_name(w, arena_printf(w->a, "%s/matmul", n->name)) : before_act(w, n, act, PLAIN);
        onnx_node(w, "MatMul", n->name, 2, in, out);
        if (b) {
            const char *sum[] = {out, in[2]};
            out = before_act(w, n, act, PLAIN);
            onnx_node(w, "Add", arena_printf(w->a, "%s/bias", n->name), 2, sum, out);
        }
    }
    write_act(w, n, act, PLAIN, out);
    return true;
}

// Of more dimensions than ONNX has channels-first forms of: all but the channels as one.
static bool batch_norm_flat(struct writer *w, const struct node *n, const char **in)
{
    static const int64_t swap[] = {0, 2, 1};
    const struct tensor *x = n->in[0];
    const char *step[5];
    int64_t flat[] = {0, -1, x->dim[x->rank - 1]}, back[GRAPH_MAX_RANK];
    if (x->rank == 1 && !batch_fixed(w, "it normalises along the first dimension")) return false;
    if (x->rank == 1) flat[0] = 1;
    for (int i = 0; i < x->rank; i++) back[i] = i ? x->dim[i] : x->rank == 1 ? x->dim[0] : 0;
    for (int i = 0; i < 4; i++)
        step[i] = onnx_name(
            w, arena_printf(w->a, "%s/%s", n->name, (const char *[]){"flat", "first", "norm", "last"}[i]));
    const char *shape = arena_printf(w->a, "%s/shape", n->name);
    onnx_node(w, "Reshape", step[0], 2, (const char *[]){in[0], onnx_const_ints(w, shape, 3, flat)}, step[0]);
    onnx_attr_ints(w, onnx_node(w, "Transpose", step[1], 1, step, step[1]), "perm", 3, swap);
    in[0] = step[1];
    onnx_attr_float(w, onnx_node(w, "BatchNormalization", n->name, 5, in, step[2]), "epsilon",
                    n->as.batch_norm.epsilon);
    onnx_attr_ints(w, onnx_node(w, "Transpose", step[3], 1, step + 2, step[3]), "perm", 3, swap);
    onnx_node(w, "Reshape", arena_printf(w->a, "%s/reshape", n->name), 2,
              (const char *[]){step[3], onnx_const_ints(w, shape, x->rank, back)},
              form_name(w, n->out[0], PLAIN));
    return true;
}

bool onnx_write_batch_norm(struct writer *w, const struct node *n)
{
    const struct tensor *x = n->in[0];
    enum form f = x->rank == 4 ? (form_fits(x, NCT) ? NCT : FIRST) : x->rank == 3 ? FIRST : PLAIN;
    const char *in[5] = {form_get(w, x, f)};
    for (int i = 1; i < 5; i++) in[i] = onnx_const_plain(w, n->in[i]);
    if (x->rank < 2 || x->rank > 4) return batch_norm_flat(w, n, in);
    Onnx__NodeProto *p = onnx_node(w, "BatchNormalization", n->name, 5, in, form_name(w, n->out[0], f));
    onnx_attr_float(w, p, "epsilon", n->as.batch_norm.epsilon);
    if (n->as.batch_norm.frozen) p->doc_string = "frozen: statistics of the data set, not trained";
    return true;
}

// A constant a channel behind a layer without a bias, which a reader would take for the bias: the sums would be rounded
// in another order.
static bool looks_like_bias(const struct writer *w, const struct node *n)
{
    for (int i = 0; i < 2 && n->op == OP_ADD; i++) {
        const struct node *m = tensor_is_const(n->in[i]) ? graph_producer(w->g, n->in[!i]) : NULL;
        while (m && (m->op == OP_RESHAPE || m->op == OP_DROPOUT)) m = graph_producer(w->g, m->in[0]);
        if (m && (m->op == OP_DENSE || m->op == OP_CONV_2D || m->op == OP_DEPTHWISE_CONV_2D ||
                  m->op == OP_BATCH_MATMUL))
            return true;
    }
    return false;
}

bool onnx_write_binary(struct writer *w, const struct node *n)
{
    static const char *const name[] = {
        [OP_ADD] = "Add", [OP_SUB] = "Sub", [OP_MUL] = "Mul", [OP_DIV] = "Div"};
    enum form f;
    const char *in[2];
    if (!form_inputs(w, n, &f, in)) return false;
    const char *out = before_act(w, n, n->as.binary.act, f);
    Onnx__NodeProto *p = onnx_node(w, name[n->op], n->name, 2, in, out);
    if (looks_like_bias(w, n)) p->doc_string = "apart: a sum of its own, not the layer's bias";
    write_act(w, n, n->as.binary.act, f, out);
    return true;
}
