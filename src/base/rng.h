// Repeatable random numbers (xoshiro128++ of Blackman and Vigna, seeded by splitmix64).
#ifndef BASE_RNG_H
#define BASE_RNG_H
#include <stdint.h>

struct rng {
    uint32_t s[4];
};

struct rng rng_new(uint64_t seed);
struct rng rng_fork(struct rng *r); // an independent stream
uint32_t rng_u32(struct rng *r);
uint32_t rng_below(struct rng *r, uint32_t n); // 0 .. n-1, unbiased; n > 0
float rng_float(struct rng *r);                // [0, 1)
float rng_uniform(struct rng *r, float lo, float hi);
float rng_normal(struct rng *r); // mean 0, deviation 1; own arithmetic, same bits everywhere
void rng_shuffle(struct rng *r, int32_t *v, int n);
#endif
