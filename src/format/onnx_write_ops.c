// The ops of the ONNX writer but for the recurrent ones.
#include "onnx_write.h"
#include <string.h>

// The name under which n's main op is written: with a fused activation behind it, that one gets the output's
// name.
static const char *before_act(struct writer *w, const struct node *n, enum act act, enum form f)
{
    return act == ACT_NONE ? form_name(w, n->out[0], f)
                           : onnx_name(w, arena_printf(w->a, "%s/linear", n->out[0]->name));
}

static void write_clip6(struct writer *w, const char *name, const char *in, const char *out)
{
    const char *all[] = {in, onnx_const_float(w, arena_printf(w->a, "%s/min", out), 0),
                         onnx_const_float(w, arena_printf(w->a, "%s/max", out), 6)};
    onnx_node(w, "Clip", name, 3, all, out);
}

static void write_act(struct writer *w, const struct node *n, enum act act, enum form f, const char *from)
{
    if (act == ACT_NONE) return;
    const char *out = form_name(w, n->out[0], f);
    if (act == ACT_RELU)
        onnx_node(w, "Relu", arena_printf(w->a, "%s/relu", n->name), 1, &from, out);
    else
        write_clip6(w, arena_printf(w->a, "%s/relu6", n->name), from, out);
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

bool onnx_write_batch_norm(struct writer *w, const struct node *n)
{
    const struct tensor *x = n->in[0];
    enum form f = x->rank == 4 ? (form_fits(x, NCT) ? NCT : FIRST) : x->rank == 3 ? FIRST : PLAIN;
    if (x->rank < 2 || x->rank > 4) return fail(w->e, "its input has %d dimensions", x->rank);
    const char *in[5] = {form_get(w, x, f)};
    for (int i = 1; i < 5; i++) in[i] = onnx_const_plain(w, n->in[i]);
    Onnx__NodeProto *p = onnx_node(w, "BatchNormalization", n->name, 5, in, form_name(w, n->out[0], f));
    onnx_attr_float(w, p, "epsilon", n->as.batch_norm.epsilon);
    if (n->as.batch_norm.frozen) p->doc_string = "frozen: statistics of the data set, not trained";
    return true;
}

// Constant operand t for a tensor y in form f: a dimension of t for each of the form's.
static const char *operand(struct writer *w, const struct tensor *t, const struct tensor *y, enum form f)
{
    if (!tensor_is_const(t)) return form_get(w, t, f);
    int perm[GRAPH_MAX_RANK], ahead = y->rank - t->rank;
    if (f == PLAIN) return onnx_const_plain(w, t);
    for (int d = 0; d < y->rank; d++)
        if (form_axis(y, f, d) >= 0) perm[form_axis(y, f, d)] = d < ahead ? -1 : d - ahead;
    return onnx_const_permuted(w, t, form_rank(y, f), perm);
}

bool onnx_write_binary(struct writer *w, const struct node *n)
{
    static const char *const name[] = {
        [OP_ADD] = "Add", [OP_SUB] = "Sub", [OP_MUL] = "Mul", [OP_DIV] = "Div"};
    const struct tensor *y = n->out[0];
    enum form f = PLAIN;
    for (int i = 1; i >= 0; i--) // the form of the first computed operand with the output's rank
        if (!tensor_is_const(n->in[i]) && n->in[i]->rank == y->rank) f = form_have(w, n->in[i]);
    for (int i = 0; i < 2; i++)
        if (!form_fits(y, f) ||
            (!tensor_is_const(n->in[i]) && (n->in[i]->rank != y->rank || !form_fits(n->in[i], f))))
            f = PLAIN;
    const char *in[] = {operand(w, n->in[0], y, f), operand(w, n->in[1], y, f)};
    const char *out = before_act(w, n, n->as.binary.act, f);
    onnx_node(w, name[n->op], n->name, 2, in, out);
    write_act(w, n, n->as.binary.act, f, out);
    return true;
}

bool onnx_write_unary(struct writer *w, const struct node *n)
{
    static const char *const name[] = {[OP_RELU] = "Relu",
                                       [OP_LEAKY_RELU] = "LeakyRelu",
                                       [OP_ELU] = "Elu",
                                       [OP_LOGISTIC] = "Sigmoid",
                                       [OP_TANH] = "Tanh",
                                       [OP_SOFTMAX] = "Softmax",
                                       [OP_LOG_SOFTMAX] = "LogSoftmax"};
    const struct tensor *x = n->in[0];
    enum form f = form_have(w, x);
    const char *in = form_get(w, x, f);
    if (n->op == OP_RELU6) {
        write_clip6(w, n->name, in, form_name(w, n->out[0], f));
        return true;
    }
    if (n->op == OP_SOFTMAX && n->as.softmax.beta != 1) {
        const char *scaled[] = {
            in, onnx_const_float(w, arena_printf(w->a, "%s/beta", n->name), n->as.softmax.beta)};
        in = onnx_name(w, arena_printf(w->a, "%s/scaled", n->name));
        onnx_node(w, "Mul", arena_printf(w->a, "%s/scale", n->name), 2, scaled, in);
    }
    Onnx__NodeProto *p = onnx_node(w, name[n->op], n->name, 1, &in, form_name(w, n->out[0], f));
    if (n->op == OP_LEAKY_RELU || n->op == OP_ELU) onnx_attr_float(w, p, "alpha", n->as.alpha.alpha);
    if (n->op == OP_SOFTMAX || n->op == OP_LOG_SOFTMAX)
        onnx_attr_int(w, p, "axis", form_axis(x, f, x->rank - 1));
    return true;
}

bool onnx_write_mean(struct writer *w, const struct node *n)
{
    const struct tensor *x = n->in[0];
    const int32_t *axis = n->as.reduce.axis;
    bool all_4 = x->rank == 4 && n->as.reduce.naxis == 2 && axis[0] + axis[1] == 3 && axis[0] && axis[1];
    bool all_3 = x->rank == 3 && n->as.reduce.naxis == 1 && axis[0] == 1, keep = n->as.reduce.keep_dims;
    for (int i = 0; i < n->as.reduce.naxis; i++)
        if (axis[i] == 0) return fail(w->e, "it reduces the batch");
    enum form f = all_4 ? (form_fits(x, NCT) ? NCT : FIRST) : all_3 ? FIRST : PLAIN;
    const char *in = form_get(w, x, f), *out = form_name(w, n->out[0], keep ? f : PLAIN);
    if (all_4 && keep) {
        onnx_node(w, "GlobalAveragePool", n->name, 1, &in, out);
        return true;
    }
    int64_t axes[GRAPH_MAX_RANK];
    int naxes = 0;
    for (int d = 0; d < x->rank; d++) // in ONNX's order
        for (int i = 0; i < n->as.reduce.naxis; i++)
            if (form_axis(x, f, axis[i]) == d) axes[naxes++] = d;
    Onnx__NodeProto *p = onnx_node(w, "ReduceMean", n->name, 1, &in, out);
    onnx_attr_ints(w, p, "axes", naxes, axes);
    onnx_attr_int(w, p, "keepdims", keep);
    return true;
}

static bool batch_kept(struct writer *w, const struct node *n)
{
    const struct tensor *x = n->in[0], *y = n->out[0];
    if (x->rank > 0 && y->rank > 0 && x->dim[0] == 1 && y->dim[0] == 1) return true;
    return fail(w->e, "its first dimension is not a batch of 1; ONNX files are written with a free batch");
}

bool onnx_write_reshape(struct writer *w, const struct node *n)
{
    const struct tensor *x = n->in[0], *y = n->out[0];
    if (!batch_kept(w, n)) return false;
    struct forms *to = forms_of(w, y), *from = forms_of(w, x);
    // (n, t, c) <-> (n, 1, t, c) is only a question of form.
    bool grows = x->rank == 3 && y->rank == 4 && y->dim[1] == 1 && !memcmp(x->dim + 1, y->dim + 2, 8);
    bool shrinks = y->rank == 3 && x->rank == 4 && x->dim[1] == 1 && !memcmp(y->dim + 1, x->dim + 2, 8);
    to = forms_of(w, y); // the list may have moved
    from = forms_of(w, x);
    if (!graph_output_is(w, y) && (grows || shrinks)) {
        enum form plain = grows ? PLAIN : NTC, first = grows ? FIRST : NCT;
        if (!from->name[plain] && !from->name[first]) {
            form_get(w, x, first);
            to = forms_of(w, y);
            from = forms_of(w, x);
        }
        to->name[grows ? NTC : PLAIN] = from->name[plain];
        to->name[grows ? NCT : FIRST] = from->name[first];
        return true;
    }
    int64_t shape[GRAPH_MAX_RANK] = {0};
    for (int i = 1; i < y->rank; i++) shape[i] = y->dim[i];
    enum form f = from->name[PLAIN] || !form_fits(x, NTC) ? PLAIN : NTC;
    const char *in[] = {form_get(w, x, f), NULL}, *out = form_name(w, y, PLAIN);
    in[1] = onnx_const_ints(w, arena_printf(w->a, "%s/shape", n->name), y->rank, shape);
    onnx_node(w, "Reshape", n->name, 2, in, out);
    return true;
}

bool onnx_write_dropout(struct writer *w, const struct node *n) // the identity: left out
{
    struct forms *to = forms_of(w, n->out[0]), *from = forms_of(w, n->in[0]);
    to = forms_of(w, n->out[0]);
    if (!graph_output_is(w, n->out[0])) {
        memcpy(to->name, from->name, sizeof to->name);
        return true;
    }
    const char *in = form_get(w, n->in[0], PLAIN);
    onnx_node(w, "Identity", n->name, 1, &in, form_name(w, n->out[0], PLAIN));
    return true;
}

bool onnx_write_transpose(struct writer *w, const struct node *n)
{
    int64_t perm[GRAPH_MAX_RANK];
    if (n->as.transpose.perm[0] != 0) return fail(w->e, "it moves the batch");
    for (int i = 0; i < n->in[0]->rank; i++) perm[i] = n->as.transpose.perm[i];
    const char *in = form_get(w, n->in[0], PLAIN);
    onnx_attr_ints(w, onnx_node(w, "Transpose", n->name, 1, &in, form_name(w, n->out[0], PLAIN)), "perm",
                   n->in[0]->rank, perm);
    return true;
}

bool onnx_write_pad(struct writer *w, const struct node *n)
{
    const struct tensor *x = n->in[0];
    enum form f = form_have(w, x);
    if (n->as.pad.before[0] || n->as.pad.after[0]) return fail(w->e, "it pads the batch");
    if (!form_fits(n->out[0], f)) f = form_fits(x, FIRST) ? FIRST : PLAIN;
    int64_t pads[2 * GRAPH_MAX_RANK] = {0};
    int rank = form_rank(x, f);
    for (int d = 0; d < x->rank; d++) {
        int at = form_axis(x, f, d);
        if (at < 0) continue;
        pads[at] = n->as.pad.before[d];
        pads[rank + at] = n->as.pad.after[d];
    }
    const char *in[] = {form_get(w, x, f),
                        onnx_const_ints(w, arena_printf(w->a, "%s/pads", n->name), 2 * rank, pads)};
    onnx_node(w, "Pad", n->name, 2, in, form_name(w, n->out[0], f));
    return true;
}

bool onnx_write_concat(struct writer *w, const struct node *n)
{
    const struct tensor *y = n->out[0];
    enum form f = form_have(w, n->in[0]);
    if (n->as.axis.axis == 0) return fail(w->e, "it joins along the batch");
    for (int i = 0; i < n->nin; i++) {
        if (tensor_is_const(n->in[i])) return fail(w->e, "it joins a constant");
        if (!form_fits(n->in[i], f) || !form_fits(y, f)) f = PLAIN;
    }
    if (form_axis(y, f, n->as.axis.axis) < 0) f = PLAIN;
    const char **in = arena_new_n(w->a, (size_t)n->nin, const char *);
    for (int i = 0; i < n->nin; i++) in[i] = form_get(w, n->in[i], f);
    onnx_attr_int(w, onnx_node(w, "Concat", n->name, n->nin, in, form_name(w, y, f)), "axis",
                  form_axis(y, f, n->as.axis.axis));
    return true;
}

bool onnx_write_slice(struct writer *w, const struct node *n)
{
    const struct tensor *x = n->in[0], *y = n->out[0];
    enum form f = form_have(w, x);
    if (!batch_kept(w, n)) return false;
    int64_t start[GRAPH_MAX_RANK], end[GRAPH_MAX_RANK], axes[GRAPH_MAX_RANK], step[GRAPH_MAX_RANK];
    int count = 0;
    for (int d = 1; d < x->rank; d++) {
        int64_t from = n->as.slice.begin[d], s = n->as.slice.stride[d], to = from + s * y->dim[d];
        if (form_axis(x, f, d) < 0 || (from == 0 && s == 1 && to == x->dim[d])) continue;
        start[count] = from;
        end[count] = s < 0 && to < 0 ? INT32_MIN : to;
        axes[count] = form_axis(x, f, d);
        step[count++] = s;
    }
    const char *in[] = {form_get(w, x, f),
                        onnx_const_ints(w, arena_printf(w->a, "%s/starts", n->name), count, start),
                        onnx_const_ints(w, arena_printf(w->a, "%s/ends", n->name), count, end),
                        onnx_const_ints(w, arena_printf(w->a, "%s/axes", n->name), count, axes),
                        onnx_const_ints(w, arena_printf(w->a, "%s/steps", n->name), count, step)};
    onnx_node(w, "Slice", n->name, 5, in, form_name(w, y, f));
    return true;
}
