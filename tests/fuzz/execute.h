// What the fuzz targets of model files do with a graph that passed graph_check: small ones are planned and executed.
#ifndef FUZZ_EXECUTE_H
#define FUZZ_EXECUTE_H
#include "../../src/run/run.h"
#include <assert.h>

static void execute(const struct graph *g, struct arena *a)
{
    struct err e = {""};
    int64_t bytes = 0;
    for (int i = 0; i < g->nin; i++) bytes += tensor_bytes(g->in[i]);
    for (int k = 0; k < g->nnode; k++) bytes += tensor_bytes(g->node[k]->out[0]);
    if (bytes > 1 << 18 || graph_macs(g) > 1 << 18) return;
    struct plan *p = plan_lower(g, &layout_plain, a, &e);
    assert(p || *e.text);
    if (!p) return;
    struct runner *r = runner_new(p, a);
    const void **in = arena_new_n(a, (size_t)g->nin, const void *);
    void **out = arena_new_n(a, (size_t)g->nout, void *);
    for (int i = 0; i < g->nin; i++) in[i] = arena_alloc(a, (size_t)tensor_bytes(g->in[i]));
    for (int i = 0; i < g->nout; i++) out[i] = arena_alloc(a, (size_t)tensor_bytes(g->out[i]));
    run_invoke(r, in, out, NULL, NULL);
}
#endif
