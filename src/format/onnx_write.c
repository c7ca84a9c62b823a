// The ONNX writer, for float graphs: operator set 13, batch "N". We compute with channels last, ONNX with
// channels first: a tensor is written in whichever form its first user wants, so that a convolutional network
// gets one Transpose at its input and one in front of its flatten.
#include "onnx_write.h"
#include <string.h>

enum { OPSET = 13, IR_VERSION = 7 };

// How ONNX sees a tensor of ours. A 1-D network has h = 1, which ONNX does without.
enum form {
    PLAIN, // as it is: (n, h, w, c), (n, t, c), (n, k)
    FIRST, // channels first: (n, c, h, w), (n, c, t)
    NTC,   // of (n, 1, t, c): (n, t, c)
    NCT,   // of (n, 1, t, c): (n, c, t)
    FORM_COUNT
};
static const char *const form_suffix[] = {"", "/nchw", "/ntc", "/nct"};

struct forms {
    const struct tensor *t;
    const char *name[FORM_COUNT]; // NULL: not made yet
};

struct writer {
    const struct graph *g;
    struct arena *a;
    struct err *e;
    struct forms *forms;
    int nforms, forms_cap;
    Onnx__NodeProto **node;
    Onnx__TensorProto **init;
    size_t nnode, node_cap, ninit, init_cap;
    const char **used; // names given out
    size_t nused, used_cap;
};

// Appends p to a growing list in the arena.
#define PUSH(w, list, n, cap, p)                                                                             \
    do {                                                                                                     \
        if ((n) == (cap)) {                                                                                  \
            size_t more_ = (cap) ? 2 * (cap) : 64;                                                           \
            void *fresh_ = arena_array((w)->a, more_, sizeof *(list));                                       \
            if (n) memcpy(fresh_, (list), (n) * sizeof *(list));                                             \
            (list) = fresh_;                                                                                 \
            (cap) = more_;                                                                                   \
        }                                                                                                    \
        (list)[(n)++] = (p);                                                                                 \
    } while (0)

static char *name_new(struct writer *w, const char *name)
{
    char *s = arena_strdup(w->a, name && *name ? name : "value");
    for (int k = 2;; k++) {
        size_t i = 0;
        while (i < w->nused && strcmp(w->used[i], s)) i++;
        if (i == w->nused) break;
        s = arena_printf(w->a, "%s_%d", name && *name ? name : "value", k);
    }
    PUSH(w, w->used, w->nused, w->used_cap, s);
    return s;
}

// ---- nodes, attributes, constants ----

static Onnx__NodeProto *node_new(struct writer *w, const char *op, const char *name, int nin,
                                 const char *const *in, const char *out)
{
    Onnx__NodeProto *n = arena_new(w->a, Onnx__NodeProto);
    onnx__node_proto__init(n);
    n->op_type = (char *)op;
    n->name = arena_strdup(w->a, name);
    n->n_input = (size_t)nin;
    n->input = arena_copy(w->a, in, (size_t)nin * sizeof *in);
    n->n_output = 1;
    n->output = arena_copy(w->a, &out, sizeof out);
    n->attribute = arena_new_n(w->a, 8, Onnx__AttributeProto *);
    PUSH(w, w->node, w->nnode, w->node_cap, n);
    return n;
}

static Onnx__AttributeProto *attr_new(struct writer *w, Onnx__NodeProto *n, const char *name, int type)
{
    Onnx__AttributeProto *p = arena_new(w->a, Onnx__AttributeProto);
    onnx__attribute_proto__init(p);
    p->name = (char *)name;
    p->has_type = 1;
    p->type = type;
    n->attribute[n->n_attribute++] = p;
    return p;
}

static void attr_int(struct writer *w, Onnx__NodeProto *n, const char *name, int64_t v)
{
    Onnx__AttributeProto *p = attr_new(w, n, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT);
    p->has_i = 1;
    p->i = v;
}

static void attr_float(struct writer *w, Onnx__NodeProto *n, const char *name, float v)
{
    Onnx__AttributeProto *p = attr_new(w, n, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT);
    p->has_f = 1;
    p->f = v;
}

