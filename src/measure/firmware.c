// Building the emitted project and running it on the emulated chip.
#include "parts.h"
#include "../base/buf.h"
#include "../base/file.h"
#include "../base/hash.h"
#include "../base/proc.h"
#include "../emit/emit.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// The first line that says what is wrong.
static const char *complaint(const struct proc_result *r, struct arena *a)
{
    const char *text = r->err.n ? (const char *)r->err.p : (const char *)r->out.p;
    static const char *const telling[] = {"overflowed", "undefined reference", "error", NULL};
    const char *p = NULL;
    for (int i = 0; telling[i] && !p; i++) p = strstr(text, telling[i]);
    if (!p) p = text;
    while (p > text && p[-1] != '\n') p--;
    return arena_printf(a, "%.*s", (int)strcspn(p, "\n"), p);
}

// Sizes of what the linker kept of the model, by the section names of the map: -ffunction-sections and
// -fdata-sections give every function and table one of its own.
static void sizes_read(struct firmware *f, const char *name, const char *map, struct arena *a)
{
    const char *p = strstr(map, "Linker script and memory map");
    char section[128] = "";
    f->flash_bytes = f->weight_bytes = f->arena_bytes = f->static_bytes = 0;
    for (const char *next; p && *p; p = next) {
        next = strchr(p, '\n');
        size_t n = next ? (size_t)(next++ - p) : strlen(p);
        char line[1024], file[512];
        unsigned long at, size;
        snprintf(line, sizeof line, "%.*s", (int)n, p);
        if (line[0] == ' ' &&
            line[1] == '.') { // " .text.run  0x.. 0x.. file", the rest on the next line when long
            sscanf(line, " %127s", section);
        } else if (line[0] != ' ' || line[1] != ' ') {
            section[0] = 0;
        }
        const char *hex = strstr(line, " 0x");
        if (!section[0] || !hex || sscanf(hex, " 0x%lx 0x%lx %511s", &at, &size, file) != 3) continue;
        const char *base = strrchr(file, '/') ? strrchr(file, '/') + 1 : file;
        bool model = !strcmp(base, arena_printf(a, "%s.o", name));
        bool support =
            !strncmp(base, "libgcc.a", 8) || !strcmp(base, "memory.o") || !strncmp(base, "rom_", 4);
        if (!model && !support) continue;
        bool bss = !strncmp(section, ".bss", 4) || !strncmp(section, ".sbss", 5);
        bool data = !strncmp(section, ".data", 5) || !strncmp(section, ".sdata", 6);
        bool flash = data || !strncmp(section, ".text", 5) || !strncmp(section, ".rodata", 7) ||
                     !strncmp(section, ".srodata", 8) || !strncmp(section, ".literal", 8) ||
                     !strncmp(section, ".ARM.ex", 7);
        const char *item = strrchr(section, '.') + 1;
        if (flash) f->flash_bytes += (int64_t)size;
        if (model && flash && item[0] == 'c' && item[1] >= '0' && item[1] <= '9')
            f->weight_bytes += (int64_t)size;
        if (bss && model && !strcmp(item, "arena"))
            f->arena_bytes += (int64_t)size;
        else if (bss || data)
            f->static_bytes += (int64_t)size;
        section[0] = 0;
    }
}

bool firmware_build(struct firmware *f, const char *name, const char *extra, struct arena *a, struct err *e)
{
    f->elf = arena_printf(a, "%s/%s.elf", f->build, name);
    // A make above us must not lend its flags and job slots.
    const char *const argv[] = {"env",
                                "-u",
                                "MAKEFLAGS",
                                "-u",
                                "MFLAGS",
                                "-u",
                                "MAKELEVEL",
                                "make",
                                "-s",
                                "-j2",
                                arena_printf(a, "CC=%s", f->cc),
                                arena_printf(a, "B=%s", f->build),
                                arena_printf(a, "EXTRA=%s", extra ? extra : ""),
                                f->elf,
                                NULL};
    struct proc_result r;
    if (!proc_find("make", a)) return fail(e, "no make to build the firmware; apt-get install make");
    if (!proc_run(argv, f->dir, 600, a, &r, e)) return false;
    if (r.status)
        return fail(e, "%s: the emitted project does not build: %s", f->target->name, complaint(&r, a));
    struct span map;
    if (!file_read(arena_printf(a, "%s/%s/%s.map", f->dir, f->build, name), a, &map, e)) return false;
    sizes_read(f, name, (const char *)map.p, a);
    return true;
}

