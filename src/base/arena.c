#include "arena.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGN = 64, BLOCK = 1 << 20 };

struct arena_block {
    struct arena_block *next;
    size_t used, size; // bytes of data[]
    unsigned char *data;
};

static void out_of_memory(size_t n)
{
    fprintf(stderr, "wearlite: out of memory (%zu bytes wanted)\n", n);
    exit(1);
}

static struct arena_block *block_new(size_t n)
{
    struct arena_block *b = malloc(sizeof *b);
    if (b) b->data = aligned_alloc(ALIGN, n);
    if (!b || !b->data) out_of_memory(n);
    b->used = 0;
    b->size = n;
    return b;
}

void *arena_alloc(struct arena *a, size_t n)
{
    if (n > SIZE_MAX / 2) out_of_memory(n);
    n = (n + ALIGN - 1) / ALIGN * ALIGN;
    if (!n) n = ALIGN;
    struct arena_block *b = a->head;
    if (!b || b->size - b->used < n) {
        struct arena_block *fresh = block_new(n > BLOCK / 4 ? n : BLOCK);
        if (b && n > BLOCK / 4) { // a large block goes behind the head, which still has room
            fresh->next = b->next;
            b->next = fresh;
        } else {
            fresh->next = b;
            a->head = fresh;
        }
        b = fresh;
    }
    void *p = b->data + b->used;
    b->used += n;
    a->bytes += n;
    return memset(p, 0, n);
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
    size_t n;
    if (__builtin_mul_overflow(count, size, &n)) out_of_memory(SIZE_MAX);
    return arena_alloc(a, n);
}

void *arena_copy(struct arena *a, const void *p, size_t n)
{
    void *q = arena_alloc(a, n);
    if (n) memcpy(q, p, n);
    return q;
}

void *arena_grow(struct arena *a, void *list, int n, int *cap, size_t size)
{
    if (n < *cap) return list;
    *cap = *cap ? 2 * *cap : 32;
    void *more = arena_array(a, (size_t)*cap, size);
    if (n) memcpy(more, list, (size_t)n * size);
    return more;
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
    char *q = arena_alloc(a, n + 1);
    memcpy(q, s, n);
    return q;
}

char *arena_strdup(struct arena *a, const char *s)
{
    return arena_strndup(a, s, strlen(s));
}

char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    if (n < 0) n = 0;
    char *s = arena_alloc(a, (size_t)n + 1);
    vsnprintf(s, (size_t)n + 1, fmt, ap);
    return s;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *s = arena_vprintf(a, fmt, ap);
    va_end(ap);
    return s;
}

void arena_free(struct arena *a)
{
    for (struct arena_block *b = a->head, *next; b; b = next) {
        next = b->next;
        free(b->data);
        free(b);
    }
    *a = (struct arena){0};
}
