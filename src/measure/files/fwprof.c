/* fwprof: exact instruction counts (per address, mnemonic and region), taken branches, memory
 * accesses and cache models for firmware running in QEMU (system or user mode).
 *   gcc -O2 -fPIC -shared -o fwprof.so fwprof.c         (QEMU's own headers are not needed)
 *   -plugin fwprof.so,out=FILE[,mark=LO-HI,slots=ADDR][,mem=1][,taken=1]
 *           [,cache=NAME:LO-HI:SIZE:WAYS:LINE:id]...                       (four caches at most)
 * mark, slots: the firmware calls fw_mark(id), a noinline function at LO..HI that stores to
 *   fw_slots[id] (32-bit words at ADDR); each such store ends the region that began at the last.
 * cache: an LRU set-associative cache for addresses LO..HI; i = fetches, d = data, id = both; idl: and
 *   which lines were missed by reads.
 * Lines written, per region: "region ID insns N ...", "cache NAME KIND accesses N misses N",
 *   "line ADDR misses N", "pc ADDR SIZE N TAKEN MNEMONIC"; at the end "total N". */
#include "qplugin.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#define EXPORT __attribute__((visibility("default")))
EXPORT int qemu_plugin_version = 1;

typedef struct {
    uint64_t n, seen, taken, tseen;
    uint32_t pc;
    uint8_t size, used;
    char mn[14];
} rec_t;
typedef struct {
    uint64_t start, end;
    rec_t *last;
} block_t;
typedef struct {
    char name[16];
    uint64_t lo, hi;
    unsigned sets, ways, shift;
    int i, d;
    unsigned *line, nline;                       /* misses of each line by reads; NULL: not asked for */
    uint64_t *tag, *age, clock, acc[3], miss[3]; /* [0] fetch, [1] read, [2] write */
} cache_t;
#define HASH (1u << 17)
static rec_t *table[HASH], **all;
static size_t n_all, cap_all;
static cache_t caches[4];
static int n_caches;
static uint64_t mark_lo, mark_hi, slots, ld, st, ldb, stb;
static int want_mem, want_taken;
static block_t *prev;
static FILE *out;

