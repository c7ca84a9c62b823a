// Cortex-M start-up: vector table, FPU and Helium on, .data and .bss, then the firmware; a fault ends the
// run.
#include "io.h"

extern uint32_t stack_top[], data_load[], data_start[], data_end[], bss_start[], bss_end[];
int firmware_main(void);
void io_trap(unsigned long cause, unsigned long pc, unsigned long address);

void reset_handler(void);
__attribute__((used, noreturn)) void reset_handler(void)
{
    *(volatile uint32_t *)0xE000ED88 |= 0xFu << 20; // CPACR: coprocessors 10 and 11 for everybody
    __asm__ volatile("dsb\n\tisb");
    for (volatile uint32_t *s = data_load, *d = data_start; d < data_end;) *d++ = *s++;
    for (volatile uint32_t *d = bss_start; d < bss_end;) *d++ = 0;
    io_exit(firmware_main());
    for (;;) {
    }
}

__attribute__((used)) static void fault(void)
{
    io_trap(*(volatile uint32_t *)0xE000ED28, *(volatile uint32_t *)0xE000ED2C, 0); // CFSR, HFSR
}

__attribute__((section(".vectors"), used)) static void (*const vectors[16])(void) = {
    (void (*)(void))stack_top,
    reset_handler,
    fault,
    fault,
    fault,
    fault,
    fault,
    0,
    0,
    0,
    0,
    fault,
    fault,
    0,
    fault,
    fault};
