// The main job: data x models x seeds x techniques x targets -> results.json, models, projects; resumable.
#ifndef STUDY_STUDY_H
#define STUDY_STUDY_H
#include "../base/arena.h"
#include "../base/err.h"
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct study_opt {          // zero or NULL: the default
    const char *data;       // NAME or folder; NULL: hapt or, where it cannot be had, synth
    const char *models;     // "cnn,ds-cnn"; NULL: cnn
    const char *techniques; // NULL: lite,dynamic,full-integer; none is always added
    const char *targets;    // NULL: the ESP32 class that can be built here, and cortex-m4f
    const char *ranges;     // how calibration finds ranges: min-max, percentile, mse
    int seeds;              // 5
    int epochs;             // the architecture's own
    int windows;            // test windows compared and counted on each chip: 100
    bool quick;             // one seed and few epochs
    bool measure_all;       // costs of every seed instead of the first
    float battery_mah;      // 300
    const char *dir;        // where everything goes: "wearlite-study"
    const char *command;    // for the page
    // Called with the results so far whenever results.json is written: makes the page. May be NULL.
    bool (*publish)(const json_t *results, const char *dir, struct err *e);
};
// Whether every name and number in opt is one that there is; touches nothing.
bool study_check(const struct study_opt *opt, struct err *e);
// Runs what is not done yet in opt->dir. False when the study could not be finished: nothing that was done is
// lost, and the next call goes on. *problems counts what could not be done although the study went on
// (a compiler that is missing, a device that differs from the host).
bool study_run(const struct study_opt *opt, int *problems, struct err *e);

// Splits "a,b" by the names of a table whose entries begin with a name; the message lists what there is.
// what: "model". Fills choice (at most max) and returns their number, -1 on error.
int study_choose(const char *list, const char *what, const void *const *table, const void **choice, int max,
                 struct err *e);
#endif
