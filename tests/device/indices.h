// Where elements lie: for tests that compare with index arithmetic.
#ifndef TESTS_DEVICE_INDICES_H
#define TESTS_DEVICE_INDICES_H
#include "device.h"

static inline int64_t index_flat(const struct tensor *t, const int *at)
{
    int64_t p = 0;
    for (int i = 0; i < t->rank; i++) p = p * t->dim[i] + at[i];
    return p;
}

static inline void index_next(const struct tensor *t, int *at)
{
    for (int i = t->rank - 1; i >= 0 && ++at[i] == t->dim[i]; i--) at[i] = 0;
}

// Of t, which is broadcast to y's shape.
static inline int64_t index_broadcast(const struct tensor *t, const struct tensor *y, const int *at)
{
    int64_t p = 0;
    for (int i = 0; i < t->rank; i++) p = p * t->dim[i] + (t->dim[i] == 1 ? 0 : at[y->rank - t->rank + i]);
    return p;
}
#endif
