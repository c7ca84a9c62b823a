// A growing run of bytes; what we write is made here whole, then goes to the file at once.
#ifndef BASE_BUF_H
#define BASE_BUF_H
#include "span.h"

struct buf {
    uint8_t *p; // p[n] is always 0 once anything was put
    size_t n, cap;
};

void buf_put(struct buf *b, const void *p, size_t n);
void buf_puts(struct buf *b, const char *s);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
struct span buf_span(const struct buf *b);
void buf_free(struct buf *b);
#endif
