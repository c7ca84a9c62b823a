// One CSV file: a recording with a header line.
#ifndef DATA_CSV_H
#define DATA_CSV_H
#include "../base/arena.h"
#include "../base/err.h"
#include "../base/span.h"

struct csv_run { // consecutive samples, no gap in time, of one label and person
    int first, n;
    const char *label, *person; // NULL: no such column, or empty there
};
struct csv_file {
    int nchannel, n, nrun;
    const char **channel, **unit; // unit "" when the header names none
    float *x;                     // (n, nchannel)
    struct csv_run *run;
    double rate_hz;             // from the time column or "# rate_hz: 50"; 0: not known
    bool has_label, has_person; // is there such a column?
};

// name goes into the messages.
bool csv_parse(struct span text, const char *name, struct arena *a, struct csv_file *f, struct err *e);
#endif
