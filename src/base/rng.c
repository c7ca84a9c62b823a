#include "rng.h"

static uint64_t splitmix(uint64_t *x)
{
    uint64_t z = (*x += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

struct rng rng_new(uint64_t seed)
{
    uint64_t a = splitmix(&seed), b = splitmix(&seed);
    return (struct rng){{(uint32_t)a, (uint32_t)(a >> 32), (uint32_t)b, (uint32_t)(b >> 32) | 1}};
}

struct rng rng_fork(struct rng *r)
{
    uint64_t hi = rng_u32(r);
    return rng_new(hi << 32 | rng_u32(r));
}

static uint32_t rotl(uint32_t x, int k)
{
    return x << k | x >> (32 - k);
}

uint32_t rng_u32(struct rng *r)
{
    uint32_t *s = r->s, result = rotl(s[0] + s[3], 7) + s[0], t = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotl(s[3], 11);
    return result;
}

uint32_t rng_below(struct rng *r, uint32_t n)
{
    uint32_t floor = -n % n, x; // reject the first 2^32 mod n values: the rest divides evenly
    do x = rng_u32(r);
    while (x < floor);
    return x % n;
}

float rng_float(struct rng *r)
{
    return (float)(rng_u32(r) >> 8) * 0x1p-24f;
}

float rng_uniform(struct rng *r, float lo, float hi)
{
    return lo + (hi - lo) * rng_float(r);
}

// Sum of twelve uniforms (Irwin-Hall), less 6: no libm, so the same bits on every machine; tails end at 6.
float rng_normal(struct rng *r)
{
    float s = -6;
    for (int i = 0; i < 12; i++) s += rng_float(r);
    return s;
}

void rng_shuffle(struct rng *r, int32_t *v, int n)
{
    for (int i = n - 1; i > 0; i--) {
        int j = (int)rng_below(r, (uint32_t)i + 1);
        int32_t t = v[i];
        v[i] = v[j];
        v[j] = t;
    }
}
