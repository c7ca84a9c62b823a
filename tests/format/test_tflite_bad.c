// Damaged and hostile .tflite files: each gets a sentence that names tensor or operator, never a crash. A
// good file (tests/golden/tflite_keras_cnn_int8) is changed in one place.
#include "../../src/base/file.h"
#include "../../src/format/flatbuf.h"
#include "../../src/format/format.h"
#include "../../src/format/tflite_schema.h"
#include "../test.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char good[] = "tests/golden/tflite_keras_cnn_int8/model.tflite";

struct file {
    struct fb fb;
    uint8_t *p;
    struct fb_table model, sub;
};

static void file_open(struct file *f, struct arena *a)
{
    struct err e = {""};
    struct span bytes = {NULL, 0};
    CHECK(file_read(good, a, &bytes, &e));
    f->p = arena_copy(a, bytes.p, bytes.n);
    f->fb = (struct fb){.file = {f->p, bytes.n}};
    f->model = fb_root(&f->fb);
    struct fb_vec subs = fb_vec(&f->model, MODEL_SUBGRAPHS, 4);
    f->sub = fb_vec_table(&subs, 0);
}

static struct fb_table child(const struct fb_table *t, int id, uint32_t i)
{
    struct fb_vec v = fb_vec(t, id, 4);
    return fb_vec_table(&v, i);
}

// Where a field that is present lies.
static uint8_t *at(struct file *f, const struct fb_table *t, int id)
{
    const uint8_t *entry = f->p + t->vtable + 4 + 2 * id;
    CHECK(fb_has(t, id));
    return f->p + t->at + (entry[0] | entry[1] << 8);
}

static void put(uint8_t *p, int32_t v)
{
    memcpy(p, &v, 4);
}

static uint8_t *element(const struct fb_table *t, int id, uint32_t i, uint32_t size)
{
    struct fb_vec v = fb_vec(t, id, size);
    CHECK(i < v.n);
    return (uint8_t *)(uintptr_t)v.p + i * size;
}

static struct fb_table tensor(struct file *f, uint32_t i)
{
    return child(&f->sub, SUBGRAPH_TENSORS, i);
}

static struct fb_table oper(struct file *f, uint32_t i)
{
    return child(&f->sub, SUBGRAPH_OPERATORS, i);
}

// Operator 1 is CONV_2D with weights 22 (8, 1, 5, 6) and bias 19; its input is tensor 23, its output 24.
enum { CONV = 1, WEIGHTS = 22, BIAS = 19, CONV_OUT = 24 };

