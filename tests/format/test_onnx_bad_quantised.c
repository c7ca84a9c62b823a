// Quantised ONNX files with one thing wrong: each is refused by a sentence that names tensor or operator and what to do.
#include "../../src/base/file.h"
#include "../../src/format/format.h"
#include "../test.h"
#include "onnx_file.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define QDQ "tests/golden/onnx_qdq_u8_1/model.onnx"
#define QOP "tests/golden/onnx_qop_s8_1/model.onnx"
#define DYNAMIC "tests/golden/onnx_dyn_u8/model.onnx"

enum { UINT8 = 2, INT8 = 3, UINT16 = 4, INT16 = 5, INT32 = 6, INT64 = 7, INT4 = 22 };

static Onnx__TensorProto *init_of(Onnx__ModelProto *m, const char *name)
{
    for (size_t i = 0; i < m->graph->n_initializer; i++)
        if (!strcmp(m->graph->initializer[i]->name, name)) return m->graph->initializer[i];
    abort();
}

static void init_remove(Onnx__ModelProto *m, const char *name)
{
    Onnx__GraphProto *g = m->graph;
    for (size_t i = 0; i < g->n_initializer; i++)
        if (!strcmp(g->initializer[i]->name, name)) g->initializer[i] = g->initializer[--g->n_initializer];
}

// Element i of a float initializer, raw or typed.
static void float_set(Onnx__ModelProto *m, const char *name, size_t i, float v)
{
    Onnx__TensorProto *t = init_of(m, name);
    if (t->n_float_data)
        t->float_data[i] = v;
    else
        memcpy(t->raw_data.data + 4 * i, &v, 4);
}

// The node that makes this value.
static Onnx__NodeProto *maker(Onnx__ModelProto *m, const char *out)
{
    for (size_t i = 0; i < m->graph->n_node; i++)
        if (!strcmp(m->graph->node[i]->output[0], out)) return m->graph->node[i];
    abort();
}

static Onnx__AttributeProto *attribute(Onnx__ModelProto *m, const char *out, const char *name)
{
    Onnx__NodeProto *n = maker(m, out);
    for (size_t i = 0; i < n->n_attribute; i++)
        if (!strcmp(n->attribute[i]->name, name)) return n->attribute[i];
    abort();
}

// The file named in front comes from model_load, as for every user.
static struct graph *read_again(Onnx__ModelProto *m, struct arena *a, struct err *e)
{
    struct buf bytes = {0};
    onnx_pack(m, &bytes);
    CHECK(file_write(test_path("bad.onnx"), buf_span(&bytes), e));
    buf_free(&bytes);
    return model_load(test_path("bad.onnx"), a, e);
}

static void refused(const char *path, void (*change)(Onnx__ModelProto *, struct arena *), const char *want)
{
    struct arena a = {0};
    struct err e = {""};
    Onnx__ModelProto *m = onnx_file(path, &a);
    if (!m) return;
    change(m, &a);
    if (read_again(m, &a, &e))
        test_fail(__FILE__, __LINE__, "not refused: %s", want);
    else {
        CHECK_STR("bad.onnx: ", e.text);
        CHECK_STR(want, e.text);
    }
    arena_free(&a);
}

#define CHANGE(name, ...)                                                                                    \
    static void name(Onnx__ModelProto *m, struct arena *a)                                                   \
    {                                                                                                        \
        (void)a;                                                                                             \
        __VA_ARGS__                                                                                          \
    }
// ---- scales ----
CHANGE(scale_nan, float_set(m, "x_scale", 0, NAN);)
CHANGE(scale_zero, float_set(m, "x_scale", 0, 0);)
CHANGE(scale_negative, float_set(m, "r1_scale", 0, -0.1f);)
CHANGE(scale_infinite, float_set(m, "w1_scale", 3, INFINITY);)
CHANGE(scale_of_weight, float_set(m, "w2_scale", 11, 0);)
CHANGE(scale_of_bias, float_set(m, "b1_quantized_scale", 0, NAN);)
CHANGE(scale_too_few, Onnx__TensorProto *t = init_of(m, "w1_scale"); t->dims[0] = 7; t->n_float_data = 7;)
CHANGE(scale_and_zero_too_few, Onnx__TensorProto *t = init_of(m, "w1_scale"),
       *z = init_of(m, "w1_zero_point");
       t->dims[0] = z->dims[0] = 7; t->n_float_data = z->n_int32_data = 7;)
