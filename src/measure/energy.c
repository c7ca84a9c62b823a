// Energy of an inference at a clock and a placement of the weights, of an hour at a hop, days of a battery.
//   latency   = core cycles / clock + misses * time of a line      (the flash keeps its own clock)
//   inference = power while computing * latency
//   hop       = inference + waking + sleeping + sensor; an hour has 3600 / hop of them
// Every constant is the target's, with its source; each bound takes all of them at their ends.
#include "measure.h"
#include <math.h>
#include <string.h>

const char *weights_name(enum weights w)
{
    static const char *const name[] = {"flash", "planned", "ram"};
    return name[w];
}

// At a clock that no document speaks of (a board's), as at the chip's own: its time is asked for then, not its energy.
static const struct fact *active_mw(const struct target *t, uint32_t hz)
{
    const struct fact *f = target_active_mw(t, hz);
    return f ? f : &t->active_mw;
}

static double end_of(const struct fact *f, int end)
{
    return end < 0 ? f->low : end > 0 ? f->high : f->value;
}

static double end_of_interval(const struct interval *v, int end)
{
    return end < 0 ? v->low : end > 0 ? v->high : v->value;
}

static void put(struct interval *v, int end, double x)
{
    *(end < 0 ? &v->low : end > 0 ? &v->high : &v->value) = x;
}

static double misses_of(const struct measurement *m, const struct energy_setting *s)
{
    const double n = s->weights == WEIGHTS_RAM       ? m->code_misses
                     : s->weights == WEIGHTS_PLANNED ? m->planned_misses
                                                     : m->cache_misses;
    return isnan(n) ? 0 : n;
}

static const struct interval *core_cycles(const struct measurement *m, const struct energy_setting *s)
{
    return s->weights == WEIGHTS_PLANNED && m->planned ? &m->planned_cycles : &m->core_cycles;
}

struct terms { // of a hop, in us and uJ
    double core_us, flash_us, latency_us, compute, wake_us, wake, rest_us, rest, sensor;
};

static struct terms terms_of(const struct measurement *m, const struct energy_setting *s, int end)
{
    const struct target *t = m->target;
    struct terms r = {0};
    const double mw = end_of(active_mw(t, s->clock_hz), end), hop_us = s->hop_s * 1e6;
    r.core_us = end_of_interval(core_cycles(m, s), end) / s->clock_hz * 1e6;
    r.flash_us = misses_of(m, s) * end_of(&t->cache.miss_ns, end) / 1000;
    r.latency_us = r.core_us + r.flash_us;
    r.compute = mw * r.latency_us / 1000; // mW * us = nJ
    r.wake_us = s->awake ? 0 : end_of(&t->wake_us, end);
    r.wake = mw * r.wake_us / 1000;
    r.rest_us = hop_us - r.latency_us - r.wake_us;
    r.rest = (s->awake ? mw : end_of(&t->sleep_mw, end)) * r.rest_us / 1000;
    r.sensor = s->sensor ? end_of(&s->sensor->mw, end) * hop_us / 1000 : 0;
    return r;
}

void energy_of(const struct measurement *m, const struct energy_setting *s, struct energy *out)
{
    const struct interval unknown = {NAN, NAN, NAN};
    const struct target *t = m->target;
    *out = (struct energy){unknown, unknown, unknown, unknown, NULL};
    for (int end = -1; end <= 1; end++) {
        const struct terms r = terms_of(m, s, end);
        put(&out->latency_us, end, r.latency_us);
        if (active_mw(t, s->clock_hz)->source) put(&out->inference_uj, end, r.compute);
    }
    if (!active_mw(t, s->clock_hz)->source) {
        out->why = "no documented power of this chip while it computes";
        return;
    }
    if (!(s->hop_s > 0)) return;
    if (!s->awake && !t->sleep_mw.source) {
        out->why = "no documented power of this chip while it sleeps";
        return;
    }
    if (terms_of(m, s, 1).rest_us < 0) {
        out->why = "too slow: the next window may come before this one is classified";
        return;
    }
    for (int end = -1; end <= 1; end++) {
        const struct terms r = terms_of(m, s, end);
        const double hour = (r.compute + r.wake + r.rest + r.sensor) * 1e-6 * 3600 / s->hop_s;
        put(&out->hour_j, end, hour);
        if (s->battery_j > 0)
            put(&out->battery_days, -end, s->battery_j / (24 * hour)); // more energy, fewer days
    }
}

