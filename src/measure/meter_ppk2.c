// Nordic's Power Profiler Kit II: in the board's supply (ampere meter), or as its supply (source meter).
#include "../base/log.h"
#include "meter.h"
#include "ppk2.h"
#include "serial.h"
#include <math.h>
#include <string.h>

enum { BAUD = 115200 }; // without a meaning on USB
enum mode { AMPERE = 1, SOURCE = 2 };

struct ppk2 {
    struct serial port;
    struct ppk2_calibration calibration;
    double volts;
    enum mode mode;
};

static bool command(struct ppk2 *s, const uint8_t *bytes, size_t n, struct err *e)
{
    return serial_write(&s->port, bytes, n, e);
}

// What an earlier user left in the port.
static bool drain(struct ppk2 *s, struct err *e)
{
    uint8_t bytes[4096];
    int n;
    const double until = seconds_now() + 2; // a device that never stops is none
    while ((n = serial_read(&s->port, 0.1, bytes, sizeof bytes, e)) > 0)
        if (seconds_now() > until) return fail(e, "%s: does not stop sending; is it a PPK2?", s->port.name);
    return n == 0;
}

static bool calibration_get(struct ppk2 *s, struct arena *a, struct err *e)
{
    char text[4097];
    int n = 0, got = 1;
    const double until = seconds_now() + 2;
    if (!command(s, (const uint8_t[]){PPK2_STOP}, 1, e) || !drain(s, e) ||
        !command(s, (const uint8_t[]){PPK2_METADATA}, 1, e))
        return false;
    text[0] = 0;
    while (got > 0 && n < (int)sizeof text - 1 && !strstr(text, "END")) {
        got = serial_read(&s->port, until - seconds_now(), text + n, sizeof text - 1 - (size_t)n, e);
        for (int i = n; i < n + got; i++)
            if (!text[i]) text[i] = ' ';
        n += got > 0 ? got : 0;
        text[n] = 0;
    }
    if (got < 0) return false;
    if (!strstr(text, "END"))
        return fail(e, "%s: no PPK2 answers there (%d bytes came, no calibration); serial ports here: %s",
                    s->port.name, n, serial_list(a));
    return ppk2_calibration_read(text, &s->calibration, e) || fail_in(e, "%s", s->port.name);
}

static bool start(struct ppk2 *s, struct arena *a, struct err *e)
{
    const int mv = (int)lrint(s->volts * 1000);
    const uint8_t volts[] = {PPK2_REGULATOR, (uint8_t)(mv >> 8), (uint8_t)mv};
    // The voltage before the mode: the board never sees what was set before.
    return calibration_get(s, a, e) && command(s, volts, sizeof volts, e) &&
           command(s, (const uint8_t[]){PPK2_MODE, (uint8_t)s->mode}, 2, e) &&
           command(s, (const uint8_t[]){PPK2_DEVICE, 1}, 2, e);
}

static void *open_as(enum mode mode, const struct meter_use *u, struct arena *a, struct err *e)
{
    const char *port = *u->where ? u->where : serial_find("PPK2", a);
    if (!port)
        return FAIL_NULL(e, "no PPK2 on any USB port; is it connected and switched on? Serial ports here: %s",
                         serial_list(a));
    if (isnan(u->volts))
        return FAIL_NULL(e, "ppk2: %s by --volts V (0.8 to 5)",
                         mode == SOURCE ? "say what the board is to be supplied with"
                                        : "it measures no voltage; say what the board is supplied with");
    if (!(u->volts >= 0.8 && u->volts <= 5)) return FAIL_NULL(e, "ppk2: --volts takes 0.8 to 5");
    struct ppk2 *s = arena_new(a, struct ppk2);
    s->mode = mode, s->volts = u->volts;
    if (!serial_open(&s->port, port, BAUD, SERIAL_BOTH, a, e)) return NULL;
    if (start(s, a, e)) return s;
    serial_close(&s->port);
    return NULL;
}

static void *open_ampere(const struct meter_use *u, struct arena *a, struct err *e)
{
    return open_as(AMPERE, u, a, e);
}

static void *open_source(const struct meter_use *u, struct arena *a, struct err *e)
{
    return open_as(SOURCE, u, a, e);
}

static bool record(void *state, double seconds, struct trace *t, struct arena *a, struct err *e)
{
    enum { BLOCK = 1 << 16 };
    struct ppk2 *s = state;
    const int most = (int)(seconds * PPK2_HZ);
    const double until = seconds_now() + seconds * 1.5 + 5;
    uint8_t *bytes = arena_alloc(a, BLOCK);
    struct ppk2_stream stream;
    *t = (struct trace){.instrument =
                            s->mode == SOURCE ? "Nordic PPK2 (source meter)" : "Nordic PPK2 (ampere meter)",
                        .has = 0xff,
                        .sample = arena_new_n(a, (size_t)most + BLOCK / 4 + 1, struct trace_sample)};
    ppk2_start(&stream, &s->calibration, s->volts);
    if (!drain(s, e) || !command(s, (const uint8_t[]){PPK2_START}, 1, e)) return false;
    int got = 1;
    while (t->n < most && got > 0) {
        const double left = until - seconds_now();
        got = serial_read(&s->port, left < 2 ? left : 2, bytes, BLOCK, e);
        if (got > 0) ppk2_take(&stream, bytes, (size_t)got, t);
    }
    if (got == 0)
        fail(e, "%s: the PPK2 sent %d of %d samples, then no more in time", s->port.name, t->n, most);
    return got > 0 && command(s, (const uint8_t[]){PPK2_STOP}, 1, e) && trace_times(t, e);
}

// A board that the instrument supplies is switched off again; one with its own supply runs on.
static void close_port(void *state)
{
    struct ppk2 *s = state;
    struct err ignored;
    command(s, (const uint8_t[]){PPK2_STOP}, 1, &ignored);
    if (s->mode == SOURCE) command(s, (const uint8_t[]){PPK2_DEVICE, 0}, 2, &ignored);
    serial_close(&s->port);
}

const struct meter meter_ppk2 = {
    "ppk2",    "ppk2[:PORT]", "Nordic Power Profiler Kit II in the supply of a board (--volts V: which)",
    true,      open_ampere,   record,
    close_port};
const struct meter meter_ppk2_source = {
    "ppk2-source", "ppk2-source[:PORT]", "the same, supplying the board with --volts V",
    true,          open_source,          record,
    close_port};
