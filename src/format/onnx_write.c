// The ONNX writer, for float graphs: operator set 13, batch "N". We compute with channels last, ONNX with
// channels first: a tensor is written in whichever form its first user wants, so that a convolutional network
// gets one Transpose at its input and one in front of its flatten.
#include "onnx_write.h"
#include <string.h>

enum { OPSET = 13, IR_VERSION = 7 };

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

const char *onnx_name(struct writer *w, const char *name)
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

// onnxruntime wants the names of nodes to differ; one node of ours may be several of ONNX's.
static bool node_named(const struct writer *w, const char *name)
{
    size_t i = 0;
    while (i < w->nnode && strcmp(w->node[i]->name, name)) i++;
    return i < w->nnode;
}

Onnx__NodeProto *onnx_node(struct writer *w, const char *op, const char *name, int nin, const char *const *in,
                           const char *out)
{
    Onnx__NodeProto *n = arena_new(w->a, Onnx__NodeProto);
    onnx__node_proto__init(n);
    n->op_type = (char *)op;
    n->name = arena_strdup(w->a, name);
    for (size_t k = 2; node_named(w, n->name); k++) n->name = arena_printf(w->a, "%s_%zu", name, k);
    n->n_input = (size_t)nin;
    n->input = arena_copy(w->a, in, (size_t)nin * sizeof *in);
    n->n_output = 1;
    n->output = arena_copy(w->a, &out, sizeof out);
    n->attribute = arena_new_n(w->a, 8, Onnx__AttributeProto *);
    PUSH(w, w->node, w->nnode, w->node_cap, n);
    return n;
}

Onnx__AttributeProto *onnx_attr(struct writer *w, Onnx__NodeProto *n, const char *name, int type)
{
    Onnx__AttributeProto *p = arena_new(w->a, Onnx__AttributeProto);
    onnx__attribute_proto__init(p);
    p->name = (char *)name;
    p->has_type = 1;
    p->type = type;
    n->attribute[n->n_attribute++] = p;
    return p;
}

void onnx_attr_int(struct writer *w, Onnx__NodeProto *n, const char *name, int64_t v)
{
    Onnx__AttributeProto *p = onnx_attr(w, n, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT);
    p->has_i = 1;
    p->i = v;
}

void onnx_attr_float(struct writer *w, Onnx__NodeProto *n, const char *name, float v)
{
    Onnx__AttributeProto *p = onnx_attr(w, n, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT);
    p->has_f = 1;
    p->f = v;
}

void onnx_attr_ints(struct writer *w, Onnx__NodeProto *n, const char *name, int count, const int64_t *v)
{
    Onnx__AttributeProto *p = onnx_attr(w, n, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS);
    p->n_ints = (size_t)count;
    p->ints = arena_copy(w->a, v, (size_t)count * sizeof *v);
}

const char *onnx_const(struct writer *w, const char *name, int type, int rank, const int64_t *dim,
                       const void *data, size_t bytes)
{
    Onnx__TensorProto *t = arena_new(w->a, Onnx__TensorProto);
    onnx__tensor_proto__init(t);
    t->name = (char *)onnx_name(w, name);
    t->has_data_type = 1;
    t->data_type = type;
    t->n_dims = (size_t)rank;
    t->dims = arena_copy(w->a, dim, (size_t)rank * sizeof *dim);
    t->has_raw_data = 1;
    t->raw_data = (ProtobufCBinaryData){bytes, (uint8_t *)data};
    PUSH(w, w->init, w->ninit, w->init_cap, t);
    return t->name;
}

const char *onnx_const_ints(struct writer *w, const char *name, int count, const int64_t *v)
{
    int64_t dim = count;
    size_t bytes = (size_t)count * sizeof *v;
    return onnx_const(w, name, ONNX__TENSOR_PROTO__DATA_TYPE__INT64, 1, &dim, arena_copy(w->a, v, bytes),
                      bytes);
}

const char *onnx_const_float(struct writer *w, const char *name, float v)
{
    return onnx_const(w, name, ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT, 0, NULL, arena_copy(w->a, &v, 4), 4);
}

