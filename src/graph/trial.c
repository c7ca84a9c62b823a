#include "trial.h"

bool trial_lower(const struct graph *g, const struct node *n, struct err *e)
{
    struct arena scratch = {0};
    struct plan p = {.g = g, .layout = &layout_plain, .arena = &scratch};
    const struct opdef *d = op_def(n->op);
    const bool can = d->lower ? d->lower(n, &p, e) : fail(e, "this operator cannot be executed yet");
    arena_free(&p.fresh);
    arena_free(&p.notes);
    arena_free(&scratch);
    return can;
}
