// What each chip would say to a model before anything is built: lowered and placed for its layout, held against its
// flash and RAM.
#include "inspect.h"
#include <string.h>

const char *kilobytes(int64_t bytes, struct arena *a)
{
    return arena_printf(a, "%.1f kB", (double)bytes / 1024);
}

int64_t node_constant_bytes(const struct node *n)
{
    int64_t bytes = 0;
    for (int i = 0; i < n->nin; i++)
        if (n->in[i] && tensor_is_const(n->in[i])) bytes += tensor_bytes(n->in[i]);
    return bytes;
}

int64_t node_params(const struct node *n)
{
    int64_t count = 0;
    for (int i = 0; i < n->nin; i++)
        if (n->in[i] && tensor_is_const(n->in[i])) count += tensor_count(n->in[i]);
    return count;
}

// Are there weights, or values, that quantization would make smaller?
static bool has_float(const struct graph *g, bool weights)
{
    for (int k = 0; k < g->nnode; k++) {
        const struct node *n = g->node[k];
        if (!weights && n->out[0]->type == F32) return true;
        for (int i = 1; weights && i < n->nin; i++)
            if (n->in[i] && tensor_is_const(n->in[i]) && n->in[i]->type == F32 &&
                tensor_count(n->in[i]) > 256)
                return true;
    }
    return false;
}

static void refuse_ram(struct verdict *v, const struct inspected *m, int64_t over)
{
    int n;
    const struct live *live = plan_live(v->plan, m->a, &n);
    const int peak = live_peak(v->plan, live, n);
    const struct node *node = v->plan->nstep ? v->plan->step[peak].node : NULL;
    v->refusal = arena_printf(
        m->a, "RAM: values take %s and the window %s, the chip has %s, %s too many; most at %s",
        kilobytes(v->arena_bytes, m->a), kilobytes(v->window_bytes, m->a),
        kilobytes((int64_t)v->target->ram_bytes, m->a), kilobytes(over, m->a), node ? node->name : "?");
    v->remedy = has_float(m->g, false) ? "convert with --technique full-integer: int8 values take a quarter"
                                       : "use a shorter window, a stride, or fewer channels there";
}

static void refuse_flash(struct verdict *v, const struct inspected *m, int64_t over)
{
    const struct node *most = m->g->node[0];
    for (int k = 0; k < m->g->nnode; k++)
        if (node_constant_bytes(m->g->node[k]) > node_constant_bytes(most)) most = m->g->node[k];
    v->refusal = arena_printf(
        m->a, "flash: constants take %s and code up to %s, the chip has %s, %s too many; most in %s (%s)",
        kilobytes(v->constant_bytes, m->a), kilobytes(CODE_BYTES, m->a),
        kilobytes((int64_t)v->target->flash_bytes, m->a), kilobytes(over, m->a), most->name,
        kilobytes(node_constant_bytes(most), m->a));
    v->remedy = has_float(m->g, true)
                    ? "convert with --technique dynamic or full-integer: int8 weights take a quarter"
                    : "use fewer units or channels there";
}

struct verdict verdict_of(const struct inspected *m, const struct target *t)
{
    struct verdict v = {.target = t};
    struct err e = {""};
    v.plan = plan_lower(m->g, t->layout, m->a, &e);
    if (!v.plan) {
        v.refusal = arena_strdup(m->a, e.text);
        return v;
    }
    v.constant_bytes = plan_const_bytes(v.plan);
    v.arena_bytes = v.plan->arena_bytes;
    v.window_bytes = plan_window_bytes(v.plan, graph_windows_overlap(m->g));
    const int64_t over_flash = v.constant_bytes + CODE_BYTES - (int64_t)t->flash_bytes,
                  over_ram = v.arena_bytes + v.window_bytes - (int64_t)t->ram_bytes;
    if (over_flash > 0)
        refuse_flash(&v, m, over_flash);
    else if (over_ram > 0)
        refuse_ram(&v, m, over_ram);
    return v;
}
