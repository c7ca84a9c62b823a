// Inside graph/: steps that take turns (tile.c) are found by kind.
#ifndef GRAPH_TILE_H
#define GRAPH_TILE_H
#include "plan.h"

enum { GROUP_MOST = 12 };
struct group { // steps at .. at + n - 1
    int at, n;
    struct step now[GROUP_MOST]; // what they are when they take turns
};

// Whether there are turns from step i on, and which. A layer and its pool (tile_pool.c); recurrent layers that give their
// sequence, with what takes it row by row (tile_rows.c).
bool pool_group(struct plan *p, int i, struct group *out);
bool rows_group(struct plan *p, int i, struct group *out);

// Whether nothing but steps i .. i + n - 1 sees the value.
bool only_within(const struct plan *p, const struct tensor *t, int i, int n);
// A copy of the step that takes these turns.
struct step step_turning(struct plan *p, const struct step *s, const struct turns *t);
int32_t step_get(const struct step *s, const char *field);
#endif
