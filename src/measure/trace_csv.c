// Tables that instruments export.
#include "../data/text.h"
#include "trace.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum kind { OTHER, TIME, CURRENT, VOLTAGE, LINE };
enum { MOST_COLUMNS = 64, NAME = 64, MOST_SAMPLES = 1 << 28 };
struct column {
    enum kind kind;
    double scale; // to s, A, V
    int line;
};
struct table {
    struct column column[MOST_COLUMNS];
    int n;
    char mark; // between the fields
};

static bool is(const char *s, const char *part)
{
    return !strncmp(s, part, strlen(part));
}

// "ms" at the end of a name: "Timestamp(ms)", "Current [uA]", "current_ma", "mA DC". Without one, or with one that is
// another quantity's: 1.
static double unit_scale(const char *name, const char *base)
{
    static const struct {
        const char *prefix;
        double scale;
    } prefixes[] = {{"m", 1e-3}, {"u", 1e-6}, {"\xc2\xb5", 1e-6}, {"\xce\xbc", 1e-6}, {"n", 1e-9}, {"", 1}};
    const char *unit = name;
    for (const char *p = name; *p; p++)
        if (strchr("([_ ", *p) && p[1] && strcmp(p, " dc") && strcmp(p, " ac")) unit = p + 1;
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        const size_t n = strlen(prefixes[i].prefix), k = strlen(base);
        if (strncmp(unit, prefixes[i].prefix, n) || strncmp(unit + n, base, k)) continue;
        const char *rest = unit + n + k;
        if (!*rest || strchr(")] ", *rest)) return prefixes[i].scale;
    }
    return unit == name ? 0 : 1; // 0: the name is no unit
}

// The number of a line: behind "d", "gpi", "digital" ...; -1: none.
static int line_of(const char *s)
{
    static const char *const before[] = {"digital", "gpio", "gpi", "line", "in", "di", "d"};
    const char *dot = strrchr(s, '.');
    if (dot) s = dot + 1;
    for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
        if (!is(s, before[i])) continue;
        s += strlen(before[i]);
        s += strspn(s, " [_");
        return *s >= '0' && *s < '0' + TRACE_LINES && !s[1 + strspn(s + 1, "])")] ? *s - '0' : -1;
    }
    return -1;
}

static struct column column_of(const char *name, int *logic)
{
    static const struct {
        const char *name;
        double scale;
    } times[] = {{"seconds", 1}, {"milliseconds", 1e-3}, {"microseconds", 1e-6}, {"nanoseconds", 1e-9}};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) // sigrok-cli's
        if (!strcmp(name, times[i].name)) return (struct column){TIME, times[i].scale, 0};
    double scale;
    if (is(name, "time"))
        return scale = unit_scale(name, "s"), (struct column){TIME, scale > 0 ? scale : 1, 0};
    if (strstr(name, "current") || !strcmp(name, "i"))
        return scale = unit_scale(name, "a"), (struct column){CURRENT, scale > 0 ? scale : 1, 0};
    if (strstr(name, "volt"))
        return scale = unit_scale(name, "v"), (struct column){VOLTAGE, scale > 0 ? scale : 1, 0};
    if (!strcmp(name, "logic")) return (struct column){*logic < TRACE_LINES ? LINE : OTHER, 1, (*logic)++};
    const int line = line_of(name);
    if (line >= 0) return (struct column){LINE, 1, line};
    if (strlen(name) <= 6 && (scale = unit_scale(name, "a")) > 0) return (struct column){CURRENT, scale, 0};
    if (strlen(name) <= 6 && (scale = unit_scale(name, "v")) > 0) return (struct column){VOLTAGE, scale, 0};
    return (struct column){OTHER, 1, 0};
}

// The next field of a line, in lower case without blanks and quotes around it; returns what is behind its mark, NULL at
// the end.
static const char *field_next(const char *p, const char *end, char mark, char name[NAME])
{
    const char *stop = memchr(p, mark, (size_t)(end - p)), *last = stop ? stop : end;
    size_t n = 0;
    while (p < last && strchr(" \t\"'#", *p)) p++;
    for (; p < last && n + 1 < NAME; p++) name[n++] = (char)(*p >= 'A' && *p <= 'Z' ? *p + 32 : *p);
    while (n && strchr(" \t\"'\r", name[n - 1])) n--;
    name[n] = 0;
    return stop ? stop + 1 : NULL;
}

