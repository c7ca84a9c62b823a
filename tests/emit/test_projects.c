// Emitted ESP-IDF components and Arduino libraries: complete, compiled without a warning by the chips'
// compilers against stubs of the SDK, their apps run on the host.
#include "../../src/base/file.h"
#include "../../src/base/proc.h"
#include "../../src/compress/compress.h"
#include "../../src/emit/emit.h"
#include "../../src/measure/board.h"
#include "../../src/run/run.h"
#include "../test.h"
#include "../tiny.h"
#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STUBS "tests/emit/idf_stubs"

static struct plan *plan_make(struct arena *a, const char *technique, const struct target *t)
{
    struct err e = {""};
    struct graph *g = tiny_cnn(a, 32, 3, 3, 5);
    struct compress_opt o = {.calibration = tiny_windows(a, g, 16, 6), .ncalibration = 16};
    g = technique_find(technique)->apply(g, &o, a, &e);
    CHECK_STR("", e.text);
    graph_meta_set(g, a, META_CHANNELS, "acc_x,acc_y,gyro_z");
    graph_meta_set(g, a, META_UNITS, "m/s^2,mg,rad/s");
    graph_meta_set(g, a, META_RATE, "40");
    struct plan *p = plan_lower(g, t->layout, a, &e);
    if (!p) test_fail(__FILE__, __LINE__, "%s: %s", technique, e.text);
    return p;
}

static bool project_make(const char *target, const char *project, const char *technique, const char *dir,
                         struct arena *a)
{
    struct err e = {""};
    const struct target *t = target_find(target);
    struct plan *p = plan_make(a, technique, t);
    if (!p) return false;
    struct emit_opt o = {
        .name = "gait", .project = project, .ngolden = 4, .golden = tiny_windows(a, p->g, 4, 9)};
    bool good = emit_project(p, t, &o, dir, &e);
    if (!good) test_fail(__FILE__, __LINE__, "%s %s: %s", target, project, e.text);
    return good;
}

static char *text_of(const char *dir, const char *name, struct arena *a)
{
    struct err e = {""};
    struct span s = {0};
    if (!file_read(arena_printf(a, "%s/%s", dir, name), a, &s, &e))
        test_fail(__FILE__, __LINE__, "%s", e.text);
    return s.p ? arena_strndup(a, (const char *)s.p, s.n) : arena_strdup(a, "");
}

// argv of blank-parted words, run in dir; what it printed.
static const char *command(const char *line, const char *dir, struct arena *a)
{
    struct err e = {""};
    struct proc_result r = {.status = -1};
    const char *argv[96];
    int n = 0;
    char *s = arena_strdup(a, line);
    for (char *w = strtok(s, " "); w && n < 95; w = strtok(NULL, " ")) argv[n++] = w;
    argv[n] = NULL;
    if (!proc_run(argv, dir, 120, a, &r, &e)) test_fail(__FILE__, __LINE__, "%s", e.text);
    if (r.status)
        test_fail(__FILE__, __LINE__, "%s: status %d: %.1500s", line, r.status, (const char *)r.err.p);
    return r.out.p ? (const char *)r.out.p : "";
}

static const char *stubs(struct arena *a)
{
    char here[PATH_MAX];
    return getcwd(here, sizeof here) ? arena_printf(a, "%s/" STUBS, here) : STUBS;
}

// Every C file of the folders, one by one, with all warnings errors.
static void compile_all(const char *cc, const char *flags, const char *dir, const char *const *folder,
                        struct arena *a)
{
    for (; *folder; folder++) {
        int n;
        char **file = dir_list(arena_printf(a, "%s/%s", dir, *folder), a, &n);
        for (int i = 0; i < n; i++) {
            const size_t k = strlen(file[i]);
            if (k < 2 || strcmp(file[i] + k - 2, ".c")) continue;
            command(arena_printf(
                        a, "%s -std=gnu17 -O2 -ffp-contract=off -Wall -Wextra -Werror %s -c %s/%s -o x.o", cc,
                        flags, *folder, file[i]),
                    dir, a);
        }
    }
}