static void attr_ints(struct writer *w, Onnx__NodeProto *n, const char *name, int count, const int64_t *v)
{
    Onnx__AttributeProto *p = attr_new(w, n, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS);
    p->n_ints = (size_t)count;
    p->ints = arena_copy(w->a, v, (size_t)count * sizeof *v);
}

static const char *init_new(struct writer *w, const char *name, int type, int rank, const int64_t *dim,
                            const void *data, size_t bytes)
{
    Onnx__TensorProto *t = arena_new(w->a, Onnx__TensorProto);
    onnx__tensor_proto__init(t);
    t->name = name_new(w, name);
    t->has_data_type = 1;
    t->data_type = type;
    t->n_dims = (size_t)rank;
    t->dims = arena_copy(w->a, dim, (size_t)rank * sizeof *dim);
    t->has_raw_data = 1;
    t->raw_data = (ProtobufCBinaryData){bytes, (uint8_t *)data};
    PUSH(w, w->init, w->ninit, w->init_cap, t);
    return t->name;
}

static const char *init_ints(struct writer *w, const char *name, int count, const int64_t *v)
{
    int64_t dim = count;
    size_t bytes = (size_t)count * sizeof *v;
    return init_new(w, name, ONNX__TENSOR_PROTO__DATA_TYPE__INT64, 1, &dim, arena_copy(w->a, v, bytes),
                    bytes);
}

static const char *init_float(struct writer *w, const char *name, float v)
{
    return init_new(w, name, ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT, 0, NULL, arena_copy(w->a, &v, 4), 4);
}

// Constant t with dimension i from t's dimension perm[i] (-1: a 1 in front or between).
static const char *init_permuted(struct writer *w, const struct tensor *t, int rank, const int *perm)
{
    int64_t dim[GRAPH_MAX_RANK], step[GRAPH_MAX_RANK] = {0}, own[GRAPH_MAX_RANK], s = 1,
                                 count = tensor_count(t);
    for (int i = t->rank - 1; i >= 0; i--) {
        own[i] = s;
        s *= t->dim[i];
    }
    for (int i = 0; i < rank; i++) {
        dim[i] = perm[i] < 0 ? 1 : t->dim[perm[i]];
        step[i] = perm[i] < 0 ? 0 : own[perm[i]];
    }
    const float *from = t->data;
    float *v = arena_new_n(w->a, (size_t)count, float);
    for (int64_t o = 0; o < count; o++) {
        int64_t at = 0, left = o;
        for (int i = rank - 1; i >= 0; i--) {
            at += left % dim[i] * step[i];
            left /= dim[i];
        }
        v[o] = from[at];
    }
    return init_new(w, t->name, ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT, rank, dim, v, (size_t)count * 4);
}

static const char *init_plain(struct writer *w, const struct tensor *t)
{
    static const int same[] = {0, 1, 2, 3, 4, 5};
    return init_permuted(w, t, t->rank, same);
}

// ---- forms ----

static struct forms *forms_of(struct writer *w, const struct tensor *t)
{
    for (int i = w->nforms - 1; i >= 0; i--)
        if (w->forms[i].t == t) return &w->forms[i];
    size_t n = (size_t)w->nforms, cap = (size_t)w->forms_cap;
    PUSH(w, w->forms, n, cap, (struct forms){.t = t});
    w->nforms = (int)n;
    w->forms_cap = (int)cap;
    return &w->forms[n - 1];
}

static bool is_output(const struct writer *w, const struct tensor *t)
{
    for (int i = 0; i < w->g->nout; i++)
        if (w->g->out[i] == t) return true;
    return false;
}

// The name of a form of t that is about to be made: the tensor's own for its first form, or, of an output of
// the graph, for the plain one (claimed when the writing began).
static const char *form_name(struct writer *w, const struct tensor *t, enum form f)
{
    struct forms *s = forms_of(w, t);
    bool first = !s->name[PLAIN] && !s->name[FIRST] && !s->name[NTC] && !s->name[NCT];
    if (is_output(w, t))
        s->name[f] = f == PLAIN ? t->name : name_new(w, arena_printf(w->a, "%s%s", t->name, form_suffix[f]));
    else
        s->name[f] = name_new(w, first ? t->name : arena_printf(w->a, "%s%s", t->name, form_suffix[f]));
    return s->name[f];
}

