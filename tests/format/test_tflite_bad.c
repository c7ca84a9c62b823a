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

enum { TAIL = 64 }; // zeros behind the file, for what a test wants to add

static void file_open(struct file *f, const char *path, struct arena *a)
{
    struct err e = {""};
    struct span bytes = {NULL, 0};
    CHECK(file_read(path, a, &bytes, &e));
    f->p = arena_alloc(a, (bytes.n + TAIL + 7) / 8 * 8);
    memcpy(f->p, bytes.p, bytes.n);
    f->fb = (struct fb){.file = {f->p, (bytes.n + TAIL + 7) / 8 * 8}};
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

static struct fb_table buffer_of(struct file *f, uint32_t t)
{
    struct fb_table tt = tensor(f, t);
    return child(&f->model, MODEL_BUFFERS, fb_u32(&tt, TENSOR_BUFFER, 0));
}
static void bad_bias_scale(struct file *f)
{
    bad_scale(f, BIAS, 0.5f);
}
// The bias' constant is looked for in the middle of another one that lies behind it.
static void bad_overlap(struct file *f)
{
    struct fb_table b = buffer_of(f, BIAS);
    uint8_t *ref = at(f, &b, BUFFER_DATA);
    struct fb_vec tensors = fb_vec(&f->sub, SUBGRAPH_TENSORS, 4);
    for (uint32_t i = 0; i < tensors.n; i++) {
        struct fb_table other = buffer_of(f, i);
        struct fb_vec data = fb_vec(&other, BUFFER_DATA, 1);
        if (data.n < 64 || data.p < ref) continue;
        put((uint8_t *)(uintptr_t)data.p + 4, 32);
        put(ref, (int32_t)(data.p + 4 - ref));
        return;
    }
    CHECK(!"a constant behind it");
}
// A buffer that says, in the way of large files, that its bytes lie elsewhere in the file: 2^60 of them.
static void bad_external(struct file *f)
{
    static const uint16_t vtable[] = {10, 20, 0, 4, 12};
    struct fb_table t = tensor(f, WEIGHTS);
    uint8_t *tail = f->p + f->fb.file.n - 40;
    const uint64_t where = 64, size = (uint64_t)1 << 60;
    memcpy(tail, vtable, sizeof vtable);
    put(tail + 12, 12);
    memcpy(tail + 16, &where, 8);
    memcpy(tail + 24, &size, 8);
    uint8_t *entry = element(&f->model, MODEL_BUFFERS, fb_u32(&t, TENSOR_BUFFER, 0), 4);
    put(entry, (int32_t)(tail + 12 - entry));
}
static void bad_no_shape(struct file *f)
{
    struct fb_table t = tensor(f, 0);
    memset(f->p + t.vtable + 4 + 2 * TENSOR_SHAPE, 0, 2);
}
// The first constant of floats gets a NaN.
static void bad_nan(struct file *f)
{
    struct fb_vec tensors = fb_vec(&f->sub, SUBGRAPH_TENSORS, 4);
    for (uint32_t i = 0; i < tensors.n; i++) {
        struct fb_table t = tensor(f, i), b = buffer_of(f, i);
        struct fb_vec data = fb_vec(&b, BUFFER_DATA, 1);
        const float nan = NAN;
        if (fb_i8(&t, TENSOR_TYPE, 0) != TFL_F32 || data.n < 64) continue;
        memcpy((uint8_t *)(uintptr_t)data.p + 8, &nan, 4);
        return;
    }
    CHECK(!"a constant of floats");
}
// Number j of the table of integers that is the second input of operator o.
static void put_number(struct file *f, uint32_t o, uint32_t j, int32_t v)
{
    struct fb_table op = oper(f, o), b;
    struct fb_vec in = fb_vec(&op, OPERATOR_INPUTS, 4);
    CHECK(in.n > 1);
    b = buffer_of(f, (uint32_t)fb_vec_i32(&in, 1));
    put(element(&b, BUFFER_DATA, 4 * j, 1), v);
}
static void bad_mirror(struct file *f)
{
    put_number(f, 0, 2, 100);
}
static void bad_axis(struct file *f)
{
    put_number(f, 0, 0, 9);
}
static void bad_broadcast(struct file *f)
{
    put_number(f, 0, 2, 7);
}
static void bad_padding(struct file *f)
{
    put_number(f, 0, 2, -1);
}
static void bad_options(struct file *f)
{
    struct fb_table o = oper(f, 0);
    *at(f, &o, OPERATOR_OPTIONS_TYPE) = OPT_CONV;
}

TEST(tflite_bad_input)
{
    static const struct {
        void (*spoil)(struct file *);
        const char *says;
        const char *path; // NULL: the good one
    } bad[] = {
        {bad_bias_scale, "its bias arith.constant1", NULL},
        {bad_bias_scale, "has scale 0.5, input times weights have", NULL},
        {bad_overlap, "its constant overlaps that of ", NULL},
        {bad_external, "its constant lies outside of the file; it was cut off", NULL},
        {bad_no_shape, "has no shape; export the model with a fixed window length", NULL},
        {bad_nan, "is not a finite number", "tests/golden/tflite_keras_cnn_float/model.tflite"},
        {bad_mirror, "operator 0 MIRROR_PAD MirrorPad", "tests/golden/tflite_mirror_pad_float/model.tflite"},
        {bad_mirror, "mirrors 100 and 3 elements of 7", "tests/golden/tflite_mirror_pad_float/model.tflite"},
        {bad_padding, "padding -1 and", "tests/golden/tflite_pad_value_float/model.tflite"},
        {bad_axis, "axis 9 of 3 dimensions", "tests/golden/tflite_reverse_float/model.tflite"},
        {bad_axis, "axis 9 of 4 dimensions", "tests/golden/tflite_reductions_float/model.tflite"},
        {bad_broadcast, "a dimension of 6 cannot become 7",
         "tests/golden/tflite_broadcast_float/model.tflite"},
        {bad_options, "has the options of another operator (1)",
         "tests/golden/tflite_reductions_float/model.tflite"},

        {bad_version, "schema version 4 is not supported", NULL},
        {bad_buffer, "names buffer 9999", NULL},
        {bad_missing_buffer, "has scales for weights, but its constant is missing", NULL},
        {bad_buffer_size, "its constant has 240 bytes, int8 9x1x5x6 wants 270", NULL},
        {bad_absurd_size, "larger than 2 GiB", NULL},
        {bad_negative_size, "dimension 2 is -6", NULL},
        {bad_free_window, "dimension 1 has no fixed size; export the model with a fixed window length", NULL},
        {bad_type, "is INT4", NULL},
        {bad_tensor_index, "operator 1 CONV_2D: names tensor 1073741824", NULL},
        {bad_cycle, "is used before anything makes it (a cycle", NULL},
        {bad_made_twice, "is made a second time", NULL},
        {bad_output_constant, "is made a second time", NULL},
        {bad_no_weights, "input 1 is absent", NULL},
        {bad_code_index, "operator 1: names kind 77", NULL},
        {bad_code, "kind 4711 is not known to this version", NULL},
        {bad_op, "operator 1 TRANSPOSE_CONV is not supported: use UpSampling1D and a convolution", NULL},
        {bad_op_version, "version 99 is newer than", NULL},
        {bad_scale_zero, "scale 0 is 0; it must be positive and finite", NULL},
        {bad_scale_nan, "scale 0 is nan", NULL},
        {bad_zero_point, "zero point 1000 is outside of int8", NULL},
        {bad_zero_point_huge, "is outside of int8", NULL},
        {bad_weights_zero, "have zero point 5; int8 weights must be symmetric", NULL},
        {bad_scale_count, "7 scales do not fit dimension 0", NULL},
        {bad_count_mismatch, "8 scales, 7 zero points", NULL},
        {bad_stride, "stride 0", NULL},
        {bad_activation, "fused activation SIGN_BIT is not supported; use relu, relu6 or none", NULL},
        {bad_shape_stated, "the file says its output is 1x1x27x8, its inputs give 1x1x28x8", NULL},
        {bad_graph_output, "nothing makes it", NULL},
        {bad_vector_length, "the file is damaged or cut off", NULL},
        {bad_vtable, "tensor 3: the file is damaged or cut off", NULL},
        {bad_dilation_alone, "no SPACE_TO_BATCH_ND is in front of it", NULL},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct arena a = {0};
        struct err e = {""};
        struct file f;
        file_open(&f, bad[i].path ? bad[i].path : good, &a);
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
    file_open(&f, good, &a);
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