static void bad_version(struct file *f)
{
    put(at(f, &f->model, MODEL_VERSION), 4);
}
static void bad_buffer(struct file *f)
{
    struct fb_table t = tensor(f, WEIGHTS);
    put(at(f, &t, TENSOR_BUFFER), 9999);
}
static void bad_missing_buffer(struct file *f)
{
    struct fb_table t = tensor(f, WEIGHTS);
    put(at(f, &t, TENSOR_BUFFER), 0);
}
static void bad_buffer_size(struct file *f)
{
    struct fb_table t = tensor(f, WEIGHTS);
    put(element(&t, TENSOR_SHAPE, 0, 4), 9);
}
static void bad_absurd_size(struct file *f)
{
    struct fb_table t = tensor(f, WEIGHTS);
    for (uint32_t i = 0; i < 4; i++) put(element(&t, TENSOR_SHAPE, i, 4), 0x7fffffff);
}
static void bad_negative_size(struct file *f)
{
    struct fb_table t = tensor(f, 0);
    put(element(&t, TENSOR_SHAPE, 2, 4), -6);
    put(element(&t, TENSOR_SIGNATURE, 2, 4), -6);
}
static void bad_free_window(struct file *f)
{
    struct fb_table t = tensor(f, 0);
    put(element(&t, TENSOR_SIGNATURE, 1, 4), -1);
}
static void bad_type(struct file *f)
{
    struct fb_table t = tensor(f, WEIGHTS);
    *at(f, &t, TENSOR_TYPE) = 17; // INT4
}
static void bad_tensor_index(struct file *f)
{
    struct fb_table o = oper(f, CONV);
    put(element(&o, OPERATOR_INPUTS, 1, 4), 1 << 30);
}
static void bad_cycle(struct file *f)
{
    struct fb_table o = oper(f, CONV);
    put(element(&o, OPERATOR_INPUTS, 0, 4), 30);
}
static void bad_made_twice(struct file *f)
{
    struct fb_table o = oper(f, 2);
    put(element(&o, OPERATOR_OUTPUTS, 0, 4), 23);
}
static void bad_output_constant(struct file *f)
{
    struct fb_table o = oper(f, CONV);
    put(element(&o, OPERATOR_OUTPUTS, 0, 4), BIAS);
}
static void bad_no_weights(struct file *f)
{
    struct fb_table o = oper(f, CONV);
    put(element(&o, OPERATOR_INPUTS, 1, 4), -1);
}
static void bad_code_index(struct file *f)
{
    struct fb_table o = oper(f, CONV);
    put(at(f, &o, OPERATOR_CODE), 77);
}
static struct fb_table code_of(struct file *f, uint32_t operator)
{
    struct fb_table o = oper(f, operator);
    return child(&f->model, MODEL_OPERATOR_CODES, fb_u32(&o, OPERATOR_CODE, 0));
}
static void bad_code(struct file *f)
{
    struct fb_table c = code_of(f, CONV);
    put(at(f, &c, CODE_BUILTIN), 4711);
}
static void bad_op(struct file *f)
{
    struct fb_table c = code_of(f, CONV);
    put(at(f, &c, CODE_BUILTIN), TFL_TRANSPOSE_CONV);
}
static void bad_op_version(struct file *f)
{
    struct fb_table c = code_of(f, CONV);
    put(at(f, &c, CODE_VERSION), 99);
}
static void bad_scale(struct file *f, uint32_t t, float scale)
{
    struct fb_table tt = tensor(f, t), q = fb_sub(&tt, TENSOR_QUANT);
    memcpy(element(&q, QUANT_SCALE, 0, 4), &scale, 4);
}
static void bad_scale_zero(struct file *f)
{
    bad_scale(f, CONV_OUT, 0);
}
static void bad_scale_nan(struct file *f)
{
    bad_scale(f, WEIGHTS, NAN);
}
static void bad_zero_point(struct file *f)
{
    struct fb_table t = tensor(f, CONV_OUT), q = fb_sub(&t, TENSOR_QUANT);
    put(element(&q, QUANT_ZERO, 0, 8), 1000);
    put(element(&q, QUANT_ZERO, 0, 8) + 4, 0);
}
static void bad_zero_point_huge(struct file *f)
{
    struct fb_table t = tensor(f, CONV_OUT), q = fb_sub(&t, TENSOR_QUANT);
    put(element(&q, QUANT_ZERO, 0, 8) + 4, 1);
}
static void bad_weights_zero(struct file *f)
{
    struct fb_table t = tensor(f, WEIGHTS), q = fb_sub(&t, TENSOR_QUANT);
    put(element(&q, QUANT_ZERO, 3, 8), 5);
}
static void bad_scale_count(struct file *f)
{
    struct fb_table t = tensor(f, WEIGHTS), q = fb_sub(&t, TENSOR_QUANT);
    put(element(&q, QUANT_SCALE, 0, 4) - 4, 7);
    put(element(&q, QUANT_ZERO, 0, 8) - 4, 7);
}
static void bad_count_mismatch(struct file *f)
{
    struct fb_table t = tensor(f, WEIGHTS), q = fb_sub(&t, TENSOR_QUANT);
    put(element(&q, QUANT_ZERO, 0, 8) - 4, 7);
}
static void bad_stride(struct file *f)
{
    struct fb_table o = oper(f, CONV), c = fb_sub(&o, OPERATOR_OPTIONS);
    put(at(f, &c, CONV_STRIDE_W), 0);
}
static void bad_activation(struct file *f)
{
    struct fb_table o = oper(f, CONV), c = fb_sub(&o, OPERATOR_OPTIONS);
    *at(f, &c, CONV_ACT) = TFL_ACT_SIGN_BIT;
}
static void bad_shape_stated(struct file *f)
{
    struct fb_table t = tensor(f, CONV_OUT);
    put(element(&t, TENSOR_SHAPE, 2, 4), 27);
    put(element(&t, TENSOR_SIGNATURE, 2, 4), 27);
}
static void bad_graph_output(struct file *f)
{
    put(element(&f->sub, SUBGRAPH_OUTPUTS, 0, 4), 1);
}
static void bad_vector_length(struct file *f)
{
    put(element(&f->sub, SUBGRAPH_INPUTS, 0, 4) - 4, 0x7ffffff0);
}
static void bad_vtable(struct file *f)
{
    struct fb_table t = tensor(f, 3);
    put(f->p + t.at, 0x40000000);
}
static void bad_dilation_alone(struct file *f)
{
    struct fb_table c = code_of(f, 11);
    put(at(f, &c, CODE_BUILTIN), TFL_BATCH_TO_SPACE_ND);
    *at(f, &c, CODE_DEPRECATED) = TFL_BATCH_TO_SPACE_ND;
}