static bool form_fits(const struct tensor *t, enum form f)
{
    return f == PLAIN || (f == FIRST && (t->rank == 3 || t->rank == 4)) || (t->rank == 4 && t->dim[1] == 1);
}

static const char *transposed(struct writer *w, const struct tensor *t, const char *from, enum form to,
                              int rank, const int64_t *perm)
{
    const char *out = form_name(w, t, to);
    attr_ints(w, node_new(w, "Transpose", arena_printf(w->a, "%s/transpose", out), 1, &from, out), "perm",
              rank, perm);
    return out;
}

static const char *reshaped(struct writer *w, const struct tensor *t, const char *from, enum form to,
                            int rank, const int64_t *shape)
{
    const char *out = form_name(w, t, to);
    const char *in[] = {from, init_ints(w, arena_printf(w->a, "%s/shape", out), rank, shape)};
    node_new(w, "Reshape", arena_printf(w->a, "%s/reshape", out), 2, in, out);
    return out;
}

// t's value in form f; converts from a form that is there. Shapes begin with 0: the batch is copied.
static const char *form_get(struct writer *w, const struct tensor *t, enum form f)
{
    static const int64_t to_first_4[] = {0, 3, 1, 2}, to_plain_4[] = {0, 2, 3, 1}, swap[] = {0, 2, 1};
    const char *const *have = forms_of(w, t)->name;
    if (have[f]) return have[f];
    bool four = t->rank == 4;
    switch (f) {
    case PLAIN:
        if (have[FIRST]) return transposed(w, t, have[FIRST], PLAIN, t->rank, four ? to_plain_4 : swap);
        return reshaped(w, t, form_get(w, t, NTC), PLAIN, 4, (int64_t[]){0, 1, t->dim[2], t->dim[3]});
    case FIRST:
        if (have[PLAIN]) return transposed(w, t, have[PLAIN], FIRST, t->rank, four ? to_first_4 : swap);
        return reshaped(w, t, form_get(w, t, NCT), FIRST, 4, (int64_t[]){0, t->dim[3], 1, t->dim[2]});
    case NTC:
        if (have[PLAIN]) return reshaped(w, t, have[PLAIN], NTC, 3, (int64_t[]){0, t->dim[2], t->dim[3]});
        return transposed(w, t, form_get(w, t, NCT), NTC, 3, swap);
    default:
        if (have[FIRST]) return reshaped(w, t, have[FIRST], NCT, 3, (int64_t[]){0, t->dim[3], t->dim[2]});
        return transposed(w, t, form_get(w, t, NTC), NCT, 3, swap);
    }
}

// The form in which t is there already; channels first before others.
static enum form form_have(struct writer *w, const struct tensor *t)
{
    const char *const *have = forms_of(w, t)->name;
    return have[NCT] ? NCT : have[FIRST] ? FIRST : have[NTC] ? NTC : PLAIN;
}

// Where our dimension d stands in form f; -1: left out.
static int form_axis(const struct tensor *t, enum form f, int d)
{
    static const int first_4[] = {0, 2, 3, 1}, first_3[] = {0, 2, 1}, ntc[] = {0, -1, 1, 2},
                     nct[] = {0, -1, 2, 1};
    if (f == PLAIN) return d;
    return f == NTC ? ntc[d] : f == NCT ? nct[d] : t->rank == 4 ? first_4[d] : first_3[d];
}

static int form_rank(const struct tensor *t, enum form f)
{
    return f == NTC || f == NCT ? 3 : t->rank;
}

// The channels-first form for convolutions and pools: 1-D when height plays no part.
static enum form form_spatial(const struct tensor *x, const struct tensor *y, int32_t kernel_h, int32_t pad_h)
{
    return x->dim[1] == 1 && y->dim[1] == 1 && kernel_h == 1 && pad_h == 0 ? NCT : FIRST;
}

// ---- ops ----

// The name under which n's main op is written: with a fused activation behind it, that one gets the output's
// name.
static const char *before_act(struct writer *w, const struct node *n, enum act act, enum form f)
{
    return act == ACT_NONE ? form_name(w, n->out[0], f)
                           : name_new(w, arena_printf(w->a, "%s/linear", n->out[0]->name));
}

