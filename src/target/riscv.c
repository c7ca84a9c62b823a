// 32-bit RISC-V, emulated on QEMU's "virt" machine.
#include "target.h"

// The link takes the plain -march: with an extension of several letters Debian's gcc picks the 64-bit libgcc.
#define RISCV                                                                                                \
    .cc = "riscv64-unknown-elf-gcc", .cc_package = "gcc-riscv64-unknown-elf", .start = {"start_riscv.S"},    \
    .ld = "riscv.ld", .qemu = "qemu-system-riscv32", .qemu_package = "qemu-system-misc", .ldflags = ""

static const struct layout blocks = { // device/rv32/nn_words_s8.h
    .tile = true,  .conv_f32 = 4, .conv_s8 = 4,         .dense_f32 = 4,
    .dense_s8 = 4, .group = 3,    .gates = GATES_WORDS, .curve = true};
static const struct layout blocks_fma = {.tile = true,
                                         .conv_f32 = 4,
                                         .conv_s8 = 4,
                                         .dense_f32 = 4,
                                         .dense_s8 = 4,
                                         .fma = true,
                                         .group = 3,
                                         .gates = GATES_WORDS,
                                         .curve = true};

// A line of an external flash at 80 MHz, four bits a clock; see esp32 in xtensa.c.
#define QIO80_MISS                                                                                           \
    {                                                                                                        \
        667, 500, 833,                                                                                       \
            "derived: 32 bytes over quad SPI at 80 MHz take 0.5 to 0.83 us (bbs.esp32 t=9307 and ESP-IDF "   \
            "speed guide); no "                                                                              \
            "published figure"                                                                               \
    }

// Built and run alike: cores without FPU, and what an instruction costs them.
#define RV32IMC                                                                                              \
    .layout_name = "blocks of 4", .layout = &blocks, .kernels = {"rv32"}, RISCV,                             \
    .cflags = "-march=rv32imc -mabi=ilp32",                                                                  \
    .qemu_args = "-M virt -bios none -cpu rv32,a=off,f=off,d=off,zba=off,zbb=off,zbc=off,zbs=off"

#define C6_COST                                                                                              \
    .cost = {.alu = 1,                                                                                       \
             .mul = 1,                                                                                       \
             .mac = 1,                                                                                       \
             .div = 10,                                                                                      \
             .load = 2,                                                                                      \
             .store = 1,                                                                                     \
             .branch = 1,                                                                                    \
             .fpu = 1,                                                                                       \
             .fmac = 1,                                                                                      \
             .simd = 1,                                                                                      \
             .taken = 2,                                                                                     \
             .source =                                                                                       \
                 "nilhoel1/LLTA-Bench on the ESP32-C6 (same family): ALU 1, MUL 1, MULH 2, DIV 10, LW "      \
                 "3 when used at "                                                                           \
                 "once, taken branch 1 to 3 more",                                                           \
             .error = 0.35}

const struct target rv32imc = {
    .name = "rv32imc",
    .chip = "ESP32-C3, 160 MHz",
    .about = "RISC-V with multiplier, no FPU; float is emulated in software (alias esp32c3)",
    RV32IMC,
    .flash_bytes = 4096 << 10,
    .ram_bytes = 320 << 10, // 400 KiB less what cache, ROM and the system's own data take
    .clock_hz = 160000000,
    C6_COST,
    .cache = {16 << 10, 8, 32, QIO80_MISS},
    .slower =
        {{80000000,
          {74.6, 56.1, 100,
           "ESP32-C3 at 80 MHz: 22.6 (waiting) to 30.3 mA (busy) a whole DevKitC-02 (gist fabianoriccardi "
           "83fd3379); ESP-AT documents: 17 to 22 mA, radio off, at 3.3 V; value: 22.6 mA"}}},
    .wake_us = {142, 142, 842,
                "ESP-IDF sleep_modes.c: 105 us of program and 37 of hardware to leave light sleep; high: 700 "
                "more when the "
                "flash was off"},
    .active_mw = {101, 88.4, 138,
                  "ESP32-C3 at 160 MHz, radio off, 3.3 V: 30.6 mA adding numbers (LuatOS board); 26.8 mA in "
                  "an empty loop "
                  "(robdobson.com 2023-11); 41.8 mA a whole DevKitC-02 (gist fabianoriccardi 83fd3379)"},
    .sleep_mw = {1.16, 1.16, 1.16,
                 "ESP32-C3 light sleep, everything off: 0.35 mA measured (robdobson.com 2023-11), at 3.3 V"},
};

const struct target esp32c6 = {
    .name = "esp32c6",
    .chip = "ESP32-C6, 160 MHz",
    .about = "RISC-V with multiplier, no FPU; float is emulated in software. Compiled and emulated as the "
             "ESP32-C3, its "
             "atomics are not used. No document seen gives its cache: it is taken to be the C3's",
    RV32IMC,
    .flash_bytes = 4096 << 10,
    .ram_bytes = 320 << 10, // 512 KiB less what the system's own data take; as the C3
    .clock_hz = 160000000,
    C6_COST,
    .cache = {16 << 10, 8, 32, QIO80_MISS},
    .slower = {{80000000,
                {62.7, 62.7, 99,
                 "ESP32-C6 datasheet, modem-sleep, 80 MHz, CPU running, 3.3 V: 19 mA with peripheral clocks "
                 "off, 30 on"}}},
    .active_mw = {89.1, 89.1, 125.4,
                  "ESP32-C6 datasheet, modem-sleep, 160 MHz, CPU running, 3.3 V: 27 mA with peripheral "
                  "clocks off, 38 on"},
    .sleep_mw = {0.59, 0.12, 0.59,
                 "ESP32-C6 datasheet, light sleep: 180 uA, 35 uA with peripherals off, at 3.3 V"},
};

const struct target rv32imafc = {
    .name = "rv32imafc",
    .chip = "ESP32-P4 class, 360 MHz",
    .about = "RISC-V with multiplier and single-precision FPU; a P4's own vector extension is not used",
    .layout_name = "blocks of 4, fused multiply-add",
    .layout = &blocks_fma,
    .kernels = {"rv32"},
    RISCV,
    .cflags = "-march=rv32imafc -mabi=ilp32f",
    .qemu_args = "-M virt -bios none -cpu rv32,d=off,zba=off,zbb=off,zbc=off,zbs=off",
    .flash_bytes = 16384 << 10,
    .ram_bytes = 768 << 10,
    .clock_hz = 360000000,
    .fpu = true,
    .cost =
        {.alu = 1,
         .mul = 1,
         .mac = 1,
         .div = 10,
         .load = 1,
         .store = 1,
         .branch = 1,
         .fpu = 1,
         .fmac = 1,
         .simd = 1,
         .taken = 0.5,
         .source =
             "espressif/esp-dsp benchmark tables 3c8ac0f: float dot product of 256 in plain C 1563 cycles on "
             "RISC-V, about one an instruction",
         .error = 0.35},
};
