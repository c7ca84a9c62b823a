// Small made-up data sets for tests.
#ifndef TESTS_DATA_MAKE_H
#define TESTS_DATA_MAKE_H
#include "../../src/base/arena.h"

// Writes a text file below the test's folder, making folders; returns its path.
const char *make_file(struct arena *a, const char *name, const char *text);
// n lines "v v v" with nnum numbers each, slowly moving.
char *make_rows(struct arena *a, int n, int nnum, const char *gap);
// A zip of name, text pairs that end with NULL; returns its path.
const char *make_zip(struct arena *a, const char *name, const char *const *pairs);
// A folder shaped like HAPT: recordings 1..n of persons 1..n, samples each, labelled 1 2 .. 6 1 .. in one
// stretch.
const char *make_hapt(struct arena *a, const char *name, int n, int samples);
#endif
