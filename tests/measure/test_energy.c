// The energy model's sums, against the same sums by hand.
#include "../../src/measure/measure.h"
#include "../test.h"
#include <math.h>
#include <string.h>

static struct measurement measured(const char *target)
{
    return (struct measurement){.target = target_find(target),
                                .core_cycles = {1.2e6, 1.0e6, 1.5e6},
                                .cache_misses = 1000,
                                .code_misses = 10,
                                .planned_misses = 100,
                                .planned_bytes = 20000,
                                .plan_budget = 150000,
                                .ram_bytes = 10000,
                                .weight_bytes = 30000};
}

TEST(energy_of_an_inference)
{
    const struct measurement m = measured("esp32");
    const struct target *t = m.target;
    struct energy_setting s = {.clock_hz = 240000000};
    struct energy f;
    energy_of(&m, &s, &f);
    const double us = 1.2e6 / 240 + 1000 * t->cache.miss_ns.value / 1000;
    CHECK_NEAR(us, f.latency_us.value, 1e-6);
    CHECK_NEAR(t->active_mw.value * us / 1000, f.inference_uj.value, 1e-6);
    CHECK_NEAR(t->active_mw.low * (1.0e6 / 240 + t->cache.miss_ns.low) / 1000, f.inference_uj.low, 1e-6);
    CHECK_NEAR(t->active_mw.high * (1.5e6 / 240 + t->cache.miss_ns.high) / 1000, f.inference_uj.high, 1e-6);
    CHECK(isnan(f.hour_j.value));
    s = (struct energy_setting){.clock_hz = 80000000, .weights = WEIGHTS_RAM};
    energy_of(&m, &s, &f); // the flash does not get slower with the core
    CHECK_NEAR(1.2e6 / 80 + 10 * t->cache.miss_ns.value / 1000, f.latency_us.value, 1e-6);
    CHECK_NEAR(74.3 * f.latency_us.value / 1000, f.inference_uj.value, 1e-6);
}

TEST(energy_of_an_hour)
{
    const struct measurement m = measured("esp32");
    const struct target *t = m.target;
    struct energy_setting s = {
        .clock_hz = 240000000, .hop_s = 1.28, .battery_j = 4000, .sensor = &sensors[0]};
    struct energy f;
    energy_of(&m, &s, &f);
    const double busy = f.latency_us.value + t->wake_us.value;
    const double hop = t->active_mw.value * busy / 1000 + t->sleep_mw.value * (1.28e6 - busy) / 1000 +
                       sensors[0].mw.value * 1.28e3;
    CHECK_NEAR(hop * 1e-6 * 3600 / 1.28, f.hour_j.value, 1e-9);
    CHECK_NEAR(4000 / (24 * f.hour_j.value), f.battery_days.value, 1e-9);
    CHECK(f.hour_j.low < f.hour_j.value && f.hour_j.value < f.hour_j.high);
    CHECK(f.battery_days.low < f.battery_days.value && f.battery_days.value < f.battery_days.high);
    s.awake = true;
    const double asleep = f.hour_j.value;
    energy_of(&m, &s, &f);
    CHECK(f.hour_j.value > 10 * asleep);
    s.hop_s = 0.005; // shorter than an inference
    energy_of(&m, &s, &f);
    CHECK(isnan(f.hour_j.value));
    CHECK_STR("too slow", f.why);
}

TEST(energy_needs_documented_constants)
{
    struct measurement m = measured("cortex-m55");
    struct energy_setting s = {.clock_hz = m.target->clock_hz, .hop_s = 1};
    struct energy f;
    energy_of(&m, &s, &f);
    CHECK(isnan(f.inference_uj.value) && !isnan(f.latency_us.value));
    CHECK_STR("no documented power", f.why);
    for (int i = 0; sensors[i].name; i++) CHECK(sensors[i].mw.source && sensors[i].mw.value > 0);
    for (int i = 0; targets[i]; i++)
        for (int k = 0; k < 3 && targets[i]->slower[k].hz; k++) {
            const struct fact *p = &targets[i]->slower[k].active_mw;
            CHECK(p->source && p->low <= p->value && p->value <= p->high);
            CHECK(targets[i]->slower[k].hz < targets[i]->clock_hz);
        }
}

TEST(energy_settings_leave_out_what_does_not_fit)
{
    struct measurement m = measured("esp32");
    struct energy_setting s[ENERGY_SETTINGS], from = {.hop_s = 1};
    CHECK_EQ(10, energy_settings(&m, &from, s));
    CHECK(s[9].awake && !s[0].awake && s[9].clock_hz == s[0].clock_hz); // the last shows what sleeping saves
    struct energy asleep, awake;
    energy_of(&m, &s[0], &asleep);
    energy_of(&m, &s[9], &awake);
    CHECK(awake.hour_j.value > 5 * asleep.hour_j.value);
    from.awake = true;
    CHECK_EQ(9, energy_settings(&m, &from, s));
    from.awake = false;
    m.weight_bytes = m.plan_budget + 1;
    CHECK_EQ(7, energy_settings(&m, &from, s));
    m.planned_bytes = 0;
    CHECK_EQ(4, energy_settings(&m, &from, s));
    m = measured("cortex-m4f"); // no cache, one documented clock
    CHECK_EQ(1, energy_settings(&m, &from, s));
}

TEST(energy_explain_names_every_source)
{
    const struct measurement m = measured("esp32");
    const struct energy_setting s = {
        .clock_hz = 160000000, .hop_s = 1.28, .sensor = &sensors[3], .battery_j = 4000};
    struct buf out = {0};
    energy_explain(&m, &s, &out);
    buf_put(&out, "", 1);
    static const char *const part[] = {"at 160 MHz",
                                       "time of a line",
                                       "modem-sleep at 160 MHz",
                                       "sleep_modes.c",
                                       "light sleep: 0.8 mA",
                                       "LSM6DSO",
                                       "an hour",
                                       "days"};
    for (size_t i = 0; i < sizeof part / sizeof *part; i++) CHECK_STR(part[i], (const char *)out.p);
    buf_free(&out);
}
