// The pulses of a digital line, and the energy of each: a sample counts until the next one.
#include "trace.h"
#include <math.h>
#include <stdlib.h>

#define GLITCH_S 50e-6 // shorter is no edge of an app: contact, crosstalk, a pin at reset
#define PAUSE_S 0.2    // between two pulses of one turn of the benchmark app

struct run { // samples of one level
    int first;
    bool high;
};

// The line as runs of one level, glitches taken out.
static struct run *runs_of(const struct trace *t, int line, struct arena *a, int *n, int *glitches)
{
    struct run *r = NULL;
    int count = 0, cap = 0;
    for (int i = 0; i < t->n; i++) {
        const bool high = t->sample[i].lines >> line & 1;
        if (count && r[count - 1].high == high) continue;
        if (count > 1 && t->sample[i].s - t->sample[r[count - 1].first].s < GLITCH_S) {
            count--, ++*glitches; // and what is before goes on
            continue;
        }
        r = arena_grow(a, r, count, &cap, sizeof *r);
        r[count++] = (struct run){i, high};
    }
    *n = count;
    return r;
}

// Joules and seconds of the samples; false: a number or a sample is missing.
static bool sum(const struct trace *t, int first, int end, double volts, double *joules, double *seconds)
{
    double j = 0;
    for (int i = first; i < end; i++) {
        const struct trace_sample *s = &t->sample[i];
        const double dt = s[1].s - s[0].s, v = isnan(s->volts) ? volts : (double)s->volts;
        if (isnan(s->amps) || isnan(v) || dt >= 1.5 * t->period_s) return false;
        j += (double)s->amps * v * dt;
    }
    *joules = j, *seconds = t->sample[end].s - t->sample[first].s;
    return isfinite(j);
}

static int by_seconds(const void *a, const void *b)
{
    const struct pulse *x = a, *y = b;
    return (x->seconds > y->seconds) - (x->seconds < y->seconds);
}

// Leaves those out that last another time than the median does: a pin moves at reset, too.
static void keep_alike(struct pulses *out, double period, struct arena *a)
{
    if (!out->n) return;
    struct pulse *sorted = arena_copy(a, out->p, (size_t)out->n * sizeof *out->p);
    qsort(sorted, (size_t)out->n, sizeof *sorted, by_seconds);
    const double median = sorted[out->n / 2].seconds, most = 0.1 * median + 2 * period;
    int kept = 0;
    for (int i = 0; i < out->n; i++)
        if (fabs(out->p[i].seconds - median) <= most) out->p[kept++] = out->p[i];
    out->odd = out->n - kept;
    out->n = kept;
}

bool pulses_find(const struct trace *t, int line, double volts, struct arena *a, struct pulses *out,
                 struct err *e)
{
    *out = (struct pulses){.idle_w = NAN};
    if (isnan(volts) && isnan(t->sample[0].volts))
        return fail(e, "the trace has no voltage; say it by --volts V");
    int n, cap = 0;
    const struct run *r = runs_of(t, line, a, &n, &out->glitches);
    double idle_j = 0, idle_s = 0;
    for (int i = 0; i < n; i++) {
        double joules = 0, seconds = 0;
        const int end = i + 1 < n ? r[i + 1].first : t->n - 1;
        const bool cut = i == 0 || i + 1 == n, whole = sum(t, r[i].first, end, volts, &joules, &seconds);
        if (!r[i].high) {
            if (!cut && whole && seconds < PAUSE_S) idle_j += joules, idle_s += seconds;
            continue;
        }
        out->cut += cut;
        out->gaps += !cut && !whole;
        if (cut || !whole) continue;
        out->p = arena_grow(a, out->p, out->n, &cap, sizeof *out->p);
        out->p[out->n++] = (struct pulse){r[i].first, end - r[i].first, seconds, joules};
    }
    if (idle_s > 0) out->idle_w = idle_j / idle_s;
    keep_alike(out, t->period_s, a);
    return true;
}
