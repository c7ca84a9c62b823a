/* Xtensa lx106 (call0 ABI) for "qemu-system-xtensa -M sim": the loader device enters at _start. */
    .section .vectors,"ax"
    .org 0x20                       /* VECBASE+0x30: kernel exception (the linker script puts 16 bytes of literals first) */
    j fault
    .org 0x40                       /* VECBASE+0x50: user exception */
    j fault
    .org 0x60                       /* VECBASE+0x70: double exception */
    j fault
    .align 4
    .literal_position
fault:
    movi a1, stack_top
    rsr.exccause a2
    rsr.epc1 a3
    rsr.excvaddr a4
    movi a0, io_trap
    callx0 a0
    .section .text.start,"ax"
    .literal_position
    .globl _start
    .align 4
_start:
    movi a0, 0x20                   /* PS.UM=1, EXCM=0, INTLEVEL=0 */
    wsr.ps a0
    rsync
    movi a0, 0
    movi sp, stack_top
    movi a2, data_load
    movi a3, data_start
    movi a4, data_end
    j 2f
1:  l32i a5, a2, 0
    s32i a5, a3, 0
    addi a2, a2, 4
    addi a3, a3, 4
2:  bltu a3, a4, 1b
    movi a3, bss_start
    movi a4, bss_end
    movi a5, 0
    j 4f
3:  s32i a5, a3, 0
    addi a3, a3, 4
4:  bltu a3, a4, 3b
    call0 firmware_main
    call0 io_exit
