#include "../../src/compress/compress.h"
#include "../../src/measure/parts.h"
#include "../test.h"
#include "../tiny.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

TEST(instruction_classes)
{
    CHECK_EQ(C_FMAC, class_of("arm", "vfma.f32", " s0, s1, s2"));
    CHECK_EQ(C_SIMD, class_of("arm", "vfma.f32", " q0, q1, q2"));
    CHECK_EQ(C_SIMD, class_of("arm", "vmlava.s8", " r0, q1, q2"));
    CHECK_EQ(C_SIMD, class_of("arm", "vldrb.8", " q1, [r0], #16"));
    CHECK_EQ(C_MAC, class_of("arm", "smlad", " r0, r1, r2, r0"));
    CHECK_EQ(C_LOAD, class_of("arm", "ldrsb.w", " r3, [r0, #1]"));
    CHECK_EQ(C_LOAD, class_of("arm", "vldr", " s1, [r0]"));
    CHECK_EQ(C_STORE, class_of("arm", "push", " {r4, lr}"));
    CHECK_EQ(C_BRANCH, class_of("arm", "bne.n", " 104"));
    CHECK_EQ(C_BRANCH, class_of("arm", "le", " lr, 104"));
    CHECK_EQ(C_ALU, class_of("arm", "bic.w", " r0, r1, r2"));
    CHECK_EQ(C_ALU, class_of("arm", "lsls", " r0, r1, #2"));
    CHECK_EQ(C_FPU, class_of("arm", "vadd.f32", " s0, s1, s2"));
    CHECK_EQ(C_FMAC, class_of("riscv", "fmadd.s", ""));
    CHECK_EQ(C_FPU, class_of("riscv", "fmul.s", ""));
    CHECK_EQ(C_MUL, class_of("riscv", "mulh", ""));
    CHECK_EQ(C_LOAD, class_of("riscv", "lbu", ""));
    CHECK_EQ(C_ALU, class_of("riscv", "fence", ""));
    CHECK_EQ(C_ALU, class_of("riscv", "lui", ""));
    CHECK_EQ(C_BRANCH, class_of("riscv", "bnez", ""));
    CHECK_EQ(C_FMAC, class_of("xtensa", "madd.s", ""));
    CHECK_EQ(C_MAC, class_of("xtensa", "mula.dd.ll.ldinc", ""));
    CHECK_EQ(C_MUL, class_of("xtensa", "mull", ""));
    CHECK_EQ(C_LOAD, class_of("xtensa", "l32i.n", ""));
    CHECK_EQ(C_STORE, class_of("xtensa", "s8i", ""));
    CHECK_EQ(C_BRANCH, class_of("xtensa", "loopnez", ""));
    CHECK_EQ(C_ALU, class_of("xtensa", "addx4", ""));
    CHECK_EQ(5, registers_of(" sp!, {r4-r7, lr}"));
    CHECK_EQ(3, registers_of(" r1!, {sl, fp, ip}"));
    CHECK_EQ(8, registers_of(" r0!, {s0-s7}"));
    CHECK_EQ(1, registers_of(" r0, [r1]"));
}

static bool measure_tiny(const char *target, const char *technique, int n, struct arena *a,
                         struct measurement *m, struct err *e)
{
    const struct target *t = target_find(target);
    struct graph *g = tiny_cnn(a, 32, 3, 3, 5);
    struct compress_opt o = {.calibration = tiny_windows(a, g, 16, 6), .ncalibration = 16};
    g = technique_find(technique)->apply(g, &o, a, e);
    struct plan *p = g ? plan_lower(g, t->layout, a, e) : NULL;
    return p && measure_emulated(p, t, tiny_windows(a, g, n, 11), n, NULL, a, m, e);
}

static bool available(const char *target, struct arena *a)
{
    struct err e;
    const struct target *t = target_find(target);
    if (target_cc(t, a, &e) && target_qemu(t, a, &e)) return true;
    test_skip("%s", e.text);
    return false;
}

