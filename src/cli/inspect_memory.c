// The device's arena over time: a line for each value or scratch buffer, at its address, with the steps in which it is
// in use.
#include "inspect.h"
#include <stdio.h>
#include <string.h>

enum { COLUMNS = 64 };

void inspect_print_memory(const struct inspected *m, const struct verdict *v, struct buf *out)
{
    const struct plan *p = v->plan;
    buf_printf(out, "\nmemory on %s: ", v->target->name);
    if (!p) {
        buf_printf(out, "not known, %s\n", v->refusal);
        return;
    }
    int n;
    const struct live *live = plan_live(p, m->a, &n);
    const int peak = live_peak(p, live, n), steps = p->nstep + 1; // the last: outputs are read
    const int wide = (steps + COLUMNS - 1) / COLUMNS, columns = (steps + wide - 1) / wide;
    buf_printf(out, "%d bytes; no placement can need less than %d; most is in use at step %d (%s)\n",
               p->arena_bytes, p->lower_bound, peak, p->nstep ? p->step[peak].node->name : "-");
    buf_printf(out, "%9s %9s %9s  %-*s  %s\n", "address", "bytes", "steps", columns,
               wide > 1 ? arena_printf(m->a, "time, %d steps a column", wide) : "time, a step a column",
               "value");
    for (int i = 0; i < n; i++) {
        char bar[COLUMNS + 1], range[32];
        for (int c = 0; c < columns; c++)
            bar[c] = live[i].first / wide <= c && c <= live[i].last / wide ? '#' : '.';
        bar[columns] = 0;
        snprintf(range, sizeof range, live[i].first == live[i].last ? "%d" : "%d-%d", live[i].first,
                 live[i].last);
        const char *by = live[i].t ? live[i].t->name
                                   : arena_printf(m->a, "(scratch of %s)", p->step[live[i].first].node->name);
        buf_printf(out, "%9d %9d %9s  %s  %.*s\n", live[i].offset, live[i].bytes, range, bar,
                   (int)strcspn(by, ";"), by); // converters join the names of what they fused
    }
    for (int i = 0; i < 2; i++) {
        const struct ref *r = i ? &p->out[0] : &p->in[0];
        if (r->offset == REF_WINDOW || r->offset == REF_SCORES)
            buf_printf(out, "%9s %9lld            in the caller's memory: %s\n", "",
                       (long long)tensor_bytes(r->t), r->t->name);
    }
    buf_puts(out, "steps:");
    for (int s = 0; s < p->nstep; s++) {
        const struct turns *t = p->step[s].turns;
        buf_printf(out, "%s%d %s", s % 4 ? ", " : "\n  ", s, p->step[s].k->name);
        if (t) buf_printf(out, !t->at ? " (%d of %d rows a turn)" : " (in turns)", t->rows, t->total);
    }
    buf_puts(out, "\n");
}
