// Layers that go on from window to window, emitted: the state lives through every entry point, and a reset ends it.
#include "../../src/base/file.h"
#include "../../src/base/proc.h"
#include "../../src/compress/compress.h"
#include "../../src/emit/emit.h"
#include "../../src/format/format.h"
#include "../../src/run/run.h"
#include "../test.h"
#include "../tiny.h"
#include <string.h>

enum { WINDOWS = 4 };

static struct graph *model(const char *technique, struct arena *a, struct err *e)
{
    struct graph *g = model_load("tests/golden/keras_stateful_keras/model.keras", a, e);
    if (!g) return NULL;
    struct compress_opt o = {.calibration = tiny_windows(a, g, 16, 6), .ncalibration = 16};
    return technique_find(technique)->apply(g, &o, a, e);
}

// All windows by NAME_push; after a reset the first two by NAME_invoke; then all in memory of the caller's.
static const char program[] =
    "#include \"gait.h\"\n#include <stdio.h>\n"
    "static float x[4][GAIT_WINDOW][GAIT_CHANNELS], y[GAIT_CLASSES];\n"
    "static _Alignas(16) unsigned char memory[GAIT_ARENA_BYTES];\n"
    "static void put(void)\n{\n    fwrite(y, sizeof y, 1, stdout);\n}\n"
    "int main(void)\n{\n    if (fread(x, sizeof x, 1, stdin) != 1) return 1;\n"
    "    for (int i = 0; i < 4 * GAIT_WINDOW; i++)\n"
    "        if (gait_push(x[0][i], y)) put();\n"
    "    gait_push(x[3][0], y); // is forgotten\n    gait_reset();\n"
    "    for (int i = 0; i < 2; i++) gait_invoke(x[i][0], y), put();\n"
    "    for (unsigned i = 0; i < sizeof memory; i++) memory[i] = 0xa5;\n    gait_reset_in(memory);\n"
    "    for (int i = 0; i < 4; i++) gait_invoke_in(memory, x[i][0], y), put();\n    return 0;\n}\n";

static void check(const char *technique)
{
    struct arena a = {0};
    struct err e = {""};
    const struct target *t = target_find("esp32");
    struct graph *g = model(technique, &a, &e);
    struct plan *p = g ? plan_lower(g, t->layout, &a, &e) : NULL;
    const char *dir = test_path(technique);
    const struct emit_opt o = {.name = "gait", .project = "arduino"};
    struct proc_result pr;
    struct span got = {0};
    if (!p || !emit_project(p, t, &o, dir, &e)) {
        test_fail(__FILE__, __LINE__, "%s: %s", technique, e.text);
        return arena_free(&a);
    }
    const size_t classes = (size_t)tensor_count(g->out[0]);
    const float *x = tiny_windows(&a, g, WINDOWS, 9);
    float *y = arena_array(&a, WINDOWS * classes, sizeof *y), *anew = arena_array(&a, classes, sizeof *y);
    CHECK(run_batch(p, x, WINDOWS, y, &e));
    CHECK(run_stretches(p, x + 3 * tensor_count(g->in[0]), 1, (const uint8_t[]){0}, anew, &e));
    CHECK(memcmp(anew, y + 3 * classes, classes * sizeof *y) != 0); // or the state would not matter

    CHECK(file_write(arena_printf(&a, "%s/x.bin", dir),
                     (struct span){(const uint8_t *)x, (size_t)tensor_count(g->in[0]) * WINDOWS * sizeof *x},
                     &e));
    CHECK(file_write(arena_printf(&a, "%s/push.c", dir),
                     (struct span){(const uint8_t *)program, sizeof program - 1}, &e));
    const char *const argv[] = {"sh", "-c",
                                "cc -std=gnu17 -O2 -ffp-contract=off -Isrc push.c src/gait.c -lm -o push && "
                                "./push <x.bin >y.bin",
                                NULL};
    CHECK(proc_run(argv, dir, 60, &a, &pr, &e) && !pr.status);
    CHECK(file_read(arena_printf(&a, "%s/y.bin", dir), &a, &got, &e));
    const size_t all = WINDOWS * classes * sizeof *y, two = 2 * classes * sizeof *y;
    CHECK_EQ(2 * all + two, got.n);
    if (got.n == 2 * all + two) {
        CHECK(!memcmp(got.p, y, all));
        CHECK(!memcmp(got.p + all, y, two));
        CHECK(!memcmp(got.p + all + two, y, all));
    }
    arena_free(&a);
}

TEST(emit_stateful)
{
    check("lite");
    check("dynamic");
    check("full-integer");
}

// A sample that its state saw once must not come again.
TEST(emit_stateful_overlap_refused)
{
    struct arena a = {0};
    struct err e = {""};
    const struct target *t = target_find("esp32");
    struct graph *g = model("lite", &a, &e);
    struct plan *p = g ? plan_lower(g, t->layout, &a, &e) : NULL;
    CHECK(p && !emit_project(p, t, &(struct emit_opt){.hop = 2}, test_path("hop"), &e));
    CHECK_STR("keeps its state from one window to the next: a hop of 2 would give it samples twice", e.text);
    CHECK(!file_exists(test_path("hop")));
    CHECK(g && !stream_graph(g, 2, &a, NULL, &e));
    CHECK_STR("keeps its state from one window to the next, so each sample is given once", e.text);
    arena_free(&a);
}

// Windows of several recordings: each stretch begins with zeros.
TEST(run_stretches_of_a_stateful_model)
{
    struct arena a = {0};
    struct err e = {""};
    struct graph *g = model("lite", &a, &e);
    struct plan *p = g ? plan_lower(g, &layout_host, &a, &e) : NULL;
    if (!p) {
        test_fail(__FILE__, __LINE__, "%s", e.text);
        return arena_free(&a);
    }
    const int64_t nx = tensor_count(g->in[0]), ny = tensor_count(g->out[0]);
    const float *x = tiny_windows(&a, g, 100, 9);
    float *want = arena_array(&a, 100, (size_t)ny * sizeof *want),
          *got = arena_array(&a, 100, (size_t)ny * sizeof *got);
    uint8_t follows[100];
    for (int i = 0; i < 100; i++) follows[i] = i % 7 != 0; // 100: more than threads would share
    for (int i = 0; i < 100; i += 7)
        CHECK(run_batch(p, x + i * nx, i + 7 < 100 ? 7 : 100 - i, want + i * ny, &e));
    CHECK(run_stretches(p, x, 100, follows, got, &e));
    CHECK(!memcmp(want, got, 100 * (size_t)ny * sizeof *got));
    arena_free(&a);
}
