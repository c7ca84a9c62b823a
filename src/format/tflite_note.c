// What became of the file's operators, as notes of the graph: an operator that is computed when the file is read, or
// is another node here, leaves a sentence behind.
#include "tflite_read.h"
#include <stdio.h>
#include <string.h>

enum { LONGEST = 160 };

// Adds a name to "A, B, C" when it is not there yet; a long list ends in "...".
static void list_add(char *list, const char *name)
{
    const size_t n = strlen(list), m = strlen(name);
    const char *p = list;
    while ((p = strstr(p, name))) {
        const bool starts = p == list || p[-1] == ' ', ends = !p[m] || p[m] == ',';
        if (starts && ends) return;
        p += m;
    }
    if (n + m + 8 < LONGEST)
        snprintf(list + n, LONGEST - n, "%s%s", n ? ", " : "", name);
    else if (n < 3 || strcmp(list + n - 3, "..."))
        strcpy(list + n, ", ...");
}

static void list_join(char *list, const char *names)
{
    char name[LONGEST];
    while (names && *names) {
        const size_t n = strcspn(names, ",");
        snprintf(name, sizeof name, "%.*s", (int)(n < sizeof name ? n : sizeof name - 1), names);
        if (strcmp(name, "...")) list_add(list, name);
        names += n;
        names += strspn(names, ", ");
    }
}

// The names of the graph's operators from `first` on.
static void list_nodes(const struct graph *g, int first, char *list)
{
    list[0] = 0;
    for (int k = first; k < g->nnode; k++) list_add(list, op_def(g->node[k]->op)->name);
}

void tflite_note(struct reader *r, const struct oper *o, const struct fb_vec *in, int first)
{
    const char *own = tflite_op_name(o->builtin);
    char before[LONGEST] = "", after[LONGEST];
    for (uint32_t i = 0; i < in->n; i++)
        if (fb_vec_i32(in, i) >= 0) list_join(before, r->slot[fb_vec_i32(in, i)].folded);
    list_nodes(r->g, first, after);
    if (!*after && (o->out[0]->data || o->spread_out)) { // a constant now, or a part of what follows
        list_add(before, own);
        const char *names = arena_strdup(r->a, before);
        for (int i = 0; i < o->nout; i++) o->slot[i]->folded = names;
    } else if (strcmp(after, own)) {
        graph_note(r->g, r->a, "%s%s%s %s became %s", before, *before ? ", " : "", own, o->name,
                   *after ? after : "nothing: its output is its input");
    } else if (*before) {
        graph_note(r->g, r->a, "%s folded into %s %s", before, own, o->name);
    }
}
