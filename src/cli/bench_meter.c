#include "bench_meter.h"
#include "../base/log.h"
#include "../study/figure.h"
#include "bench_board.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

const char *bench_meter_wrong(const struct meter_choice *c, struct arena *a)
{
    const char *where;
    if (!c->meter) {
        const bool alone = c->trace || !isnan(c->volts) || !isnan(c->seconds) || c->line >= 0 || c->pulse ||
                           c->subtract_idle;
        return alone ? "--trace, --volts, --seconds, --line, --pulse and --subtract-idle go with --meter"
                     : NULL;
    }
    const struct meter *m = meter_find(c->meter, &where);
    if (!m) return arena_printf(a, "unknown meter '%s'; there are %s", c->meter, meter_names(a));
    if (!m->records && c->trace)
        return "--trace is for what is recorded now; the file of --meter trace:FILE stays";
    if (!isnan(c->volts) && !(c->volts > 0 && c->volts < 100))
        return "--volts takes the board's supply in volts";
    if (!isnan(c->seconds) && !(c->seconds >= 1 && c->seconds <= 120)) return "--seconds takes 1 to 120";
    if (c->line < -1 || c->line >= TRACE_LINES) return "--line takes 0 to 7";
    if (c->pulse < 0 || c->pulse > 1000000) return "--pulse takes the inferences that a pulse holds";
    return NULL;
}

static bool trace_keep(const struct meter_choice *c, const char *where, const char *model,
                       struct metering *out, struct arena *a, struct err *e)
{
    const char *slash = strrchr(model, '/');
    const struct trace *t = &out->trace;
    out->trace_path = !out->meter->records ? where
                      : c->trace           ? c->trace
                                           : arena_printf(a, "%s.trace.csv", slash ? slash + 1 : model);
    return !out->meter->records ||
           trace_csv_write(t, arena_printf(a, "%s, written by wearlite %s", t->instrument, WEARLITE_VERSION),
                           out->trace_path, e);
}

static bool measure_with(void *state, const struct meter_choice *c, const char *where, const char *model,
                         const char *port, const struct plan *p, const struct measurement *m,
                         struct board_report *r, struct metering *out, struct arena *a, struct err *e)
{
    const struct metered_opt o = {.line = c->line,
                                  .inferences = c->pulse,
                                  .volts = (double)c->volts,
                                  .subtract_idle = c->subtract_idle};
    if (port && !bench_board_read(port, p, m, r, a, e)) return false;
    const double seconds = isnan(c->seconds) ? fmin(meter_seconds(port ? r : NULL), 120) : (double)c->seconds;
    if (out->meter->records) log_info("%s: recording %.3g s", out->meter->name, seconds);
    // The trace is kept also when nothing can be made of it: it shows why.
    return out->meter->record(state, seconds, &out->trace, a, e) && trace_keep(c, where, model, out, a, e) &&
           (meter_energy(&out->trace, port ? r : NULL, &o, a, &out->result, e) ||
            fail_in(e, "%s", out->trace_path));
}

bool bench_meter_run(const struct meter_choice *c, const char *model, const char *port, const struct plan *p,
                     const struct measurement *m, struct board_report *r, struct metering *out,
                     struct arena *a, struct err *e)
{
    const char *where;
    *out = (struct metering){.meter = meter_find(c->meter, &where), .of_board = port};
    const struct meter_use use = {where, (double)c->volts};
    void *state = out->meter->open(&use, a, e);
    if (!state) return false;
    const bool good = measure_with(state, c, where, model, port, p, m, r, out, a, e);
    out->meter->close(state);
    return good;
}

void bench_meter_print(const struct metering *g, const struct board_report *r, const struct measurement *m)
{
    const struct metered *k = &g->result;
    const struct pulses *p = &k->pulses;
    struct energy f;
    board_estimate(r, m, &f);
    printf("\n%-14s %s: %d pulses of %d inferences on digital line %d\n", "meter", g->trace.instrument, p->n,
           k->inferences, k->line);
    if (!r) printf("%-14s no board said which network, chip and clock that was\n", "");
    printf("%-14s %.4g uJ (%.4g to %.4g): measured, mean and two deviations of the pulses", "energy",
           k->energy_uj.value, k->energy_uj.low, k->energy_uj.high);
    if (!isnan(f.inference_uj.value))
        printf("; %.4g uJ (%.4g to %.4g) estimated: ratio %.2f", f.inference_uj.value, f.inference_uj.low,
               f.inference_uj.high, k->energy_uj.value / f.inference_uj.value);
    printf("\n%-14s %.0f us, %.4g mA at %.3f V\n", "in a pulse", k->latency_us, k->amps * 1e3, k->volts);
    if (!isnan(k->idle_mw))
        printf("%-14s %.4g mW, %s\n", "between pulses", k->idle_mw,
               k->idle_subtracted ? "subtracted" : "not subtracted");
    if (p->cut + p->gaps + p->odd + p->glitches)
        printf(
            "%-14s %d pulses cut at the ends, %d with samples missing, %d unlike the others; %d glitches\n",
            "left out", p->cut, p->gaps, p->odd, p->glitches);
    printf("%-14s %s: %d samples, %.0f a second, %lld lost\n", "trace", g->trace_path, g->trace.n,
           1 / g->trace.period_s, (long long)g->trace.lost);
}

json_t *bench_meter_json(const struct metering *g, const struct board_report *r, const struct measurement *m)
{
    const struct metered *k = &g->result;
    json_t *o = json_object();
    struct energy f;
    board_estimate(r, m, &f);
    figure_put_text(o, "meter", g->meter->name);
    figure_put_text(o, "instrument", g->trace.instrument);
    figure_put_text(o, "trace", g->trace_path);
    figure_put_text(o, "target", m->target->name);
    figure_put_text(o, "model", r ? r->model : NULL);
    figure_put_text(o, "id", r ? r->id : NULL);
    figure_put_text(o, "chip", r && *r->chip ? r->chip : NULL);
    figure_put(o, "cpu_hz", r && r->cpu_hz > 0 ? r->cpu_hz : NAN);
    figure_put_interval(o, "energy_uj", k->energy_uj);
    figure_put_text(o, "energy_origin", "measured");
    figure_put(o, "energy_uj_deviation", k->deviation_uj);
    figure_put(o, "energy_uj_estimated", f.inference_uj.value);
    figure_put(o, "latency_us", k->latency_us);
    figure_put(o, "volts", k->volts);
    figure_put(o, "current_ma", k->amps * 1e3);
    figure_put(o, "idle_mw", k->idle_mw);
    json_object_set_new(o, "idle_subtracted", json_boolean(k->idle_subtracted));
    const struct {
        const char *key;
        double n;
    } counts[] = {{"line", k->line},
                  {"pulses", k->pulses.n},
                  {"pulse_inferences", k->inferences},
                  {"pulses_cut", k->pulses.cut},
                  {"pulses_with_gaps", k->pulses.gaps},
                  {"pulses_odd", k->pulses.odd},
                  {"glitches", k->pulses.glitches},
                  {"samples", g->trace.n},
                  {"samples_lost", (double)g->trace.lost},
                  {"sample_hz", 1 / g->trace.period_s}};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) figure_put(o, counts[i].key, counts[i].n);
    return o;
}
