// What became of the file's operators, as notes of the graph: an operator that is computed when the file is read, or
// is another node here, leaves a sentence behind.
#include "tflite_read.h"
#include <stdio.h>
#include <string.h>

enum { LONGEST = 160 };

static void list_join(char *list, const char *names)
{
    char name[LONGEST];
    while (names && *names) {
        const size_t n = strcspn(names, ",");
        snprintf(name, sizeof name, "%.*s", (int)(n < sizeof name ? n : sizeof name - 1), names);
        if (strcmp(name, "...")) note_list_add(list, LONGEST, name);
        names += n;
        names += strspn(names, ", ");
    }
}

void tflite_note(struct reader *r, const struct oper *o, const struct fb_vec *in, int first)
{
    const char *own = tflite_op_name(o->builtin);
    char before[LONGEST] = "", after[LONGEST];
    for (uint32_t i = 0; i < in->n; i++)
        if (fb_vec_i32(in, i) >= 0) list_join(before, r->slot[fb_vec_i32(in, i)].folded);
    note_list_ops(after, sizeof after, r->g, first);
    if (!*after && (o->out[0]->data || o->spread_out)) { // a constant now, or a part of what follows
        note_list_add(before, sizeof before, own);
        const char *names = arena_strdup(r->a, before);
        for (int i = 0; i < o->nout; i++) o->slot[i]->folded = names;
    } else if (strcmp(after, own)) {
        graph_note(r->g, r->a, "%s%s%s %s became %s", before, *before ? ", " : "", own, o->name,
                   *after ? after : "nothing: its output is its input");
    } else if (*before) {
        graph_note(r->g, r->a, "%s folded into %s %s", before, own, o->name);
    }
}