// Constant t with dimension i from t's dimension perm[i] (-1: a 1 in front or between).
const char *onnx_const_permuted(struct writer *w, const struct tensor *t, int rank, const int *perm)
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
    return onnx_const(w, t->name, ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT, rank, dim, v, (size_t)count * 4);
}

const char *onnx_const_plain(struct writer *w, const struct tensor *t)
{
    static const int same[] = {0, 1, 2, 3, 4, 5};
    return onnx_const_permuted(w, t, t->rank, same);
}

const char *onnx_const_floats(struct writer *w, const char *name, int rank, const int64_t *dim,
                              const float *v)
{
    int64_t count = 1;
    for (int i = 0; i < rank; i++) count *= dim[i];
    return onnx_const(w, name, ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT, rank, dim, v, (size_t)count * sizeof *v);
}

// ---- the model ----

static bool (*const write_op[OP_COUNT])(struct writer *, const struct node *) = {
    [OP_CONV_2D] = onnx_write_conv,
    [OP_DEPTHWISE_CONV_2D] = onnx_write_conv,
    [OP_DENSE] = onnx_write_dense,
    [OP_MAX_POOL_2D] = onnx_write_pool,
    [OP_AVERAGE_POOL_2D] = onnx_write_pool,
    [OP_MEAN] = onnx_write_mean,
    [OP_ADD] = onnx_write_binary,
    [OP_SUB] = onnx_write_binary,
    [OP_MUL] = onnx_write_binary,
    [OP_DIV] = onnx_write_binary,
    [OP_NEG] = onnx_write_map,
    [OP_ABS] = onnx_write_map,
    [OP_SIGN] = onnx_write_map,
    [OP_SQRT] = onnx_write_map,
    [OP_RSQRT] = onnx_write_map,
    [OP_SQUARE] = onnx_write_map,
    [OP_EXP] = onnx_write_map,
    [OP_LOG] = onnx_write_map,
    [OP_SIN] = onnx_write_map,
    [OP_COS] = onnx_write_map,
    [OP_FLOOR] = onnx_write_map,
    [OP_CEIL] = onnx_write_map,
    [OP_ROUND] = onnx_write_map,
    [OP_MAXIMUM] = onnx_write_map2,
    [OP_MINIMUM] = onnx_write_map2,
    [OP_POW] = onnx_write_map2,
    [OP_SQUARED_DIFFERENCE] = onnx_write_map2,
    [OP_BATCH_MATMUL] = onnx_write_matmul,
    [OP_RELU] = onnx_write_unary,
    [OP_RELU6] = onnx_write_unary,
    [OP_LEAKY_RELU] = onnx_write_unary,
    [OP_ELU] = onnx_write_unary,
    [OP_LOGISTIC] = onnx_write_unary,
    [OP_TANH] = onnx_write_unary,
    [OP_SOFTMAX] = onnx_write_unary,
    [OP_LOG_SOFTMAX] = onnx_write_unary,
    [OP_RELU_N1_TO_1] = onnx_write_composed,
    [OP_HARD_SWISH] = onnx_write_composed,
    [OP_GELU] = onnx_write_composed,
    [OP_SUM] = onnx_write_reduce,
    [OP_REDUCE_MAX] = onnx_write_reduce,
    [OP_REDUCE_MIN] = onnx_write_reduce,
    [OP_REDUCE_PROD] = onnx_write_reduce,
    [OP_RESHAPE] = onnx_write_reshape,
    [OP_TRANSPOSE] = onnx_write_transpose,
    [OP_PAD] = onnx_write_pad,
    [OP_CONCATENATION] = onnx_write_concat,
    [OP_STRIDED_SLICE] = onnx_write_slice,
    [OP_BATCH_NORM] = onnx_write_batch_norm,
    [OP_DROPOUT] = onnx_write_dropout,
    [OP_RECURRENT] = onnx_write_recurrent,
};

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
            const char *name = forms_of(w, t)->name[PLAIN] = onnx_name(w, t->name);
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
