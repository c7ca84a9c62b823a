// Sentences about how a graph came to be: what a reader folded away, and why. For people, through inspect.
#include "graph.h"
#include <string.h>

enum { MOST_NOTES = 200 };

void graph_note(struct graph *g, struct arena *a, const char *fmt, ...)
{
    if (g->nnote >= MOST_NOTES) {
        g->note_more++;
        return;
    }
    if (g->nnote % 16 == 0) {
        const char **more = arena_new_n(a, (size_t)g->nnote + 16, const char *);
        if (g->nnote) memcpy(more, g->note, (size_t)g->nnote * sizeof *more);
        g->note = more;
    }
    va_list ap;
    va_start(ap, fmt);
    g->note[g->nnote++] = arena_vprintf(a, fmt, ap);
    va_end(ap);
}
