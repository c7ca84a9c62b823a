// Energy that an instrument measured, beside what was estimated.
#ifndef CLI_BENCH_METER_H
#define CLI_BENCH_METER_H
#include "../measure/meter.h"
#include <jansson.h>

struct meter_choice { // of the command line
    const char *meter, *trace;
    float volts, seconds; // NAN: not given
    int line, pulse;      // -1, 0: not given
    bool subtract_idle;
};
struct metering {
    const struct meter *meter;
    const char *trace_path; // where the trace lies
    bool of_board;          // a board said what it ran
    struct trace trace;
    struct metered result;
};
// What is wrong with the choice; NULL: nothing.
const char *bench_meter_wrong(const struct meter_choice *c, struct arena *a);
// Reaches the instrument, waits for the report of the board (port NULL: there is none to ask), records, keeps the trace.
bool bench_meter_run(const struct meter_choice *c, const char *model, const char *port, const struct plan *p,
                     const struct measurement *m, struct board_report *r, struct metering *out,
                     struct arena *a, struct err *e);
// r: NULL when no board said what it ran.
void bench_meter_print(const struct metering *g, const struct board_report *r, const struct measurement *m);
json_t *bench_meter_json(const struct metering *g, const struct board_report *r, const struct measurement *m);
#endif
