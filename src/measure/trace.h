// What an instrument recorded: current, voltage and digital lines over time; and the pulses of a line in it.
#ifndef MEASURE_TRACE_H
#define MEASURE_TRACE_H
#include "../base/arena.h"
#include "../base/err.h"
#include "../base/span.h"

enum { TRACE_LINES = 8 };
struct trace_sample {
    double s;          // seconds; rising
    float amps, volts; // NAN: no number there; volts NAN: not recorded
    uint8_t lines;     // bit i: digital line i
};
struct trace {
    const char *instrument;
    struct trace_sample *sample;
    int n;
    unsigned has;    // bit i: line i was recorded
    double period_s; // from one sample to the next: the median
    int64_t lost;    // samples that are missing between the first and the last
};

// Any of the files below, by its content; name goes into the messages.
bool trace_read(struct span bytes, const char *name, struct arena *a, struct trace *t, struct err *e);
// A table with a header: a column of time and one of current, and if there are any, voltage and lines. Recognised are the
// exports of the usual instruments; docs/firmware.md says by which names.
bool trace_csv_read(struct span text, const char *name, struct arena *a, struct trace *t, struct err *e);
// The columns of the PPK2's app and the voltage; about: a comment in the first line.
bool trace_csv_write(const struct trace *t, const char *about, const char *path, struct err *e);
// Fills period_s and lost from the samples' times; fails when they are too few.
bool trace_times(struct trace *t, struct err *e);

struct pulse { // while the line was high
    int first, n;
    double seconds, joules;
};
struct pulses {
    struct pulse *p;
    int n;
    int cut;       // at the recording's ends: left out
    int gaps;      // samples or numbers missing inside: left out
    int odd;       // much shorter or longer than the median: left out
    int glitches;  // changes of less than 50 us: not taken for edges
    double idle_w; // mean power between two pulses that stand close together; NAN: no such place
};
// The line whose edges are pulses: `line`, or, when that is -1, the only one that changes.
bool trace_line(const struct trace *t, int line, int *out, struct err *e);
// volts: where the trace has none; NAN: fails then.
bool pulses_find(const struct trace *t, int line, double volts, struct arena *a, struct pulses *out,
                 struct err *e);
#endif
