// Xtensa: the ESP8266's small core and a stand-in for the ESP32's.
#include "target.h"

static const struct layout blocks = {
    .tile = true, .conv_f32 = 4, .conv_s8 = 4, .dense_f32 = 4, .dense_s8 = 4};
static const struct layout rows_widened_fma = {.tile = true,
                                               .conv_f32 = 4,
                                               .conv_s8 = 1,
                                               .dense_f32 = 4,
                                               .dense_s8 = 1,
                                               .widen = 1,
                                               .fma = true,
                                               .group = 5,
                                               .gates = GATES_WIDE};
static const struct layout rows_ahead = {.tile = true,
                                         .conv_f32 = 4,
                                         .conv_s8 = 1,
                                         .dense_f32 = 4,
                                         .dense_s8 = 1,
                                         .widen = 1,
                                         .fma = true,
                                         .group = 5,
                                         .ahead = true,
                                         .gates = GATES_WIDE,
                                         .curve = true};

const struct target lx106 = {
    .name = "lx106",
    .chip = "ESP8266, 80 MHz",
    .about =
        "no FPU, no divider; float is emulated in software, by our own functions where the chip has them in "
        "its ROM (alias esp8266)",
    .layout_name = "blocks of 4",
    .layout = &blocks,
    .cc = "xtensa-lx106-elf-gcc",
    .cc_package = "gcc-xtensa-lx106",
    .cflags = "-mlongcalls",
    .ldflags = "",
    .start = {"start_lx106.S", "rom_lx106.c", "rom_lx106_double.c"},
    .ld = "lx106.ld",
    .qemu = "qemu-system-xtensa",
    .qemu_package = "qemu-system-misc",
    .qemu_args = "-M sim -cpu lx106 -m 16M",
    .load_by_device = true,
    .flash_bytes = 1024 << 10, // the window of the flash that is mapped as memory
    .ram_bytes = 80 << 10,
    .clock_hz = 80000000,
    .cost = {.alu = 1,
             .mul = 1,
             .mac = 1,
             .div = 1,
             .load = 1.5,
             .store = 1,
             .branch = 1,
             .fpu = 1,
             .fmac = 1,
             .simd = 1,
             .taken = 2,
             .source =
                 "an assumption: no cycle table of the L106 is public; one cycle an instruction, waits as on "
                 "other five-stage cores; flash cache left out",
             .error = 0.5},
    .active_mw = {49.5, 46, 59.4,
                  "ESP8266EX, modem sleep (processor on, radio off) about 15 mA at 3.3 V (Espressif, "
                  "bbs.espressif.com "
                  "t=133); users measure 16 to 18 mA"},
    .sleep_mw = {2.97, 2.97, 6.6,
                 "ESP8266EX, light sleep about 0.9 mA at 3.3 V (Espressif, bbs.espressif.com t=133); users "
                 "measure up to 2 mA"},
};

// What QEMU and Debian's packages offer for the LX6 and the LX7 alike.
#define DE233                                                                                                \
    .layout_name = "float in blocks of 4, int8 in rows widened for MAC16, fused multiply-add",               \
    .layout = &rows_widened_fma, .layout_ahead = &rows_ahead, .kernels = {"xtensa"},                         \
    .cc = "xtensa-de233-elf-gcc",                                                                            \
    .find_cc = "tools/xtensa-toolchain builds it from Debian's packages into ~/.cache/wearlite in about 25 " \
               "minutes",                                                                                    \
    .cflags = "-mlongcalls", .ldflags = "", .start = {"start_de233.S"}, .ld = "de233.ld",                    \
    .qemu = "qemu-system-xtensa", .qemu_package = "qemu-system-misc",                                        \
    .qemu_args = "-M sim -cpu de233_fpu -m 16M", .load_by_device = true

// Throughputs are the same on both (WLED issue 4206).
#define DE233_CYCLES                                                                                         \
    .alu = 1, .mul = 1, .mac = 1.3, .div = 2, .load = 1, .store = 1, .branch = 1, .fpu = 1, .fmac = 1,       \
    .simd = 1, .taken = 2

