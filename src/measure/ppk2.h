// Nordic's Power Profiler Kit II: its bytes, without its port.
#ifndef MEASURE_PPK2_H
#define MEASURE_PPK2_H
#include "trace.h"

enum { PPK2_RANGES = 5, PPK2_HZ = 100000 };
enum ppk2_command {
    PPK2_START = 0x06,
    PPK2_STOP = 0x07,
    PPK2_DEVICE = 0x0c,    // 1: the board gets current, 0: it does not
    PPK2_REGULATOR = 0x0d, // millivolts, high byte first
    PPK2_MODE = 0x11,      // 1: ampere meter, 2: source meter
    PPK2_METADATA = 0x19,
};

struct ppk2_calibration { // of each range
    double r[PPK2_RANGES], gs[PPK2_RANGES], gi[PPK2_RANGES], o[PPK2_RANGES], s[PPK2_RANGES], i[PPK2_RANGES],
        ug[PPK2_RANGES];
};
// The lines "R0: 1031.64" ... "END" that the instrument answers PPK2_METADATA with.
bool ppk2_calibration_read(const char *text, struct ppk2_calibration *c, struct err *e);

// A stream of samples, four bytes each, as they come: cut anywhere, some of them missing.
struct ppk2_stream {
    const struct ppk2_calibration *calibration;
    double volts; // of the board
    uint8_t part[4];
    int npart;
    int64_t frames, index, lost; // index: of the last sample, with those that were lost
    unsigned counter;
    double average, average4; // amps; of the spike filter
    int range, after, alike;  // samples to replace yet; samples since the range changed
};
void ppk2_start(struct ppk2_stream *s, const struct ppk2_calibration *c, double volts);
// Puts the samples into the trace, that has room for n / 4 + 1 more.
void ppk2_take(struct ppk2_stream *s, const uint8_t *p, size_t n, struct trace *t);
#endif