static void cross_compile(const char *target, const char *project, const char *technique)
{
    struct arena a = {0};
    struct err e = {""};
    const struct target *t = target_find(target);
    const char *cc = target_cc(t, &a, &e);
    if (!cc) {
        test_skip("%s", e.text);
        return arena_free(&a);
    }
    const char *dir = test_path(arena_printf(&a, "%s-%s-%s", project, target, technique));
    if (project_make(target, project, technique, dir, &a)) {
        static const char *const idf[] = {".", "examples/benchmark/main", "examples/har/main", NULL},
                                 *const library[] = {"src", "src/nn", "examples/Benchmark", NULL};
        const char *include = !strcmp(project, "esp-idf")
                                  ? arena_printf(&a, "-DESP_PLATFORM -Iinclude -I%s", stubs(&a))
                                  : arena_printf(&a, "-DARDUINO=10819 -Isrc");
        const char *flags = arena_printf(&a, "%s %s -ffreestanding -fbuiltin -idirafter %s/libc", t->cflags,
                                         include, stubs(&a));
        compile_all(cc, flags, dir, !strcmp(project, "esp-idf") ? idf : library, &a);
        if (!strcmp(project, "esp-idf")) { // weights in RAM; small code
            static const char *const root[] = {".", NULL};
            flags = arena_printf(&a, "%s -DCONFIG_GAIT_WEIGHTS_IN_RAM=1 -DCONFIG_GAIT_SMALL=1", flags);
            compile_all(cc, flags, dir, root, &a);
        }
    }
    arena_free(&a);
}

TEST(project_esp_idf_compiles_esp32)
{
    cross_compile("esp32", "esp-idf", "full-integer");
}
TEST(project_esp_idf_compiles_esp32_dynamic)
{
    cross_compile("esp32", "esp-idf", "dynamic");
}
TEST(project_esp_idf_compiles_esp32c3)
{
    cross_compile("esp32c3", "esp-idf", "full-integer");
}
TEST(project_esp_idf_compiles_esp32p4)
{
    cross_compile("esp32p4", "esp-idf", "lite");
}
TEST(project_arduino_compiles_cortex_m4f)
{
    cross_compile("cortex-m4f", "arduino", "full-integer");
}
TEST(project_arduino_compiles_esp8266)
{
    cross_compile("esp8266", "arduino", "dynamic");
}

// The report is one that bench --board takes, and every golden window is equal.
static void check_report(const char *line, const char *technique)
{
    struct arena a = {0};
    struct board_report r;
    struct err e = {""};
    const struct target *t = target_find("esp32");
    struct plan *p = plan_make(&a, technique, t);
    if (!board_parse(line, &r, &e) || !board_check(&r, p, t, &e))
        test_fail(__FILE__, __LINE__, "%s: %s", e.text, line);
    CHECK_EQ(4, r.windows);
    CHECK(r.ram_bytes > 0);
    CHECK_STR("gait", r.model);
    // The pin: what the report says and what the stub saw.
    CHECK_EQ(4, r.pin);
    CHECK(r.pulse_inferences >= 4 && r.pulse_inferences * 20 == r.repeat * r.windows);
    CHECK_STR("\npin 4: 20 pulses", line);
    arena_free(&a);
}

static void run_benchmark(const char *technique)
{
    struct arena a = {0};
    const char *dir = test_path(arena_printf(&a, "bench-%s", technique)), *s = stubs(&a);
    if (project_make("esp32", "esp-idf", technique, dir, &a)) {
        command(arena_printf(
                    &a,
                    "cc -std=gnu17 -O2 -ffp-contract=off -Wall -Wextra -Werror -DESP_PLATFORM -Iinclude -I%s "
                    "gait.c examples/benchmark/main/main.c examples/benchmark/main/golden.c "
                    "%s/run_benchmark.c -lm -o bench",
                    s, s),
                dir, &a);
        const char *out = command("./bench", dir, &a);
        struct board_report r;
        struct err e;
        check_report(out, technique);
        if (board_parse(out, &r, &e)) // every pulse holds as many as it says
            CHECK_STR(arena_printf(&a, "of %d to %d inferences\n", r.pulse_inferences, r.pulse_inferences),
                      out);
    }
    arena_free(&a);
}

