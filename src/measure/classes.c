// Instructions into classes of about the same cost. From objdump: the emulator's own disassembler does not
// know Helium and low-overhead loops.
#include "parts.h"
#include "../base/proc.h"
#include <stdlib.h>
#include <string.h>

const char *const class_names[C_COUNT] = {"alu",   "mul",    "mac", "div",  "load",
                                          "store", "branch", "fpu", "fmac", "simd"};

static bool starts(const char *s, const char *const *list)
{
    for (; *list; list++)
        if (!strncmp(s, *list, strlen(*list))) return true;
    return false;
}
#define STARTS(s, ...) starts(s, (const char *const[]){__VA_ARGS__, NULL})

// The mnemonic without a width (b.n) is one of the list.
static bool equals(const char *s, const char *const *list)
{
    size_t n = strlen(s);
    if (n > 2 && (!strcmp(s + n - 2, ".n") || !strcmp(s + n - 2, ".w"))) n -= 2;
    for (; *list; list++)
        if (strlen(*list) == n && !memcmp(s, *list, n)) return true;
    return false;
}
#define EQUALS(s, ...) equals(s, (const char *const[]){__VA_ARGS__, NULL})

static bool has_vector_register(const char *s)
{
    for (const char *p = s; (p = strchr(p, 'q')); p++)
        if ((p == s || strchr(" ,{[", p[-1])) && p[1] >= '0' && p[1] <= '7') return true;
    return false;
}

static enum class_id class_arm(const char *m, const char *ops)
{
    if (has_vector_register(ops) ||
        STARTS(m, "vctp", "vpst", "vpt", "vpsel", "vmlada", "vmaxv", "vminv", "vaddv"))
        return C_SIMD;
    if (STARTS(m, "vfma", "vfms", "vfnm", "vmla", "vmls", "vnmla", "vnmls")) return C_FMAC;
    if (STARTS(m, "vdiv", "vsqrt", "sdiv", "udiv")) return C_DIV;
    if (STARTS(m, "vldr", "vldm", "vpop", "ldr", "ldm", "pop", "ldrd")) return C_LOAD;
    if (STARTS(m, "vstr", "vstm", "vpush", "str", "stm", "push")) return C_STORE;
    if (m[0] == 'v') return C_FPU;
    if (STARTS(m, "mla", "mls", "smla", "smls", "smua", "smus", "umlal", "umaal", "smmla")) return C_MAC;
    if (STARTS(m, "mul", "smul", "umul", "smmul")) return C_MUL;
    if (EQUALS(m, "b", "bl", "bx", "blx", "cbz", "cbnz", "tbb", "tbh", "le", "dls", "wls", "letp", "dlstp",
               "wlstp", "beq", "bne", "bcs", "bcc", "bmi", "bpl", "bvs", "bvc", "bhi", "bls", "bge", "blt",
               "bgt", "ble") ||
        STARTS(m, "dlstp", "wlstp", "letp"))
        return C_BRANCH;
    return C_ALU;
}

static enum class_id class_riscv(const char *m)
{
    if (STARTS(m, "fmadd", "fmsub", "fnmadd", "fnmsub")) return C_FMAC;
    if (STARTS(m, "div", "rem", "fdiv", "fsqrt")) return C_DIV;
    if (EQUALS(m, "lb", "lh", "lw", "lbu", "lhu", "flw", "c.lw", "c.lwsp", "c.flw", "c.flwsp")) return C_LOAD;
    if (EQUALS(m, "sb", "sh", "sw", "fsw", "c.sw", "c.swsp", "c.fsw", "c.fswsp")) return C_STORE;
    if (m[0] == 'f' && strncmp(m, "fence", 5)) return C_FPU;
    if (STARTS(m, "mul")) return C_MUL;
    if (m[0] == 'b' || m[0] == 'j' || EQUALS(m, "ret", "call", "tail")) return C_BRANCH;
    return C_ALU;
}

static enum class_id class_xtensa(const char *m)
{
    size_t n = strlen(m);
    if (EQUALS(m, "madd.s", "msub.s", "maddn.s")) return C_FMAC;
    if (STARTS(m, "mula.", "muls.", "mul.aa", "mul.ad", "mul.da", "mul.dd", "umul.aa")) return C_MAC;
    if (STARTS(m, "quo", "rem", "div", "sqrt")) return C_DIV;
    if (EQUALS(m, "mul.s")) return C_FPU;
    if (STARTS(m, "mul")) return C_MUL;
    if (STARTS(m, "l8", "l16", "l32", "lsi", "lsx", "lsip", "lsxp", "ldinc", "lddec")) return C_LOAD;
    if (STARTS(m, "s8", "s16", "s32", "ssi", "ssx", "ssip", "ssxp")) return C_STORE;
    if (n > 2 && !strcmp(m + n - 2, ".s")) return C_FPU;
    if (m[0] == 'b' || STARTS(m, "j", "call", "ret", "loop")) return C_BRANCH;
    return C_ALU;
}

