// Reads one CSV file. The layout is described for users in docs/data.md.
#define _GNU_SOURCE
#include "csv.h"
#include "text.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { COLUMNS_MAX = 256 };
enum role { CHANNEL, TIME, LABEL, PERSON, IGNORED };

struct field {
    const char *p, *end;
};
struct parser {
    const char *p, *end, *name;
    int line, ncol, labels, persons, time_column;
    char delimiter;
    enum role role[COLUMNS_MAX];
    int channel_at[COLUMNS_MAX];
    double time_unit; // seconds; 0: not named
    double *time;     // NULL: no such column
    const char **label, **person;
};

static struct field trimmed(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\r')) p++;
    while (end > p && (end[-1] == ' ' || end[-1] == '\r')) end--;
    if (end - p >= 2 && *p == '"' && end[-1] == '"') p++, end--;
    return (struct field){p, end};
}

// The next line without its end; false at the end of the text.
static bool line_next(struct parser *s, struct field *line)
{
    if (s->p >= s->end) return false;
    const char *stop = memchr(s->p, '\n', (size_t)(s->end - s->p));
    *line = (struct field){s->p, stop ? stop : s->end};
    s->p = stop ? stop + 1 : s->end;
    s->line++;
    return true;
}

static bool is_blank(struct field f)
{
    f = trimmed(f.p, f.end);
    return f.p == f.end;
}

// The field that begins at *p, which moves behind its delimiter; *last when the line ends with it.
static struct field field_next(const struct parser *s, const char **p, const char *end, bool *last)
{
    const char *stop = memchr(*p, s->delimiter, (size_t)(end - *p));
    struct field f = trimmed(*p, stop ? stop : end);
    *last = !stop;
    *p = stop ? stop + 1 : end;
    return f;
}

static bool is_one_of(const char *name, const char *list)
{
    size_t n = strlen(name);
    for (const char *p = list; *p; p += strcspn(p, " "), p += *p == ' ')
        if (strcspn(p, " ") == n && !strncasecmp(p, name, n)) return true;
    return false;
}

static double unit_seconds(const char *unit)
{
    if (!strcasecmp(unit, "s") || !strcasecmp(unit, "sec")) return 1;
    return !strcasecmp(unit, "ms")   ? 1e-3
           : !strcasecmp(unit, "us") ? 1e-6
           : !strcasecmp(unit, "ns") ? 1e-9
                                     : 0;
}

// "acc_x [g]" or "acc_x (g)": name and unit.
static void heading(struct field f, struct arena *a, char **name, char **unit)
{
    const char *open = f.p;
    while (open < f.end && *open != '[' && *open != '(') open++;
    struct field n = trimmed(f.p, open), u = {f.end, f.end};
    if (open < f.end) u = trimmed(open + 1, f.end - (f.end[-1] == ']' || f.end[-1] == ')'));
    if (u.end < u.p) u.end = u.p;
    *name = arena_strndup(a, n.p, (size_t)(n.end - n.p));
    *unit = arena_strndup(a, u.p, (size_t)(u.end - u.p));
}

static void column_add(struct parser *s, struct csv_file *f, char *name, char *unit)
{
    enum role role = CHANNEL;
    const char *tail = strrchr(name, '_');
    if (is_one_of(name,
                  "time t timestamp time_s time_ms time_us time_ns timestamp_s timestamp_ms timestamp_us "
                  "timestamp_ns"))
        role = TIME;
    else if (is_one_of(name, "label activity class"))
        role = LABEL;
    else if (is_one_of(name, "person subject user participant"))
        role = PERSON;
    else if (!*name || is_one_of(name, "index sample row"))
        role = IGNORED;
    if (role == TIME) s->time_unit = *unit ? unit_seconds(unit) : tail ? unit_seconds(tail + 1) : 0;
    if (role == TIME) s->time_column = s->ncol;
    s->labels += role == LABEL;
    s->persons += role == PERSON;
    if (role == CHANNEL) {
        s->channel_at[s->ncol] = f->nchannel;
        f->channel[f->nchannel] = name;
        f->unit[f->nchannel++] = unit;
    }
    s->role[s->ncol++] = role;
}

#define EXAMPLE "time_s,acc_x [g],acc_y [g],acc_z [g],label"