TEST(project_esp_idf_benchmark_runs)
{
    run_benchmark("full-integer");
    run_benchmark("dynamic");
    run_benchmark("lite");
}

// Without a pin nothing is driven, and the report names none.
TEST(project_benchmark_without_pin)
{
    struct arena a = {0};
    struct err e = {""};
    struct board_report r;
    const char *dir = test_path("no-pin"), *s = stubs(&a);
    if (project_make("esp32", "esp-idf", "full-integer", dir, &a)) {
        command(arena_printf(&a,
                             "cc -std=gnu17 -O2 -ffp-contract=off -Wall -Wextra -Werror -DESP_PLATFORM "
                             "-DCONFIG_WEARLITE_PULSE_PIN=-1 -Iinclude -I%s gait.c "
                             "examples/benchmark/main/main.c examples/benchmark/main/golden.c "
                             "%s/run_benchmark.c -lm -o bench",
                             s, s),
                dir, &a);
        const char *out = command("./bench", dir, &a);
        CHECK(board_parse(out, &r, &e) && r.pin == -1 && r.pulse_inferences == 0);
        CHECK(!strstr(out, "pulses"));
    }
    arena_free(&a);
}

TEST(project_arduino_benchmark_runs)
{
    struct arena a = {0};
    const char *dir = test_path("sketch"), *s = stubs(&a);
    if (project_make("esp32", "arduino", "full-integer", dir, &a)) {
        // The sketch is C++ with Arduino.h before it.
        command("cp examples/Benchmark/Benchmark.ino sketch.cpp", dir, &a);
        command(arena_printf(&a,
                             "cc -std=gnu17 -O2 -Wall -Wextra -Werror -DARDUINO=10819 -Isrc -c src/gait.c "
                             "examples/Benchmark/golden.c"),
                dir, &a);
        command(arena_printf(&a,
                             "c++ -std=gnu++17 -O2 -Wall -Wextra -Werror -DF_CPU=240000000L -include "
                             "%s/arduino/Arduino.h -Isrc -Iexamples/Benchmark -c sketch.cpp",
                             s),
                dir, &a);
        struct err e = {""};
        static const char program[] =
            "void setup();\nvoid loop();\nint main()\n{\n    setup();\n    loop();\n}\n";
        CHECK(file_write(arena_printf(&a, "%s/start.cpp", dir),
                         (struct span){(const uint8_t *)program, sizeof program - 1}, &e));
        command("c++ start.cpp sketch.o gait.o golden.o -lm -o sketch", dir, &a);
        check_report(command("./sketch", dir, &a), "full-integer");
    }
    arena_free(&a);
}

static int lines_with(const char *text, const char *part)
{
    int n = 0;
    for (const char *p = text; (p = strstr(p, part)); p += strlen(part)) n++;
    return n;
}

