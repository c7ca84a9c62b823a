// What the firmware asks of the machine around it: the emulator by semihosting, or the host's C library.
#ifndef IO_H
#define IO_H
#include <stddef.h>
#include <stdint.h>

int io_args(char *line, size_t n); // the command line, arguments joined by blanks; the first is the program
long io_open(const char *name, int write); // -1: cannot
long io_read(long h, void *to, size_t n);  // bytes got
long io_write(long h, const void *from, size_t n);
void io_close(long h);
void io_puts(const char *s);
void io_dec(unsigned long v);
void io_exit(int code);

// A region for the profiler (fwprof) ends here: it sees the store to fw_slots[id].
extern volatile uint32_t fw_slots[4];
void fw_mark(unsigned id);

// Where the stack pointer is; NULL where the stack cannot be painted.
#if defined(__arm__)
#define IO_SP(p) __asm__ volatile("mov %0, sp" : "=r"(p))
#elif defined(__riscv)
#define IO_SP(p) __asm__ volatile("mv %0, sp" : "=r"(p))
#elif defined(__xtensa__)
#define IO_SP(p) __asm__ volatile("mov %0, a1" : "=r"(p))
#else
#define IO_SP(p) ((p) = NULL)
#endif
extern char io_stack_end[]; // lowest address that the stack may reach
#endif
