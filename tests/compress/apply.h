// A technique applied, and what comes out of a network: for all tests of this folder.
#ifndef TESTS_COMPRESS_APPLY_H
#define TESTS_COMPRESS_APPLY_H
#include "../../src/compress/compress.h"

// The graph that the technique gives; the test fails when there is none or it is not sound.
struct graph *apply(const char *technique, const struct graph *g, const struct compress_opt *o,
                    struct arena *a);
// The first output of n windows, in this machine's layout.
float *outputs(const struct graph *g, const float *x, int n, struct arena *a);
float worst(const float *a, const float *b, int n); // the largest difference
int count(const struct graph *g, enum op op);       // nodes of this op
#endif
