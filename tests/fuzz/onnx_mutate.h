// Mutations of an ONNX model as protobuf messages: what comes out can nearly always be unpacked, so that the fuzzer's
// time goes into operators and shapes instead of wire types.
#ifndef FUZZ_ONNX_MUTATE_H
#define FUZZ_ONNX_MUTATE_H
#include "onnx.pb-c.h"
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const mutate_ops[] = {"Abs",
                                         "Add",
                                         "And",
                                         "ArgMax",
                                         "ArgMin",
                                         "Attention",
                                         "AveragePool",
                                         "BatchNormalization",
                                         "Cast",
                                         "CastLike",
                                         "Ceil",
                                         "Celu",
                                         "Clip",
                                         "Concat",
                                         "Constant",
                                         "ConstantOfShape",
                                         "Conv",
                                         "ConvInteger",
                                         "DepthToSpace",
                                         "DequantizeLinear",
                                         "Div",
                                         "Dropout",
                                         "DynamicQuantizeLSTM",
                                         "DynamicQuantizeLinear",
                                         "Einsum",
                                         "Elu",
                                         "Equal",
                                         "Erf",
                                         "Exp",
                                         "Expand",
                                         "Flatten",
                                         "Floor",
                                         "GRU",
                                         "Gather",
                                         "Gelu",
                                         "Gemm",
                                         "GlobalAveragePool",
                                         "GlobalMaxPool",
                                         "Greater",
                                         "GreaterOrEqual",
                                         "GroupNormalization",
                                         "HardSigmoid",
                                         "HardSwish",
                                         "Identity",
                                         "InstanceNormalization",
                                         "LSTM",
                                         "LayerNormalization",
                                         "LeakyRelu",
                                         "Less",
                                         "LessOrEqual",
                                         "Log",
                                         "LogSoftmax",
                                         "LpNormalization",
                                         "MatMul",
                                         "MatMulInteger",
                                         "Max",
                                         "MaxPool",
                                         "Mean",
                                         "MeanVarianceNormalization",
                                         "Min",
                                         "Mish",
                                         "Mod",
                                         "Mul",
                                         "Neg",
                                         "Not",
                                         "Or",
                                         "PRelu",
                                         "Pad",
                                         "Pow",
                                         "QGemm",
                                         "QLinearAdd",
                                         "QLinearAveragePool",
                                         "QLinearConcat",
                                         "QLinearConv",
                                         "QLinearGlobalAveragePool",
                                         "QLinearLeakyRelu",
                                         "QLinearMatMul",
                                         "QLinearMul",
                                         "QLinearReduceMean",
                                         "QLinearSigmoid",
                                         "QLinearSoftmax",
                                         "QuantizeLinear",
                                         "RMSNormalization",
                                         "RNN",
                                         "Range",
                                         "Reciprocal",
                                         "ReduceL1",
                                         "ReduceL2",
                                         "ReduceLogSumExp",
                                         "ReduceMax",
                                         "ReduceMean",
                                         "ReduceMin",
                                         "ReduceProd",
                                         "ReduceSum",
                                         "ReduceSumSquare",
                                         "Relu",
                                         "Reshape",
                                         "ReverseSequence",
                                         "Round",
                                         "Selu",
                                         "Shape",
                                         "Shrink",
                                         "Sigmoid",
                                         "Sign",
                                         "Size",
                                         "Slice",
                                         "Softmax",
                                         "Softplus",
                                         "Softsign",
                                         "SpaceToDepth",
                                         "Split",
                                         "Sqrt",
                                         "Squeeze",
                                         "Sub",
                                         "Sum",
                                         "Swish",
                                         "Tanh",
                                         "ThresholdedRelu",
                                         "Tile",
                                         "Transpose",
                                         "Trilu",
                                         "Unsqueeze",
                                         "Where",
                                         "Xor"};
static const char *const mutate_attributes[] = {"axis",
                                                "axes",
                                                "alpha",
                                                "beta",
                                                "to",
                                                "keepdims",
                                                "kernel_shape",
                                                "pads",
                                                "strides",
                                                "dilations",
                                                "group",
                                                "perm",
                                                "transA",
                                                "transB",
                                                "auto_pad",
                                                "ceil_mode",
                                                "count_include_pad",
                                                "hidden_size",
                                                "direction",
                                                "layout",
                                                "split",
                                                "epsilon",
                                                "mode",
                                                "equation",
                                                "block_size",
                                                "blocksize",
                                                "activations",
                                                "clip",
                                                "num_outputs",
                                                "allowzero",
                                                "select_last_index",
                                                "noop_with_empty_axes",
                                                "linear_before_reset",
                                                "start",
                                                "end",
                                                "value",
                                                "upper",
                                                "fmod",
                                                "batch_axis",
                                                "time_axis"};