CHANGE(scale_axis, attribute(m, "w1_DequantizeLinear_Output", "axis")->i = 7;)
CHANGE(scale_other_axis, attribute(m, "w1_DequantizeLinear_Output", "axis")->i = 2;)
CHANGE(scale_blocks, Onnx__TensorProto *t = init_of(m, "w1_scale"); t->n_dims = 2;
       t->dims = arena_copy(a, ((int64_t[]){8, 1}), 16);)
CHANGE(scale_integers, init_of(m, "x_scale")->data_type = INT32; init_of(m, "x_scale")->n_int32_data = 1;
       init_of(m, "x_scale")->int32_data = arena_new_n(a, 1, int32_t);
       init_of(m, "x_scale")->n_float_data = 0;)
CHANGE(scale_computed, maker(m, "x_QuantizeLinear_Output")->input[1] = "x";)
CHANGE(scale_missing, init_remove(m, "w1_scale");)
CHANGE(scale_twice, m->graph->initializer[0]->name = "w1_scale";)
CHANGE(scale_of_activations, Onnx__TensorProto *t = init_of(m, "r1_scale"), *z = init_of(m, "r1_zero_point");
       t->n_dims = z->n_dims = 1; t->dims = z->dims = arena_copy(a, ((int64_t[]){8}), 8); t->n_float_data = 8;
       t->float_data = arena_new_n(a, 8, float); for (int i = 0; i < 8; i++) t->float_data[i] = 1;
       z->n_int32_data = 8; z->int32_data = arena_new_n(a, 8, int32_t);)
// ---- zero points ----
CHANGE(zero_too_large, init_of(m, "x_zero_point")->int32_data[0] = 300;)
CHANGE(zero_negative, init_of(m, "x_zero_point")->int32_data[0] = -1;)
CHANGE(zero_other_type, maker(m, "x_DequantizeLinear_Output")->input[2] = "w1_first_zero";
       Onnx__TensorProto *t = arena_copy(a, init_of(m, "x_zero_point"), sizeof *t); t->name = "w1_first_zero";
       t->data_type = INT8;
       Onnx__TensorProto **all = arena_new_n(a, m->graph->n_initializer + 1, Onnx__TensorProto *);
       memcpy(all, m->graph->initializer, m->graph->n_initializer * sizeof *all);
       all[m->graph->n_initializer++] = t; m->graph->initializer = all;)
CHANGE(zero_of_weights, init_of(m, "w1_zero_point")->data_type = UINT8;)
CHANGE(zero_floats, init_of(m, "x_zero_point")->data_type = 1; init_of(m, "x_zero_point")->n_int32_data = 0;
       init_of(m, "x_zero_point")->n_float_data = 1;
       init_of(m, "x_zero_point")->float_data = arena_new_n(a, 1, float);)
CHANGE(zero_computed, maker(m, "x_QuantizeLinear_Output")->input[2] = "x";)
// ---- weights ----
CHANGE(weights_9_bits,
       Onnx__TensorProto *t = init_of(m, "w1_quantized"); // 16-bit numbers beside an 8-bit zero point
       t->data_type = INT16; t->raw_data.data = arena_new_n(a, 240, uint8_t); t->raw_data.len = 240;
       t->raw_data.data[1] = 1;)
CHANGE(weights_9_typed, Onnx__TensorProto *t = init_of(m, "w1_quantized"); t->has_raw_data = 0;
       t->raw_data.len = 0; t->n_int32_data = 120; t->int32_data = arena_new_n(a, 120, int32_t);
       t->int32_data[5] = 255;)
CHANGE(weights_4_bits, init_of(m, "w1_quantized")->data_type = INT4;)
CHANGE(weights_floats, Onnx__TensorProto *t = init_of(m, "w1_quantized"); t->data_type = 1;
       t->n_float_data = 120; t->float_data = arena_new_n(a, 120, float); t->has_raw_data = 0;
       t->raw_data.len = 0;)
