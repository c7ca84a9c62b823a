// Which constant each cache miss belongs to, and which of them are worth their RAM.
#include "parts.h"
#include "../emit/emit.h"
#include <math.h>

// Bytes that lie in both.
static int64_t overlap(int64_t a, int64_t a_end, int64_t b, int64_t b_end)
{
    const int64_t from = a > b ? a : b, to = a_end < b_end ? a_end : b_end;
    return to > from ? to - from : 0;
}

bool placed_fill(struct measurement *m, const struct plan *plan, const struct firmware *f,
                 const struct profile *p, int n, struct arena *a, struct err *e)
{
    const size_t most = (size_t)constants_most(plan);
    const int64_t line = f->target->cache.line;
    struct constant *c = arena_new_n(a, most, struct constant);
    int *number = arena_new_n(a, most, int);
    uint32_t *at = arena_new_n(a, most, uint32_t);
    m->nplaced = constants_of(plan, c);
    m->placed = arena_new_n(a, most, struct placed);
    for (int i = 0; i < m->nplaced; i++) number[i] = c[i].number;
    if (!firmware_constants(f, number, m->nplaced, at, a, e)) return false;
    for (int i = 0; i < m->nplaced; i++) {
        struct placed *q = &m->placed[i];
        *q = (struct placed){c[i].node ? c[i].node->name : "", c[i].t->name, c[i].bytes, 0, false};
        for (int l = 0; at[i] && l < p->nline;
             l++) { // a line that small constants share is parted among them
            const struct line *v = &p->line[l];
            if (p->region[v->region].id == 1)
                q->misses += v->misses / n * (double)overlap(at[i], at[i] + c[i].bytes, v->at, v->at + line) /
                             (double)line;
        }
    }
    return true;
}

int64_t placed_choose(struct measurement *m, const struct plan *plan, struct arena *a)
{
    struct constant *c = arena_new_n(a, (size_t)constants_most(plan), struct constant);
    bool *in_ram = arena_new_n(a, (size_t)m->nplaced + 1, bool);
    double *gain = arena_new_n(a, (size_t)m->nplaced + 1, double);
    constants_of(plan, c);
    for (int i = 0; i < m->nplaced; i++) gain[i] = m->placed[i].misses;
    const int64_t bytes = placement_plan(c, gain, m->nplaced, m->plan_budget, in_ram);
    for (int i = 0; i < m->nplaced; i++) m->placed[i].in_ram = in_ram[i];
    return bytes;
}

void placement_explain(const struct measurement *m, struct buf *out)
{
    const struct target *t = m->target;
    if (!t->cache.bytes || !m->nplaced) return;
    const double us = t->cache.miss_ns.value / 1000;
    buf_printf(out, "%-22s %-30s %9s %10s %-6s %9s\n", "layer", "constant", "bytes", "misses", "place",
               "gain us");
    for (int i = 0; i < m->nplaced; i++) {
        const struct placed *q = &m->placed[i];
        buf_printf(out, "%-22.22s %-30.30s %9lld %10.1f %-6s", q->layer, q->name, (long long)q->bytes,
                   q->misses, q->in_ram ? "RAM" : "flash");
        if (q->in_ram)
            buf_printf(out, " %9.1f\n", q->misses * us);
        else
            buf_puts(out, "         -\n");
    }
    buf_printf(out, "%lld of %lld bytes of RAM are left for constants, the plan takes %lld",
               (long long)m->plan_budget, (long long)(m->plan_budget + m->ram_bytes),
               (long long)m->planned_bytes);
    if (m->planned_bytes && !isnan(m->planned_misses))
        buf_printf(out, "; with it %.0f misses an inference instead of %.0f, counted (%.1f us less)",
                   m->planned_misses, m->cache_misses, (m->cache_misses - m->planned_misses) * us);
    buf_puts(out, "\n");
    if (m->planned_ahead)
        buf_printf(out,
                   "planned: weights transformed ahead, tables for recurrent layers, %.0f instructions an "
                   "inference instead of "
                   "%.0f; flash %lld bytes instead of %lld, RAM with the constants there %lld\n",
                   m->planned_instructions, m->instructions, (long long)m->planned_flash_bytes,
                   (long long)m->flash_bytes, (long long)m->planned_ram_bytes);
    if (t->ram_about) buf_printf(out, "%s\n", t->ram_about);
}