const struct target esp32 = {
    .name = "esp32",
    .chip = "ESP32, 240 MHz",
    .about = "LX6 class: FPU with fused multiply-add, MAC16, zero-overhead loops. Emulated on QEMU's "
             "de233_fpu (an LX7), "
             "which lacks the LX6's high half of 32 x 32 multiplications (64-bit products cost more here), "
             "has 32 instead of "
             "64 window registers and traps unaligned loads",
    DE233,
    .flash_bytes = 4096 << 10,
    .ram_bytes = 160 << 10, // ESP-IDF's limit of static data; 320 KiB with the heap
    .ram_about = "DRAM: static data ends at 160 KiB (ESP-IDF, memory types), the other half is heap. Not "
                 "IRAM: it can be "
                 "read by aligned words only (the same page), and weights are read by bytes and by the FPU. "
                 "Not PSRAM: it "
                 "sits behind the same cache and on the same SPI lines as the flash (ESP-IDF, external RAM: "
                 "beyond the "
                 "cache's 32 KiB at the speed of the external RAM), so a miss costs as much",
    .clock_hz = 240000000,
    .fpu = true,
    .cost = {DE233_CYCLES,
             .source = "WLED issue 4206 (operations a second at 240 MHz: integer multiply, float add and "
                       "madd.s one a cycle, "
                       "divide two); esp-dsp 3c8ac0f: float dot product 5.1 cycles a step of 5 instructions, "
                       "MAC16 1.7 of "
                       "1.3; the price of a taken branch is assumed",
             .error = 0.25},
    .cache = {32 << 10,
              2,
              32,
              {667, 500, 833,
               "derived: 32 bytes over quad SPI at 80 MHz take 0.5 to 0.83 us (bbs.esp32 t=9307, "
               "ESP-IDF speed "
               "guide); no published figure"}},
    .slower = {{160000000,
                {100.7, 89.1, 112.2,
                 "ESP32 Series Datasheet v5.2, modem-sleep at 160 MHz, single core: 27 to 34 mA at 3.3 V; "
                 "value: the "
                 "middle"}},
               {80000000,
                {74.3, 66, 82.5,
                 "ESP32 Series Datasheet v5.2, modem-sleep at 80 MHz, single core: 20 to 25 mA at 3.3 V; "
                 "value: the "
                 "middle"}}},
    .wake_us = {272, 272, 972,
                "ESP-IDF sleep_modes.c: 212 us of program and 60 of hardware to leave light sleep; high: 700 "
                "more when the "
                "flash was off"},
    .active_mw =
        {161.7, 99, 224.4,
         "ESP32 Series Datasheet v5.2, modem-sleep at 240 MHz: 30 to 68 mA at 3.3 V; value: the middle"},
    .sleep_mw = {2.64, 2.64, 2.64, "ESP32 Series Datasheet v5.2, light sleep: 0.8 mA at 3.3 V"},
};

const struct target esp32s3 = {
    .name = "esp32s3",
    .chip = "ESP32-S3, 240 MHz",
    .about =
        "LX7 with FPU, MAC16, zero-overhead loops; its vector instructions are not used. Emulated on QEMU's "
        "de233_fpu, which lacks the high half of 32 x 32 multiplications and traps unaligned loads. Code and "
        "weights have caches of their own on the chip; here one of the data cache's size serves both",
    DE233,
    .flash_bytes = 8192 << 10,
    .ram_bytes = 320 << 10,
    .ram_about =
        "internal SRAM: 512 KiB less the caches and the system's own data. PSRAM shares the data cache "
        "with the flash: not planned for",
    .clock_hz = 240000000,
    .fpu = true,
    .cost =
        {DE233_CYCLES,
         .source =
             "as the ESP32: WLED issue 4206 finds the same throughputs on both; the price of a taken branch "
             "is assumed",
         .error = 0.3},
    .cache =
        {32 << 10,
         8,
         32,
         {667, 500, 833,
          "derived: 32 bytes over quad SPI at 80 MHz, as the ESP32; size, ways and line: ESP-IDF's default "
          "(CONFIG_ESP32S3_DATA_CACHE_32KB, _8WAYS, _LINE_32B)"}},
    .slower =
        {{160000000,
          {131.7, 131.7, 213.2,
           "ESP32-S3 datasheet table 5-9, 160 MHz, one core on 32-bit data, 3.3 V: 39.9 mA, peripheral "
           "clocks "
           "off; high: 54.6 mA on, and 10 mA for the flash"}},
         {80000000,
          {93.7, 93.7, 173.6,
           "ESP32-S3 datasheet table 5-9, 80 MHz, one core on 32-bit data, 3.3 V: 28.4 mA, peripheral clocks "
           "off; high: 42.6 mA on, and 10 mA for the flash"}}},
    .wake_us =
        {515, 515, 1215,
         "ESP-IDF sleep_modes.c: 382 us of program and 133 of hardware to leave light sleep; high: 700 more "
         "when the flash was off"},
    .active_mw =
        {169, 169, 250.5,
         "ESP32-S3 datasheet table 5-9, 240 MHz, one core on 32-bit data, 3.3 V: 51.2 mA, peripheral clocks "
         "off; high: 65.9 mA on, and 10 mA for the flash"},
    .sleep_mw = {0.79, 0.79, 0.79, "ESP32-S3 datasheet, light sleep: 240 uA at 3.3 V"},
};