TEST(measure_full_integer_on_cortex_m4f)
{
    struct arena a = {0};
    struct err e = {""};
    struct measurement m;
    if (!available("cortex-m4f", &a)) return arena_free(&a);
    if (!measure_tiny("cortex-m4f", "full-integer", 100, &a, &m, &e))
        test_fail(__FILE__, __LINE__, "%s", e.text);
    else {
        CHECK_EQ(100, m.windows_compared);
        CHECK(m.device_equals_host && !m.difference);
        CHECK(m.instructions > 1000 && m.cycles.value > m.instructions / 2);
        CHECK(m.cycles.low < m.cycles.value && m.cycles.value < m.cycles.high);
        CHECK_NEAR(m.cycles.value / 120, m.latency_us.value, 0.01 * m.latency_us.value);
        CHECK_NEAR(m.latency_us.value * 45 / 1000, m.energy_uj.value, 0.01 * m.energy_uj.value);
        CHECK_STR("emulated", m.energy_origin);
        CHECK(m.fits && !m.refusal);
        CHECK(m.arena_bytes > 0 && m.stack_bytes > 32 &&
              m.ram_bytes == m.arena_bytes + m.static_bytes + m.stack_bytes);
        CHECK(m.weight_bytes > 300 && m.code_bytes > 1000 && m.flash_bytes == m.code_bytes + m.weight_bytes);
        double classes = 0, layers = 0;
        for (int i = 0; i < m.nclass; i++) classes += m.class_[i].n;
        for (int i = 0; i < m.nlayer; i++) layers += m.layer[i].instructions;
        CHECK_NEAR(m.instructions, classes, 0.5);
        CHECK_NEAR(m.instructions, layers, 0.03 * m.instructions);
        CHECK_STR("arm-none-eabi-gcc", m.versions);
    }
    arena_free(&a);
}

TEST(measure_says_what_does_not_fit)
{
    struct arena a = {0};
    struct err e = {""};
    struct measurement m;
    if (!available("cortex-m0", &a)) return arena_free(&a);
    struct target small = *target_find("cortex-m0");
    small.ram_bytes = 100;
    small.flash_bytes = 1000;
    struct graph *g =
        technique_find("lite")->apply(tiny_cnn(&a, 32, 3, 3, 5), &(struct compress_opt){0}, &a, &e);
    struct plan *p = plan_lower(g, small.layout, &a, &e);
    if (!measure_emulated(p, &small, tiny_windows(&a, g, 1, 11), 1, NULL, &a, &m, &e))
        test_fail(__FILE__, __LINE__, "%s", e.text);
    else {
        CHECK(!m.fits);
        CHECK_STR("flash: ", m.refusal);
        CHECK_STR("bytes too many for the 1,000 bytes of nRF51822", m.refusal);
        CHECK_STR("RAM: ", m.refusal);
        CHECK(m.instructions > 1000);                        // the rest is still reported
        CHECK(isnan(m.energy_uj.value) && !m.energy_origin); // no source of its power
        CHECK_STR("no documented power", m.energy_missing);
    }
    arena_free(&a);
}

TEST(measure_names_the_missing_package)
{
    struct arena a = {0};
    struct err e = {""};
    struct measurement m;
    struct target t = *target_find("cortex-m4f");
    struct graph *g =
        technique_find("lite")->apply(tiny_cnn(&a, 32, 3, 3, 5), &(struct compress_opt){0}, &a, &e);
    struct plan *p = plan_lower(g, t.layout, &a, &e);
    float *x = tiny_windows(&a, g, 1, 1);
    t.qemu = "qemu-system-nothing";
    if (available("cortex-m4f", &a)) {
        CHECK(!measure_emulated(p, &t, x, 1, NULL, &a, &m, &e));
        CHECK_STR("no emulator qemu-system-nothing; apt-get install qemu-system-arm", e.text);
    }
    t.cc = "nothing-gcc";
    CHECK(!measure_emulated(p, &t, x, 1, NULL, &a, &m, &e));
    CHECK_STR("cortex-m4f: no compiler nothing-gcc; apt-get install gcc-arm-none-eabi", e.text);
    t.cc_package = NULL, t.find_cc = "tools/xtensa-toolchain builds it";
    CHECK(!measure_emulated(p, &t, x, 1, NULL, &a, &m, &e));
    CHECK_STR("tools/xtensa-toolchain builds it", e.text);
    arena_free(&a);
}

