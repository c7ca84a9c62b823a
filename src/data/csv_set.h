// One's own recordings, gathered from many CSV files.
#ifndef DATA_CSV_SET_H
#define DATA_CSV_SET_H
#include "csv.h"
#include "source.h"

struct csv_stretch { // of one label and person
    const float *x;
    int n, label, person, recording; // person -1: not named
};
struct csv_names {
    const char **name;
    int n, cap;
};
struct csv_set {
    struct arena *scratch;
    struct csv_names label, person, recording;
    struct csv_stretch *stretch;
    int nstretch, cap, shortest; // shortest: samples of the shortest recording
    const char *shortest_name;
    const char *nameless; // a recording that names no person
    int *split_of;        // of each recording, by its folder; -1: no such folder
    int nsplit;
    struct csv_file first; // channels, units and rate that the others must have, too
};

// Reads every .csv and .tsv of the source (or its only file). a keeps the channels' names.
bool csv_gather(struct csv_set *set, const struct source *s, struct arena *scratch, struct arena *a,
                struct err *e);
#endif