CHANGE(weights_2_60, init_of(m, "w1_quantized")->dims[0] = 1ll << 60;)
CHANGE(weights_product, Onnx__TensorProto *t = init_of(m, "w1_quantized");
       t->dims[0] = t->dims[1] = t->dims[2] = 1 << 20;)
CHANGE(weights_claimed, init_of(m, "w3_quantized")->dims[0] = 85;)
CHANGE(weights_external, Onnx__TensorProto *t = init_of(m, "w1_quantized"); t->has_data_location = 1;
       t->data_location = ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL;)
CHANGE(weights_missing, init_remove(m, "w2_quantized");)
CHANGE(bias_shape, Onnx__TensorProto *t = init_of(m, "b1_quantized"), *s = init_of(m, "b1_quantized_scale"),
       *z = init_of(m, "b1_quantized_zero_point");
       t->dims[0] = s->dims[0] = z->dims[0] = 7; t->raw_data.len = s->raw_data.len = z->raw_data.len = 28;)
// ---- the graph ----
CHANGE(cycle, maker(m, "x_DequantizeLinear_Output")->input[0] = "r1_QuantizeLinear_Output";)
CHANGE(itself, maker(m, "r1_QuantizeLinear_Output")->input[0] = "r1_QuantizeLinear_Output";)
CHANGE(input_shapeless, m->graph->input[0]->type->tensor_type->shape = NULL;)
CHANGE(input_typeless, m->graph->input[0]->type = NULL;)
CHANGE(input_uint8, m->graph->input[0]->type->tensor_type->elem_type = UINT8;)
CHANGE(no_inputs, maker(m, "x_QuantizeLinear_Output")->n_input = 1;)
CHANGE(set_future, m->opset_import[0]->version = 99;)
CHANGE(set_future_microsoft, for (size_t i = 0; i < m->n_opset_import; i++) if (*m->opset_import[i]->domain)
                                 m->opset_import[i]
                                     ->version = 2;)
CHANGE(set_unknown, maker(m, "a_quantized")->domain = "com.other";)
CHANGE(blocks, Onnx__NodeProto *n = maker(m, "w1_DequantizeLinear_Output");
       Onnx__AttributeProto *b = arena_new(a, Onnx__AttributeProto); onnx__attribute_proto__init(b);
       b->name = "block_size"; b->has_i = 1; b->i = 32;
       Onnx__AttributeProto **all = arena_new_n(a, n->n_attribute + 1, Onnx__AttributeProto *);
       memcpy(all, n->attribute, n->n_attribute * sizeof *all); all[n->n_attribute++] = b;
       n->attribute = all;)
// ---- QLinear operators, dynamic ones ----
CHANGE(conv_cut, maker(m, "c1_quantized")->n_input = 5;)
CHANGE(conv_scale, float_set(m, "c1_scale", 0, -1);)
CHANGE(matmul_scales, Onnx__TensorProto *t = init_of(m, "w3_scale"), *z = init_of(m, "w3_zero_point");
       t->dims[0] = z->dims[0] = 15; t->n_float_data = z->n_int32_data = 15;)
CHANGE(add_unquantised, maker(m, "a_quantized")->op_type = "Add"; maker(m, "a_quantized")->domain = "";
       maker(m, "a_quantized")->n_input = 2; maker(m, "a_quantized")->input[1] = "m_quantized";)
CHANGE(gemm_bias, Onnx__TensorProto *t = init_of(m, "b4_quantized"); t->dims[0] = 4; t->raw_data.len = 16;)
CHANGE(bias_floats, maker(m, "c1_quantized")->input[8] = "c1_scale";)
CHANGE(dynamic_out, m->graph->output[0]->name = "s_quantized";)
CHANGE(dynamic_zero, init_of(m, "w1_zero_point")->n_dims = 1;
       init_of(m, "w1_zero_point")->dims = arena_copy(a, ((int64_t[]){3}), 8);
       init_of(m, "w1_zero_point")->has_raw_data = 0; init_of(m, "w1_zero_point")->raw_data.len = 0;
       init_of(m, "w1_zero_point")->n_int32_data = 3;
       init_of(m, "w1_zero_point")->int32_data = arena_new_n(a, 3, int32_t);)