enum class_id class_of(const char *arch, const char *m, const char *ops)
{
    return !strcmp(arch, "arm")     ? class_arm(m, ops)
           : !strcmp(arch, "riscv") ? class_riscv(m)
                                    : class_xtensa(m);
}

int registers_of(const char *ops)
{
    const char *p = strchr(ops, '{');
    int n = 0;
    if (!p) return 1;
    for (p++; *p && *p != '}'; p += *p == ',', p += strspn(p, " ")) {
        size_t k = strcspn(p, ",}");
        const char *dash = memchr(p, '-', k);
        n += dash ? atoi(dash + 2) - atoi(p + 1) + 1 : 1;
        p += k;
    }
    return n < 1 || n > 32 ? 1 : n;
}

static int by_pc(const void *a, const void *b)
{
    const struct class_at *x = a, *y = b;
    return (x->pc > y->pc) - (x->pc < y->pc);
}

// "  1000040:\t4b0a      \tldr\tr3, [pc, #40]\t; (...)"
static bool line_read(const char *arch, const char *line, const char *end, struct class_at *out)
{
    char *rest, mnemonic[24] = "", ops[80] = "";
    unsigned long pc = strtoul(line, &rest, 16);
    if (rest == line || *rest != ':' || rest[1] != '\t') return false;
    const char *p = memchr(rest + 2, '\t', (size_t)(end - rest - 2)), *q = p;
    if (!p) return false;
    for (p++, q = p; q < end && *q != '\t' && *q != ' '; q++)
        ;
    if (q == p || q - p >= (long)sizeof mnemonic) return false;
    memcpy(mnemonic, p, (size_t)(q - p));
    size_t n = (size_t)(end - q);
    memcpy(ops, q, n < sizeof ops ? n : sizeof ops - 1);
    for (char *c = ops; *c; c++)
        if (*c == '\t') *c = ' ';
    enum class_id class_ = class_of(arch, mnemonic, ops);
    int words = class_ != C_LOAD && class_ != C_STORE                            ? 1
                : !strcmp(arch, "arm") && strchr(ops, '{')                       ? registers_of(ops)
                : !strncmp(mnemonic, "ldrd", 4) || !strncmp(mnemonic, "strd", 4) ? 2
                                                                                 : 1;
    *out = (struct class_at){(uint32_t)pc, (uint8_t)class_, (uint8_t)(words - 1)};
    return mnemonic[0] != '.'; // .word, .byte: data between the code
}

bool classes_read(const struct firmware *f, struct classes *c, struct arena *a, struct err *e)
{
    char *objdump = arena_strdup(a, f->cc);
    size_t n = strlen(objdump);
    objdump[n - 3] = 0; // ...-gcc
    const char *tool = arena_printf(a, "%sobjdump", objdump);
    bool helium = strstr(f->target->cflags, "cortex-m55") != NULL;
    const char *const argv[] = {tool,   "-d", helium ? "-m" : f->elf, helium ? "armv8.1-m.main" : NULL,
                                f->elf, NULL};
    struct proc_result r;
    if (!proc_run(argv, f->dir, 60, a, &r, e)) return false;
    if (r.status) return fail(e, "%s ended with status %d: %.200s", tool, r.status, (const char *)r.err.p);
    const char *p = (const char *)r.out.p, *end = p + r.out.n;
    const char *arch = strstr(f->cc, "arm-") ? "arm" : strstr(f->cc, "riscv") ? "riscv" : "xtensa";
    size_t lines = 1;
    for (const char *q = p; q < end; q++) lines += *q == '\n';
    c->at = arena_new_n(a, lines, struct class_at);
    c->n = 0;
    while (p < end) {
        const char *nl = memchr(p, '\n', (size_t)(end - p));
        if (!nl) nl = end;
        c->n += line_read(arch, p, nl, &c->at[c->n]);
        p = nl + 1;
    }
    qsort(c->at, (size_t)c->n, sizeof *c->at, by_pc);
    return c->n > 0 || fail(e, "%s: no instruction in the disassembly", tool);
}