static bool header_read(struct parser *s, struct csv_file *f, struct arena *a, struct err *e)
{
    struct field line;
    do {
        if (!line_next(s, &line)) return fail(e, "%s: empty; want a header line such as " EXAMPLE, s->name);
        struct field c = trimmed(line.p, line.end);
        if (c.p < c.end && *c.p == '#') {
            const char *key = memmem(c.p, (size_t)(c.end - c.p), "rate_hz", 7), *v = key ? key + 7 : c.end;
            while (v < c.end && (*v == ' ' || *v == ':' || *v == '=')) v++;
            if (key && !number_read_double(v, c.end, &f->rate_hz))
                return fail(e, "%s: line %d: want \"# rate_hz: 50\"", s->name, s->line);
            line.p = line.end;
        }
    } while (is_blank(line));
    s->delimiter = memchr(line.p, ';', (size_t)(line.end - line.p))    ? ';'
                   : memchr(line.p, '\t', (size_t)(line.end - line.p)) ? '\t'
                                                                       : ',';
    f->channel = arena_new_n(a, COLUMNS_MAX, const char *);
    f->unit = arena_new_n(a, COLUMNS_MAX, const char *);
    const char *p = line.p;
    for (bool last = false; !last;) {
        char *name, *unit;
        float number;
        struct field h = field_next(s, &p, line.end, &last);
        if (s->ncol == COLUMNS_MAX)
            return fail(e, "%s: more than %d columns; is it a CSV file?", s->name, COLUMNS_MAX);
        if (number_read(h.p, h.end, &number) == h.end && h.p < h.end)
            return fail(e,
                        "%s: line %d: a number where the names of the columns should be; put a header line "
                        "first, such as " EXAMPLE,
                        s->name, s->line);
        heading(h, a, &name, &unit);
        column_add(s, f, name, unit);
    }
    if (!f->nchannel)
        return fail(e, "%s: the header names no sensor channel; want a line such as " EXAMPLE, s->name);
    for (int i = 0; i < f->nchannel; i++)
        for (int k = 0; k < i; k++)
            if (!strcmp(f->channel[i], f->channel[k]))
                return fail(e, "%s: two columns are called %s; rename one", s->name, f->channel[i]);
    if (s->labels > 1 || s->persons > 1)
        return fail(e, "%s: more than one column for the %s; keep one", s->name,
                    s->labels > 1 ? "label" : "person");
    return true;
}

static const char *word_of(struct field f, const char *before, struct arena *a)
{
    size_t n = (size_t)(f.end - f.p);
    if (!n) return NULL;
    if (before && strlen(before) == n && !memcmp(before, f.p, n)) return before; // labels come in long runs
    return arena_strndup(a, f.p, n);
}

static bool value_bad(const struct parser *s, struct field f, const char *column, struct err *e)
{
    int n = f.end - f.p > 20 ? 20 : (int)(f.end - f.p);
    if (!n)
        return fail(e, "%s: line %d: %s is empty; leave out samples that are not complete", s->name, s->line,
                    column);
    if (memchr(f.p, ',', (size_t)n))
        return fail(e, "%s: line %d: %s is \"%.*s\"; write numbers with a decimal point", s->name, s->line,
                    column, n, f.p);
    return fail(e, "%s: line %d: %s is \"%.*s\", not a number; mend the line or leave it out", s->name,
                s->line, column, n, f.p);
}

