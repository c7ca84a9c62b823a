// Arm Cortex-M. Emulated memory is larger than the chips', so that a model too large for one can still be
// run.
#include "target.h"

#define ARM                                                                                                  \
    .cc = "arm-none-eabi-gcc", .cc_package = "gcc-arm-none-eabi", .start = {"start_arm.c"}, .ld = "arm.ld",  \
    .qemu = "qemu-system-arm", .qemu_package = "qemu-system-arm"
// Where the emulated board has memory: vectors, code and constants, data.
#define MEMORY(vec, rom, rom_size, ram, ram_size)                                                            \
    "-Wl,--defsym=__vec=" #vec " -Wl,--defsym=__rom=" #rom " -Wl,--defsym=__rom_size=" #rom_size             \
    " -Wl,--defsym=__ram=" #ram " -Wl,--defsym=__ram_size=" #ram_size

static const struct layout blocks = {
    .tile = true, .conv_f32 = 4, .conv_s8 = 4, .dense_f32 = 4, .dense_s8 = 4};
static const struct layout pairs_fma = { // device/cortex_m4/nn_pair_s8.h
    .tile = true, .conv_f32 = 4, .conv_s8 = 2, .dense_f32 = 4,      .dense_s8 = 2,
    .fma = true,  .group = 2,    .patch = 3,   .gates = GATES_PAIRS};

static const struct layout groups_fma = { // device/cortex_m55/nn_mve.h
    .tile = true,  .conv_f32 = 4, .conv_s8 = 4, .dense_f32 = 4,
    .dense_s8 = 4, .fma = true,   .group = 16,  .gates = GATES_GROUPS};

const struct target cortex_m0 = {
    .name = "cortex-m0",
    .chip = "nRF51822, 16 MHz",
    .about = "no FPU, no divider, 8 handy registers; float is emulated in software",
    .layout_name = "blocks of 4",
    .layout = &blocks,
    ARM,
    .cflags = "-mthumb -mcpu=cortex-m0",
    .ldflags = MEMORY(0, 0x400, 0x3ffc00, 0x20000000, 0x400000),
    // The nRF51's own 256 KiB and 16 KiB, made larger.
    .qemu_args = "-M microbit -global nrf51-soc.flash-size=4194304 -global nrf51-soc.sram-size=4194304",
    .flash_bytes = 256 << 10,
    .ram_bytes = 16 << 10,
    .clock_hz = 16000000,
    .cost = {.alu = 1,
             .mul = 1,
             .mac = 1,
             .div = 1,
             .load = 2,
             .store = 2,
             .branch = 1,
             .fpu = 1,
             .fmac = 1,
             .simd = 1,
             .taken = 2,
             .word = 1,
             .source = "Cortex-M0 Technical Reference Manual r0p0 (DDI 0432C), table 3-1, no wait states, "
                       "fast multiplier",
             .error = 0.15},
    .sleep_mw = {0.0078, 0.0078, 0.0078,
                 "nRF51822 Product Specification v3.1, table 32: System ON 2.6 uA, at 3.0 V"},
};

const struct target cortex_m4f = {
    .name = "cortex-m4f",
    .chip = "STM32L4R5, 120 MHz",
    .about = "16-bit SIMD, single-precision FPU with fused multiply-add",
    .layout_name = "int8 in pairs of taps, float in blocks of 4, fused multiply-add",
    .layout = &pairs_fma,
    .kernels = {"cortex_m4"},
    ARM,
    .cflags = "-mthumb -mcpu=cortex-m4 -mfloat-abi=hard -mfpu=fpv4-sp-d16",
    .ldflags = MEMORY(0, 0x400, 0x3ffc00, 0x20000000, 0x400000),
    .qemu_args = "-M mps2-an386",
    .flash_bytes = 2048 << 10,
    .ram_bytes = 640 << 10,
    .clock_hz = 120000000,
    .fpu = true,
    .cost =
        {.alu = 1,
         .mul = 1,
         .mac = 1,
         .div = 7,
         .load = 2,
         .store = 1,
         .branch = 1,
         .fpu = 1,
         .fmac = 3,
         .simd = 1,
         .taken = 2,
         .word = 1,
         .source =
             "Cortex-M4 Technical Reference Manual (100166), tables 3-1 and 7-1, no wait states; a load is 2 "
             "cycles, less behind another load",
         .error = 0.25},
    .active_mw = {45.0, 32.9, 52.0,
                  "MLPerf Tiny closed division, keyword spotting, STM32L4R5ZI at 120 MHz: ST v1.1 45.0 mW, "
                  "v1.3 32.9 mW; "
                  "OctoML v1.0 52 mW"},
};