// A compiler that fuses behind our back changes the last bit: no costs then, and the place where it shows.
TEST(measure_refuses_costs_when_scores_differ)
{
    struct arena a = {0};
    struct err e = {""};
    struct measurement m;
    if (!available("cortex-m4f", &a)) return arena_free(&a);
    struct target t = *target_find("cortex-m4f");
    t.layout = &layout_plain;
    t.cflags = arena_printf(&a, "%s -ffp-contract=fast", t.cflags);
    struct graph *g =
        technique_find("lite")->apply(tiny_cnn(&a, 32, 3, 3, 5), &(struct compress_opt){0}, &a, &e);
    struct plan *p = plan_lower(g, t.layout, &a, &e);
    if (!measure_emulated(p, &t, tiny_windows(&a, g, 8, 11), 8, NULL, &a, &m, &e)) {
        test_fail(__FILE__, __LINE__, "%s", e.text);
    } else {
        CHECK(!m.device_equals_host);
        CHECK_STR("window 0, score ", m.difference);
        CHECK_STR("on the chip, ", m.difference);
        CHECK(isnan(m.instructions) && isnan(m.latency_us.value) && isnan(m.energy_uj.value) &&
              !m.energy_origin);
        CHECK_EQ(0, m.nclass + m.nlayer);
    }
    arena_free(&a);
}

TEST(measure_counts_flash_cache_misses)
{
    struct arena a = {0};
    struct err e = {""};
    struct measurement m;
    if (!available("rv32imc", &a)) return arena_free(&a);
    if (!measure_tiny("esp32c3", "dynamic", 2, &a, &m, &e)) {
        test_fail(__FILE__, __LINE__, "%s", e.text);
    } else {
        CHECK(m.device_equals_host);
        CHECK(m.cache_misses >= 0 &&
              m.cache_misses < 2000); // code and constants are hardly more than the cache
        CHECK(m.energy_uj.low < m.energy_uj.value && m.energy_uj.value < m.energy_uj.high);
        CHECK(!m.note);
    }
    arena_free(&a);
}

// A chip with so small a cache that every constant is fetched anew: the planner's choice saves misses and stays within
// the RAM; with one byte less of it a constant goes back to flash.
TEST(measure_plans_what_is_copied_to_ram)
{
    struct arena a = {0};
    struct err e = {""};
    if (!available("rv32imc", &a)) return arena_free(&a);
    struct target t = *target_find("rv32imc");
    t.cache.bytes = 512, t.cache.ways = 2;
    struct graph *g =
        technique_find("lite")->apply(tiny_cnn(&a, 32, 3, 3, 5), &(struct compress_opt){0}, &a, &e);
    struct plan *p = plan_lower(g, t.layout, &a, &e);
    const float *x = tiny_windows(&a, g, 4, 11);
    struct measurement all, less;
    if (!measure_emulated(p, &t, x, 4, NULL, &a, &all, &e))
        return test_fail(__FILE__, __LINE__, "%s", e.text);
    CHECK(all.device_equals_host && all.windows_compared == 4);
    CHECK(all.planned_bytes > 0 && all.planned_bytes <= all.plan_budget);
    CHECK(all.planned_misses < all.cache_misses);
    double caused = all.code_misses;
    for (int i = 0; i < all.nplaced; i++) caused += all.placed[i].misses;
    CHECK(caused > 0.5 * all.cache_misses && caused < 1.1 * all.cache_misses);
    const int64_t ram = all.ram_bytes + all.planned_bytes;
    CHECK(measure_emulated(p, &t, x, 4, &(struct measure_opt){.ram_bytes = ram}, &a, &less, &e));
    CHECK_EQ(all.planned_bytes, less.planned_bytes);
    CHECK(measure_emulated(p, &t, x, 4, &(struct measure_opt){.ram_bytes = ram - 1}, &a, &less, &e));
    CHECK(less.planned_bytes < all.planned_bytes && less.planned_bytes > 0);
    CHECK(measure_emulated(p, &t, x, 4,
                           &(struct measure_opt){.ram_bytes = all.ram_bytes + all.planned_bytes / 2}, &a,
                           &less, &e));
    CHECK(less.planned_misses > all.planned_misses && less.planned_misses < less.cache_misses);
    struct buf out = {0};
    placement_explain(&all, &out);
    buf_put(&out, "", 1);
    CHECK_STR("conv", (const char *)out.p);
    CHECK_STR("the plan takes", (const char *)out.p);
    buf_free(&out);
    arena_free(&a);
}