static bool row_read(struct parser *s, struct csv_file *f, struct field line, struct arena *a, struct err *e)
{
    const char *p = line.p;
    bool last = false;
    float *x = f->x + (size_t)f->n * (size_t)f->nchannel;
    int i = 0;
    for (; !last; i++) {
        struct field v = field_next(s, &p, line.end, &last);
        if (i == s->ncol) { // one more than the header has
            i++;
            break;
        }
        if (s->role[i] == CHANNEL && number_read(v.p, v.end, &x[s->channel_at[i]]) != v.end)
            return value_bad(s, v, f->channel[s->channel_at[i]], e);
        if (s->role[i] == CHANNEL && v.p == v.end) return value_bad(s, v, f->channel[s->channel_at[i]], e);
        if (s->role[i] == TIME && (v.p == v.end || number_read_double(v.p, v.end, &s->time[f->n]) != v.end))
            return value_bad(s, v, "the time", e);
        if (s->role[i] == LABEL) s->label[f->n] = word_of(v, f->n ? s->label[f->n - 1] : NULL, a);
        if (s->role[i] == PERSON) s->person[f->n] = word_of(v, f->n ? s->person[f->n - 1] : NULL, a);
    }
    if (i != s->ncol)
        return fail(e, "%s: line %d: %s fields than the %d of the header; is the file truncated?", s->name,
                    s->line, i < s->ncol ? "fewer" : "more", s->ncol);
    f->n++;
    return true;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// The rate from the time column: the median step, so that a gap does not count. *step in the column's unit.
static bool rate_find(struct parser *s, struct csv_file *f, double *step, struct arena *a, struct err *e)
{
    double *d = arena_new_n(a, (size_t)f->n, double);
    for (int i = 1; i < f->n; i++)
        if (!((d[i - 1] = s->time[i] - s->time[i - 1]) > 0))
            return fail(e, "%s: sample %d: the time does not go on from %.9g to %.9g; sort the samples",
                        s->name, i + 1, s->time[i - 1], s->time[i]);
    if (f->n < 2) return true;
    qsort(d, (size_t)f->n - 1, sizeof *d, by_size);
    *step = d[(f->n - 1) / 2];
    f->rate_hz = 1 / (*step * (s->time_unit > 0 ? s->time_unit : 1));
    if (f->rate_hz < 1 || f->rate_hz > 20000)
        return fail(
            e, "%s: the time column gives %.4g samples a second; name its unit, as time_s, time_ms, time_us",
            s->name, f->rate_hz);
    return true;
}

static bool same(const char *a, const char *b)
{
    return a == b || (a && b && !strcmp(a, b));
}

static void runs_make(const struct parser *s, struct csv_file *f, double step, struct arena *a)
{
    int cap = 0;
    for (int i = 0; i < f->n; i++) {
        bool gap = s->time && i && s->time[i] - s->time[i - 1] > 2.5 * step; // one lost sample is borne
        if (i && !gap && same(s->label[i], s->label[i - 1]) && same(s->person[i], s->person[i - 1])) {
            f->run[f->nrun - 1].n++;
            continue;
        }
        if (f->nrun == cap) {
            cap = cap ? 2 * cap : 16;
            struct csv_run *more = arena_new_n(a, (size_t)cap, struct csv_run);
            if (f->nrun) memcpy(more, f->run, (size_t)f->nrun * sizeof *more);
            f->run = more;
        }
        f->run[f->nrun++] = (struct csv_run){i, 1, s->label[i], s->person[i]};
    }
}

bool csv_parse(struct span text, const char *name, struct arena *a, struct csv_file *f, struct err *e)
{
    struct parser *s = arena_new(a, struct parser);
    struct field line;
    double step = 0;
    *f = (struct csv_file){0};
    if (text.n >= 3 && !memcmp(text.p, "\xef\xbb\xbf", 3)) text.p += 3, text.n -= 3; // UTF-8 mark of Windows
    *s = (struct parser){
        .p = (const char *)text.p, .end = (const char *)text.p + text.n, .name = name, .time_column = -1};
    if (text.n && memchr(text.p, 0, text.n))
        return fail(e, "%s: holds zero bytes; save it as plain text (UTF-8)", name);
    if (!header_read(s, f, a, e)) return false;
    // A number and its delimiter take two bytes: memory is bounded by the file's size.
    size_t most = (size_t)(s->end - s->p) / (2 * (size_t)f->nchannel) + 2;
    f->x = arena_array(a, most, (size_t)f->nchannel * sizeof *f->x);
    s->label = arena_new_n(a, most, const char *);
    s->person = arena_new_n(a, most, const char *);
    if (s->time_column >= 0) s->time = arena_new_n(a, most, double);
    while (line_next(s, &line)) {
        if (is_blank(line) || *line.p == '#') continue;
        if (!row_read(s, f, line, a, e)) return false;
    }
    if (!f->n) return fail(e, "%s: a header but no samples", name);
    if (s->time && !rate_find(s, f, &step, a, e)) return false;
    f->has_label = s->labels;
    f->has_person = s->persons;
    runs_make(s, f, step, a);
    return true;
}
