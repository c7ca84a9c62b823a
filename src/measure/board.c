#include "board.h"
#include "../base/file.h"
#include "../base/log.h"
#include "../emit/emit.h"
#include "serial.h"
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define REPORT "wearlite-report "
enum { BAUD = 115200 }; // ESP-IDF's and the Arduino example's

// A number of the report: NAN when absent (or not a number, or not within 0 to most).
static double number(const json_t *o, const char *key, double most)
{
    const json_t *v = json_object_get(o, key);
    const double x = json_is_number(v) ? json_number_value(v) : NAN;
    return x >= 0 && x <= most ? x : NAN;
}

static bool word(const json_t *o, const char *key, char *to, size_t size)
{
    const char *s = json_string_value(json_object_get(o, key));
    snprintf(to, size, "%s", s ? s : "");
    return s && *s && strlen(s) < size;
}

static bool fields_read(const json_t *o, struct board_report *r, struct err *e)
{
    static const double us = 1e9, cycles = 1e13, bytes = 1e9;
    if (!word(o, "model", r->model, sizeof r->model) || !word(o, "target", r->target, sizeof r->target))
        return fail(e, "the report names no model or no target");
    word(o, "chip", r->chip, sizeof r->chip);
    word(o, "id", r->id, sizeof r->id);
    const double windows = number(o, "windows", 1e6), equal = number(o, "equal", 1e6),
                 repeat = number(o, "repeat", 1e6), pin = number(o, "pin", 1e3),
                 pulse = number(o, "pulse_inferences", 1e6), mhz = number(o, "cpu_mhz", 1e5);
    r->latency_us = number(o, "latency_us", us);
    r->cycles = number(o, "cycles", cycles);
    r->cycles_least = number(o, "cycles_least", cycles);
    r->latency_us_least = number(o, "latency_us_least", us);
    r->cpu_hz = isnan(mhz) ? 0 : mhz * 1e6;
    if (isnan(r->latency_us_least) && r->cycles_least > 0 && r->cpu_hz > 0)
        r->latency_us_least = r->cycles_least / r->cpu_hz * 1e6;
    const double ram = number(o, "ram_bytes", bytes), consts = number(o, "const_bytes", bytes);
    if (isnan(windows) || isnan(equal) || isnan(repeat) || isnan(r->latency_us) || equal > windows)
        return fail(e, "the report lacks windows, equal, repeat or latency_us, or they make no sense");
    r->windows = (int)windows, r->equal = (int)equal, r->repeat = (int)repeat;
    r->ram_bytes = isnan(ram) ? 0 : (int64_t)ram;
    r->const_bytes = isnan(consts) ? 0 : (int64_t)consts;
    r->pin = isnan(pin) ? -1 : (int)pin;
    r->pulse_inferences = isnan(pulse) ? 0 : (int)pulse;
    return true;
}

bool board_parse(const char *line, struct board_report *r, struct err *e)
{
    *r = (struct board_report){0};
    const char *at = strstr(line, REPORT);
    if (!at) return fail(e, "no report");
    json_error_t why;
    json_t *o = json_loads(at + strlen(REPORT), JSON_REJECT_DUPLICATES | JSON_DISABLE_EOF_CHECK, &why);
    if (!json_is_object(o)) {
        json_decref(o);
        return fail(e, "a report that is cut or damaged");
    }
    const bool good = fields_read(o, r, e);
    json_decref(o);
    return good;
}

// What a board printed, kept in a file: its last report.
static bool log_read(const char *path, struct board_report *r, struct arena *a, struct err *e)
{
    struct span s;
    if (!file_read(path, a, &s, e)) return false;
    bool good = false;
    fail(e, "%s: no report in it; keep what the benchmark app prints", path);
    for (const char *p = (const char *)s.p, *end = p + s.n; p < end;) {
        const char *stop = memchr(p, '\n', (size_t)(end - p));
        const size_t n = (size_t)((stop ? stop : end) - p);
        struct board_report one;
        struct err why;
        char line[SERIAL_LINE] = "";
        memcpy(line, p, n < sizeof line ? n : sizeof line - 1);
        if (board_parse(line, &one, &why))
            good = true, *r = one;
        else if (strstr(line, REPORT) && !good)
            fail(e, "%s: %s", path, why.text);
        p += n + 1;
    }
    return good;
}

bool board_read(const char *port, int seconds, struct board_report *r, struct arena *a, struct err *e)
{
    struct serial s;
    struct stat st;
    char line[SERIAL_LINE];
    if (!stat(port, &st) && S_ISREG(st.st_mode)) return log_read(port, r, a, e);
    if (!serial_open(&s, port, BAUD, SERIAL_READ, a, e)) return false;
    const double until = seconds_now() + seconds;
    int lines = 0, damaged = 0;
    bool good = false;
    log_info("%s: waiting for the benchmark's report", port);
    while (!good && serial_line(&s, until - seconds_now(), line, e)) {
        struct err why;
        lines++;
        good = board_parse(line, r, &why);
        if (!good && strstr(line, REPORT)) damaged++, log_debug("%s: %s: %s", port, why.text, line);
    }
    serial_close(&s);
    if (good || interrupted() || seconds_now() < until) return good; // the port's own message stands
    return fail(e,
                "%s: no report within %d s (%d lines, %d damaged reports); flash the example 'benchmark' "
                "('wearlite emit MODEL --target T --project esp-idf') and reset the board",
                port, seconds, lines, damaged);
}

bool board_check(const struct board_report *r, const struct plan *p, const struct target *t, struct err *e)
{
    char id[17];
    plan_id(p, id);
    if (strcmp(r->target, t->name))
        return fail(e, "the board's firmware was emitted for %s, not %s; give --target %s", r->target,
                    t->name, r->target);
    if (strcmp(r->id, id))
        return fail(e,
                    "the board runs another model ('%s', %s) than this one (%s); emit this one and flash it",
                    r->model, *r->id ? r->id : "without an id", id);
    if (r->windows < 1 || r->equal < r->windows)
        return fail(
            e,
            "the board computes something else than the host: %d of %d windows equal; was the component "
            "built with other flags than its own (-ffp-contract=off)?",
            r->equal, r->windows);
    return true;
}

struct interval board_energy_uj(const struct board_report *r, const struct target *t)
{
    const struct fact *mw = target_active_mw(t, r->cpu_hz);
    if (!mw || !mw->source) return (struct interval){NAN, NAN, NAN};
    const double ms = r->latency_us / 1000;
    return (struct interval){mw->value * ms, mw->low * ms, mw->high * ms};
}
