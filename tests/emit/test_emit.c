#include "../../src/base/file.h"
#include "../../src/base/proc.h"
#include "../../src/compress/compress.h"
#include "../../src/emit/emit.h"
#include "../../src/run/run.h"
#include "../test.h"
#include "../tiny.h"
#include <string.h>
#include <unistd.h>

static struct plan *tiny_plan(struct arena *a, const char *technique, const struct layout *l)
{
    struct err e = {""};
    struct graph *g = tiny_cnn(a, 32, 3, 3, 5);
    struct compress_opt o = {.calibration = tiny_windows(a, g, 16, 6), .ncalibration = 16};
    g = technique_find(technique)->apply(g, &o, a, &e);
    CHECK_STR("", e.text);
    struct plan *p = g ? plan_lower(g, l, a, &e) : NULL;
    if (!p) test_fail(__FILE__, __LINE__, "%s: %s", technique, e.text);
    return p;
}

static int make(const char *dir, const char *what, const char *extra, struct arena *a)
{
    struct err e;
    struct proc_result r = {.status = -1};
    const char *const argv[] = {"env", "-u",        "MAKEFLAGS", "-u", "MFLAGS",
                                "-u",  "MAKELEVEL", "make",      "-s", arena_printf(a, "EXTRA=%s", extra),
                                what,  NULL};
    if (!proc_run(argv, dir, 120, a, &r, &e)) test_fail(__FILE__, __LINE__, "%s", e.text);
    if (r.status) test_fail(__FILE__, __LINE__, "make %s: %.1500s", what, (const char *)r.err.p);
    return r.status;
}

// The project as the user gets it, built for this machine with every warning an error, finds its own golden
// scores; then the same windows from a file give run's bytes.
static void check_host(const char *technique)
{
    struct arena a = {0};
    struct err e = {""};
    const struct target *t = target_find("cortex-m4f");
    struct plan *p = tiny_plan(&a, technique, t->layout);
    if (!p) return arena_free(&a);
    float *x = tiny_windows(&a, p->g, 20, 9), *y = arena_array(&a, 20 * 3, sizeof *y);
    struct emit_opt o = {.name = "har", .ngolden = 4, .golden = x};
    const char *dir = test_path(technique);
    CHECK(emit_project(p, t, &o, dir, &e));
    CHECK_STR("", e.text);
    if (!make(dir, "host", "-Werror", &a)) {
        const char *const check[] = {"build/har-host", NULL}, *const file[] = {"build/har-host", "in.bin",
                                                                               "out.bin", NULL};
        struct proc_result r;
        CHECK(proc_run(check, dir, 20, &a, &r, &e));
        CHECK_EQ(0, r.status);
        CHECK_STR("4 of 4 golden windows equal", (const char *)r.out.p);
        struct span in = {(const uint8_t *)x, 20 * 96 * sizeof *x}, out;
        CHECK(file_write(arena_printf(&a, "%s/in.bin", dir), in, &e));
        CHECK(proc_run(file, dir, 20, &a, &r, &e));
        CHECK_STR("windows 20", (const char *)r.out.p);
        CHECK(run_batch(p, x, 20, y, &e));
        CHECK(file_read(arena_printf(&a, "%s/out.bin", dir), &a, &out, &e));
        CHECK_EQ(20 * 3 * sizeof *y, out.n);
        CHECK(out.n == 20 * 3 * sizeof *y && !memcmp(out.p, y, out.n));
    }
    arena_free(&a);
}

TEST(emit_host_lite)
{
    check_host("lite");
}
TEST(emit_host_dynamic)
{
    check_host("dynamic");
}
TEST(emit_host_full_integer)
{
    check_host("full-integer");
}

// har_push gives a score when the window is full, and again after every hop.
// A model that ends with ARG_MAX: invoke returns the class, and gives it as the one score.
TEST(emit_a_class)
{
    struct arena a = {0};
    struct err e = {""};
    const struct target *t = target_find("rv32imc");
    struct graph *g = tiny_cnn(&a, 32, 3, 3, 5);
    float *x = tiny_windows(&a, g, 4, 9), scores[3], class;
    struct plan *before = plan_lower(graph_copy(g, &a), t->layout, &a, &e);
    struct node *n = graph_add(g, &a, OP_ARG_MAX, "class", 1, 1);
    n->in[0] = g->out[0];
    n->as.axis.axis = 1;
    g->out[0] = graph_apply(g, &a, n, &e);
    struct plan *p = plan_lower(g, t->layout, &a, &e);
    CHECK_STR("", e.text);
    CHECK(before && p && graph_gives_class(g));
    struct emit_opt o = {.name = "har", .ngolden = 4, .golden = x};
    const char *dir = test_path("class");
    CHECK(emit_project(p, t, &o, dir, &e));
    CHECK_STR("", e.text);
    for (int i = 0; i < 4; i++) {
        run_float(runner_new(before, &a), x + i * 96, scores);
        run_float(runner_new(p, &a), x + i * 96, &class);
        CHECK(class >= 0 && class < 3);
        for (int k = 0; k < 3; k++) CHECK(scores[k] <= scores[(int)class]);
    }
    static const char text[] =
        "#include \"har.h\"\n#include \"golden.h\"\nint main(void)\n{\n    float y[1];\n"
        "    for (int i = 0; i < 4; i++)\n"
        "        if (har_invoke(golden_window[i], y) != (int)golden_scores[i][0] || "
        "y[0] != golden_scores[i][0]) return 1;\n    return 0;\n}\n";
    CHECK(file_write(arena_printf(&a, "%s/try.c", dir), (struct span){(const uint8_t *)text, sizeof text - 1},
                     &e));
    struct proc_result r = {.status = -1};
    const char *const cc[] = {"cc", "-Wall", "-Werror", "-ffp-contract=off", "try.c", "har.c", "golden.c",
                              "-o", "try",   NULL},
                      *const run[] = {"./try", NULL};
    CHECK(proc_run(cc, dir, 120, &a, &r, &e));
    if (r.status) test_fail(__FILE__, __LINE__, "%.1500s", (const char *)r.err.p);
    CHECK(proc_run(run, dir, 20, &a, &r, &e));
    CHECK_EQ(0, r.status);
    arena_free(&a);
}