static void write_clip6(struct writer *w, const char *name, const char *in, const char *out)
{
    const char *all[] = {in, init_float(w, arena_printf(w->a, "%s/min", out), 0),
                         init_float(w, arena_printf(w->a, "%s/max", out), 6)};
    node_new(w, "Clip", name, 3, all, out);
}

static void write_act(struct writer *w, const struct node *n, enum act act, enum form f, const char *from)
{
    if (act == ACT_NONE) return;
    const char *out = form_name(w, n->out[0], f);
    if (act == ACT_RELU)
        node_new(w, "Relu", arena_printf(w->a, "%s/relu", n->name), 1, &from, out);
    else
        write_clip6(w, arena_printf(w->a, "%s/relu6", n->name), from, out);
}

// Numbers of height and width; 1-D has width only.
static void attr_hw(struct writer *w, Onnx__NodeProto *p, const char *name, enum form f, int32_t h,
                    int32_t ww)
{
    int64_t v[] = {h, ww};
    attr_ints(w, p, name, f == NCT ? 1 : 2, f == NCT ? v + 1 : v);
}

static void attr_pads(struct writer *w, Onnx__NodeProto *p, enum form f, const int32_t *pad)
{
    int64_t v[] = {pad[0], pad[1], pad[2], pad[3]}, one[] = {pad[1], pad[3]};
    attr_ints(w, p, "pads", f == NCT ? 2 : 4, f == NCT ? one : v);
}

static bool write_conv(struct writer *w, const struct node *n)
{
    static const int dense[] = {0, 3, 1, 2}, dense_1d[] = {0, 3, 2}, each[] = {3, 0, 1, 2},
                     each_1d[] = {3, 0, 2};
    bool depthwise = n->op == OP_DEPTHWISE_CONV_2D;
    const struct conv *c = &n->as.conv;
    const struct tensor *x = n->in[0], *k = n->in[1], *b = n->nin > 2 ? n->in[2] : NULL;
    enum form f = form_spatial(x, n->out[0], k->dim[1], c->pad[0] + c->pad[2]);
    const int *perm = f == NCT ? (depthwise ? each_1d : dense_1d) : depthwise ? each : dense;
    const char *in[3] = {form_get(w, x, f), init_permuted(w, k, f == NCT ? 3 : 4, perm),
                         b ? init_plain(w, b) : NULL};
    const char *out = before_act(w, n, c->act, f);
    Onnx__NodeProto *p = node_new(w, "Conv", n->name, b ? 3 : 2, in, out);
    attr_hw(w, p, "dilations", f, c->dilation[0], c->dilation[1]);
    attr_int(w, p, "group", depthwise ? x->dim[3] : 1);
    attr_hw(w, p, "kernel_shape", f, k->dim[1], k->dim[2]);
    attr_pads(w, p, f, c->pad);
    attr_hw(w, p, "strides", f, c->stride[0], c->stride[1]);
    write_act(w, n, c->act, f, out);
    return true;
}

static bool write_pool(struct writer *w, const struct node *n)
{
    const struct pool *c = &n->as.pool;
    enum form f = form_spatial(n->in[0], n->out[0], c->kernel[0], c->pad[0] + c->pad[2]);
    const char *in = form_get(w, n->in[0], f), *out = before_act(w, n, c->act, f);
    Onnx__NodeProto *p =
        node_new(w, n->op == OP_MAX_POOL_2D ? "MaxPool" : "AveragePool", n->name, 1, &in, out);
    attr_hw(w, p, "kernel_shape", f, c->kernel[0], c->kernel[1]);
    attr_pads(w, p, f, c->pad);
    attr_hw(w, p, "strides", f, c->stride[0], c->stride[1]);
    write_act(w, n, c->act, f, out);
    return true;
}

