// The techniques: graph -> graph. One file a technique or rewriting; the table is in compress.c.
#ifndef COMPRESS_COMPRESS_H
#define COMPRESS_COMPRESS_H
#include "../graph/graph.h"

enum range_method { RANGE_MIN_MAX, RANGE_PERCENTILE, RANGE_MSE };
const char *range_method_name(enum range_method m);

struct compress_opt {
    const float
        *calibration; // (n, elements of the input), windows of training persons; full-integer needs it
    int ncalibration;
    enum range_method range;
};

struct technique {
    const char *name, *about;
    bool needs_calibration;
    struct graph *(*apply)(const struct graph *g, const struct compress_opt *o, struct arena *a,
                           struct err *e);
};
extern const struct technique *const techniques[]; // none lite dynamic full-integer; NULL at the end
const struct technique *technique_find(const char *name);
#endif
