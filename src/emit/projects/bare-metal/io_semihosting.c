// io.h for the emulators: Arm (bkpt 0xAB) and RISC-V (slli, ebreak, srai) semihosting, Xtensa's simcall.
#include "io.h"

volatile uint32_t fw_slots[4];
__attribute__((noinline)) void fw_mark(unsigned id)
{
    fw_slots[id] = id;
}

#if defined(__arm__) || defined(__riscv)
#if defined(__arm__)
static long call(long op, const void *arg)
{
    register long r0 __asm__("r0") = op;
    register const void *r1 __asm__("r1") = arg;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}
#else
static long call(long op, const void *arg)
{
    register long a0 __asm__("a0") = op;
    register const void *a1 __asm__("a1") = arg;
    __asm__ volatile(".balign 16\n\t.option push\n\t.option norvc\n\t"
                     "slli x0, x0, 0x1f\n\tebreak\n\tsrai x0, x0, 7\n\t.option pop"
                     : "+r"(a0)
                     : "r"(a1)
                     : "memory");
    return a0;
}
#endif
enum {
    SYS_OPEN = 1,
    SYS_CLOSE = 2,
    SYS_WRITE0 = 4,
    SYS_WRITE = 5,
    SYS_READ = 6,
    SYS_GET_CMDLINE = 0x15,
    SYS_EXIT = 0x20
};
void io_puts(const char *s)
{
    call(SYS_WRITE0, s);
}
void io_exit(int code)
{
    uintptr_t a[2] = {0x20026u, (uintptr_t)code};
    for (;;) call(SYS_EXIT, a);
}
long io_open(const char *name, int write)
{
    uintptr_t a[3] = {(uintptr_t)name, write ? 5u : 1u, 0};
    while (name[a[2]]) a[2]++;
    return call(SYS_OPEN, a);
}
long io_read(long h, void *to, size_t n)
{
    uintptr_t a[3] = {(uintptr_t)h, (uintptr_t)to, n};
    return (long)n - call(SYS_READ, a);
}
long io_write(long h, const void *from, size_t n)
{
    uintptr_t a[3] = {(uintptr_t)h, (uintptr_t)from, n};
    return (long)n - call(SYS_WRITE, a);
}
void io_close(long h)
{
    uintptr_t a[1] = {(uintptr_t)h};
    call(SYS_CLOSE, a);
}
int io_args(char *line, size_t n)
{
    uintptr_t a[2] = {(uintptr_t)line, n};
    line[0] = 0;
    return (int)call(SYS_GET_CMDLINE, a);
}

#elif defined(__xtensa__)
static long call(long n, long a, long b, long c)
{
    register long a2 __asm__("a2") = n;
    register long a3 __asm__("a3") = a;
    register long a4 __asm__("a4") = b;
    register long a5 __asm__("a5") = c;
#if defined(__XTENSA_WINDOWED_ABI__) // in this core's table simcall takes an operand
    __asm__ volatile("simcall 0" : "+r"(a2), "+r"(a3) : "r"(a4), "r"(a5) : "memory");
#else
    __asm__ volatile("simcall" : "+r"(a2), "+r"(a3) : "r"(a4), "r"(a5) : "memory");
#endif
    return a2;
}
enum {
    SYS_EXIT = 1,
    SYS_READ = 3,
    SYS_WRITE = 4,
    SYS_OPEN = 5,
    SYS_CLOSE = 6,
    SYS_ARGC = 1000,
    SYS_ARGV_SIZE = 1001,
    SYS_ARGV = 1002
};
void io_puts(const char *s)
{
    size_t n = 0;
    while (s[n]) n++;
    call(SYS_WRITE, 1, (long)s, (long)n);
}
void io_exit(int code)
{
    for (;;) call(SYS_EXIT, code, 0, 0);
}
long io_open(const char *name, int write)
{
    return call(SYS_OPEN, (long)name, write ? 01101 : 0, 0644); // flags are those of a Linux host
}
// One call may move less than asked for.
static long all(long op, long h, char *p, size_t n)
{
    size_t done = 0;
    long k;
    while (done < n && (k = call(op, h, (long)(p + done), (long)(n - done))) > 0) done += (size_t)k;
    return (long)done;
}
long io_read(long h, void *to, size_t n)
{
    return all(SYS_READ, h, to, n);
}
long io_write(long h, const void *from, size_t n)
{
    return all(SYS_WRITE, h, (char *)(uintptr_t)from, n);
}
void io_close(long h)
{
    call(SYS_CLOSE, h, 0, 0);
}
int io_args(char *line, size_t n)
{
    static char text[512]; // pointers to the arguments, then the arguments
    long argc = call(SYS_ARGC, 0, 0, 0);
    size_t o = 0;
    line[0] = 0;
    if (call(SYS_ARGV_SIZE, 0, 0, 0) > (long)sizeof text) return -1;
    call(SYS_ARGV, (long)text, 0, 0);
    for (long i = 0; i < argc; i++) {
        const char *s = ((char **)(void *)text)[i];
        if (i && o + 1 < n) line[o++] = ' ';
        while (*s && o + 1 < n) line[o++] = *s++;
    }
    line[o] = 0;
    return 0;
}
#endif

void io_dec(unsigned long v)
{
    char b[24];
    int i = 23;
    b[i] = 0;
    do b[--i] = (char)('0' + v % 10);
    while (v /= 10);
    io_puts(b + i);
}

// The start-up files jump here when the processor traps: a wrong program must end the run, not hang it.
void io_trap(unsigned long cause, unsigned long pc, unsigned long address);
void io_trap(unsigned long cause, unsigned long pc, unsigned long address)
{
    io_puts("TRAP cause "), io_dec(cause), io_puts(" pc "), io_dec(pc), io_puts(" address "), io_dec(address);
    io_puts("\n");
    io_exit(99);
}