// The sensor app on a simulated MPU-6050 (40 Hz, the model's rate) and BMI160 (50 Hz, resampled): 40 s are 1600
// samples, the first window after 32 and then one every 16: 99.
TEST(project_esp_idf_har_runs)
{
    struct arena a = {0};
    const char *dir = test_path("har-app"), *s = stubs(&a);
    if (!project_make("esp32", "esp-idf", "full-integer", dir, &a)) return arena_free(&a);
    for (int sleep = 0; sleep < 2; sleep++) {
        command(
            arena_printf(
                &a,
                "cc -std=gnu17 -O1 -g -fsanitize=address,undefined -Wall -Wextra -Werror -DESP_PLATFORM %s "
                "-Iinclude -I%s -Iexamples/har/main gait.c examples/har/main/main.c examples/har/main/imu.c "
                "examples/har/main/imu_invensense.c examples/har/main/imu_st.c "
                "examples/har/main/imu_bosch.c examples/har/main/sampler.c %s/run_har.c %s/../sim_imu.c "
                "-lm -o app%d",
                sleep ? "" : "-DSTUB_NO_SLEEP", s, s, s, sleep),
            dir, &a);
        const char *run = arena_printf(&a, "./app%d 40", sleep);
        const char *out = command(arena_printf(&a, "%s none", run), dir, &a);
        CHECK_STR("MPU-6050 at 0x69, 40 samples a second, the model takes 40\n", out);
        CHECK_NEAR(99, lines_with(out, " us)\n"), 1);
        CHECK_EQ(0, lines_with(out, "MPU-6050: "));
        out = command(arena_printf(&a, "%s none bmi160", run), dir, &a);
        CHECK_STR("BMI160 at 0x69, 50 samples a second, the model takes 40\n", out);
        CHECK_NEAR(99, lines_with(out, " us)\n"), 1);
        CHECK_EQ(0, lines_with(out, "BMI160: "));
        out = command(arena_printf(&a, "%s gone", run), dir, &a); // ten seconds away, then again
        CHECK_EQ(1, lines_with(out, "no answer on the bus"));
        CHECK(lines_with(out, " us)\n") > 40 && lines_with(out, " us)\n") < 90);
        out = command(arena_printf(&a, "%s stuck", run), dir, &a);
        CHECK_EQ(1, lines_with(out, "repeats the same sample"));
        CHECK_NEAR(49 + 4, lines_with(out, " us)\n"), 2); // 64 samples until it is noticed
        out = command(arena_printf(&a, "%s loud", run), dir, &a);
        CHECK(lines_with(out, "samples at the end of the range") > 30);
        CHECK_NEAR(99, lines_with(out, " us)\n"), 1);
        out = command(arena_printf(&a, "./app%d 400 late", sleep), dir, &a); // slept two minutes too long
        CHECK_EQ(1, lines_with(out, "samples were lost"));
        out = command(arena_printf(&a, "%s id", run), dir, &a);
        CHECK_STR("identity 0x19 at 0x69: a device answers", out);
        CHECK_EQ(0, lines_with(out, " us)\n"));
    }
    arena_free(&a);
}

