// tests/golden: models by other tools with the outputs of their runtimes. Each is read, planned and executed;
// integers must be equal, floats within the tolerance that ORIGIN states. Also after our own writer.
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
        double d = type == F32 ? (double)((const float *)want)[i] - (double)((const float *)got)[i]
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
        void *to = (uint8_t *)out + i * nout;
        run_invoke(r, &from, &to, NULL, NULL);
    }
    return true;
}

static void check_case(const char *folder, struct arena *a)
{
    struct err e = {""};
    struct npy in, out;
    struct graph *g = model_load(arena_printf(a, "%s/model.tflite", folder), a, &e);
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
    bool wrote = format_tflite.write(g, &bytes, &e);
    struct graph *h = wrote ? format_tflite.read(buf_span(&bytes), a, &e) : NULL;
    if (!h || !execute(h, &in, again, a, &e))
        test_fail(folder, 0, "written and read again: %s", e.text);
    else if (memcmp(got, again, (size_t)tensor_bytes(&shape)))
        test_fail(folder, 0, "written and read again, its outputs are others");
    buf_free(&bytes);
}

TEST(golden_tflite)
{
    struct arena names = {0};
    int n, done = 0;
    char **folder = dir_list("tests/golden", &names, &n);
    for (int i = 0; i < n; i++) {
        if (strncmp(folder[i], "tflite_", 7)) continue;
        struct arena a = {0};
        check_case(arena_printf(&a, "tests/golden/%s", folder[i]), &a);
        arena_free(&a);
        done++;
    }
    CHECK(done >= 30);
    arena_free(&names);
}