static void touch(cache_t *c, uint64_t a, int kind)
{
    uint64_t line = a >> c->shift;
    unsigned set = (unsigned)(line % c->sets);
    uint64_t *tag = c->tag + (size_t)set * c->ways, *age = c->age + (size_t)set * c->ways;
    unsigned v = 0;
    c->acc[kind]++;
    for (unsigned w = 0; w < c->ways; w++) {
        if (tag[w] == line + 1) {
            age[w] = ++c->clock;
            return;
        }
        if (age[w] < age[v]) v = w;
    }
    c->miss[kind]++;
    if (c->line && kind == 1) c->line[line - (c->lo >> c->shift)]++;
    tag[v] = line + 1;
    age[v] = ++c->clock;
}
static rec_t *rec(uint64_t pc)
{
    unsigned h = (unsigned)((pc >> 1) * 2654435761u) % HASH;
    while (table[h] && table[h]->pc != (uint32_t)pc) h = (h + 1) % HASH;
    if (!table[h]) {
        if (n_all == HASH / 2) {
            fprintf(stderr, "fwprof: too many addresses\n");
            exit(3);
        }
        if (n_all == cap_all) {
            cap_all = cap_all ? 2 * cap_all : 1024;
            all = realloc(all, cap_all * sizeof *all);
        }
        table[h] = all[n_all++] = calloc(1, sizeof(rec_t));
        table[h]->pc = (uint32_t)pc;
    }
    return table[h];
}
static int by_pc(const void *a, const void *b)
{
    const rec_t *x = *(rec_t *const *)a, *y = *(rec_t *const *)b;
    return x->pc < y->pc ? -1 : x->pc > y->pc;
}
static void region(const char *label)
{
    static const char *kn[3] = {"fetch", "read", "write"};
    uint64_t total = 0, taken = 0;
    for (size_t i = 0; i < n_all; i++) {
        total += all[i]->n - all[i]->seen;
        taken += all[i]->taken - all[i]->tseen;
    }
    fprintf(out, "region %s insns %llu", label, (unsigned long long)total);
    if (want_taken) fprintf(out, " taken %llu", (unsigned long long)taken);
    if (want_mem)
        fprintf(out, " loads %llu stores %llu load_bytes %llu store_bytes %llu", (unsigned long long)ld,
                (unsigned long long)st, (unsigned long long)ldb, (unsigned long long)stb);
    fputc('\n', out);
    ld = st = ldb = stb = 0;
    for (int k = 0; k < n_caches; k++)
        for (int j = 0; j < 3; j++)
            if (caches[k].acc[j]) {
                fprintf(out, "cache %s %s accesses %llu misses %llu\n", caches[k].name, kn[j],
                        (unsigned long long)caches[k].acc[j], (unsigned long long)caches[k].miss[j]);
                caches[k].acc[j] = caches[k].miss[j] = 0;
            }
    for (int k = 0; k < n_caches; k++)
        for (unsigned l = 0; l < caches[k].nline; l++)
            if (caches[k].line[l]) {
                fprintf(out, "line %llx misses %u\n",
                        (unsigned long long)(((caches[k].lo >> caches[k].shift) + l) << caches[k].shift),
                        caches[k].line[l]);
                caches[k].line[l] = 0;
            }
    qsort(all, n_all, sizeof *all, by_pc);
    for (size_t i = 0; i < n_all; i++) {
        rec_t *r = all[i];
        if (r->n != r->seen) {
            fprintf(out, "pc %08x %u %llu %llu %s\n", r->pc, r->size, (unsigned long long)(r->n - r->seen),
                    (unsigned long long)(r->taken - r->tseen), r->mn);
        }
        r->seen = r->n;
        r->tseen = r->taken;
    }
}
static void on_mem(unsigned v, qemu_plugin_meminfo_t info, uint64_t a, void *u)
{
    unsigned size = 1u << qemu_plugin_mem_size_shift(info);
    bool w = qemu_plugin_mem_is_store(info);
    (void)v;
    (void)u;
    if (w) {
        st++;
        stb += size;
    } else {
        ld++;
        ldb += size;
    }
    for (int k = 0; k < n_caches; k++)
        if (caches[k].d && a >= caches[k].lo && a < caches[k].hi) touch(&caches[k], a, 1 + w);
}
static void on_mark(unsigned v, qemu_plugin_meminfo_t info, uint64_t a, void *u)
{
    char b[16];
    (void)v;
    (void)u;
    (void)info;
    if (a < slots || a >= slots + 4096) return;
    snprintf(b, sizeof b, "%u", (unsigned)((a - slots) / 4));
    region(b);
}
static void on_fetch(unsigned v, void *u)
{
    uint64_t a = (uint64_t)(uintptr_t)u;
    (void)v;
    for (int k = 0; k < n_caches; k++)
        if (caches[k].i && a >= caches[k].lo && a < caches[k].hi) touch(&caches[k], a, 0);
}
static void on_block(unsigned v, void *u)
{
    block_t *b = u;
    (void)v;
    if (prev && prev->end != b->start) prev->last->taken++;
    prev = b;
}
static void on_tb(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
    uint64_t last[4] = {~0ull, ~0ull, ~0ull, ~0ull};
    size_t n = qemu_plugin_tb_n_insns(tb);
    rec_t *r = 0;
    (void)id;
    for (size_t k = 0; k < n; k++) {
        struct qemu_plugin_insn *in = qemu_plugin_tb_get_insn(tb, k);
        uint64_t pc = qemu_plugin_insn_vaddr(in);
        unsigned size = (unsigned)qemu_plugin_insn_size(in);
        r = rec(pc);
        if (!r->used) {
            char *d = qemu_plugin_insn_disas(in), *p = d;
            size_t j = 0, h;
            if (p) {
                p += strspn(p, " \t");
                h = strspn(p, "0123456789abcdef");
                if ((h == 4 || h == 8) && p[h] == ' ')
                    p += h + strspn(p + h, " "); /* RISC-V: raw word first */
                while (*p > ' ' && j + 1 < sizeof r->mn) r->mn[j++] = *p++;
            }
            if (!j) r->mn[j++] = '?';
            r->mn[j] = 0;
            r->used = 1;
            r->size = (uint8_t)size;
            free(d);
        }
        qemu_plugin_register_vcpu_insn_exec_inline(in, QEMU_PLUGIN_INLINE_ADD_U64, &r->n, 1);
        for (int c = 0; c < n_caches; c++)
            if (caches[c].i && pc >= caches[c].lo && pc < caches[c].hi)
                for (uint64_t l = pc >> caches[c].shift; l <= (pc + size - 1) >> caches[c].shift; l++)
                    if (l != last[c]) {
                        last[c] = l;
                        qemu_plugin_register_vcpu_insn_exec_cb(in, on_fetch, QEMU_PLUGIN_CB_NO_REGS,
                                                               (void *)(uintptr_t)(l << caches[c].shift));
                    }
        if (mark_hi && pc >= mark_lo && pc < mark_hi)
            qemu_plugin_register_vcpu_mem_cb(in, on_mark, QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_W, 0);
        else if (want_mem)
            qemu_plugin_register_vcpu_mem_cb(in, on_mem, QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_RW, 0);
    }
    if (want_taken && r) {
        block_t *b = malloc(sizeof *b);
        b->start = qemu_plugin_insn_vaddr(qemu_plugin_tb_get_insn(tb, 0));
        b->end = r->pc + r->size;
        b->last = r;
        qemu_plugin_register_vcpu_tb_exec_cb(tb, on_block, QEMU_PLUGIN_CB_NO_REGS, b);
    }
}
static void at_end(qemu_plugin_id_t id, void *u)
{
    uint64_t t = 0;
    (void)id;
    (void)u;
    region("end");
    for (size_t i = 0; i < n_all; i++) t += all[i]->n;
    fprintf(out, "total %llu\n", (unsigned long long)t);
    fflush(out);
}
EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
    (void)info;
    out = stderr;
    for (int i = 0; i < argc; i++) {
        char *a = argv[i], *e;
        if (!strncmp(a, "out=", 4)) {
            if (!(out = fopen(a + 4, "w"))) {
                perror(a + 4);
                return -1;
            }
        } else if (!strncmp(a, "mark=", 5)) {
            mark_lo = strtoull(a + 5, &e, 0);
            mark_hi = strtoull(e + 1, 0, 0);
        } else if (!strncmp(a, "slots=", 6))
            slots = strtoull(a + 6, 0, 0);
        else if (!strncmp(a, "mem=", 4))
            want_mem = atoi(a + 4);
        else if (!strncmp(a, "taken=", 6))
            want_taken = atoi(a + 6);
        else if (!strncmp(a, "cache=", 6) && n_caches < 4) {
            cache_t *c = &caches[n_caches];
            unsigned size, line;
            char kind[5];
            long long lo, hi;
            if (sscanf(a + 6, "%15[^:]:%lli-%lli:%u:%u:%u:%4s", c->name, &lo, &hi, &size, &c->ways, &line,
                       kind) != 7)
                return -1;
            c->lo = (uint64_t)lo;
            c->hi = (uint64_t)hi;
            c->sets = size / line / c->ways;
            c->i = !!strchr(kind, 'i');
            c->d = !!strchr(kind, 'd');
            while ((1u << c->shift) < line) c->shift++;
            c->tag = calloc((size_t)c->sets * c->ways, 8);
            c->age = calloc((size_t)c->sets * c->ways, 8);
            if (c->d) want_mem = 1;
            if (strchr(kind, 'l')) {
                c->nline = (unsigned)((c->hi >> c->shift) - (c->lo >> c->shift)) + 1;
                c->line = calloc(c->nline, sizeof *c->line);
            }
            n_caches++;
        } else {
            fprintf(stderr, "fwprof: what is %s?\n", a);
            return -1;
        }
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_tb);
    qemu_plugin_register_atexit_cb(id, at_end, 0);
    return 0;
}
