#include "meter.h"
#include <math.h>
#include <string.h>

const struct meter *const meters[] = {&meter_ppk2, &meter_ppk2_source, &meter_trace, &meter_sigrok, NULL};

const struct meter *meter_find(const char *spec, const char **where)
{
    const size_t n = strcspn(spec, ":");
    *where = spec[n] ? spec + n + 1 : "";
    for (int i = 0; meters[i]; i++)
        if (strlen(meters[i]->name) == n && !strncmp(spec, meters[i]->name, n)) return meters[i];
    return NULL;
}

const char *meter_names(struct arena *a)
{
    const char *list = "";
    for (int i = 0; meters[i]; i++) list = arena_printf(a, "%s%s%s", list, i ? ", " : "", meters[i]->form);
    return list;
}

double meter_seconds(const struct board_report *r)
{
    // 20 pulses, a pause behind each, and five seconds of rest (src/emit/projects/*/benchmark_main.c). Two pulses may be cut.
    const double pulse = r ? r->latency_us * 1e-6 * r->pulse_inferences + 0.02 : 0.1;
    return 5.5 + 22 * pulse;
}

static bool inferences_find(const struct board_report *r, const struct metered_opt *o, int *n, struct err *e)
{
    *n = r ? r->pulse_inferences : o->inferences;
    if (r && *n < 1)
        return fail(e,
                    "the board raises no pin while inferences run; set it in 'idf.py menuconfig' or emit the "
                    "benchmark app anew");
    if (r && o->inferences && o->inferences != *n)
        return fail(e, "the board says that a pulse holds %d inferences, --pulse says %d; leave --pulse out",
                    *n, o->inferences);
    if (*n >= 1) return true;
    return fail(
        e, "how many inferences does a pulse hold? Give what the benchmark app prints by --board (a port, or "
           "a file), or 'pulse_inferences' of its report by --pulse N");
}

static bool pulses_check(const struct trace *t, const struct metered *m, const struct board_report *r,
                         struct err *e)
{
    const struct pulses *p = &m->pulses;
    const int all = p->n + p->gaps + p->odd;
    if (p->n < METER_PULSES)
        return fail(
            e,
            "%d whole pulses (%d cut, %d with samples missing, %d unlike the others) and %d are needed; "
            "record longer (--seconds)",
            p->n, p->cut, p->gaps, p->odd, METER_PULSES);
    if (4 * p->odd > all)
        return fail(
            e,
            "%d of %d pulses last much shorter or longer than the others; is digital line %d the pin of "
            "the benchmark app?",
            p->odd, all, m->line);
    if (!r) return true;
    // A pulse also holds the reading of clocks and the comparison of scores.
    const double want = r->latency_us, slack = 0.1 * want + 10 + 2e6 * t->period_s / m->inferences;
    if (fabs(m->latency_us - want) <= slack) return true;
    return fail(e,
                "a pulse lasts %.4g ms, but %d inferences of %.4g us, as the board says, last %.4g; was the "
                "report printed by this board, and was it not reset since?",
                m->latency_us * m->inferences / 1e3, m->inferences, want, want * m->inferences / 1e3);
}

bool meter_energy(const struct trace *t, const struct board_report *r, const struct metered_opt *o,
                  struct arena *a, struct metered *out, struct err *e)
{
    *out = (struct metered){.idle_subtracted = o->subtract_idle};
    if (!inferences_find(r, o, &out->inferences, e) || !trace_line(t, o->line, &out->line, e)) return false;
    if (t->lost > (t->lost + t->n) / 100)
        return fail(
            e,
            "%lld of %lld samples were lost; end what else uses the computer or its USB, or take a port "
            "without a hub",
            (long long)t->lost, (long long)(t->lost + t->n));
    if (!pulses_find(t, out->line, o->volts, a, &out->pulses, e)) return false;
    const struct pulses *p = &out->pulses;
    double joules = 0, squares = 0, seconds = 0, volts = 0, amps = 0;
    int64_t n = 0;
    const double idle_w = o->subtract_idle ? p->idle_w : 0;
    if (isnan(idle_w)) return fail(e, "--subtract-idle: the trace has no place between two pulses");
    for (int i = 0; i < p->n; i++) {
        const struct pulse *q = &p->p[i];
        joules += q->joules - idle_w * q->seconds, seconds += q->seconds;
        for (int k = q->first; k < q->first + q->n; k++, n++) {
            const struct trace_sample *s = &t->sample[k];
            volts += isnan(s->volts) ? o->volts : (double)s->volts, amps += (double)s->amps;
        }
    }
    out->latency_us = seconds / p->n / out->inferences * 1e6;
    if (!pulses_check(t, out, r, e)) return false;
    const double mean = joules / p->n;
    for (int i = 0; i < p->n; i++) {
        const double d = p->p[i].joules - idle_w * p->p[i].seconds - mean;
        squares += d * d;
    }
    const double scale = 1e6 / out->inferences, sd = sqrt(squares / (p->n - 1));
    out->deviation_uj = sd * scale;
    out->energy_uj = (struct interval){mean * scale, (mean - 2 * sd) * scale, (mean + 2 * sd) * scale};
    out->volts = volts / (double)n, out->amps = amps / (double)n;
    out->idle_mw = p->idle_w * 1e3;
    return mean > 0 ||
           fail(e,
                "the current in the pulses is %.4g mA; is the instrument the right way round in the "
                "board's supply?",
                out->amps * 1e3);
}