// Arm prints no cycle table for the M7 and the M33. The M4's, scaled by the speed a megahertz that the same
// benchmark of the same vendor shows (int8 keyword spotting, ST, MLPerf Tiny v1.1; L4R5 15.88 a second at 120
// MHz).
const struct target cortex_m7 = {
    .name = "cortex-m7",
    .chip = "STM32H7A3, 280 MHz",
    .about = "dual issue, single-precision FPU; executes the Cortex-M4's instructions",
    .layout_name = "int8 in pairs of taps, float in blocks of 4, fused multiply-add",
    .layout = &pairs_fma,
    .kernels = {"cortex_m7", "cortex_m4"},
    ARM,
    .cflags = "-mthumb -mcpu=cortex-m7 -mfloat-abi=hard -mfpu=fpv5-sp-d16",
    .ldflags = MEMORY(0, 0x400, 0x3ffc00, 0x20000000, 0x400000),
    .qemu_args = "-M mps2-an500",
    .flash_bytes = 2048 << 10,
    .ram_bytes = 1024 << 10,
    .clock_hz = 280000000,
    .fpu = true,
    .cost = {.alu = 0.57,
             .mul = 0.57,
             .mac = 0.57,
             .div = 4,
             .load = 1.14,
             .store = 0.57,
             .branch = 0.57,
             .fpu = 0.57,
             .fmac = 1.7,
             .simd = 0.57,
             .taken = 1.14,
             .word = 0.57,
             .source =
                 "the Cortex-M4's table times 0.57: MLPerf Tiny v1.1 keyword spotting, STM32H7A3 at 280 MHz "
                 "(1869 uJ at 122 mW: 15.3 ms) against STM32L4R5 at 120 MHz (63.0 ms)",
             .error = 0.35},
    .active_mw = {122, 89, 141,
                  "MLPerf Tiny v1.1 closed division, keyword spotting, STM32H7A3 at 280 MHz: 122 mW; spread "
                  "as among the "
                  "submissions of the STM32L4R5"},
};

const struct target cortex_m33 = {
    .name = "cortex-m33",
    .chip = "STM32U575, 160 MHz",
    .about = "16-bit SIMD, single-precision FPU; executes the Cortex-M4's instructions",
    .layout_name = "int8 in pairs of taps, float in blocks of 4, fused multiply-add",
    .layout = &pairs_fma,
    .kernels = {"cortex_m33", "cortex_m4"},
    ARM,
    .cflags = "-mthumb -mcpu=cortex-m33 -mfloat-abi=hard -mfpu=fpv5-sp-d16",
    .ldflags = MEMORY(0x10000000, 0x10000400, 0x3ffc00, 0x38000000, 0x400000),
    .qemu_args = "-M mps2-an505",
    .flash_bytes = 2048 << 10,
    .ram_bytes = 768 << 10,
    .clock_hz = 160000000,
    .fpu = true,
    .cost = {.alu = 0.81,
             .mul = 0.81,
             .mac = 0.81,
             .div = 5.7,
             .load = 1.6,
             .store = 0.81,
             .branch = 0.81,
             .fpu = 0.81,
             .fmac = 2.4,
             .simd = 0.81,
             .taken = 1.6,
             .word = 0.81,
             .source =
                 "the Cortex-M4's table times 0.81: MLPerf Tiny v1.1 keyword spotting, STM32U575 at 160 MHz "
                 "(1004 uJ at 26.2 mW: 38.3 ms) against STM32L4R5 at 120 MHz (63.0 ms)",
             .error = 0.35},
    .active_mw = {26.2, 22.7, 30.0,
                  "MLPerf Tiny closed division, keyword spotting, STM32U575 at 160 MHz: v1.1 26.2 mW, v1.2 "
                  "22.7 mW; upper "
                  "end: the STM32L4R5 submissions' spread"},
};

const struct target cortex_m55 = {
    .name = "cortex-m55",
    .chip = "Corstone-300 class with Helium (e.g. Alif Ensemble E3, high-efficiency core, 160 MHz)",
    .about = "128-bit vectors (Helium, MVE) of int8 to float32",
    .layout_name = "int8 in groups of 16 taps, float in blocks of 4, fused multiply-add",
    .layout = &groups_fma,
    .kernels = {"cortex_m55", "cortex_m4"},
    ARM,
    .cflags = "-mthumb -mcpu=cortex-m55 -mfloat-abi=hard",
    .ldflags = MEMORY(0, 0x60000000, 0x1000000, 0x21000000, 0x400000),
    .qemu_args = "-M mps3-an547",
    .flash_bytes = 5632 << 10,
    .ram_bytes = 512 << 10,
    .clock_hz = 160000000,
    .fpu = true,
    .cost = {.alu = 1,
             .mul = 1,
             .mac = 1,
             .div = 8,
             .load = 1.3,
             .store = 1,
             .branch = 1,
             .fpu = 1,
             .fmac = 1.5,
             .simd = 2,
             .taken = 1.5,
             .word = 1,
             .source = "an assumption: Arm prints no cycle table; a vector instruction takes two cycles (two "
                       "beats each, "
                       "Cortex-M55 Technical Reference Manual 101051)",
             .error = 0.4},
};
