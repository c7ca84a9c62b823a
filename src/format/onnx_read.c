// The ONNX reader: names, attributes, and one node after the other. Ops are in onnx_op_*.c, layouts in
// value.c, the model around the nodes in onnx_model.c.
#include "onnx_read.h"
#include <stdlib.h>
#include <string.h>

static const char *text(const char *s)
{
    return s ? s : "";
}

bool node_fail(struct onnx *r, const struct onnx_node *n, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fail(r->e, "%s", arena_vprintf(r->scratch, fmt, ap));
    va_end(ap);
    return fail_in(r->e, "node %s (%s)", n->name, n->op);
}

// ---- values by name ----

struct value **onnx_slot(struct onnx *r, const char *name)
{
    uint32_t h = 2166136261u;
    for (const char *p = name; *p; p++) h = (h ^ (uint8_t)*p) * 16777619u;
    size_t k = h % r->nslot;
    while (r->slot[k] && strcmp(r->slot[k]->name, name)) k = (k + 1) % r->nslot;
    return &r->slot[k];
}

bool onnx_register(struct onnx *r, struct value *v)
{
    struct value **s = onnx_slot(r, v->name);
    if (*s) return fail(r->e, "two values are named %s; the file is damaged", v->name);
    *s = v;
    return true;
}

struct value *node_in(struct onnx *r, struct onnx_node *n, int i)
{
    if (i < n->nin && n->in[i]) return n->in[i];
    node_fail(r, n, "input %d is missing; the file is damaged", i);
    return NULL;
}

struct value *node_computed(struct onnx *r, struct onnx_node *n, int i)
{
    struct value *v = node_in(r, n, i);
    if (!v || !value_is_const(v)) return v;
    node_fail(r, n, "input %s is a constant; simplify the model before (constant folding) or export it again",
              v->name);
    return NULL;
}

struct value *node_floats(struct onnx *r, struct onnx_node *n, int i)
{
    struct value *v = node_in(r, n, i);
    if (!v || v->f) return v;
    if (v->i)
        node_fail(
            r, n,
            "input %s holds integers where floats are expected; the file is damaged, or its operators are "
            "quantised in a way that is not supported: quantize it in the QDQ format",
            v->name);
    else
        node_fail(r, n,
                  "input %s is computed in the graph; it must be stored in the file as a constant "
                  "(export with constant folding)",
                  v->name);
    return NULL;
}

struct value *node_ints(struct onnx *r, struct onnx_node *n, int i)
{
    struct value *v = node_in(r, n, i);
    if (!v || v->i) return v;
    if (v->f) {
        node_fail(r, n, "input %s holds floats where integers are expected; the file is damaged", v->name);
        return NULL;
    }
    node_fail(r, n, "input %s depends on the data; export with fixed shapes (only the batch may be symbolic)",
              v->name);
    return NULL;
}

// ---- attributes ----

const Onnx__AttributeProto *attr_find(const struct onnx_node *n, const char *name)
{
    for (size_t i = 0; i < n->p->n_attribute; i++)
        if (!strcmp(text(n->p->attribute[i]->name), name)) return n->p->attribute[i];
    return NULL;
}

int64_t attr_int(const struct onnx_node *n, const char *name, int64_t otherwise)
{
    const Onnx__AttributeProto *a = attr_find(n, name);
    return a && a->has_i ? a->i : otherwise;
}

float attr_float(const struct onnx_node *n, const char *name, float otherwise)
{
    const Onnx__AttributeProto *a = attr_find(n, name);
    return a && a->has_f ? a->f : otherwise;
}

const char *attr_text(struct onnx *r, const struct onnx_node *n, const char *name, const char *otherwise)
{
    const Onnx__AttributeProto *a = attr_find(n, name);
    return a && a->has_s ? arena_strndup(r->scratch, (const char *)a->s.data, a->s.len) : otherwise;
}

