/* Start-up for QEMU's Xtensa core de233_fpu (qemu-system-xtensa -M sim), windowed ABI. The loader device enters at
 * _start. Register windows are spilled and filled by the six short handlers at VECBASE; their shape is given by the
 * ABI: the frame above keeps this frame's a0..a3 in the 16 bytes under its own stack pointer, and a4.. under the
 * stack pointer of this frame's caller. */
    .macro spill from, to, base, off         /* s32e a<from>..a<to>, base, off, off+4, ... */
    s32e a\from, \base, \off
    .if \to-\from
    spill %(\from+1), \to, \base, %(\off+4)
    .endif
    .endm
    .macro fill from, to, base, off
    l32e a\from, \base, \off
    .if \to-\from
    fill %(\from+1), \to, \base, %(\off+4)
    .endif
    .endm
    .altmacro
    .section .vectors, "ax"
    .globl vectors
vectors:
    spill 0, 3, a5, -16                      /* 0x000 overflow, called by call4 */
    rfwo
    .org 0x40
uf4:
    fill 0, 3, a5, -16                       /* 0x040 underflow, call4 */
    rfwu
    .org 0x80
    s32e a0, a9, -16                         /* 0x080 overflow, call8 */
    l32e a0, a1, -12                         /* the caller's stack pointer */
    spill 1, 3, a9, -12
    spill 4, 7, a0, -32
    rfwo
    .org 0xc0
uf8:
    fill 0, 2, a9, -16                       /* 0x0c0 underflow, call8 */
    l32e a7, a1, -12
    l32e a3, a9, -4
    fill 4, 7, a7, -32
    rfwu
    .org 0x100
    s32e a0, a13, -16                        /* 0x100 overflow, call12 */
    l32e a0, a1, -12
    spill 1, 3, a13, -12
    spill 4, 11, a0, -48
    rfwo
    .org 0x140
uf12:
    fill 0, 2, a13, -16                      /* 0x140 underflow, call12 */
    l32e a11, a1, -12
    l32e a3, a13, -4
    fill 4, 11, a11, -48
    rfwu
    .irp at, 0x180, 0x1c0, 0x200, 0x240, 0x280, 0x2c0, 0x300
    .org \at                                 /* interrupts 2..5, debug, NMI, kernel exception */
    j fault
    .endr
    .noaltmacro
    .org 0x340                               /* user exception */
    wsr.excsave1 a0
    rsr.exccause a0
    bnei a0, 5, 1f
    j alloca
1:  j fault
    .org 0x3c0                               /* double exception */
    j fault

    .section .text.start, "ax"
    .literal_position
    .align 4
fault:                                       /* report on a fresh stack, then end with status 99 */
    movi a0, 0
    wsr.windowbase a0
    rsync
    movi a0, 1
    wsr.windowstart a0
    rsync
    movi a0, 0x40020                         /* WOE, UM; EXCM and INTLEVEL 0 */
    wsr.ps a0
    rsync
    movi a1, fault_stack
    rsr.exccause a10
    rsr.epc1 a11
    rsr.excvaddr a12
    movi a8, io_trap
    callx8 a8

/* Cause 5: a movsp (alloca, variable-length array, frame over 32 KB) while the caller's frame lies in memory. Bring it
 * back as a return would, by the underflow handler that belongs to the call, which then repeats the movsp. */
    .align 4
alloca:
    wsr.excsave2 a2
    wsr.excsave3 a3
    rsr.windowbase a0
    rsr.ps a2
    extui a3, a2, 8, 4                       /* PS.OWB = WINDOWBASE */
    xor a3, a3, a0
    slli a3, a3, 8
    xor a2, a2, a3
    wsr.ps a2
    rsync
    rsr.excsave2 a2
    rsr.excsave3 a3
    rsr.excsave1 a0                          /* the top two bits of the return address tell call4, call8, call12 */
    bbci.l a0, 31, 1f
    bbci.l a0, 30, 2f
    rotw -3
    j uf12
1:  rotw -1
    j uf4
2:  rotw -2
    j uf8

    .globl _start
    .align 4
_start:
    movi a0, 0
    wsr.windowbase a0
    rsync
    movi a2, 1
    wsr.windowstart a2
    movi a2, vectors
    wsr.vecbase a2
    movi a2, 0xff                            /* coprocessors on: the FPU is number 0 */
    wsr.cpenable a2
    movi a2, 0x40020                         /* PS: WOE, UM */
    wsr.ps a2
    rsync
    wur.fcr a0                               /* round to nearest, no exceptions */
    wur.fsr a0
    movi a2, stack_top
    addi a1, a2, -64
    addi a3, a1, -16
    s32i a2, a3, 4                           /* where an overflow looks for the caller's stack pointer */
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
    j 4f
3:  s32i a0, a3, 0
    addi a3, a3, 4
4:  bltu a3, a4, 3b
    movi a8, firmware_main
    callx8 a8
    movi a8, io_exit                         /* its value is in a10, where the argument belongs */
    callx8 a8
