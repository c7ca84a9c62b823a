// NumPy's .npy files: magic, version, a header that is a Python dictionary in text, then the values.
// The format is described in NumPy's documentation (numpy.lib.format).
#include "format.h"
#include <ctype.h>
#include <string.h>

static const char magic[6] = "\x93NUMPY";

static const struct {
    const char *descr; // kind and bytes
    enum dtype type;
} types[] = {{"f4", F32}, {"i1", I8}, {"i2", I16}, {"i4", I32}, {"i8", I64}, {"u1", U8}, {"b1", BOOL}};

// ---- the header ----

struct text { // the rest of the header
    const char *p, *end;
};

static void skip_space(struct text *t)
{
    while (t->p < t->end && isspace((unsigned char)*t->p)) t->p++;
}

static bool take(struct text *t, char c)
{
    skip_space(t);
    if (t->p == t->end || *t->p != c) return false;
    t->p++;
    return true;
}

// A string in single or double quotes, into s; false when there is none or it does not fit.
static bool take_string(struct text *t, char *s, size_t n)
{
    skip_space(t);
    if (t->p == t->end || (*t->p != '\'' && *t->p != '"')) return false;
    char quote = *t->p++;
    size_t at = 0;
    for (; t->p < t->end && *t->p != quote; t->p++)
        if (at + 1 < n)
            s[at++] = *t->p;
        else
            return false;
    s[at] = 0;
    return take(t, quote);
}

static bool take_word(struct text *t, const char *word)
{
    skip_space(t);
    size_t n = strlen(word);
    if ((size_t)(t->end - t->p) < n || memcmp(t->p, word, n)) return false;
    t->p += n;
    return true;
}

static bool take_shape(struct text *t, struct npy *out, struct err *e)
{
    if (!take(t, '(')) return fail(e, "its header has no shape");
    out->rank = 0;
    while (!take(t, ')')) {
        int64_t d = 0;
        skip_space(t);
        const char *digits = t->p;
        for (; t->p < t->end && isdigit((unsigned char)*t->p) && d <= INT32_MAX; t->p++)
            d = 10 * d + (*t->p - '0');
        if (t->p == digits) return fail(e, "its header has no valid shape");
        if (d > INT32_MAX) return fail(e, "dimension %d is larger than any file", out->rank);
        if (out->rank == GRAPH_MAX_RANK) return fail(e, "more than %d dimensions", GRAPH_MAX_RANK);
        out->dim[out->rank++] = (int32_t)d;
        take_word(t, "L"); // Python 2 wrote long numbers so
        if (!take(t, ',') && t->p < t->end && *t->p != ')') return fail(e, "its header has no valid shape");
        skip_space(t);
        if (t->p == t->end) return fail(e, "its header ends in the shape");
    }
    return true;
}

static bool take_descr(struct text *t, struct npy *out, bool *doubles, struct err *e)
{
    char s[16];
    if (!take_string(t, s, sizeof s))
        return fail(e, "it holds records or objects; save one array of numbers");
    if (*s == '>') return fail(e, "its numbers are big endian (%s); save with .astype('<f4')", s);
    const char *kind = strchr("<|=", *s) ? s + 1 : s;
    *doubles = !strcmp(kind, "f8");
    if (*doubles) {
        out->type = F32;
        return true;
    }
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (!strcmp(kind, types[i].descr)) {
            out->type = types[i].type;
            return true;
        }
    return fail(e, "numbers of type %s are not supported; save with .astype('float32')", s);
}