bool node_list(struct onnx *r, struct onnx_node *n, const char *attr, int input, const int64_t **list,
               int *count)
{
    const Onnx__AttributeProto *a = attr ? attr_find(n, attr) : NULL;
    *list = NULL;
    *count = 0;
    if (a) {
        if (a->n_ints > VALUE_MAX_FACTOR)
            return node_fail(r, n, "%s has %zu entries; the file is damaged", attr, a->n_ints);
        static const int64_t none[1];
        *list = a->n_ints ? a->ints : none;
        *count = (int)a->n_ints;
    } else if (input >= 0 && input < n->nin && n->in[input]) {
        const struct value *v = node_ints(r, n, input);
        if (!v) return false;
        if (v->rank > 1 || value_count(v) > VALUE_MAX_FACTOR)
            return node_fail(r, n, "input %s must be a short list of integers", v->name);
        *list = v->i;
        *count = (int)value_count(v);
    }
    return true;
}

int node_axis(struct onnx *r, const struct onnx_node *n, int64_t axis, int rank)
{
    if (axis >= -rank && axis < rank) return (int)(axis < 0 ? axis + rank : axis);
    node_fail(r, n, "axis %lld of a value with %d dimensions; the file is damaged", (long long)axis, rank);
    return -1;
}

// ---- nodes ----

struct node *node_add(struct onnx *r, const struct onnx_node *n, enum op op, int nin)
{
    struct node *m = graph_add(r->g, r->a, op, arena_strdup(r->a, n->name), nin, 1);
    m->out[0] = tensor_new(r->a, n->nout ? n->out[0].name : m->name, F32, 0, NULL);
    return m;
}

struct tensor *node_done(struct onnx *r, const struct onnx_node *n, struct node *m)
{
    struct tensor *t = graph_apply(r->g, r->a, m, r->e);
    if (t && !tensor_check(t, r->e)) t = NULL;
    if (!t) fail_in(r->e, "node %s (%s)", n->name, n->op);
    return t;
}

bool node_same(struct onnx_node *n, const struct value *v)
{
    const char *name = n->out[0].name;
    n->out[0] = *v;
    n->out[0].name = name;
    return true;
}

bool node_like(struct onnx *r, struct onnx_node *n, struct node *m, const struct value *x)
{
    struct tensor *t = node_done(r, n, m);
    node_same(n, x);
    n->out[0].t = t;
    return t != NULL;
}

bool node_unary(struct onnx *r, struct onnx_node *n, struct node *m, const struct value *x)
{
    m->in[0] = x->t;
    return node_like(r, n, m, x);
}

bool dims_check(struct onnx *r, const struct onnx_node *n, int rank, const int64_t *dim, int32_t *out)
{
    int64_t count = 1;
    for (int i = 0; i < rank; i++) {
        if (dim[i] < 0 || dim[i] > INT32_MAX || (count *= dim[i]) > INT32_MAX / 8) {
            fail(r->e, "dimension %d is %lld: too large, or damaged", i, (long long)dim[i]);
            return n ? fail_in(r->e, "node %s (%s)", n->name, n->op) : false;
        }
        out[i] = (int32_t)dim[i];
    }
    return true;
}

bool fold_new(struct onnx *r, const struct onnx_node *n, struct value *v, int rank, const int32_t *dim,
              float **f, int64_t **i)
{
    v->rank = rank;
    if (rank) memmove(v->dim, dim, (size_t)rank * sizeof *dim);
    int64_t count = value_count(v);
    if (count > r->fold_left)
        return node_fail(r, n, "would make a constant of %lld numbers from little; refused",
                         (long long)count);
    r->fold_left -= count;
    if (f)
        v->f = *f = arena_new_n(r->a, (size_t)count, float);
    else
        v->i = *i = arena_new_n(r->a, (size_t)count, int64_t);
    return true;
}

bool onnx_memory_check(struct onnx *r, const char *op, const char *name)
{
    if (r->a->bytes + r->scratch->bytes <= r->most_bytes) return true;
    return fail(r->e,
                "node %s (%s): up to here the network takes more than %zu MB of memory, as the same "
                "constants are laid out for "
                "many nodes; refused",
                name, op, r->most_bytes >> 20);
}