static const char *const mutate_texts[] = {"edge",          "reflect",    "wrap",       "constant", "reverse",
                                           "bidirectional", "SAME_UPPER", "SAME_LOWER", "CRD",      "tanh"};
static const int64_t mutate_numbers[] = {
    0,   1,   -1,   2,       3,   4,   5,     7,       8,         -2,        127,       128,
    255, 256, -128, 1 << 20, -77, 100, 65536, 1 << 30, INT32_MAX, INT64_MAX, INT64_MIN, (int64_t)1 << 60};

static uint64_t mutate_state;

static uint32_t mutate_below(size_t n) // a random number below n; 0 when n is 0
{
    mutate_state = mutate_state * 6364136223846793005u + 1442695040888963407u;
    return n ? (uint32_t)((mutate_state >> 33) % n) : 0;
}

#define MUTATE_ONE_OF(list) list[mutate_below(sizeof list / sizeof *list)]

static void mutate_text(char **s, const char *to)
{
    if (*s != (char *)protobuf_c_empty_string) free(*s);
    *s = strdup(to ? to : ""); // a field that the file leaves out has no text
}

static const char *mutate_value(const Onnx__GraphProto *g) // the name of some value
{
    const uint32_t kind = mutate_below(8);
    if (kind == 0) return "";
    if (kind < 4 && g->n_initializer) return g->initializer[mutate_below(g->n_initializer)]->name;
    if (kind == 4 && g->n_input) return g->input[mutate_below(g->n_input)]->name;
    if (!g->n_node) return "x";
    const Onnx__NodeProto *n = g->node[mutate_below(g->n_node)];
    return n->n_output ? n->output[mutate_below(n->n_output)] : "";
}

static void mutate_int(int64_t *v)
{
    *v = mutate_below(2) ? MUTATE_ONE_OF(mutate_numbers) : (int64_t)((uint64_t)*v + mutate_below(5) - 2);
}

static void mutate_attribute(Onnx__AttributeProto *a)
{
    switch (mutate_below(6)) {
    case 0:
        mutate_text(&a->name, MUTATE_ONE_OF(mutate_attributes));
        break;
    case 1:
        a->has_i = true;
        mutate_int(&a->i);
        break;
    case 2:
        a->has_f = true;
        a->f = (float)MUTATE_ONE_OF(mutate_numbers) / (mutate_below(2) ? 1 : 7.0f);
        break;
    case 3:
        if (a->n_ints) a->n_ints -= mutate_below(2);
        break;
    case 4:
        if (a->s.data) free(a->s.data);
        a->s.data = (uint8_t *)strdup(MUTATE_ONE_OF(mutate_texts));
        a->s.len = strlen((const char *)a->s.data);
        a->has_s = true;
        break;
    default:
        if (a->n_ints) mutate_int(&a->ints[mutate_below(a->n_ints)]);
    }
}

static void mutate_node(Onnx__GraphProto *g)
{
    if (!g->n_node) return;
    const uint32_t k = mutate_below(g->n_node);
    Onnx__NodeProto *n = g->node[k];
    switch (mutate_below(8)) {
    case 0:
        mutate_text(&n->op_type, MUTATE_ONE_OF(mutate_ops));
        break;
    case 1:
        mutate_text(&n->domain, mutate_below(2) ? "com.microsoft" : "");
        break;
    case 2: // one input less
        if (n->n_input) free(n->input[--n->n_input]);
        break;
    case 3: { // exchanged with the next
        Onnx__NodeProto **next = &g->node[(k + 1) % g->n_node];
        g->node[k] = *next;
        *next = n;
        break;
    }
    case 4: { // the same again, behind it: its outputs get names of their own
        uint8_t *bytes = malloc(onnx__node_proto__get_packed_size(n) + 1);
        Onnx__NodeProto *m = onnx__node_proto__unpack(NULL, onnx__node_proto__pack(n, bytes), bytes);
        free(bytes);
        if (!m) break;
        char name[32];
        snprintf(name, sizeof name, "again%u", mutate_below(1000));
        for (size_t i = 0; i < m->n_output; i++) mutate_text(&m->output[i], name);
        g->node = realloc(g->node, (g->n_node + 1) * sizeof *g->node);
        memmove(g->node + k + 1, g->node + k, (g->n_node - k) * sizeof *g->node);
        g->node[k + 1] = m;
        g->n_node++;
        break;
    }
    case 5:
        if (n->n_attribute) mutate_attribute(n->attribute[mutate_below(n->n_attribute)]);
        break;
    default:
        if (n->n_input) mutate_text(&n->input[mutate_below(n->n_input)], mutate_value(g));
    }
}

