#include "bound.h"
#include "../src/target/target.h"
#include "test.h"

double bound_check(const char *name, const struct graph *g, struct arena *a)
{
    double worst = 0;
    for (int t = -1; t < 0 || targets[t]; t++) {
        const struct layout *l = t < 0 ? &layout_plain : targets[t]->layout;
        bool seen = false;
        for (int i = 0; i < t; i++) seen |= targets[i]->layout == l;
        if (seen) continue;
        struct err e = {""};
        const struct plan *p = plan_lower(g, l, a, &e);
        if (!p) {
            test_fail(name, 0, "%s", e.text);
            continue;
        }
        const double over = p->lower_bound ? 100.0 * (p->arena_bytes - p->lower_bound) / p->lower_bound : 0;
        if (over > 5)
            test_fail(name, 0, "%s, %s: %d bytes of RAM, %.1f %% above the bound of %d", g->name,
                      t < 0 ? "plain" : targets[t]->name, (int)p->arena_bytes, over, (int)p->lower_bound);
        if (over > worst) worst = over;
    }
    return worst;
}
