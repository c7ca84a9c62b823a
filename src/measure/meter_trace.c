// A trace that was recorded before.
#include "../base/file.h"
#include "meter.h"

static void *open_file(const struct meter_use *u, struct arena *a, struct err *e)
{
    struct span *s = arena_new(a, struct span);
    struct trace *t = arena_new(a, struct trace);
    if (!*u->where) return FAIL_NULL(e, "which file? --meter trace:FILE");
    if (!file_read(u->where, a, s, e) || !trace_read(*s, u->where, a, t, e)) return NULL;
    return t;
}

static bool record(void *state, double seconds, struct trace *t, struct arena *a, struct err *e)
{
    (void)seconds, (void)a, (void)e;
    *t = *(struct trace *)state;
    return true;
}

static void close_file(void *state)
{
    (void)state;
}

const struct meter meter_trace = {
    "trace",   "trace:FILE", "a recording: .ppk2, sigrok's .sr, or CSV with time, current, a digital line",
    false,     open_file,    record,
    close_file};
