// Our entry in a .tflite file's metadata, both ways; see tflite.h.
#include "tflite.h"
#include <string.h>

enum { MAX_KEYS = 64 };

// The names of the signature stand in the signature; whether states are kept, the layers say.
static bool is_line(const char *key)
{
    return strncmp(key, META_SIGNATURE, sizeof META_SIGNATURE - 1) != 0 && strcmp(key, META_STATEFUL) != 0;
}

bool tflite_has_meta(const struct graph *g)
{
    for (int i = 0; i < g->nmeta; i++)
        if (is_line(g->meta[i].key)) return true;
    return graph_stateful(g) != NULL;
}

void tflite_meta_print(const struct graph *g, struct buf *text)
{
    for (int i = 0; i < g->nmeta; i++) {
        if (!is_line(g->meta[i].key)) continue;
        buf_printf(text, "%s=", g->meta[i].key);
        for (const char *p = g->meta[i].value; *p; p++)
            if (*p == '\n')
                buf_puts(text, "\\n");
            else if (*p == '\\')
                buf_puts(text, "\\\\");
            else
                buf_put(text, p, 1);
        buf_puts(text, "\n");
    }
    if (graph_stateful(g)) buf_puts(text, META_STATEFUL "=yes\n");
}

bool tflite_meta_parse(struct graph *g, struct arena *a, struct span text, struct err *e)
{
    const char *p = (const char *)text.p, *end = p + text.n;
    while (p < end) {
        const char *line = p, *stop = memchr(p, '\n', (size_t)(end - p));
        if (!stop) stop = end;
        p = stop + 1;
        const char *equal = memchr(line, '=', (size_t)(stop - line));
        const char *key = equal ? arena_strndup(a, line, (size_t)(equal - line)) : NULL;
        if (!key || (!is_line(key) && strcmp(key, META_STATEFUL) != 0)) continue;
        if (g->nmeta >= MAX_KEYS) return fail(e, "metadata has more than %d keys", MAX_KEYS);
        char *value = arena_alloc(a, (size_t)(stop - equal)), *to = value;
        for (const char *c = equal + 1; c < stop; c++)
            if (*c == '\\' && c + 1 < stop)
                c++, *to++ = *c == 'n' ? '\n' : *c;
            else
                *to++ = *c;
        graph_meta_set(g, a, key, value);
    }
    return true;
}
