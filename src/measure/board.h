// What the benchmark app on a board reports (docs/firmware.md, "The report line").
#ifndef MEASURE_BOARD_H
#define MEASURE_BOARD_H
#include "../graph/plan.h"
#include "measure.h"

struct board_report {
    char model[64], target[32], chip[64]; // chip "": not said
    char id[17];                          // of the emitted plan (plan_id)
    double cpu_hz;                        // 0: not said
    int windows, equal, repeat;
    double latency_us, latency_us_least; // of an inference: mean, least; least NAN: not known
    double cycles, cycles_least;         // NAN: the board has no counter
    int64_t ram_bytes, const_bytes;
    int pin;              // high while inferences run; -1: none, or not said
    int pulse_inferences; // that a pulse of the pin holds; 0: not said
};

// "wearlite-report {...}" anywhere in the line; false with a message when it is none, or not a whole and sensible one.
bool board_parse(const char *line, struct board_report *r, struct err *e);
// Waits at the port for the next report, at most `seconds`; port may also be a file that holds what a board printed, of
// which the last report is taken.
bool board_read(const char *port, int seconds, struct board_report *r, struct arena *a, struct err *e);
// Whether the board runs this plan for this chip, and computed what the host computes. The message says what to do.
bool board_check(const struct board_report *r, const struct plan *p, const struct target *t, struct err *e);
// Energy of an inference: the measured time, the chip's documented power at the reported clock. NAN where no document
// gives that.
struct interval board_energy_uj(const struct board_report *r, const struct target *t);
#endif