const char *plugin_build(struct arena *a, struct err *e)
{
    const struct embedded *c = embedded_find("src/measure/files/fwprof.c"),
                          *h = embedded_find("src/measure/files/qplugin.h");
    if (!c || !h)
        return FAIL_NULL(e, "the counting plug-in is not inside this program; rebuild it (make clean all)");
    const char *home = getenv("HOME"), *dir = home ? arena_printf(a, "%s/.cache/wearlite", home) : NULL;
    struct err ignored;
    if (!dir || !dir_make(dir, &ignored) || access(dir, W_OK))
        dir = arena_printf(a, "/tmp/wearlite-%d", (int)getuid());
    if (!dir_make(dir, e)) return NULL;
    struct sha256 s;
    char hex[65];
    sha256_init(&s);
    sha256_add(&s, c->bytes, c->n);
    sha256_add(&s, h->bytes, h->n);
    sha256_hex(&s, hex);
    const char *so = arena_printf(a, "%s/fwprof-%.12s.so", dir, hex);
    if (file_exists(so)) return so;
    const char *cc = proc_find("cc", a);
    if (!cc) cc = proc_find("gcc", a);
    if (!cc)
        return FAIL_NULL(
            e, "no C compiler for this machine, which counting instructions needs; apt-get install gcc");
    const char *src = arena_printf(a, "%s/fwprof-%d", dir, (int)getpid()),
               *tmp = arena_printf(a, "%s.so", src);
    if (!dir_make(src, e) ||
        !file_write(arena_printf(a, "%s/fwprof.c", src), (struct span){c->bytes, c->n}, e) ||
        !file_write(arena_printf(a, "%s/qplugin.h", src), (struct span){h->bytes, h->n}, e))
        return NULL;
    const char *const argv[] = {
        cc, "-O2", "-fPIC", "-shared", "-o", tmp, arena_printf(a, "%s/fwprof.c", src), NULL};
    struct proc_result r;
    bool good = proc_run(argv, NULL, 120, a, &r, e);
    dir_remove(src);
    if (!good) return NULL;
    if (r.status) return FAIL_NULL(e, "the counting plug-in does not compile: %s", complaint(&r, a));
    if (rename(tmp, so)) return FAIL_NULL(e, "%s: cannot be written", so);
    return so;
}

struct symbol {
    uint64_t at, size;
    const char *name;
};

// All symbols of the program.
static struct symbol *symbols_read(const struct firmware *f, int *n, struct arena *a, struct err *e)
{
    char *nm = arena_strdup(a, f->cc);
    nm[strlen(nm) - 3] = 0;
    const char *const argv[] = {arena_printf(a, "%snm", nm), "-S", f->elf, NULL};
    struct proc_result r;
    *n = 0;
    if (!proc_run(argv, f->dir, 30, a, &r, e)) return NULL;
    int lines = 1;
    for (const char *p = (const char *)r.out.p; *p; p++) lines += *p == '\n';
    struct symbol *s = arena_new_n(a, (size_t)lines, struct symbol);
    for (const char *p = (const char *)r.out.p; *p; p += strcspn(p, "\n"), p += *p == '\n') {
        char w[4][64]; // address, size (not of every symbol), kind, name
        int k = sscanf(p, "%63s %63s %63s %63s", w[0], w[1], w[2], w[3]);
        if (k < 3 || !strcspn(p, "\n")) continue;
        const bool sized = strlen(w[1]) > 1;
        s[(*n)++] = (struct symbol){strtoull(w[0], NULL, 16), sized ? strtoull(w[1], NULL, 16) : 0,
                                    arena_strdup(a, sized ? w[3] : w[2])};
    }
    return s;
}

static const struct symbol *symbol_find(const struct symbol *s, int n, const char *name)
{
    for (int i = 0; i < n; i++)
        if (!strcmp(s[i].name, name)) return &s[i];
    return NULL;
}

