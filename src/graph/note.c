// Sentences about how a graph came to be: what a reader folded away, and why. For people, through inspect.
#include "graph.h"
#include <stdio.h>
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

void note_list_add(char *list, size_t size, const char *name)
{
    const size_t n = strlen(list), m = strlen(name);
    const char *p = list;
    while ((p = strstr(p, name))) {
        const bool starts = p == list || p[-1] == ' ', ends = !p[m] || p[m] == ',';
        if (starts && ends) return;
        p += m;
    }
    if (n + m + 8 < size)
        snprintf(list + n, size - n, "%s%s", n ? ", " : "", name);
    else if (n < 3 || strcmp(list + n - 3, "..."))
        snprintf(list + n, size - n, ", ...");
}

void note_list_ops(char *list, size_t size, const struct graph *g, int first)
{
    list[0] = 0;
    for (int k = first; k < g->nnode; k++) note_list_add(list, size, op_def(g->node[k]->op)->name);
}
