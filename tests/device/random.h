// Random arguments of kernels; r is the caller's struct rng.
#ifndef TESTS_DEVICE_RANDOM_H
#define TESTS_DEVICE_RANDOM_H
#include "../../src/base/rng.h"
#include <stdint.h>
#include <stdlib.h>

#define PICK(lo, hi) ((int32_t)rng_below(&r, (hi) - (lo) + 1) + (lo))

// Of n values, exact, so that ASan sees a read too far; to be freed.
static inline int8_t *random_int8(struct rng *r, int32_t n)
{
    int8_t *v = malloc((size_t)n ? (size_t)n : 1);
    for (int32_t i = 0; i < n; i++) v[i] = (int8_t)rng_u32(r);
    return v;
}
#endif
