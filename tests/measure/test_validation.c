// The cycle and power model against figures that others published: docs/validation.md is this table. Each row is
// work (multiply-accumulates, or steps) times the instructions of one, counted, times the target's costs; one rule
// for all rows of a kind, nothing tuned for a row. UPDATE=1 writes the page anew.
#include "../../src/base/file.h"
#include "../../src/measure/parts.h"
#include "../test.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

// Instructions a multiply-accumulate by class, at two shapes between which a network's layers lie; equal where one
// loop is meant. value: the geometric middle.
struct loop {
    const char *name; // as the page explains it
    struct region few, many;
};
#define ONE(...)                                                                                             \
    {__VA_ARGS__},                                                                                           \
    {                                                                                                        \
        __VA_ARGS__                                                                                          \
    }
#define MIX(...) .n = {__VA_ARGS__}

static const struct loop float_dot = {"F1", ONE(MIX([C_LOAD] = 2, [C_FMAC] = 1, [C_ALU] = 2))};
static const struct loop float_row = {
    "F2", ONE(MIX([C_LOAD] = 2, [C_FMAC] = 1, [C_ALU] = 1, [C_BRANCH] = 1), .taken = 1)};
static const struct loop float_conv = {
    "F3",
    {MIX([C_LOAD] = 4, [C_FMAC] = 1, [C_ALU] = 4.26, [C_BRANCH] = 1), .taken = 1},
    {MIX([C_LOAD] = 2, [C_FMAC] = 1, [C_ALU] = 1.74, [C_BRANCH] = 1), .taken = 1}};
static const struct loop mac16 = {"I1", ONE(MIX([C_MAC] = 1, [C_ALU] = 0.324))};
static const struct loop int8_dot = {"I2", ONE(MIX([C_LOAD] = 2, [C_MUL] = 1, [C_ALU] = 7.02))};
static const struct loop ansi_conv = {"I3",
                                      {MIX([C_LOAD] = 2, [C_MUL] = 1, [C_ALU] = 12.07)},
                                      {MIX([C_LOAD] = 2, [C_MUL] = 1, [C_ALU] = 6.85)}};
static const struct loop esp_nn = {
    "I4", {MIX([C_LOAD] = 2, [C_MUL] = 1, [C_ALU] = 12.3)}, {MIX([C_LOAD] = 2, [C_MUL] = 1, [C_ALU] = 5.54)}};
static const struct loop tflm_small = {
    "I5", {MIX([C_LOAD] = 2, [C_MUL] = 1, [C_ALU] = 64.6)}, {MIX([C_LOAD] = 2, [C_MUL] = 1, [C_ALU] = 58.9)}};
static const struct loop cmsis_nn = {"I6",
                                     {MIX([C_LOAD] = 1, [C_MAC] = 0.5, [C_ALU] = 2.13)},
                                     {MIX([C_LOAD] = 0.5, [C_MAC] = 0.5, [C_ALU] = 0.93)}};