static bool write_dense(struct writer *w, const struct node *n)
{
    static const int turned[] = {1, 0};
    const struct tensor *b = n->nin > 2 ? n->in[2] : NULL;
    enum act act = n->as.dense.act;
    const char *in[3] = {form_get(w, n->in[0], PLAIN), NULL, b ? init_plain(w, b) : NULL}, *out;
    if (n->in[0]->rank == 2) {
        in[1] = init_plain(w, n->in[1]);
        out = before_act(w, n, act, PLAIN);
        attr_int(w, node_new(w, "Gemm", n->name, b ? 3 : 2, in, out), "transB", 1);
    } else {
        in[1] = init_permuted(w, n->in[1], 2, turned);
        out = b ? name_new(w, arena_printf(w->a, "%s/matmul", n->name)) : before_act(w, n, act, PLAIN);
        node_new(w, "MatMul", n->name, 2, in, out);
        if (b) {
            const char *sum[] = {out, in[2]};
            out = before_act(w, n, act, PLAIN);
            node_new(w, "Add", arena_printf(w->a, "%s/bias", n->name), 2, sum, out);
        }
    }
    write_act(w, n, act, PLAIN, out);
    return true;
}

static bool write_batch_norm(struct writer *w, const struct node *n)
{
    const struct tensor *x = n->in[0];
    enum form f = x->rank == 4 ? (form_fits(x, NCT) ? NCT : FIRST) : x->rank == 3 ? FIRST : PLAIN;
    if (x->rank < 2 || x->rank > 4) return fail(w->e, "its input has %d dimensions", x->rank);
    const char *in[5] = {form_get(w, x, f)};
    for (int i = 1; i < 5; i++) in[i] = init_plain(w, n->in[i]);
    Onnx__NodeProto *p = node_new(w, "BatchNormalization", n->name, 5, in, form_name(w, n->out[0], f));
    attr_float(w, p, "epsilon", n->as.batch_norm.epsilon);
    if (n->as.batch_norm.frozen) p->doc_string = "frozen: statistics of the data set, not trained";
    return true;
}

// Constant operand t for a tensor y in form f: a dimension of t for each of the form's.
static const char *operand(struct writer *w, const struct tensor *t, const struct tensor *y, enum form f)
{
    if (!tensor_is_const(t)) return form_get(w, t, f);
    int perm[GRAPH_MAX_RANK], ahead = y->rank - t->rank;
    if (f == PLAIN) return init_plain(w, t);
    for (int d = 0; d < y->rank; d++)
        if (form_axis(y, f, d) >= 0) perm[form_axis(y, f, d)] = d < ahead ? -1 : d - ahead;
    return init_permuted(w, t, form_rank(y, f), perm);
}

static bool write_binary(struct writer *w, const struct node *n)
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
    node_new(w, name[n->op], n->name, 2, in, out);
    write_act(w, n, n->as.binary.act, f, out);
    return true;
}

static bool write_unary(struct writer *w, const struct node *n)
{
    static const char *const name[] = {
        [OP_RELU] = "Relu", [OP_LEAKY_RELU] = "LeakyRelu", [OP_ELU] = "Elu", [OP_LOGISTIC] = "Sigmoid",
        [OP_TANH] = "Tanh", [OP_SOFTMAX] = "Softmax"};
    const struct tensor *x = n->in[0];
    enum form f = form_have(w, x);
    const char *in = form_get(w, x, f);
    if (n->op == OP_RELU6) {
        write_clip6(w, n->name, in, form_name(w, n->out[0], f));
        return true;
    }
    if (n->op == OP_SOFTMAX && n->as.softmax.beta != 1) {
        const char *scaled[] = {in,
                                init_float(w, arena_printf(w->a, "%s/beta", n->name), n->as.softmax.beta)};
        in = name_new(w, arena_printf(w->a, "%s/scaled", n->name));
        node_new(w, "Mul", arena_printf(w->a, "%s/scale", n->name), 2, scaled, in);
    }
    Onnx__NodeProto *p = node_new(w, name[n->op], n->name, 1, &in, form_name(w, n->out[0], f));
    if (n->op == OP_LEAKY_RELU || n->op == OP_ELU) attr_float(w, p, "alpha", n->as.alpha.alpha);
    if (n->op == OP_SOFTMAX) attr_int(w, p, "axis", form_axis(x, f, x->rank - 1));
    return true;
}

