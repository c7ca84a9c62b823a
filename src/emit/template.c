#include "parts.h"
#include <string.h>

bool template_fill(const char *path, const char *const *pairs, struct buf *out, struct err *e)
{
    const struct embedded *f = embedded_find(path);
    if (!f) return fail(e, "%s is not inside this program; rebuild it (make clean all)", path);
    const char *p = (const char *)f->bytes, *end = p + f->n;
    while (p < end) {
        const char *at = memchr(p, '@', (size_t)(end - p)), *stop = NULL;
        if (at) stop = memchr(at + 1, '@', (size_t)(end - at - 1));
        const char *const *k = pairs;
        for (; stop && *k; k += 2)
            if (strlen(k[0]) == (size_t)(stop - at - 1) && !memcmp(k[0], at + 1, (size_t)(stop - at - 1)))
                break;
        if (!stop) {
            buf_put(out, p, (size_t)(end - p));
            break;
        }
        buf_put(out, p, (size_t)(at - p));
        if (*k)
            buf_puts(out, k[1]), p = stop + 1;
        else // make's own $@
            buf_put(out, "@", 1), p = at + 1;
    }
    return true;
}
