// Steps of a recurrent layer that were written out one after the other (Keras' unroll=True) become the layer again.
#ifndef FORMAT_UNROLL_H
#define FORMAT_UNROLL_H
#include "../graph/graph.h"

// Adds at most `room` bytes to the arena; what is not recognised stays as it is. True when something changed.
bool unroll_undo(struct graph *g, struct arena *a, size_t room);
#endif
