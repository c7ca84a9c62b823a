#include "buf.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void reserve(struct buf *b, size_t more)
{
    if (b->cap - b->n > more) return;
    size_t cap = b->cap ? b->cap : 256;
    while (cap - b->n <= more) cap *= 2;
    uint8_t *p = realloc(b->p, cap);
    if (!p) {
        fprintf(stderr, "wearlite: out of memory (%zu bytes wanted)\n", cap);
        exit(1);
    }
    b->p = p;
    b->cap = cap;
}

void buf_put(struct buf *b, const void *p, size_t n)
{
    reserve(b, n);
    if (n) memcpy(b->p + b->n, p, n);
    b->n += n;
    b->p[b->n] = 0;
}

void buf_puts(struct buf *b, const char *s)
{
    buf_put(b, s, strlen(s));
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    if (n > 0) {
        reserve(b, (size_t)n);
        vsnprintf((char *)b->p + b->n, (size_t)n + 1, fmt, ap);
        b->n += (size_t)n;
    }
    va_end(ap);
}

struct span buf_span(const struct buf *b)
{
    return (struct span){b->p, b->n};
}

void buf_free(struct buf *b)
{
    free(b->p);
    *b = (struct buf){0};
}
