// Recordings that are zip archives: sigrok's and PulseView's sessions (.sr), those of the PPK2's app (.ppk2).
#include "../data/source.h"
#include "../data/text.h"
#include "trace.h"
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST_SAMPLES = 1 << 28, MOST_PARTS = 10000 };

static bool entry_read(const struct source *s, const char *name, struct arena *a, struct span *out,
                       struct err *e)
{
    const int i = source_find(s, name);
    return i >= 0 ? source_read(s, i, a, out, e) : fail(e, "%s: no '%s' in it", s->path, name);
}

static float float_at(const uint8_t *p)
{
    const uint32_t w = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
    float v;
    memcpy(&v, &w, sizeof v);
    return v;
}

static void samples_make(struct trace *t, size_t n, double rate, struct arena *a)
{
    t->sample = arena_new_n(a, n + 1, struct trace_sample);
    t->n = (int)n;
    for (int i = 0; i < t->n; i++)
        t->sample[i] = (struct trace_sample){.s = i / rate, .amps = NAN, .volts = NAN};
}

// ---- the PPK2's app ----

// session.raw: a float32 of microamperes, low byte first, and sixteen bits, high byte first: two for each line, 1 low, 2 high,
// 3 both within the sample.
static bool ppk2_read(const struct source *s, struct arena *a, struct trace *t, struct err *e)
{
    struct span raw, about;
    if (!entry_read(s, "session.raw", a, &raw, e) || !entry_read(s, "metadata.json", a, &about, e))
        return false;
    json_t *o = json_loadb((const char *)about.p, about.n, 0, NULL);
    const double rate =
        json_number_value(json_object_get(json_object_get(o, "metadata"), "samplesPerSecond"));
    json_decref(o);
    if (!(rate >= 1 && rate <= 1e6))
        return fail(e, "%s: metadata.json names no sensible samplesPerSecond", s->path);
    if (raw.n / 6 > MOST_SAMPLES) return fail(e, "%s: more than %d samples; cut it", s->path, MOST_SAMPLES);
    samples_make(t, raw.n / 6, rate, a);
    t->has = 0xff;
    for (int i = 0; i < t->n; i++) {
        const uint8_t *p = raw.p + 6 * (size_t)i;
        const float ua = float_at(p);
        const unsigned bits = (unsigned)p[4] << 8 | p[5];
        t->sample[i].amps = isfinite(ua) ? ua * 1e-6f : NAN;
        for (int l = 0; l < TRACE_LINES; l++)
            if (bits >> 2 * l & 2) t->sample[i].lines |= (uint8_t)(1u << l);
    }
    return true;
}

// ---- sigrok's sessions ----

struct session {
    double rate_hz;
    int unit_bytes;       // of a sample of the lines
    int current, voltage; // numbers of analog channels; 0: none
};

// "100 kHz" as hertz; 0: it is none.
static double rate_read(const char *p, const char *end)
{
    double v = 0;
    const char *unit = number_read_double(p, end, &v);
    if (!unit) return 0;
    while (unit < end && *unit == ' ') unit++;
    return v * (unit == end ? 1 : *unit == 'k' ? 1e3 : *unit == 'M' ? 1e6 : *unit == 'G' ? 1e9 : 1);
}

// In lower case, cut to what fits.
static void word(const char *p, const char *end, char to[32])
{
    int n = 0;
    for (; p < end && n < 31; p++) to[n++] = (char)(*p >= 'A' && *p <= 'Z' ? *p + 32 : *p);
    to[n] = 0;
}

