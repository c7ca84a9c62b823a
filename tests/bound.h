// Device memory against what no placement can go below.
#ifndef TESTS_BOUND_H
#define TESTS_BOUND_H
#include "../src/graph/graph.h"

// Plans g as every target does, and the plain layout; the test fails where an arena is more than 5 % above the largest
// set of bytes that live at the same time. Returns the worst excess, in percent.
double bound_check(const char *name, const struct graph *g, struct arena *a);
#endif
