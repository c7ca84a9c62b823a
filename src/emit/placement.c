// Which constants are copied from flash to RAM at start. Behind a cache each byte of RAM saves the time of the misses
// that its constant causes: a knapsack, solved exactly.
#include "emit.h"
#include <string.h>

int constants_of(const struct plan *p, struct constant *out)
{
    int n = 0, number = 0;
    for (int s = 0; s < p->nstep; s++)
        for (int b = 0; b < p->step[s].k->nbuf; b++) {
            const struct ref *r = &p->step[s].buf[b];
            if (r->offset != REF_CONST) continue;
            bool seen = false; // a table that several calls share is stored once
            for (int i = 0; i < n && !seen; i++) seen = out[i].t->data == r->t->data;
            if (!seen) out[n++] = (struct constant){r->t, p->step[s].node, number, tensor_bytes(r->t)};
            number++;
        }
    return n;
}

int constants_most(const struct plan *p)
{
    int n = 0;
    for (int s = 0; s < p->nstep; s++) n += p->step[s].k->nbuf;
    return n;
}

int64_t constant_ram_bytes(const struct constant *c)
{
    return (c->bytes + CONSTANT_ALIGN - 1) / CONSTANT_ALIGN * CONSTANT_ALIGN;
}

// best[u]: the most that u units of RAM can save with the constants so far; took[i][u]: whether constant i is among them.
int64_t placement_plan(const struct constant *c, const double *gain, int n, int64_t ram_bytes, bool *in_ram)
{
    struct arena a = {0};
    int64_t all = 0, used = 0;
    for (int i = 0; i < n; i++) all += constant_ram_bytes(&c[i]);
    const int64_t most = (ram_bytes < all ? ram_bytes : all) / CONSTANT_ALIGN;
    for (int i = 0; i < n; i++) in_ram[i] = false;
    if (most < 1 || n < 1) return 0;
    const size_t row = (size_t)most + 1;
    double *best = arena_new_n(&a, row, double);
    uint8_t *took = arena_array(&a, (size_t)n * row, 1);
    memset(took, 0, (size_t)n * row);
    for (int i = 0; i < n; i++) {
        const int64_t need = constant_ram_bytes(&c[i]) / CONSTANT_ALIGN;
        for (int64_t u = most; gain[i] > 0 && u >= need; u--)
            if (best[u - need] + gain[i] > best[u]) {
                best[u] = best[u - need] + gain[i];
                took[(size_t)i * row + (size_t)u] = 1;
            }
    }
    int64_t u = most;
    while (u && best[u - 1] >= best[u]) u--; // no more RAM than the gain needs
    for (int i = n - 1; i >= 0; i--)
        if (took[(size_t)i * row + (size_t)u]) {
            in_ram[i] = true;
            u -= constant_ram_bytes(&c[i]) / CONSTANT_ALIGN;
            used += constant_ram_bytes(&c[i]);
        }
    arena_free(&a);
    return used;
}