static bool write_mean(struct writer *w, const struct node *n)
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
        node_new(w, "GlobalAveragePool", n->name, 1, &in, out);
        return true;
    }
    int64_t axes[GRAPH_MAX_RANK];
    int naxes = 0;
    for (int d = 0; d < x->rank; d++) // in ONNX's order
        for (int i = 0; i < n->as.reduce.naxis; i++)
            if (form_axis(x, f, axis[i]) == d) axes[naxes++] = d;
    Onnx__NodeProto *p = node_new(w, "ReduceMean", n->name, 1, &in, out);
    attr_ints(w, p, "axes", naxes, axes);
    attr_int(w, p, "keepdims", keep);
    return true;
}

static bool batch_kept(struct writer *w, const struct node *n)
{
    const struct tensor *x = n->in[0], *y = n->out[0];
    if (x->rank > 0 && y->rank > 0 && x->dim[0] == 1 && y->dim[0] == 1) return true;
    return fail(w->e, "its first dimension is not a batch of 1; ONNX files are written with a free batch");
}

static bool write_reshape(struct writer *w, const struct node *n)
{
    const struct tensor *x = n->in[0], *y = n->out[0];
    if (!batch_kept(w, n)) return false;
    struct forms *to = forms_of(w, y), *from = forms_of(w, x);
    // (n, t, c) <-> (n, 1, t, c) is only a question of form.
    bool grows = x->rank == 3 && y->rank == 4 && y->dim[1] == 1 && !memcmp(x->dim + 1, y->dim + 2, 8);
    bool shrinks = y->rank == 3 && x->rank == 4 && x->dim[1] == 1 && !memcmp(y->dim + 1, x->dim + 2, 8);
    to = forms_of(w, y); // the list may have moved
    from = forms_of(w, x);
    if (!is_output(w, y) && (grows || shrinks)) {
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
    in[1] = init_ints(w, arena_printf(w->a, "%s/shape", n->name), y->rank, shape);
    node_new(w, "Reshape", n->name, 2, in, out);
    return true;
}

static bool write_dropout(struct writer *w, const struct node *n) // the identity: left out
{
    struct forms *to = forms_of(w, n->out[0]), *from = forms_of(w, n->in[0]);
    to = forms_of(w, n->out[0]);
    if (!is_output(w, n->out[0])) {
        memcpy(to->name, from->name, sizeof to->name);
        return true;
    }
    const char *in = form_get(w, n->in[0], PLAIN);
    node_new(w, "Identity", n->name, 1, &in, form_name(w, n->out[0], PLAIN));
    return true;
}

static bool write_transpose(struct writer *w, const struct node *n)
{
    int64_t perm[GRAPH_MAX_RANK];
    if (n->as.transpose.perm[0] != 0) return fail(w->e, "it moves the batch");
    for (int i = 0; i < n->in[0]->rank; i++) perm[i] = n->as.transpose.perm[i];
    const char *in = form_get(w, n->in[0], PLAIN);
    attr_ints(w, node_new(w, "Transpose", n->name, 1, &in, form_name(w, n->out[0], PLAIN)), "perm",
              n->in[0]->rank, perm);
    return true;
}

static bool write_pad(struct writer *w, const struct node *n)
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
                        init_ints(w, arena_printf(w->a, "%s/pads", n->name), 2 * rank, pads)};
    node_new(w, "Pad", n->name, 2, in, form_name(w, n->out[0], f));
    return true;
}

static bool write_concat(struct writer *w, const struct node *n)
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
    attr_int(w, node_new(w, "Concat", n->name, n->nin, in, form_name(w, y, f)), "axis",
             form_axis(y, f, n->as.axis.axis));
    return true;
}

static bool write_slice(struct writer *w, const struct node *n)
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
                        init_ints(w, arena_printf(w->a, "%s/starts", n->name), count, start),
                        init_ints(w, arena_printf(w->a, "%s/ends", n->name), count, end),
                        init_ints(w, arena_printf(w->a, "%s/axes", n->name), count, axes),
                        init_ints(w, arena_printf(w->a, "%s/steps", n->name), count, step)};
    node_new(w, "Slice", n->name, 5, in, form_name(w, y, f));
    return true;
}

// ---- for ops in files of their own ----

bool onnx_fail(struct writer *w, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fail(w->e, "%s", arena_vprintf(w->a, fmt, ap));
    va_end(ap);
    return false;
}