static void mutate_tensor(Onnx__TensorProto *t)
{
    static const int types[] = {1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 16, 17, 21, 99};
    static const uint32_t special[] = {0x7fc00000u, 0x7f800000u, 0, 0x00000001u, 0x7f7fffffu, 0xff800000u};
    switch (mutate_below(6)) {
    case 0:
        t->has_data_type = true;
        t->data_type = MUTATE_ONE_OF(types);
        break;
    case 1:
        if (t->n_dims) mutate_int(&t->dims[mutate_below(t->n_dims)]);
        break;
    case 2:
        if (t->n_dims) t->n_dims--;
        break;
    case 3:
        if (t->n_float_data)
            t->float_data[mutate_below(t->n_float_data)] = (float)MUTATE_ONE_OF(mutate_numbers);
        if (t->n_int64_data) mutate_int(&t->int64_data[mutate_below(t->n_int64_data)]);
        if (t->n_int32_data)
            t->int32_data[mutate_below(t->n_int32_data)] = (int32_t)MUTATE_ONE_OF(mutate_numbers);
        break;
    case 4:
        if (t->raw_data.len) t->raw_data.len -= mutate_below(2);
        break;
    default:
        if (t->raw_data.len >= 4)
            memcpy(t->raw_data.data + mutate_below(t->raw_data.len / 4) * 4, &MUTATE_ONE_OF(special), 4);
    }
}

static void mutate_border(Onnx__ModelProto *m)
{
    Onnx__GraphProto *g = m->graph;
    if (m->n_opset_import && !mutate_below(4)) {
        m->opset_import[0]->has_version = true;
        m->opset_import[0]->version = 5 + mutate_below(24);
        return;
    }
    const size_t borders = g->n_input + g->n_output;
    if (!borders) return;
    const uint32_t k = mutate_below(borders);
    Onnx__ValueInfoProto *v = k < g->n_input ? g->input[k] : g->output[k - g->n_input];
    if (k >= g->n_input) {
        mutate_text(&v->name, mutate_value(g));
        return;
    }
    Onnx__TypeProto__Tensor *t =
        v->type && v->type->value_case == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE ? v->type->tensor_type : NULL;
    if (!t || !t->shape || !t->shape->n_dim) return;
    if (!mutate_below(4)) {
        t->elem_type = 1 + (int32_t)mutate_below(3);
        return;
    }
    Onnx__TensorShapeProto__Dimension *d = t->shape->dim[mutate_below(t->shape->n_dim)];
    if (d->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE) mutate_int(&d->dim_value);
}

// Returns the new size, 0 when the bytes are no model or the result has no room.
static size_t onnx_mutate(uint8_t *data, size_t n, size_t max, unsigned seed)
{
    Onnx__ModelProto *m = n ? onnx__model_proto__unpack(NULL, n, data) : NULL;
    if (!m) return 0;
    size_t size = 0;
    mutate_state = seed * 0x9e3779b97f4a7c15u + 1;
    for (uint32_t k = mutate_below(4) + 1; m->graph && k; k--) {
        const uint32_t kind = mutate_below(10);
        if (kind < 6)
            mutate_node(m->graph);
        else if (kind < 8 && m->graph->n_initializer)
            mutate_tensor(m->graph->initializer[mutate_below(m->graph->n_initializer)]);
        else
            mutate_border(m);
    }
    if (m->graph && onnx__model_proto__get_packed_size(m) <= max) size = onnx__model_proto__pack(m, data);
    onnx__model_proto__free_unpacked(m, NULL);
    return size;
}
#endif