TEST(tflite_bad_input)
{
    static const struct {
        void (*spoil)(struct file *);
        const char *says;
    } bad[] = {
        {bad_version, "schema version 4 is not supported"},
        {bad_buffer, "names buffer 9999"},
        {bad_missing_buffer, "has scales for weights, but its constant is missing"},
        {bad_buffer_size, "its constant has 240 bytes, int8 9x1x5x6 wants 270"},
        {bad_absurd_size, "larger than 2 GiB"},
        {bad_negative_size, "dimension 2 is -6"},
        {bad_free_window, "dimension 1 has no fixed size; export the model with a fixed window length"},
        {bad_type, "is INT4"},
        {bad_tensor_index, "operator 1 CONV_2D: names tensor 1073741824"},
        {bad_cycle, "is used before anything makes it (a cycle"},
        {bad_made_twice, "is made a second time"},
        {bad_output_constant, "is made a second time"},
        {bad_no_weights, "input 1 is absent"},
        {bad_code_index, "operator 1: names kind 77"},
        {bad_code, "kind 4711 is not known to this version"},
        {bad_op, "operator 1 TRANSPOSE_CONV is not supported: use UpSampling1D and a convolution"},
        {bad_op_version, "version 99 is newer than"},
        {bad_scale_zero, "scale 0 is 0; it must be positive and finite"},
        {bad_scale_nan, "scale 0 is nan"},
        {bad_zero_point, "zero point 1000 is outside of int8"},
        {bad_zero_point_huge, "is outside of int8"},
        {bad_weights_zero, "have zero point 5; int8 weights must be symmetric"},
        {bad_scale_count, "7 scales do not fit dimension 0"},
        {bad_count_mismatch, "8 scales, 7 zero points"},
        {bad_stride, "stride 0"},
        {bad_activation, "fused activation SIGN_BIT is not supported; use relu, relu6 or none"},
        {bad_shape_stated, "the file says its output is 1x1x27x8, its inputs give 1x1x28x8"},
        {bad_graph_output, "nothing makes it"},
        {bad_vector_length, "the file is damaged or cut off"},
        {bad_vtable, "tensor 3: the file is damaged or cut off"},
        {bad_dilation_alone, "no SPACE_TO_BATCH_ND is in front of it"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct arena a = {0};
        struct err e = {""};
        struct file f;
        file_open(&f, &a);
        bad[i].spoil(&f);
        struct graph *g = format_tflite.read(f.fb.file, &a, &e);
        CHECK(!g || !graph_check(g, &e));
        CHECK_STR(bad[i].says, e.text);
        arena_free(&a);
    }
}

TEST(tflite_cut_off)
{
    struct arena a = {0};
    struct file f;
    file_open(&f, &a);
    for (size_t n = 0; n < f.fb.file.n; n += n < 600 ? 1 : 37) {
        struct arena b = {0};
        struct err e = {""};
        void *part; // of exactly n bytes: what is read behind the end, ASan sees
        CHECK(!posix_memalign(&part, 64, n));
        memcpy(part, f.p, n);
        struct graph *g = format_tflite.read((struct span){part, n}, &b, &e);
        CHECK((g && graph_check(g, &e)) || *e.text);
        arena_free(&b);
        free(part);
    }
    arena_free(&a);
}