static const struct onnx_op_entry *const tables[] = {onnx_ops_conv,       onnx_ops_dense,     onnx_ops_binary,
                                                     onnx_ops_activation, onnx_ops_norm,      onnx_ops_reduce,
                                                     onnx_ops_shape,      onnx_ops_join,      onnx_ops_slice,
                                                     onnx_ops_gather,     onnx_ops_pad,       onnx_ops_choose,
                                                     onnx_ops_fold,       onnx_ops_recurrent, onnx_ops_matmul,
                                                     onnx_ops_quantize,   onnx_ops_dynamic,   NULL};

static const struct onnx_op_entry *table_find(const struct onnx_op_entry *p, const char *op)
{
    while (p->op && strcmp(p->op, op)) p++;
    return p->op ? p : NULL;
}

static const struct onnx_op_entry *op_find(const char *op)
{
    const struct onnx_op_entry *p = NULL;
    for (int t = 0; tables[t] && !p; t++) p = table_find(tables[t], op);
    return p;
}

bool onnx_op_read(struct onnx *r, struct onnx_node *n)
{
    const struct onnx_op_entry *op = op_find(n->op);
    n->as = op->as;
    return op->read(r, n);
}

// Operators that move or choose numbers also take quantised ones: as floats between DEQUANTIZE and QUANTIZE by
// the same scale.
static bool moves(const char *op)
{
    static const char *const names[] = {
        "Concat",  "DepthToSpace", "Expand",    "Flatten",   "Gather", "Identity",
        "MaxPool", "Pad",          "Reshape",   "Slice",     "Split",  "SpaceToDepth",
        "Squeeze", "Tile",         "Transpose", "Unsqueeze", NULL};
    for (int i = 0; names[i]; i++)
        if (!strcmp(names[i], op)) return true;
    return false;
}

static bool op_read_quantised(struct onnx *r, struct onnx_node *n, const struct onnx_op_entry *op)
{
    const struct quant *q = NULL;
    int elem = 0;
    for (int i = 0; i < n->nin; i++) {
        const struct value *v = n->in[i];
        if (!v || value_is_const(v) || v->t->type != I8) continue;
        if (!moves(n->op) || !v->t->q.n)
            return node_fail(
                r, n, "takes quantised numbers (%s) without their scale; export in the QDQ format", v->name);
        if (!q) q = &v->t->q, elem = v->elem;
        if (!(n->in[i] = make_dequantized(r, n, n->in[i]))) return false;
    }
    if (!op->read(r, n)) return false;
    for (int i = 0; q && i < n->nout; i++) {
        struct value *v = &n->out[i];
        if (value_is_const(v) || !v->t) continue;
        if (!node_is(r, n, i, make_quantized(r, n, v, q))) return false;
        v->elem = elem;
    }
    return true;
}

static const struct refusal {
    const char *op, *why;
} refusals[] = {
    {"If", "control flow cannot be deployed; export the model traced, with a fixed shape"},
    {"Loop", "loops cannot be deployed; export the model traced (not scripted), with a fixed window"},
    {"Scan", "loops cannot be deployed; export the recurrent layer as LSTM, GRU or RNN, or unrolled"},
    {"ConvTranspose",
     "transposed convolutions are not supported; a classifier does without, cut the decoder off"},
    {"Resize", "resizing is not supported; feed windows of the size that the network wants"},
    {"Upsample", "resizing is not supported; feed windows of the size that the network wants"},
    {"GridSample", "resampling is not supported"},
    {"TopK", "sorting is not supported; end the model at the scores, `wearlite eval` takes the largest"},
    {"NonZero", "its output has no fixed size; export with fixed shapes and constant folding"},
    {"DFT", "Fourier transforms are not supported; compute the spectrum before the model"},
    {"STFT", "Fourier transforms are not supported; compute the spectrum before the model"},
    {"SoftmaxCrossEntropyLoss",
     "losses are for training; export the model for inference, it ends at the scores"},
    {"NegativeLogLikelihoodLoss",
     "losses are for training; export the model for inference, it ends at the scores"},
    {"RandomNormal", "random numbers are not supported; export the model for inference"},
    {"RandomNormalLike", "random numbers are not supported; export the model for inference"},
    {"RandomUniform", "random numbers are not supported; export the model for inference"},
    {"RandomUniformLike", "random numbers are not supported; export the model for inference"},
    {"SequenceConstruct", "sequences of tensors are not supported; export with plain tensors"},
    {NULL, NULL},
};