// What the component manager and ESP-IDF's build need, and where.
TEST(project_esp_idf_layout)
{
    struct arena a = {0};
    const char *dir = test_path("layout-idf");
    if (!project_make("esp32", "esp-idf", "full-integer", dir, &a)) return arena_free(&a);
    static const char *const file[] = {"CMakeLists.txt",
                                       "idf_component.yml",
                                       "Kconfig",
                                       "README.md",
                                       "gait.c",
                                       "include/gait.h",
                                       "nn/nn.h",
                                       "examples/benchmark/CMakeLists.txt",
                                       "examples/benchmark/sdkconfig.defaults",
                                       "examples/benchmark/main/CMakeLists.txt",
                                       "examples/benchmark/main/idf_component.yml",
                                       "examples/benchmark/main/Kconfig.projbuild",
                                       "examples/benchmark/main/main.c",
                                       "examples/benchmark/main/golden.c",
                                       "examples/har/CMakeLists.txt",
                                       "examples/har/main/CMakeLists.txt",
                                       "examples/har/main/Kconfig.projbuild",
                                       "examples/har/main/imu.c",
                                       NULL};
    for (int i = 0; file[i]; i++)
        if (strchr(text_of(dir, file[i], &a), '@')) // every name of a template was known
            test_fail(__FILE__, __LINE__, "%s has an @", file[i]);
    const char *yml = text_of(dir, "idf_component.yml", &a), *cmake = text_of(dir, "CMakeLists.txt", &a);
    CHECK(!strncmp(yml, "version: \"1.0.0\"\n", 17));
    CHECK_STR("\ndescription: \"", yml);
    CHECK_STR("\ntargets:\n  - esp32\n  - esp32s3\ndependencies:\n  idf:\n    version: \">=5.0\"\n", yml);
    CHECK_STR("- path: ./examples/har\n", yml);
    CHECK(!strchr(yml, '\t')); // YAML takes none
    CHECK_STR("idf_component_register(SRCS \"gait.c\"", cmake);
    CHECK_STR("-O2 -ffp-contract=off", cmake);
    // Every source that a CMakeLists names is there, and every .c that is there is named.
    for (int k = 0; k < 2; k++) {
        const char *main_dir = k ? "examples/har/main" : "examples/benchmark/main";
        const char *list = text_of(dir, arena_printf(&a, "%s/CMakeLists.txt", main_dir), &a);
        int n, named = 0, sources = 0;
        char **f = dir_list(arena_printf(&a, "%s/%s", dir, main_dir), &a, &n);
        for (const char *p = list; (p = strstr(p, ".c\"")); p++) named++;
        for (int i = 0; i < n; i++)
            if (strlen(f[i]) > 2 && !strcmp(f[i] + strlen(f[i]) - 2, ".c")) {
                sources++;
                CHECK_STR(arena_printf(&a, "\"%s\"", f[i]), list);
            }
        CHECK_EQ(sources, named);
    }
    const char *names = text_of(dir, "examples/har/main/model.h", &a);
    CHECK_STR("    {0, 0x1.39d014p+3f},\n    {1, 1000.0f},\n    {5, 0x1.1df46ap-6f},\n", names);
    arena_free(&a);
}

// Arduino's library specification 1.5: required keys, each once; PlatformIO's library.json.
TEST(project_arduino_layout)
{
    struct arena a = {0};
    const char *dir = test_path("layout-arduino");
    if (!project_make("rv32imc", "arduino", "full-integer", dir, &a)) return arena_free(&a);
    static const char *const key[] = {"name",      "version",  "author", "maintainer",    "sentence",
                                      "paragraph", "category", "url",    "architectures", NULL};
    const char *text = arena_printf(&a, "\n%s", text_of(dir, "library.properties", &a));
    for (int i = 0; key[i]; i++) {
        const char *line = arena_printf(&a, "\n%s=", key[i]), *at = strstr(text, line);
        if (!at || at[strlen(line)] == '\n') test_fail(__FILE__, __LINE__, "no %s", key[i]);
        CHECK(at && !strstr(at + 1, line));
    }
    CHECK_STR("\ncategory=Data Processing\n", text); // one of the specification's list
    CHECK_STR("\narchitectures=esp32\n", text);
    json_error_t je;
    json_t *o = json_loads(text_of(dir, "library.json", &a), 0, &je);
    CHECK(o != NULL);
    CHECK_STR("gait", json_string_value(json_object_get(o, "name")));
    CHECK_STR("espressif32", json_string_value(json_array_get(json_object_get(o, "platforms"), 0)));
    json_decref(o);
    static const char *const file[] = {"keywords.txt",
                                       "README.md",
                                       "src/gait.c",
                                       "src/gait.h",
                                       "examples/Benchmark/Benchmark.ino",
                                       "examples/Benchmark/golden.h",
                                       NULL};
    for (int i = 0; file[i]; i++)
        if (strchr(text_of(dir, file[i], &a), '@')) test_fail(__FILE__, __LINE__, "%s has an @", file[i]);
    arena_free(&a);
}

static void refused(const char *target, struct emit_opt o, const char *want)
{
    struct arena a = {0};
    struct err e = {""};
    const struct target *t = target_find(target);
    struct plan *p = plan_make(&a, "full-integer", t);
    const char *dir = test_path("refused");
    if (p) {
        const bool good = emit_project(p, t, &o, dir, &e);
        CHECK(!good);
        CHECK_STR(want, e.text);
        CHECK(!file_exists(dir)); // nothing half done
    }
    arena_free(&a);
}

