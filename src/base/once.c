// Equal bytes once, and notes about them: a hash table of what an arena keeps, in its own memory.
#include "arena.h"
#include <stdint.h>
#include <string.h>

struct kept {
    size_t size, used; // size: a power of two
    struct kept_bytes {
        uint64_t hash;
        size_t n;
        const void *p; // NULL: free
        void *note;
    } * slot;
};

// Eight bytes a step; it only has to spread, equal hashes are compared byte by byte.
static uint64_t hash_of(const uint8_t *p, size_t n)
{
    const uint64_t odd = 0x9e3779b97f4a7c15u;
    uint64_t h = n * odd;
    for (; n; p += 8) {
        uint64_t word = 0;
        const size_t take = n < 8 ? n : 8;
        memcpy(&word, p, take);
        h = (h ^ word) * odd;
        h ^= h >> 32;
        n -= take;
    }
    return h;
}

// The slot of equal bytes, or the free one where they belong.
static struct kept_bytes *slot_of(const struct kept *k, uint64_t hash, const void *p, size_t n)
{
    for (size_t i = hash;; i++) {
        struct kept_bytes *s = &k->slot[i & (k->size - 1)];
        if (!s->p || (s->hash == hash && s->n == n && !memcmp(s->p, p, n))) return s;
    }
}

static void grow(struct arena *a, struct kept *k)
{
    const struct kept old = *k;
    k->size = old.size ? 2 * old.size : 64;
    k->slot = arena_new_n(a, k->size, struct kept_bytes);
    for (size_t i = 0; i < old.size; i++)
        if (old.slot[i].p) *slot_of(k, old.slot[i].hash, old.slot[i].p, old.slot[i].n) = old.slot[i];
}

static struct kept_bytes *keep(struct arena *a, const void *p, size_t n)
{
    if (!a->kept) a->kept = arena_new(a, struct kept);
    if (2 * a->kept->used >= a->kept->size) grow(a, a->kept);
    const uint64_t hash = hash_of(p, n);
    struct kept_bytes *s = slot_of(a->kept, hash, p, n);
    if (s->p) return s;
    *s = (struct kept_bytes){hash, n, arena_copy(a, p, n), NULL};
    a->kept->used++;
    return s;
}

const void *arena_once(struct arena *a, const void *p, size_t n)
{
    return keep(a, p, n)->p;
}

void **arena_noted(struct arena *a, const void *key, size_t n)
{
    return &keep(a, key, n)->note;
}