int energy_settings(const struct measurement *m, const struct energy_setting *from,
                    struct energy_setting *out)
{
    const struct target *t = m->target;
    int n = 0;
    for (int c = -1; c < 3; c++) {
        if (c >= 0 && !t->slower[c].hz) break;
        for (int w = WEIGHTS_FLASH; w <= (t->cache.bytes ? WEIGHTS_RAM : WEIGHTS_FLASH); w++) {
            if (w == WEIGHTS_RAM && m->weight_bytes > m->plan_budget) continue;
            if (w == WEIGHTS_PLANNED && (isnan(m->planned_misses) || !m->planned_bytes)) continue;
            out[n] = *from;
            out[n].clock_hz = c < 0 ? t->clock_hz : t->slower[c].hz;
            out[n++].weights = (enum weights)w;
        }
    }
    if (from->hop_s > 0 && !from->awake && t->sleep_mw.source) {
        out[n] = out[0];
        out[n++].awake = true;
    }
    return n;
}

static void line(struct buf *out, const char *what, double value, double low, double high, const char *unit,
                 const char *source)
{
    buf_printf(out, "  %-26s %12.4g %-4s", what, value, unit);
    if (low != high) buf_printf(out, " (%.4g to %.4g)", fmin(low, high), fmax(low, high));
    if (source) buf_printf(out, "  %s", source);
    buf_puts(out, "\n");
}

static void fact_line(struct buf *out, const char *what, const struct fact *f, const char *unit)
{
    if (f->source) line(out, what, f->value, f->low, f->high, unit, f->source);
}

void energy_explain(const struct measurement *m, const struct energy_setting *s, struct buf *out)
{
    const struct target *t = m->target;
    const struct terms low = terms_of(m, s, -1), r = terms_of(m, s, 0), high = terms_of(m, s, 1);
    struct energy e;
    energy_of(m, s, &e);
    buf_printf(
        out, "%.*s at %.0f MHz, constants in %s\n", (int)strcspn(t->chip, ","), t->chip, s->clock_hz / 1e6,
        s->weights == WEIGHTS_RAM ? "RAM"
        : s->weights == WEIGHTS_PLANNED
            ? (m->planned_ahead
                   ? "flash and, as planned, in RAM, weights transformed ahead, tables for recurrent layers"
                   : "flash and, as planned, in RAM")
            : "flash");
    const struct interval *core = core_cycles(m, s);
    line(out, "core cycles", core->value, core->low, core->high, "", t->cost.source);
    line(out, "/ clock", r.core_us, low.core_us, high.core_us, "us", NULL);
    if (t->cache.bytes) {
        line(out, "cache misses", misses_of(m, s), 0, 0, "",
             "counted in the emulated run by a cache of the chip's size");
        fact_line(out, "* time of a line", &t->cache.miss_ns, "ns");
        line(out, "= waiting for the flash", r.flash_us, low.flash_us, high.flash_us, "us", NULL);
    }
    line(out, "latency", r.latency_us, low.latency_us, high.latency_us, "us", NULL);
    fact_line(out, "* power while computing", active_mw(t, s->clock_hz), "mW");
    if (e.why && isnan(e.inference_uj.value)) {
        buf_printf(out, "  energy is not known: %s\n", e.why);
        return;
    }
    line(out, "= inference", r.compute, low.compute, high.compute, "uJ", NULL);
    if (!(s->hop_s > 0)) return;
    if (e.why) {
        buf_printf(out, "  an hour is not known: %s\n", e.why);
        return;
    }
    if (!s->awake) {
        fact_line(out, "time to wake", &t->wake_us, "us");
        line(out, "* power = waking", r.wake, low.wake, high.wake, "uJ",
             t->wake_us.source ? NULL : "not documented: left out");
        fact_line(out, "power while sleeping", &t->sleep_mw, "mW");
    }
    line(out, s->awake ? "waiting for the next hop" : "* rest of the hop = sleep", r.rest, low.rest,
         high.rest, "uJ", NULL);
    if (s->sensor) {
        fact_line(out, "power of the sensor", &s->sensor->mw, "mW");
        line(out, "* hop = sensor", r.sensor, low.sensor, high.sensor, "uJ", NULL);
    }
    line(out, "an hour", e.hour_j.value, e.hour_j.low, e.hour_j.high, "J", NULL);
    if (s->battery_j > 0)
        line(out, "battery", e.battery_days.value, e.battery_days.low, e.battery_days.high, "days", NULL);
}