struct arena *onnx_arena(struct writer *w)
{
    return w->a;
}

const char *onnx_plain(struct writer *w, const struct tensor *t)
{
    return form_get(w, t, PLAIN);
}

const char *onnx_plain_out(struct writer *w, const struct tensor *t)
{
    return form_name(w, t, PLAIN);
}

const char *onnx_name(struct writer *w, const char *wish)
{
    return name_new(w, wish);
}

Onnx__NodeProto *onnx_node(struct writer *w, const char *op, const char *name, int nin, const char *const *in,
                           const char *out)
{
    return node_new(w, op, name, nin, in, out);
}

Onnx__AttributeProto *onnx_attr(struct writer *w, Onnx__NodeProto *n, const char *name, int type)
{
    return attr_new(w, n, name, type);
}

void onnx_attr_ints(struct writer *w, Onnx__NodeProto *n, const char *name, int count, const int64_t *v)
{
    attr_ints(w, n, name, count, v);
}

const char *onnx_const_ints(struct writer *w, const char *name, int count, const int64_t *v)
{
    return init_ints(w, name, count, v);
}

const char *onnx_const_floats(struct writer *w, const char *name, int rank, const int64_t *dim,
                              const float *v)
{
    int64_t count = 1;
    for (int i = 0; i < rank; i++) count *= dim[i];
    return init_new(w, name, ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT, rank, dim, v, (size_t)count * sizeof *v);
}

static bool (*const write_op[OP_COUNT])(struct writer *, const struct node *) = {
    [OP_CONV_2D] = write_conv,
    [OP_DEPTHWISE_CONV_2D] = write_conv,
    [OP_DENSE] = write_dense,
    [OP_MAX_POOL_2D] = write_pool,
    [OP_AVERAGE_POOL_2D] = write_pool,
    [OP_MEAN] = write_mean,
    [OP_ADD] = write_binary,
    [OP_SUB] = write_binary,
    [OP_MUL] = write_binary,
    [OP_DIV] = write_binary,
    [OP_RELU] = write_unary,
    [OP_RELU6] = write_unary,
    [OP_LEAKY_RELU] = write_unary,
    [OP_ELU] = write_unary,
    [OP_LOGISTIC] = write_unary,
    [OP_TANH] = write_unary,
    [OP_SOFTMAX] = write_unary,
    [OP_RESHAPE] = write_reshape,
    [OP_TRANSPOSE] = write_transpose,
    [OP_PAD] = write_pad,
    [OP_CONCATENATION] = write_concat,
    [OP_STRIDED_SLICE] = write_slice,
    [OP_BATCH_NORM] = write_batch_norm,
    [OP_DROPOUT] = write_dropout,
    [OP_RECURRENT] = onnx_write_recurrent,
};

// ---- the model ----

static Onnx__ValueInfoProto *value_info(struct writer *w, const struct tensor *t, const char *name)
{
    Onnx__ValueInfoProto *v = arena_new(w->a, Onnx__ValueInfoProto);
    onnx__value_info_proto__init(v);
    v->name = (char *)name;
    v->type = arena_new(w->a, Onnx__TypeProto);
    onnx__type_proto__init(v->type);
    v->type->value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    Onnx__TypeProto__Tensor *tt = v->type->tensor_type = arena_new(w->a, Onnx__TypeProto__Tensor);
    onnx__type_proto__tensor__init(tt);
    tt->has_elem_type = 1;
    tt->elem_type = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
    tt->shape = arena_new(w->a, Onnx__TensorShapeProto);
    onnx__tensor_shape_proto__init(tt->shape);
    tt->shape->n_dim = (size_t)t->rank;
    tt->shape->dim = arena_new_n(w->a, (size_t)t->rank, Onnx__TensorShapeProto__Dimension *);
    for (int i = 0; i < t->rank; i++) {
        Onnx__TensorShapeProto__Dimension *d = tt->shape->dim[i] =
            arena_new(w->a, Onnx__TensorShapeProto__Dimension);
        onnx__tensor_shape_proto__dimension__init(d);
        d->value_case = i ? ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE
                          : ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM;
        if (i)
            d->dim_value = t->dim[i];
        else
            d->dim_param = "N";
    }
    return v;
}

