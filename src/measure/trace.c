#include "trace.h"
#include "../base/buf.h"
#include "../base/file.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

bool trace_times(struct trace *t, struct err *e)
{
    enum { LOOK = 4096 }; // intervals, evenly spread: enough for a median
    double d[LOOK];
    const int gaps = t->n - 1, n = gaps < LOOK ? gaps : LOOK;
    if (n < 1) return fail(e, "%d samples; record longer", t->n);
    for (int i = 0; i < n; i++) {
        const struct trace_sample *s = t->sample + (int64_t)i * gaps / n;
        d[i] = s[1].s - s[0].s;
    }
    qsort(d, (size_t)n, sizeof *d, by_value);
    t->period_s = d[n / 2];
    t->lost = 0;
    for (int i = 0; i < gaps; i++) {
        const double steps = (t->sample[i + 1].s - t->sample[i].s) / t->period_s;
        if (steps >= 1.5) t->lost += steps < 1e9 ? llrint(steps) - 1 : (int64_t)1e9;
    }
    return true;
}

bool trace_csv_write(const struct trace *t, const char *about, const char *path, struct err *e)
{
    struct buf b = {0};
    buf_printf(&b, "# %s\nTimestamp(ms),Current(uA)", about);
    const bool volts = t->n && !isnan(t->sample[0].volts);
    const int digits = t->period_s < 1e-6 ? 7 : 4; // of milliseconds: sigrok's sessions have up to 1 GHz
    if (volts) buf_puts(&b, ",Voltage(V)");
    for (int l = 0; l < TRACE_LINES; l++)
        if (t->has >> l & 1) buf_printf(&b, ",D%d", l);
    buf_puts(&b, "\n");
    for (int i = 0; i < t->n; i++) {
        const struct trace_sample *s = &t->sample[i];
        if (isnan(s->amps)) continue; // a gap in time says the same
        buf_printf(&b, "%.*f,%.3f", digits, s->s * 1e3, (double)s->amps * 1e6);
        if (volts) buf_printf(&b, ",%.4f", (double)s->volts);
        for (int l = 0; l < TRACE_LINES; l++)
            if (t->has >> l & 1) buf_puts(&b, s->lines >> l & 1 ? ",1" : ",0");
        buf_puts(&b, "\n");
    }
    const bool good = file_write(path, buf_span(&b), e);
    buf_free(&b);
    return good;
}

bool trace_line(const struct trace *t, int line, int *out, struct err *e)
{
    unsigned change = 0;
    char list[3 * TRACE_LINES + 1] = "";
    if (line >= 0 && !(t->has >> line & 1)) return fail(e, "digital line %d was not recorded", line);
    if (!t->has)
        return fail(e,
                    "no digital line was recorded, so nothing says when inferences ran; connect the pin of "
                    "the benchmark app and record it along");
    for (int i = 1; i < t->n; i++) change |= t->sample[i].lines ^ t->sample[0].lines;
    change &= t->has;
    for (int l = 0, n = 0; l < TRACE_LINES; l++)
        if (change >> l & 1) n += snprintf(list + n, sizeof list - (size_t)n, " %d", l), *out = l;
    if (line >= 0) *out = line;
    if (line >= 0 ? !(change >> line & 1) : !change)
        return fail(e,
                    "no edge on %s: is the pin that the benchmark app raises (menuconfig; 4) wired to the "
                    "instrument's digital input, with common ground, and does the app run?",
                    line >= 0 ? "that digital line" : "any digital line");
    if (line < 0 && (change & (change - 1)))
        return fail(e,
                    "several digital lines change:%s; say by --line N which has the pin of the benchmark app",
                    list);
    return true;
}
