# RISC-V start-up: traps end the run, FPU on, .data and .bss, then the firmware.
    .option arch, +zicsr
    .section .text.start,"ax"
    .globl _start
_start:
    .option push
    .option norelax
    la gp, __global_pointer$
    .option pop
    la sp, stack_top
    la t0, trap
    csrw mtvec, t0
#ifdef __riscv_flen
    li t0, 0x2000                   # mstatus.FS = initial
    csrs mstatus, t0
    csrw fcsr, zero
#endif
    la a0, data_load
    la a1, data_start
    la a2, data_end
1:  bgeu a1, a2, 2f
    lw t0, 0(a0)
    sw t0, 0(a1)
    addi a0, a0, 4
    addi a1, a1, 4
    j 1b
2:  la a1, bss_start
    la a2, bss_end
3:  bgeu a1, a2, 4f
    sw zero, 0(a1)
    addi a1, a1, 4
    j 3b
4:  call firmware_main
    call io_exit
    .balign 4
trap:
    csrr a0, mcause
    csrr a1, mepc
    csrr a2, mtval
    call io_trap