struct row {
    const char *what, *target;
    uint32_t hz; // 0: cycles are published
    double work, published;
    const struct loop *loop;
    bool source; // the row, or one like it, is where the target's costs come from
    const char *from;
};
static const struct row rows[] = {
    {"esp-dsp dot f32, N = 256, plain C", "esp32", 0, 256, 1311, &float_dot, true, "3.4"},
    {"esp-dsp dot s16, N = 256, MAC16", "esp32", 0, 256, 437, &mac16, true, "3.4"},
    {"esp-dsp dot s8, 16 x 16", "esp32", 0, 256, 2635, &int8_dot, false, "3.4"},
    {"esp-dsp dot s8, 64 x 64", "esp32", 0, 4096, 37962, &int8_dot, false, "3.4"},
    {"ESP-NN, fully connected 271 x 3, ANSI", "esp32s3", 0, 813, 8443, &int8_dot, false, "3.1"},
    {"ESP-NN, conv 10x10 64x1x1x64, ANSI", "esp32s3", 0, 409600, 4712500, &ansi_conv, false, "3.1"},
    {"ESP-NN, conv 8x8 16x1x1x16, ANSI", "esp32s3", 0, 16384, 312754, &ansi_conv, false, "3.1"},
    {"person detection, ESP-NN", "esp32", 240000000, 7.5e6, 380e3, &esp_nn, false, "3.1"},
    {"person detection, without", "esp32", 240000000, 7.5e6, 4084e3, &tflm_small, false, "3.1"},
    {"TinyTNAS, UCI-HAR", "esp32", 240000000, 53.1e3, 13e3, &tflm_small, false, "2.1"},
    {"TinyTNAS, PAMAP2 and WISDM", "esp32", 240000000, 44.9e3, 8e3, &tflm_small, false, "2.1"},
    {"TinyTNAS, MIT-BIH and PTB", "esp32", 240000000, 56.5e3, 13e3, &tflm_small, false, "2.1"},
    {"EdgeMark FC_5 float", "cortex-m4f", 120000000, 3464, 386, &float_row, false, "2.2"},
    {"EdgeMark FC_8 float", "cortex-m4f", 120000000, 34752, 3192, &float_row, false, "2.2"},
    {"EdgeMark FC_10 float", "cortex-m4f", 120000000, 199414, 19464, &float_row, false, "2.2"},
    {"EdgeMark AE float", "cortex-m4f", 120000000, 269e3, 24520, &float_row, false, "2.2"},
    {"EdgeMark LSTM float, unrolled", "cortex-m4f", 120000000, 2.7e6, 362200, &float_row, false, "2.2"},
    {"EdgeMark GRU float, unrolled", "cortex-m4f", 120000000, 2.09e6, 276700, &float_row, false, "2.2"},
    {"EdgeMark CNN_1 float", "cortex-m4f", 120000000, 25329, 10464, &float_conv, false, "2.2"},
    {"EdgeMark CNN_4 float", "cortex-m4f", 120000000, 744574, 179900, &float_conv, false, "2.2"},
    {"EdgeMark CNN_7 float", "cortex-m4f", 120000000, 11.13e6, 1911500, &float_conv, false, "2.2"},
    {"EdgeMark ResNet-8 float", "cortex-m4f", 120000000, 12.56e6, 2294400, &float_conv, false, "2.2"},
    {"EdgeMark CNN_1 int8", "cortex-m4f", 120000000, 25329, 4372, &cmsis_nn, false, "2.2"},
    {"EdgeMark CNN_4 int8", "cortex-m4f", 120000000, 744574, 40100, &cmsis_nn, false, "2.2"},
    {"EdgeMark CNN_7 int8", "cortex-m4f", 120000000, 11.13e6, 322000, &cmsis_nn, false, "2.2"},
    {"EdgeMark FC_8 int8", "cortex-m4f", 120000000, 34752, 1236, &cmsis_nn, false, "2.2"},
    {"EdgeMark FC_10 int8", "cortex-m4f", 120000000, 199414, 7305, &cmsis_nn, false, "2.2"},
    {"EdgeMark DS-CNN int8", "cortex-m4f", 120000000, 2.7e6, 110600, &cmsis_nn, false, "2.2"},
    {"EdgeMark AE int8", "cortex-m4f", 120000000, 269e3, 8920, &cmsis_nn, false, "2.2"},
    {"EdgeMark ResNet-8 int8", "cortex-m4f", 120000000, 12.56e6, 407700, &cmsis_nn, false, "2.2"},
    {"EdgeMark VWW int8", "cortex-m4f", 120000000, 7.61e6, 384700, &cmsis_nn, false, "2.2"},
    {"NNoM UCI-HAR int8, L476 at 160 MHz", "cortex-m4f", 160000000, 0.67e6, 7342, &cmsis_nn, false, "2.1"},
};
enum { ROWS = sizeof rows / sizeof *rows };

static const struct power {
    const char *what, *target;
    double published_mw;
    bool source;
    const char *from;
} powers[] = {
    {"MLPerf Tiny v1.1 L4R5ZI, ST", "cortex-m4f", 45.0, true, "3.9"},
    {"MLPerf Tiny v1.2 L4R5ZI, ST", "cortex-m4f", 42.2, false, "3.9"},
    {"MLPerf Tiny v1.3 L4R5ZI, ST", "cortex-m4f", 32.9, true, "3.9"},
    {"MLPerf Tiny v1.0 L4R5, OctoML", "cortex-m4f", 52, true, "3.9"},
    {"MLPerf Tiny L4R5, Krai", "cortex-m4f", 75, false, "3.9"},
    {"MLPerf Tiny L4R5, Skymizer, Zephyr", "cortex-m4f", 50.8, false, "3.9"},
    {"MLPerf Tiny L4R5, Skymizer, Mbed", "cortex-m4f", 42.1, false, "3.9"},
    {"MLPerf Tiny v1.1 U575, ST", "cortex-m33", 26.2, true, "3.9"},
    {"MLPerf Tiny v1.2 U575, ST", "cortex-m33", 22.7, true, "3.9"},
    {"MLPerf Tiny v1.1 H7A3, ST", "cortex-m7", 122, true, "3.9"},
    {"ESP32-S bare board, processor active, 38 mA at 3.3 V", "esp32", 125.4, false, "3.7"},
    {"ESP32-S3, HAR of TinyCompositeHAR, average", "esp32s3", 235, false, "2.1"},
};
enum { POWERS = sizeof powers / sizeof *powers };

static double predicted(const struct row *r, const struct region *mix)
{
    const double cycles = r->work * cycles_of(target_find(r->target), mix);
    return r->hz ? cycles / r->hz * 1e6 : cycles;
}

