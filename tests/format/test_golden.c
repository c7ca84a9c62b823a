// tests/golden: models by other tools with the outputs of their runtimes. Each is read, planned and executed;
// integers must be equal, floats within the tolerance that ORIGIN states. Also after our own writers (.tflite
// files after that of .tflite, others after that of ONNX, or .tflite where it cannot express them). Of several outputs, the first is compared.
#include "../../src/base/file.h"
#include "../../src/format/format.h"
#include "../../src/run/run.h"
#include "../test.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool npy_load(const char *path, struct arena *a, struct npy *v, struct err *e)
{
    struct span bytes;
    return file_read(path, a, &bytes, e) && npy_read(bytes, a, v, e);
}

static double tolerance_of(const char *folder, struct arena *a)
{
    struct span bytes;
    struct err e;
    if (!file_read(arena_printf(a, "%s/ORIGIN", folder), a, &bytes, &e)) return 0;
    const char *line = strstr((const char *)bytes.p, "tolerance ");
    return line ? strtod(line + 10, NULL) : 0;
}

// The largest difference between n values of outputs; integers count in steps.
static double difference(const void *want, const void *got, enum dtype type, int64_t n)
{
    double worst = 0;
    for (int64_t i = 0; i < n; i++) {
        double d = type == F32   ? (double)((const float *)want)[i] - (double)((const float *)got)[i]
                   : type == I16 ? ((const int16_t *)want)[i] - ((const int16_t *)got)[i]
                   : type == I32 ? (double)((const int32_t *)want)[i] - (double)((const int32_t *)got)[i]
                                 : ((const int8_t *)want)[i] - ((const int8_t *)got)[i];
        if (!(fabs(d) <= worst)) worst = fabs(d); // NaN is the worst
    }
    return worst;
}

static bool execute(const struct graph *g, const struct npy *in, void *out, struct arena *a, struct err *e)
{
    struct plan *p = plan_lower(g, &layout_plain, a, e);
    if (!p) return false;
    struct runner *r = runner_new(p, a);
    int64_t nin = tensor_bytes(g->in[0]), nout = tensor_bytes(g->out[0]);
    for (int i = 0; i < in->dim[0]; i++) {
        const void *from = (const uint8_t *)in->data + i * nin;
        void **to = arena_new_n(a, (size_t)g->nout, void *);
        to[0] = (uint8_t *)out + i * nout;
        for (int k = 1; k < g->nout; k++) to[k] = arena_alloc(a, (size_t)tensor_bytes(g->out[k]));
        run_invoke(r, &from, to, NULL, NULL);
    }
    return true;
}

static void check_case(const char *folder, struct arena *a)
{
    struct err e = {""};
    struct npy in, out;
    static const char *const ext[] = {"tflite", "onnx", "keras", "h5"};
    int kind = 0;
    while (kind < 3 && !file_exists(arena_printf(a, "%s/model.%s", folder, ext[kind]))) kind++;
    const struct format *f = kind ? &format_onnx : &format_tflite;
    struct graph *g = model_load(arena_printf(a, "%s/model.%s", folder, ext[kind]), a, &e);
    if (!g || !npy_load(arena_printf(a, "%s/in.npy", folder), a, &in, &e) ||
        !npy_load(arena_printf(a, "%s/out.npy", folder), a, &out, &e)) {
        CHECK_STR("(loads)", e.text);
        return;
    }
    CHECK_EQ(g->in[0]->type, in.type);
    CHECK_EQ(g->out[0]->type, out.type);
    struct tensor shape = {.type = out.type, .rank = out.rank};
    memcpy(shape.dim, out.dim, sizeof shape.dim);
    int64_t n = tensor_count(&shape);
    CHECK_EQ(n, in.dim[0] * tensor_count(g->out[0]));
    void *got = arena_alloc(a, (size_t)tensor_bytes(&shape));
    if (!execute(g, &in, got, a, &e)) {
        printf("%s: %s\n", folder, e.text);
        CHECK(!"executed");
        return;
    }
    double worst = difference(out.data, got, out.type, n), allowed = tolerance_of(folder, a);
    if (!(worst <= allowed)) test_fail(folder, 0, "differs by %g, allowed is %g", worst, allowed);

    struct buf bytes = {0};
    void *again = arena_alloc(a, (size_t)tensor_bytes(&shape));
    bool wrote = f->write(g, &bytes, &e);
    if (!wrote && kind) { // operators that the ONNX writer does not have
        f = &format_tflite;
        bytes.n = 0;
        wrote = f->write(g, &bytes, &e);
    }
    if (!wrote && kind && *e.text) { // nor that of .tflite
        buf_free(&bytes);
        return;
    }
    struct graph *h = wrote ? f->read(buf_span(&bytes), a, &e) : NULL;
    if (!h || !execute(h, &in, again, a, &e))
        test_fail(folder, 0, "written and read again: %s", e.text);
    else if (kind ? difference(got, again, out.type, n) > 1e-6
                  : memcmp(got, again, (size_t)tensor_bytes(&shape)))
        test_fail(folder, 0, "written and read again, its outputs are others");
    buf_free(&bytes);
}

static int check_family(const char *prefix)
{
    struct arena names = {0};
    int n, done = 0;
    char **folder = dir_list("tests/golden", &names, &n);
    for (int i = 0; i < n; i++) {
        if (strncmp(folder[i], prefix, strlen(prefix))) continue;
        struct arena a = {0};
        check_case(arena_printf(&a, "tests/golden/%s", folder[i]), &a);
        arena_free(&a);
        done++;
    }
    arena_free(&names);
    return done;
}

TEST(golden_tflite)
{
    CHECK(check_family("tflite_") >= 30);
}

TEST(golden_onnx)
{
    CHECK(check_family("onnx_") >= 10);
}

TEST(golden_keras)
{
    CHECK(check_family("keras_") >= 8);
}