// False: the line is no header.
static bool header_read(const char *p, const char *end, struct table *t)
{
    char name[NAME];
    int logic = 0;
    *t = (struct table){.mark = memchr(p, '\t', (size_t)(end - p))  ? '\t'
                                : memchr(p, ';', (size_t)(end - p)) ? ';'
                                                                    : ','};
    bool time = false, current = false;
    while (p && t->n < MOST_COLUMNS) {
        p = field_next(p, end, t->mark, name);
        const struct column c = t->column[t->n++] = column_of(name, &logic);
        time |= c.kind == TIME, current |= c.kind == CURRENT;
    }
    return time && current;
}

static bool header_check(const struct table *t, const char *name, unsigned *has, struct err *e)
{
    int count[LINE + 1] = {0};
    *has = 0;
    for (int i = 0; i < t->n; i++) {
        const struct column *c = &t->column[i];
        count[c->kind]++;
        if (c->kind == LINE && *has >> c->line & 1)
            return fail(e, "%s: two columns of digital line %d; export it once", name, c->line);
        if (c->kind == LINE) *has |= 1u << c->line;
    }
    static const char *const what[] = {"", "time", "current", "voltage"};
    for (int k = TIME; k <= VOLTAGE; k++)
        if (count[k] > 1) return fail(e, "%s: %d columns of %s; export one of them", name, count[k], what[k]);
    return true;
}

enum row { ROW, SHORT, WRONG };
static enum row row_read(const struct table *t, const char *p, const char *end, struct trace_sample *s)
{
    *s = (struct trace_sample){.amps = NAN, .volts = NAN};
    for (int i = 0; i < t->n; i++) {
        if (!p) return SHORT;
        const char *stop = memchr(p, t->mark, (size_t)(end - p)), *last = stop ? stop : end;
        const struct column *c = &t->column[i];
        double v = NAN;
        while (p < last && strchr(" \"", *p)) p++;
        while (last > p && strchr(" \"\r", last[-1])) last--;
        const bool none = p == last || (last - p >= 3 && (*p | 32) == 'n' && (p[1] | 32) == 'a') ||
                          (last - p == 4 && *p == '-' && (p[1] | 32) == 'n');
        if (c->kind != OTHER && !none && number_read_double(p, last, &v) != last) return WRONG;
        v *= c->scale;
        if (c->kind == TIME) s->s = v;
        if (c->kind == CURRENT) s->amps = (float)v;
        if (c->kind == VOLTAGE) s->volts = (float)v;
        if (c->kind == LINE && v > 0.5) s->lines |= (uint8_t)(1u << c->line);
        p = stop ? stop + 1 : NULL;
    }
    return isnan(s->s) ? WRONG : ROW;
}

static bool sample_add(struct trace *t, const struct trace_sample *s, int *cap, struct arena *a,
                       struct err *e)
{
    if (t->n && !(s->s > t->sample[t->n - 1].s)) return fail(e, "the time does not rise");
    if (t->n == MOST_SAMPLES) return fail(e, "more than %d samples; cut it", MOST_SAMPLES);
    t->sample = arena_grow(a, t->sample, t->n, cap, sizeof *t->sample);
    t->sample[t->n++] = *s;
    return true;
}

#define HEADER "a header line with a column of time and one of current, 'Timestamp(ms),Current(uA),D0'"

bool trace_csv_read(struct span text, const char *name, struct arena *a, struct trace *t, struct err *e)
{
    struct table table = {.n = 0};
    const char *p = (const char *)text.p, *end = p + text.n;
    bool headed = false;
    int cap = 0;
    *t = (struct trace){.instrument = name};
    for (int line = 1; p < end; line++) {
        const char *stop = memchr(p, '\n', (size_t)(end - p)), *last = stop ? stop : end, *from = p;
        struct trace_sample s;
        p = last + 1;
        while (from < last && strchr(" \t\r", *from)) from++;
        if (from == last || *from == ';') continue; // sigrok-cli's comments
        if (!headed) {                              // what stands before it is about the instrument
            headed = header_read(from, last, &table);
            if (headed && !header_check(&table, name, &t->has, e)) return false;
            if (!headed && (strchr("+-.0123456789", *from) || line > 100)) break;
            continue;
        }
        if (*from == '#') continue;
        const enum row got = row_read(&table, from, last, &s);
        if (got == SHORT && !stop) break; // cut in the last line
        if (got != ROW)
            return fail(e, "%s: line %d: %s", name, line,
                        got == SHORT ? "fewer fields than the header names"
                                     : "no number (with a decimal point) where one is expected");
        if (!sample_add(t, &s, &cap, a, e)) return fail_in(e, "%s: line %d", name, line);
    }
    if (!headed) return fail(e, "%s: not a trace: it needs " HEADER, name);
    return trace_times(t, e) || fail_in(e, "%s", name);
}
