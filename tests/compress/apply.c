#include "apply.h"
#include "../../src/run/run.h"
#include "../test.h"
#include <math.h>

struct graph *apply(const char *technique, const struct graph *g, const struct compress_opt *o,
                    struct arena *a)
{
    struct err e = {""};
    struct graph *h = technique_find(technique)->apply(g, o, a, &e);
    if (!h || !graph_check(h, &e)) test_fail(__FILE__, __LINE__, "%s: %s", technique, e.text);
    return h;
}

float *outputs(const struct graph *g, const float *x, int n, struct arena *a)
{
    struct err e = {""};
    struct plan *p = plan_lower(g, &layout_host, a, &e);
    float *y = arena_new_n(a, (size_t)n * (size_t)tensor_count(g->out[0]), float);
    if (!p || !run_batch(p, x, n, y, &e)) test_fail(__FILE__, __LINE__, "%s", e.text);
    return y;
}

float worst(const float *a, const float *b, int n)
{
    float most = 0;
    for (int i = 0; i < n; i++) most = fmaxf(most, fabsf(a[i] - b[i]));
    return most;
}

int count(const struct graph *g, enum op op)
{
    int n = 0;
    for (int k = 0; k < g->nnode; k++) n += g->node[k]->op == op;
    return n;
}
