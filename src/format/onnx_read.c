// The ONNX reader: names, attributes, and the walk over the nodes. Ops are in onnx_op_*.c, layouts in
// value.c.
#include "onnx_read.h"
#include "format.h"
#include <stdlib.h>
#include <string.h>

enum { MAX_NODES = 10000 }; // the checks of a graph take time by the square of it

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

static struct value **slot_of(struct onnx *r, const char *name)
{
    uint32_t h = 2166136261u;
    for (const char *p = name; *p; p++) h = (h ^ (uint8_t)*p) * 16777619u;
    size_t k = h % r->nslot;
    while (r->slot[k] && strcmp(r->slot[k]->name, name)) k = (k + 1) % r->nslot;
    return &r->slot[k];
}

static bool value_register(struct onnx *r, struct value *v)
{
    struct value **s = slot_of(r, v->name);
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
        node_fail(r, n,
                  "input %s holds integers where floats are expected; quantized ONNX is not read yet, "
                  "give the float model",
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

static const struct onnx_op_entry *const tables[] = {
    onnx_ops_conv, onnx_ops_dense, onnx_ops_elementwise, onnx_ops_shape, onnx_ops_fold, onnx_ops_recurrent,
    NULL};

static onnx_op *op_find(const char *op)
{
    for (int t = 0; tables[t]; t++)
        for (const struct onnx_op_entry *p = tables[t]; p->op; p++)
            if (!strcmp(p->op, op)) return p->read;
    return NULL;
}

static bool refuse(struct onnx *r, const struct onnx_node *n)
{
    static const char *const control[] = {"If", "Loop", "Scan", NULL};
    for (int i = 0; control[i]; i++)
        if (!strcmp(n->op, control[i]))
            return node_fail(r, n,
                             "control flow cannot be deployed; export the model traced, with a fixed shape");
    if (strstr(n->op, "uantize") || strstr(n->op, "Integer") || !strncmp(n->op, "QLinear", 7))
        return node_fail(
            r, n, "quantized ONNX is not read; give the float model and quantize it with `wearlite convert`");
    return node_fail(
        r, n,
        "this operator is not supported; replace the layer, or simplify the export (onnxsim often "
        "removes such operators)");
}

static bool node_read(struct onnx *r, const Onnx__NodeProto *p)
{
    struct onnx_node n = {.p = p, .op = text(p->op_type), .nin = (int)p->n_input, .nout = (int)p->n_output};
    n.name = p->name && *p->name ? p->name : p->n_output ? text(p->output[0]) : "?";
    if (p->n_input > 4096 || p->n_output > 4096 || !p->n_output)
        return node_fail(r, &n, "%zu inputs, %zu outputs; the file is damaged", p->n_input, p->n_output);
    if (p->domain && *p->domain && strcmp(p->domain, "ai.onnx"))
        return node_fail(r, &n, "it belongs to the operator set %s; export with standard operators only",
                         p->domain);
    onnx_op *op = op_find(n.op);
    if (!op) return refuse(r, &n);
    n.in = arena_new_n(r->scratch, (size_t)n.nin, struct value *);
    n.out = arena_new_n(r->scratch, (size_t)n.nout, struct value);
    for (int i = 0; i < n.nin; i++) {
        const char *name = text(p->input[i]);
        if (!*name) continue;
        n.in[i] = *slot_of(r, name);
        if (!n.in[i])
            return node_fail(r, &n, "input %s is not made by any node before it; the file is damaged", name);
        if (!value_is_const(n.in[i]) && !n.in[i]->t)
            return node_fail(r, &n, "input %s is an output that this tool does not compute", name);
    }
    for (int i = 0; i < n.nout; i++) n.out[i].name = arena_strdup(r->a, text(p->output[i]));
    if (!op(r, &n)) return false;
    for (int i = 0; i < n.nout; i++)
        if (*n.out[i].name && !value_register(r, &n.out[i])) return false;
    return true;
}

// ---- the model ----

static const Onnx__TypeProto__Tensor *tensor_type(const Onnx__ValueInfoProto *v)
{
    return v->type && v->type->value_case == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE ? v->type->tensor_type
                                                                                 : NULL;
}

static int64_t dim_of(const Onnx__TensorShapeProto__Dimension *d) // -1: symbolic or not known
{
    return d->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE ? d->dim_value : -1;
}

// A batch that is fixed in the file, when the first dimension of all inputs and outputs says so; else 1.
static int32_t batch_of(const Onnx__GraphProto *g)
{
    int64_t batch = -1;
    for (size_t i = 0; i < g->n_input + g->n_output; i++) {
        const Onnx__ValueInfoProto *v = i < g->n_input ? g->input[i] : g->output[i - g->n_input];
        bool initial = false;
        for (size_t k = 0; k < g->n_initializer && !initial; k++)
            initial = !strcmp(text(v->name), text(g->initializer[k]->name));
        if (initial) continue;
        const Onnx__TypeProto__Tensor *t = tensor_type(v);
        if (!t || !t->shape || t->shape->n_dim < 2) return 1;
        int64_t d = dim_of(t->shape->dim[0]);
        if (d < 1 || (batch > 0 && d != batch)) return 1;
        batch = d;
    }
    return batch > 1 && batch <= INT32_MAX ? (int32_t)batch : 1;
}

static bool input_read(struct onnx *r, const Onnx__ValueInfoProto *p)
{
    struct err *e = r->e;
    const char *name = text(p->name);
    struct value *have = *slot_of(r, name);
    if (have && value_is_const(have)) return true; // an initializer listed as input too (IR version 3)
    const Onnx__TypeProto__Tensor *t = tensor_type(p);
    if (!t) return fail(e, "input %s is not a tensor; only tensors of floats are possible", name);
    if (t->elem_type != 1 && t->elem_type != 10 && t->elem_type != 11)
        return fail(e, "input %s is not of floats (type %d of the standard); export the float model", name,
                    t->elem_type);
    if (!t->shape) return fail(e, "input %s has no shape; export with a fixed window", name);
    if (t->shape->n_dim > GRAPH_MAX_RANK)
        return fail(e, "input %s has %zu dimensions; at most %d are possible", name, t->shape->n_dim,
                    GRAPH_MAX_RANK);
    int rank = (int)t->shape->n_dim;
    int64_t dim[GRAPH_MAX_RANK];
    int32_t dim32[GRAPH_MAX_RANK];
    for (int i = 0; i < rank; i++) {
        dim[i] = dim_of(t->shape->dim[i]);
        if (i == 0 && (dim[i] < 0 || (r->fixed_batch > 1 && rank > 1))) dim[i] = 1;
        if (dim[i] < 1)
            return fail(
                e,
                "input %s: dimension %d has no fixed size; export the model with a fixed window length "
                "(only the batch may be symbolic)",
                name, i);
    }
    if (!dims_check(r, NULL, rank, dim, dim32)) return fail_in(e, "input %s", name);
    struct value *v = arena_new(r->scratch, struct value);
    v->name = arena_strdup(r->a, name);
    value_set_plain(v, tensor_new(r->a, v->name, F32, rank, dim32));
    r->g->in[r->g->nin++] = v->t;
    return value_register(r, v);
}

static bool output_read(struct onnx *r, const char *name)
{
    struct value *v = *slot_of(r, name);
    if (!v) return fail(r->e, "output %s: no node makes it; the file is damaged", name);
    if (value_is_const(v) && r->as_is && v->rank <= GRAPH_MAX_RANK) {
        r->g->out[r->g->nout++] =
            tensor_const(r->a, v->name, v->f ? F32 : I64, v->rank, v->dim, v->f ? (const void *)v->f : v->i);
        return true;
    }
    if (value_is_const(v))
        return fail(r->e, "output %s does not depend on the input; remove it from the model", name);
    if (!v->t)
        return fail(r->e, "output %s is one that this tool does not compute; remove it from the model", name);
    struct tensor *t = value_plain(r->g, r->a, v, r->e);
    if (!t) return fail_in(r->e, "output %s", name);
    if (t != v->t && graph_uses(r->g, t) == 0) t->name = v->name;
    r->g->out[r->g->nout++] = t;
    return true;
}

// MatMul or Conv followed by Add of a number a channel: what exporters make of one layer with a bias.
static void merge_biases(struct graph *g)
{
    for (int k = 1; k < g->nnode; k++) {
        struct node *add = g->node[k], *m = g->node[k - 1];
        if (add->op != OP_ADD ||
            (m->op != OP_DENSE && m->op != OP_CONV_2D && m->op != OP_DEPTHWISE_CONV_2D) || m->in[2])
            continue;
        int bias = add->in[0] == m->out[0];
        struct tensor *b = add->in[bias], *y = m->out[0];
        if (add->in[!bias] != y || !tensor_is_const(b) || b->rank != 1 || b->dim[0] != y->dim[y->rank - 1] ||
            graph_uses(g, y) != 1)
            continue;
        m->in[2] = b;
        m->out[0] = add->out[0];
        memmove(g->node + k, g->node + k + 1, (size_t)(g->nnode - k - 1) * sizeof *g->node);
        g->nnode--;
    }
}

static bool model_read(struct onnx *r, const Onnx__ModelProto *m)
{
    const Onnx__GraphProto *p = m->graph;
    struct err *e = r->e;
    for (size_t i = 0; i < m->n_opset_import; i++) {
        const Onnx__OperatorSetIdProto *o = m->opset_import[i];
        if (!o->domain || !*o->domain || !strcmp(o->domain, "ai.onnx")) r->opset = o->version;
    }
    if (r->opset < 7 && !r->as_is)
        return fail(e, "operator set %lld is older than 7 (2017); convert it with onnx.version_converter",
                    (long long)r->opset);
    if (p->n_sparse_initializer)
        return fail(e, "sparse initializers are not supported; export with dense weights");
    if (p->n_node > MAX_NODES) return fail(e, "%zu nodes; at most %d are possible", p->n_node, MAX_NODES);
    size_t names = p->n_initializer + p->n_input;
    for (size_t i = 0; i < p->n_node; i++) names += p->node[i]->n_output;
    r->nslot = 2 * names + 16;
    r->slot = arena_new_n(r->scratch, r->nslot, struct value *);
    r->fixed_batch = r->as_is ? 1 : batch_of(p);

    r->g->in = arena_new_n(r->a, p->n_input, struct tensor *);
    r->g->out = arena_new_n(r->a, p->n_output, struct tensor *);
    for (size_t i = 0; i < p->n_initializer; i++) {
        struct value *v = arena_new(r->scratch, struct value);
        if (!onnx_tensor_read(r, p->initializer[i], text(p->initializer[i]->name), v) ||
            !value_register(r, v))
            return false;
    }
    for (size_t i = 0; i < p->n_input; i++)
        if (!input_read(r, p->input[i])) return false;
    for (size_t i = 0; i < p->n_node; i++)
        if (!node_read(r, p->node[i])) return false;
    for (size_t i = 0; i < p->n_output; i++)
        if (!output_read(r, text(p->output[i]->name))) return false;
    for (size_t i = 0; i < m->n_metadata_props; i++)
        graph_meta_set(r->g, r->a, arena_strdup(r->a, text(m->metadata_props[i]->key)),
                       arena_strdup(r->a, text(m->metadata_props[i]->value)));
    merge_biases(r->g);
    recurrent_tidy(r->g, r->a);
    graph_drop_dead(r->g);
    return true;
}

struct graph *onnx_read(struct span bytes, bool as_is, struct arena *a, struct err *e)
{
    struct arena scratch = {0};
    struct graph *g = NULL;
    Onnx__ModelProto *m = onnx_unpack(bytes, &scratch, e);
    if (m) {
        const char *name = text(m->graph->name);
        struct onnx r = {.g = graph_new(a, arena_strdup(a, *name ? name : "model")),
                         .a = a,
                         .scratch = &scratch,
                         .e = e,
                         .as_is = as_is};
        r.fold_left = (int64_t)bytes.n * 4 + (1 << 20);
        if (model_read(&r, m)) g = r.g;
    }
    arena_free(&scratch);
    return g;
}

static struct graph *read_format(struct span bytes, struct arena *a, struct err *e)
{
    return onnx_read(bytes, false, a, e);
}

bool onnx_write(const struct graph *g, struct buf *out, struct err *e);

const struct format format_onnx = {
    "onnx",     ".onnx",     "ONNX, operator sets 7 and later (PyTorch, and what wearlite trains)",
    onnx_probe, read_format, onnx_write};
