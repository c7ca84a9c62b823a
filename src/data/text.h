// Numbers in text files that others wrote: the same float on every machine, whatever its locale.
#ifndef DATA_TEXT_H
#define DATA_TEXT_H
#include "../base/arena.h"
#include "../base/err.h"
#include "../base/span.h"

// The decimal number at p, to the nearest float; returns what follows it, NULL where none begins at p or it
// exceeds a float. No hexadecimal, no infinity, no "nan": these are not samples.
const char *number_read(const char *p, const char *end, float *v);
// The same to the nearest double: times.
const char *number_read_double(const char *p, const char *end, double *v);

// A text of lines with ncol numbers each, parted by blanks, tabs or commas; empty lines are passed over.
// out: (rows, ncol) in the arena. name goes into the messages.
bool table_read(struct span text, const char *name, int ncol, struct arena *a, float **out, int *rows,
                struct err *e);
// The same for whole numbers within lo .. hi.
bool table_read_int(struct span text, const char *name, int ncol, int lo, int hi, struct arena *a,
                    int32_t **out, int *rows, struct err *e);
#endif
