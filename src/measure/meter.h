// Instruments that measure a board, and what their recording makes of an inference.
#ifndef MEASURE_METER_H
#define MEASURE_METER_H
#include "board.h"
#include "trace.h"

struct meter_use {     // what the user said
    const char *where; // what stands behind the meter's name and a colon; "": nothing
    double volts;      // NAN: nothing
};
struct meter {
    const char *name, *form, *about; // "ppk2", "ppk2[:PORT]", one line
    bool records;                    // something that happens now; else the trace is there already
    // Reaches the instrument, so that the board has power. The state is the meter's own.
    void *(*open)(const struct meter_use *u, struct arena *a, struct err *e);
    bool (*record)(void *state, double seconds, struct trace *t, struct arena *a, struct err *e);
    void (*close)(void *state);
};
extern const struct meter *const meters[]; // NULL at the end
extern const struct meter meter_ppk2, meter_ppk2_source, meter_trace, meter_sigrok;
// "ppk2:/dev/ttyACM0": the meter and what stands behind its colon; NULL: no such meter.
const struct meter *meter_find(const char *spec, const char **where);
const char *meter_names(struct arena *a); // "ppk2[:PORT], trace:FILE, ..."

// Seconds of recording that hold a whole turn of the benchmark app. r NULL: nothing is known of it.
double meter_seconds(const struct board_report *r);

struct metered_opt {
    int line;       // digital line of the pulses; -1: the one that changes
    int inferences; // a pulse holds; 0: as the board says
    double volts;   // where the trace has none; NAN
    bool subtract_idle;
};
struct metered {               // an inference
    struct interval energy_uj; // mean over the pulses; two deviations of the pulses to each side
    double deviation_uj;
    double latency_us;    // length of a pulse
    double volts, amps;   // mean in the pulses
    double idle_mw;       // between pulses; NAN: not known
    bool idle_subtracted; // from energy_uj
    int inferences, line;
    struct pulses pulses;
};
// r: of the board that was recorded; NULL: o->inferences is needed. Refuses a trace that has lost more than one sample in a
// hundred, fewer than METER_PULSES whole pulses, and pulses that last another time than the board says.
enum { METER_PULSES = 10 };
bool meter_energy(const struct trace *t, const struct board_report *r, const struct metered_opt *o,
                  struct arena *a, struct metered *out, struct err *e);
#endif