static bool tensors_check(const struct node *n, struct err *e)
{
    for (int i = 0; i < n->nin + n->nout; i++) {
        const struct tensor *t = i < n->nin ? n->in[i] : n->out[i - n->nin];
        if (t && (t->type != F32 || t->q.n))
            return fail(
                e, "tensor %s is %s; ONNX files are written for float models only, name the file .tflite",
                t->name, dtype_name(t->type));
        if (i > 0 && i < n->nin && t && !tensor_is_const(t) &&
            (n->op == OP_CONV_2D || n->op == OP_DEPTHWISE_CONV_2D || n->op == OP_DENSE ||
             n->op == OP_BATCH_NORM))
            return fail(e, "weights %s are computed", t->name);
    }
    return true;
}

static bool graph_write(struct writer *w, Onnx__GraphProto *p)
{
    const struct graph *g = w->g;
    p->name = (char *)(g->name ? g->name : "model");
    p->n_input = (size_t)g->nin;
    p->n_output = (size_t)g->nout;
    p->input = arena_new_n(w->a, p->n_input, Onnx__ValueInfoProto *);
    p->output = arena_new_n(w->a, p->n_output, Onnx__ValueInfoProto *);
    for (int i = 0; i < g->nin + g->nout; i++) {
        struct tensor *t = i < g->nin ? g->in[i] : g->out[i - g->nin];
        if (t->rank < 1 || t->dim[0] != 1)
            return fail(w->e, "%s %s: its first dimension is not a batch of 1",
                        i < g->nin ? "input" : "output", t->name);
        if (i < g->nin) {
            const char *name = forms_of(w, t)->name[PLAIN] = name_new(w, t->name);
            p->input[i] = value_info(w, t, name);
        } else if (!forms_of(w, t)->name[PLAIN])
            PUSH(w, w->used, w->nused, w->used_cap, t->name);
    }
    for (int k = 0; k < g->nnode; k++) {
        const struct node *n = g->node[k];
        if (!tensors_check(n, w->e)) return fail_in(w->e, "%s %s", op_def(n->op)->name, n->name);
        if (!write_op[n->op])
            return fail(w->e, "%s %s cannot be written to ONNX; name the file .tflite", op_def(n->op)->name,
                        n->name);
        if (!write_op[n->op](w, n)) return fail_in(w->e, "%s %s", op_def(n->op)->name, n->name);
    }
    for (int i = 0; i < g->nout; i++) p->output[i] = value_info(w, g->out[i], form_get(w, g->out[i], PLAIN));
    p->n_node = w->nnode;
    p->node = w->node;
    p->n_initializer = w->ninit;
    p->initializer = w->init;
    return true;
}

bool onnx_write(const struct graph *g, struct buf *out, struct err *e)
{
    struct arena a = {0};
    struct writer w = {.g = g, .a = &a, .e = e};
    Onnx__ModelProto m;
    Onnx__GraphProto p;
    Onnx__OperatorSetIdProto set, *sets[] = {&set};
    onnx__model_proto__init(&m);
    onnx__graph_proto__init(&p);
    onnx__operator_set_id_proto__init(&set);
    bool ok = graph_write(&w, &p);
    if (ok) {
        set.domain = "";
        set.has_version = 1;
        set.version = OPSET;
        m.has_ir_version = 1;
        m.ir_version = IR_VERSION;
        m.producer_name = "wearlite";
        m.n_opset_import = 1;
        m.opset_import = sets;
        m.graph = &p;
        m.n_metadata_props = (size_t)g->nmeta;
        m.metadata_props = arena_new_n(&a, (size_t)g->nmeta, Onnx__StringStringEntryProto *);
        for (int i = 0; i < g->nmeta; i++) {
            Onnx__StringStringEntryProto *s = m.metadata_props[i] =
                arena_new(&a, Onnx__StringStringEntryProto);
            onnx__string_string_entry_proto__init(s);
            s->key = (char *)g->meta[i].key;
            s->value = (char *)g->meta[i].value;
        }
        onnx_pack(&m, out);
    }
    arena_free(&a);
    return ok;
}
