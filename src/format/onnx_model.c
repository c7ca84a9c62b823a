// The ONNX reader: a model's inputs, outputs and its walk over the nodes (which onnx_read.c reads).
#include "onnx_read.h"
#include "format.h"
#include <string.h>

enum { MAX_IR_VERSION = 13, MAX_OPSET = 26 }; // of ONNX 1.21
enum { MAX_NODES = 10000 };                   // the checks of a graph take time by the square of it

static const char *text(const char *s)
{
    return s ? s : "";
}

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
    struct value *have = *onnx_slot(r, name);
    if (have && value_is_const(have)) return true; // an initializer listed as input too (IR version 3)
    const Onnx__TypeProto__Tensor *t = tensor_type(p);
    if (!t) return fail(e, "input %s is not a tensor; only tensors of floats are possible", name);
    const bool bytes =
        t->elem_type == 2 || t->elem_type == 3; // uint8, int8: DequantizeLinear tells their scale
    if (!bytes && t->elem_type != 1 && t->elem_type != 10 && t->elem_type != 11)
        return fail(e, "input %s is %s, not of floats or 8 bits; export the float model", name,
                    onnx_type_name(t->elem_type));
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
    value_set_plain(v, tensor_new(r->a, v->name, bytes ? I8 : F32, rank, dim32));
    if (bytes) {
        v->elem = t->elem_type;
        r->quantized = true;
    }
    r->g->in[r->g->nin++] = v->t;
    return onnx_register(r, v);
}

static bool output_read(struct onnx *r, const char *name)
{
    struct value *v = *onnx_slot(r, name);
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
    if (v->t->type == F32 && v->elem)
        return fail(r->e,
                    "output %s is quantised by a scale that is found when the model runs; end the model in "
                    "front of it, "
                    "or behind the layer that takes it",
                    name);
    struct tensor *t = value_plain(r->g, r->a, v, r->e);
    if (!t) return fail_in(r->e, "output %s", name);
    if (t != v->t && graph_uses(r->g, t) == 0) t->name = v->name;
    r->g->out[r->g->nout++] = t;
    return true;
}

// MatMul or Conv followed by Add of a number a channel: what exporters make of one layer with a bias.
static bool is_apart(const struct onnx *r, const struct node *n)
{
    for (int i = 0; i < r->napart; i++)
        if (r->apart[i] == n) return true;
    return false;
}

static void merge_biases(struct onnx *r)
{
    struct graph *g = r->g;
    for (int k = 1; k < g->nnode; k++) {
        struct node *add = g->node[k], *m = g->node[k - 1];
        if (add->op != OP_ADD ||
            (m->op != OP_DENSE && m->op != OP_CONV_2D && m->op != OP_DEPTHWISE_CONV_2D) || m->in[2] ||
            is_apart(r, add))
            continue;
        int bias = add->in[0] == m->out[0];
        struct tensor *b = add->in[bias], *y = m->out[0];
        if (add->in[!bias] != y || !tensor_is_const(b) || b->type != F32 || b->rank != 1 ||
            b->dim[0] != y->dim[y->rank - 1] || graph_uses(g, y) != 1)
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
        if (o->domain && !strcmp(o->domain, "com.microsoft") && o->version != 1)
            return fail(e,
                        "version %lld of the operator set com.microsoft is not known; export with version 1",
                        (long long)o->version);
    }
    if (r->opset < 7 && !r->as_is)
        return fail(e, "operator set %lld is older than 7 (2017); convert it with onnx.version_converter",
                    (long long)r->opset);
    if (m->has_ir_version && m->ir_version > MAX_IR_VERSION)
        return fail(e,
                    "its format version (IR version %lld) is newer than %d, the last one known here; save it "
                    "with an older version of ONNX",
                    (long long)m->ir_version, MAX_IR_VERSION);
    if (r->opset > MAX_OPSET)
        return fail(e,
                    "operator set %lld is newer than %d, the last one known here; export with an older one "
                    "(opset_version=17) or convert it with onnx.version_converter",
                    (long long)r->opset, MAX_OPSET);
    if (m->n_functions)
        return fail(e, "it defines functions of its own (%s); inline them before (onnx.inliner)",
                    text(m->functions[0]->name));
    if (p->n_sparse_initializer)
        return fail(e, "sparse initializers are not supported; export with dense weights");
    if (p->n_node > MAX_NODES) return fail(e, "%zu nodes; at most %d are possible", p->n_node, MAX_NODES);
    size_t names = p->n_initializer + p->n_input;
    for (size_t i = 0; i < p->n_node; i++) names += p->node[i]->n_output;
    r->nslot = 2 * names + 16;
    r->slot = arena_new_n(r->scratch, r->nslot, struct value *);
    r->fixed_batch = r->as_is ? 1 : batch_of(p);

    r->apart = arena_new_n(r->scratch, p->n_node, const struct node *);
    r->g->in = arena_new_n(r->a, p->n_input, struct tensor *);
    r->g->out = arena_new_n(r->a, p->n_output, struct tensor *);
    for (size_t i = 0; i < p->n_initializer; i++) {
        struct value *v = arena_new(r->scratch, struct value);
        if (!onnx_tensor_read(r, p->initializer[i], text(p->initializer[i]->name), v) || !onnx_register(r, v))
            return false;
    }
    for (size_t i = 0; i < p->n_input; i++)
        if (!input_read(r, p->input[i])) return false;
    for (size_t i = 0; i < p->n_node; i++)
        if (!onnx_node_read(r, p->node[i])) return false;
    for (int i = 0; i < r->g->nin; i++)
        if (r->g->in[i]->type == I8 && !r->g->in[i]->q.n)
            return fail(e,
                        "input %s is of 8 bits, and no DequantizeLinear says what they stand for; export the "
                        "float model",
                        r->g->in[i]->name);
    for (size_t i = 0; i < p->n_output; i++)
        if (!output_read(r, text(p->output[i]->name))) return false;
    for (size_t i = 0; i < m->n_metadata_props; i++)
        graph_meta_set(r->g, r->a, arena_strdup(r->a, text(m->metadata_props[i]->key)),
                       arena_strdup(r->a, text(m->metadata_props[i]->value)));
    merge_biases(r);
    if (!onnx_fuse(r)) return false;
    recurrent_tidy(r->g, r->a);
    if (!onnx_integer(r)) return false;
    graph_drop_dead(r->g);
    if (r->quantized) { // of dynamic layers, whose scale stood between
        merge_biases(r);
        graph_fuse_activations(r->g);
    }
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
        r.most_bytes = a->bytes + bytes.n * 64 + ((size_t)16 << 20);
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