TEST(project_refuses)
{
    struct arena a = {0};
    struct err e = {""};
    const struct target *t = target_find("esp32");
    struct plan *p = plan_make(&a, "full-integer", t);
    if (!p) return arena_free(&a);
    const int ram = p->arena_bytes + 32 * 3, flash = (int)plan_const_bytes(p) + (320 << 10);
    struct emit_opt o = {.project = "esp-idf", .ram_bytes = ram, .flash_bytes = flash};
    CHECK(emit_project(p, t, &o, test_path("just"), &e)); // the last byte fits
    CHECK_STR("", e.text);
    refused("esp32", (struct emit_opt){.project = "esp-idf", .ram_bytes = ram - 1}, ": 1 too many");
    refused("esp32", (struct emit_opt){.project = "esp-idf", .flash_bytes = flash - 1}, ": 1 too many");
    refused("esp32", (struct emit_opt){.project = "zephyr"}, "there are bare-metal esp-idf arduino");
    refused("lx106", (struct emit_opt){.project = "esp-idf"},
            "for it there are bare-metal arduino, and esp-idf is for rv32imc rv32imafc esp32");
    refused("cortex-m55", (struct emit_opt){.project = "arduino"}, "for it there are bare-metal,");
    refused("esp32", (struct emit_opt){.hop = 33}, "a hop of 33 samples, the window has 32");
    graph_meta_set((struct graph *)(uintptr_t)p->g, &a, META_HOP, "40");
    CHECK(!emit_project(p, t, &(struct emit_opt){.project = "esp-idf"}, test_path("gap"), &e));
    CHECK_STR("windows of 32 samples every 40", e.text);
    e.text[0] = 0;
    CHECK(emit_project(p, t, &(struct emit_opt){.project = "esp-idf", .hop = 8}, test_path("gap"), &e));
    CHECK_STR("", e.text);
    arena_free(&a);
}

// A channel that no sensor has: no har example, and the README says why.
TEST(project_without_sensor)
{
    struct arena a = {0};
    struct err e = {""};
    const struct target *t = target_find("esp32c3");
    struct plan *p = plan_make(&a, "full-integer", t);
    if (!p) return arena_free(&a);
    graph_meta_set((struct graph *)(uintptr_t)p->g, &a, META_CHANNELS, "acc_x,body_acc_y,gyro_z");
    struct emit_opt o = {.project = "esp-idf"};
    const char *dir = test_path("sensorless");
    CHECK(emit_project(p, t, &o, dir, &e));
    CHECK(!file_exists(arena_printf(&a, "%s/examples/har", dir)));
    CHECK_STR("channel 1, 'body_acc_y' in 'mg'", text_of(dir, "README.md", &a));
    CHECK_STR("  - esp32c6\n", text_of(dir, "idf_component.yml", &a));
    arena_free(&a);
}

// The same network, which takes floats: its first node quantises them.
static struct graph *quantised(struct graph *g, struct arena *a)
{
    struct tensor *y = g->in[0], *x = tensor_new(a, "samples", F32, y->rank, y->dim);
    struct node *n = graph_add(g, a, OP_QUANTIZE, "quantise", 1, 1);
    n->in[0] = x, n->out[0] = y, g->in[0] = x;
    memmove(g->node + 1, g->node, (size_t)(g->nnode - 1) * sizeof(struct node *));
    g->node[0] = n;
    return g;
}