bool firmware_constants(const struct firmware *f, const int *number, int n, uint32_t *address,
                        struct arena *a, struct err *e)
{
    int count;
    const struct symbol *all = symbols_read(f, &count, a, e);
    for (int i = 0; all && i < n; i++) {
        const struct symbol *s = symbol_find(all, count, arena_printf(a, "c%d", number[i]));
        address[i] = s ? (uint32_t)s->at : 0;
    }
    return all;
}

// Addresses that the plug-in must know.
static bool symbols(const struct firmware *f, uint64_t mark[2], uint64_t *slots, uint64_t rom[2],
                    struct arena *a, struct err *e)
{
    int n;
    const struct symbol *all = symbols_read(f, &n, a, e);
    if (!all) return false;
    const struct symbol *m = symbol_find(all, n, "fw_mark"), *s = symbol_find(all, n, "fw_slots"),
                        *lo = symbol_find(all, n, "rom_start"), *hi = symbol_find(all, n, "rom_end");
    if (!m || !s || !lo || !hi)
        return fail(e, "%s: the firmware lacks a symbol that counting needs", f->target->name);
    mark[0] = m->at & ~1ull, mark[1] = mark[0] + m->size, *slots = s->at, rom[0] = lo->at, rom[1] = hi->at;
    return true;
}

static int words(const char *text, const char **argv, struct arena *a)
{
    int n = 0;
    for (const char *p = text; *(p += strspn(p, " "));) {
        size_t k = strcspn(p, " ");
        argv[n++] = arena_strndup(a, p, k);
        p += k;
    }
    return n;
}

bool firmware_run(const struct firmware *f, const char *in, const char *out, const char *profile, int seconds,
                  int64_t *stack, struct arena *a, struct err *e)
{
    const struct target *t = f->target;
    const char *argv[64];
    int n = 0;
    argv[n++] = f->qemu;
    n += words(t->qemu_args, argv + n, a);
    n += words("-display none -monitor none -serial none -semihosting-config", argv + n, a);
    argv[n++] = arena_printf(a, "enable=on,target=native,arg=fw,arg=%s,arg=%s", in, out);
    if (profile) {
        uint64_t mark[2] = {0}, slots = 0, rom[2] = {0};
        if (!symbols(f, mark, &slots, rom, a, e)) return false;
        char *plugin =
            arena_printf(a, "%s,out=%s,taken=1,mark=0x%llx-0x%llx,slots=0x%llx", f->plugin, profile,
                         (unsigned long long)mark[0], (unsigned long long)mark[1], (unsigned long long)slots);
        if (t->cache.bytes)
            for (int code = 0; code < 2; code++) // with constants in flash, and in RAM
                plugin =
                    arena_printf(a, "%s,cache=%s:0x%llx-0x%llx:%u:%u:%u:%s", plugin, code ? "code" : "flash",
                                 (unsigned long long)rom[0], (unsigned long long)rom[1], t->cache.bytes,
                                 t->cache.ways, t->cache.line, code ? "i" : "idl");
        n += words("-icount shift=0,sleep=off -plugin", argv + n, a);
        argv[n++] = plugin;
    }
    argv[n++] = t->load_by_device ? "-device" : "-kernel";
    argv[n++] = t->load_by_device ? arena_printf(a, "loader,cpu-num=0,file=%s", f->elf) : f->elf;
    argv[n] = NULL;
    struct proc_result r;
    if (!proc_run(argv, f->dir, seconds, a, &r, e)) return false;
    if (r.status == 124)
        return fail(e, "%s: the emulated run was not done after %d seconds; try fewer windows", t->name,
                    seconds);
    const char *said = strstr((const char *)r.out.p, "windows ");
    if (!said) said = strstr((const char *)r.err.p, "windows ");
    if (r.status || !said) {
        const char *text = r.err.n ? (const char *)r.err.p : (const char *)r.out.p;
        return fail(e, "%s: the emulated run ended with status %d: %.*s", t->name, r.status,
                    (int)strcspn(text, "\n"), text);
    }
    long windows, bytes;
    *stack = sscanf(said, "windows %ld stack %ld", &windows, &bytes) == 2 ? bytes : -1;
    return true;
}