static bool refuse(struct onnx *r, const struct onnx_node *n)
{
    for (const struct refusal *p = refusals; p->op; p++)
        if (!strcmp(n->op, p->op)) return node_fail(r, n, "%s", p->why);
    return node_fail(
        r, n,
        "this operator is not supported; replace the layer, or simplify the export (onnxsim often "
        "removes such operators)");
}

// What became of the node, for inspect: nodes that leave nothing behind, or several.
static void note(struct onnx *r, const struct onnx_node *n)
{
    char ops[160];
    note_list_ops(ops, sizeof ops, r->g, n->first);
    if (value_is_const(&n->out[0])) {
        if (strcmp(n->op, "Constant"))
            graph_note(r->g, r->a, "%s %s: computed when the file was read", n->op, n->out[0].name);
    } else if (r->g->nnode == n->first) {
        graph_note(r->g, r->a, "%s %s: needs no operator, dimensions are only named anew", n->op,
                   n->out[0].name);
    } else if (r->g->nnode > n->first + 1) {
        graph_note(r->g, r->a, "%s %s became %s", n->op, n->out[0].name, ops);
    }
}

bool onnx_node_read(struct onnx *r, const Onnx__NodeProto *p)
{
    struct onnx_node n = {.p = p, .op = text(p->op_type), .nin = (int)p->n_input, .nout = (int)p->n_output};
    n.name = p->name && *p->name ? p->name : p->n_output ? text(p->output[0]) : "?";
    if (p->n_input > 4096 || p->n_output > 4096 || !p->n_output)
        return node_fail(r, &n, "%zu inputs, %zu outputs; the file is damaged", p->n_input, p->n_output);
    const bool microsoft = p->domain && !strcmp(p->domain, "com.microsoft");
    const struct onnx_op_entry *op = microsoft ? table_find(onnx_ops_microsoft, n.op) : op_find(n.op);
    if (microsoft && !op) op = table_find(onnx_ops_microsoft_dynamic, n.op);
    if (p->domain && *p->domain && strcmp(p->domain, "ai.onnx") && !(microsoft && op))
        return node_fail(r, &n, "it belongs to the operator set %s; export with standard operators only",
                         p->domain);
    if (!op) return refuse(r, &n);
    n.as = op->as;
    n.first = r->g->nnode;
    n.in = arena_new_n(r->scratch, (size_t)n.nin, struct value *);
    n.out = arena_new_n(r->scratch, (size_t)n.nout, struct value);
    for (int i = 0; i < n.nin; i++) {
        const char *name = text(p->input[i]);
        if (!*name) continue;
        n.in[i] = *onnx_slot(r, name);
        if (!n.in[i])
            return node_fail(r, &n, "input %s is not made by any node before it; the file is damaged", name);
        if (!value_is_const(n.in[i]) && !n.in[i]->t)
            return node_fail(r, &n, "input %s is an output that this tool does not compute", name);
    }
    for (int i = 0; i < n.nout; i++) n.out[i].name = arena_strdup(r->a, text(p->output[i]));
    const bool aware = microsoft || table_find(onnx_ops_quantize, n.op) || table_find(onnx_ops_dynamic, n.op);
    if (!(aware ? op->read(r, &n) : op_read_quantised(r, &n, op))) return false;
    if (!onnx_memory_check(r, n.op, n.name)) return false;
    note(r, &n);
    for (int i = 0; i < n.nout; i++)
        if (*n.out[i].name && !onnx_register(r, &n.out[i])) return false;
    return true;
}