static bool read_header(struct text t, struct npy *out, bool *doubles, struct err *e)
{
    bool has_descr = false, has_shape = false;
    if (!take(&t, '{')) return fail(e, "its header is not a Python dictionary");
    while (!take(&t, '}')) {
        char key[16];
        if (!take_string(&t, key, sizeof key) || !take(&t, ':')) return fail(e, "its header is damaged");
        if ((has_descr && !strcmp(key, "descr")) || (has_shape && !strcmp(key, "shape")))
            return fail(e, "its header has two entries %s", key);
        if (!strcmp(key, "descr")) {
            if (!take_descr(&t, out, doubles, e)) return false;
            has_descr = true;
        } else if (!strcmp(key, "shape")) {
            if (!take_shape(&t, out, e)) return false;
            has_shape = true;
        } else if (!strcmp(key, "fortran_order")) {
            if (take_word(&t, "True"))
                return fail(e, "it is in Fortran order; save np.ascontiguousarray(x) instead");
            if (!take_word(&t, "False")) return fail(e, "its header is damaged at fortran_order");
        } else {
            return fail(e, "its header has an unknown entry %s", key);
        }
        take(&t, ',');
    }
    return (has_descr && has_shape) || fail(e, "its header has no %s", has_descr ? "shape" : "descr");
}

// ---- the file ----

static uint32_t le(const uint8_t *p, int n)
{
    uint32_t v = 0;
    for (int i = 0; i < n; i++) v |= (uint32_t)p[i] << (8 * i);
    return v;
}

bool npy_read(struct span bytes, struct arena *a, struct npy *out, struct err *e)
{
    *out = (struct npy){0};
    if (bytes.n < 10 || memcmp(bytes.p, magic, sizeof magic))
        return fail(e, "not a .npy file; save the array with np.save");
    int major = bytes.p[6];
    if (major < 1 || major > 3) return fail(e, ".npy version %d is not supported, only 1 to 3", major);
    size_t start = major == 1 ? 10 : 12;
    if (bytes.n < start) return fail(e, "the .npy file is cut off");
    uint32_t header = le(bytes.p + 8, major == 1 ? 2 : 4);
    if (header > bytes.n - start) return fail(e, "the .npy file is cut off in its header");
    bool doubles = false;
    struct text t = {(const char *)bytes.p + start, (const char *)bytes.p + start + header};
    if (!read_header(t, out, &doubles, e)) return fail_in(e, ".npy file");
    struct tensor shape = {.name = "of the .npy file", .type = out->type, .rank = out->rank};
    memcpy(shape.dim, out->dim, sizeof shape.dim);
    if (!tensor_check(&shape, e)) return false;
    size_t count = (size_t)tensor_count(&shape), size = doubles ? 8 : (size_t)dtype_size(out->type);
    const uint8_t *data = bytes.p + start + header;
    size_t have = bytes.n - start - header;
    if (have != count * size)
        return fail(e, "the .npy file has %zu bytes of values, its shape wants %zu%s", have, count * size,
                    have < count * size ? "; it was cut off" : "");
    if (!doubles) {
        out->data = arena_copy(a, data, count * size);
        return true;
    }
    float *v = arena_new_n(a, count, float);
    for (size_t i = 0; i < count; i++) {
        double d;
        memcpy(&d, data + 8 * i, 8);
        v[i] = (float)d;
    }
    out->data = v;
    return true;
}

void npy_write(const struct npy *v, struct buf *out)
{
    struct tensor shape = {.type = v->type, .rank = v->rank};
    memcpy(shape.dim, v->dim, sizeof shape.dim);
    const char *descr = NULL;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].type == v->type) descr = types[i].descr;
    if (!descr) descr = "f2"; // float16, the only other
    struct buf h = {0};
    buf_printf(&h, "{'descr': '%c%s', 'fortran_order': False, 'shape': (",
               dtype_size(v->type) > 1 ? '<' : '|', descr);
    for (int i = 0; i < v->rank; i++) buf_printf(&h, i ? " %d," : "%d,", v->dim[i]);
    if (v->rank > 1) h.n--; // a tuple of one keeps its comma
    buf_puts(&h, "), }");
    while ((10 + h.n + 1) % 64) buf_puts(&h, " ");
    buf_puts(&h, "\n");
    uint8_t start[10] = {0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, (uint8_t)h.n, (uint8_t)(h.n >> 8)};
    buf_put(out, start, sizeof start);
    buf_put(out, h.p, h.n);
    buf_put(out, v->data, (size_t)tensor_bytes(&shape));
    buf_free(&h);
}
