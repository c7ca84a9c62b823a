// Would a node be executed? For readers that choose between two forms of it.
#ifndef GRAPH_TRIAL_H
#define GRAPH_TRIAL_H
#include "plan.h"

// Whether one node, as it is, becomes calls; says why not.
bool trial_lower(const struct graph *g, const struct node *n, struct err *e);
#endif
