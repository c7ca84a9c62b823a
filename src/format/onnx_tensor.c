// TensorProto -> constant: raw or typed data of any numeric type becomes float or int64.
#include "onnx_read.h"
#include <string.h>

// The standard's numbers of types; raw_bytes: bytes an element in raw_data.
static const struct type {
    const char *name;
    int raw_bytes;
    bool is_float;
} types[] = {
    [1] = {"float", 4, true},     [2] = {"uint8", 1, false},   [3] = {"int8", 1, false},
    [4] = {"uint16", 2, false},   [5] = {"int16", 2, false},   [6] = {"int32", 4, false},
    [7] = {"int64", 8, false},    [9] = {"bool", 1, false},    [10] = {"float16", 2, true},
    [11] = {"double", 8, true},   [12] = {"uint32", 4, false}, [13] = {"uint64", 8, false},
    [16] = {"bfloat16", 2, true},
};

const char *onnx_type_name(int type)
{
    static const char *const others[] = {
        [8] = "text",    [14] = "complex64", [15] = "complex128", [17] = "float8", [18] = "float8",
        [19] = "float8", [20] = "float8",    [21] = "uint4",      [22] = "int4",   [23] = "float4",
        [24] = "float8", [25] = "uint2",     [26] = "int2"};
    if (type > 0 && type < (int)(sizeof types / sizeof *types) && types[type].name) return types[type].name;
    return type > 0 && type < (int)(sizeof others / sizeof *others) && others[type] ? others[type]
                                                                                    : "of no known type";
}

static float float_of_bits(uint32_t bits)
{
    float f;
    memcpy(&f, &bits, 4);
    return f;
}

static float half(uint32_t h)
{
    uint32_t sign = (h & 0x8000) << 16, exp = h >> 10 & 31, man = h & 1023;
    if (exp == 31) return float_of_bits(sign | 0x7f800000 | man << 13);
    if (exp) return float_of_bits(sign | (exp + 112) << 23 | man << 13);
    float tiny = (float)man * 0x1p-24f; // subnormal
    return sign ? -tiny : tiny;
}

static uint64_t little_endian(const uint8_t *p, int n)
{
    uint64_t v = 0;
    for (int i = n - 1; i >= 0; i--) v = v << 8 | p[i];
    return v;
}

// Element i of the typed fields, as the bits that raw_data would hold.
static uint64_t typed(const Onnx__TensorProto *t, int64_t i)
{
    uint64_t bits = 0;
    if (t->data_type == 1)
        memcpy(&bits, &t->float_data[i], 4);
    else if (t->data_type == 11)
        memcpy(&bits, &t->double_data[i], 8);
    else if (t->data_type == 7)
        bits = (uint64_t)t->int64_data[i];
    else if (t->data_type == 12 || t->data_type == 13)
        bits = t->uint64_data[i];
    else
        bits = (uint32_t)t->int32_data[i];
    return bits;
}

static size_t typed_count(const Onnx__TensorProto *t)
{
    switch (t->data_type) {
    case 1:
        return t->n_float_data;
    case 11:
        return t->n_double_data;
    case 7:
        return t->n_int64_data;
    case 12:
    case 13:
        return t->n_uint64_data;
    default:
        return t->n_int32_data;
    }
}

static float as_float(int type, uint64_t bits)
{
    double d;
    if (type == 1) return float_of_bits((uint32_t)bits);
    if (type == 10) return half((uint32_t)bits & 0xffff);
    if (type == 16) return float_of_bits((uint32_t)bits << 16);
    memcpy(&d, &bits, 8);
    return (float)d;
}

static int64_t as_int(int type, uint64_t bits)
{
    switch (type) {
    case 2:
        return (uint8_t)bits;
    case 3:
        return (int8_t)bits;
    case 4:
        return (uint16_t)bits;
    case 5:
        return (int16_t)bits;
    case 6:
        return (int32_t)bits;
    case 9:
        return (bits & 0xff) != 0;
    case 12:
        return (uint32_t)bits;
    default:
        return (int64_t)bits;
    }
}

bool onnx_tensor_read(struct onnx *r, const Onnx__TensorProto *t, const char *name, struct value *v)
{
    struct err *e = r->e;
    *v = (struct value){.name = arena_strdup(r->a, name)};
    if (t->n_external_data ||
        (t->has_data_location && t->data_location == ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL))
        return fail(
            e,
            "initializer %s keeps its numbers in another file (external data); save the model as one file "
            "(onnx.save with save_as_external_data=False)",
            name);
    int type = t->has_data_type ? t->data_type : 0;
    if (type < 1 || type >= (int)(sizeof types / sizeof *types) || !types[type].name)
        return fail(e,
                    "initializer %s is %s (type %d of the standard), which is not supported; export the "
                    "model with floats, or "
                    "quantize it to 8 bits",
                    name, onnx_type_name(type), type);
    if (t->segment) return fail(e, "initializer %s is cut into segments; export the model again", name);
    if (t->n_dims > VALUE_MAX_RANK)
        return fail(e, "initializer %s has %zu dimensions, at most %d are possible", name, t->n_dims,
                    VALUE_MAX_RANK);
    v->rank = (int)t->n_dims;
    if (!dims_check(r, NULL, v->rank, t->dims, v->dim)) return fail_in(e, "initializer %s", name);

    int64_t n = value_count(v);
    int bytes = types[type].raw_bytes;
    bool raw = t->has_raw_data && t->raw_data.len;
    size_t there = raw ? t->raw_data.len / (size_t)bytes : typed_count(t);
    if (there != (uint64_t)n || (raw && t->raw_data.len % (size_t)bytes))
        return fail(e, "initializer %s claims %lld numbers (%s) and holds %zu; the file is damaged", name,
                    (long long)n, types[type].name, there);
    float *f = types[type].is_float ? arena_new_n(r->a, (size_t)n, float) : NULL;
    int64_t *i = f ? NULL : arena_new_n(r->a, (size_t)n, int64_t);
    if (raw && type == 1)
        memcpy(f, t->raw_data.data, (size_t)n * 4);
    else
        for (int64_t k = 0; k < n; k++) {
            uint64_t bits = raw ? little_endian(t->raw_data.data + k * bytes, bytes) : typed(t, k);
            if (f) {
                f[k] = as_float(type, bits);
                continue;
            }
            i[k] = as_int(type, bits);
            if (!raw && bytes < 4 && type != 9 && i[k] != (int32_t)bits)
                return fail(e, "initializer %s holds %d, which %s cannot be; quantize the model again", name,
                            (int32_t)bits, types[type].name);
        }
    v->f = f;
    v->i = i;
    v->elem = type;
    return true;
}