// NAME_push over a long recording gives the scores of NAME_invoke on the windows cut as in training, at hops that divide the
// window and at such that do not, also when what windows share is not computed again.
TEST(push_equals_invoke_over_a_recording)
{
    static const char program[] = "#include \"gait.h\"\n#include <stdio.h>\nint main(void)\n{\n    float "
                                  "x[GAIT_CHANNELS], y[GAIT_CLASSES];\n"
                                  "    while (fread(x, sizeof x, 1, stdin) == 1)\n        if (gait_push(x, "
                                  "y)) fwrite(y, sizeof y, 1, stdout);\n"
                                  "    return 0;\n}\n";
    enum { SAMPLES = 5000, WINDOW = 32, CHANNELS = 3, CLASSES = 3 };
    static const struct {
        int hop;
        const char *technique;
        bool stream, quantised; // quantised: floats that the graph's first node quantises
        int window_bytes;       // beside the arena
    } cases[] = {{1, "full-integer", false, false, 96}, {5, "dynamic", false, false, 384},
                 {16, "full-integer", false, true, 96}, {7, "int16x8", false, false, 192},
                 {31, "dynamic", false, false, 384},    {32, "lite", false, false, 0},
                 {32, "full-integer", false, false, 0}, {32, "full-integer", false, true, 0},
                 {16, "full-integer", true, false, 0},  {12, "lite", true, false, 0}};
    for (size_t h = 0; h < sizeof cases / sizeof *cases; h++) {
        const int hop = cases[h].hop;
        struct arena a = {0};
        struct err e = {""};
        const struct target *t = target_find("esp32");
        struct plan *p = plan_make(&a, cases[h].technique, t), *q = p;
        const char *dir = test_path(arena_printf(&a, "push%zu", h));
        struct emit_opt o = {.name = "gait", .project = "arduino", .hop = hop};
        struct graph *g = p && cases[h].stream ? stream_graph(p->g, hop, &a, NULL, &e) : NULL;
        if (cases[h].stream) q = g ? plan_lower(g, t->layout, &a, &e) : NULL;
        if (p && cases[h].quantised)
            q = plan_lower(quantised((struct graph *)(uintptr_t)p->g, &a), t->layout, &a, &e);
        if (q) CHECK_EQ(cases[h].window_bytes, plan_window_bytes(q, hop < WINDOW));
        if (!q || !emit_project(q, t, &o, dir, &e)) {
            test_fail(__FILE__, __LINE__, "%s", e.text);
            return arena_free(&a);
        }
        struct rng r = rng_new(7);
        float *x = arena_array(&a, SAMPLES * CHANNELS, sizeof *x);
        for (int i = 0; i < SAMPLES * CHANNELS; i++) x[i] = rng_normal(&r);
        const int n = (SAMPLES - WINDOW) / hop + 1;
        float *w = arena_array(&a, (size_t)n * WINDOW * CHANNELS, sizeof *w);
        float *y = arena_array(&a, (size_t)n * CLASSES, sizeof *y);
        for (int i = 0; i < n; i++)
            memcpy(w + (size_t)i * WINDOW * CHANNELS, x + (size_t)i * (size_t)hop * CHANNELS,
                   WINDOW * CHANNELS * sizeof *w);
        CHECK(run_batch(cases[h].quantised ? q : p, w, n, y, &e)); // a stream equals its windows
        CHECK(file_write(arena_printf(&a, "%s/x.bin", dir),
                         (struct span){(const uint8_t *)x, SAMPLES * CHANNELS * sizeof *x}, &e));
        CHECK(file_write(arena_printf(&a, "%s/push.c", dir),
                         (struct span){(const uint8_t *)program, sizeof program - 1}, &e));
        command("cc -std=gnu17 -O2 -ffp-contract=off -Isrc push.c src/gait.c -lm -o push", dir, &a);
        const char *const argv[] = {"sh", "-c", "./push <x.bin >y.bin", NULL};
        struct proc_result pr;
        struct span out = {0};
        CHECK(proc_run(argv, dir, 60, &a, &pr, &e));
        CHECK(file_read(arena_printf(&a, "%s/y.bin", dir), &a, &out, &e));
        CHECK_EQ((size_t)n * CLASSES * sizeof *y, out.n);
        CHECK(out.n == (size_t)n * CLASSES * sizeof *y && !memcmp(out.p, y, out.n));
        arena_free(&a);
    }
}
