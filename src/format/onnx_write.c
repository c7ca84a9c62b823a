// The ONNX writer, for float graphs: operator set 13, batch "N" (1 where an op mixes the first dimension). We compute
// with channels last, ONNX with channels first: a tensor is written in whichever form its first user wants, so that a convolutional network
// gets one Transpose at its input and one in front of its flatten.
#include "onnx_write.h"
#include "../base/log.h"
#include <string.h>

enum { OPSET = 13, IR_VERSION = 7 };

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
    [OP_LOGICAL_NOT] = onnx_write_map,
    [OP_EQUAL] = onnx_write_map2,
    [OP_NOT_EQUAL] = onnx_write_map2,
    [OP_LESS] = onnx_write_map2,
    [OP_LESS_EQUAL] = onnx_write_map2,
    [OP_GREATER] = onnx_write_map2,
    [OP_GREATER_EQUAL] = onnx_write_map2,
    [OP_LOGICAL_AND] = onnx_write_map2,
    [OP_LOGICAL_OR] = onnx_write_map2,
    [OP_PRELU] = onnx_write_map2,
    [OP_SELECT] = onnx_write_select,
    [OP_CAST] = onnx_write_cast,
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
    [OP_ARG_MAX] = onnx_write_arg,
    [OP_ARG_MIN] = onnx_write_arg,
    [OP_GATHER] = onnx_write_gather,
    [OP_TILE] = onnx_write_tile,
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
    tt->elem_type = onnx_type(t->type);
    tt->shape = arena_new(w->a, Onnx__TensorShapeProto);
    onnx__tensor_shape_proto__init(tt->shape);
    tt->shape->n_dim = (size_t)t->rank;
    tt->shape->dim = arena_new_n(w->a, (size_t)t->rank, Onnx__TensorShapeProto__Dimension *);
    for (int i = 0; i < t->rank; i++) {
        Onnx__TensorShapeProto__Dimension *d = tt->shape->dim[i] =
            arena_new(w->a, Onnx__TensorShapeProto__Dimension);
        onnx__tensor_shape_proto__dimension__init(d);
        d->value_case = i || w->fixed ? ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE
                                      : ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM;
        if (i || w->fixed)
            d->dim_value = t->dim[i];
        else
            d->dim_param = "N";
    }
    return v;
}

bool batch_fixed(struct writer *w, const char *why)
{
    w->touched = true;
    return w->fixed || fail(w->e, "%s", why);
}

// Floats, and the integers and truths that are computed with them.
static bool tensors_check(const struct node *n, struct err *e)
{
    for (int i = 0; i < n->nin + n->nout; i++) {
        const struct tensor *t = i < n->nin ? n->in[i] : n->out[i - n->nin];
        if (t && (!onnx_type(t->type) || t->q.n))
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

// An output under a name of its own: of what is an input, or stands there twice.
static const char *output_name(struct writer *w, int i)
{
    const struct tensor *t = w->g->out[i];
    const char *from = form_get(w, t, PLAIN);
    bool taken = tensor_is_const(t);
    for (int k = 0; k < w->g->nin; k++) taken |= w->g->in[k] == t;
    for (int k = 0; k < i; k++) taken |= w->g->out[k] == t;
    if (!taken) return from;
    const char *out = onnx_name(w, t->name);
    onnx_node(w, "Identity", out, 1, &from, out);
    return out;
}

// Whether a reader would take the first dimension of all inputs and outputs for a batch (onnx_model.c, batch_of).
static bool reads_as_batch(const struct graph *g)
{
    for (int i = 0; i < g->nin + g->nout; i++) {
        const struct tensor *t = i < g->nin ? g->in[i] : g->out[i - g->nin];
        if (t->rank < 2 || t->dim[0] != g->in[0]->dim[0]) return false;
    }
    return g->nin > 0 && g->in[0]->dim[0] > 1;
}

static bool graph_write(struct writer *w, Onnx__GraphProto *p)
{
    const struct graph *g = w->g;
    p->name = (char *)(g->name ? g->name : "model");
    p->n_input = (size_t)g->nin;
    p->n_output = (size_t)g->nout;
    p->input = arena_new_n(w->a, p->n_input, Onnx__ValueInfoProto *);
    p->output = arena_new_n(w->a, p->n_output, Onnx__ValueInfoProto *);
    if (g->nstate)
        return fail(w->e,
                    "it keeps %s from one window to the next, which ONNX cannot say; name the file .tflite",
                    g->state[0].before->name);
    if (reads_as_batch(g))
        return fail(w->e,
                    "%s and all other inputs and outputs have %d first, which readers take for a batch; "
                    "name the file .tflite",
                    g->in[0]->name, g->in[0]->dim[0]);
    for (int i = 0; i < g->nin + g->nout; i++) {
        struct tensor *t = i < g->nin ? g->in[i] : g->out[i - g->nin];
        if ((t->rank < 1 || t->dim[0] != 1) &&
            !batch_fixed(w, "the first dimension of an input or output is not 1"))
            return fail_in(w->e, "%s", t->name);
        if (!onnx_type(t->type) || t->q.n)
            return fail(
                w->e, "tensor %s is %s; ONNX files are written for float models only, name the file .tflite",
                t->name, dtype_name(t->type));
        if (i < g->nin) {
            const char *name = forms_of(w, t)->name[PLAIN] = onnx_name(w, t->name);
            p->input[i] = value_info(w, t, name);
        } else if (!forms_of(w, t)->name[PLAIN])
            onnx_name_claim(w, t->name);
    }
    for (int k = 0; k < g->nnode; k++) {
        const struct node *n = g->node[k];
        if (!tensors_check(n, w->e)) return fail_in(w->e, "%s %s", op_def(n->op)->name, n->name);
        if (!write_op[n->op])
            return fail(w->e, "%s %s cannot be written to ONNX; name the file .tflite", op_def(n->op)->name,
                        n->name);
        if (!write_op[n->op](w, n)) return fail_in(w->e, "%s %s", op_def(n->op)->name, n->name);
    }
    for (int i = 0; i < g->nout; i++) p->output[i] = value_info(w, g->out[i], output_name(w, i));
    p->n_node = (size_t)w->nnode;
    p->node = w->node;
    p->n_initializer = (size_t)w->ninit;
    p->initializer = w->init;
    return true;
}

bool onnx_write(const struct graph *g, struct buf *out, struct err *e)
{
    struct arena a = {0};
    struct writer w = {.g = g, .a = &a, .e = e};
    struct err free_batch = {""};
    Onnx__ModelProto m;
    Onnx__GraphProto p;
    Onnx__OperatorSetIdProto set, *sets[] = {&set};
    onnx__model_proto__init(&m);
    onnx__graph_proto__init(&p);
    onnx__operator_set_id_proto__init(&set);
    w.e = &free_batch;
    bool ok = graph_write(&w, &p);
    if (!ok && w.touched) {
        w = (struct writer){.g = g, .a = &a, .e = e, .fixed = true};
        onnx__graph_proto__init(&p);
        ok = graph_write(&w, &p);
        if (ok) log_info("onnx: the batch of the file is 1: %s", free_batch.text);
    } else if (!ok)
        *e = free_batch;
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