CHANGE(dynamic_weights, maker(m, "c1_output_quantized")->input[1] = "b1";)

TEST(onnx_bad_scales)
{
    refused(QDQ, scale_nan,
            "(QuantizeLinear): scale x_scale[0] is nan, which is no step; quantize the model again");
    refused(QDQ, scale_zero, "scale x_scale[0] is 0, which is no step");
    refused(QDQ, scale_negative, "scale r1_scale[0] is -0.1, which is no step");
    refused(QDQ, scale_infinite, "(DequantizeLinear): scale w1_scale[3] is inf, which is no step");
    refused(QDQ, scale_of_weight, "scale w2_scale[11] is 0, which is no step");
    refused(QDQ, scale_of_bias, "scale b1_quantized_scale[0] is nan");
    refused(QDQ, scale_too_few, "7 scales in w1_scale and 8 zero points in w1_zero_point; quantize");
    refused(QDQ, scale_and_zero_too_few, "7 scales for dimension 0 of w1_quantized, which is 8; quantize");
    refused(QDQ, scale_axis, "axis 7 of a value with 3 dimensions");
    refused(QDQ, scale_other_axis, "8 scales for dimension 2 of w1_quantized, which is 5");
    refused(QDQ, scale_blocks, "scales by block are not supported");
    refused(QDQ, scale_integers, "input x_scale holds integers where floats are expected");
    refused(QDQ, scale_computed,
            "input x is computed in the graph; it must be stored in the file as a constant");
    refused(QDQ, scale_missing, "input w1_scale is not made by any node before it");
    refused(QDQ, scale_twice, "two values are named w1_scale; the file is damaged");
    refused(QDQ, scale_of_activations,
            "(QuantizeLinear): activations with a scale a channel are not supported");
}

TEST(onnx_bad_zero_points)
{
    refused(QDQ, zero_too_large,
            "initializer x_zero_point holds 300, which uint8 cannot be; quantize the model again");
    refused(QDQ, zero_negative, "initializer x_zero_point holds -1, which uint8 cannot be");
    refused(QDQ, zero_other_type,
            "x_QuantizeLinear_Output is uint8 and its zero point int8; the file is damaged");
    refused(QDQ, zero_of_weights, "w1_quantized is int8 and its zero point uint8; the file is damaged");
    refused(QDQ, zero_floats, "input x_zero_point holds floats where integers are expected");
    refused(QDQ, zero_computed, "input x depends on the data");
}

TEST(onnx_bad_quantised_weights)
{
    refused(QDQ, weights_9_bits, "w1_quantized is int16 and its zero point int8; the file is damaged");
    refused(QDQ, weights_9_typed, "initializer w1_quantized holds 255, which int8 cannot be");
    refused(QDQ, weights_4_bits,
            "initializer w1_quantized is int4 (type 22 of the standard), which is not supported; export");
    refused(QDQ, weights_2_60,
            "initializer w1_quantized: dimension 0 is 1152921504606846976: too large, or damaged");
    refused(QDQ, weights_product, "initializer w1_quantized: dimension 1 is 1048576: too large, or damaged");
    refused(QDQ, weights_claimed,
            "initializer w3_quantized claims 1360 numbers (int8) and holds 1344; the file is damaged");
    refused(QDQ, weights_external,
            "initializer w1_quantized keeps its numbers in another file (external data); save");
    refused(QDQ, weights_missing, "input w2_quantized is not made by any node before it");
    refused(QDQ, weights_floats,
            "(DequantizeLinear): input w1_quantized holds floats where integers are expected");
    refused(QDQ, bias_shape, "7 biases for 8 channels");
}