TEST(emit_push_and_callers_arena)
{
    static const char program[] =
        "#include \"har.h\"\n#include \"golden.h\"\n#include <stdio.h>\n#include <string.h>\n#include "
        "<stdlib.h>\n"
        "int main(void)\n{\n    float s[HAR_CLASSES], t[HAR_CLASSES];\n    int n = 0, first = -1, second = "
        "-1;\n"
        "    void *memory = aligned_alloc(16, HAR_ARENA_BYTES);\n"
        "    har_push(golden_window[1], s);\n    har_reset();\n"
        "    for (int i = 0; i < 2 * HAR_WINDOW; i++) {\n"
        "        int w = i / HAR_WINDOW, at = i % HAR_WINDOW;\n"
        "        if (har_push(golden_window[w] + at * HAR_CHANNELS, s)) {\n"
        "            if (n == 0) first = i + 1, n = memcmp(s, golden_scores[0], sizeof s) ? 100 : 0;\n"
        "            if (n == 1) second = i + 1;\n            n++;\n        }\n    }\n"
        "    int best = har_invoke_in(memory, golden_window[1], t), equal = !memcmp(t, golden_scores[1], "
        "sizeof t);\n"
        "    for (int i = 0; i < HAR_CLASSES; i++) equal = equal && t[best] >= t[i];\n"
        "    printf(\"%d %d %d %d %s %s\\n\", n, first, second, equal, har_label[0], har_label[2]);\n    "
        "return 0;\n}\n";
    struct arena a = {0};
    struct err e = {""};
    const struct target *t = target_find("rv32imc");
    struct plan *p = tiny_plan(&a, "full-integer", t->layout);
    if (!p) return arena_free(&a);
    struct emit_opt o = {.ngolden = 2, .golden = tiny_windows(&a, p->g, 2, 3)};
    const char *dir = test_path("push");
    CHECK(emit_project(p, t, &o, dir, &e));
    CHECK(file_write(arena_printf(&a, "%s/try.c", dir),
                     (struct span){(const uint8_t *)program, sizeof program - 1}, &e));
    const char *const cc[] = {"cc",    "-std=c11", "-Wall", "-Wextra", "-Werror", "-ffp-contract=off",
                              "har.c", "golden.c", "try.c", "-o",      "try",     "-lm",
                              NULL},
                      *const run[] = {"./try", NULL};
    struct proc_result r;
    CHECK(proc_run(cc, dir, 60, &a, &r, &e));
    if (r.status) test_fail(__FILE__, __LINE__, "%.1000s", (const char *)r.err.p);
    CHECK(proc_run(run, dir, 20, &a, &r, &e));
    CHECK_STR("3 32 48 1 a c", (const char *)r.out.p); // windows of 32, hop 16: after 32, 48 and 64 samples
    arena_free(&a);
}

TEST(emit_refuses)
{
    struct arena a = {0};
    struct err e = {""};
    const struct target *t = target_find("cortex-m4f");
    struct plan *p = tiny_plan(&a, "lite", t->layout);
    if (!p) return arena_free(&a);
    struct emit_opt o = {.name = "my-model"};
    CHECK(!emit_project(p, t, &o, test_path("refused"), &e));
    CHECK_STR("'my-model' cannot be the prefix of C names", e.text);
    o.name = "golden";
    CHECK(!emit_project(p, t, &o, test_path("refused"), &e));
    CHECK_STR("not the name of another file", e.text);
    o.name = "har";
    CHECK(!emit_project(p, t, &o, "/proc/nowhere/deep", &e));
    CHECK_STR("/proc/nowhere", e.text);
    arena_free(&a);
}

TEST(targets_have_sources)
{
    for (const struct target *const *t = targets; *t; t++) {
        CHECK(target_find((*t)->name) == *t);
        CHECK((*t)->cost.source && (*t)->cost.error > 0);
        const struct fact *facts[] = {&(*t)->active_mw, &(*t)->sleep_mw, &(*t)->cache.miss_ns};
        for (int i = 0; i < 3; i++) { // no source, no constant
            CHECK(!facts[i]->source == !facts[i]->value);
            CHECK(facts[i]->low <= facts[i]->value && facts[i]->value <= facts[i]->high);
        }
    }
    CHECK(target_find("esp32c3") == target_find("rv32imc"));
    CHECK(!target_find("z80"));
}