// The channel of current is the one whose name says so, or the only one; sigrok-cli names channels: -C A0=current,A1=voltage.
static bool metadata_read(const struct source *s, struct span text, struct session *out, struct trace *t,
                          struct err *e)
{
    int analog = 0, last = 0;
    *out = (struct session){0};
    for (const char *p = (const char *)text.p, *end = p + text.n; p < end;) {
        const char *stop = memchr(p, '\n', (size_t)(end - p)), *line_end = stop ? stop : end;
        const char *equal = memchr(p, '=', (size_t)(line_end - p)), *value = equal ? equal + 1 : line_end;
        char key[32], name[32];
        int number = 0;
        word(p, equal ? equal : line_end, key), word(value, line_end, name);
        if (!strcmp(key, "samplerate")) out->rate_hz = rate_read(value, line_end);
        if (!strcmp(key, "unitsize")) sscanf(name, "%2d", &out->unit_bytes);
        if (sscanf(key, "probe%3d", &number) == 1 && number >= 1 && number <= TRACE_LINES)
            t->has |= 1u << (number - 1);
        if (sscanf(key, "analog%3d", &number) == 1 && number >= 1) {
            analog++, last = number;
            if (strstr(name, "volt")) out->voltage = number;
            if (strstr(name, "current")) out->current = number;
        }
        p = line_end + 1;
    }
    if (!out->current && analog == 1 && !out->voltage) out->current = last;
    if (!(out->rate_hz >= 1 && out->rate_hz <= 1e9))
        return fail(e, "%s: its metadata name no sensible samplerate", s->path);
    if (out->unit_bytes < 1) t->has = 0, out->unit_bytes = 1;
    return out->current ||
           fail(e, "%s: %d analog channels, none called 'current'; name it: sigrok-cli -C A0=current ...",
                s->path, analog);
}

// A channel's parts, NAME-1, NAME-2 ... or NAME alone, one behind the other.
static bool parts_read(const struct source *s, const char *name, struct arena *a, struct span *out,
                       struct err *e)
{
    struct span *part = NULL;
    int n = 0, cap = 0;
    size_t bytes = 0;
    *out = (struct span){0};
    for (;; n++) {
        const char *entry = arena_printf(a, "%s-%d", name, n + 1);
        int i = source_find(s, entry);
        if (i < 0 && n == 0) i = source_find(s, name);
        if (i < 0) break;
        if (n == MOST_PARTS) return fail(e, "%s: more than %d parts of '%s'; record less", s->path, n, name);
        part = arena_grow(a, part, n, &cap, sizeof *part);
        if (!source_read(s, i, a, &part[n], e)) return false;
        bytes += part[n].n;
    }
    uint8_t *to = arena_alloc(a, bytes + 1);
    *out = (struct span){to, bytes};
    for (int i = 0; i < n; i++) memcpy(to, part[i].p, part[i].n), to += part[i].n;
    return true;
}

static bool session_read(const struct source *s, struct arena *a, struct trace *t, struct err *e)
{
    struct span about, amps, volts = {0}, lines = {0};
    struct session m;
    if (!entry_read(s, "metadata", a, &about, e) || !metadata_read(s, about, &m, t, e) ||
        !parts_read(s, arena_printf(a, "analog-1-%d", m.current), a, &amps, e) ||
        (m.voltage && !parts_read(s, arena_printf(a, "analog-1-%d", m.voltage), a, &volts, e)) ||
        (t->has && !parts_read(s, "logic-1", a, &lines, e)))
        return false;
    size_t n = amps.n / 4;
    if (m.voltage && volts.n / 4 < n) n = volts.n / 4;
    if (t->has && lines.n / (size_t)m.unit_bytes < n) n = lines.n / (size_t)m.unit_bytes;
    if (n > MOST_SAMPLES) return fail(e, "%s: more than %d samples; cut it", s->path, MOST_SAMPLES);
    samples_make(t, n, m.rate_hz, a);
    for (size_t i = 0; i < n; i++) {
        struct trace_sample *to = &t->sample[i];
        const float i_a = float_at(amps.p + 4 * i), v = m.voltage ? float_at(volts.p + 4 * i) : NAN;
        if (isfinite(i_a)) to->amps = i_a;
        if (isfinite(v)) to->volts = v;
        if (t->has) to->lines = (uint8_t)(lines.p[i * (size_t)m.unit_bytes] & t->has);
    }
    return true;
}

bool trace_read(struct span bytes, const char *name, struct arena *a, struct trace *t, struct err *e)
{
    struct source s;
    if (bytes.n < 4 || memcmp(bytes.p, "PK\3\4", 4)) return trace_csv_read(bytes, name, a, t, e);
    *t = (struct trace){.instrument = name};
    bool good = source_open_zip(&s, bytes, name, a, e);
    if (good && source_find(&s, "session.raw") >= 0)
        good = ppk2_read(&s, a, t, e);
    else if (good && source_find(&s, "metadata") >= 0)
        good = session_read(&s, a, t, e);
    else if (good)
        good =
            fail(e, "%s: neither a session of sigrok (.sr) nor a recording of the PPK2's app (.ppk2)", name);
    source_close(&s);
    return good && (trace_times(t, e) || fail_in(e, "%s", name));
}