TEST(onnx_bad_quantised_graphs)
{
    refused(QDQ, cycle,
            "input r1_QuantizeLinear_Output is not made by any node before it; the file is damaged");
    refused(QDQ, itself,
            "input r1_QuantizeLinear_Output is not made by any node before it; the file is damaged");
    refused(QDQ, input_shapeless, "input x has no shape; export with a fixed window");
    refused(QDQ, input_typeless, "input x is not a tensor");
    refused(QDQ, input_uint8, "(QuantizeLinear): input x is not of floats");
    refused(QDQ, no_inputs, "(QuantizeLinear): input 1 is missing; the file is damaged");
    refused(QDQ, set_future, "operator set 99 is newer than");
    refused(QOP, set_future_microsoft,
            "version 2 of the operator set com.microsoft is not known; export with version 1");
    refused(QOP, set_unknown, "(QLinearAdd): it belongs to the operator set com.other");
    refused(QDQ, blocks, "(DequantizeLinear): scales by block are not supported");
    refused(QOP, conv_cut, "(QLinearConv): input 6 is missing; the file is damaged");
    refused(QOP, conv_scale, "(QLinearConv): scale c1_scale[0] is -1, which is no step");
    refused(QOP, matmul_scales, "(QLinearMatMul): 15 scales for dimension 1 of w3_quantized, which is 16");
    refused(QOP, add_unquantised,
            "(Add): takes quantised numbers (m_quantized) without their scale; export in the QDQ format");
    refused(QOP, gemm_bias, "(QGemm): 5 scales for 4 biases in b4_quantized");
    refused(QOP, bias_floats, "(QLinearConv): input c1_scale holds floats where integers are expected");
    refused(DYNAMIC, dynamic_out,
            "output s_quantized is quantised by a scale that is found when the model runs; end the model");
    refused(DYNAMIC, dynamic_zero, "(ConvInteger): zero point w1_zero_point does not fit");
    refused(DYNAMIC, dynamic_weights, "(ConvInteger): input b1 holds floats where integers are expected");
}

// One large constant, laid out anew for each of many nodes: refused before it takes many times the file's size.
CHANGE(
    many, enum {WEIGHTS = 400 * 400, NODES = 4000}; static char *in[2] = {"x", "w"};
    Onnx__GraphProto *g = m->graph; g->n_initializer = 1; Onnx__TensorProto *w = g->initializer[0];
    w->name = "w"; w->data_type = 1; w->n_dims = 2; w->dims = arena_copy(a, ((int64_t[]){400, 400}), 16);
    w->n_int32_data = 0; w->n_float_data = WEIGHTS; w->float_data = arena_new_n(a, WEIGHTS, float);
    w->float_data[7] = 1; g->n_node = NODES; g->node = arena_new_n(a, NODES, Onnx__NodeProto *);
    g->input[0]->type->tensor_type->shape->n_dim = 2;
    g->input[0]->type->tensor_type->shape->dim[1]->dim_value = 400; for (int i = 0; i < NODES; i++) {
        Onnx__NodeProto *n = g->node[i] = arena_new(a, Onnx__NodeProto);
        onnx__node_proto__init(n);
        n->op_type = "Gemm"; // with a factor of its own, so that no two can share what is made
        n->n_attribute = 1;
        n->attribute = arena_new_n(a, 1, Onnx__AttributeProto *);
        n->attribute[0] = arena_new(a, Onnx__AttributeProto);
        onnx__attribute_proto__init(n->attribute[0]);
        n->attribute[0]->name = "alpha";
        n->attribute[0]->has_type = n->attribute[0]->has_f = 1;
        n->attribute[0]->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT;
        n->attribute[0]->f = 1 + (float)i * 1e-3f;
        n->n_input = 2;
        n->input = in;
        n->n_output = 1;
        n->output = arena_new_n(a, 1, char *);
        n->output[0] = i + 1 < NODES ? arena_printf(a, "y%d", i) : "y";
    })

TEST(onnx_memory_bounded)
{
    struct arena a = {0}, own = {0};
    struct err e = {""};
    struct span s;
    Onnx__ModelProto *m = onnx_file(QDQ, &a);
    many(m, &a);
    CHECK(!read_again(m, &own, &e));
    CHECK_STR("bad.onnx: node y", e.text);
    CHECK_STR("the same constants are laid out for many nodes; refused", e.text);
    CHECK(file_read(test_path("bad.onnx"), &a, &s, &e) && own.bytes < s.n * 66 + ((size_t)24 << 20));
    arena_free(&own);
    arena_free(&a);
}
