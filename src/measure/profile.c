// What fwprof wrote: regions between marks, with the count of every address.
#include "parts.h"
#include "../base/file.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct class_at *class_find(const struct classes *c, uint32_t pc)
{
    int lo = 0, hi = c->n;
    while (lo < hi) {
        int mid = (lo + hi) / 2;
        if (c->at[mid].pc < pc)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < c->n && c->at[lo].pc == pc ? &c->at[lo] : NULL;
}

bool profile_read(const struct firmware *f, const char *file, struct profile *p, struct arena *a,
                  struct err *e)
{
    struct classes c;
    struct span text;
    if (!classes_read(f, &c, a, e)) return false;
    if (!file_read(arena_printf(a, "%s/%s", f->dir, file), a, &text, e)) return false;
    const char *arch = strstr(f->cc, "arm-") ? "arm" : strstr(f->cc, "riscv") ? "riscv" : "xtensa";
    int cap = 0, lines = 0;
    for (const char *q = (const char *)text.p; (q = strstr(q, "region ")); q++) cap++;
    for (const char *q = (const char *)text.p; (q = strstr(q, "\nline ")); q++) lines++;
    p->region = arena_new_n(a, (size_t)cap + 1, struct region);
    p->line = arena_new_n(a, (size_t)lines + 1, struct line);
    p->n = p->nline = 0;
    struct region *r = NULL;
    bool total = false;
    for (char *line = (char *)(uintptr_t)text.p, *next; line && *line; line = next) {
        next = strchr(line, '\n');
        if (next) *next++ = 0;
        unsigned pc, size;
        unsigned long long n, taken;
        char label[16], name[16], mnemonic[16];
        if (sscanf(line, "region %15s", label) == 1) {
            r = &p->region[p->n++];
            r->id = !strcmp(label, "end") ? -1 : atoi(label);
        } else if (r && sscanf(line, "pc %x %u %llu %llu %15s", &pc, &size, &n, &taken, mnemonic) == 5) {
            const struct class_at *at = class_find(&c, pc);
            // objdump loses step behind padding on Xtensa; the emulator's own word is then taken.
            const int class_ = at ? (int)at->class_ : (int)class_of(arch, mnemonic, "");
            r->n[class_] += (double)n;
            r->words += at ? at->words * (double)n : 0;
            r->instructions += (double)n;
            // The way back in a zero-overhead loop is no branch's and costs nothing: esp-dsp's float dot product takes
            // 5.1 cycles a step of five instructions, that way included (target/xtensa.c).
            if (class_ == C_BRANCH || strcmp(arch, "xtensa")) r->taken += (double)taken;
        } else if (r &&
                   sscanf(line, "cache %15s %15s accesses %llu misses %llu", name, label, &n, &taken) == 4) {
            *(strcmp(name, "code") ? &r->misses : &r->code_misses) += (double)taken;
        } else if (r && sscanf(line, "line %x misses %llu", &pc, &n) == 2) {
            p->line[p->nline++] = (struct line){pc, p->n - 1, (double)n};
        } else if (!strncmp(line, "total ", 6)) {
            total = true;
        }
    }
    return total ||
           fail(e, "the profile of the emulated run is cut off; is there space in the temporary folder?");
}

double miss_cycles(const struct target *t, double ns)
{
    return ns * t->clock_hz * 1e-9;
}

double cycles_of(const struct target *t, const struct region *r)
{
    const struct cycle_cost *k = &t->cost;
    const double cost[C_COUNT] = {k->alu,   k->mul,    k->mac, k->div,  k->load,
                                  k->store, k->branch, k->fpu, k->fmac, k->simd};
    double cycles = k->taken * r->taken + k->word * r->words;
    for (int i = 0; i < C_COUNT; i++) cycles += cost[i] * r->n[i];
    return cycles;
}
