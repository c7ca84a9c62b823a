#include "parts.h"
#include <assert.h>
#include <math.h>
#include <string.h>

const char *c_type(enum dtype t)
{
    static const char *const name[DTYPE_COUNT] = {
        [F32] = "float",   [I8] = "int8_t",  [I16] = "int16_t",  [I32] = "int32_t",
        [I64] = "int64_t", [U8] = "uint8_t", [BOOL] = "uint8_t", [F16] = "uint16_t"};
    return name[t];
}

void float_print(float v, struct buf *out)
{
    if (isnan(v))
        buf_puts(out, "(0.0f / 0.0f)");
    else if (isinf(v))
        buf_puts(out, v > 0 ? "(1.0f / 0.0f)" : "(-1.0f / 0.0f)");
    else if (fabsf(v) < 1e5f && v == (float)(int)v && !(v == 0 && signbit(v)))
        buf_printf(out, "%.1ff", (double)v);
    else
        buf_printf(out, "%af", (double)v); // a hexadecimal float loses nothing
}

static void number_print(const struct tensor *t, int64_t i, struct buf *out)
{
    switch (t->type) {
    case F32:
        float_print(((const float *)t->data)[i], out);
        break;
    case I8:
        buf_printf(out, "%d", ((const int8_t *)t->data)[i]);
        break;
    case I16:
        buf_printf(out, "%d", ((const int16_t *)t->data)[i]);
        break;
    case I32: {
        int32_t v = ((const int32_t *)t->data)[i];
        if (v == INT32_MIN)
            buf_puts(out, "(-2147483647 - 1)"); // 2147483648 would be no int32_t
        else
            buf_printf(out, "%d", v);
        break;
    }
    case I64:
        buf_printf(out, "INT64_C(%lld)", (long long)((const int64_t *)t->data)[i]);
        break;
    case U8:
    case BOOL:
        buf_printf(out, "%u", ((const uint8_t *)t->data)[i]);
        break;
    case F16:
        buf_printf(out, "%u", ((const uint16_t *)t->data)[i]);
        break;
    case DTYPE_COUNT:
        assert(0);
    }
}

void comment_print(const char *name, struct buf *out)
{
    buf_puts(out, "// ");
    for (const char *p = name ? name : ""; *p && p - name < 80; p++)
        buf_put(out, *p >= 32 && *p < 127 && *p != '\\' ? p : "?", 1);
}

void constant_print(const struct tensor *t, const char *name, const char *place, struct buf *out)
{
    char shape[64];
    int64_t n = tensor_count(t);
    comment_print(t->name, out);
    buf_printf(out, " %s\n", tensor_shape(t, shape, sizeof shape));
    buf_printf(out, "static const %s %s[%lld] %s = {", c_type(t->type), name, (long long)(n ? n : 1), place);
    if (!n) buf_puts(out, "0");
    size_t line = out->n;
    for (int64_t i = 0; i < n; i++) {
        bool fresh = i == 0 || out->n - line > 100;
        buf_puts(out, fresh ? "\n    " : " ");
        if (fresh) line = out->n;
        number_print(t, i, out);
        if (i + 1 < n) buf_puts(out, ",");
    }
    buf_puts(out, "\n};\n");
}