static const char *figure_text(double v, struct arena *a)
{
    return v >= 1000 ? arena_printf(a, "%.0f", v) : arena_printf(a, "%.3g", v);
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// Errors of one kind of loop: one program (its instructions were counted themselves) or a network of several shapes.
static void spread_print(const char *what, double *error, int n, double within, struct buf *out,
                         struct arena *a)
{
    int inside = 0;
    for (int i = 0; i < n; i++) error[i] = fabs(error[i]), inside += error[i] <= within;
    qsort(error, (size_t)n, sizeof *error, by_size);
    buf_printf(out,
               "- %s: %d rows, median error %.0f %%, largest %.0f %%; %d within the %.0f %% that the target "
               "states\n",
               what, n, 100 * error[n / 2], 100 * error[n - 1], inside, 100 * within);
    (void)a;
}

static void table_print(struct buf *out, struct arena *a)
{
    double one[ROWS], several[ROWS];
    int none = 0, nseveral = 0;
    buf_puts(out, "| row | target | work | loop | predicted | published | error | notes "
                  "|\n|---|---|--:|---|--:|--:|--:|---|\n");
    for (int i = 0; i < ROWS; i++) {
        const struct row *r = &rows[i];
        const double few = predicted(r, &r->loop->few), many = predicted(r, &r->loop->many),
                     v = sqrt(few * many), error = v / r->published - 1;
        const bool range = few > many * 1.0001;
        buf_printf(out, "| %s | %s | %s | %s | %s%s %s | %s | %+.0f %% | %s%s |\n", r->what, r->target,
                   figure_text(r->work, a), r->loop->name, figure_text(v, a),
                   range ? arena_printf(a, " (%s to %s)", figure_text(many, a), figure_text(few, a)) : "",
                   r->hz ? "µs" : "cycles", figure_text(r->published, a), 100 * error, r->from,
                   r->source ? ", a source of the costs" : "");
        if (r->source) continue;
        if (range)
            several[nseveral++] = error;
        else
            one[none++] = error;
    }
    buf_puts(out, "\n");
    spread_print("one loop, counted itself", one, none, 0.25, out, a);
    spread_print("networks between two counted shapes", several, nseveral, 0.25, out, a);
    buf_puts(out, "\n| power while computing | target | predicted mW | published mW | error | in the "
                  "interval | notes |\n"
                  "|---|---|--:|--:|--:|---|---|\n");
    for (int i = 0; i < POWERS; i++) {
        const struct power *p = &powers[i];
        const struct fact *f = &target_find(p->target)->active_mw;
        buf_printf(out, "| %s | %s | %.1f (%.1f to %.1f) | %.1f | %+.0f %% | %s | %s%s |\n", p->what,
                   p->target, f->value, f->low, f->high, p->published_mw,
                   100 * (f->value / p->published_mw - 1),
                   p->published_mw >= f->low && p->published_mw <= f->high ? "yes" : "no", p->from,
                   p->source ? ", a source of the figure" : "");
    }
}

TEST(validation_page_is_what_the_model_predicts)
{
    static const char begin[] = "<!-- made by tests/measure/test_validation.c -->\n",
                      end[] = "<!-- end -->\n";
    const char *page = "docs/validation.md";
    struct arena a = {0};
    struct err e = {""};
    struct span text;
    struct buf table = {0};
    table_print(&table, &a);
    if (!file_read(page, &a, &text, &e)) return test_fail(__FILE__, __LINE__, "%s", e.text);
    const char *s = (const char *)text.p, *from = strstr(s, begin), *to = from ? strstr(from, end) : NULL;
    if (!to) return test_fail(__FILE__, __LINE__, "%s: no place for the table", page);
    from += sizeof begin - 1;
    const bool same = (size_t)(to - from) == table.n && !memcmp(from, table.p, table.n);
    if (!same && getenv("UPDATE")) {
        struct buf out = {0};
        buf_put(&out, s, (size_t)(from - s));
        buf_put(&out, table.p, table.n);
        buf_puts(&out, to);
        CHECK(file_write(page, buf_span(&out), &e));
        buf_free(&out);
    } else if (!same) {
        test_fail(__FILE__, __LINE__,
                  "%s is not what the model predicts now: UPDATE=1 build/asan/check validation", page);
    }
    buf_free(&table);
    arena_free(&a);
}

// Published latencies and throughputs of single instructions beside the targets' costs.
TEST(validation_of_single_instructions)
{
    const struct cycle_cost *c6 = &target_find("esp32c6")->cost, *lx6 = &target_find("esp32")->cost;
    CHECK_NEAR(1, c6->alu,
               0); // LLTA-Bench: ALU 1, MUL 1, DIV 10, LW 3 when used at once, taken branch 1 to 3
    CHECK_NEAR(1, c6->mul, 0);
    CHECK_NEAR(10, c6->div, 0);
    CHECK(c6->load >= 1 && c6->load <= 3);
    CHECK(c6->taken >= 1 && c6->taken <= 3);
    CHECK_NEAR(240 / 237.1, lx6->mul, 0.02); // WLED issue 4206: millions a second at 240 MHz
    CHECK_NEAR(240 / 118.9, lx6->div, 0.02);
    CHECK_NEAR(240 / 237.6, lx6->fpu, 0.02);
    CHECK_NEAR(240 / (474.9 / 2), lx6->fmac, 0.02);
}
